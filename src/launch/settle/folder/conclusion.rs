//! What a scan tells of each doubt of its folder.
//!
//! In: a scan, and what this run knows. Out: the doubts that can be told, and the launches of which the list shows
//! something else. Robot jobs are there wherever they turn up; only a complete scan may prove that there is none.
//! Source: `docs/exactly-once.md`, steps 6 and 7.

use super::FolderSettler;
use super::census::recount;
use super::control::PositiveControl;
use super::tracked::is_whole;
use crate::clock::Moment;
use crate::ids::{FolderRef, JobId};
use crate::job_list::scan::complete::CompleteScan;
use crate::launch::settle::doubt::{DoubtPurpose, Knowledge, OpenDoubt, Settlement};
use crate::launch::settle::proof::{self, ProofGap, ScanFacts};
use crate::launch::settle::report::ScanReport;
use crate::launch::settle::times::patience;
use crate::orchestrator::ListedJob;
use crate::robot_job::RobotJob;

/// Minimum scans in a row that show our own robot jobs without Reference before the server is taken to keep none.
const MIN_SCANS_WITHOUT_REFERENCE: u32 = 2;
/// Minimum scans in a row without a control, where earlier ones had it, before older windows are read.
const MIN_SCANS_WITHOUT_CONTROL: u32 = 3;

impl FolderSettler {
    /// What a scan tells by what it holds alone, whether or not it is whole: robot jobs are there wherever they turn up.
    pub(super) fn matched(&mut self, seen: &CompleteScan, knowledge: Knowledge<'_>) -> ScanReport {
        let mut found = Vec::new();
        for (ordinal, tracked) in &self.doubts {
            let jobs = jobs_of(seen, &tracked.doubt, &mut self.changed);
            if tracked.doubt.purpose == DoubtPurpose::Settle && is_whole(&jobs, tracked.doubt.expected) {
                found.push((*ordinal, Settlement::Jobs(jobs)));
            }
        }
        let found = found.into_iter().map(|(ordinal, finding)| (self.remove(ordinal), finding)).collect();
        ScanReport { found, contradicted: self.contradicted(seen, knowledge), uncounted: None }
    }

    pub(super) fn conclude(
        &mut self,
        folder: &FolderRef,
        scan: &CompleteScan,
        knowledge: Knowledge<'_>,
        now: Moment,
    ) -> ScanReport {
        let settle = knowledge.settle;
        let facts = ScanFacts::of(scan, knowledge.jobs.of(folder), knowledge);
        self.changed = self.changed.or(facts.changed);
        self.shape.add(scan.shape);
        self.scans_without_control = match self.scans_without_control {
            _ if scan.has_positive_control => Some(0),
            scans => scans.map(|scans| scans + 1),
        };
        let keeps = self.has_positive_control();
        self.scans_without_reference =
            if facts.is_without_reference && !keeps { self.scans_without_reference + 1 } else { 0 };
        let lacks_reference = self.scans_without_reference >= MIN_SCANS_WITHOUT_REFERENCE;
        // A list that keeps References and now shows a job of ours without its own proves nothing this time.
        let proves = !facts.is_without_reference || lacks_reference;
        // Older windows stand in where this one has no control, but not where it had one a moment ago.
        let lost = self.scans_without_control.is_some_and(|scans| (1..MIN_SCANS_WITHOUT_CONTROL).contains(&scans));
        let mut seeks = false;
        let mut told = Vec::new();
        let contradicted = self.contradicted(scan, knowledge);
        for (ordinal, tracked) in &mut self.doubts {
            // A doubt that came while the scan was under way was not looked for by all of it.
            if tracked.doubt.last > scan.began {
                continue;
            }
            let jobs = jobs_of(scan, &tracked.doubt, &mut self.changed);
            let elapsed = tracked.doubt.elapsed_at(scan);
            let waited = elapsed >= settle + patience(settle);
            let facts = ScanFacts { changed: self.changed, ..facts };
            let finding = match &tracked.doubt.purpose {
                DoubtPurpose::Settle if is_whole(&jobs, tracked.doubt.expected) => Some(Settlement::Jobs(jobs)),
                DoubtPurpose::Recount(known) if jobs.len() > known.len() && elapsed >= settle => {
                    Some(Settlement::Counted(jobs))
                }
                DoubtPurpose::Settle | DoubtPurpose::Recount(_) if elapsed < settle || !proves => None,
                DoubtPurpose::Recount(known) => recount(scan, known, jobs, &tracked.doubt, knowledge, &facts, waited),
                DoubtPurpose::Settle if !jobs.is_empty() => Some(Settlement::Jobs(jobs)),
                DoubtPurpose::Settle => {
                    let evidence = (&facts, &self.shape, !lacks_reference);
                    match proof::gap(scan, &tracked.doubt, folder, knowledge, evidence) {
                        Some(ProofGap::Control) if lost => None,
                        Some(ProofGap::Control) if self.control != PositiveControl::Searched => {
                            seeks = true;
                            None
                        }
                        Some(gap) => waited.then(|| Settlement::Undecided(gap.to_string())),
                        None if lost && !lacks_reference => None,
                        None => tracked.absence(scan, settle),
                    }
                }
            };
            tracked.looked(settle, now);
            told.extend(finding.map(|finding| (*ordinal, finding)));
        }
        if seeks {
            self.control = PositiveControl::Searching { window: 0, pages: 0 };
        }
        let found = told.into_iter().map(|(ordinal, finding)| (self.remove(ordinal), finding)).collect();
        let uncounted = self.counted(scan, &facts, proves, settle, now).map(|why| (folder.clone(), why));
        ScanReport { found, contradicted, uncounted }
    }
}

/// The robot jobs that `seen` shows of `doubt`'s launch. `changed` becomes one whose Reference is not as it was sent.
fn jobs_of(seen: &CompleteScan, doubt: &OpenDoubt, changed: &mut Option<JobId>) -> Vec<RobotJob> {
    let listed = seen.jobs_of(doubt.mark);
    let is_sent = |listed: &&ListedJob| listed.reference.as_deref() == Some(doubt.reference.as_str());
    let other = listed.iter().find(|listed| !is_sent(listed));
    *changed = changed.or(other.map(|listed| listed.job.id));
    listed.iter().map(|listed| listed.job.clone()).collect()
}
