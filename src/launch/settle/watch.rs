//! The doubts of one folder: when its list is read, and what a whole reading tells of each of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use self::census::{Census, recount};
use self::seek::Sought;
use super::proof::{self, Facts, Lack};
use super::round::{Extent, Interest, Progress, Round, Whole};
use super::{Doubt, Found, Hope, Knowledge, Purpose};
use crate::clock::{Moment, Timestamp};
use crate::ids::{FolderRef, JobId, Ordinal, ReferenceMark, ReferenceShape};
use crate::launch::clocks::earlier;
use crate::launch::known_jobs::KnownJobs;
use crate::orchestrator::verdict::StartedJob;
use crate::orchestrator::{JobPage, JobWindow, ListedJob};
use crate::resolve::Expected;

mod census;
mod outlook;
mod seek;

/// After the settle time, a doubt that cannot be told is given up after this, or after four settle times if that is less.
const PATIENCE: Duration = Duration::from_secs(300);
/// Lists are purged: an older intent is never called absent.
const OLDEST: Duration = Duration::from_secs(24 * 3600);
/// After so many rounds that show our own robot jobs without Reference, the server is taken to keep none.
const BARE_ROUNDS: u32 = 2;
/// If the window shows no robot job of sortie's, these are read: so long before it.
const OLDER: [Duration; 2] = [Duration::from_secs(24 * 3600), Duration::from_secs(7 * 24 * 3600)];
/// Of each older window so many pages.
const OLDER_PAGES: u32 = 3;
/// So many rounds in a row without a control, where earlier ones had it, before older windows are read.
const UNCONTROLLED_ROUNDS: u32 = 3;
/// At least so long between two rounds of a folder; less where an absence is confirmed sooner.
const GAP: Duration = Duration::from_secs(2);
/// A page that could not be read is asked for again after this, and then later and later.
const RETRY: Duration = Duration::from_millis(500);
/// The longest time until a page is asked for again.
const LONGEST_RETRY: Duration = Duration::from_secs(5);
/// So many failures in a row that may pass before a doubt that waited long enough is given up.
const FAILURES: u32 = 8;

/// The doubts of one folder.
#[derive(Default)]
pub(super) struct Watch {
    doubts: BTreeMap<Ordinal, Doubted>,
    ordinal_by_mark: HashMap<ReferenceMark, Ordinal>,
    /// The References of the doubts, as a server may have folded them.
    folded_references: BTreeSet<String>,
    /// The count of all robot jobs of the run, if it was asked for and is not done.
    census: Option<Census>,
    round: Option<Round>,
    /// How large the last whole window was.
    extent: Option<Extent>,
    /// What was asked by Reference, and is not answered yet.
    sought: Option<Sought>,
    /// Whether the round began without knowing the server's time.
    guessed: bool,
    control: Control,
    /// Which forms of References the folder's list was seen to keep.
    shape: ReferenceShape,
    /// A robot job that a list showed with another Reference than it was started with.
    changed: Option<JobId>,
    /// How many rounds in a row showed no control since one did; none where none ever did.
    uncontrolled_rounds: Option<u32>,
    not_before: Moment,
    /// How many reads in a row failed.
    failures: u32,
    /// How many rounds in a row showed our own robot jobs without Reference, and none with it.
    bare_rounds: u32,
}

/// What a page, or the reading that it ends, tells.
#[derive(Default)]
pub(in crate::launch) struct Told {
    /// Of doubts that can be told now.
    pub(in crate::launch) found: Vec<(Doubt, Found)>,
    /// Launches that are over by what is recorded, and of which the list shows something else: other robot jobs, or theirs
    /// as another launch's.
    pub(in crate::launch) contradicted: BTreeSet<Ordinal>,
    /// Of a folder whose robot jobs were to be counted, and could not be: why.
    pub(in crate::launch) uncounted: Option<(FolderRef, String)>,
}

impl Told {
    pub(super) fn of(found: Vec<(Doubt, Found)>) -> Self {
        Self { found, ..Self::default() }
    }
}

