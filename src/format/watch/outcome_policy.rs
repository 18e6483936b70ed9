//! `outcome`: which endings make a run fail, and how many of them are forgiven.
//!
//! In: a value under `outcome`. Out: [`OutcomePolicy`], or what is wrong with it. Never: judges a run.

use schemars::JsonSchema;
use serde_json::Value;

use super::count_or_share::CountOrShare;
use crate::format::from_value::{FieldError, FromValue};
use crate::format::key::keyed;
use crate::format::parts::Parts;
use crate::format::shape::open_keys;
use crate::words::words;

keyed! {
    /// Which endings make the run fail, and how many of them are tolerated.
    #[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    #[schemars(transform = open_keys)]
    pub struct OutcomePolicy {
        /// How many endings listed in `fail-on` are tolerated: a count, or a percentage of the launches that were waited for.
        #[schemars(extend("default" = 0, "examples" = ["1%", 5]))]
        pub tolerate: Option<CountOrShare> => Policy,
        /// The endings that count as failures.
        #[schemars(extend("examples" = [["faulted", "stopped", "late", "gone"]], "default" = FAIL_ON))]
        pub fail_on: Option<Vec<FailOn>> => Policy,
    }
}

/// `fail-on` where an author says nothing.
const FAIL_ON: &[FailOn] = &[FailOn::Faulted, FailOn::Stopped, FailOn::Late, FailOn::Gone];

words! {
    /// An ending that counts as a failure.
    #[derive(PartialOrd, Ord)]
    pub enum FailOn {
        /// A robot job failed.
        Faulted = "faulted",
        /// A robot job was stopped or killed.
        Stopped = "stopped",
        /// A robot job did not end in time.
        Late = "late",
        /// The server no longer has a robot job.
        Gone = "gone",
        /// The launch succeeded only on a retry.
        Flaky = "flaky",
    }
}

impl OutcomePolicy {
    /// How many failures are forgiven.
    #[must_use]
    pub fn tolerate(&self) -> CountOrShare {
        self.tolerate.unwrap_or(CountOrShare::Count(0))
    }

    /// The endings that count as failures.
    #[must_use]
    pub fn fail_on(&self) -> &[FailOn] {
        self.fail_on.as_deref().unwrap_or(FAIL_ON)
    }
}

impl FromValue for OutcomePolicy {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        let parts = Parts::of::<Self>(key, value, "outcome: { tolerate: 1% }")?;
        Ok(Self { tolerate: parts.part("tolerate")?, fail_on: parts.words("fail-on")? })
    }
}
