//! The manifest's format, version 1, as types: each key once, with its text, its placement and how its value is read. The
//! published schema is generated from them, and `spec` reads manifests by them.
//!
//! In: a document's nodes. Out: [`Manifest`], whose fields hold nodes ([`Field`], [`Fixed`]), and the types of what they
//! hold once rendered ([`FromValue`]). The descriptions here are what an editor shows on hover.
//! Never: judges across keys: that is `spec`.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Deserialize;

mod declared;
mod field;
mod from_value;
mod job;
mod key;
mod limits;
mod near_name;
mod parts;
mod path;
mod rows;
mod schedule;
mod shape;
mod text;
mod watch;

pub use declared::*;
pub use field::{Anything, Expression, Field, Fixed};
pub use from_value::{FieldError, FromValue};
pub use job::{
    Count, InputFile, Job, MachineRobot, Need, NeedCondition, NeedParts, NeedRow, Needs, ReferencePrefix, ReleaseRef,
    TwinRow, Variables,
};
pub(crate) use job::{start_info_field, variable, variable_name};
pub use key::{Key, Keyed, Placement};
pub use limits::*;
pub use path::{data_path, is_hidden};
pub use rows::*;
pub use schedule::*;
pub use text::*;
pub use watch::*;

use key::keyed;
use shape::keys;

use crate::ids::FolderRef;

/// The schema of the whole format (draft 2020-12), generated from [`Manifest`].
#[must_use]
pub fn generate() -> Schema {
    SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Manifest>()
}

keyed! {
    /// A manifest of sortie: which robot jobs to launch on UiPath Orchestrator, and how. Keys that begin with `x-` are
    /// free space, for example for anchors.
    #[derive(Clone, Debug, Deserialize, JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    #[schemars(title = "sortie manifest, version 1", transform = keys)]
    pub struct Manifest {
        /// The version of the manifest's format.
        #[schemars(required)]
        pub version: Option<Fixed<Version>> => Fixed,
        /// The manifest's name. The ledger knows the manifest's runs by it.
        #[schemars(required)]
        pub name: Option<Fixed<ManifestName>> => Fixed,
        /// What the manifest is for, for people.
        pub description: Option<Field<String>> => Outside,
        /// The folder that jobs start in, unless they name their own: a path, `{id: 7}` or `{key: GUID}`. Default: the
        /// profile's folder.
        #[schemars(extend("examples" = ["Finance/AP"]))]
        pub folder: Option<Field<FolderRef>> => Outside,
        /// Values given at run time, by name: `--param region=emea`.
        #[schemars(extend("examples" = [{ "region": { "type": "string", "enum": ["emea", "amer"], "default": "emea" } }]))]
        pub params: Option<Fixed<BTreeMap<Identifier, Param>>> => Fixed,
        /// Named values; they may use `params`, `env`, `run` and each other.
        #[schemars(extend("examples" = [{ "period": "${{ run.time | date(\"%Y-%m\") }}" }]))]
        pub vars: Option<Fixed<BTreeMap<Identifier, Anything>>> => Outside,
        /// The only environment variables that an expression may read, as `env.NAME`.
        #[schemars(extend("examples" = [["BRANCH"]]))]
        pub env: Option<Fixed<Vec<Identifier>>> => Fixed,
        /// Secrets by name, and where each comes from. Masked in all output; read by `run` only.
        #[schemars(extend("examples" = [{ "ping_url": { "env": "PING_URL" } }]))]
        pub secrets: Option<Fixed<BTreeMap<Identifier, SecretFrom>>> => Fixed,
        /// Fields merged under each job. `arguments` and `environment` merge key by key, any other field as a whole.
        #[schemars(extend("examples" = [{ "runtime": "Unattended" }]))]
        pub defaults: Option<Fixed<Job>> => Parts,
        /// How fast and how much.
        #[schemars(extend("examples" = [{ "launch": { "rate": "10/s" } }]))]
        pub limits: Option<Fixed<Limits>> => Fixed,
        /// Whether and how long to wait for robot jobs to end. Default: do not wait, unless another key asks for it.
        #[schemars(extend("examples" = [{ "timeout": "2h", "on-timeout": "leave" }, true]))]
        pub wait: Option<Field<Wait>> => Outside,
        /// Which endings of robot jobs make the run fail.
        #[schemars(extend("examples" = [{ "tolerate": "1%" }]))]
        pub outcome: Option<Field<OutcomePolicy>> => Outside,
        /// Stop sending when too many of the latest launches faulted, so that an outage costs a few robot jobs and not all.
        #[schemars(extend("examples" = [{ "faulted": "50%", "of-last": 20 }]))]
        pub breaker: Option<Field<Breaker>> => Outside,
        /// Rules for why a robot job faulted, asked in order before the built-in ones.
        #[schemars(extend("examples" = [[{ "class": "session", "when": "${{ \"RDP handshake\" in fault.info }}" }]]))]
        pub fault_classes: Option<Fixed<Vec<FaultRule>>> => Fault,
        /// The schedule that starts this manifest, so that each slot of it runs once.
        #[schemars(extend("examples" = [{ "slot": "1d", "zone": "Europe/Berlin" }]))]
        pub schedule: Option<Fixed<Schedule>> => Fixed,
        /// Whether to wait one settle time before the run ends and count all its robot jobs in the job list: a robot job that
        /// a gateway started twice is found that way. For launches that move money. Default: no.
        #[schemars(extend("default" = false))]
        pub verify: Option<Fixed<bool>> => Fixed,
        /// Reports to write when the run is over, whatever its result.
        #[schemars(extend("examples" = [[{ "format": "junit", "path": "out/night.xml" }]]))]
        pub reports: Option<Fixed<Vec<ReportTo>>> => Fixed,
        /// Jobs that were renamed, so that their launches keep their ids: what was started under the old name is not started
        /// again where `once` or a slot says so, and histories go on.
        #[schemars(extend("examples" = [[{ "from": "load", "to": "load-invoices" }]]))]
        pub moved: Option<Fixed<Vec<MovedJob>>> => Fixed,
        /// Stop sending after so many failures.
        #[schemars(extend("examples" = [50]))]
        pub fail_fast: Option<Field<FailFast>> => Outside,
        /// Start with a few launches, then more and more.
        #[schemars(extend("examples" = [{ "first": 5, "then": { "factor": 2, "every": "1m" } }]))]
        pub ramp: Option<Field<Ramp>> => Outside,
        /// What happens when the run is over.
        #[schemars(extend("examples" = [{ "failure": "${{ secrets.ping_url }}" }]))]
        pub on_finish: Option<Field<OnFinish>> => Finish,
        /// The jobs by name, in the order in which they are launched.
        #[schemars(required, extend("examples" = [{ "load": { "release": "Invoice Loader" } }], "minProperties" = 1))]
        pub jobs: Option<Fixed<BTreeMap<JobName, Job>>> => Parts,
    }
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