/// Whether robot jobs of sortie's were seen with their References intact, of each form that is in doubt.
///
/// A round that shows them itself needs no older window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Control {
    /// Nothing depended on it yet.
    #[default]
    Unasked,
    /// The doubts' window shows none, so older ones are read: the number of the window, in its so manieth page.
    Sought { window: usize, pages: u32 },
    /// All that can be read was read.
    Read,
}

/// What a reading must keep for the doubts of a folder, and for the launches that are over.
struct Watched<'a> {
    ordinal_by_mark: &'a HashMap<ReferenceMark, Ordinal>,
    folded_references: &'a BTreeSet<String>,
    run: crate::ids::RunId,
    jobs: &'a KnownJobs,
}

impl Interest for Watched<'_> {
    fn wants(&self, mark: ReferenceMark, job: JobId) -> bool {
        self.ordinal_by_mark.contains_key(&mark)
            || (mark.run == self.run && self.jobs.launch_of(mark.fingerprint) != self.jobs.owner(job))
    }

    fn may_be_cut(&self, listed: &ListedJob) -> bool {
        let is_claimed = self.jobs.owner(listed.job.id).is_some();
        let is_beginning = |text: &str| proof::has_beginning(self.folded_references, text);
        let reference = listed.reference.as_deref().filter(|text| !text.trim().is_empty());
        !self.folded_references.is_empty() && !is_claimed && reference.is_none_or(is_beginning)
    }
}

struct Doubted {
    doubt: Doubt,
    /// How many whole rounds looked for it.
    looks: u32,
    /// When a first round showed it absent after its settle time.
    absent: Option<Moment>,
    /// When it should be looked for next.
    due: Moment,
}

impl Watch {
    /// Takes in a doubt.
    pub(super) fn add(&mut self, doubt: Doubt, settle: Duration) {
        self.ordinal_by_mark.insert(doubt.mark, doubt.ordinal);
        let due = match doubt.purpose {
            Purpose::Settle => doubt.last.after(Duration::from_secs(1)),
            // It is counted when nothing more can come.
            Purpose::Recount(_) => over(&doubt, settle),
        };
        if doubt.purpose == Purpose::Settle {
            self.folded_references.insert(proof::entry(&doubt.reference));
        }
        self.doubts.insert(doubt.ordinal, Doubted { doubt, looks: 0, absent: None, due });
    }

    /// A robot job was shown with its Reference in another form than was sent.
    pub(super) fn note_changed(&mut self, job: JobId) {
        self.changed = Some(job);
    }

    /// Whether the list showed a robot job of sortie's with its Reference.
    pub(super) fn vouches(&self) -> bool {
        self.shape != ReferenceShape::default()
    }

    /// How many doubts are open, and counts.
    pub(super) fn open(&self) -> usize {
        self.doubts.len() + usize::from(self.census.is_some())
    }

    /// The next window to read: of the round under way, else of a new one.
    pub(super) fn window(&mut self, folder: FolderRef, knowledge: Knowledge<'_>, now: Moment) -> Option<JobWindow> {
        let round = match self.round.take() {
            Some(round) => round,
            None => self.begin(&folder, knowledge, now)?,
        };
        let window = round.window(folder);
        self.round = Some(round);
        Some(window)
    }

    /// Takes in a page of the round under way; returns what it tells.
    pub(super) fn page(&mut self, folder: &FolderRef, page: JobPage, knowledge: Knowledge<'_>, now: Moment) -> Told {
        let settle = knowledge.settle;
        let round = self.round.take().expect("a folder that is read has its round");
        if self.guessed && page.server_time.is_some() {
            // Only now do we learn how late it is there: the window may have begun too late.
            return Told::default();
        }
        if self.loses_references(&page, &round, knowledge.jobs) {
            self.round = Some(round);
            return self.failed(folder, "it lost References that it had shown", Hope::Much, settle, now);
        }
        let watched = Watched {
            ordinal_by_mark: &self.ordinal_by_mark,
            folded_references: &self.folded_references,
            run: knowledge.run,
            jobs: knowledge.jobs,
        };
        match round.take(page, now, &watched) {
            Progress::Contradicted(round) => {
                self.round = round;
                return self.failed(folder, "its pages contradict each other", Hope::Much, settle, now);
            }
            Progress::Incomplete(seen, why) => {
                let mut told = self.matched(&seen, knowledge);
                if matches!(self.control, Control::Sought { .. }) {
                    self.seek(Progress::Incomplete(seen, why));
                }
                let failed = self.failed(folder, why, Hope::Little, settle, now);
                told.found.extend(failed.found);
                return Told { uncounted: failed.uncounted, ..told };
            }
            progress if matches!(self.control, Control::Sought { .. }) => {
                let told = match &progress {
                    Progress::Whole(whole) => self.matched(whole, knowledge),
                    Progress::Unfinished(round) => self.matched(round.seen(), knowledge),
                    Progress::Contradicted(_) | Progress::Incomplete(..) => Told::default(),
                };
                self.seek(progress);
                self.failures = 0;
                return told;
            }
            Progress::Whole(whole) => {
                self.not_before = now.after(GAP.min(confirmation(settle)));
                self.failures = 0;
                let told = self.conclude(folder, &whole, knowledge, now);
                self.extent = Some(whole.into_extent());
                return told;
            }
            Progress::Unfinished(round) => self.round = Some(round),
        }
        self.failures = 0;
        Told::default()
    }

