//! One launch of a plan, still by name.
//!
//! In: a job's fields, rendered. Out: the launch, and its canonical JSON, of which digests are made. Never: an id of the
//! server.

use serde_json::{Map, Value, json};

mod facts;
mod open_facts;

pub use facts::PlannedFacts;

use crate::ids::{FolderRef, LaunchId, Ordinal};
use crate::launch_terms::AmbiguityPolicy;
use crate::source::Place;
use crate::spec::{FieldNodes, ReleaseRef};
use crate::start_info::{ReleaseField, RobotRef, StartInfo};

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
    pub(super) nodes: FieldNodes,
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

impl PlanEntry {
    /// The launch, which must not be skipped.
    pub(super) fn into_launch(self) -> Launch {
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
    /// The keys of its rows, where it takes a batch of them.
    #[must_use]
    pub fn batch_keys(&self) -> Option<&[Value]> {
        // Values of a matrix are never lists.
        self.key.values().find_map(Value::as_array).map(Vec::as_slice)
    }

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
