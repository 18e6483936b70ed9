//! The robot jobs that are known to belong to launches of this run: by answers, by lists and by the ledger.
//!
//! They are what a list is held against. A list that lacks one of them, or shows it with another Reference, does not show
//! everything as it is, and proves no absence. And no robot job belongs to two launches: an answer that names one which
//! another launch has already claimed is some other launch's answer. In: robot jobs and the intents that started them.
//! Out: whose a robot job is, and which ones a list must hold. No I/O and no clock.

use std::collections::{BTreeMap, HashMap};

pub(super) use self::folder_jobs::{FolderJobs, KnownJob};
use super::clocks::SendTime;
use crate::clock::{Moment, Timestamp};
use crate::ids::{FolderRef, JobId, Ordinal, ReferenceMark, ReleaseKey};
use crate::job_list::text_hash::TextHash;
use crate::ledger::event::Intent;
use crate::robot_job::RobotJob;

mod folder_jobs;
mod ordered;

/// All of a run.
#[derive(Debug, Default)]
pub(super) struct KnownJobs {
    by_folder: BTreeMap<FolderRef, FolderJobs>,
    ordinal_by_job: HashMap<JobId, Ordinal>,
    ordinal_by_fingerprint: HashMap<u64, Ordinal>,
    name_by_release: BTreeMap<ReleaseKey, String>,
}

impl KnownJobs {
    /// Takes in robot jobs of the launch at `ordinal`, which `intent` started; returns the launch that one of them was
    /// taken to belong to until now, if it was another one.
    pub(super) fn add(
        &mut self,
        ordinal: Ordinal,
        intent: &Intent,
        jobs: &[RobotJob],
        since: Option<Moment>,
    ) -> Option<Ordinal> {
        if let Some(mark) = ReferenceMark::find(intent.reference.as_str()) {
            self.ordinal_by_fingerprint.insert(mark.fingerprint, ordinal);
        }
        if let Some(name) = jobs.iter().find_map(|job| job.release_name.as_ref())
            && !self.name_by_release.contains_key(&intent.release)
        {
            self.name_by_release.insert(intent.release, name.clone());
        }
        let reference = TextHash::of(intent.reference.as_str());
        let folder = self.by_folder.entry(intent.folder.clone()).or_default();
        let mut disputed = None;
        for job in jobs {
            folder.insert((job.id, job.created()), SendTime::of(intent), since, reference);
            let before = self.ordinal_by_job.insert(job.id, ordinal);
            disputed = disputed.or(before.filter(|before| *before != ordinal));
        }
        disputed
    }

    /// Takes note of a launch of which no robot job is known, so that a list may show one.
    pub(super) fn add_launch(&mut self, ordinal: Ordinal, intent: &Intent) {
        if let Some(mark) = ReferenceMark::find(intent.reference.as_str()) {
            self.ordinal_by_fingerprint.insert(mark.fingerprint, ordinal);
        }
    }

    /// The folders of all of them.
    pub(super) fn folders(&self) -> impl Iterator<Item = &FolderRef> {
        self.by_folder.keys()
    }

    /// The launch that `job` is known to belong to.
    pub(super) fn owner(&self, job: JobId) -> Option<Ordinal> {
        self.ordinal_by_job.get(&job).copied()
    }

    /// The launch whose fingerprint this is, if a robot job of it is known.
    pub(super) fn launch_of(&self, fingerprint: u64) -> Option<Ordinal> {
        self.ordinal_by_fingerprint.get(&fingerprint).copied()
    }

    /// The name that the server gives robot jobs of `release`; `None` if none of them is known.
    pub(super) fn name_of(&self, release: ReleaseKey) -> Option<&str> {
        self.name_by_release.get(&release).map(String::as_str)
    }

    /// Whether the server gives robot jobs of one of this run's releases this name, by those that are known.
    pub(super) fn has_release_named(&self, name: &str) -> bool {
        self.name_by_release.values().any(|known| known == name)
    }

    /// The `CreationTime` of the earliest of each folder, as far as the server said it.
    pub(super) fn earliest_by_folder(&self) -> impl Iterator<Item = (&FolderRef, Timestamp)> {
        self.by_folder.iter().filter_map(|(folder, jobs)| {
            let earliest = jobs.iter().filter_map(|(_, job)| job.created()).min()?;
            Some((folder, earliest))
        })
    }

    /// Those of `folder`; `None` if there is none.
    pub(super) fn of(&self, folder: &FolderRef) -> Option<&FolderJobs> {
        self.by_folder.get(folder)
    }
}
