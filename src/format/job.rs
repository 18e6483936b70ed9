//! One job of a manifest: a template for launches, each a `StartJobs` call.
//!
//! In: the entries of `jobs`, and `defaults`. Out: typed fields that hold their nodes. Never: merges or renders.
//! Source of the request's fields and their limits: Orchestrator OpenAPI, `StartProcessDto`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::field::{Anything, Field, Fixed};
use super::key::keyed;
use super::rows::{ForEach, Matrix};
use super::shape::keys;
use super::watch::{FailFast, OutcomePolicy, Ramp, Retry, Wait};
use crate::ids::FolderRef;
use crate::launch_terms::AmbiguityPolicy;
use crate::start_info::{LaunchPriority, MachineRef, RobotRef, Runtime, StopRule, Strategy};

mod folder;
mod hosts;
mod needs;
mod payload;
mod release;
mod stop;
mod terms;
mod text_or;

pub use hosts::MachineRobot;
pub use needs::{Need, NeedCondition, NeedParts, NeedRow, Needs, TwinRow};
pub use payload::{InputFile, Variables};
pub(crate) use payload::{start_info_field, variable, variable_name};
pub use release::ReleaseRef;
pub use terms::{Count, ReferencePrefix};

keyed! {
    /// One job: a template for launches. Its name is its key under `jobs`.
    #[derive(Clone, Debug, Deserialize, JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    #[schemars(transform = keys)]
    pub struct Job {
        /// What the job is for, for people.
        pub description: Option<Field<String>> => Field,
        /// The release to start (the UI calls it process): its name in the folder, or its key (a GUID), or one of
        /// `{name, version}`, `{key}`, `{package}`. Required, here or in `defaults`.
        #[schemars(extend("examples" = ["Invoice Loader", "5b754c63-5d1a-4c37-bb9b-74b69e4934bf"]))]
        pub release: Option<Field<ReleaseRef>> => Field,
        /// The folder to start in, if it differs from the manifest's: a path, `{id: 7}` or `{key: GUID}`.
        #[schemars(extend("examples" = ["Finance/AP"]))]
        pub folder: Option<Field<FolderRef>> => Field,
        /// How Orchestrator picks robots. Default: `Specific` if `robots` is given, else `ModernJobsCount`.
        pub strategy: Option<Field<Strategy>> => Field,
        /// How many robot jobs one launch starts: for `ModernJobsCount` (default 1), `JobsCount` and `RobotCount`.
        #[schemars(extend("default" = Count::default(), "examples" = [3]))]
        pub count: Option<Field<Count>> => Field,
        /// The robots, by id or by name (Name, Username or `DOMAIN\user`). Required by `Specific`, refused by `All`.
        #[schemars(extend("examples" = [[1553, "ETL-01"]]))]
        pub robots: Option<Field<Vec<RobotRef>>> => Field,
        /// The input arguments: any YAML. Sent as the JSON text that the API wants, at most 10,000 characters.
        #[schemars(extend("examples" = [{ "invoice": "INV-001", "amount": 12.5 }]))]
        pub arguments: Option<Field<BTreeMap<String, Anything>>> => Payload,
        /// A JSON or YAML file beside the manifest with an object of arguments; `arguments` override its values.
        #[schemars(extend("examples" = ["data/common.json"]))]
        pub arguments_file: Option<Field<String>> => Field,
        /// A file beside the manifest that is uploaded and given to the robot job as its input file; not together with `arguments`.
        #[schemars(extend("examples" = ["data/accounts.json"]))]
        pub input_file: Option<Field<InputFile>> => Field,
        /// One launch for each row of a file or list.
        #[schemars(extend("examples" = [{ "csv": "data/invoices.csv", "key": "invoice_id" }]))]
        pub for_each: Option<Fixed<ForEach>> => Parts,
        /// One launch for each combination of values.
        #[schemars(extend("examples" = [{ "company": [1000, 2000] }]))]
        pub matrix: Option<Field<Matrix>> => Matrix,
        /// Jobs that must come first: a list of names (each must have succeeded), or names with conditions; `same-row` waits
        /// for the other job's launch of the same row only.
        #[schemars(extend("examples" = [["extract"], { "extract": "finished" }, { "extract": "same-row" }]))]
        pub needs: Option<Fixed<Needs>> => Fixed,
        /// A launch is skipped if this is not true.
        #[schemars(extend("examples" = ["${{ params.region != \"apac\" }}"]))]
        pub r#if: Option<Field<bool>> => Condition,
        /// New launches in place of robot jobs that faulted.
        #[schemars(extend("examples" = [{ "faulted": 1 }]))]
        pub retry: Option<Field<Retry>> => Policy,
        /// What to do when an answer was lost and the search proved that there is no robot job: send again, or hold the launch for a person.
        #[schemars(extend("default" = AmbiguityPolicy::default()))]
        pub on_ambiguous: Option<Field<AmbiguityPolicy>> => Field,
        /// `Low`, `Normal` or `High`, or a number from 1 to 100 on newer servers. Default: the release's own.
        #[schemars(extend("examples" = ["High", 65]))]
        pub priority: Option<Field<LaunchPriority>> => Field,
        /// The kind of runtime (licence) that the robot job takes.
        #[schemars(extend("examples" = ["Unattended"]))]
        pub runtime: Option<Field<Runtime>> => Field,
        /// Text put in front of sortie's own Reference: ASCII, at most 71 characters, so that both fit the API's 128.
        #[schemars(extend("examples" = ["payroll"]))]
        pub reference: Option<Field<ReferencePrefix>> => Field,
        /// Environment variables of the robot job, in place of the release's.
        #[schemars(extend("examples" = [{ "REGION": "emea" }]))]
        pub environment: Option<Field<Variables>> => Payload,
        /// The machines that may run the robot job, by name or id.
        #[schemars(extend("examples" = [["VM-01"]]))]
        pub machines: Option<Field<Vec<MachineRef>>> => Field,
        /// Pairs of a machine and a robot that may run the robot job.
        #[schemars(extend("examples" = [[{ "machine": "VM-01", "robot": "ETL-01" }]]))]
        pub machine_robots: Option<Field<Vec<MachineRobot>>> => Field,
        /// The machine sessions that may run the robot job, by id.
        #[schemars(extend("examples" = [[70031]]))]
        pub machine_sessions: Option<Field<Vec<i64>>> => Field,
        /// Fetch each robot job's output arguments into the report; implies waiting.
        #[schemars(extend("default" = false))]
        pub outputs: Option<Field<bool>> => Policy,
        /// Skip a launch if, by the ledger, any earlier run of this manifest started it.
        #[schemars(extend("default" = false))]
        pub once: Option<Field<bool>> => Field,
        /// When Orchestrator itself stops or kills the robot job.
        #[schemars(extend("examples" = [{ "after": "2h" }]))]
        pub stop: Option<Field<StopRule>> => Field,
        /// Any other field of the request, by its API name (PascalCase), checked against its type and limits.
        #[schemars(extend("examples" = [{ "EntryPointPath": "main.xaml" }]))]
        pub start_info: Option<Field<BTreeMap<String, Anything>>> => Field,
        /// Whether and how long to wait for this job's robot jobs.
        #[schemars(extend("examples" = [{ "timeout": "2h" }]))]
        pub wait: Option<Field<Wait>> => Policy,
        /// Which endings of this job's robot jobs make the run fail.
        #[schemars(extend("examples" = [{ "tolerate": "1%" }]))]
        pub outcome: Option<Field<OutcomePolicy>> => Policy,
        /// Stop sending this job's launches after so many failures.
        #[schemars(extend("examples" = [50]))]
        pub fail_fast: Option<Field<FailFast>> => Policy,
        /// Start with a few launches of this job, then more and more.
        #[schemars(extend("examples" = [{ "first": 5, "then": { "factor": 2, "every": "1m" } }]))]
        pub ramp: Option<Field<Ramp>> => Policy,
    }
}
