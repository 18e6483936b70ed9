//! What is unfinished, counted: one pass over all records, at most once for each look.
//!
//! In: records, and how long releases usually take. Out: counts and picks that decide what is asked next. No I/O.

use std::collections::BTreeMap;
use std::time::Duration;

use super::phase::Phase;
use super::spans::Spans;
use super::terms::WatchTerms;
use super::tracked::{JobTable, Mark, Tick, Tracked};
use crate::clock::Timestamp;
use crate::ids::JobId;

/// Robot jobs are overdue from this part of their release's usual life on.
const OVERDUE: f64 = 1.25;
/// How many overdue ones are picked.
const MAX_OVERDUE: usize = 3;
/// How many that have been pending for long are picked.
pub(super) const MAX_PENDING: usize = 50;

/// What is unfinished.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) unfinished: usize,
    /// By the table's numbers, those that have any.
    pub(super) releases: BTreeMap<u16, ReleaseStat>,
    pub(super) folders: BTreeMap<u16, FolderStat>,
    /// The ones that are overdue and were not seen for longest, the longest first.
    pub(super) overdue: Vec<JobId>,
    /// Some that were pending when they were last seen, and would be told of by now.
    pub(super) pending: Vec<JobId>,
}

/// The unfinished robot jobs of a release.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReleaseStat {
    pub(super) unfinished: usize,
    /// The age of the oldest, and which it is.
    pub(super) oldest: Duration,
    pub(super) oldest_job: JobId,
    pub(super) youngest: Duration,
}

/// The unfinished robot jobs of a folder.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FolderStat {
    pub(super) unfinished: usize,
    /// The earliest `CreationTime` that is known.
    pub(super) earliest: Option<Timestamp>,
    /// How many have none.
    pub(super) undated: usize,
}

impl Survey {
    pub(super) fn of(table: &JobTable, spans: &Spans, terms: &[WatchTerms], now: Tick) -> Self {
        let mut survey = Self::default();
        let mut overdue: Vec<(Tick, JobId)> = Vec::new();
        for job in table.iter_unfinished() {
            survey.unfinished += 1;
            let age = now.since(job.launched);
            survey.add_release(job, age);
            let folder = survey.folders.entry(job.folder).or_default();
            folder.unfinished += 1;
            match table.created(job) {
                Some(created) => {
                    folder.earliest = Some(folder.earliest.map_or(created, |earliest| earliest.min(created)));
                }
                None => folder.undated += 1,
            }
            if spans.usual(job.release).is_some_and(|usual| age > usual.mul_f64(OVERDUE)) {
                overdue.push((job.seen, job.id));
                if overdue.len() > 4 * MAX_OVERDUE {
                    shorten(&mut overdue);
                }
            }
            if survey.pending.len() < MAX_PENDING && is_long_pending(job, age, terms) {
                survey.pending.push(job.id);
            }
        }
        shorten(&mut overdue);
        survey.overdue = overdue.into_iter().map(|(_, job)| job).collect();
        survey
    }

    fn add_release(&mut self, job: &Tracked, age: Duration) {
        let fresh = ReleaseStat { unfinished: 0, oldest: age, oldest_job: job.id, youngest: age };
        let release = self.releases.entry(job.release).or_insert(fresh);
        release.unfinished += 1;
        release.youngest = release.youngest.min(age);
        if age > release.oldest {
            (release.oldest, release.oldest_job) = (age, job.id);
        }
    }

    /// The age of the oldest of all.
    pub(super) fn oldest(&self) -> Duration {
        self.releases.values().map(|release| release.oldest).max().unwrap_or_default()
    }
}

fn shorten(overdue: &mut Vec<(Tick, JobId)>) {
    overdue.sort_unstable();
    overdue.truncate(MAX_OVERDUE);
}

/// Whether `job` is to be told of, were it still pending.
fn is_long_pending(job: &Tracked, age: Duration, terms: &[WatchTerms]) -> bool {
    let pending = terms.get(usize::from(job.terms)).and_then(|terms| terms.pending);
    // One that was not looked at yet most likely is.
    let may_be = matches!(job.phase, Phase::Pending | Phase::Unknown) && !job.has(Mark::LongPending);
    pending.is_some_and(|pending| may_be && age >= pending.after)
}
