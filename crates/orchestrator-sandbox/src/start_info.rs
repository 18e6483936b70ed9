//! The body of `StartJobs` -> [`StartInfo`]: shapes, limits and spelling, one property at a time.
//!
//! In: the body's bytes. Out: what is asked for, well-formed in itself; or the refusal. Never: whether release and
//! robots exist, or which properties go together (`tenant/start.rs`). Names fit in any letter case.
//! Source: `StartProcessDto` of the Orchestrator OpenAPI description; `docs/orchestrator-api.md`, section 4.1.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::dto::names::{PRIORITIES, RUNTIMES, SOURCE_TYPES, SOURCES, STRATEGIES};
use super::odata::value::Names;
use super::refusal::Refusal;
use super::world::switches::{Switches, UnknownProperties};
pub(crate) use shape::member;
use shape::{PROPERTIES, no_property};

mod shape;

/// `Strategy`, its members in the order of [`STRATEGIES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strategy {
    All,
    Specific,
    RobotCount,
    JobsCount,
    ModernJobsCount,
}

/// One start, as asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct StartInfo {
    pub(crate) release_key: Option<Uuid>,
    pub(crate) release_name: Option<String>,
    pub(crate) strategy: Option<Strategy>,
    pub(crate) robot_ids: Vec<i64>,
    pub(crate) machine_sessions: Vec<i64>,
    pub(crate) machine_robots: Vec<MachineRobot>,
    pub(crate) robots_count: i64,
    /// Absent is not 0: `ModernJobsCount` takes it as 1.
    pub(crate) jobs_count: Option<i64>,
    pub(crate) batch: Option<Uuid>,
    pub(crate) input_arguments: Option<Box<str>>,
    pub(crate) input_file: Option<Uuid>,
    pub(crate) reference: Option<Box<str>>,
    /// A place among [`RUNTIMES`].
    pub(crate) runtime: Option<usize>,
    standard_priority: Option<usize>,
    specific_priority: Option<i64>,
    /// What is only carried, by its name in the table.
    rest: BTreeMap<&'static str, Value>,
}

/// One of `MachineRobots`: a pair of machine and robot, each by number or by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct MachineRobot {
    pub(crate) machine: Option<i64>,
    pub(crate) machine_name: Option<String>,
    pub(crate) robot: Option<i64>,
    pub(crate) robot_user_name: Option<String>,
}

impl MachineRobot {
    /// Names fit in any letter case; a value of another type counts as absent.
    fn of(pair: &Value) -> Self {
        let value = |name: &str| {
            let mut members = pair.as_object().into_iter().flatten();
            members.find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        };
        let number = |name| value(name).and_then(Value::as_i64);
        let text = |name| value(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        Self {
            machine: number("MachineId"),
            machine_name: text("MachineName"),
            robot: number("RobotId"),
            robot_user_name: text("RobotUserName"),
        }
    }
}

impl StartInfo {
    /// Reads a body `{"startInfo": {..}}`. A property that is null counts as absent.
    pub(crate) fn read(body: &[u8], switches: &Switches) -> Result<Self, Refusal> {
        let Ok(Value::Object(body)) = serde_json::from_slice(body) else {
            return Err(Refusal::missing("startInfo"));
        };
        let mut found = None;
        for (name, value) in body {
            match (name.eq_ignore_ascii_case("startInfo"), switches.unknown_properties) {
                (true, _) => found = Some(value),
                (false, UnknownProperties::Refuse) => return Err(no_property(&name)),
                (false, UnknownProperties::Ignore) => {}
            }
        }
        match found {
            Some(Value::Object(properties)) => Self::of(properties, switches),
            _ => Err(Refusal::missing("startInfo")),
        }
    }

    fn of(properties: Map<String, Value>, switches: &Switches) -> Result<Self, Refusal> {
        let mut by_name = BTreeMap::new();
        for (name, value) in properties {
            let is_lacking = || switches.lacks.iter().any(|lacking| lacking.eq_ignore_ascii_case(&name));
            let known = PROPERTIES.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name) && !is_lacking());
            match known {
                Some((known, shape)) => {
                    shape.check(known, &value, switches)?;
                    if by_name.insert(*known, value).is_some() {
                        return Err(Refusal::invalid_request(format!("`{known}` is given twice")));
                    }
                }
                None if switches.unknown_properties == UnknownProperties::Refuse => return Err(no_property(&name)),
                None => {}
            }
        }
        by_name.retain(|_, value| !value.is_null());
        let mut take = |name: &str| by_name.remove(name).unwrap_or(Value::Null);
        let guid = |value: Value| value.as_str().and_then(|text| Uuid::try_parse(text).ok());
        let text = |value: Value| if let Value::String(text) = value { Some(text) } else { None };
        Ok(Self {
            release_key: guid(take("ReleaseKey")),
            release_name: text(take("ReleaseName")),
            strategy: member(&take("Strategy"), STRATEGIES).map(|number| match number {
                0 => Strategy::All,
                1 => Strategy::Specific,
                2 => Strategy::RobotCount,
                3 => Strategy::JobsCount,
                _ => Strategy::ModernJobsCount,
            }),
            robot_ids: integers(&take("RobotIds")),
            machine_sessions: integers(&take("MachineSessionIds")),
            machine_robots: take("MachineRobots").as_array().into_iter().flatten().map(MachineRobot::of).collect(),
            robots_count: take("NoOfRobots").as_i64().unwrap_or(0),
            jobs_count: take("JobsCount").as_i64(),
            batch: guid(take("BatchExecutionKey")),
            input_arguments: text(take("InputArguments")).map(Into::into),
            input_file: guid(take("InputFile")),
            reference: text(take("Reference")).map(Into::into),
            runtime: member(&take("RuntimeType"), RUNTIMES),
            standard_priority: member(&take("JobPriority"), PRIORITIES),
            specific_priority: take("SpecificPriorityValue").as_i64(),
            rest: by_name,
        })
    }

    /// A text that is only carried.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.rest.get(name)?.as_str()
    }

    /// A flag that is only carried.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.rest.get(name)?.as_bool()
    }

    /// The number of a member that is only carried.
    pub(crate) fn member(&self, name: &str, names: Names) -> Option<usize> {
        member(self.rest.get(name)?, names)
    }

    /// `SourceType`'s spelling of `Source`.
    pub(crate) fn source(&self) -> &'static str {
        let source = self.member("Source", SOURCES).and_then(|number| SOURCES.get(number)).copied();
        match source {
            Some("HttpTriggerWithCallback") => "HttpTriggerCallback",
            Some(source) if SOURCE_TYPES.contains(&source) => source,
            Some(_) | None => "Manual",
        }
    }

    /// Whether both kinds of priority are asked for, which is refused.
    pub(crate) fn has_two_priorities(&self) -> bool {
        self.standard_priority.is_some() && self.specific_priority.is_some()
    }

    /// The priority in both spellings: the place among [`PRIORITIES`], and the number. Bands: Low 25, Normal 45, High 65.
    pub(crate) fn priority(&self) -> (usize, i64) {
        match (self.standard_priority, self.specific_priority) {
            (Some(standard), _) => (standard, [25, 45, 65].get(standard).copied().unwrap_or(45)),
            (None, Some(specific)) => (usize::from(specific > 34) + usize::from(specific > 54), specific),
            (None, None) => (1, 45),
        }
    }
}

fn integers(value: &Value) -> Vec<i64> {
    value.as_array().into_iter().flatten().filter_map(Value::as_i64).collect()
}