    /// Whether the page shows a robot job of this run without the Reference that it was started with, although the
    /// server keeps them.
    fn loses_references(&self, page: &JobPage, round: &Round, jobs: &KnownJobs) -> bool {
        let keeps = self.vouches() || round.control();
        let bare = |listed: &ListedJob| listed.reference.as_ref().is_none_or(String::is_empty);
        keeps && page.jobs.iter().any(|listed| bare(listed) && jobs.owner(listed.job.id).is_some())
    }

    /// A page could not be read. It is read again: a round is whole only with all its pages.
    pub(super) fn failed(&mut self, folder: &FolderRef, why: &str, hope: Hope, settle: Duration, now: Moment) -> Told {
        self.failures += 1;
        let retry = RETRY.saturating_mul(1 << (self.failures - 1).min(10)).min(LONGEST_RETRY);
        self.not_before = now.after(retry);
        let given_up = |since: Moment| {
            let waited = now.since(since) > settle + patience(settle);
            match hope {
                Hope::Much => self.failures >= FAILURES && waited,
                Hope::Little => waited,
                Hope::None => true,
            }
        };
        let doubts = self.doubts.iter().filter(|(_, doubted)| given_up(doubted.doubt.last));
        let ordinals: Vec<Ordinal> = doubts.map(|(ordinal, _)| *ordinal).collect();
        let census = self.census.take_if(|census| given_up(census.begun));
        let why = format!("the job list cannot be read: {why}");
        let found = ordinals.into_iter().map(|ordinal| {
            let doubt = self.remove(ordinal);
            let found = doubt.untold(why.clone());
            (doubt, found)
        });
        let found = found.collect();
        if self.open() == 0 {
            self.round = None;
        }
        Told { found, uncounted: census.map(|_| (folder.clone(), why)), ..Told::default() }
    }

    /// When the folder's list should be read next.
    pub(super) fn due(&self) -> Option<Moment> {
        if self.round.is_some() || (matches!(self.control, Control::Sought { .. }) && !self.doubts.is_empty()) {
            return Some(self.not_before);
        }
        let doubts = self.doubts.values().map(|doubted| doubted.due);
        let due = doubts.chain(self.census.as_ref().map(|census| census.due)).min()?;
        Some(due.max(self.not_before))
    }

    /// A round from before the first doubtful intent, in the time by which the server stamps robot jobs: by what is known
    /// while only finding something can tell anything, and by what an absence needs once that may be told.
    fn begin(&mut self, folder: &FolderRef, knowledge: Knowledge<'_>, now: Moment) -> Option<Round> {
        let Knowledge { clocks, settle, .. } = knowledge;
        let mut guessed = false;
        let start = |doubted: &Doubted| -> Timestamp {
            let doubt = &doubted.doubt;
            let reading = clocks.created(doubt.sent);
            guessed |= doubt.taken_up.is_none() && !clocks.know_date(doubt.sent);
            match doubt.purpose {
                Purpose::Settle if now >= doubt.last.after(settle) => proof::opening(doubt, folder, knowledge),
                Purpose::Settle | Purpose::Recount(_) => reading.opening(),
            }
        };
        let doubts = self.doubts.values().map(start).min();
        let census = self.census.as_ref().filter(|census| census.due <= now);
        let first = doubts.into_iter().chain(census.map(|census| census.from)).min()?;
        self.guessed = guessed;
        let before = match self.control {
            Control::Sought { window, .. } => OLDER[window],
            Control::Unasked | Control::Read => Duration::ZERO,
        };
        Some(Round::begin(earlier(first, before), now))
    }

