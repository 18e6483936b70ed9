//! Spec and [`Inputs`] -> [`Plan`]: every launch of a manifest, in order, made when it is asked for.
//!
//! In: a valid spec and everything that it depends on. Out: launches by index, still by name; digest; names to resolve.
//! Never: reads a file, clock or network, so the same inputs always give the same plan; keeps no launch: 16 bytes a
//! job, whatever its launches, and its data compressed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::diagnostic::Diagnosed;
use crate::ids::{Digest, FolderRef, LaunchId, Ordinal, OrdinalSet};
use crate::launch_terms::AmbiguityPolicy;
use crate::manifest::{self, NodeId};
use crate::secret::Secrets;
use crate::source::{Place, Sources};
use crate::spec::{self, FieldNodes, LargeArguments, LaunchLimits, ReleaseRef, ReportSpec, RunSchedule, Spec};
use crate::start_info::{ReleaseField, RobotRef, StartInfo};
use crate::template::{Scope, SecretView};

mod arguments;
mod complaint_groups;
mod expand;
mod inputs;
mod job_expansion;
mod matrix;
mod render;
mod required_files;
mod rows;
mod secrets;
mod trial;

pub use arguments::read_arguments;
pub use expand::expand;
pub use inputs::{Inputs, ParamValue, RowsInput};
pub use required_files::{RequiredFile, required_files};
pub use trial::{MAX_TRIED, try_out};

use arguments::ExternalArguments;
use job_expansion::JobExpansion;
use render::value_of;

/// All launches of a manifest for given inputs.
#[derive(Debug)]
pub struct Plan {
    spec: Spec,
    scope: Scope,
    /// The values of secrets, once somebody gave them.
    secrets: Option<Arc<Secrets>>,
    /// For launches whose job names none: the manifest's folder, else the profile's.
    folder: Option<FolderRef>,
    large_arguments: Option<LargeArguments>,
    launches: Vec<JobLaunches>,
    /// The fans of the jobs that have one, in the order of jobs.
    fans: Vec<JobExpansion>,
    outside: ExternalArguments,
    /// The places that belong to this plan, where it is a part of its manifest's launches: a rerun's.
    picked: Option<Vec<u32>>,
    /// The launches whose `if` does not hold.
    skipped: OrdinalSet,
    /// The launches that no run starts where another run may have started them.
    once: OrdinalSet,
    digest: Digest,
    required_names: BTreeMap<FolderRef, RequiredNames>,
    /// The launches before which something is uploaded.
    uploads: Vec<Ordinal>,
}

/// The launches of one job: neighbours in the plan.
#[derive(Clone, Copy, Debug)]
struct JobLaunches {
    job: u32,
    first: u32,
    count: u32,
    /// The number of its fan; `None` if the job is one launch.
    fan: Option<u32>,
    /// Whether this one launch stands for all of a job's, whose number depends on a value that is not known.
    is_open: bool,
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

/// One intended `StartJobs` call, rendered, still by name.
#[derive(Clone, Debug, PartialEq)]
pub struct Launch {
    /// Its place in the plan.
    pub ordinal: Ordinal,
    /// Its stable name.
    pub id: LaunchId,
    /// The job that it comes from.
    pub job: String,
    /// What tells it from its job's other launches: values of the matrix, and the row's key; empty for a job of one launch.
    pub key: Map<String, Value>,
    /// The folder: the job's, else the manifest's, else the profile's.
    pub folder: FolderRef,
    /// The release.
    pub release: ReleaseRef,
    /// The author's part of the Reference.
    pub reference: Option<String>,
    /// Everything else that is sent.
    pub start_info: StartInfo<RobotRef>,
    /// What follows once it was in doubt and proved absent.
    pub on_ambiguous: AmbiguityPolicy,
    /// Whether no run starts it where another run may have started it.
    pub is_once: bool,
    /// Where its job stands.
    pub place: Place,
    nodes: FieldNodes,
}

/// A launch whose `if` does not hold: it has a place in the plan, and is never sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedLaunch {
    /// Its stable name.
    pub id: LaunchId,
    /// The job that it comes from.
    pub job: String,
    /// What tells it from its job's other launches.
    pub key: Map<String, Value>,
    /// Why it is skipped, in words.
    pub why: String,
}

/// What the plan has at one place.
#[derive(Clone, Debug, PartialEq)]
pub enum PlanEntry {
    /// A launch that is to be sent.
    Launch(Box<Launch>),
    /// A launch that is not.
    Skipped(SkippedLaunch),
}

/// Makes the plan of `inputs`, from the manifest's text on.
pub fn make(inputs: &Inputs) -> (Sources, Diagnosed<Plan>) {
    let mut sources = Sources::default();
    let source = sources.add(&inputs.manifest, inputs.text.as_str());
    let spec = manifest::parse(&sources, source).and_then(spec::lower);
    let plan = spec.and_then(|spec| expand(spec, inputs, &mut sources));
    (sources, plan)
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
    fn full(&self, ordinal: Ordinal) -> Ordinal {
        self.picked.as_ref().map_or(ordinal, |picked| Ordinal(picked[ordinal.index()]))
    }

    fn planned_with(&self, ordinal: Ordinal, secrets: &SecretView) -> PlanEntry {
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

impl PlanEntry {
    /// The launch, which must not be skipped.
    fn into_launch(self) -> Launch {
        match self {
            Self::Launch(launch) => *launch,
            Self::Skipped(SkippedLaunch { id, .. }) => unreachable!("`{id}` is skipped, and nobody may ask for it"),
        }
    }

    /// The launch's stable name.
    #[must_use]
    pub fn id(&self) -> &LaunchId {
        match self {
            Self::Launch(launch) => &launch.id,
            Self::Skipped(skipped) => &skipped.id,
        }
    }

    /// The launch as JSON, in a form that never changes: [`Launch::canonical`], or `id` and `skipped` with the reason.
    #[must_use]
    pub fn canonical(&self) -> Value {
        match self {
            Self::Launch(launch) => launch.canonical(),
            Self::Skipped(skipped) => json!({ "id": skipped.id, "skipped": skipped.why }),
        }
    }
}

impl Launch {
    /// The launch as JSON, in a form that never changes: what the plan's digest is made of.
    ///
    /// `id`, `folder` (`{"id"|"path"|"key": ...}`), then the request's fields by API name, the release by `ReleaseKey`
    /// or `ReleaseName`, and the author's part of the Reference. Keys stand in this order, arguments as written, values
    /// that use a secret as expressions. `release-version` comes last, where one is asserted.
    #[must_use]
    pub fn canonical(&self) -> Value {
        let mut request = self.to_json(self.reference.as_deref().unwrap_or_default());
        let mut canonical = json!({ "id": self.id, "folder": self.folder, "request": request["startInfo"].take() });
        if let Some(version) = self.release.version() {
            canonical["release-version"] = version.into();
        }
        canonical
    }

    /// The request's body with `reference` as its Reference; names that have no id yet stand in the ids' places.
    #[must_use]
    pub fn to_json(&self, reference: &str) -> Value {
        let release = match &self.release {
            ReleaseRef::Key(key) => ReleaseField::Key(*key),
            ReleaseRef::Name { name, .. } => ReleaseField::Name(name),
            ReleaseRef::Package { package, .. } => ReleaseField::Package(package),
        };
        self.start_info.to_json(release, reference)
    }
}
