//! Fields of the request that are made of several values: machines, stopping, environment variables.
//!
//! In: values that were read from a job. Out: the fields' JSON, as the API spells it. Never: judges a manifest.
//! Source: Orchestrator OpenAPI, `StartProcessDto`; `docs/orchestrator-api.md`, section 4.1.

use std::time::Duration;

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::Value;

use crate::launch_terms::StopStrategy;
use crate::words::Words as _;

/// Maximum length of `EnvironmentVariables`, in UTF-16 units.
pub const MAX_ENVIRONMENT_UTF16: usize = 4000;

/// An entry of `MachineRobots`: a machine that may run the robot job, and as which robot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MachinePair<M, R> {
    /// The machine.
    pub machine: M,
    /// The robot; none: any.
    pub robot: Option<R>,
}

impl<M: Serialize, R: Serialize> Serialize for MachinePair<M, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_map(None)?;
        fields.serialize_entry("MachineId", &self.machine)?;
        if let Some(robot) = &self.robot {
            fields.serialize_entry("RobotId", robot)?;
        }
        fields.end()
    }
}

/// When Orchestrator itself stops the robot job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopRule {
    /// After so long; whole seconds.
    pub after: Duration,
    /// `StopStrategy`.
    pub strategy: Option<StopStrategy>,
    /// It is killed where it has not stopped after this further time; whole seconds.
    pub kill_after: Option<Duration>,
}

impl StopRule {
    /// The request's fields. The expressions are numbers of seconds, as text.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&'static str, Value)> {
        let seconds = |span: Duration| Value::String(span.as_secs().to_string());
        let strategy = self.strategy.map(|strategy| ("StopStrategy", strategy.word().into()));
        [Some(("StopProcessExpression", seconds(self.after))), strategy]
            .into_iter()
            .chain([self.kill_after.map(|span| ("KillProcessExpression", seconds(span)))])
            .flatten()
    }
}

/// `EnvironmentVariables`: a line `KEY=VALUE` for each.
#[must_use]
pub fn environment_text<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Box<str> {
    let lines: Vec<String> = variables.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
    lines.join("\n").into()
}
