//! The body of a `StartJobs` call: what an offline plan shows and what the client sends are one text.
//!
//! In: a job's fields, rendered. Out: [`StartInfo`], and its JSON text `{"startInfo":{...}}`, PascalCase.
//! Strategy and its count or robots are always there; any other field only where the author wrote it, since it is
//! not known whether old servers refuse fields that they do not know. Never: resolves a name.

use serde::Serialize;
use serde_json::Value;

mod body;
mod choices;
mod fields;
mod input;
mod model;
mod parts;

pub use crate::launch_terms::StopStrategy;
use body::RequestBody;
pub use choices::{PriorityLevel, Runtime, Strategy};
pub use fields::{FIELDS, FieldKind, StartInfoError, StartInfoField, check, find};
pub use input::{Input, MAX_ARGUMENTS_UTF16, arguments_text};
pub use model::{LaunchPriority, MachineRef, ReleaseField, RobotRef, RobotStrategy, StartInfo};
pub use parts::{MAX_ENVIRONMENT_UTF16, MachinePair, StopRule, environment_text};

use crate::ids::{MachineId, Reference, ReleaseKey, RobotId};

/// Maximum robot jobs that one call may ask for: a limit of ours, the API's is not published.
pub const MAX_JOBS_PER_CALL: u32 = 10_000;

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

    use serde_json::{Map, json};

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
