//! The doubts of one folder: when its list is read, and what of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use self::census::Census;
use self::control::PositiveControl;
use self::growth::{Growth, ListGrowth};
use self::interest::FolderInterest;
use self::query::ReferenceQuery;
use self::tracked::TrackedDoubt;
use super::doubt::{DoubtPurpose, Knowledge, OpenDoubt, ReadFailure};
use super::proof;
use super::report::ScanReport;
use super::times::{confirmation, over, patience};
use crate::clock::{Moment, Timestamp, earlier};
use crate::ids::{FolderRef, JobId, Ordinal, ReferenceMark, ReferenceShape};
use crate::job_list::backoff::ReadBackoff;
use crate::job_list::scan::complete::ScanSize;
use crate::job_list::scan::{Scan, ScanStep};
use crate::launch::known_jobs::KnownJobs;
use crate::orchestrator::{JobPage, JobWindow, ListedJob};

mod by_reference;
mod census;
mod conclusion;
mod control;
mod count;
mod growing;
mod growth;
mod interest;
mod outlook;
mod query;
mod seek;
mod tracked;

/// Minimum time between two scans of a folder; less where an absence is confirmed sooner.
const MIN_GAP: Duration = Duration::from_secs(2);
/// Maximum time until a page is asked for again.
const MAX_BACKOFF: Duration = Duration::from_secs(5);
/// Maximum failures in a row that may pass before a doubt that waited long enough is given up.
const MAX_FAILURES: u32 = 8;

/// The doubts of one folder.
#[derive(Default)]
pub(super) struct FolderSettler {
    doubts: BTreeMap<Ordinal, TrackedDoubt>,
    ordinal_by_mark: HashMap<ReferenceMark, Ordinal>,
    /// The References of the doubts, as a server may have folded them.
    folded_references: BTreeSet<String>,
    /// The robot jobs that answers named which may not have been the doubts' own.
    named: BTreeSet<JobId>,
    /// The count of all robot jobs of the run, if it was asked for and is not done.
    census: Option<Census>,
    scan: Option<Scan>,
    /// What was started while it is under way.
    growth: ListGrowth,
    /// How large the last whole window was.
    size: Option<ScanSize>,
    /// What was asked by Reference, and is not answered yet.
    query: Option<ReferenceQuery>,
    /// Whether the scan began without knowing the server's time.
    guessed: bool,
    control: PositiveControl,
    /// Which forms of References the folder's list was seen to keep.
    shape: ReferenceShape,
    /// A robot job that a list showed with another Reference than it was started with.
    changed: Option<JobId>,
    /// How many scans in a row showed no control since one did; `None` if none ever did.
    scans_without_control: Option<u32>,
    not_before: Moment,
    /// How often in a row it could not be read.
    backoff: ReadBackoff,
    /// How many scans in a row showed our own robot jobs without Reference, and none with it.
    scans_without_reference: u32,
}

impl FolderSettler {
    /// Takes in a doubt.
    pub(super) fn add(&mut self, doubt: OpenDoubt, settle: Duration) {
        self.ordinal_by_mark.insert(doubt.mark, doubt.ordinal);
        let due = match doubt.purpose {
            DoubtPurpose::Settle => doubt.last.after(Duration::from_secs(1)),
            // It is counted when nothing more can come.
            DoubtPurpose::Recount(_) => over(&doubt, settle),
        };
        if doubt.purpose == DoubtPurpose::Settle {
            self.folded_references.insert(proof::entry(&doubt.reference));
            self.named.extend(&doubt.named);
        }
        self.doubts.insert(doubt.ordinal, TrackedDoubt::new(doubt, due));
    }

    /// A robot job was shown with its Reference in another form than was sent.
    pub(super) fn note_changed(&mut self, job: JobId) {
        self.changed = Some(job);
    }

    /// Whether the list showed a robot job of sortie's with its Reference.
    pub(super) fn has_positive_control(&self) -> bool {
        self.shape != ReferenceShape::default()
    }

