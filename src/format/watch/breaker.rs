//! `breaker`: an outage burns a few robot jobs, and not all of them.
//!
//! In: a value under `breaker`. Out: [`Breaker`], or what is wrong with it. Never: counts.

use std::time::Duration;

use schemars::JsonSchema;
use serde_json::Value;

use super::count_or_share::CountOrShare;
use crate::diagnostic::Code;
use crate::format::from_value::{FieldError, FromValue};
use crate::format::key::keyed;
use crate::format::parts::Parts;
use crate::format::shape::open_keys;
use crate::format::text::TimeSpan;
use crate::outcome::FaultClass;
use crate::words::words;

/// `of-last` where an author says nothing.
const OF_LAST: u32 = 20;
/// `probe-after` where an author says nothing.
const PROBE_AFTER: Duration = Duration::from_secs(300);
/// `classes` where an author says nothing: what is not the workflow's own doing.
const CLASSES: &[FaultClass] = &[FaultClass::Platform, FaultClass::Session, FaultClass::Capacity];

keyed! {
    /// Stops the sending when this many of the latest launches faulted.
    #[derive(Clone, Debug, PartialEq, JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    #[schemars(transform = open_keys)]
    pub struct Breaker {
        /// How many of the latest launches must have faulted: a count, or a percentage.
        #[schemars(extend("examples" = ["50%", 10]))]
        pub faulted: CountOrShare => Policy,
        /// The number of latest launches to look at. Until so many have ended, nothing is judged.
        #[schemars(range(min = 1, max = 10_000), extend("examples" = [20], "default" = OF_LAST))]
        pub of_last: Option<u32> => Policy,
        /// The fault classes that count.
        #[schemars(extend("examples" = [["platform", "session", "capacity"]], "default" = CLASSES))]
        pub classes: Option<Vec<FaultClass>> => Policy,
        /// What happens then.
        #[schemars(extend("default" = BreakerStep::default()))]
        pub then: Option<BreakerStep> => Policy,
        /// With `then: probe`: how long nothing is sent before one launch tries whether it works again.
        #[schemars(extend("default" = "5m"))]
        pub probe_after: Option<TimeSpan> => Policy,
    }
}

words! {
    /// What happens when too many of the last launches faulted.
    #[derive(Default)]
    pub enum BreakerStep {
        /// Nothing more is sent; the run ends once what is under way is over, and can be resumed.
        #[default]
        Stop = "stop",
        /// Nothing is sent for a while; then one launch, and the rest if that one ends well.
        Probe = "probe",
    }
}

impl Breaker {
    /// Of how many launches that ended last.
    #[must_use]
    pub fn of_last(&self) -> u32 {
        self.of_last.unwrap_or(OF_LAST)
    }

    /// How many faults among them are too many: at least one.
    #[must_use]
    pub fn most(&self) -> u64 {
        self.faulted.of(self.of_last().into()).max(1)
    }

    /// The fault classes that count.
    #[must_use]
    pub fn classes(&self) -> &[FaultClass] {
        self.classes.as_deref().unwrap_or(CLASSES)
    }

    /// What happens then.
    #[must_use]
    pub fn then(&self) -> BreakerStep {
        self.then.unwrap_or_default()
    }

    /// How long nothing is sent before one launch tries.
    #[must_use]
    pub fn probe_after(&self) -> Duration {
        self.probe_after.map_or(PROBE_AFTER, TimeSpan::duration)
    }
}

impl FromValue for Breaker {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        const EXAMPLE: &str = "breaker: { faulted: 50%, of-last: 20 }";
        let parts = Parts::of::<Self>(key, value, EXAMPLE)?;
        let breaker = Self {
            faulted: parts.required("faulted", EXAMPLE)?,
            of_last: parts.number("of-last", 1..=10_000)?,
            classes: parts.words("classes")?,
            then: parts.part("then")?,
            probe_after: parts.span("probe-after")?,
        };
        let of_last = breaker.of_last();
        if let CountOrShare::Count(count) = breaker.faulted
            && !(1..=of_last).contains(&count)
        {
            let what = format!("`faulted` must be from 1 to {of_last}, the number of `of-last`");
            return Err(FieldError::new(Code::OutOfRange, what).help("a percentage is of `of-last` too"));
        }
        if let CountOrShare::Share(share) = breaker.faulted
            && share.fraction() == 0.0
        {
            let what = "`faulted: 0%` would stop a run in which nothing faulted";
            return Err(FieldError::new(Code::OutOfRange, what).help("a single fault is `faulted: 1`"));
        }
        if breaker.classes.as_ref().is_some_and(Vec::is_empty) {
            let what = "`classes` is an empty list: no fault would count";
            return Err(FieldError::new(Code::OutOfRange, what).help("leave `classes` or `breaker` out"));
        }
        if breaker.probe_after.is_some() && breaker.then() == BreakerStep::Stop {
            let what = "`probe-after` changes nothing: this breaker stops the run";
            return Err(FieldError::new(Code::Conflict, what).help("write `then: probe` beside it, or leave it out"));
        }
        Ok(breaker)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_none_is_refused_where_it_stands_and_a_small_one_is_a_single_fault() {
        let breaker = |share: &str| Breaker::from_value("breaker", &serde_json::json!({ "faulted": share }));
        for none in ["0%", "0.0%"] {
            assert!(breaker(none).is_err(), "{none}");
        }
        assert_eq!(breaker("0.5%").map(|breaker| breaker.most()).ok(), Some(1));
    }
}
