//! Attempts in doubt, settled in bulk: what to ask the job list, and what its answers prove. No I/O and no clock.
//!
//! In: doubts, and pages of the job list. Out: the next window to read, and what was [`Found`] of each doubt that can
//! be told. One round of a folder reads its whole window once and serves all its doubts. An absence needs two whole
//! rounds, the first begun when the settle time was over, and all that `settle/proof.rs` asks of them. Before the settle
//! time is over, when only finding something can tell anything, a server that was seen to carry out a filter on
//! `Reference` is asked by it instead, if that needs fewer requests.
//! Source: launch protocol, steps 5 to 9. Never: decides to send again, or takes an absence from a filter.

use std::collections::BTreeMap;
use std::time::Duration;

use self::filter::Filter;
use self::round::span;
use self::watch::Watch;
use super::TimePoint;
use super::clocks::{Clocks, SendTime};
use super::known_jobs::KnownJobs;
use crate::clock::{Moment, Timestamp};
use crate::ids::{AttemptNo, FolderRef, JobId, LaunchId, Ordinal, Reference, ReferenceMark, ReleaseKey, RunId};
use crate::orchestrator::verdict::StartedJob;
use crate::orchestrator::{JobPage, JobWindow, SoughtJobs};
use crate::resolve::Expected;

mod filter;
mod outlook;
mod proof;
mod round;
mod watch;

pub(super) use round::{Progress, Round, Whole};
pub(super) use watch::{Told, longest_doubt};

/// A launch of which nobody knows whether its latest attempt started robot jobs.
#[derive(Clone, Debug)]
pub(super) struct Doubt {
    pub(super) ordinal: Ordinal,
    pub(super) launch: LaunchId,
    pub(super) attempt: AttemptNo,
    pub(super) reference: Reference,
    /// The part of the Reference that is sortie's own.
    pub(super) mark: ReferenceMark,
    pub(super) release: ReleaseKey,
    pub(super) expected: Expected,
    pub(super) purpose: Purpose,
    /// Before this time nothing of it can exist.
    pub(super) sent: SendTime,
    /// When its connection was closed, in our monotonic time, by what our clock says.
    pub(super) last: Moment,
    /// The same by our clock of then.
    pub(super) last_utc: Timestamp,
    /// The same in the server's time; `None` if that is not known.
    pub(super) last_on_server: Option<Timestamp>,
    /// When this process took it up, if another one had sent it; `None` if it was sent by this one.
    pub(super) taken_up: Option<TimePoint>,
}

impl Doubt {
    /// How long after its connection was closed the moment `at` is, at the least; `server_time` is the server's time then.
    ///
    /// Of what this process sent itself it has lived through the time: the server's clock may only shorten it. Of what
    /// another process sent, time that nobody lived through counts only as far as both the server's clock and ours say
    /// so: either may have been set meanwhile, and of two gateways one may be wrong.
    pub(super) fn elapsed(&self, at: Moment, server_time: Option<Timestamp>) -> Duration {
        let by_server = server_time.zip(self.last_on_server).map(|(now, last)| span(last, now));
        match self.taken_up {
            None => at.since(self.last).min(by_server.unwrap_or(Duration::MAX)),
            Some(taken_up) => {
                let lived = at.since(taken_up.moment);
                let by_ours = span(self.last_utc, taken_up.utc) + lived;
                by_server.map_or(lived, |by_server| lived.max(by_server.min(by_ours)))
            }
        }
    }
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

/// What settling knows beside the list.
#[derive(Clone, Copy)]
pub(super) struct Knowledge<'a> {
    pub(super) run: RunId,
    pub(super) settle: Duration,
    /// The robot jobs of this run that are known.
    pub(super) jobs: &'a KnownJobs,
    /// How far the clocks are apart.
    pub(super) clocks: &'a Clocks,
}

