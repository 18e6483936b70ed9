//! `stop`: when Orchestrator itself stops or kills a robot job.
//!
//! In: a value under `stop`. Out: [`StopRule`], or what is wrong with it. Never: stops anything.

use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use crate::diagnostic::Code;
use crate::format::from_value::{FieldError, FromValue, no_other_key};
use crate::format::key::keyed;
use crate::format::shape::open_keys;
use crate::format::text::TimeSpan;
use crate::start_info::{StopRule, StopStrategy};

keyed! {
    /// When Orchestrator itself stops a robot job.
    #[derive(JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    #[schemars(transform = open_keys)]
    #[expect(dead_code, reason = "only the schema knows this type")]
    struct Stop {
        /// Stop the robot job after this time.
        after: TimeSpan => Field,
        /// Whether to ask it to stop, or to kill it.
        strategy: Option<StopStrategy> => Field,
        /// Kill it if it has not stopped after this further time.
        kill_after: Option<TimeSpan> => Field,
    }
}

impl JsonSchema for StopRule {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Stop::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Stop::json_schema(generator)
    }
}

impl FromValue for StopRule {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        let Value::Object(entries) = value else {
            let what = format!("`{key}` must be a mapping");
            return Err(FieldError::new(Code::WrongType, what).help("write `stop: { after: 2h }`"));
        };
        no_other_key::<Stop>(key, entries)?;
        let Some(after) = entries.get("after") else {
            let what = format!("`{key}` does not say after how long");
            return Err(FieldError::new(Code::MissingKey, what).help("write `after: 2h`"));
        };
        let strategy = entries.get("strategy");
        let strategy = strategy.map(|value| StopStrategy::from_value("strategy of stopping", value)).transpose()?;
        let kill_after = entries.get("kill-after").map(|value| seconds("kill-after", value)).transpose()?;
        if strategy == Some(StopStrategy::Kill) && kill_after.is_some() {
            let what = "`kill-after` stands beside `strategy: Kill`, which kills at once";
            return Err(FieldError::new(Code::Conflict, what)
                .help("drop one of the two; `SoftStop` gives the robot job time to end"));
        }
        Ok(Self { after: seconds("after", after)?, strategy, kill_after })
    }
}

/// A span of whole seconds, at least one: the API takes their number.
fn seconds(part: &str, value: &Value) -> Result<Duration, FieldError> {
    let Value::String(text) = value else {
        return Err(FieldError::new(Code::DurationUnit, format!("`{part}` of `stop` needs a unit"))
            .help("write `30s`, `30m` or `2h`"));
    };
    let Some(span) = TimeSpan::parse(text).map(TimeSpan::duration) else {
        let what = format!("`{part}` of `stop` must be a span of time with its unit");
        return Err(FieldError::new(Code::WrongForm, what).help("write `30s`, `30m` or `2h`"));
    };
    if span.as_secs() == 0 || span.subsec_nanos() != 0 {
        return Err(FieldError::new(
            Code::OutOfRange,
            format!("`{part}` of `stop` must be whole seconds, at least 1s"),
        ));
    }
    Ok(span)
}
