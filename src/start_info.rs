//! The body of a `StartJobs` call: what an offline plan shows and what the client sends are one text.
//!
//! In: a job's fields, rendered. Out: [`StartInfo`], and its JSON text `{"startInfo":{...}}`, PascalCase.
//! Strategy and its count or robots are always there; any other field only where the author wrote it, since it is
//! not known whether old servers refuse fields that they do not know. Never: resolves a name.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

mod body;
mod choices;
mod fields;
mod input;
mod parts;

use body::RequestBody;
pub use choices::{PriorityLevel, Runtime, StopStrategy, Strategy};
pub use fields::{FIELDS, FieldKind, StartInfoError, StartInfoField, check, find};
pub use input::{Input, MAX_ARGUMENTS_UTF16, arguments_text};
pub use parts::{MAX_ENVIRONMENT_UTF16, MachinePair, StopRule, environment_text};

use crate::ids::{MachineId, Reference, ReleaseKey, RobotId};

/// Maximum robot jobs that one call may ask for: a limit of ours, the API's is not published.
pub const MAX_JOBS_PER_CALL: u32 = 10_000;

/// Everything that one call asks for but release and Reference. `R` is a robot and `M` a machine: by name before names
/// are resolved, else [`RobotId`] and [`MachineId`].
#[derive(Clone, Debug, PartialEq)]
pub struct StartInfo<R, M = MachineRef> {
    /// Which robots, and how many robot jobs.
    pub strategy: RobotStrategy<R>,
    /// `RuntimeType`.
    pub runtime: Option<Runtime>,
    /// `JobPriority` or `SpecificPriorityValue`.
    pub priority: Option<LaunchPriority>,
    /// `InputArguments` or `InputFile`.
    pub input: Option<Input>,
    /// `EnvironmentVariables`: lines `KEY=VALUE`.
    pub environment: Option<Box<str>>,
    /// `MachineRobots`; empty: any machine.
    pub machines: Vec<MachinePair<M, R>>,
    /// `MachineSessionIds`; empty: any session.
    pub sessions: Vec<i64>,
    /// `StopProcessExpression`, `StopStrategy` and `KillProcessExpression`.
    pub stop: Option<StopRule>,
    /// Fields of `start-info`, by API name, in the order written.
    pub others: Vec<(Box<str>, Value)>,
}

/// How Orchestrator picks robots. Source: `docs/orchestrator-api.md`, section 4.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RobotStrategy<R> {
    /// One robot job on every available robot of the folder.
    All,
    /// One robot job on each of these robots; at least one.
    Specific(Vec<R>),
    /// Deprecated: so many robot jobs, sent as `NoOfRobots`.
    RobotCount(u32),
    /// Classic folders: so many robot jobs.
    JobsCount(u32),
    /// Modern folders: so many robot jobs, on these robots where some are named.
    ModernJobsCount(u32, Vec<R>),
}

/// A launch's priority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LaunchPriority {
    /// `JobPriority`.
    Level(PriorityLevel),
    /// `SpecificPriorityValue`, from 1 to 100.
    Value(u8),
}

/// A robot as an author names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RobotRef {
    /// By number.
    Id(RobotId),
    /// By `Name`, `Username` or `DOMAIN\user`.
    Name(String),
}

/// A machine as an author names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum MachineRef {
    /// By number.
    Id(MachineId),
    /// By its name.
    Name(String),
}

/// How a body names its release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseField<'a> {
    /// `ReleaseKey`: what sortie sends.
    Key(ReleaseKey),
    /// `ReleaseName`: what a plan shows before names are resolved.
    Name(&'a str),
    /// The package in the key's place: what a plan shows before it is known which release is meant.
    Package(&'a str),
}

impl<R> RobotStrategy<R> {
    /// The name, as the API spells it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Specific(_) => "Specific",
            Self::RobotCount(_) => "RobotCount",
            Self::JobsCount(_) => "JobsCount",
            Self::ModernJobsCount(..) => "ModernJobsCount",
        }
    }

    /// How many robot jobs one call starts; none for `All`, where only the server knows.
    #[must_use]
    pub fn count(&self) -> Option<u32> {
        match self {
            Self::All => None,
            Self::Specific(robots) => {
                Some(u32::try_from(robots.len()).expect("a manifest names fewer than 2^32 robots"))
            }
            Self::RobotCount(count) | Self::JobsCount(count) | Self::ModernJobsCount(count, _) => Some(*count),
        }
    }

    /// The robots that are named.
    #[must_use]
    pub fn robots(&self) -> &[R] {
        match self {
            Self::Specific(robots) | Self::ModernJobsCount(_, robots) => robots,
            Self::All | Self::RobotCount(_) | Self::JobsCount(_) => &[],
        }
    }
}

