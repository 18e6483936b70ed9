//! Attempts in doubt, settled in bulk: what to ask the job list, and what its answers prove. No I/O and no clock.
//!
//! In: doubts, and pages of the job list. Out: the next window to read, and what was [`Found`] of each doubt that can
//! be told. One round of a folder reads its whole window once and serves all its doubts. An absence needs two whole
//! rounds, the first begun when the settle time was over, and a positive control: a robot job of sortie's in the same
//! list with its Reference intact. Before the settle time is over, where only finding something can tell anything, a
//! server that was seen to carry out a filter on `Reference` is asked by it instead, where that needs fewer requests.
//! Source: launch protocol, steps 5 to 9. Never: decides to send again, or takes an absence from a filter.

use std::collections::BTreeMap;
use std::time::Duration;

use self::filter::Filter;
use self::watch::Watch;
use crate::clock::{Moment, Timestamp};
use crate::ids::{AttemptNo, FolderRef, JobId, LaunchId, Ordinal, Reference};
use crate::orchestrator::verdict::StartedJob;
use crate::orchestrator::{JobPage, JobWindow, SoughtJobs};
use crate::resolve::Expected;

mod filter;
mod round;
mod watch;

pub(super) use round::{Progress, Round};
pub(super) use watch::longest_doubt;

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

/// What is to be hoped of a list that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hope {
    /// It may well be read soon.
    Much,
    /// The server refuses it, as it may go on to do.
    Little,
    /// Nobody will ask again.
    None,
}

/// What to read of the job list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// A part of a folder's window.
    Window(JobWindow),
    /// Robot jobs by their References.
    Sought(SoughtJobs),
}

/// All doubts of a run.
pub(super) struct Settler {
    settle: Duration,
    /// Whether the server finds robot jobs by Reference.
    filter: Filter,
    watch_by_folder: BTreeMap<FolderRef, Watch>,
    /// The folder whose round is under way.
    reading: Option<FolderRef>,
}

impl Settler {
    pub(super) fn new(settle: Duration) -> Self {
        Self { settle, filter: Filter::default(), watch_by_folder: BTreeMap::new(), reading: None }
    }

    /// Takes in a doubt.
    pub(super) fn doubt(&mut self, folder: &FolderRef, doubt: Doubt) {
        let settle = self.settle;
        self.watch(folder).add(doubt, settle);
    }

    /// Takes note of robot jobs that an answer named: they are nobody else's.
    pub(super) fn know(&mut self, folder: &FolderRef, jobs: impl IntoIterator<Item = JobId>) {
        self.watch(folder).know(jobs);
    }

    /// Whether the folder's list showed a robot job of sortie's, so that absences can be proved there.
    pub(super) fn vouches(&self, folder: &FolderRef) -> bool {
        self.watch_by_folder.get(folder).is_some_and(Watch::vouches)
    }

    /// How many doubts are open.
    pub(super) fn open(&self) -> usize {
        self.watch_by_folder.values().map(Watch::open).sum()
    }

    /// When the list should be read next; none where no doubt is open or a read is under way.
    pub(super) fn due(&self) -> Option<Moment> {
        if self.reading.is_some() {
            return None;
        }
        self.watch_by_folder.values().filter_map(Watch::due).min()
    }

    /// What to read next, where something is due. Its answer goes to [`Settler::page`] or [`Settler::failed`].
    ///
    /// `ahead_ms` is how far the server's clock is ahead of ours, in milliseconds, where it is known.
    pub(super) fn next_reading(&mut self, ahead_ms: Option<i64>, now: Moment) -> Option<Reading> {
        if self.reading.is_some() {
            return None;
        }
        let due = self.watch_by_folder.iter().filter_map(|(folder, watch)| Some((watch.due()?, folder)));
        let (_, folder) = due.min().filter(|(due, _)| *due <= now)?;
        let folder = folder.clone();
        let Self { settle, filter, watch_by_folder, reading } = self;
        let watch = watch_by_folder.get_mut(&folder).expect("it is due");
        let next = match watch.by_reference(&folder, filter, *settle, now) {
            Some(sought) => Reading::Sought(sought),
            None => Reading::Window(watch.window(folder.clone(), ahead_ms, now)?),
        };
        *reading = Some(folder);
        Some(next)
    }

    /// Takes in the page that was asked for last; returns what it, or the round that it ends, tells.
    pub(super) fn page(&mut self, page: JobPage, now: Moment) -> Vec<(Doubt, Found)> {
        let (watch, filter, settle) = self.read();
        match watch.sought() {
            Some(sought) => watch.answered(sought, page, filter, settle, now),
            None => watch.page(page, settle, now),
        }
    }

    /// The read that was asked for last failed.
    pub(super) fn failed(&mut self, why: &str, hope: Hope, now: Moment) -> Vec<(Doubt, Found)> {
        let (watch, filter, settle) = self.read();
        match (watch.sought(), hope) {
            (Some(_), Hope::Much | Hope::Little) => {
                filter.failed(hope);
                watch.put_off(now);
                Vec::new()
            }
            (Some(_), Hope::None) | (None, _) => watch.failed(why, hope, settle, now),
        }
    }

    /// The watch of the folder that was read last.
    fn read(&mut self) -> (&mut Watch, &mut Filter, Duration) {
        let folder = self.reading.take().expect("an answer follows a question");
        let watch = self.watch_by_folder.get_mut(&folder).expect("a folder that is read has its watch");
        (watch, &mut self.filter, self.settle)
    }

    fn watch(&mut self, folder: &FolderRef) -> &mut Watch {
        self.watch_by_folder.entry(folder.clone()).or_default()
    }
}

impl Doubt {
    /// What to say where nothing can be told.
    fn untold(&self, why: String) -> Found {
        match self.purpose {
            Purpose::Settle => Found::Undecided(why),
            Purpose::Recount(_) => Found::Uncounted,
        }
    }
}

/// `time` of ours by a clock that is so much ahead.
pub(super) fn on_server(time: Timestamp, ahead_ms: i64) -> Timestamp {
    time.saturating_add(jiff::SignedDuration::from_millis(ahead_ms)).expect("a span of std time saturates")
}
