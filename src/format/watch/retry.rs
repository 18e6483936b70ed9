//! `retry`: new launches in place of robot jobs that faulted.
//!
//! In: a value under `retry`. Out: [`Retry`], or what is wrong with it. Never: launches anything.

use std::time::Duration;

use schemars::JsonSchema;
use serde_json::Value;

use crate::diagnostic::Code;
use crate::format::from_value::{FieldError, FromValue};
use crate::format::key::keyed;
use crate::format::parts::Parts;
use crate::format::shape::open_keys;
use crate::format::text::TimeSpan;
use crate::outcome::FaultClass;

/// Maximum new launches for one robot job.
const MAX_RETRIES: u32 = 100;

/// `on` where an author says nothing: where a session was never got, nothing was done.
const RETRIED: &[FaultClass] = &[FaultClass::Session];

const INITIAL: Duration = Duration::from_secs(30);
const FACTOR: f64 = 2.0;
const MAX_WAIT: Duration = Duration::from_secs(600);
/// Maximum wait that may be written.
const MAX_BACKOFF: Duration = Duration::from_secs(24 * 3600);

keyed! {
    /// New launches in place of robot jobs that faulted.
    #[derive(Clone, Debug, PartialEq, JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    #[schemars(transform = open_keys)]
    pub struct Retry {
        /// How often a faulted robot job is started again, at most.
        #[schemars(extend("examples" = [1]), range(min = 0, max = 100))]
        pub faulted: u32 => Policy,
        /// The fault classes after which it is started again. After any class but `session`, work that was already done may be repeated.
        #[schemars(extend("examples" = [["session"]], "default" = RETRIED))]
        pub on: Option<Vec<FaultClass>> => Policy,
        /// How long to wait before each new launch.
        #[schemars(extend("examples" = [{ "initial": "30s", "factor": 2, "max": "10m" }]))]
        pub backoff: Option<Backoff> => Policy,
    }
}

keyed! {
    /// Waiting times that grow.
    #[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    #[schemars(transform = open_keys)]
    pub struct Backoff {
        /// The wait before the first retry.
        #[schemars(extend("default" = "30s"))]
        pub initial: Option<TimeSpan> => Policy,
        /// Each further wait is this many times as long as the one before.
        #[schemars(range(min = 1, max = 100), extend("examples" = [2], "default" = FACTOR))]
        pub factor: Option<f64> => Policy,
        /// No wait is longer than this.
        #[schemars(extend("default" = "10m"))]
        pub max: Option<TimeSpan> => Policy,
        /// Make each wait random, between zero and its full length.
        #[schemars(extend("default" = true))]
        pub jitter: Option<bool> => Policy,
    }
}

impl Retry {
    /// The fault classes after which a robot job is started again.
    #[must_use]
    pub fn on(&self) -> &[FaultClass] {
        self.on.as_deref().unwrap_or(RETRIED)
    }

    /// How long to wait before retry number `retry`, from 1 on, before any jitter.
    #[must_use]
    pub fn wait_before(&self, retry: u32) -> Duration {
        let backoff = self.backoff.clone().unwrap_or_default();
        let initial = backoff.initial.map_or(INITIAL, TimeSpan::duration);
        let most = backoff.max.map_or(MAX_WAIT, TimeSpan::duration);
        let steps = i32::try_from(retry.saturating_sub(1)).unwrap_or(i32::MAX);
        let grown = initial.as_secs_f64() * backoff.factor.unwrap_or(FACTOR).powi(steps);
        Duration::try_from_secs_f64(grown).map_or(most, |grown| grown.min(most))
    }

    /// Whether each wait is spread at random between nothing and itself.
    #[must_use]
    pub fn has_jitter(&self) -> bool {
        self.backoff.as_ref().and_then(|backoff| backoff.jitter).unwrap_or(true)
    }
}

