//! Robot jobs that nobody asked about: each list that is read is counted, and one is read for it where that is asked for.
//!
//! A gateway that sends a request twice makes two robot jobs under one Reference, and hands on one answer: the launch is
//! started by all that was heard. Only the list shows both. In: scans, and what this run knows. Out: the launches of
//! which the list shows something else. Source: `docs/exactly-once.md`, step 8.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{FolderSettler, confirmation, patience};
use crate::clock::{Moment, Timestamp};
use crate::ids::Ordinal;
use crate::launch::later;
use crate::launch::settle::proof::{ProofGap, ScanFacts, TOLERANCE};
use crate::launch::settle::scan::CompleteScan;
use crate::launch::settle::{Knowledge, OpenDoubt, Settlement};
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

impl FolderSettler {
    /// Counts all robot jobs of the run that were created at `from` or later, in a list that is read at `due` or later.
    pub(in crate::launch::settle) fn count(&mut self, from: Timestamp, due: Moment, now: Moment) {
        self.census = Some(Census { from, begun: now, due });
    }

    /// The launches without a doubt of which the list shows something else than is known.
    pub(super) fn contradicted(&self, seen: &CompleteScan, knowledge: Knowledge<'_>) -> BTreeSet<Ordinal> {
        let mut contradicted = BTreeSet::new();
        for (fingerprint, listed) in seen.jobs() {
            let launch = knowledge.jobs.launch_of(fingerprint);
            for listed in listed {
                let owner = knowledge.jobs.owner(listed.job.id);
                contradicted.extend(launch.filter(|launch| owner != Some(*launch)));
                contradicted.extend(owner.filter(|owner| launch != Some(*owner)));
            }
        }
        contradicted.retain(|ordinal| !self.doubts.contains_key(ordinal));
        contradicted
    }

    /// Ends the count where `scan` shows all robot jobs of the run; why it cannot be ended, once it was waited for.
    pub(super) fn counted(
        &mut self,
        scan: &CompleteScan,
        facts: &ScanFacts,
        proves: bool,
        settle: Duration,
        now: Moment,
    ) -> Option<String> {
        let census = self.census.as_mut().filter(|census| census.due <= scan.began)?;
        let gap = match facts.missing {
            Some(job) => Some(ProofGap::Missing(job)),
            None if !proves => Some(ProofGap::Control),
            None if scan.opened > census.from => Some(ProofGap::Window),
            None => None,
        };
        if let Some(gap) = gap {
            census.due = now.after(confirmation(settle));
            let waited = now.since(census.begun) > settle + patience(settle);
            return if waited { self.census.take().map(|_| gap.to_string()) } else { None };
        }
        self.census = None;
        None
    }
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
