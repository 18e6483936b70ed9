//! One job of a manifest: a template for launches, each a `StartJobs` call.
//!
//! In: the entries of `jobs`, and `defaults`. Out: typed fields that hold their nodes. Never: merges or renders.
//! Source of the request's fields and their limits: Orchestrator OpenAPI, `StartProcessDto`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::rows::{ForEach, Matrix};
use super::shape::{Anything, Field, Fixed, branches, keys, open_branches, open_keys, words};
use super::text::{Guid, JobName, TimeSpan};
use super::watch::{FailFast, OutcomePolicy, Ramp, Retry, Wait};

/// One job: a template for launches. Its name is its key under `jobs`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = keys)]
pub struct Job {
    /// What the job is for, for people.
    pub description: Option<Field<String>>,
    /// The release to start (the UI calls it process): its name in the folder, or its key (a GUID), or one of
    /// `{name, version}`, `{key}`, `{package}`. Required, here or in `defaults`.
    #[schemars(extend("examples" = ["Invoice Loader", "5b754c63-5d1a-4c37-bb9b-74b69e4934bf"]))]
    pub release: Option<Field<Release>>,
    /// The folder to start in, where it differs from the manifest's: a path, `{id: 7}` or `{key: GUID}`.
    #[schemars(extend("examples" = ["Finance/AP"]))]
    pub folder: Option<Field<Folder>>,
    /// How Orchestrator picks robots. Default: `Specific` where `robots` stands, else `ModernJobsCount`.
    pub strategy: Option<Field<Strategy>>,
    /// How many robot jobs one launch starts: for `ModernJobsCount` (default 1), `JobsCount` and `RobotCount`.
    #[schemars(extend("default" = 1, "examples" = [3]))]
    pub count: Option<Field<Count>>,
    /// The robots, by id or by name (Name, Username or `DOMAIN\user`). Required by `Specific`, refused by `All`.
    #[schemars(extend("examples" = [[1553, "ETL-01"]]))]
    pub robots: Option<Field<Vec<IdOrName>>>,
    /// The input arguments: any YAML. Sent as the JSON text that the API wants, at most 10,000 characters.
    #[schemars(extend("examples" = [{ "invoice": "INV-001", "amount": 12.5 }]))]
    pub arguments: Option<Field<BTreeMap<String, Anything>>>,
    /// A JSON or YAML file beside the manifest that holds an object of arguments; `arguments` are laid over it.
    #[schemars(extend("examples" = ["data/common.json"]))]
    pub arguments_file: Option<Field<String>>,
    /// A file beside the manifest that is uploaded and given to the robot job as its input file; not together with `arguments`.
    #[schemars(extend("examples" = ["data/accounts.json"]))]
    pub input_file: Option<Field<String>>,
    /// One launch for each row of a file or list.
    #[schemars(extend("examples" = [{ "csv": "data/invoices.csv", "key": "invoice_id" }]))]
    pub for_each: Option<Fixed<ForEach>>,
    /// One launch for each combination of values.
    #[schemars(extend("examples" = [{ "company": [1000, 2000] }]))]
    pub matrix: Option<Field<Matrix>>,
    /// Jobs that must come first: a list of names (each must have succeeded), or names with conditions.
    #[schemars(extend("examples" = [["extract"], { "extract": "finished" }]))]
    pub needs: Option<Fixed<Needs>>,
    /// A launch for which this does not hold is skipped.
    #[schemars(extend("examples" = ["${{ params.region != \"apac\" }}"]))]
    pub r#if: Option<Field<bool>>,
    /// New launches in place of robot jobs that faulted.
    pub retry: Option<Field<Retry>>,
    /// What follows when a lost answer was settled and no robot job was found: send again, or hold for a person.
    #[schemars(extend("default" = "resend"))]
    pub on_ambiguous: Option<Field<OnAmbiguous>>,
    /// `Low`, `Normal` or `High`, or a number from 1 to 100 on newer servers. Default: the release's own.
    #[schemars(extend("examples" = ["High", 65]))]
    pub priority: Option<Field<Priority>>,
    /// The kind of runtime (licence) that the robot job takes.
    #[schemars(extend("examples" = ["Unattended"]))]
    pub runtime: Option<Field<Runtime>>,
    /// Text put in front of sortie's own Reference: ASCII, at most 71 characters, so that both fit the API's 128.
    #[schemars(extend("examples" = ["payroll"]))]
    pub reference: Option<Field<ReferencePrefix>>,
    /// Environment variables of the robot job, in place of the release's.
    #[schemars(extend("examples" = [{ "REGION": "emea" }]))]
    pub environment: Option<Field<BTreeMap<String, Scalar>>>,
    /// The machines that may run it, by name or id.
    #[schemars(extend("examples" = [["VM-01"]]))]
    pub machines: Option<Field<Vec<IdOrName>>>,
    /// Pairs of machine and robot that may run it.
    #[schemars(extend("examples" = [[{ "machine": "VM-01", "robot": "ETL-01" }]]))]
    pub machine_robots: Option<Field<Vec<MachineRobot>>>,
    /// The machine sessions that may run it, by id.
    #[schemars(extend("examples" = [[70031]]))]
    pub machine_sessions: Option<Field<Vec<i64>>>,
    /// Fetch each robot job's output arguments into the report; implies waiting.
    #[schemars(extend("default" = false))]
    pub outputs: Option<Field<bool>>,
    /// Skip a launch that any earlier run of this manifest started, by the ledger.
    #[schemars(extend("default" = false))]
    pub once: Option<Field<bool>>,
    /// When Orchestrator itself stops or kills the robot job.
    #[schemars(extend("examples" = [{ "after": "2h" }]))]
    pub stop: Option<Field<Stop>>,
    /// Any other field of the request, by its API name (PascalCase), checked against its type and limits.
    #[schemars(extend("examples" = [{ "EntryPointPath": "main.xaml" }]))]
    pub start_info: Option<Field<BTreeMap<String, Anything>>>,
    /// Whether and how long to wait for this job's robot jobs.
    #[schemars(extend("examples" = [{ "timeout": "2h" }]))]
    pub wait: Option<Field<Wait>>,
    /// Which endings of this job's robot jobs make the run fail.
    pub outcome: Option<Field<OutcomePolicy>>,
    /// Stop sending this job's launches after so many failures.
    pub fail_fast: Option<Field<FailFast>>,
    /// Start with a few launches of this job, then more and more.
    pub ramp: Option<Field<Ramp>>,
}

