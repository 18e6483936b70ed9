//! The doubts of one folder: when its list is read, and what a whole reading tells of each of them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use self::seek::Sought;
use super::round::{Extent, Progress, Round, Whole};
use super::{Doubt, Found, Hope, Purpose, on_server};
use crate::clock::Moment;
use crate::ids::{FolderRef, JobId, Ordinal, Reference};
use crate::orchestrator::verdict::StartedJob;
use crate::orchestrator::{JobPage, JobWindow, ListedJob};
use crate::resolve::Expected;

mod seek;

/// The window begins this long before the first doubtful intent.
const MARGIN: Duration = Duration::from_secs(600);
/// After the settle time, a doubt that cannot be told is given up after this, or after four settle times if that is less.
const PATIENCE: Duration = Duration::from_secs(300);
/// Lists are purged: an older intent is never called absent.
const OLDEST: Duration = Duration::from_secs(24 * 3600);
/// After so many rounds that show our own robot jobs without Reference, the server is taken to keep none.
const BARE_ROUNDS: u32 = 2;
/// Where the window shows no robot job of sortie's, these are read: so long before it.
const OLDER: [Duration; 3] =
    [Duration::from_secs(3600), Duration::from_secs(24 * 3600), Duration::from_secs(7 * 24 * 3600)];
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
    ordinal_by_reference: HashMap<Reference, Ordinal>,
    /// Robot jobs that answers of this run named.
    known: HashSet<JobId>,
    round: Option<Round>,
    /// How large the last whole window was.
    extent: Option<Extent>,
    /// What was asked by Reference, and is not answered yet.
    sought: Option<Sought>,
    /// Whether the round began without knowing the server's time.
    guessed: bool,
    control: Control,
    /// How many rounds in a row showed no control since one did; none where none ever did.
    uncontrolled_rounds: Option<u32>,
    not_before: Moment,
    /// How many reads in a row failed.
    failures: u32,
    /// How many rounds in a row showed our own robot jobs without Reference, and none with it.
    bare_rounds: u32,
}

