//! The manifest's format, version 1, as types: what the published schema is generated from, and what `spec` reads.
//!
//! In: a document's nodes. Out: [`Manifest`], whose fields hold nodes ([`Field`], [`Fixed`]), and plain types for what
//! they hold once rendered. The descriptions here are what an editor shows on hover.
//! Never: judges across keys (that is `spec`), or knows which keys this version of sortie can carry out.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

mod job;
mod rows;
mod shape;
mod text;
mod watch;

pub use job::{
    Count, Folder, FolderBy, IdOrName, Job, MachineRobot, NeedCondition, Needs, OnAmbiguous, Priority, PriorityLevel,
    ReferencePrefix, Release, ReleaseBy, Runtime, Scalar, Stop, StopStrategy, Strategy,
};
pub use rows::{ColumnType, ForEach, Matrix, YamlRows};
pub use shape::{Anything, Expression, Field, Fixed};
pub use text::{Guid, Identifier, JobName, ManifestName, Percentage, Rate, TextFormatError, TimeSpan};
pub use watch::{
    Backoff, CountOrShare, FailFast, FailOn, OnFinish, OnTimeout, OutcomePolicy, Overlap, PauseOn, Ramp, RampStep,
    Retry, Schedule, Until, Wait, WaitLimits,
};

use shape::{keys, words};

/// The schema of the whole format (draft 2020-12), generated from [`Manifest`].
#[must_use]
pub fn generate() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Manifest>()
}

/// A manifest of sortie: which robot jobs to launch on UiPath Orchestrator, and how. Keys that begin with `x-` are
/// free space, also the place for anchors.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(title = "sortie manifest, version 1", transform = keys)]
pub struct Manifest {
    /// The version of the manifest's format.
    #[schemars(required)]
    pub version: Option<Fixed<Version>>,
    /// The manifest's name: its identity in the ledger, so that runs of it find each other.
    #[schemars(required)]
    pub name: Option<Fixed<ManifestName>>,
    /// What the manifest is for, for people.
    pub description: Option<Field<String>>,
    /// The folder that jobs start in, unless they name their own: a path, `{id: 7}` or `{key: GUID}`. Default: the
    /// profile's folder.
    #[schemars(extend("examples" = ["Finance/AP"]))]
    pub folder: Option<Field<Folder>>,
    /// Values given at run time, by name: `--param region=emea`.
    #[schemars(extend("examples" = [{ "region": { "type": "string", "enum": ["emea", "amer"], "default": "emea" } }]))]
    pub params: Option<Fixed<BTreeMap<Identifier, Param>>>,
    /// Named values; they may use `params`, `env`, `run` and each other.
    #[schemars(extend("examples" = [{ "period": "${{ run.time | date(\"%Y-%m\") }}" }]))]
    pub vars: Option<Fixed<BTreeMap<Identifier, Anything>>>,
    /// The only environment variables that an expression may read, as `env.NAME`.
    #[schemars(extend("examples" = [["BRANCH"]]))]
    pub env: Option<Fixed<Vec<Identifier>>>,
    /// Secrets by name, and where each comes from. Masked in all output; read by `run` only.
    #[schemars(extend("examples" = [{ "ping_url": { "env": "PING_URL" } }]))]
    pub secrets: Option<Fixed<BTreeMap<Identifier, SecretFrom>>>,
    /// Fields merged under each job. `arguments` and `environment` merge key by key, any other field as a whole.
    #[schemars(extend("examples" = [{ "runtime": "Unattended" }]))]
    pub defaults: Option<Fixed<Job>>,
    /// How fast and how much.
    #[schemars(extend("examples" = [{ "launch": { "rate": "10/s" } }]))]
    pub limits: Option<Fixed<Limits>>,
    /// Whether and how long to wait for robot jobs to end. Default: do not wait, unless another key asks for it.
    #[schemars(extend("examples" = [{ "timeout": "2h", "on-timeout": "leave" }, true]))]
    pub wait: Option<Field<Wait>>,
    /// Which endings of robot jobs make the run fail.
    pub outcome: Option<Field<OutcomePolicy>>,
    /// The schedule that fires this manifest, so that a slot of it runs once.
    #[schemars(extend("examples" = [{ "slot": "1d", "zone": "Europe/Berlin" }]))]
    pub schedule: Option<Fixed<Schedule>>,
    /// Whether to count every robot job of the run by the job list before it ends, one settle time later: a robot job that
    /// was started twice by a gateway between is found so. For money. Default: no.
    pub verify: Option<Fixed<bool>>,
    /// Reports to write when the run is over, whatever came of it.
    #[schemars(extend("examples" = [[{ "format": "junit", "path": "out/night.xml" }]]))]
    pub reports: Option<Fixed<Vec<ReportTo>>>,
    /// Stop sending after so many failures.
    pub fail_fast: Option<Field<FailFast>>,
    /// Start with a few launches, then more and more.
    pub ramp: Option<Field<Ramp>>,
    /// What happens when the run is over.
    pub on_finish: Option<Field<OnFinish>>,
    /// The jobs by name, in the order in which they are launched.
    #[schemars(required, extend("minProperties" = 1))]
    pub jobs: Option<Fixed<BTreeMap<JobName, Job>>>,
}