/// A release: by name or key as text, or an object that says which.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(transform = open_branches)]
pub enum Release {
    /// A name; a GUID is taken as the key.
    Text(#[schemars(length(min = 1))] String),
    /// By one of its properties.
    By(ReleaseBy),
}

/// A release by exactly one of `name`, `key` and `package`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = open_keys)]
pub struct ReleaseBy {
    /// The release's name in its folder.
    pub name: Option<String>,
    /// The package version that it must have, with `name` or `package`: another one is an error, never started.
    pub version: Option<String>,
    /// The release's key, a GUID.
    pub key: Option<Guid>,
    /// The id of the package that the release was made from.
    pub package: Option<String>,
}

/// A folder: its path as text, or an object that says which.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(transform = open_branches)]
pub enum Folder {
    /// The fully qualified path, such as `Finance/AP`.
    Path(#[schemars(length(min = 1))] String),
    /// By one of its properties.
    By(FolderBy),
}

/// A folder by exactly one of `path`, `id` and `key`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = open_keys)]
pub struct FolderBy {
    /// The fully qualified path, such as `Finance/AP`.
    pub path: Option<String>,
    /// The folder's number. It may change on the server; paths and keys do not.
    pub id: Option<i64>,
    /// The folder's key, a GUID.
    pub key: Option<Guid>,
}

/// How Orchestrator picks robots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = words)]
pub enum Strategy {
    /// One robot job on every available robot of the folder.
    All,
    /// One robot job on each robot of `robots`.
    Specific,
    /// Deprecated, classic folders: `count` robot jobs, on as many robots.
    RobotCount,
    /// Classic folders: `count` robot jobs, on whichever robots are free.
    JobsCount,
    /// Modern folders, the default: `count` robot jobs, on whichever robots are free.
    ModernJobsCount,
}

/// How many robot jobs one launch starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Count(#[schemars(range(min = 1, max = 10000))] pub u32);

/// A thing by number or by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum IdOrName {
    /// The server's number for it.
    Id(i64),
    /// Its name.
    Name(#[schemars(length(min = 1))] String),
}

/// Text, a number or a boolean; sent as text.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Scalar(pub Value);

impl JsonSchema for Scalar {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["string", "number", "boolean"] })
    }
}

/// A machine and a robot on it, each by id or name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = open_keys)]
pub struct MachineRobot {
    /// The machine.
    pub machine: IdOrName,
    /// The robot.
    pub robot: IdOrName,
}

/// What must have come of another job.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(transform = branches)]
pub enum Needs {
    /// Each of these must have succeeded.
    Succeeded(Vec<JobName>),
    /// Each of these must have come as far as its condition says.
    Conditions(BTreeMap<JobName, NeedCondition>),
}

/// How far a needed job must have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = words)]
pub enum NeedCondition {
    /// Every launch started and every robot job ended well; the default.
    Succeeded,
    /// Every robot job is final, however it ended.
    Finished,
    /// Some launch or robot job failed.
    Failed,
    /// Every launch started.
    Started,
}

/// What follows a settled absence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = words)]
pub enum OnAmbiguous {
    /// Send again; the default.
    Resend,
    /// Leave it `unknown` for a person to decide: for launches that move money.
    Hold,
}

/// A launch's priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Priority {
    /// One of three levels.
    Level(PriorityLevel),
    /// A number from 1 (lowest) to 100.
    Value(#[schemars(range(min = 1, max = 100))] u8),
}

/// A level of priority, as the API spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = words)]
pub enum PriorityLevel {
    /// As 25.
    Low,
    /// As 45.
    Normal,
    /// As 65.
    High,
}

/// The kind of runtime that a robot job takes, as the API spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the API names these and says no more")]
pub enum Runtime {
    NonProduction,
    Attended,
    Unattended,
    Development,
    Studio,
    RpaDeveloper,
    StudioX,
    CitizenDeveloper,
    Headless,
    StudioPro,
    RpaDeveloperPro,
    TestAutomation,
    AutomationCloud,
    Serverless,
    AutomationKit,
    ServerlessTestAutomation,
    AutomationCloudTestAutomation,
    AttendedStudioWeb,
    Hosting,
    AssistantWeb,
    ProcessOrchestration,
    AgentService,
    AppTest,
    PerformanceTest,
}

/// The author's own part of a Reference.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ReferencePrefix(#[schemars(length(min = 1, max = 71), regex(pattern = "^[ -~]*$"))] pub String);

/// When Orchestrator itself stops a robot job.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = open_keys)]
pub struct Stop {
    /// Stop the robot job after this time.
    pub after: TimeSpan,
    /// How: ask it to stop, or kill it.
    pub strategy: Option<StopStrategy>,
    /// Kill it where it has not stopped after this further time.
    pub kill_after: Option<TimeSpan>,
}

/// How a robot job is stopped, as the API spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(transform = words)]
pub enum StopStrategy {
    /// Ask the robot job to stop at its next safe point.
    SoftStop,
    /// Kill the robot job.
    Kill,
}
