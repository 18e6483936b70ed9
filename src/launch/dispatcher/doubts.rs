//! For what the job list is read, and when: a run's doubts, what is known of its robot jobs, and its turn to read.
//!
//! In: doubts, pages and failures. Out: the next part to read, and what a list told. Never: decides what follows from it
//! (`launch/dispatcher/settled.rs`), or what an absence needs (`launch/settle/proof.rs`). No I/O and no clock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::clock::{Moment, earlier};
use crate::ids::{FolderRef, JobId, Ordinal, ReferenceMark, RunId};
use crate::job_list::request::ListRequest;
use crate::job_list::schedule::ReadSchedule;
use crate::launch::clocks::{Clocks, MARGIN};
use crate::launch::known_jobs::KnownJobs;
use crate::launch::outlook::AwaitedLaunches;
use crate::launch::settle::Settler;
use crate::launch::settle::doubt::{Knowledge, OpenDoubt, ReadFailure, Settlement};
use crate::launch::settle::report::ScanReport;
use crate::ledger::event::Intent;
use crate::orchestrator::{JobPage, ListedJob};
use crate::robot_job::RobotJob;

/// The doubts of a run.
pub(super) struct Doubts {
    run: RunId,
    settle: Duration,
    settler: Settler,
    known: KnownJobs,
    /// When a list may be read.
    schedule: ReadSchedule,
    /// Whether no list is read any more, because that would take too long.
    is_given_up: bool,
    /// Launches that are over, and of which a list showed something else: their states are to be read again.
    recalls: BTreeSet<Ordinal>,
    /// Those that were. Once is enough.
    recalled: BTreeSet<Ordinal>,
    /// Whether all robot jobs of the run are being counted, or were.
    is_counted: bool,
    /// The folders whose robot jobs could not be counted, and why.
    uncounted: BTreeMap<FolderRef, String>,
}

impl Doubts {
    /// None yet. `disputed` launches are to be looked up again.
    pub(super) fn new(
        run: RunId,
        settle: Duration,
        known: KnownJobs,
        disputed: BTreeSet<Ordinal>,
        schedule: ReadSchedule,
    ) -> Self {
        Self {
            run,
            settle,
            settler: Settler::default(),
            known,
            schedule,
            is_given_up: false,
            recalls: disputed,
            recalled: BTreeSet::new(),
            is_counted: false,
            uncounted: BTreeMap::new(),
        }
    }

    /// The robot jobs that are known to be this run's.
    pub(super) fn known(&self) -> &KnownJobs {
        &self.known
    }

    /// Whether lists were given up.
    pub(super) fn is_given_up(&self) -> bool {
        self.is_given_up
    }

    /// Whether anything is still to be looked up.
    pub(super) fn is_open(&self) -> bool {
        self.settler.open() > 0 || !self.recalls.is_empty()
    }

    /// The folders whose robot jobs could not be counted, and why.
    ///
    /// Where the run `counts` all and ended before it began to, that is each of them.
    pub(super) fn into_uncounted(mut self, counts: bool) -> BTreeMap<FolderRef, String> {
        if counts && !self.is_counted {
            let why = "the run ended before they were counted";
            self.uncounted.extend(self.known.folders().map(|folder| (folder.clone(), why.to_owned())));
        }
        self.uncounted
    }

    /// Takes in a doubt.
    pub(super) fn add(&mut self, folder: &FolderRef, doubt: OpenDoubt) {
        self.settler.doubt(folder, doubt, self.settle);
    }

    /// An answer showed a robot job of the folder with its Reference in another form than was sent.
    pub(super) fn note_changed(&mut self, folder: &FolderRef, job: JobId) {
        self.settler.changed(folder, job);
    }

    /// An answer named `jobs` of the folder, of a launch that left at `sent` or later.
    pub(super) fn note_started(&mut self, folder: &FolderRef, jobs: &[RobotJob], sent: Moment) {
        self.settler.started(folder, jobs.iter().map(|job| job.id), sent);
    }

    /// Takes note of robot jobs of the launch.
    pub(super) fn know(&mut self, ordinal: Ordinal, intent: &Intent, jobs: &[RobotJob], now: Moment) {
        let other = self.known.add(ordinal, intent, jobs, Some(now));
        self.recalls.extend(other.filter(|other| !self.recalled.contains(other)));
    }

    /// Takes note of a launch of which no robot job is known, so that a list may show one.
    pub(super) fn know_launch(&mut self, ordinal: Ordinal, intent: &Intent) {
        self.known.add_launch(ordinal, intent);
    }

    /// A list that was read for waiting shows `listed`: a launch of which it shows a robot job that nobody knows is counted once more.
    pub(super) fn note_listed(&mut self, listed: &ListedJob) {
        if self.known.owner(listed.job.id).is_some() {
            return;
        }
        let mark = listed.reference.as_deref().and_then(ReferenceMark::find).filter(|mark| mark.run == self.run);
        let launch = mark.and_then(|mark| self.known.launch_of(mark.fingerprint));
        self.recalls.extend(launch.filter(|launch| !self.recalled.contains(launch)));
    }

