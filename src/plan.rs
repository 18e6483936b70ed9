//! Spec and [`Inputs`] -> [`Plan`]: every launch of a manifest, in order, made when it is asked for.
//!
//! In: a valid spec and everything that it depends on. Out: launches by index, still by name; digest; names to resolve.
//! Never: reads a file, clock or network, so the same inputs always give the same plan; keeps no launch: about 12
//! bytes a job, whatever its launches.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::diagnostic::{Code, Diagnostic, Outcome};
use crate::ids::{Digest, FolderRef, LaunchId, Ordinal};
use crate::manifest::{self, NodeId};
use crate::source::{Place, Sources};
use crate::spec::{self, Known, Limits, ReleaseRef, Spec};
use crate::start_info::{ReleaseField, RobotRef, StartInfo};
use crate::template::{Rendered, Scope, Template};

mod expand;
mod grouped;
mod inputs;

pub use expand::expand;
pub use inputs::{Inputs, ParamValue};

/// All launches of a manifest for given inputs.
#[derive(Debug)]
pub struct Plan {
    spec: Spec,
    scope: Scope,
    /// For launches whose job names none: the manifest's folder, else the profile's.
    folder: Option<FolderRef>,
    launches: Vec<Launches>,
    digest: Digest,
    wanted: BTreeMap<FolderRef, WantedNames>,
}

/// The launches of one job: neighbours in the plan.
#[derive(Clone, Copy, Debug)]
struct Launches {
    job: u32,
    first: u32,
    count: u32,
}

/// The names of one folder that a plan needs ids for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantedNames {
    /// Release names.
    pub releases: BTreeSet<String>,
    /// Robot names: `Name`, `Username` or `DOMAIN\user`.
    pub robots: BTreeSet<String>,
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
    /// Where its job stands.
    pub place: Place,
    release_node: NodeId,
    robots_node: Option<NodeId>,
}

/// Makes the plan of `inputs`, from the manifest's text on.
pub fn make(inputs: &Inputs) -> (Sources, Outcome<Plan>) {
    let mut sources = Sources::default();
    let source = sources.add(&inputs.manifest, inputs.text.as_str());
    let outcome = manifest::parse(&sources, source).and_then(spec::lower).and_then(|spec| expand(spec, inputs));
    (sources, outcome)
}

impl Plan {
    /// How many launches there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.launches.last().map_or(0, |last| last.first as usize + last.count as usize)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.launches.is_empty()
    }

    /// The launch at `ordinal`, the same each time.
    #[must_use]
    pub fn launch(&self, ordinal: Ordinal) -> Launch {
        let mut complaints = Vec::new();
        self.render(ordinal, &mut complaints).expect("expanding the plan has rendered every launch")
    }

    /// The SHA-256 over the launches: for each its canonical JSON text ([`Launch::canonical`]) and a newline.
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
    pub fn limits(&self) -> Limits {
        self.spec.limits
    }

    /// The names that need ids, by folder. Every folder of the plan is there, also where it needs none.
    #[must_use]
    pub fn wanted(&self) -> &BTreeMap<FolderRef, WantedNames> {
        &self.wanted
    }

    /// Where `launch` names its release.
    #[must_use]
    pub fn release_place(&self, launch: &Launch) -> Place {
        self.spec.document.place(launch.release_node)
    }

    /// Where `launch` names its robot number `index`: the item, or the whole list where an expression makes it.
    #[must_use]
    pub fn robot_place(&self, launch: &Launch, index: usize) -> Place {
        let Some(node) = launch.robots_node else { return launch.place };
        let items = self.spec.document.items(node);
        let is_one_each = items.len() == launch.start_info.strategy.robots().len();
        let item = items.get(index).filter(|_| is_one_each);
        self.spec.document.place(item.copied().unwrap_or(node))
    }

    /// Renders one launch; none where complaints were made.
    fn render(&self, ordinal: Ordinal, complaints: &mut Vec<Diagnostic>) -> Option<Launch> {
        let at = self.launches.partition_point(|launches| launches.first <= ordinal.0).checked_sub(1)?;
        let job = &self.spec.jobs[self.launches[at].job as usize];
        let mut value_of = |node, complaints: &mut _| value_of(&self.spec, &self.scope, node, complaints);
        let draft = spec::read_job(&self.spec.document, job, self.spec.defaults.as_ref(), &mut value_of, complaints)?;
        let Some(folder) = draft.folder.or_else(|| self.folder.clone()) else {
            complaints.push(
                Diagnostic::error(Code::NoFolder, job.place, format!("job `{}` has no folder", job.name))
                    .help("write `folder:` in the manifest or in the job, or set the profile's folder"),
            );
            return None;
        };
        Some(Launch {
            ordinal,
            id: LaunchId::new(&job.name, []),
            job: job.name.to_string(),
            key: Map::new(),
            folder,
            release: draft.release,
            reference: draft.reference,
            start_info: draft.start_info,
            place: job.place,
            release_node: draft.release_node,
            robots_node: draft.robots_node,
        })
    }
}

/// The value at `node` as expressions of `scope` make it.
fn value_of(spec: &Spec, scope: &Scope, node: NodeId, complaints: &mut Vec<Diagnostic>) -> Known {
    let template = Template::compile(&spec.document, node, &spec.expressions);
    match template.render(&spec.document, scope, complaints) {
        Rendered::Value(value) => Known::Value(value),
        Rendered::Omitted => Known::Omitted,
        Rendered::Failed => Known::Later,
    }
}

impl Launch {
    /// The launch as JSON, in a form that never changes: what the plan's digest is made of.
    ///
    /// `id`, `folder` (`{"id"|"path"|"key": ...}`), then the request's fields by API name, the release by `ReleaseKey`
    /// or `ReleaseName`, and the author's part of the Reference. Keys stand in this order, arguments as written.
    #[must_use]
    pub fn canonical(&self) -> Value {
        let mut request = self.to_json(self.reference.as_deref().unwrap_or_default());
        json!({ "id": self.id, "folder": self.folder, "request": request["startInfo"].take() })
    }

    /// The request's body with `reference` as its Reference; names that have no id yet stand in the ids' places.
    #[must_use]
    pub fn to_json(&self, reference: &str) -> Value {
        let release = match &self.release {
            ReleaseRef::Key(key) => ReleaseField::Key(*key),
            ReleaseRef::Name(name) => ReleaseField::Name(name),
        };
        self.start_info.to_json(release, reference)
    }
}
