//! The body of `StartJobs` -> [`StartInfo`]: shapes, limits and spelling, one property at a time.
//!
//! In: the body's bytes. Out: what is asked for, well-formed in itself; or the refusal. Never: whether release and
//! robots exist, or which properties go together (`tenant/start.rs`). Names fit in any letter case.
//! Source: `StartProcessDto` of the Orchestrator OpenAPI description; `API.md` section 4.1.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::dto::names::{
    FRAMEWORKS, PRIORITIES, REMOTE_CONTROL, RUNTIMES, SOURCE_TYPES, SOURCES, STOP_STRATEGIES, STRATEGIES,
};
use super::odata::value::Names;
use super::refusal::Refusal;
use super::world::UnknownProperties;

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

/// What a property may hold.
#[derive(Clone, Copy)]
enum Shape {
    Text(usize),
    /// JSON text of an object.
    JsonText(usize),
    Guid,
    Int {
        least: i64,
        most: i64,
    },
    Ints,
    Flag,
    Member(Names),
    Object(&'static [&'static str]),
    Objects(&'static [&'static str]),
}

const ANY_LENGTH: usize = usize::MAX;
const INT32: Shape = Shape::Int { least: i32::MIN as i64, most: i32::MAX as i64 };

static PROPERTIES: &[(&str, Shape)] = &[
    ("ReleaseKey", Shape::Guid),
    ("ReleaseName", Shape::Text(ANY_LENGTH)),
    ("Strategy", Shape::Member(STRATEGIES)),
    ("RobotIds", Shape::Ints),
    ("MachineSessionIds", Shape::Ints),
    ("NoOfRobots", INT32),
    ("JobsCount", INT32),
    ("Source", Shape::Member(SOURCES)),
    ("JobPriority", Shape::Member(PRIORITIES)),
    ("SpecificPriorityValue", Shape::Int { least: 1, most: 100 }),
    ("RuntimeType", Shape::Member(RUNTIMES)),
    ("InputArguments", Shape::JsonText(10_000)),
    ("InputFile", Shape::Guid),
    ("EnvironmentVariables", Shape::Text(4_000)),
    ("Reference", Shape::Text(128)),
    ("MachineRobots", Shape::Objects(&["MachineId", "MachineName", "RobotId", "RobotUserName"])),
    (
        "Attachments",
        Shape::Objects(&[
            "attachmentId",
            "jobKey",
            "category",
            "attachmentName",
            "lastModificationTime",
            "lastModifierUserId",
            "creationTime",
            "creatorUserId",
            "id",
        ]),
    ),
    ("TargetFramework", Shape::Member(FRAMEWORKS)),
    ("ResumeOnSameContext", Shape::Flag),
    ("BatchExecutionKey", Shape::Guid),
    ("RequiresUserInteraction", Shape::Flag),
    ("StopProcessExpression", Shape::Text(ANY_LENGTH)),
    ("StopStrategy", Shape::Member(STOP_STRATEGIES)),
    ("KillProcessExpression", Shape::Text(ANY_LENGTH)),
    ("RemoteControlAccess", Shape::Member(REMOTE_CONTROL)),
    ("AlertPendingExpression", Shape::Text(ANY_LENGTH)),
    ("AlertRunningExpression", Shape::Text(ANY_LENGTH)),
    ("RunAsMe", Shape::Flag),
    ("ParentOperationId", Shape::Text(128)),
    ("AutopilotForRobots", Shape::Object(&["Enabled", "HealingEnabled"])),
    ("ProfilingOptions", Shape::Text(4_000)),
    ("FpsContext", Shape::Text(2_048)),
    ("FpsProperties", Shape::Text(4_000)),
    ("TraceId", Shape::Text(255)),
    ("ParentSpanId", Shape::Text(255)),
    ("RootSpanId", Shape::Text(255)),
    ("EntryPointPath", Shape::Text(ANY_LENGTH)),
    (
        "VideoRecordingSettings",
        Shape::Object(&["VideoRecordingType", "QueueItemVideoRecordingType", "MaxDurationSeconds"]),
    ),
    ("MachineInfraTarget", Shape::Object(&["MachineTemplateName", "HostMachineName", "ServiceUserName"])),
];

