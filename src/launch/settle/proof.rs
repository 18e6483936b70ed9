//! What an absence needs: a table of reasons, each of which once let a list fake one.
//!
//! That nothing carries a Reference means something only if the list would show it. So the list must show every robot job
//! of this run that it should hold, each with the Reference that it was started with; it must begin before whatever is
//! looked for can have been stamped; and it must be seen to keep References of that form. In: a whole scan, and what
//! this run knows. Out: whether it proves an absence, or why not. Never: counts anything found.
//! Source: `docs/exactly-once.md`, step 7.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use super::doubt::{Knowledge, OpenDoubt};
use crate::clock::{Timestamp, later};
use crate::ids::{FolderRef, JobId, Reference, ReferenceShape};
use crate::job_list::scan::complete::CompleteScan;
use crate::launch::clocks::Basis;
use crate::launch::known_jobs::{FolderJobs, KnownJob};
use crate::orchestrator::ListedJob;

/// Maximum time by which a window may be opened later than it should by what the scan itself taught: far less than its
/// margin.
pub(super) const TOLERANCE: Duration = Duration::from_secs(60);

/// Why a scan proves no absence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ProofGap {
    /// It does not show a robot job of this run that it should hold.
    Missing(JobId),
    /// It shows a robot job with another Reference than it was started with.
    Changed(JobId),
    /// It may have been opened too late, by whatever clock the server stamps robot jobs.
    Window,
    /// Nothing tells by which clock the server stamps robot jobs.
    Clock,
    /// No Reference of this form was seen in the folder.
    Control,
    /// Robot jobs that may be it, but for their References.
    Candidates(Vec<JobId>),
}

impl fmt::Display for ProofGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(job) => write!(
                f,
                "the job list does not show robot job {}, which this run started, so a missing job proves nothing",
                job.0
            ),
            Self::Changed(job) => write!(
                f,
                "the job list shows robot job {} with another Reference than it was started with, so a missing \
                 Reference proves nothing",
                job.0
            ),
            Self::Window => f.write_str("the job list could not be read from far enough back"),
            Self::Clock => f.write_str(
                "the server does not tell its time, and no other robot job of this run shows by which clock it stamps \
                 them, so a missing job proves nothing",
            ),
            Self::Control => f.write_str(
                "sortie has no other job with such a Reference in this folder's list to compare with, so a missing job \
                 proves nothing",
            ),
            Self::Candidates(jobs) => {
                let shown: Vec<String> = jobs.iter().take(5).map(|job| job.0.to_string()).collect();
                let more = jobs.len().saturating_sub(shown.len());
                let more = if more == 0 { String::new() } else { format!(" and {more} more") };
                write!(
                    f,
                    "the server shows no whole Reference for robot jobs {}{more} of that time, and they may be it",
                    shown.join(", ")
                )
            }
        }
    }
}

/// What a whole scan shows of the robot jobs that this run knows.
#[derive(Debug, Default)]
pub(super) struct ScanFacts {
    /// One that it should hold and does not.
    pub(super) missing: Option<JobId>,
    /// One that it shows with another Reference.
    pub(super) changed: Option<JobId>,
    /// Whether it shows one without any Reference.
    pub(super) is_without_reference: bool,
}

impl ScanFacts {
    /// Holds `scan` against `jobs`, those of its folder. One that became known less than a settle time before may not be
    /// listed yet.
    pub(super) fn of(scan: &CompleteScan, jobs: Option<&FolderJobs>, knowledge: Knowledge<'_>) -> Self {
        let mut facts = Self::default();
        for (id, known) in jobs.into_iter().flat_map(FolderJobs::iter) {
            if scan.holds(id) {
                match scan.reference_of(id) {
                    None => facts.is_without_reference = true,
                    shown if known.is_intact(shown) => {}
                    Some(_) => facts.changed = Some(id),
                }
                continue;
            }
            let is_due = known.since().is_none_or(|since| scan.began.since(since) >= knowledge.settle);
            if is_due && known.created().is_some_and(|created| created >= scan.opened) {
                facts.missing = Some(id);
            }
        }
        facts
    }
}

