//! Every field of the request, with its type and limits: one table, held against the published description by a test.
//!
//! In: a field's name and a value. Out: whether the API takes it. Never: sends anything.
//! Source: Orchestrator OpenAPI, `StartProcessDto` and what it refers to.

use serde_json::Value;

use super::choices::{PriorityLevel, Runtime, Strategy};
use crate::diagnostic::nearest;
use crate::launch_terms::StopStrategy;
use crate::words::Words as _;

/// One field of the request.
#[derive(Clone, Copy, Debug)]
pub struct StartInfoField {
    /// The name, as the API spells it.
    pub name: &'static str,
    /// What it takes.
    pub kind: FieldKind,
    /// Which key of a manifest's job sets it; none: it is written in `start-info`.
    pub key: Option<&'static str>,
}

/// What a field takes.
#[derive(Clone, Copy, Debug)]
pub enum FieldKind {
    /// Text of at most so many UTF-16 units, which is how the server counts; 0: no limit is published.
    Text(usize),
    /// A GUID as text.
    Guid,
    /// `true` or `false`.
    Bool,
    /// An integer within these limits.
    Integer(i64, i64),
    /// One of these words.
    Words(&'static [&'static str]),
    /// A list of such values.
    List(&'static FieldKind),
    /// An object with these fields, the first `usize` of which are required.
    Object(usize, &'static [StartInfoField]),
}

use FieldKind::{Bool, Guid, Integer, List, Object, Text, Words};

const INT32: FieldKind = Integer(i32::MIN as i64, i32::MAX as i64);
const INT64: FieldKind = Integer(i64::MIN, i64::MAX);

const fn own(name: &'static str, kind: FieldKind, key: &'static str) -> StartInfoField {
    StartInfoField { name, kind, key: Some(key) }
}

const fn other(name: &'static str, kind: FieldKind) -> StartInfoField {
    StartInfoField { name, kind, key: None }
}

/// Every field of `StartProcessDto`, in the order of the description.
pub const FIELDS: &[StartInfoField] = &[
    own("ReleaseKey", Text(0), "release"),
    own("ReleaseName", Text(0), "release"),
    own("Strategy", Words(Strategy::NAMES), "strategy"),
    own("RobotIds", List(&INT64), "robots"),
    own("MachineSessionIds", List(&INT64), "machine-sessions"),
    own("NoOfRobots", INT32, "count"),
    own("JobsCount", INT32, "count"),
    other("Source", Words(SOURCES)),
    own("JobPriority", Words(PriorityLevel::NAMES), "priority"),
    own("SpecificPriorityValue", Integer(1, 100), "priority"),
    own("RuntimeType", Words(Runtime::NAMES), "runtime"),
    own("InputArguments", Text(super::MAX_ARGUMENTS_UTF16), "arguments"),
    own("InputFile", Guid, "input-file"),
    own("EnvironmentVariables", Text(super::MAX_ENVIRONMENT_UTF16), "environment"),
    own("Reference", Text(128), "reference"),
    own("MachineRobots", List(&MACHINE_ROBOT), "machine-robots"),
    other("Attachments", List(&ATTACHMENT)),
    other("TargetFramework", Words(&["Legacy", "Windows", "Portable"])),
    other("ResumeOnSameContext", Bool),
    other("BatchExecutionKey", Guid),
    other("RequiresUserInteraction", Bool),
    own("StopProcessExpression", Text(0), "stop"),
    own("StopStrategy", Words(StopStrategy::NAMES), "stop"),
    own("KillProcessExpression", Text(0), "stop"),
    other("RemoteControlAccess", Words(&["None", "ReadOnly", "Full"])),
    other("AlertPendingExpression", Text(0)),
    other("AlertRunningExpression", Text(0)),
    other("RunAsMe", Bool),
    other("ParentOperationId", Text(128)),
    other("AutopilotForRobots", Object(0, &[other("Enabled", Bool), other("HealingEnabled", Bool)])),
    other("ProfilingOptions", Text(4000)),
    other("FpsContext", Text(2048)),
    other("FpsProperties", Text(4000)),
    other("TraceId", Text(255)),
    other("ParentSpanId", Text(255)),
    other("RootSpanId", Text(255)),
    other("EntryPointPath", Text(0)),
    other("VideoRecordingSettings", Object(0, VIDEO)),
    other("MachineInfraTarget", Object(0, INFRA)),
];

const SOURCES: &[&str] = &[
    "Manual",
    "Schedule",
    "Queue",
    "StudioWeb",
    "IntegrationTrigger",
    "StudioDesktop",
    "AutomationOpsPipelines",
    "Apps",
    "SAP",
    "HttpTrigger",
    "HttpTriggerWithCallback",
    "RobotAPI",
    "Assistant",
    "CommandLine",
    "RobotNetAPI",
    "Autopilot",
    "TestManager",
    "AgentService",
    "ProcessOrchestration",
    "PluginEcosystem",
    "PerformanceTesting",
    "AgentHub",
    "ApiWorkflow",
];

const MACHINE_ROBOT: FieldKind = Object(
    0,
    &[
        other("MachineId", INT64),
        other("MachineName", Text(0)),
        other("RobotId", INT64),
        other("RobotUserName", Text(0)),
    ],
);

const ATTACHMENT: FieldKind = Object(
    1,
    &[
        other("attachmentId", Guid),
        other("jobKey", Guid),
        other("category", Text(128)),
        other("attachmentName", Text(256)),
        other("lastModificationTime", Text(0)),
        other("lastModifierUserId", INT64),
        other("creationTime", Text(0)),
        other("creatorUserId", INT64),
        other("id", Guid),
    ],
);

const VIDEO: &[StartInfoField] = &[
    other("VideoRecordingType", Words(RECORDINGS)),
    other("QueueItemVideoRecordingType", Words(RECORDINGS)),
    other("MaxDurationSeconds", INT32),
];

const RECORDINGS: &[&str] = &["None", "Failed", "All"];

const INFRA: &[StartInfoField] =
    &[other("MachineTemplateName", Text(0)), other("HostMachineName", Text(0)), other("ServiceUserName", Text(0))];

/// What is wrong with a field, and what to do. Never shows the value: it may hold a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartInfoError {
    /// The complaint, whole.
    pub what: String,
    /// A next step.
    pub help: Option<String>,
}

