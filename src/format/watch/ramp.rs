//! `fail-fast` and `ramp`: going on carefully while nobody knows whether it works.
//!
//! In: values under `fail-fast` and `ramp`. Out: [`FailFast`] and [`Ramp`], or what is wrong with them. Never: counts.

use schemars::JsonSchema;
use serde_json::Value;

use super::count_or_share::CountOrShare;
use crate::format::from_value::{FieldError, FromValue};
use crate::format::key::keyed;
use crate::format::parts::{Parts, whole_number};
use crate::format::shape::open_keys;
use crate::format::text::TimeSpan;

/// How many failures stop the sending. Launches that were refused count, and those with a robot job that ended badly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(transparent)]
pub struct FailFast(#[schemars(range(min = 1))] pub u32);

keyed! {
    /// A careful start: a few launches first, then more and more.
    #[derive(Clone, Debug, PartialEq, JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    #[schemars(transform = open_keys)]
    pub struct Ramp {
        /// The number of launches at first.
        #[schemars(extend("examples" = [5]), range(min = 1))]
        pub first: u32 => Policy,
        /// How the number grows from there.
        #[schemars(extend("examples" = [{ "factor": 2, "every": "1m" }]))]
        pub then: RampStep => Policy,
        /// Shares of endings at which the run pauses for a person.
        #[schemars(extend("examples" = [{ "faulted": "20%" }]))]
        pub pause_on: Option<PauseOn> => Policy,
    }
}

keyed! {
    /// How the number of launches in a ramp grows.
    #[derive(Clone, Copy, Debug, PartialEq, JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    #[schemars(transform = open_keys)]
    pub struct RampStep {
        /// Each step allows this many times as many launches as the one before; with 1, `first` more.
        #[schemars(extend("examples" = [2]), range(min = 1, max = 100))]
        pub factor: f64 => Policy,
        /// The time between steps.
        pub every: TimeSpan => Policy,
    }
}

keyed! {
    /// What pauses a ramp.
    #[derive(Clone, Copy, Debug, Default, PartialEq, JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    #[schemars(transform = open_keys)]
    pub struct PauseOn {
        /// The number of launches with a faulted robot job, or their share of the launches that are over.
        #[schemars(extend("examples" = ["20%"]))]
        pub faulted: Option<CountOrShare> => Policy,
    }
}

impl FromValue for FailFast {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        whole_number(key, value, 1..=u32::MAX).map(Self)
    }
}

impl FromValue for Ramp {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        const EXAMPLE: &str = "ramp: { first: 5, then: { factor: 2, every: 1m } }";
        let parts = Parts::of::<Self>(key, value, EXAMPLE)?;
        Ok(Self {
            first: parts.required_number("first", 1..=u32::MAX, EXAMPLE)?,
            then: parts.required("then", EXAMPLE)?,
            pause_on: parts.part("pause-on")?,
        })
    }
}

impl FromValue for RampStep {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        const EXAMPLE: &str = "then: { factor: 2, every: 1m }";
        let parts = Parts::of::<Self>(key, value, EXAMPLE)?;
        let (factor, every) = (parts.factor("factor")?, parts.span("every")?);
        Ok(Self {
            factor: factor.ok_or_else(|| parts.lacks("factor", EXAMPLE))?,
            every: every.ok_or_else(|| parts.lacks("every", EXAMPLE))?,
        })
    }
}

impl FromValue for PauseOn {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        let parts = Parts::of::<Self>(key, value, "pause-on: { faulted: 20% }")?;
        Ok(Self { faulted: parts.part("faulted")? })
    }
}
