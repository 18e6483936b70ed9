//! `needs`: which jobs must come first, and what must have come of them.
//!
//! In: the names of jobs. Out: plain types. Never: waits.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::format::shape::{branches, keys};
use crate::format::text::JobName;
use crate::words::words;

/// What must have happened to other jobs first.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(transform = branches)]
pub enum Needs {
    /// Each of these must have succeeded.
    Succeeded(Vec<JobName>),
    /// Each of these must have reached the condition given for it.
    Each(BTreeMap<JobName, Need>),
}

/// What must have happened to another job first: a condition, `same-row`, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Need {
    /// All of its launches must have reached this.
    Status(NeedCondition),
    /// Its launch of the same row must have succeeded.
    Row(NeedRow),
    /// The condition, and which of its launches.
    Both(NeedParts),
}

/// What must have happened to a needed job, and to which of its launches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = keys)]
pub struct NeedParts {
    /// What must have happened to the needed job.
    #[schemars(extend("default" = NeedCondition::default()))]
    pub status: Option<NeedCondition>,
    /// Only the launch of the same row. Default: all launches of the job.
    pub row: Option<TwinRow>,
}

words! {
    /// What must have happened to a needed job.
    #[derive(Default)]
    pub enum NeedCondition {
        /// Every launch started and every robot job ended well; the default.
        #[default]
        Succeeded = "succeeded",
        /// Every launch is over, however it ended.
        Finished = "finished",
        /// Every launch is over, and some launch or robot job failed.
        Failed = "failed",
        /// Every launch started.
        Started = "started",
    }
}

words! {
    /// Which launches of a needed job, as one word.
    pub enum NeedRow {
        /// Only the launch of the same row.
        SameRow = "same-row",
    }
}

words! {
    /// Which launches of a needed job.
    pub enum TwinRow {
        /// Only the launch of the same row.
        Same = "same",
    }
}

impl Need {
    /// How far it must have come.
    #[must_use]
    pub fn condition(self) -> NeedCondition {
        match self {
            Self::Status(condition) => condition,
            Self::Row(NeedRow::SameRow) => NeedCondition::default(),
            Self::Both(parts) => parts.status.unwrap_or_default(),
        }
    }

    /// Whether only the launch of the same row is meant.
    #[must_use]
    pub fn is_same_row(self) -> bool {
        match self {
            Self::Status(_) => false,
            Self::Row(NeedRow::SameRow) => true,
            Self::Both(parts) => parts.row == Some(TwinRow::Same),
        }
    }
}