impl<R, M> StartInfo<R, M> {
    /// The same with other robots and machines: one for each of the strategy's robots, and one for each pair.
    #[must_use]
    pub fn with_ids<S, N>(self, robots: Vec<S>, machines: Vec<MachinePair<N, S>>) -> StartInfo<S, N> {
        let strategy = match self.strategy {
            RobotStrategy::All => RobotStrategy::All,
            RobotStrategy::Specific(_) => RobotStrategy::Specific(robots),
            RobotStrategy::RobotCount(count) => RobotStrategy::RobotCount(count),
            RobotStrategy::JobsCount(count) => RobotStrategy::JobsCount(count),
            RobotStrategy::ModernJobsCount(count, _) => RobotStrategy::ModernJobsCount(count, robots),
        };
        let Self { runtime, priority, input, environment, sessions, stop, others, strategy: _, machines: _ } = self;
        StartInfo { strategy, runtime, priority, input, environment, machines, sessions, stop, others }
    }

    /// The input arguments as written, however they are sent; `None` if a file or nothing is.
    #[must_use]
    pub fn arguments(&self) -> Option<&Map<String, Value>> {
        self.input.as_ref().and_then(Input::arguments)
    }
}

impl<R: Serialize, M: Serialize> StartInfo<R, M> {
    /// The body as JSON, with `reference` as its Reference.
    #[must_use]
    pub fn to_json(&self, release: ReleaseField<'_>, reference: &str) -> Value {
        serde_json::to_value(RequestBody { start_info: self, release, reference }).expect("a body holds only JSON")
    }
}

impl StartInfo<RobotId, MachineId> {
    /// The JSON text that is sent.
    #[must_use]
    pub fn body(&self, release: ReleaseKey, reference: &Reference) -> String {
        let body = RequestBody { start_info: self, release: ReleaseField::Key(release), reference: reference.as_str() };
        serde_json::to_string(&body).expect("a body holds only JSON")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::ids::{AttachmentId, LaunchId, RunId};

    #[test]
    fn the_body_holds_what_was_written_and_nothing_else() {
        let key = ReleaseKey("5b754c63-5d1a-4c37-bb9b-74b69e4934bf".parse().unwrap());
        let reference = Reference::new(None, RunId::new_at(0, [0; 10]), &LaunchId::from("a"));
        let plain: StartInfo<RobotId, MachineId> = StartInfo {
            strategy: RobotStrategy::Specific(vec![RobotId(1553)]),
            runtime: None,
            priority: None,
            input: Some(Input::Arguments(Map::from_iter([("message".to_owned(), json!("Aloha"))]))),
            environment: None,
            machines: Vec::new(),
            sessions: Vec::new(),
            stop: None,
            others: Vec::new(),
        };
        assert_eq!(
            plain.body(key, &reference),
            format!(
                r#"{{"startInfo":{{"ReleaseKey":"{key}","Strategy":"Specific","RobotIds":[1553],"InputArguments":"{{\"message\":\"Aloha\"}}","Reference":"{reference}"}}}}"#
            )
        );
        let full = StartInfo {
            strategy: RobotStrategy::ModernJobsCount(3, Vec::new()),
            runtime: Some(Runtime::Unattended),
            priority: Some(LaunchPriority::Value(65)),
            input: Some(Input::Attachment(AttachmentId(key.0))),
            environment: Some(environment_text([("A", "1"), ("B", "x=y z")])),
            machines: vec![
                MachinePair { machine: MachineRef::Name("VM-01".to_owned()), robot: None },
                MachinePair { machine: MachineRef::Id(MachineId(5)), robot: Some(RobotId(7)) },
            ],
            sessions: vec![70031],
            stop: Some(StopRule {
                after: Duration::from_secs(7200),
                strategy: Some(StopStrategy::SoftStop),
                kill_after: Some(Duration::from_secs(60)),
            }),
            others: vec![("EntryPointPath".into(), json!("main.xaml"))],
        };
        assert_eq!(
            full.to_json(ReleaseField::Name("Loader"), "r"),
            json!({"startInfo": {"ReleaseName": "Loader", "Strategy": "ModernJobsCount",
                "MachineRobots": [{"MachineId": "VM-01"}, {"MachineId": 5, "RobotId": 7}], "MachineSessionIds": [70031],
                "JobsCount": 3, "RuntimeType": "Unattended", "SpecificPriorityValue": 65,
                "StopProcessExpression": "7200", "StopStrategy": "SoftStop", "KillProcessExpression": "60",
                "EnvironmentVariables": "A=1\nB=x=y z", "EntryPointPath": "main.xaml",
                "InputFile": "5b754c63-5d1a-4c37-bb9b-74b69e4934bf", "Reference": "r"}})
        );
    }
}