impl FromValue for Retry {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        const EXAMPLE: &str = "retry: { faulted: 1 }";
        let parts = Parts::of::<Self>(key, value, EXAMPLE)?;
        let on: Option<Vec<FaultClass>> = parts.words("on")?;
        if on.as_ref().is_some_and(Vec::is_empty) {
            let what = "`on` is an empty list: nothing would be started again";
            return Err(FieldError::new(Code::OutOfRange, what)
                .help("leave `on` out for `[session]`, or `retry` where nothing is meant to go again"));
        }
        Ok(Self {
            faulted: parts.required_number("faulted", 0..=MAX_RETRIES, EXAMPLE)?,
            on,
            backoff: parts.part("backoff")?,
        })
    }
}

impl FromValue for Backoff {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        let parts = Parts::of::<Self>(key, value, "backoff: { initial: 30s, max: 10m }")?;
        let (initial, max) = (parts.part("initial")?, parts.part("max")?);
        if let (Some(initial), Some(max)) = (initial, max)
            && initial > max
        {
            return Err(FieldError::new(Code::Conflict, "`initial` is longer than `max`")
                .help("no wait is longer than `max`: make one of the two fit"));
        }
        for (key, span) in [("initial", initial), ("max", max)] {
            if span.is_some_and(|span: TimeSpan| span.duration() > MAX_BACKOFF) {
                return Err(FieldError::new(Code::OutOfRange, format!("`{key}` is longer than a day"))
                    .help("write at most `24h`: a retry that waits longer is better a run of its own"));
            }
        }
        if max.is_none() && initial.is_some_and(|initial: TimeSpan| initial.duration() > MAX_WAIT) {
            return Err(FieldError::new(
                Code::Conflict,
                "`initial` is longer than `max`, which is `10m` where it is left out",
            )
            .help("write `max` too: no wait is longer"));
        }
        Ok(Self { initial, factor: parts.factor("factor")?, max, jitter: parts.part("jitter")? })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn waits_grow_up_to_the_longest() {
        let retry = |value: serde_json::Value| Retry::from_value("retry", &value).expect("a retry");
        let waits = |retry: &Retry| [1, 2, 3, 100, u32::MAX].map(|number| retry.wait_before(number).as_secs());
        assert_eq!(waits(&retry(json!({ "faulted": 1 }))), [30, 60, 120, 600, 600]);
        let backoff = json!({ "initial": "10s", "factor": 3, "max": "1m" });
        assert_eq!(waits(&retry(json!({ "faulted": 1, "backoff": backoff }))), [10, 30, 60, 60, 60]);
        let even = json!({ "faulted": 1, "backoff": { "factor": 1, "jitter": false } });
        assert_eq!(waits(&retry(even.clone())), [30; 5]);
        assert!(!retry(even).has_jitter() && retry(json!({ "faulted": 1 })).has_jitter());
    }

    #[test]
    fn waits_that_would_be_cut_or_never_end_are_errors() {
        let backoff = |value: serde_json::Value| Retry::from_value("retry", &json!({ "faulted": 1, "backoff": value }));
        for good in [json!({ "initial": "15m", "max": "1h" }), json!({ "max": "24h" }), json!({ "max": "10s" })] {
            assert!(backoff(good.clone()).is_ok(), "{good}");
        }
        for bad in [json!({ "initial": "15m" }), json!({ "max": "25h" }), json!({ "initial": "2d", "max": "3d" })] {
            assert!(backoff(bad.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_sessions_are_tried_again_unless_more_is_named() {
        let retry = |value: serde_json::Value| Retry::from_value("retry", &value).map(|retry| retry.on().to_vec());
        assert_eq!(retry(json!({ "faulted": 1 })).expect("a retry"), [FaultClass::Session]);
        let named = json!({ "faulted": 1, "on": ["platform", "session"] });
        assert_eq!(retry(named).expect("a retry"), [FaultClass::Platform, FaultClass::Session]);
        for wrong in [json!([]), json!(["session", "session"]), json!("session"), json!(["sesion"])] {
            assert!(retry(json!({ "faulted": 1, "on": wrong })).is_err(), "{wrong}");
        }
    }
}