    /// Goes on with looking for a control in older windows.
    fn seek(&mut self, progress: Progress) {
        let Control::Sought { window, pages } = self.control else { return };
        let next_window =
            if window + 1 < OLDER.len() { Control::Sought { window: window + 1, pages: 0 } } else { Control::Read };
        match progress {
            Progress::Whole(whole) => {
                self.shape.add(whole.shape);
                self.control = next_window;
            }
            Progress::Unfinished(round) => {
                self.shape.add(round.seen().shape);
                self.control = if pages + 1 < OLDER_PAGES {
                    self.round = Some(round);
                    Control::Sought { window, pages: pages + 1 }
                } else {
                    next_window
                };
            }
            Progress::Contradicted(_) | Progress::Incomplete(..) => self.control = next_window,
        }
        let is_vouched = |doubted: &Doubted| self.shape.vouches_for(&doubted.doubt.reference);
        if self.doubts.values().all(is_vouched) {
            self.round = None;
            self.control = Control::Read;
        }
    }

    fn remove(&mut self, ordinal: Ordinal) -> Doubt {
        let doubted = self.doubts.remove(&ordinal).expect("only open doubts are concluded");
        self.ordinal_by_mark.remove(&doubted.doubt.mark);
        self.folded_references.remove(&proof::entry(&doubted.doubt.reference));
        doubted.doubt
    }

    /// What a reading tells by what it holds alone, whether or not it is whole: robot jobs are there wherever they turn up.
    fn matched(&mut self, seen: &Whole, knowledge: Knowledge<'_>) -> Told {
        let mut found = Vec::new();
        for (ordinal, doubted) in &self.doubts {
            let jobs = jobs_of(seen, &doubted.doubt, &mut self.changed);
            if doubted.doubt.purpose == Purpose::Settle && is_whole(&jobs, doubted.doubt.expected) {
                found.push((*ordinal, Found::Jobs(jobs)));
            }
        }
        let found = found.into_iter().map(|(ordinal, finding)| (self.remove(ordinal), finding)).collect();
        Told { found, contradicted: self.contradicted(seen, knowledge), uncounted: None }
    }

    fn conclude(&mut self, folder: &FolderRef, round: &Whole, knowledge: Knowledge<'_>, now: Moment) -> Told {
        let settle = knowledge.settle;
        let facts = Facts::of(round, knowledge.jobs.of(folder), knowledge);
        self.changed = self.changed.or(facts.changed);
        self.shape.add(round.shape);
        self.uncontrolled_rounds = match self.uncontrolled_rounds {
            _ if round.control => Some(0),
            rounds => rounds.map(|rounds| rounds + 1),
        };
        let keeps = self.vouches();
        self.bare_rounds = if facts.is_bare && !keeps { self.bare_rounds + 1 } else { 0 };
        let lacks_reference = self.bare_rounds >= BARE_ROUNDS;
        // A list that keeps References and now shows a job of ours without its own proves nothing this time.
        let proves = !facts.is_bare || lacks_reference;
        // Older windows stand in where this one has no control, but not where it had one a moment ago.
        let lost = self.uncontrolled_rounds.is_some_and(|rounds| (1..UNCONTROLLED_ROUNDS).contains(&rounds));
        let mut seeks = false;
        let mut told = Vec::new();
        let contradicted = self.contradicted(round, knowledge);
        for (ordinal, doubted) in &mut self.doubts {
            // A doubt that came while the round was under way was not looked for by all of it.
            if doubted.doubt.last > round.began {
                continue;
            }
            let jobs = jobs_of(round, &doubted.doubt, &mut self.changed);
            let elapsed = round.elapsed_since(&doubted.doubt);
            let waited = elapsed >= settle + patience(settle);
            let facts = Facts { changed: self.changed, ..facts };
            let finding = match &doubted.doubt.purpose {
                Purpose::Settle if is_whole(&jobs, doubted.doubt.expected) => Some(Found::Jobs(jobs)),
                Purpose::Recount(known) if jobs.len() > known.len() && elapsed >= settle => Some(Found::Counted(jobs)),
                Purpose::Settle | Purpose::Recount(_) if elapsed < settle || !proves => None,
                Purpose::Recount(known) => recount(round, known, jobs, &doubted.doubt, knowledge, &facts, waited),
                Purpose::Settle if !jobs.is_empty() => Some(Found::Jobs(jobs)),
                Purpose::Settle => {
                    let evidence = (&facts, &self.shape, !lacks_reference);
                    match proof::lack(round, &doubted.doubt, folder, knowledge, evidence) {
                        Some(Lack::Control) if lost => None,
                        Some(Lack::Control) if self.control != Control::Read => {
                            seeks = true;
                            None
                        }
                        Some(lack) => waited.then(|| Found::Undecided(lack.to_string())),
                        None if lost && !lacks_reference => None,
                        None => doubted.absence(round, settle),
                    }
                }
            };
            doubted.looked(settle, now);
            told.extend(finding.map(|finding| (*ordinal, finding)));
        }
        if seeks {
            self.control = Control::Sought { window: 0, pages: 0 };
        }
        let found = told.into_iter().map(|(ordinal, finding)| (self.remove(ordinal), finding)).collect();
        let uncounted = self.counted(round, &facts, proves, settle, now).map(|why| (folder.clone(), why));
        Told { found, contradicted, uncounted }
    }
}

