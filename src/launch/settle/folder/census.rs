//! Robot jobs that nobody asked about: each list that is read is counted, and one is read for it where that is asked for.
//!
//! A gateway that sends a request twice makes two robot jobs under one Reference, and hands on one answer: the launch is
//! started by all that was heard. Only the list shows both. In: scans, and what this run knows. Out: the launches of
//! which the list shows something else. Source: `docs/exactly-once.md`, step 8.

use crate::clock::{Moment, Timestamp, later};
use crate::job_list::scan::complete::CompleteScan;
use crate::launch::settle::doubt::{Knowledge, OpenDoubt, Settlement};
use crate::launch::settle::proof::{ScanFacts, TOLERANCE};
use crate::robot_job::RobotJob;

/// A count of all robot jobs of this run in a folder.
pub(super) struct Census {
    /// The earliest `CreationTime` of any of them.
    pub(super) from: Timestamp,
    /// When it was asked for.
    pub(super) begun: Moment,
    /// Not before; a list that is read earlier may not show them all.
    pub(super) due: Moment,
}

/// What a whole scan tells of a launch of which `known` robot jobs are recorded, and `jobs` are in the list.
pub(super) fn recount(
    scan: &CompleteScan,
    known: &[RobotJob],
    jobs: Vec<RobotJob>,
    doubt: &OpenDoubt,
    knowledge: Knowledge<'_>,
    facts: &ScanFacts,
    waited: bool,
) -> Option<Settlement> {
    // Robot jobs that the list shows as another launch's were never this one's.
    let own = |job: &&RobotJob| knowledge.jobs.owner(job.id) == Some(doubt.ordinal) && !is_anothers(scan, job, doubt);
    let known: Vec<RobotJob> = known.iter().filter(own).cloned().collect();
    let opened = knowledge.clocks.created(doubt.sent).opening();
    let is_safe = scan.opened <= later(opened, TOLERANCE) && facts.missing.is_none();
    // A list that does not show what is known to exist does not show everything.
    let is_told = (jobs.len() >= known.len() && is_safe) || facts.is_without_reference || waited;
    is_told.then_some(Settlement::Counted(if jobs.len() > known.len() { jobs } else { known }))
}

/// Whether the list shows `job` with the Reference of another launch than `doubt`'s.
fn is_anothers(scan: &CompleteScan, job: &RobotJob, doubt: &OpenDoubt) -> bool {
    scan.jobs().any(|(fingerprint, listed)| {
        fingerprint != doubt.mark.fingerprint && listed.iter().any(|listed| listed.job.id == job.id)
    })
}
