//! What a folder's windows have shown, and what that proves where they show nothing of the run.

use std::collections::BTreeSet;

use super::earlier_jobs::EarlierJobs;
use super::error::AdoptionError;
use super::own_launches::{FolderLaunches, OwnLaunches};
use super::part_filter::RunSample;
use super::search::{Proof, Search};
use crate::ids::{FolderRef, JobId};
use crate::launch::notice::Notice;
use crate::orchestrator::JobPage;

/// One folder that is read.
#[derive(Clone, Copy)]
pub(super) struct FolderSearch<'a> {
    pub(super) name: &'a FolderRef,
    pub(super) folder: &'a FolderLaunches,
    pub(super) ours: &'a OwnLaunches,
    pub(super) search: Search,
}

/// What a folder's windows have shown so far.
#[derive(Default)]
pub(super) struct WindowEvidence {
    pub(super) sample: RunSample,
    /// Whether the list keeps References such as ours.
    has_positive_control: bool,
    /// Robot jobs that may be ours, and nothing tells.
    candidates: BTreeSet<JobId>,
}

impl WindowEvidence {
    pub(super) fn take(&mut self, page: &JobPage, reading: FolderSearch<'_>) {
        self.sample.take(page);
        for listed in &page.jobs {
            self.has_positive_control |=
                listed.reference.as_deref().is_some_and(|text| reading.folder.is_positive_control(text));
            if reading.search.proof == Proof::Needed && reading.folder.may_have_started(listed) {
                self.candidates.insert(listed.job.id);
            }
        }
    }
}

/// Says, or refuses, what the folder's list cannot prove.
pub(super) fn check_evidence(
    reading: FolderSearch<'_>,
    shown: &WindowEvidence,
    found: &EarlierJobs,
    observe: &mut dyn FnMut(Notice),
) -> Result<(), AdoptionError> {
    let FolderSearch { name, search, .. } = reading;
    if search.proof == Proof::Unneeded || shown.has_positive_control || !found.is_empty() {
        return Ok(());
    }
    if let Some(example) = shown.candidates.first() {
        let (folder, jobs) = (name.clone(), shown.candidates.len());
        return Err(AdoptionError::Unproven { folder, jobs, example: *example, since: search.since });
    }
    observe(Notice::Looked(format!(
        "nothing of sortie's is in folder {name} since {}, and this ledger knows nothing of the tenant: if this was \
         started elsewhere, it is started again",
        search.since.strftime("%Y-%m-%dT%H:%M:%SZ")
    )));
    Ok(())
}
