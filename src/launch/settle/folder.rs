//! The doubts of one folder: when its list is read, and what of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use self::census::Census;
use self::interest::FolderInterest;
use self::reference_query::ReferenceQuery;
use super::proof;
use super::scan::{Scan, ScanSize, ScanStep};
use super::{DoubtPurpose, Knowledge, OpenDoubt, ReadFailure, Settlement};
use crate::clock::{Moment, Timestamp};
use crate::ids::{FolderRef, JobId, Ordinal, ReferenceMark, ReferenceShape};
use crate::launch::clocks::earlier;
use crate::launch::known_jobs::KnownJobs;
use crate::orchestrator::{JobPage, JobWindow, ListedJob};

mod census;
mod conclusion;
mod interest;
mod outlook;
mod reference_query;

/// Maximum time after the settle time until a doubt that cannot be told is given up; four settle times if that is less.
const MAX_PATIENCE: Duration = Duration::from_secs(300);
/// Maximum age of an intent that may be called absent: lists are purged.
const MAX_AGE: Duration = Duration::from_secs(24 * 3600);
/// Minimum scans in a row that show our own robot jobs without Reference before the server is taken to keep none.
const MIN_SCANS_WITHOUT_REFERENCE: u32 = 2;
/// How long before the window older ones begin, which are read if it shows no robot job of sortie's.
const OLDER: [Duration; 2] = [Duration::from_secs(24 * 3600), Duration::from_secs(7 * 24 * 3600)];
/// Maximum pages read of each older window.
const MAX_OLDER_PAGES: u32 = 3;
/// Minimum scans in a row without a control, where earlier ones had it, before older windows are read.
const MIN_SCANS_WITHOUT_CONTROL: u32 = 3;
/// Minimum time between two scans of a folder; less where an absence is confirmed sooner.
const MIN_GAP: Duration = Duration::from_secs(2);
/// A page that could not be read is asked for again after this, and then later and later.
const INITIAL_RETRY: Duration = Duration::from_millis(500);
/// Maximum time until a page is asked for again.
const MAX_RETRY: Duration = Duration::from_secs(5);
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
    /// How many reads in a row failed.
    failures: u32,
    /// How many scans in a row showed our own robot jobs without Reference, and none with it.
    scans_without_reference: u32,
}

/// What a page, or the scan that it ends, tells.
#[derive(Default)]
pub(in crate::launch) struct ScanReport {
    /// Of doubts that can be told now.
    pub(in crate::launch) found: Vec<(OpenDoubt, Settlement)>,
    /// Launches that are over by what is recorded, and of which the list shows something else: other robot jobs, or theirs
    /// as another launch's.
    pub(in crate::launch) contradicted: BTreeSet<Ordinal>,
    /// Of a folder whose robot jobs were to be counted, and could not be: why.
    pub(in crate::launch) uncounted: Option<(FolderRef, String)>,
}

impl ScanReport {
    pub(super) fn of(found: Vec<(OpenDoubt, Settlement)>) -> Self {
        Self { found, ..Self::default() }
    }
}

/// Whether robot jobs of sortie's were seen with their References intact, of each form that is in doubt.
///
/// A scan that shows them itself needs no older window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum PositiveControl {
    /// Nothing depended on it yet.
    #[default]
    Unasked,
    /// The doubts' window shows none, so older ones are read: the number of the window, and how many of its pages were read.
    Searching { window: usize, pages: u32 },
    /// All that can be read was read.
    Searched,
}