    /// How many doubts are open, and counts.
    pub(super) fn open(&self) -> usize {
        self.doubts.len() + usize::from(self.census.is_some())
    }

    /// The next window to read: of the scan under way, else of a new one.
    pub(super) fn window(&mut self, folder: FolderRef, knowledge: Knowledge<'_>, now: Moment) -> Option<JobWindow> {
        let scan = match self.scan.take() {
            Some(scan) => scan,
            None => self.begin(&folder, knowledge, now)?,
        };
        let window = scan.window(folder);
        self.scan = Some(scan);
        Some(window)
    }

    /// Takes in a page of the scan under way; returns what it tells.
    pub(super) fn page(
        &mut self,
        folder: &FolderRef,
        page: JobPage,
        knowledge: Knowledge<'_>,
        now: Moment,
    ) -> ScanReport {
        let settle = knowledge.settle;
        let scan = self.scan.take().expect("a folder that is read has its scan");
        if self.guessed && page.server_time.is_some() {
            // Only now do we learn how late it is there: the window may have begun too late.
            return ScanReport::default();
        }
        if self.loses_references(&page, &scan, knowledge.jobs) {
            self.scan = Some(scan);
            return self.failed(folder, "it lost References that it had shown", ReadFailure::Transient, settle, now);
        }
        let interest = FolderInterest {
            ordinal_by_mark: &self.ordinal_by_mark,
            folded_references: &self.folded_references,
            named: &self.named,
            run: knowledge.run,
            jobs: knowledge.jobs,
        };
        let is_full = page.asked > 0 && page.jobs.len() >= page.asked;
        let growth = self.growth(folder, &page, scan.seen().began, knowledge);
        let step = match scan.take(page, now, &interest) {
            // All that was there when it began has come by: the rest is younger. Only with a page that shows the list's end as of
            // now: what a host stamps whose clock is ahead, and none of whose answers came, stands behind the rest.
            ScanStep::Unfinished(scan) if growth == Growth::Behind && !is_full && !self.control.is_searching() => {
                ScanStep::Complete(scan.into_seen())
            }
            step @ (ScanStep::Complete(_)
            | ScanStep::Unfinished(_)
            | ScanStep::Contradicted(_)
            | ScanStep::Incomplete(..)) => step,
        };
        match step {
            ScanStep::Contradicted(scan) => {
                self.scan = scan;
                self.failed(folder, "its pages contradict each other", ReadFailure::Transient, settle, now)
            }
            ScanStep::Incomplete(seen, why) => {
                let mut told = self.matched(&seen, knowledge);
                if self.control.is_searching() {
                    self.seek(ScanStep::Incomplete(seen, why));
                }
                let failed = self.failed(folder, why, ReadFailure::Refused, settle, now);
                told.found.extend(failed.found);
                ScanReport { uncounted: failed.uncounted, ..told }
            }
            step if self.control.is_searching() => {
                let told = match &step {
                    ScanStep::Complete(complete) => self.matched(complete, knowledge),
                    ScanStep::Unfinished(scan) => self.matched(scan.seen(), knowledge),
                    ScanStep::Contradicted(_) | ScanStep::Incomplete(..) => ScanReport::default(),
                };
                self.seek(step);
                self.backoff.reset();
                told
            }
            ScanStep::Complete(complete) => {
                self.not_before = now.after(MIN_GAP.min(confirmation(settle)));
                self.backoff.reset();
                let told = self.conclude(folder, &complete, knowledge, now);
                self.size = Some(complete.into_size());
                told
            }
            ScanStep::Unfinished(scan) => {
                self.backoff.reset();
                if growth == Growth::Unseen {
                    self.scan = Some(scan);
                    return ScanReport::default();
                }
                // Whatever is found need not wait for the end.
                let told = self.matched(scan.seen(), knowledge);
                self.scan = (self.open() > 0).then_some(scan);
                self.wait_for_growth(is_full, now);
                told
            }
        }
    }

