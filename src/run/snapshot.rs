//! How a run was made, as the ledger keeps it: enough to make it again, whatever has changed since.
//!
//! In: a plan's inputs and the ids that its names had. Out: bytes, and the same again. Never: a secret's value.
//! Source: `docs/exactly-once.md`, section 4; `docs/design/manifest-tree.md`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::ids::RunId;
use crate::launch::WaitOverride;
use crate::plan::Inputs;
use crate::resolve::Directory;

/// How a run was made. Its JSON form is what the ledger keeps: keys are added, never changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RunSnapshot {
    /// Everything that the plan depends on.
    pub inputs: Inputs,
    /// What the server had under the plan's names; `None` for a run that was never begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<Directory>,
    /// The manifest's folder on the machine that began the run: where files with secrets are looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<PathBuf>,
    /// What ruled over the manifest's `wait` when it was begun.
    #[serde(default, skip_serializing_if = "is_default")]
    pub wait: WaitOverride,
    /// The run of which this one repeats what did not succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerun_of: Option<RunId>,
    /// The condition that the launches of a rerun were chosen by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rerun_filter: Option<String>,
    /// The key that the run stands for: `--run-key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

fn is_default(wait: &WaitOverride) -> bool {
    *wait == WaitOverride::default()
}

impl RunSnapshot {
    /// The bytes that the ledger keeps.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("inputs and names hold only text and numbers")
    }

    /// Reads what [`RunSnapshot::to_bytes`] wrote.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}