/// The robot jobs that `seen` shows of `doubt`'s launch. `changed` becomes one whose Reference is not as it was sent.
fn jobs_of(seen: &Whole, doubt: &Doubt, changed: &mut Option<JobId>) -> Vec<StartedJob> {
    let listed = seen.jobs_of(doubt.mark);
    let is_sent = |listed: &&ListedJob| listed.reference.as_deref() == Some(doubt.reference.as_str());
    let other = listed.iter().find(|listed| !is_sent(listed));
    *changed = changed.or(other.map(|listed| listed.job.id));
    listed.iter().map(|listed| listed.job.clone()).collect()
}

impl Doubted {
    /// What a whole round proves that began after the settle time and showed nothing.
    fn absence(&mut self, round: &Whole, settle: Duration) -> Option<Found> {
        if round.age_of(&self.doubt) > OLDEST {
            return Some(Found::Undecided("the attempt is older than a day, and lists are purged".to_owned()));
        }
        let first = *self.absent.get_or_insert(round.began);
        (round.began > first && round.began.since(first) >= confirmation(settle)).then_some(Found::Absent)
    }

    /// It was looked for: often at first, then when its settle time is over, then once more.
    fn looked(&mut self, settle: Duration, now: Moment) {
        self.looks += 1;
        let over = over(&self.doubt, settle);
        self.due = match self.absent {
            Some(first) => first.after(confirmation(settle)),
            None if now >= over => now.after(confirmation(settle)),
            None => self.doubt.last.after(Duration::from_secs((2_u64 << self.looks.min(20)) - 1)).min(over),
        };
    }
}

/// When the settle time of `doubt` is over for certain: the server tells its time in whole seconds.
fn over(doubt: &Doubt, settle: Duration) -> Moment {
    doubt.last.after(settle + Duration::from_secs(2))
}

/// How long a doubt that cannot be told is looked into.
pub(in crate::launch) fn longest_doubt(settle: Duration) -> Duration {
    settle + patience(settle)
}

/// How long a doubt that cannot be told is looked into after its settle time.
fn patience(settle: Duration) -> Duration {
    PATIENCE.min(settle * 4)
}

/// How long after the first absence the second must be shown.
fn confirmation(settle: Duration) -> Duration {
    (settle / 4).min(Duration::from_secs(10))
}

/// Whether waiting can bring no more robot jobs than `jobs`, or there are too many already.
fn is_whole(jobs: &[StartedJob], expected: Expected) -> bool {
    match expected {
        Expected::Exactly(count) => jobs.len() >= count as usize,
        Expected::AtLeastOne => !jobs.is_empty(),
    }
}
