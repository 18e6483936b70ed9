//! Attempts in doubt, settled in bulk: what to ask the job list, and what its answers prove. No I/O and no clock.
//!
//! In: doubts, and pages of the job list. Out: the next window to read, and what was [`Found`] of each doubt that can
//! be told. One round of a folder reads its whole window once and serves all its doubts. An absence needs two whole
//! rounds, the first begun when the settle time was over, and a positive control: a robot job of sortie's in the same
//! list with its Reference intact. Source: launch protocol, steps 5 to 9. Never: decides to send again.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use self::round::Whole;
use crate::clock::{Moment, Timestamp};
use crate::ids::{AttemptNo, FolderRef, JobId, LaunchId, Ordinal, Reference};
use crate::orchestrator::verdict::StartedJob;
use crate::orchestrator::{JobPage, JobWindow};
use crate::resolve::Expected;

mod round;

pub(super) use round::{Progress, Round};

/// The window begins this long before the first doubtful intent.
const MARGIN: Duration = Duration::from_secs(600);
/// After the settle time, a doubt that cannot be told is given up after this.
const PATIENCE: Duration = Duration::from_secs(300);
/// Lists are purged: an older intent is never called absent.
const OLDEST: Duration = Duration::from_secs(24 * 3600);
/// At least so long between two rounds of a folder.
const GAP: Duration = Duration::from_secs(2);

/// A launch of which nobody knows whether its latest attempt started robot jobs.
#[derive(Clone, Debug)]
pub(super) struct Doubt {
    pub(super) ordinal: Ordinal,
    pub(super) launch: LaunchId,
    pub(super) attempt: AttemptNo,
    pub(super) reference: Reference,
    pub(super) expected: Expected,
    pub(super) purpose: Purpose,
    /// Before this time of our machine's nothing of it can exist.
    pub(super) intended: Timestamp,
    /// How far the server's clock was ahead then, in milliseconds, where it was known.
    pub(super) ahead_ms: Option<i64>,
    /// When its connection was closed, in our monotonic time.
    pub(super) last: Moment,
    /// The same in the server's time, where that is known.
    pub(super) last_on_server: Option<Timestamp>,
}

/// What is asked about a launch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Whether its latest attempt started something.
    Settle,
    /// Whether there are more robot jobs of it than these: it was sent more than once.
    Recount(Vec<StartedJob>),
}

/// What the job list proves of a doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// These robot jobs carry its Reference.
    Jobs(Vec<StartedJob>),
    /// None does, and none will.
    Absent,
    /// It cannot be told; why.
    Undecided(String),
    /// Counted once more, these are all its robot jobs.
    Counted(Vec<StartedJob>),
    /// They could not be counted once more.
    Uncounted,
}

/// All doubts of a run.
pub(super) struct Settler {
    settle: Duration,
    watch_by_folder: BTreeMap<FolderRef, Watch>,
    /// The folder whose round is under way.
    reading: Option<FolderRef>,
}

/// The doubts of one folder.
#[derive(Default)]
struct Watch {
    doubts: BTreeMap<Ordinal, Doubted>,
    ordinal_by_reference: HashMap<Reference, Ordinal>,
    /// Robot jobs that answers of this run named.
    known: HashSet<JobId>,
    round: Option<Round>,
    /// Whether the round began without knowing the server's time.
    guessed: bool,
    not_before: Moment,
    /// How many reads in a row failed.
    failures: u32,
}

struct Doubted {
    doubt: Doubt,
    /// How many whole rounds looked for it.
    looks: u32,
    /// When a first round showed it absent after its settle time.
    absent: Option<Moment>,
}

impl Settler {
    pub(super) fn new(settle: Duration) -> Self {
        Self { settle, watch_by_folder: BTreeMap::new(), reading: None }
    }

    /// Takes in a doubt.
    pub(super) fn doubt(&mut self, folder: &FolderRef, doubt: Doubt) {
        let watch = self.watch(folder);
        watch.ordinal_by_reference.insert(doubt.reference.clone(), doubt.ordinal);
        watch.doubts.insert(doubt.ordinal, Doubted { doubt, looks: 0, absent: None });
    }

