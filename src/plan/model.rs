//! The plan: launches by index.
//!
//! In: a spec, expanded. Out: what stands at each place, and where the manifest says so. Never: keeps a launch.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::arguments::ExternalArguments;
use super::job_expansion::JobExpansion;
use super::launch::{Launch, PlanEntry};
use crate::ids::{Digest, FolderRef, Ordinal, OrdinalSet};
use crate::manifest::NodeId;
use crate::secret::Secrets;
use crate::source::Place;
use crate::spec::{LargeArguments, LaunchLimits, ReleaseRef, ReportSpec, RunSchedule, Spec};
use crate::template::{Scope, SecretView};

mod follow_ups;
mod input_tables;
mod jobs;
mod needs;
mod renamed;
mod written;

pub(super) use follow_ups::FollowUps;
pub use input_tables::{InputTable, LaunchedRows};
pub use jobs::{FaultCondition, PlannedJob};
pub use renamed::moved_line;

/// All launches of a manifest for given inputs.
#[derive(Debug)]
pub struct Plan {
    pub(super) spec: Spec,
    pub(super) scope: Scope,
    /// The values of secrets, once somebody gave them.
    pub(super) secrets: Option<Arc<Secrets>>,
    /// For launches whose job names none: the manifest's folder, else the profile's.
    pub(super) folder: Option<FolderRef>,
    pub(super) large_arguments: Option<LargeArguments>,
    pub(super) launches: Vec<JobLaunches>,
    pub(super) follow_ups: FollowUps,
    /// The fans of the jobs that have one, in the order of jobs.
    pub(super) fans: Vec<JobExpansion>,
    pub(super) outside: ExternalArguments,
    /// The places that belong to this plan, where it is a part of its manifest's launches: a rerun's.
    pub(super) picked: Option<Vec<u32>>,
    /// The launches whose `if` does not hold.
    pub(super) skipped: OrdinalSet,
    /// The launches that no run starts where another run may have started them.
    pub(super) once: OrdinalSet,
    pub(super) digest: Digest,
    pub(super) required_names: BTreeMap<FolderRef, RequiredNames>,
    /// The launches before which something is uploaded.
    pub(super) uploads: Vec<Ordinal>,
    /// The digest of the policies that it was made under, and keeps.
    pub(super) kept_policies: Option<Digest>,
}

/// The launches of one job: neighbours in the plan.
#[derive(Clone, Copy, Debug)]
pub(super) struct JobLaunches {
    pub(super) job: u32,
    pub(super) first: u32,
    pub(super) count: u32,
    /// The number of its fan; `None` if the job is one launch.
    pub(super) fan: Option<u32>,
    /// Whether this one launch stands for all of a job's, whose number depends on a value that is not known.
    pub(super) is_open: bool,
    /// The number of what follows them.
    pub(super) follow_up: u16,
}

/// The names of one folder that a plan needs ids for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequiredNames {
    /// Releases by name or package.
    pub releases: BTreeSet<ReleaseRef>,
    /// Robot names: `Name`, `Username` or `DOMAIN\user`.
    pub robots: BTreeSet<String>,
    /// Machine names.
    pub machines: BTreeSet<String>,
}