/// Whether a robot job of sortie's was seen with its Reference intact in windows older than the doubts'.
///
/// A round that shows one itself needs no other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Control {
    /// Nothing depended on it yet.
    #[default]
    Unasked,
    /// The doubts' window shows none, so older ones are read: the number of the window, in its so manieth page.
    Sought { window: usize, pages: u32 },
    /// One was seen.
    Seen,
    /// None was seen there either.
    Lacking,
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
        self.ordinal_by_reference.insert(doubt.reference.clone(), doubt.ordinal);
        let due = match doubt.purpose {
            Purpose::Settle => doubt.last.after(Duration::from_secs(1)),
            // It is counted when nothing more can come.
            Purpose::Recount(_) => over(&doubt, settle),
        };
        self.doubts.insert(doubt.ordinal, Doubted { doubt, looks: 0, absent: None, due });
    }

    /// Takes note of robot jobs that an answer named.
    pub(super) fn know(&mut self, jobs: impl IntoIterator<Item = JobId>) {
        self.known.extend(jobs);
    }

    /// Whether the list showed a robot job of sortie's with its Reference.
    pub(super) fn vouches(&self) -> bool {
        self.uncontrolled_rounds.is_some() || self.control == Control::Seen
    }

    /// How many doubts are open.
    pub(super) fn open(&self) -> usize {
        self.doubts.len()
    }

    /// The next window to read: of the round under way, else of a new one.
    pub(super) fn window(&mut self, folder: FolderRef, ahead_ms: Option<i64>, now: Moment) -> Option<JobWindow> {
        let round = match self.round.take() {
            Some(round) => round,
            None => self.begin(ahead_ms, now)?,
        };
        let window = round.window(folder);
        self.round = Some(round);
        Some(window)
    }

    /// Takes in a page of the round under way; returns what it tells, if it was the last.
    pub(super) fn page(&mut self, page: JobPage, settle: Duration, now: Moment) -> Vec<(Doubt, Found)> {
        let round = self.round.take().expect("a folder that is read has its round");
        if self.guessed && page.server_time.is_some() {
            // Only now do we learn how late it is there: the window may have begun too late.
            return Vec::new();
        }
        if self.loses_references(&page, &round) {
            self.round = Some(round);
            return self.failed("it lost References that it had shown", Hope::Much, settle, now);
        }
        match round.take(page, now, |reference| self.ordinal_by_reference.contains_key(reference)) {
            Progress::Contradicted(round) => {
                self.round = round;
                return self.failed("its pages contradict each other", Hope::Much, settle, now);
            }
            progress if matches!(self.control, Control::Sought { .. }) => self.seek(progress),
            Progress::Whole(whole) => {
                self.not_before = now.after(GAP.min(confirmation(settle)));
                self.failures = 0;
                let told = self.conclude(&whole, settle, now);
                self.extent = Some(whole.into_extent());
                return told;
            }
            Progress::Unfinished(round) => self.round = Some(round),
        }
        self.failures = 0;
        Vec::new()
    }

    /// Whether the page shows a robot job of this run without the Reference that it was started with, although the
    /// server keeps them.
    fn loses_references(&self, page: &JobPage, round: &Round) -> bool {
        let keeps = self.vouches() || round.control();
        let bare = |listed: &ListedJob| listed.reference.as_ref().is_none_or(String::is_empty);
        keeps && page.jobs.iter().any(|listed| bare(listed) && self.known.contains(&listed.job.id))
    }

    /// A page could not be read. It is read again: a round is whole only with all its pages.
    pub(super) fn failed(&mut self, why: &str, hope: Hope, settle: Duration, now: Moment) -> Vec<(Doubt, Found)> {
        self.failures += 1;
        let retry = RETRY.saturating_mul(1 << (self.failures - 1).min(10)).min(LONGEST_RETRY);
        self.not_before = now.after(retry);
        let waited = |doubted: &Doubted| now.since(doubted.doubt.last) > settle + patience(settle);
        let given_up = |doubted: &Doubted| match hope {
            Hope::Much => self.failures >= FAILURES && waited(doubted),
            Hope::Little => waited(doubted),
            Hope::None => true,
        };
        let doubts = self.doubts.iter().filter(|(_, doubted)| given_up(doubted));
        let ordinals: Vec<Ordinal> = doubts.map(|(ordinal, _)| *ordinal).collect();
        let told = ordinals.into_iter().map(|ordinal| {
            let doubt = self.remove(ordinal);
            let found = doubt.untold(format!("the job list cannot be read: {why}"));
            (doubt, found)
        });
        let told = told.collect();
        if self.doubts.is_empty() {
            self.round = None;
        }
        told
    }

    /// When the folder's list should be read next.
    pub(super) fn due(&self) -> Option<Moment> {
        if self.round.is_some() || (matches!(self.control, Control::Sought { .. }) && !self.doubts.is_empty()) {
            return Some(self.not_before);
        }
        let due = self.doubts.values().map(|doubted| doubted.due).min()?;
        Some(due.max(self.not_before))
    }

    /// A round from a little before the first doubtful intent, in the server's time.
    fn begin(&mut self, ahead_ms: Option<i64>, now: Moment) -> Option<Round> {
        self.guessed = false;
        let guessed = &mut self.guessed;
        let start = |doubted: &Doubted| {
            let doubt = &doubted.doubt;
            let ahead = doubt.ahead_ms.or(ahead_ms);
            *guessed |= ahead.is_none();
            on_server(doubt.intended, ahead.unwrap_or_default())
        };
        let first = self.doubts.values().map(start).min()?;
        let before = match self.control {
            Control::Sought { window, .. } => OLDER[window],
            Control::Unasked | Control::Seen | Control::Lacking => MARGIN,
        };
        Some(Round::begin(first.saturating_sub(before).expect("a span of std time saturates"), now))
    }

    /// Goes on with looking for a control in older windows.
    fn seek(&mut self, progress: Progress) {
        let Control::Sought { window, pages } = self.control else { return };
        let next_window =
            if window + 1 < OLDER.len() { Control::Sought { window: window + 1, pages: 0 } } else { Control::Lacking };
        self.control = match progress {
            Progress::Whole(whole) if whole.control => Control::Seen,
            Progress::Unfinished(round) if round.control() => Control::Seen,
            Progress::Unfinished(round) if pages + 1 < OLDER_PAGES => {
                self.round = Some(round);
                Control::Sought { window, pages: pages + 1 }
            }
            Progress::Whole(_) | Progress::Unfinished(_) | Progress::Contradicted(_) => next_window,
        };
    }

    fn remove(&mut self, ordinal: Ordinal) -> Doubt {
        let doubted = self.doubts.remove(&ordinal).expect("only open doubts are concluded");
        self.ordinal_by_reference.remove(&doubted.doubt.reference);
        doubted.doubt
    }

    fn conclude(&mut self, round: &Whole, settle: Duration, now: Moment) -> Vec<(Doubt, Found)> {
        let unclaimed = round.unclaimed(&self.known);
        let bare = round.lacks_reference(&self.known);
        self.uncontrolled_rounds = match self.uncontrolled_rounds {
            _ if round.control => Some(0),
            rounds => rounds.map(|rounds| rounds + 1),
        };
        let keeps = self.vouches();
        self.bare_rounds = if bare && !keeps { self.bare_rounds + 1 } else { 0 };
        let lacks_reference = self.bare_rounds >= BARE_ROUNDS;
        // A list that keeps References and now shows a job of ours without its own proves nothing this time.
        let proves = !bare || lacks_reference;
        // Older windows stand in where this one has no control, but not where it had one a moment ago.
        let lost = self.uncontrolled_rounds.is_some_and(|rounds| (1..UNCONTROLLED_ROUNDS).contains(&rounds));
        let control = round.control || lacks_reference || (self.control == Control::Seen && !lost);
        let mut seeks = false;
        let mut told = Vec::new();
        for (ordinal, doubted) in &mut self.doubts {
            // A doubt that came while the round was under way was not looked for by all of it.
            if doubted.doubt.last > round.began {
                continue;
            }
            let jobs = round.jobs_of(&doubted.doubt.reference);
            let elapsed = round.elapsed_since(&doubted.doubt);
            let waited = elapsed >= settle + patience(settle);
            let finding = match &doubted.doubt.purpose {
                Purpose::Settle if is_whole(&jobs, doubted.doubt.expected) => Some(Found::Jobs(jobs)),
                Purpose::Settle | Purpose::Recount(_) if elapsed < settle || !proves => None,
                Purpose::Recount(known) if jobs.len() > known.len() => Some(Found::Counted(jobs)),
                // A list that does not show what is known to exist does not show everything.
                Purpose::Recount(known) if jobs.len() == known.len() || lacks_reference || waited => {
                    Some(Found::Counted(known.clone()))
                }
                Purpose::Recount(_) => None,
                Purpose::Settle if !jobs.is_empty() => Some(Found::Jobs(jobs)),
                Purpose::Settle if !control && self.control != Control::Lacking => {
                    seeks = !lost;
                    None
                }
                Purpose::Settle => doubted.absence(round, &unclaimed, lacks_reference, control, settle),
            };
            doubted.looked(settle, now);
            told.extend(finding.map(|finding| (*ordinal, finding)));
        }
        if seeks {
            self.control = Control::Sought { window: 0, pages: 0 };
        }
        told.into_iter().map(|(ordinal, finding)| (self.remove(ordinal), finding)).collect()
    }
}

const NO_CONTROL: &str = "no robot job of sortie was seen with its Reference in this folder's list, so that a \
                          missing one proves nothing";

impl Doubted {
    /// What a whole round proves that began after the settle time and showed nothing.
    fn absence(
        &mut self,
        round: &Whole,
        unclaimed: &[JobId],
        lacks_reference: bool,
        control: bool,
        settle: Duration,
    ) -> Option<Found> {
        if round.age_of(&self.doubt) > OLDEST {
            return Some(Found::Undecided("the attempt is older than a day, and lists are purged".to_owned()));
        }
        if lacks_reference && !unclaimed.is_empty() {
            return Some(Found::Undecided(candidates(unclaimed)));
        }
        if !control {
            let elapsed = round.elapsed_since(&self.doubt);
            return (elapsed >= settle + patience(settle)).then(|| Found::Undecided(NO_CONTROL.to_owned()));
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

fn candidates(unclaimed: &[JobId]) -> String {
    let shown: Vec<String> = unclaimed.iter().take(5).map(|job| job.0.to_string()).collect();
    let more = unclaimed.len().saturating_sub(shown.len());
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("the server keeps no Reference, and robot jobs {}{more} of that time may be it", shown.join(", "))
}