/// All doubts of a run.
#[derive(Default)]
pub(super) struct Settler {
    /// Whether the server finds robot jobs by Reference.
    filter: Filter,
    watch_by_folder: BTreeMap<FolderRef, Watch>,
    /// The folder whose round is under way.
    reading: Option<FolderRef>,
}

impl Settler {
    /// Takes in a doubt.
    pub(super) fn doubt(&mut self, folder: &FolderRef, doubt: Doubt, settle: Duration) {
        self.watch_by_folder.entry(folder.clone()).or_default().add(doubt, settle);
    }

    /// An answer showed a robot job of the folder with its Reference in another form than was sent.
    pub(super) fn changed(&mut self, folder: &FolderRef, job: JobId) {
        self.watch_by_folder.entry(folder.clone()).or_default().note_changed(job);
    }

    /// Whether the folder's list showed a robot job of sortie's, so that absences can be proved there.
    pub(super) fn vouches(&self, folder: &FolderRef) -> bool {
        self.watch_by_folder.get(folder).is_some_and(Watch::vouches)
    }

    /// Counts all robot jobs of this run in `folder`, once, in a list that is read at `due` or later and begins at `from`.
    pub(super) fn count(&mut self, folder: &FolderRef, from: Timestamp, due: Moment, now: Moment) {
        self.watch_by_folder.entry(folder.clone()).or_default().count(from, due, now);
    }

    /// How many doubts are open, and folders that are still to be counted.
    pub(super) fn open(&self) -> usize {
        self.watch_by_folder.values().map(Watch::open).sum()
    }

    /// When the list should be read next; `None` if no doubt is open or a read is under way.
    pub(super) fn due(&self) -> Option<Moment> {
        if self.reading.is_some() {
            return None;
        }
        self.watch_by_folder.values().filter_map(Watch::due).min()
    }

    /// What to read next, if something is due. Its answer goes to [`Settler::page`] or [`Settler::failed`].
    pub(super) fn next_reading(&mut self, knowledge: Knowledge<'_>, now: Moment) -> Option<Reading> {
        if self.reading.is_some() {
            return None;
        }
        let due = self.watch_by_folder.iter().filter_map(|(folder, watch)| Some((watch.due()?, folder)));
        let (_, folder) = due.min().filter(|(due, _)| *due <= now)?;
        let folder = folder.clone();
        let Self { filter, watch_by_folder, reading } = self;
        let watch = watch_by_folder.get_mut(&folder).expect("it is due");
        let next = match watch.by_reference(&folder, filter, knowledge.settle, now) {
            Some(sought) => Reading::Sought(sought),
            None => Reading::Window(watch.window(folder.clone(), knowledge, now)?),
        };
        *reading = Some(folder);
        Some(next)
    }

    /// Takes in the page that was asked for last; returns what it, or the round that it ends, tells.
    pub(super) fn page(&mut self, page: JobPage, knowledge: Knowledge<'_>, now: Moment) -> Told {
        let (folder, watch, filter) = self.read();
        match watch.sought() {
            Some(sought) => Told::of(watch.answered(sought, page, filter, knowledge.settle, now)),
            None => watch.page(&folder, page, knowledge, now),
        }
    }

    /// The read that was asked for last failed.
    pub(super) fn failed(&mut self, why: &str, hope: Hope, settle: Duration, now: Moment) -> Told {
        let (folder, watch, filter) = self.read();
        match (watch.sought(), hope) {
            (Some(_), Hope::Much | Hope::Little) => {
                filter.failed(hope);
                watch.put_off(now);
                Told::default()
            }
            (Some(_), Hope::None) | (None, _) => watch.failed(&folder, why, hope, settle, now),
        }
    }

    /// The folder that was read last, and its watch.
    fn read(&mut self) -> (FolderRef, &mut Watch, &mut Filter) {
        let folder = self.reading.take().expect("an answer follows a question");
        let watch = self.watch_by_folder.get_mut(&folder).expect("a folder that is read has its watch");
        (folder, watch, &mut self.filter)
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