/// The field called `name`, as an author may write it under `start-info`.
///
/// Errors: the API has no such field, spells it otherwise, or a job's own key sets it.
pub fn find(name: &str) -> Result<&'static StartInfoField, StartInfoError> {
    let Some(field) = FIELDS.iter().find(|field| field.name == name) else {
        let near = nearest(name, FIELDS.iter().map(|field| field.name));
        let what = format!("the request has no field `{name}`");
        return Err(StartInfoError { what, help: near.map(|near| format!("did you mean `{near}`?")) });
    };
    if field.name == "BatchExecutionKey" {
        let what = "`BatchExecutionKey` is sortie's to set".to_owned();
        return Err(StartInfoError { what, help: Some("see `batch-execution-key` of the profile".to_owned()) });
    }
    match field.key {
        None => Ok(field),
        Some(key) => Err(StartInfoError {
            what: format!("`{name}` has a key of its own"),
            help: Some(format!("write `{key}` in the job instead")),
        }),
    }
}

/// Holds `value` against what the field takes. `null` is taken by every field: the server then uses its default.
pub fn check(field: &StartInfoField, value: &Value) -> Result<(), StartInfoError> {
    check_kind(field.name, &field.kind, value)
}

fn check_kind(name: &str, kind: &FieldKind, value: &Value) -> Result<(), StartInfoError> {
    let wrong = |wanted: String| Err(StartInfoError { what: format!("`{name}` must be {wanted}"), help: None });
    match (kind, value) {
        (_, Value::Null) | (Text(0), Value::String(_)) | (Bool, Value::Bool(_)) => Ok(()),
        (Text(longest), Value::String(text)) if text.encode_utf16().count() <= *longest => Ok(()),
        (Text(longest), Value::String(_)) => wrong(format!("at most {longest} characters long")),
        (Guid, Value::String(text)) if text.len() == 36 && uuid::Uuid::try_parse(text).is_ok() => Ok(()),
        (Integer(least, most), Value::Number(number))
            if number.as_i64().is_some_and(|number| (*least..=*most).contains(&number)) =>
        {
            Ok(())
        }
        (Words(words), Value::String(text)) if words.contains(&text.as_str()) => Ok(()),
        (Words(words), Value::String(text)) => Err(StartInfoError {
            what: format!("`{name}` takes other words"),
            help: Some(match nearest(text, words.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("one of {}", words.join(", ")),
            }),
        }),
        (List(inner), Value::Array(items)) => items.iter().try_for_each(|item| check_kind(name, inner, item)),
        (Object(required, fields), Value::Object(entries)) => {
            if let Some(missing) = fields[..*required].iter().find(|field| !entries.contains_key(field.name)) {
                return Err(StartInfoError { what: format!("`{name}` lacks `{}`", missing.name), help: None });
            }
            entries.iter().try_for_each(|(key, value)| match fields.iter().find(|field| field.name == key) {
                Some(field) => check_kind(field.name, &field.kind, value),
                None => Err(StartInfoError {
                    what: format!("`{name}` has no field `{key}`"),
                    help: nearest(key, fields.iter().map(|field| field.name))
                        .map(|near| format!("did you mean `{near}`?")),
                }),
            })
        }
        (Text(_), _) => wrong("text; put it in quotes".to_owned()),
        (Guid, _) => wrong("a GUID, such as `5b754c63-5d1a-4c37-bb9b-74b69e4934bf`".to_owned()),
        (Bool, _) => wrong("true or false".to_owned()),
        (Integer(least, most), _) => wrong(format!("an integer from {least} to {most}")),
        (Words(words), _) => wrong(format!("one of {}", words.join(", "))),
        (List(_), _) => wrong("a list".to_owned()),
        (Object(..), _) => wrong("a mapping".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_field_is_checked_by_its_type() {
        for (name, value, expected) in [
            ("EntryPointPath", json!("main.xaml"), Ok(())),
            ("EntryPointPath", json!(null), Ok(())),
            ("EntryPointPath", json!(3), Err("`EntryPointPath` must be text; put it in quotes")),
            ("RunAsMe", json!("yes"), Err("`RunAsMe` must be true or false")),
            ("TraceId", json!("x".repeat(255)), Ok(())),
            ("TraceId", json!("x".repeat(256)), Err("`TraceId` must be at most 255 characters long")),
            ("TraceId", json!("😀".repeat(128)), Err("`TraceId` must be at most 255 characters long")),
            ("Source", json!("Manual"), Ok(())),
            ("Source", json!("manual"), Err("`Source` takes other words")),
            ("AutopilotForRobots", json!({ "Enabled": true }), Ok(())),
            ("AutopilotForRobots", json!({ "enabled": true }), Err("`AutopilotForRobots` has no field `enabled`")),
            (
                "VideoRecordingSettings",
                json!({ "MaxDurationSeconds": 1.5 }),
                Err("`MaxDurationSeconds` must be an integer from -2147483648 to 2147483647"),
            ),
            ("Attachments", json!([{ "category": "x" }]), Err("`Attachments` lacks `attachmentId`")),
            (
                "Attachments",
                json!([{ "attachmentId": "x" }]),
                Err("`attachmentId` must be a GUID, such as `5b754c63-5d1a-4c37-bb9b-74b69e4934bf`"),
            ),
            ("Attachments", json!({}), Err("`Attachments` must be a list")),
        ] {
            let result = check(find(name).expect("a field"), &value).map_err(|wrong| wrong.what);
            assert_eq!(result, expected.map_err(str::to_owned), "{name}: {value}");
        }
    }

    #[test]
    fn a_wrong_name_is_explained() {
        for (name, help) in [
            ("entryPointPath", Some("did you mean `EntryPointPath`?")),
            ("EntrypointPth", Some("did you mean `EntryPointPath`?")),
            ("Zzz", None),
            ("ReleaseKey", Some("write `release` in the job instead")),
            ("NoOfRobots", Some("write `count` in the job instead")),
            ("InputArguments", Some("write `arguments` in the job instead")),
            ("BatchExecutionKey", Some("see `batch-execution-key` of the profile")),
        ] {
            assert_eq!(find(name).expect_err("refused").help.as_deref(), help, "{name}");
        }
    }
}
