//! Attempts in doubt, settled in bulk: what to ask the job list, and what its answers prove. No I/O and no clock.
//!
//! In: doubts, and pages of the job list. Out: the next window to read, and what was [`Settlement`] of each doubt that can
//! be told. One scan of a folder reads its whole window once and serves all its doubts. An absence needs two whole
//! scans, the first begun when the settle time was over, and all that `settle/proof.rs` asks of them. Before the settle
//! time is over, when only finding something can tell anything, a server that was seen to carry out a filter on
//! `Reference` is asked by it instead, if that needs fewer requests.
//! Source: `docs/exactly-once.md`, steps 5 to 9. Never: decides to send again, or takes an absence from a filter.

use std::collections::BTreeMap;
use std::time::Duration;

use self::filter::Filter;
use self::folder::FolderSettler;
use self::scan::span;
use super::TimePoint;
use super::clocks::{Clocks, SendTime};
use super::known_jobs::KnownJobs;
use crate::clock::{Moment, Timestamp};
use crate::ids::{AttemptNo, FolderRef, JobId, LaunchId, Ordinal, Reference, ReferenceMark, ReleaseKey, RunId};
use crate::launch_terms::Expected;
use crate::orchestrator::{JobPage, JobWindow, JobsByReference};
use crate::robot_job::RobotJob;

mod filter;
mod folder;
mod outlook;
mod proof;
mod scan;

pub(super) use folder::{ScanReport, longest_doubt};
pub(super) use scan::{CompleteScan, Scan, ScanStep};

/// A launch of which nobody knows whether its latest attempt started robot jobs.
#[derive(Clone, Debug)]
pub(super) struct OpenDoubt {
    pub(super) ordinal: Ordinal,
    pub(super) launch: LaunchId,
    pub(super) attempt: AttemptNo,
    pub(super) reference: Reference,
    /// The part of the Reference that is sortie's own.
    pub(super) mark: ReferenceMark,
    pub(super) release: ReleaseKey,
    pub(super) expected: Expected,
    /// Robot jobs that its answer named, and that may be its own.
    pub(super) named: Vec<JobId>,
    pub(super) purpose: DoubtPurpose,
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

impl OpenDoubt {
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
pub(super) enum DoubtPurpose {
    /// Whether its latest attempt started something.
    Settle,
    /// Whether there are more robot jobs of it than these: it was sent more than once.
    Recount(Vec<RobotJob>),
}

/// What the job list proves of a doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Settlement {
    /// These robot jobs carry its Reference.
    Jobs(Vec<RobotJob>),
    /// None does, and none will.
    Absent,
    /// It cannot be told; why.
    Undecided(String),
    /// Counted once more, these are all its robot jobs.
    Counted(Vec<RobotJob>),
    /// They could not be counted once more.
    Uncounted,
}

/// How a list could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadFailure {
    /// It may well be read soon.
    Transient,
    /// The server refuses it, as it may go on to do.
    Refused,
    /// Nobody will ask again.
    Final,
}

/// What to read of the job list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ListRequest {
    /// A part of a folder's window.
    Window(JobWindow),
    /// Robot jobs by their References.
    ByReference(JobsByReference),
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
    by_folder: BTreeMap<FolderRef, FolderSettler>,
    /// The folder whose scan is under way.
    reading: Option<FolderRef>,
}

impl Settler {
    /// Takes in a doubt.
    pub(super) fn doubt(&mut self, folder: &FolderRef, doubt: OpenDoubt, settle: Duration) {
        self.by_folder.entry(folder.clone()).or_default().add(doubt, settle);
    }

    /// An answer showed a robot job of the folder with its Reference in another form than was sent.
    pub(super) fn changed(&mut self, folder: &FolderRef, job: JobId) {
        self.by_folder.entry(folder.clone()).or_default().note_changed(job);
    }

    /// Whether the folder's list showed a robot job of sortie's, so that absences can be proved there.
    pub(super) fn has_positive_control(&self, folder: &FolderRef) -> bool {
        self.by_folder.get(folder).is_some_and(FolderSettler::has_positive_control)
    }

    /// Counts all robot jobs of this run in `folder`, once, in a list that is read at `due` or later and begins at `from`.
    pub(super) fn count(&mut self, folder: &FolderRef, from: Timestamp, due: Moment, now: Moment) {
        self.by_folder.entry(folder.clone()).or_default().count(from, due, now);
    }

    /// How many doubts are open, and folders that are still to be counted.
    pub(super) fn open(&self) -> usize {
        self.by_folder.values().map(FolderSettler::open).sum()
    }

    /// When the list should be read next; `None` if no doubt is open or a read is under way.
    pub(super) fn due(&self) -> Option<Moment> {
        if self.reading.is_some() {
            return None;
        }
        self.by_folder.values().filter_map(FolderSettler::due).min()
    }

    /// What to read next, if something is due. Its answer goes to [`Settler::page`] or [`Settler::failed`].
    pub(super) fn next_request(&mut self, knowledge: Knowledge<'_>, now: Moment) -> Option<ListRequest> {
        if self.reading.is_some() {
            return None;
        }
        let due = self.by_folder.iter().filter_map(|(folder, settler)| Some((settler.due()?, folder)));
        let (_, folder) = due.min().filter(|(due, _)| *due <= now)?;
        let folder = folder.clone();
        let Self { filter, by_folder, reading } = self;
        let settler = by_folder.get_mut(&folder).expect("it is due");
        let next = match settler.by_reference(&folder, filter, knowledge.settle, now) {
            Some(query) => ListRequest::ByReference(query),
            None => ListRequest::Window(settler.window(folder.clone(), knowledge, now)?),
        };
        *reading = Some(folder);
        Some(next)
    }

    /// Takes in the page that was asked for last; returns what it, or the scan that it ends, tells.
    pub(super) fn page(&mut self, page: JobPage, knowledge: Knowledge<'_>, now: Moment) -> ScanReport {
        let (folder, settler, filter) = self.read();
        match settler.query() {
            Some(query) => ScanReport::of(settler.answered(query, page, filter, knowledge.settle, now)),
            None => settler.page(&folder, page, knowledge, now),
        }
    }

    /// The read that was asked for last failed.
    pub(super) fn failed(&mut self, why: &str, failure: ReadFailure, settle: Duration, now: Moment) -> ScanReport {
        let (folder, settler, filter) = self.read();
        match (settler.query(), failure) {
            (Some(_), ReadFailure::Transient | ReadFailure::Refused) => {
                filter.failed(failure);
                settler.put_off(now);
                ScanReport::default()
            }
            (Some(_), ReadFailure::Final) | (None, _) => settler.failed(&folder, why, failure, settle, now),
        }
    }

    /// The folder that was read last, and its settler.
    fn read(&mut self) -> (FolderRef, &mut FolderSettler, &mut Filter) {
        let folder = self.reading.take().expect("an answer follows a question");
        let settler = self.by_folder.get_mut(&folder).expect("a folder that is read has its settler");
        (folder, settler, &mut self.filter)
    }
}

impl OpenDoubt {
    /// What to say where nothing can be told.
    fn inconclusive(&self, why: String) -> Settlement {
        match self.purpose {
            DoubtPurpose::Settle => Settlement::Undecided(why),
            DoubtPurpose::Recount(_) => Settlement::Uncounted,
        }
    }
}