    /// Whether the page shows a robot job of this run without the Reference that it was started with, although the
    /// server keeps them.
    fn loses_references(&self, page: &JobPage, scan: &Scan, jobs: &KnownJobs) -> bool {
        let keeps = self.has_positive_control() || scan.has_positive_control();
        let without_reference = |listed: &ListedJob| listed.reference.as_ref().is_none_or(String::is_empty);
        keeps && page.jobs.iter().any(|listed| without_reference(listed) && jobs.owner(listed.job.id).is_some())
    }

    /// A page could not be read. It is read again: a scan is whole only with all its pages.
    pub(super) fn failed(
        &mut self,
        folder: &FolderRef,
        why: &str,
        failure: ReadFailure,
        settle: Duration,
        now: Moment,
    ) -> ScanReport {
        self.not_before = now.after(self.backoff.fail(MAX_BACKOFF));
        let given_up = |since: Moment| {
            let waited = now.since(since) > settle + patience(settle);
            match failure {
                ReadFailure::Transient => self.backoff.failures() >= MAX_FAILURES && waited,
                ReadFailure::Refused => waited,
                ReadFailure::Final => true,
            }
        };
        let doubts = self.doubts.iter().filter(|(_, tracked)| given_up(tracked.doubt.last));
        let ordinals: Vec<Ordinal> = doubts.map(|(ordinal, _)| *ordinal).collect();
        let census = self.census.take_if(|census| given_up(census.begun));
        let why = format!("the job list cannot be read: {why}");
        let found = ordinals.into_iter().map(|ordinal| {
            let doubt = self.remove(ordinal);
            let found = doubt.inconclusive(why.clone());
            (doubt, found)
        });
        let found = found.collect();
        if self.open() == 0 {
            self.scan = None;
        }
        ScanReport { found, uncounted: census.map(|_| (folder.clone(), why)), ..ScanReport::default() }
    }

    /// When the folder's list should be read next.
    pub(super) fn due(&self) -> Option<Moment> {
        if self.scan.is_some() || (self.control.is_searching() && !self.doubts.is_empty()) {
            return Some(self.not_before);
        }
        let doubts = self.doubts.values().map(|tracked| tracked.due);
        let due = doubts.chain(self.census.as_ref().map(|census| census.due)).min()?;
        Some(due.max(self.not_before))
    }

    /// A scan from before the first doubtful intent, in the time by which the server stamps robot jobs: by what is known
    /// while only finding something can tell anything, and by what an absence needs once that may be told.
    fn begin(&mut self, folder: &FolderRef, knowledge: Knowledge<'_>, now: Moment) -> Option<Scan> {
        let Knowledge { clocks, settle, .. } = knowledge;
        let mut guessed = false;
        let start = |tracked: &TrackedDoubt| -> Timestamp {
            let doubt = &tracked.doubt;
            let estimate = clocks.created(doubt.sent);
            guessed |= doubt.taken_up.is_none() && !clocks.know_date(doubt.sent);
            match doubt.purpose {
                DoubtPurpose::Settle if now >= doubt.last.after(settle) => proof::opening(doubt, folder, knowledge),
                DoubtPurpose::Settle | DoubtPurpose::Recount(_) => estimate.opening(),
            }
        };
        let doubts = self.doubts.values().map(start).min();
        let census = self.census.as_ref().filter(|census| census.due <= now);
        let first = doubts.into_iter().chain(census.map(|census| census.from)).min()?;
        self.guessed = guessed;
        self.growth = ListGrowth::default();
        Some(Scan::begin(earlier(first, self.control.look_back()), now))
    }

    fn remove(&mut self, ordinal: Ordinal) -> OpenDoubt {
        let tracked = self.doubts.remove(&ordinal).expect("only open doubts are concluded");
        self.ordinal_by_mark.remove(&tracked.doubt.mark);
        self.folded_references.remove(&proof::entry(&tracked.doubt.reference));
        for job in &tracked.doubt.named {
            self.named.remove(job);
        }
        tracked.doubt
    }
}
