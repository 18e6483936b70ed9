//! `needs`: which jobs must come first, and what must have come of them.
//!
//! In: the names of jobs. Out: plain types. Never: waits.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::format::shape::branches;
use crate::format::text::JobName;
use crate::words::words;

/// What must have come of another job.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(transform = branches)]
pub enum Needs {
    /// Each of these must have succeeded.
    Succeeded(Vec<JobName>),
    /// Each of these must have come as far as its condition says.
    Conditions(BTreeMap<JobName, NeedCondition>),
}

words! {
    /// How far a needed job must have come.
    pub enum NeedCondition {
        /// Every launch started and every robot job ended well; the default.
        Succeeded = "succeeded",
        /// Every robot job is final, however it ended.
        Finished = "finished",
        /// Some launch or robot job failed.
        Failed = "failed",
        /// Every launch started.
        Started = "started",
    }
}