struct TrackedDoubt {
    doubt: OpenDoubt,
    /// How many whole scans looked for it.
    looks: u32,
    /// When a first scan showed it absent after its settle time.
    absent: Option<Moment>,
    /// When it should be looked for next.
    due: Moment,
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
        self.doubts.insert(doubt.ordinal, TrackedDoubt { doubt, looks: 0, absent: None, due });
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
        match scan.take(page, now, &interest) {
            ScanStep::Contradicted(scan) => {
                self.scan = scan;
                return self.failed(folder, "its pages contradict each other", ReadFailure::Transient, settle, now);
            }
            ScanStep::Incomplete(seen, why) => {
                let mut told = self.matched(&seen, knowledge);
                if matches!(self.control, PositiveControl::Searching { .. }) {
                    self.seek(ScanStep::Incomplete(seen, why));
                }
                let failed = self.failed(folder, why, ReadFailure::Refused, settle, now);
                told.found.extend(failed.found);
                return ScanReport { uncounted: failed.uncounted, ..told };
            }
            step if matches!(self.control, PositiveControl::Searching { .. }) => {
                let told = match &step {
                    ScanStep::Complete(complete) => self.matched(complete, knowledge),
                    ScanStep::Unfinished(scan) => self.matched(scan.seen(), knowledge),
                    ScanStep::Contradicted(_) | ScanStep::Incomplete(..) => ScanReport::default(),
                };
                self.seek(step);
                self.failures = 0;
                return told;
            }
            ScanStep::Complete(complete) => {
                self.not_before = now.after(MIN_GAP.min(confirmation(settle)));
                self.failures = 0;
                let told = self.conclude(folder, &complete, knowledge, now);
                self.size = Some(complete.into_size());
                return told;
            }
            ScanStep::Unfinished(scan) => self.scan = Some(scan),
        }
        self.failures = 0;
        ScanReport::default()
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
        self.failures += 1;
        let retry = INITIAL_RETRY.saturating_mul(1 << (self.failures - 1).min(10)).min(MAX_RETRY);
        self.not_before = now.after(retry);
        let given_up = |since: Moment| {
            let waited = now.since(since) > settle + patience(settle);
            match failure {
                ReadFailure::Transient => self.failures >= MAX_FAILURES && waited,
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
        if self.scan.is_some() || (matches!(self.control, PositiveControl::Searching { .. }) && !self.doubts.is_empty())
        {
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
        let before = match self.control {
            PositiveControl::Searching { window, .. } => OLDER[window],
            PositiveControl::Unasked | PositiveControl::Searched => Duration::ZERO,
        };
        Some(Scan::begin(earlier(first, before), now))
    }

    /// Goes on with looking for a control in older windows.
    fn seek(&mut self, step: ScanStep) {
        let PositiveControl::Searching { window, pages } = self.control else { return };
        let next_window = if window + 1 < OLDER.len() {
            PositiveControl::Searching { window: window + 1, pages: 0 }
        } else {
            PositiveControl::Searched
        };
        match step {
            ScanStep::Complete(complete) => {
                self.shape.add(complete.shape);
                self.control = next_window;
            }
            ScanStep::Unfinished(scan) => {
                self.shape.add(scan.seen().shape);
                self.control = if pages + 1 < MAX_OLDER_PAGES {
                    self.scan = Some(scan);
                    PositiveControl::Searching { window, pages: pages + 1 }
                } else {
                    next_window
                };
            }
            ScanStep::Contradicted(_) | ScanStep::Incomplete(..) => self.control = next_window,
        }
        let is_covered = |tracked: &TrackedDoubt| self.shape.covers(&tracked.doubt.reference);
        if self.doubts.values().all(is_covered) {
            self.scan = None;
            self.control = PositiveControl::Searched;
        }
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

/// When the settle time of `doubt` is over for certain: the server tells its time in whole seconds.
fn over(doubt: &OpenDoubt, settle: Duration) -> Moment {
    doubt.last.after(settle + Duration::from_secs(2))
}

/// How long a doubt that cannot be told is looked into.
pub(in crate::launch) fn longest_doubt(settle: Duration) -> Duration {
    settle + patience(settle)
}

/// How long a doubt that cannot be told is looked into after its settle time.
fn patience(settle: Duration) -> Duration {
    MAX_PATIENCE.min(settle * 4)
}

/// How long after the first absence the second must be shown.
fn confirmation(settle: Duration) -> Duration {
    (settle / 4).min(Duration::from_secs(10))
}