/// The version of the manifest's format; there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Version(pub u32);

impl JsonSchema for Version {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "integer", "enum": [1] })
    }
}

/// A value given at run time.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = keys)]
pub struct Param {
    /// The type of its values.
    #[serde(rename = "type")]
    pub kind: ParamType,
    /// What it is for, for people.
    pub description: Option<String>,
    /// The only values that it takes.
    #[serde(rename = "enum")]
    #[schemars(length(min = 1))]
    pub choices: Option<Vec<Anything>>,
    /// Its value where none is given.
    pub default: Option<Anything>,
    /// Whether a value must be given. Default: yes, unless there is a `default`. Where none is needed and none is
    /// given, the param is undefined.
    pub required: Option<bool>,
}

/// The type of a param.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = words)]
pub enum ParamType {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// A number with or without a fraction.
    Number,
    /// `true` or `false`.
    Boolean,
    /// Any JSON value.
    Json,
}

/// Where a secret comes from: exactly one of `env`, `file` and `command`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = keys, extend("minProperties" = 1))]
pub struct SecretFrom {
    /// The name of an environment variable.
    pub env: Option<String>,
    /// A file that only its owner may read; one final newline is dropped.
    pub file: Option<String>,
    /// A program and its arguments; what it prints, without the final newline, is the secret.
    #[schemars(length(min = 1))]
    pub command: Option<Vec<String>>,
}

/// How fast and how much.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = keys)]
pub struct Limits {
    /// How fast launches are sent.
    pub launch: Option<LaunchLimit>,
    /// How often Orchestrator is asked about robot jobs: a budget of its own.
    pub poll: Option<PollLimit>,
    /// So many robot jobs of this run may be unfinished at once; sending waits for room.
    #[schemars(range(min = 1))]
    pub active: Option<u32>,
    /// A larger plan is refused: a guard rail.
    #[schemars(range(min = 1), extend("default" = 10_000))]
    pub launches: Option<u32>,
}

/// How fast launches are sent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = keys)]
pub struct LaunchLimit {
    /// The average rate.
    #[schemars(extend("default" = "10/s"))]
    pub rate: Option<Rate>,
    /// So many may follow each other at once after an idle spell.
    #[schemars(range(min = 1, max = 10_000), extend("default" = 10))]
    pub burst: Option<u32>,
    /// So many requests may be open at the same time.
    #[schemars(range(min = 1, max = 1000), extend("default" = 16))]
    pub concurrency: Option<u32>,
}

/// How often Orchestrator is asked about robot jobs.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = keys)]
pub struct PollLimit {
    /// The average rate of list requests.
    #[schemars(extend("default" = "60/min"))]
    pub rate: Option<Rate>,
}

/// A report and where it goes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = keys)]
pub struct ReportTo {
    /// The report's form.
    pub format: ReportFormat,
    /// The file, beside the manifest or below it.
    pub path: String,
}

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = words)]
pub enum ReportFormat {
    /// One JSON object, of the published schema.
    Json,
    /// One JSON object a line, one line a launch.
    Jsonl,
    /// One line a launch, for spreadsheets.
    Csv,
    /// One test suite a job, one case a launch, for CI systems.
    Junit,
    /// For the summary of a pipeline, or a pull request.
    Markdown,
    /// One page for people, without scripts.
    Html,
}
