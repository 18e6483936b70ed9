//! What an adoption found, by launch, and the intents that must once have stood for it.

use std::collections::BTreeMap;

use super::own_launches::{ListedOwner, OwnLaunches};
use crate::clock::Timestamp;
use crate::ids::{AttemptNo, Digest, JobId, Ordinal};
use crate::job_list::scan::complete::CompleteScan;
use crate::ledger::event::Intent;
use crate::orchestrator::JobPage;
use crate::resolve::Request;
use crate::robot_job::RobotJob;

/// What was found; each robot job once.
#[derive(Default)]
pub(super) struct EarlierJobs {
    /// By launch of the plan.
    pub(super) of_launches: BTreeMap<Ordinal, BTreeMap<JobId, RobotJob>>,
    /// By the fingerprint of what is no launch of the plan: retries, as far as its launches may have any.
    pub(super) of_others: BTreeMap<u64, BTreeMap<JobId, RobotJob>>,
}

impl EarlierJobs {
    pub(super) fn take(&mut self, page: &JobPage, ours: &OwnLaunches) {
        for listed in &page.jobs {
            if let Some(owner) = listed.reference.as_deref().and_then(|text| ours.owner(text)) {
                self.of(owner).insert(listed.job.id, listed.job.clone());
            }
        }
    }

    pub(super) fn take_whole(&mut self, whole: CompleteScan, ours: &OwnLaunches) {
        for (mark, listed) in whole.into_jobs() {
            if let Some(owner) = ours.owner_of(mark) {
                self.of(owner).extend(listed.into_iter().map(|listed| (listed.job.id, listed.job)));
            }
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        for (ordinal, jobs) in other.of_launches {
            self.of(ListedOwner::Launch(ordinal)).extend(jobs);
        }
        for (fingerprint, jobs) in other.of_others {
            self.of(ListedOwner::Other(fingerprint)).extend(jobs);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.of_launches.is_empty() && self.of_others.is_empty()
    }

    fn of(&mut self, owner: ListedOwner) -> &mut BTreeMap<JobId, RobotJob> {
        match owner {
            ListedOwner::Launch(ordinal) => self.of_launches.entry(ordinal).or_default(),
            ListedOwner::Other(fingerprint) => self.of_others.entry(fingerprint).or_default(),
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