impl StartInfo {
    /// Reads a body `{"startInfo": {..}}`. A property that is null counts as absent.
    pub(crate) fn read(body: &[u8], unknown: UnknownProperties) -> Result<Self, Refusal> {
        let Ok(Value::Object(body)) = serde_json::from_slice(body) else {
            return Err(Refusal::no_start_info());
        };
        let mut found = None;
        for (name, value) in body {
            match (name.eq_ignore_ascii_case("startInfo"), unknown) {
                (true, _) => found = Some(value),
                (false, UnknownProperties::Refuse) => return Err(no_property(&name)),
                (false, UnknownProperties::Ignore) => {}
            }
        }
        match found {
            Some(Value::Object(properties)) => Self::of(properties, unknown),
            _ => Err(Refusal::no_start_info()),
        }
    }

    fn of(properties: Map<String, Value>, unknown: UnknownProperties) -> Result<Self, Refusal> {
        let mut by_name = BTreeMap::new();
        for (name, value) in properties {
            match PROPERTIES.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name)) {
                Some((known, shape)) => {
                    shape.check(known, &value)?;
                    if by_name.insert(*known, value).is_some() {
                        return Err(Refusal::invalid_request(format!("`{known}` is given twice")));
                    }
                }
                None if unknown == UnknownProperties::Refuse => return Err(no_property(&name)),
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
            robot_ids: take("RobotIds").as_array().into_iter().flatten().filter_map(Value::as_i64).collect(),
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

impl Shape {
    /// Refuses a value that the property cannot have; null is absence.
    fn check(self, name: &str, value: &Value) -> Result<(), Refusal> {
        let wanted = match self {
            Self::Text(most) => (!is_text(value, most)).then(|| text_of(most)),
            Self::JsonText(most) => {
                let is_object = |text| matches!(serde_json::from_str(text), Ok(Value::Object(_)));
                let is_json = is_text(value, most) && value.as_str().is_some_and(is_object);
                (!is_json).then(|| format!("the JSON text of an object, {}", text_of(most)))
            }
            Self::Guid => {
                let is_guid = value.as_str().is_some_and(|text| Uuid::try_parse(text).is_ok());
                (!is_guid).then(|| "a GUID".to_owned())
            }
            Self::Int { least, most } => {
                let is_within = value.as_i64().is_some_and(|number| (least..=most).contains(&number));
                (!is_within).then(|| format!("an integer from {least} to {most}"))
            }
            Self::Ints => {
                let is_int = |item: &Value| item.as_i64().is_some();
                let are_ints = value.as_array().is_some_and(|items| items.iter().all(is_int));
                (!are_ints).then(|| "an array of integers".to_owned())
            }
            Self::Flag => (!value.is_boolean()).then(|| "true or false".to_owned()),
            Self::Member(names) => member(value, names).is_none().then(|| format!("one of {}", names.join(", "))),
            Self::Object(names) => match value.as_object() {
                Some(object) => return has_only(name, object, names),
                None => (!value.is_null()).then(|| "an object".to_owned()),
            },
            Self::Objects(names) => {
                let objects: Option<Vec<_>> =
                    value.as_array().and_then(|items| items.iter().map(Value::as_object).collect());
                match objects {
                    Some(objects) => return objects.into_iter().try_for_each(|object| has_only(name, object, names)),
                    None => Some("an array of objects".to_owned()),
                }
            }
        };
        match wanted.filter(|_| !value.is_null()) {
            None => Ok(()),
            Some(wanted) => Err(Refusal::invalid_request(format!("`{name}` must be {wanted}"))),
        }
    }
}

/// Whether `value` is a text of at most `most` UTF-16 units, as .NET counts a string's length.
fn is_text(value: &Value, most: usize) -> bool {
    value.as_str().is_some_and(|text| text.len() <= most || text.encode_utf16().count() <= most)
}

fn text_of(most: usize) -> String {
    if most == ANY_LENGTH { "a string".to_owned() } else { format!("a string of at most {most} characters") }
}

/// The number of a member that is given by its name, or by its number as a number or text.
fn member(value: &Value, names: Names) -> Option<usize> {
    match value {
        Value::String(text) => names.iter().position(|name| name == text).or_else(|| text.parse().ok()),
        Value::Number(number) => number.as_u64().and_then(|number| usize::try_from(number).ok()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
    .filter(|number| *number < names.len())
}

fn has_only(property: &str, object: &Map<String, Value>, names: &[&str]) -> Result<(), Refusal> {
    match object.keys().find(|key| !names.iter().any(|name| name.eq_ignore_ascii_case(key))) {
        None => Ok(()),
        Some(key) => Err(no_property(&format!("{property}/{key}"))),
    }
}

fn no_property(name: &str) -> Refusal {
    Refusal::invalid_request(format!("the property `{}` does not exist on `StartProcessDto`", name.escape_debug()))
}