impl Plan {
    /// How many launches there are.
    #[must_use]
    pub fn len(&self) -> usize {
        let all = self.launches.last().map_or(0, |last| last.first as usize + last.count as usize);
        self.picked.as_ref().map_or(all, Vec::len)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What stands at `ordinal`, the same each time.
    #[must_use]
    pub fn planned(&self, ordinal: Ordinal) -> PlanEntry {
        self.planned_with(ordinal, &SecretView::AsWritten)
    }

    /// As [`Plan::planned`], with a mask for every value that uses a secret: for reports.
    #[must_use]
    pub fn masked(&self, ordinal: Ordinal) -> PlanEntry {
        self.planned_with(ordinal, &SecretView::Masked)
    }

    /// The place among all launches of the manifest that `ordinal` of this plan has.
    pub(super) fn full(&self, ordinal: Ordinal) -> Ordinal {
        self.picked.as_ref().map_or(ordinal, |picked| Ordinal(picked[ordinal.index()]))
    }

    /// The launches of the job whose launch stands at `full` among all of the manifest.
    pub(super) fn job_launches(&self, full: Ordinal) -> &JobLaunches {
        &self.launches[self.launches.partition_point(|launches| launches.first <= full.0) - 1]
    }

    pub(super) fn planned_with(&self, ordinal: Ordinal, secrets: &SecretView) -> PlanEntry {
        let mut complaints = Vec::new();
        let planned = self
            .render(self.full(ordinal), secrets, &mut complaints)
            .expect("expanding the plan has rendered every launch");
        match planned {
            PlanEntry::Launch(launch) => PlanEntry::Launch(Box::new(Launch { ordinal, ..*launch })),
            PlanEntry::Skipped(_) => planned,
        }
    }

    /// The launch at `ordinal`, which is not skipped; the same each time. Values that use a secret are expressions.
    #[must_use]
    pub fn launch(&self, ordinal: Ordinal) -> Launch {
        self.planned(ordinal).into_launch()
    }

    /// Whether the launch at `ordinal` is skipped.
    #[must_use]
    pub fn skips(&self, ordinal: Ordinal) -> bool {
        self.skipped.contains(ordinal)
    }

    /// Whether the launch at `ordinal` is started by no run where another run may have started it.
    #[must_use]
    pub fn is_once(&self, ordinal: Ordinal) -> bool {
        self.once.contains(ordinal)
    }

    /// Whether runs of this plan must not go side by side with others of its manifest.
    #[must_use]
    pub fn is_exclusive(&self) -> bool {
        !self.once.is_empty() || self.schedule().is_some_and(|schedule| schedule.exclusive)
    }

    /// The schedule that fires its manifest.
    #[must_use]
    pub fn schedule(&self) -> Option<&RunSchedule> {
        self.spec.schedule.as_ref()
    }

    /// The reports that its manifest asks for.
    #[must_use]
    pub fn reports(&self) -> &[ReportSpec] {
        &self.spec.reports
    }

    /// How many launches are skipped.
    #[must_use]
    pub fn skipped(&self) -> u32 {
        self.skipped.len()
    }

    /// The SHA-256 over the launches: for each its canonical JSON text ([`PlanEntry::canonical`]) and a newline.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The manifest's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// How fast to launch.
    #[must_use]
    pub fn limits(&self) -> LaunchLimits {
        self.spec.limits
    }

    /// Whether every robot job of a run is to be counted before it ends.
    #[must_use]
    pub fn verifies(&self) -> bool {
        self.spec.verify
    }

    /// The names that need ids, by folder. Every folder of the plan is there, also where it needs none.
    #[must_use]
    pub fn required_names(&self) -> &BTreeMap<FolderRef, RequiredNames> {
        &self.required_names
    }

    /// Where `launch` names its release.
    #[must_use]
    pub fn release_place(&self, launch: &Launch) -> Place {
        self.spec.document.place(launch.nodes.release)
    }

    /// Where the folder of `launch` is named; `None` if only the profile names it.
    #[must_use]
    pub fn folder_place(&self, launch: &Launch) -> Option<Place> {
        launch.nodes.folder.or(self.spec.folder).map(|node| self.spec.document.place(node))
    }

    /// Where `launch` names its robot number `index`: the item, or the whole list where an expression makes it.
    #[must_use]
    pub fn robot_place(&self, launch: &Launch, index: usize) -> Place {
        self.item_place(launch, launch.nodes.robots, index, launch.start_info.strategy.robots().len())
    }

    /// Where `launch` names its machine number `index`, in the same way.
    #[must_use]
    pub fn machine_place(&self, launch: &Launch, index: usize) -> Place {
        self.item_place(launch, launch.nodes.machines, index, launch.start_info.machines.len())
    }

    fn item_place(&self, launch: &Launch, list: Option<NodeId>, index: usize, count: usize) -> Place {
        let Some(node) = list else { return launch.place };
        let items = self.spec.document.items(node);
        let item = items.get(index).filter(|_| items.len() == count);
        self.spec.document.place(item.copied().unwrap_or(node))
    }
}
