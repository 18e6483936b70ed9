//! Which rows of a folder's list a scan keeps: those of doubts, and those that contradict what is known.

use std::collections::{BTreeSet, HashMap};

use crate::ids::{JobId, Ordinal, ReferenceMark, RunId};
use crate::job_list::scan::interest::Interest;
use crate::launch::known_jobs::KnownJobs;
use crate::launch::settle::proof;
use crate::orchestrator::ListedJob;

/// What a scan must keep for the doubts of a folder, and for the launches that are over.
pub(super) struct FolderInterest<'a> {
    pub(super) ordinal_by_mark: &'a HashMap<ReferenceMark, Ordinal>,
    pub(super) folded_references: &'a BTreeSet<String>,
    pub(super) named: &'a BTreeSet<JobId>,
    pub(super) run: RunId,
    pub(super) jobs: &'a KnownJobs,
}

impl Interest for FolderInterest<'_> {
    fn wants(&self, mark: ReferenceMark, job: JobId) -> bool {
        self.ordinal_by_mark.contains_key(&mark)
            || (mark.run == self.run && self.jobs.launch_of(mark.fingerprint) != self.jobs.owner(job))
    }

    fn may_be_changed(&self, listed: &ListedJob) -> bool {
        if self.folded_references.is_empty() || self.jobs.owner(listed.job.id).is_some() {
            return false;
        }
        let reference = listed.reference.as_deref().filter(|text| !text.trim().is_empty());
        let release = listed.job.release_name.as_deref();
        reference.is_none_or(|text| proof::has_beginning(self.folded_references, text))
            || self.named.contains(&listed.job.id)
            || release.is_some_and(|name| self.jobs.has_release_named(name))
    }
}