    /// Takes note of robot jobs that an answer named: they are nobody else's.
    pub(super) fn know(&mut self, folder: &FolderRef, jobs: &[StartedJob]) {
        self.watch(folder).known.extend(jobs.iter().map(|job| job.id));
    }

    /// How many doubts are open.
    pub(super) fn open(&self) -> usize {
        self.watch_by_folder.values().map(|watch| watch.doubts.len()).sum()
    }

    /// When the next window should be read; none where no doubt is open or a read is under way.
    pub(super) fn due(&self) -> Option<Moment> {
        if self.reading.is_some() {
            return None;
        }
        self.watch_by_folder.values().filter_map(|watch| watch.due(self.settle)).min()
    }

    /// The next window to read, where one is due. Its answer goes to [`Settler::page`] or [`Settler::failed`].
    ///
    /// `ahead_ms` is how far the server's clock is ahead of ours, in milliseconds, where it is known.
    pub(super) fn next_window(&mut self, ahead_ms: Option<i64>, now: Moment) -> Option<JobWindow> {
        if self.reading.is_some() {
            return None;
        }
        let settle = self.settle;
        let due = self.watch_by_folder.iter().filter_map(|(folder, watch)| Some((watch.due(settle)?, folder)));
        let (_, folder) = due.min().filter(|(due, _)| *due <= now)?;
        let folder = folder.clone();
        let watch = self.watch(&folder);
        let round = match watch.round.take() {
            Some(round) => round,
            None => watch.begin(ahead_ms, now)?,
        };
        let window = round.window(folder.clone());
        watch.round = Some(round);
        self.reading = Some(folder);
        Some(window)
    }

    /// Takes in the page that was asked for last; returns what a finished round tells.
    pub(super) fn page(&mut self, page: JobPage, now: Moment) -> Vec<(Doubt, Found)> {
        let folder = self.reading.take().expect("a page answers a window");
        let settle = self.settle;
        let watch = self.watch(&folder);
        watch.failures = 0;
        let round = watch.round.take().expect("a folder that is read has its round");
        if watch.guessed && page.server_time.is_some() {
            // Only now do we learn how late it is there: the window may have begun too late.
            return Vec::new();
        }
        match round.take(page, now, |reference| watch.ordinal_by_reference.contains_key(reference)) {
            Progress::Whole(whole) => {
                watch.not_before = now.after(GAP);
                watch.conclude(&whole, settle)
            }
            Progress::Unfinished(round) => {
                watch.round = Some(round);
                Vec::new()
            }
        }
    }

    /// The read that was asked for last failed. With `give_up`, no doubt is looked into any more.
    pub(super) fn failed(&mut self, why: &str, give_up: bool, now: Moment) -> Vec<(Doubt, Found)> {
        let folder = self.reading.take().expect("a failure answers a window");
        let settle = self.settle;
        let watch = self.watch(&folder);
        // A round that is not whole proves nothing: the next one begins anew.
        watch.round = None;
        watch.failures += 1;
        watch.not_before = now.after(GAP * watch.failures.min(15));
        let given_up = |doubted: &Doubted| give_up || now.since(doubted.doubt.last) > settle + PATIENCE;
        let doubts = watch.doubts.iter().filter(|(_, doubted)| given_up(doubted));
        let ordinals: Vec<Ordinal> = doubts.map(|(ordinal, _)| *ordinal).collect();
        ordinals
            .into_iter()
            .map(|ordinal| {
                let doubt = watch.remove(ordinal);
                let found = doubt.untold(format!("the job list cannot be read: {why}"));
                (doubt, found)
            })
            .collect()
    }

    fn watch(&mut self, folder: &FolderRef) -> &mut Watch {
        self.watch_by_folder.entry(folder.clone()).or_default()
    }
}

