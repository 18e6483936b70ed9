//! Counting: the folder's launches that are over are held against what its list shows.

use std::collections::BTreeSet;
use std::time::Duration;

use super::FolderSettler;
use super::census::Census;
use crate::clock::{Moment, Timestamp};
use crate::ids::Ordinal;
use crate::job_list::scan::complete::CompleteScan;
use crate::launch::settle::doubt::Knowledge;
use crate::launch::settle::proof::{ProofGap, ScanFacts};
use crate::launch::settle::times::{confirmation, patience};

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
