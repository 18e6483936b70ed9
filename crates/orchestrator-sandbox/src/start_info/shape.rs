//! What each property of a request may hold: types, lengths, members.
//!
//! Source: `StartProcessDto` of the Orchestrator OpenAPI description; `docs/orchestrator-api.md`, section 4.1.

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::dto::names::{FRAMEWORKS, PRIORITIES, REMOTE_CONTROL, RUNTIMES, SOURCES, STOP_STRATEGIES, STRATEGIES};
use crate::odata::value::Names;
use crate::refusal::Refusal;
use crate::world::switches::{LengthUnit, Switches};

/// What a property may hold.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Text(usize),
    /// JSON text of an object, as long as the world's switches allow.
    JsonText,
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

pub(super) const ANY_LENGTH: usize = usize::MAX;
const INT32: Shape = Shape::Int { least: i32::MIN as i64, most: i32::MAX as i64 };

pub(super) static PROPERTIES: &[(&str, Shape)] = &[
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
    ("InputArguments", Shape::JsonText),
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

impl Shape {
    /// Refuses a value that the property cannot have; null is absence.
    pub(super) fn check(self, name: &str, value: &Value, switches: &Switches) -> Result<(), Refusal> {
        let wanted = match self {
            Self::Text(most) => (!is_text(value, most)).then(|| text_of(most)),
            Self::JsonText => {
                let most = switches.input_arguments_limit;
                let (is_short, unit) = match switches.input_arguments_unit {
                    LengthUnit::Characters => (is_text(value, most), "characters"),
                    LengthUnit::Bytes => (value.as_str().is_some_and(|text| text.len() <= most), "bytes"),
                };
                let is_object = |text| serde_json::from_str::<Map<String, Value>>(text).is_ok();
                let is_json = is_short && value.as_str().is_some_and(is_object);
                (!is_json).then(|| format!("the JSON text of an object, of at most {most} {unit}"))
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
pub(crate) fn member(value: &Value, names: Names) -> Option<usize> {
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

pub(super) fn no_property(name: &str) -> Refusal {
    Refusal::invalid_request(format!("the property `{}` does not exist on `StartProcessDto`", name.escape_debug()))
}