impl Watch {
    /// When the folder's list should be read next.
    fn due(&self, settle: Duration) -> Option<Moment> {
        if self.round.is_some() {
            return Some(Moment::default());
        }
        let due = self.doubts.values().map(|doubted| doubted.due(settle)).min()?;
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
        Some(Round::begin(first.saturating_sub(MARGIN).expect("a span of std time saturates"), now))
    }

    fn remove(&mut self, ordinal: Ordinal) -> Doubt {
        let doubted = self.doubts.remove(&ordinal).expect("only open doubts are concluded");
        self.ordinal_by_reference.remove(&doubted.doubt.reference);
        doubted.doubt
    }

    fn conclude(&mut self, round: &Whole, settle: Duration) -> Vec<(Doubt, Found)> {
        let unclaimed = round.unclaimed(&self.known);
        let lacks_reference = round.lacks_reference(&self.known);
        let mut told = Vec::new();
        for (ordinal, doubted) in &mut self.doubts {
            // A doubt that came while the round was under way was not looked for by all of it.
            if doubted.doubt.last > round.began {
                continue;
            }
            doubted.looks += 1;
            let jobs = round.jobs_of(&doubted.doubt.reference);
            let elapsed = round.elapsed_since(&doubted.doubt);
            let finding = match &doubted.doubt.purpose {
                Purpose::Recount(known) if elapsed >= settle => {
                    Some(Found::Counted(if jobs.len() > known.len() { jobs } else { known.clone() }))
                }
                Purpose::Recount(_) => None,
                Purpose::Settle if is_whole(&jobs, doubted.doubt.expected) => Some(Found::Jobs(jobs)),
                Purpose::Settle if elapsed < settle => None,
                Purpose::Settle if !jobs.is_empty() => Some(Found::Jobs(jobs)),
                Purpose::Settle => doubted.absence(round, &unclaimed, lacks_reference, settle, elapsed),
            };
            told.extend(finding.map(|finding| (*ordinal, finding)));
        }
        told.into_iter().map(|(ordinal, finding)| (self.remove(ordinal), finding)).collect()
    }
}

const NO_CONTROL: &str = "no robot job of sortie was seen with its Reference in this folder's list, so that a \
                          missing one proves nothing";

impl Doubt {
    /// What to say where nothing can be told.
    fn untold(&self, why: String) -> Found {
        match self.purpose {
            Purpose::Settle => Found::Undecided(why),
            Purpose::Recount(_) => Found::Uncounted,
        }
    }
}

impl Doubted {
    /// What a whole round proves that began after the settle time and showed nothing.
    fn absence(
        &mut self,
        round: &Whole,
        unclaimed: &[JobId],
        lacks_reference: bool,
        settle: Duration,
        elapsed: Duration,
    ) -> Option<Found> {
        if round.age_of(&self.doubt) > OLDEST {
            return Some(Found::Undecided("the attempt is older than a day, and lists are purged".to_owned()));
        }
        if lacks_reference && !unclaimed.is_empty() {
            return Some(Found::Undecided(candidates(unclaimed)));
        }
        if !(round.control || lacks_reference) {
            return (elapsed >= settle + PATIENCE).then(|| Found::Undecided(NO_CONTROL.to_owned()));
        }
        let first = *self.absent.get_or_insert(round.began);
        (round.began > first && round.began.since(first) >= confirmation(settle)).then_some(Found::Absent)
    }

    /// When it should be looked for next: often at first, then when its settle time is over, then once more.
    fn due(&self, settle: Duration) -> Moment {
        let soon = Duration::from_secs((2_u64 << self.looks.min(20)) - 1);
        match self.absent {
            Some(first) => first.after(confirmation(settle)),
            // Two seconds more: the server tells its time in whole ones.
            None => self.doubt.last.after(soon.min((settle + Duration::from_secs(2)).max(soon / 2))),
        }
    }
}

/// `time` of ours by a clock that is so much ahead.
pub(super) fn on_server(time: Timestamp, ahead_ms: i64) -> Timestamp {
    time.saturating_add(jiff::SignedDuration::from_millis(ahead_ms)).expect("a span of std time saturates")
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
