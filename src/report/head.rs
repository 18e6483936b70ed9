//! What stands at the top of a report: the run, and its launches by verdict.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::hints::Hints;
use crate::ledger::totals::Totals;
use crate::ledger::{RunEnd, RunRecord};
use crate::outcome::Judgement;

mod background;

pub use background::{Background, RunInputs, SourceFile};

/// The version of the JSON report that is written.
pub const VERSION: u32 = 1;

/// The run, as a report shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct RunHead {
    /// The run's id: 32 hexadecimal digits.
    pub id: String,
    /// The manifest's name.
    pub name: String,
    /// The slot that the run stands for, UTC.
    pub slot: Option<String>,
    /// The profile's name.
    pub profile: String,
    /// When the run was opened, UTC.
    pub started: String,
    /// When it ended, UTC; null while it has not.
    pub ended: Option<String>,
    /// The SHA-256 of the plan's launches.
    pub plan_digest: String,
    /// The condition by which the run's launches were chosen (`run --filter`); left out where none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// There where this report shows only some of the run's launches, and its totals count only those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<ShownLaunches>,
    /// The exit code; null while the run has not ended.
    pub exit_code: Option<u8>,
    /// How far the server's clock for robot jobs (`CreationTime`) was from the one in its answers (`Date`), in milliseconds;
    /// left out below five minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clocks_apart_ms: Option<i64>,
    /// The folders whose robot jobs were to be counted (`verify`) and could not be, and why; left out where there is none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub uncounted: BTreeMap<String, String>,
    /// Whether somebody, or a rule of the manifest, holds it back, and since when: `paused since ..` or `cancelled since ..`;
    /// left out where nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<String>,
    /// What the outcome policies came to, the manifest's first; left out where nothing was waited for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outcome_policies: Vec<Judgement>,
    /// The runs that this is one report of, in the order in which they were named; left out where it is of one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<MergedRun>,
    /// How many launches stand here as a rerun among these runs left them: they are counted once; left out where there is none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rerun: u32,
    /// The launches that more than one of these runs started, or may have started: the ids of the first hundred, then how many
    /// more there are; left out where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub started_twice: Vec<String>,
    /// Whether its server was a sandbox inside the process, which is gone: nothing can be settled or gone on with.
    #[serde(skip)]
    pub is_of_a_sandbox: bool,
}

/// Which launches of a run a report shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ShownLaunches {
    /// The condition that holds for them (`report --filter`).
    pub filter: String,
    /// How many they are.
    pub launches: u32,
    /// How many launches the run has.
    pub of: u32,
}

/// One of the runs that a report is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct MergedRun {
    /// The run's id: 32 hexadecimal digits.
    pub id: String,
    /// The manifest's name.
    pub name: String,
    /// The slot that the run stands for, UTC.
    pub slot: Option<String>,
    /// The profile's name.
    pub profile: String,
    /// The tenant that it was launched on.
    pub tenant: String,
    /// The machine that its file was written on, where it came in one.
    pub host: Option<String>,
    /// When the run was opened, UTC.
    pub started: String,
    /// When it ended, UTC; null while it has not.
    pub ended: Option<String>,
    /// The SHA-256 of the plan's launches.
    pub plan_digest: String,
    /// The exit code; null while the run has not ended.
    pub exit_code: Option<u8>,
    /// How many launches it has.
    pub launches: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl RunHead {
    /// The head of the run that `record` opened and `end`, where it is there, ended.
    #[must_use]
    pub fn new(record: &RunRecord, end: Option<RunEnd>) -> Self {
        Self {
            id: record.id.to_string(),
            name: record.name.clone(),
            slot: record.slot.clone(),
            profile: record.profile.clone(),
            started: record.started.to_string(),
            ended: end.map(|end| end.ended.to_string()),
            plan_digest: record.plan_digest.to_string(),
            filter: None,
            shown: None,
            exit_code: end.map(|end| end.exit.code()),
            clocks_apart_ms: None,
            uncounted: BTreeMap::new(),
            hold: None,
            outcome_policies: Vec::new(),
            merged: Vec::new(),
            rerun: 0,
            started_twice: Vec::new(),
            is_of_a_sandbox: record.is_of_a_sandbox(),
        }
    }
}

/// What stands at the top of a report.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Head {
    /// The run.
    pub run: RunHead,
    /// Its launches by verdict.
    pub totals: Totals,
    /// What a reader can do about it; for people alone.
    #[serde(skip)]
    pub hints: Hints,
    /// What it was made of, and what it was allowed to do; for people alone.
    #[serde(skip)]
    pub background: Background,
}
