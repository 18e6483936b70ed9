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

use self::doubt::{Knowledge, OpenDoubt, ReadFailure};
use self::folder::FolderSettler;
use self::report::ScanReport;
use crate::clock::{Moment, Timestamp};
use crate::ids::{FolderRef, JobId};
use crate::job_list::filter::Filter;
use crate::job_list::request::ListRequest;
use crate::orchestrator::JobPage;

pub(super) mod doubt;
mod folder;
mod outlook;
mod proof;
pub(super) mod report;
pub(super) mod times;

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

    /// An answer named `jobs` of the folder, of a launch that left at `sent` or later.
    pub(super) fn started(&mut self, folder: &FolderRef, jobs: impl Iterator<Item = JobId>, sent: Moment) {
        if let Some(settler) = self.by_folder.get_mut(folder) {
            settler.note_started(jobs, sent);
        }
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
                filter.failed(failure == ReadFailure::Transient);
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
