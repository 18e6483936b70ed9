//! A trigger of Orchestrator: what it starts, and when.
//!
//! In: a `ProcessScheduleDto`. Out: the fields of a request, and its cron expression, read. Never: asks a server.
//! Source: Orchestrator OpenAPI, `ProcessScheduleDto`.

use serde_json::{Map, Value, json};

use super::cron::{self, CronReading};
use super::draft::Draft;
use crate::start_info::FIELDS;

/// What a trigger has beside what it starts, and what nobody misses.
const BOOKKEEPING: [&str; 22] = [
    "Key",
    "Id",
    "Name",
    "Enabled",
    "ReleaseId",
    "ReleaseName",
    "PackageName",
    "EnvironmentId",
    "EnvironmentName",
    "StartProcessCron",
    "StartProcessCronDetails",
    "StartProcessCronSummary",
    "StartProcessNextOccurrence",
    "StartStrategy",
    "ExecutorRobots",
    "ExternalJobKey",
    "ExternalJobKeyScheduler",
    "TimeZoneId",
    "TimeZoneIana",
    "Description",
    "Tags",
    "IsConnected",
];

/// What a trigger does that a manifest has no word for: the field, and what to do.
const NOT_CARRIED: [(&str, &str); 9] = [
    ("UseCalendar", "its calendar of days without a start was left out: let your scheduler skip them"),
    ("CalendarId", "its calendar of days without a start was left out: let your scheduler skip them"),
    ("StopProcessDate", "the day on which the trigger ends was left out: take it out of your scheduler then"),
    (
        "QueueDefinitionId",
        "it fires on new queue items: sortie starts by a schedule or a call, so let something else call it",
    ),
    ("ItemsActivationThreshold", "its threshold of queue items was left out"),
    ("ItemsPerJobActivationTarget", "its target of queue items was left out"),
    ("MaxJobsForActivation", "its limit of robot jobs was left out: see `limits: { active: N }`"),
    ("ConsecutiveJobFailuresThreshold", "that it switches itself off after failures was left out: see `breaker`"),
    ("JobFailuresGracePeriodInHours", "that it switches itself off after failures was left out: see `breaker`"),
];

/// The fields of the request that the trigger sends, and when.
pub(super) fn read(trigger: Map<String, Value>, draft: &mut Draft<'_>) -> (Map<String, Value>, Option<CronReading>) {
    let field = |name: &str| {
        let found = trigger.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        found.filter(|value| !value.is_null())
    };
    let text = |name: &str| field(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let mut info = Map::new();
    for (key, value) in &trigger {
        let is_field = FIELDS.iter().any(|known| known.name.eq_ignore_ascii_case(key));
        let is_kept = BOOKKEEPING.iter().chain(NOT_CARRIED.iter().map(|(name, _)| name));
        if is_field && !key.eq_ignore_ascii_case("ReleaseName") {
            info.insert(key.clone(), value.clone());
        } else if !is_kept.into_iter().any(|known| known.eq_ignore_ascii_case(key))
            && !key.starts_with("@odata.")
            && !value.is_null()
            && *value != Value::Bool(false)
        {
            draft.note(format!("`{key}` of the trigger was left out"));
        }
    }
    if let (None, Some(name)) = (text("ReleaseKey"), text("ReleaseName")) {
        info.insert("ReleaseName".to_owned(), name.into());
    }
    let robots: Vec<Value> = field("ExecutorRobots")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|robot| robot.get("Id").or_else(|| robot.get("id")).cloned())
        .collect();
    strategy(field("StartStrategy"), robots, &mut info, draft);
    for (name, words) in NOT_CARRIED {
        let says = field(name).is_some_and(|value| *value != Value::Bool(false) && *value != 0);
        if says {
            draft.note(words);
        }
    }
    if field("Enabled") == Some(&Value::Bool(false)) {
        draft.note("the trigger is switched off in Orchestrator");
    } else if field("Enabled").is_some() {
        draft.note(
            "switch the trigger off in Orchestrator before your scheduler calls sortie: else both start the robot jobs",
        );
    }
    let zone = text("TimeZoneIana").or(text("TimeZoneId"));
    let reading = text("StartProcessCron").map(|text| cron::read(text, zone));
    let title = text("Name").map(|title| draft.shown(title));
    let reading = match reading {
        Some(Ok(reading)) => Some(CronReading { title, ..reading }),
        Some(Err(words)) => {
            draft.note(words);
            Some(CronReading { title, ..CronReading::default() })
        }
        None => Some(CronReading { title, ..CronReading::default() }),
    };
    (info, reading)
}

/// How a trigger picks robots: `StartStrategy` is a number there.
fn strategy(given: Option<&Value>, robots: Vec<Value>, info: &mut Map<String, Value>, draft: &mut Draft<'_>) {
    if !robots.is_empty() {
        info.insert("Strategy".to_owned(), "Specific".into());
        info.insert("RobotIds".to_owned(), Value::Array(robots));
        return;
    }
    match given {
        Some(Value::String(word)) => {
            info.insert("Strategy".to_owned(), word.as_str().into());
        }
        Some(value) if value.as_i64().is_some_and(|count| count > 0) => {
            info.insert("Strategy".to_owned(), "ModernJobsCount".into());
            info.insert("JobsCount".to_owned(), value.clone());
        }
        Some(value) if *value == json!(0) => {
            draft.note("the trigger may start on all robots of the folder (`StartStrategy` 0): look, and write `strategy: All` if so");
        }
        Some(_) | None => {}
    }
}
