//! What a scan has seen of a folder's list, and how large that was.

use std::collections::{BTreeMap, HashMap};

use super::interest::Interest;
use crate::clock::{Moment, Timestamp};
use crate::ids::{JobId, ReferenceMark, ReferenceShape, RunId};
use crate::job_list::filter::ReferenceSample;
use crate::job_list::text_hash::TextHash;
use crate::orchestrator::ListedJob;

/// A scan that reached the list's end.
pub(crate) struct CompleteScan {
    /// When its first window was asked for.
    pub(crate) began: Moment,
    /// The `CreationTime` from which on it was read.
    pub(crate) opened: Timestamp,
    /// The server's time when it was asked first, at the earliest, if it said so.
    pub(crate) server_time: Option<Timestamp>,
    /// Whether a robot job of sortie's carries its Reference here.
    pub(crate) has_positive_control: bool,
    /// What was seen of References that came back as sortie sends them.
    pub(crate) shape: ReferenceShape,
    /// The Reference of each robot job seen; `None` if it has none.
    pub(super) reference_by_job: HashMap<JobId, Option<TextHash>>,
    /// Robot jobs that may be a launch's although nothing says so.
    nameless: Vec<ListedJob>,
    /// Robot jobs of the launches that were asked for.
    jobs_by_mark: BTreeMap<(u128, u64), Vec<ListedJob>>,
    pub(super) size: ScanSize,
}

/// How large a window is.
pub(crate) struct ScanSize {
    /// How many pages it took.
    pub(crate) pages: u32,
    /// The length of the longest of them: the server does not cut shorter ones.
    pub(crate) longest: u32,
    /// A robot job of sortie's that it holds.
    pub(crate) sample: Option<ReferenceSample>,
}

impl CompleteScan {
    /// Nothing yet, of a window that opens at `from` and is asked for at `now`.
    pub(super) fn begin(from: Timestamp, now: Moment) -> Self {
        Self {
            began: now,
            opened: from,
            server_time: None,
            has_positive_control: false,
            shape: ReferenceShape::default(),
            reference_by_job: HashMap::new(),
            nameless: Vec::new(),
            jobs_by_mark: BTreeMap::new(),
            size: ScanSize { pages: 0, longest: 1, sample: None },
        }
    }

    pub(super) fn keep(&mut self, listed: ListedJob, interest: &impl Interest) {
        let id = listed.job.id;
        let text = text(&listed);
        if let Some((text, shape)) = text.and_then(|text| Some((text, ReferenceShape::of(text)?))) {
            self.has_positive_control = true;
            self.shape.add(shape);
            ReferenceSample::take(&mut self.size.sample, text, id);
        }
        match text.and_then(ReferenceMark::find) {
            Some(mark) if interest.wants(mark, id) => {
                self.jobs_by_mark.entry(key(mark)).or_default().push(listed);
            }
            None if interest.may_be_changed(&listed) => self.nameless.push(listed),
            Some(_) | None => {}
        }
    }

    /// All that were kept of launches, by launch.
    pub(crate) fn into_jobs(self) -> impl Iterator<Item = (ReferenceMark, Vec<ListedJob>)> {
        self.jobs_by_mark.into_iter().map(|((run, fingerprint), jobs)| {
            let run = RunId::from_bytes(run.to_be_bytes());
            (ReferenceMark { run, fingerprint }, jobs)
        })
    }

    /// How large the window was.
    pub(crate) fn into_size(self) -> ScanSize {
        self.size
    }

    /// The robot jobs of the launch that `mark` names, in the list's order.
    pub(crate) fn jobs_of(&self, mark: ReferenceMark) -> &[ListedJob] {
        self.jobs_by_mark.get(&key(mark)).map_or(&[], Vec::as_slice)
    }

    /// All that were kept of launches, by launch.
    pub(crate) fn jobs(&self) -> impl Iterator<Item = (u64, &[ListedJob])> {
        self.jobs_by_mark.iter().map(|((_, fingerprint), jobs)| (*fingerprint, jobs.as_slice()))
    }

    /// Robot jobs that may be a launch's although nothing says so: without a Reference, or with a part of one.
    pub(crate) fn nameless(&self) -> &[ListedJob] {
        &self.nameless
    }

    /// Whether `job` stands in the list.
    pub(crate) fn holds(&self, job: JobId) -> bool {
        self.reference_by_job.contains_key(&job)
    }

    /// What the list shows as the Reference of `job`; `None` if it shows none, or no such robot job.
    pub(crate) fn reference_of(&self, job: JobId) -> Option<TextHash> {
        self.reference_by_job.get(&job).copied().flatten()
    }
}

fn key(mark: ReferenceMark) -> (u128, u64) {
    (u128::from_be_bytes(*mark.run.as_bytes()), mark.fingerprint)
}

/// What a list shows as a robot job's Reference; `None` if nothing.
fn text(listed: &ListedJob) -> Option<&str> {
    listed.reference.as_deref().filter(|text| !text.trim().is_empty())
}

pub(super) fn hash(listed: &ListedJob) -> Option<TextHash> {
    text(listed).map(TextHash::of)
}