    /// Whether the launch's state is to be read again.
    pub(super) fn is_to_be_recalled(&self, ordinal: Ordinal) -> bool {
        self.recalls.contains(&ordinal)
    }

    /// The launch's state is to be read again, and its robot jobs are counted once more.
    pub(super) fn count_again(&mut self, ordinal: Ordinal) {
        self.recalls.insert(ordinal);
    }

    /// More is to be sent: all robot jobs of the run are counted again.
    pub(super) fn count_anew(&mut self) {
        self.is_counted = false;
    }

    /// The next launch whose state is to be read again.
    pub(super) fn next_recall(&mut self) -> Option<Ordinal> {
        self.recalls.pop_first()
    }

    /// The launch's state was read again.
    pub(super) fn recalled(&mut self, ordinal: Ordinal) {
        self.recalled.insert(ordinal);
    }

    /// Begins to count all robot jobs of the run in lists that are read at `due` or later, if that was not done; whether
    /// there is anything to look up.
    pub(super) fn count_all(&mut self, due: Moment, now: Moment) -> bool {
        if std::mem::replace(&mut self.is_counted, true) {
            return false;
        }
        for (folder, earliest) in self.known.earliest_by_folder() {
            self.settler.count(folder, earlier(earliest, MARGIN), due, now);
        }
        self.settler.open() > 0
    }

    /// Of these folders, those whose list showed a robot job of sortie's.
    pub(super) fn shown_alive(&self, folders: Vec<FolderRef>) -> impl Iterator<Item = FolderRef> {
        folders.into_iter().filter(|folder| self.settler.has_positive_control(folder))
    }

    /// When a list is read next; `None` if nothing needs one, or one is being read.
    pub(super) fn next_look(&self, now: Moment) -> Option<Moment> {
        self.settler.due().map(|due| due.max(self.schedule.next(now)))
    }

    /// The next part of the job list to read, where one is due.
    pub(super) fn next_request(&mut self, clocks: &Clocks, now: Moment) -> Option<ListRequest> {
        if self.schedule.next(now) > now {
            return None;
        }
        let knowledge = Knowledge { run: self.run, settle: self.settle, jobs: &self.known, clocks };
        self.settler.next_request(knowledge, now)
    }

    /// When the next list may be read, whatever for: within the run's own share, and after the server's pauses.
    pub(super) fn next_read(&self, now: Moment) -> Moment {
        self.schedule.next(now)
    }

    /// A page came, whatever for.
    pub(super) fn note_page(&mut self) {
        self.schedule.note_page();
    }

    /// When a list may be read for something else than doubts; it counts from now on.
    pub(super) fn reserve_read(&mut self, now: Moment) -> Moment {
        let moment = self.schedule.next(now);
        self.schedule.note_read(moment);
        moment
    }

    /// A list was asked for at `read`: later than it was due, where the tenant's ration was used up.
    pub(super) fn note_read(&mut self, read: Moment) {
        self.schedule.note_read(read);
    }

    /// Takes in the page that was asked for last; the doubts that it settles.
    pub(super) fn take_page(&mut self, page: JobPage, clocks: &Clocks, now: Moment) -> Vec<(OpenDoubt, Settlement)> {
        self.schedule.note_page();
        let knowledge = Knowledge { run: self.run, settle: self.settle, jobs: &self.known, clocks };
        let report = self.settler.page(page, knowledge, now);
        self.take_report(report)
    }

    /// The page that was asked for last could not be read; the doubts that are given up by that.
    pub(super) fn take_failure(
        &mut self,
        why: &str,
        failure: ReadFailure,
        now: Moment,
    ) -> Vec<(OpenDoubt, Settlement)> {
        let report = self.settler.failed(why, failure, self.settle, now);
        self.take_report(report)
    }

    /// No list is read for `span`. Where that is longer than a run waits, or goes on and on, and `is_needed`, lists are given
    /// up; whether they are by that.
    pub(super) fn pause(&mut self, span: Duration, is_needed: bool, now: Moment) -> bool {
        let gives_up = self.schedule.pause(span, now) && is_needed;
        self.is_given_up |= gives_up;
        gives_up
    }

    /// The doubts that wait: those to be settled, or those to be counted once more.
    pub(super) fn outlook(&self, recounts: bool, now: Moment) -> Option<AwaitedLaunches> {
        self.settler.outlook(recounts, self.next_look(now), self.settle)
    }

    fn take_report(&mut self, report: ScanReport) -> Vec<(OpenDoubt, Settlement)> {
        self.recalls.extend(report.contradicted.difference(&self.recalled));
        self.uncounted.extend(report.uncounted);
        report.found
    }
}
