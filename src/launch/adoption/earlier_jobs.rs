//! What an adoption found, by launch, and the intents that must once have stood for it.

use std::collections::BTreeMap;

use super::own_launches::OwnLaunches;
use crate::clock::Timestamp;
use crate::ids::{AttemptNo, Digest, JobId, Ordinal};
use crate::job_list::scan::complete::CompleteScan;
use crate::ledger::event::Intent;
use crate::orchestrator::JobPage;
use crate::resolve::Request;
use crate::robot_job::RobotJob;

/// What was found, by launch; each robot job once.
#[derive(Default)]
pub(super) struct EarlierJobs(pub(super) BTreeMap<Ordinal, BTreeMap<JobId, RobotJob>>);

impl EarlierJobs {
    pub(super) fn take(&mut self, page: &JobPage, ours: &OwnLaunches) {
        for listed in &page.jobs {
            if let Some(ordinal) = listed.reference.as_deref().and_then(|text| ours.ordinal(text)) {
                self.0.entry(ordinal).or_default().insert(listed.job.id, listed.job.clone());
            }
        }
    }

    pub(super) fn take_whole(&mut self, whole: CompleteScan, ours: &OwnLaunches) {
        for (mark, listed) in whole.into_jobs() {
            if let Some(ordinal) = ours.ordinal_of(mark) {
                self.0.entry(ordinal).or_default().extend(listed.into_iter().map(|listed| (listed.job.id, listed.job)));
            }
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        for (ordinal, jobs) in other.0 {
            self.0.entry(ordinal).or_default().extend(jobs);
        }
    }
}

/// The intent that must once have stood for `request`.
pub(super) fn adopted_intent(request: &Request, attempt: AttemptNo, utc: Timestamp) -> Intent {
    Intent {
        attempt,
        launch: request.launch.clone(),
        reference: request.reference.clone(),
        folder: request.folder.clone(),
        release: request.release,
        expected: request.expected,
        on_ambiguous: request.on_ambiguous,
        body_digest: Digest::of(request.body.as_bytes()),
        not_before: utc,
        not_after: utc,
        server_ahead_ms: None,
        clock_era: None,
    }
}