/// When a window must open that is to prove the absence of `doubt`, by what is known now.
pub(super) fn opening(doubt: &OpenDoubt, folder: &FolderRef, knowledge: Knowledge<'_>) -> Timestamp {
    let estimate = knowledge.clocks.created(doubt.sent);
    let jobs = knowledge.jobs.of(folder);
    let opening = match jobs.and_then(|jobs| first_settled(doubt, jobs, knowledge)) {
        Some((_, job)) if job.created().is_some() => estimate.opening(),
        // Nothing shows that no clock was set before it was carried out.
        Some(_) | None => estimate.wide_opening(),
    };
    let before = jobs.and_then(|jobs| jobs.last_before(doubt.sent)).and_then(|(_, job)| job.created());
    before.map_or(opening, |before| before.min(opening))
}

/// The robot job that was sent first once `doubt` can no longer be carried out: a clock that was set before that shows in
/// its `CreationTime`.
fn first_settled<'k>(
    doubt: &OpenDoubt,
    jobs: &'k FolderJobs,
    knowledge: Knowledge<'_>,
) -> Option<(JobId, &'k KnownJob)> {
    jobs.first_after(doubt.sent.era, later(doubt.last_utc, knowledge.settle))
}

/// Why `scan`, which shows nothing of `doubt`, does not prove its absence; `None` if it does.
///
/// `shape` is what was seen of References in the folder; `keeps` whether its server keeps any.
pub(super) fn gap(
    scan: &CompleteScan,
    doubt: &OpenDoubt,
    folder: &FolderRef,
    knowledge: Knowledge<'_>,
    (facts, shape, keeps): (&ScanFacts, &ReferenceShape, bool),
) -> Option<ProofGap> {
    if let Some(job) = facts.changed {
        return Some(ProofGap::Changed(job));
    }
    if let Some(job) = facts.missing {
        return Some(ProofGap::Missing(job));
    }
    // Those that were sent just before and just after it stand around it in any list that holds it.
    if let Some(jobs) = knowledge.jobs.of(folder) {
        let after = jobs.first_after(doubt.sent.era, doubt.last_utc);
        let around = [jobs.last_before(doubt.sent), after, first_settled(doubt, jobs, knowledge)];
        if let Some((job, _)) = around.into_iter().flatten().find(|(job, _)| !scan.holds(*job)) {
            return Some(ProofGap::Missing(job));
        }
    }
    if knowledge.clocks.created(doubt.sent).basis == Basis::OurClock {
        return Some(ProofGap::Clock);
    }
    if scan.opened > later(opening(doubt, folder, knowledge), TOLERANCE) {
        return Some(ProofGap::Window);
    }
    if keeps && !shape.covers(&doubt.reference) {
        return Some(ProofGap::Control);
    }
    let candidates: Vec<JobId> = scan
        .nameless()
        .iter()
        .filter(|listed| may_be(listed, doubt, knowledge, keeps))
        .map(|listed| listed.job.id)
        .collect();
    (!candidates.is_empty()).then_some(ProofGap::Candidates(candidates))
}

/// Whether a robot job whose Reference names no launch may be of `doubt`: by its answer, by a part of its Reference, or by
/// its release and time.
fn may_be(listed: &ListedJob, doubt: &OpenDoubt, knowledge: Knowledge<'_>, keeps: bool) -> bool {
    if doubt.named.contains(&listed.job.id) {
        return true;
    }
    let text = listed.reference.as_deref().map(folded).filter(|text| !text.is_empty());
    if text.as_ref().is_some_and(|text| folded(doubt.reference.as_str()).starts_with(text)) {
        return true;
    }
    let ours = knowledge.jobs.name_of(doubt.release);
    let theirs = listed.job.release_name.as_deref();
    if ours.zip(theirs).is_some_and(|(ours, theirs)| ours != theirs) {
        return false;
    }
    if !keeps && text.is_none() {
        return true;
    }
    // The server keeps References: only one that is surely of the release, and of that time, is suspect.
    let (earliest, latest) = knowledge.clocks.created_between(doubt.sent, doubt.last_utc, knowledge.settle);
    let created = listed.job.created();
    ours.is_some() && theirs.is_some() && created.is_some_and(|created| earliest <= created && created <= latest)
}

/// What is left of a text by a server that folds letter case and blanks.
pub(super) fn folded(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// References of open doubts, folded: a robot job with the beginning of one may be its own.
pub(super) fn has_beginning(folded_references: &BTreeSet<String>, reference: &str) -> bool {
    let text = folded(reference);
    !text.is_empty() && folded_references.range(text.clone()..).next().is_some_and(|first| first.starts_with(&text))
}

/// `reference` as [`has_beginning`] looks for it.
pub(super) fn entry(reference: &Reference) -> String {
    folded(reference.as_str())
}
