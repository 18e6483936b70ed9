//! `wait`: whether and how long to wait for robot jobs to end.
//!
//! In: a value under `wait`. Out: [`Wait`], or what is wrong with it. Never: waits.

use std::time::Duration;

use schemars::JsonSchema;
use serde_json::Value;

use crate::diagnostic::Code;
use crate::format::from_value::{FieldError, FromValue};
use crate::format::key::keyed;
use crate::format::parts::Parts;
use crate::format::shape::open_keys;
use crate::format::text::TimeSpan;
use crate::words::words;

/// Whether and how long to wait for robot jobs to end: `true` (no limit), `false`, or an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(untagged)]
pub enum Wait {
    /// Wait without a limit, or do not wait.
    Switch(bool),
    /// Wait within limits.
    Within(WaitLimits),
}

keyed! {
    /// The limits of a wait.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    #[schemars(transform = open_keys)]
    pub struct WaitLimits {
        /// How long to wait, from the last launch. Default: no limit.
        pub timeout: Option<TimeSpan> => Policy,
        /// What happens to robot jobs that are unfinished by then.
        #[schemars(extend("default" = OnTimeout::default()))]
        pub on_timeout: Option<OnTimeout> => Policy,
        /// What happens to a robot job that is still Pending after a time: `15m`, or `{after, then}`. Default: nothing.
        #[schemars(extend("examples" = ["15m", { "after": "15m", "then": "stop" }]))]
        pub pending: Option<Pending> => Policy,
        /// A state before the final ones at which waiting ends, too.
        pub until: Option<Until> => Policy,
    }
}

/// What happens to a robot job that is still Pending after a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(untagged)]
pub enum Pending {
    /// It counts as late after this time.
    After(TimeSpan),
    /// After a time, this is done.
    Rule(PendingRule),
}

keyed! {
    /// What is done about a robot job that does not begin.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    #[schemars(transform = open_keys)]
    pub struct PendingRule {
        /// How long it may be Pending.
        pub after: TimeSpan => Policy,
        /// What is done.
        #[schemars(extend("default" = PendingStep::default()))]
        pub then: Option<PendingStep> => Policy,
    }
}

words! {
    /// What is done about a robot job that does not begin.
    #[derive(Default)]
    pub enum PendingStep {
        /// It counts as late, and goes on waiting on the server.
        #[default]
        Late = "late",
        /// It is asked to stop.
        Stop = "stop",
    }
}

words! {
    /// What happens to unfinished robot jobs when a wait's time is up.
    #[derive(Default)]
    pub enum OnTimeout {
        /// They go on; the run ends with exit code 4.
        #[default]
        Leave = "leave",
        /// They are asked to stop.
        Stop = "stop",
        /// They are killed.
        Kill = "kill",
    }
}

words! {
    /// A state before the final ones that ends a wait.
    pub enum Until {
        /// The robot job waits for a person or another process.
        Suspended = "suspended",
    }
}

impl Wait {
    /// The limits to wait within; `None` where it is not to be waited.
    #[must_use]
    pub fn limits(self) -> Option<WaitLimits> {
        match self {
            Self::Switch(waits) => waits.then(WaitLimits::default),
            Self::Within(limits) => Some(limits),
        }
    }
}

impl WaitLimits {
    /// What happens to robot jobs that are unfinished when the time is up.
    #[must_use]
    pub fn on_timeout(&self) -> OnTimeout {
        self.on_timeout.unwrap_or_default()
    }

    /// Whether a suspended robot job is waited for no longer.
    #[must_use]
    pub fn ends_at_suspended(&self) -> bool {
        self.until == Some(Until::Suspended)
    }
}

impl Pending {
    /// How long a robot job may be Pending.
    #[must_use]
    pub fn after(self) -> Duration {
        match self {
            Self::After(span) => span.duration(),
            Self::Rule(rule) => rule.after.duration(),
        }
    }

    /// What is done then.
    #[must_use]
    pub fn then(self) -> PendingStep {
        match self {
            Self::After(_) => PendingStep::default(),
            Self::Rule(rule) => rule.then.unwrap_or_default(),
        }
    }
}

impl FromValue for Wait {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        match value {
            Value::Bool(waits) => Ok(Self::Switch(*waits)),
            Value::Object(_) => {
                let parts = Parts::of::<WaitLimits>(key, value, "wait: { timeout: 2h }")?;
                Ok(Self::Within(WaitLimits {
                    timeout: parts.span("timeout")?,
                    on_timeout: parts.part("on-timeout")?,
                    pending: parts.part("pending")?,
                    until: parts.part("until")?,
                }))
            }
            Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                let what = format!("`{key}` must be `true`, `false` or a mapping");
                Err(FieldError::new(Code::WrongType, what).help("write `wait: true`, or `wait: { timeout: 2h }`"))
            }
        }
    }
}

impl FromValue for Pending {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        const EXAMPLE: &str = "pending: { after: 15m, then: stop }";
        if !value.is_object() {
            let span = TimeSpan::from_value(key, value)?;
            return if span.duration().is_zero() {
                Err(FieldError::new(Code::OutOfRange, format!("`{key}` must be longer than nothing")))
            } else {
                Ok(Self::After(span))
            };
        }
        let parts = Parts::of::<PendingRule>(key, value, EXAMPLE)?;
        let Some(after) = parts.span("after")? else {
            let what = format!("`{key}` does not say after how long");
            return Err(FieldError::new(Code::MissingKey, what).help(format!("write `{EXAMPLE}`")));
        };
        Ok(Self::Rule(PendingRule { after, then: parts.part("then")? }))
    }
}
