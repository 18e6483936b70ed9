//! What is in the file of a saved plan, as text and as values.
//!
//! In: a plan and its inputs; or a text. Out: the text; or the same again, if nobody has changed it. Never: judges whether it still
//! holds.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::SavedPlanError;
use super::form::VERSION;
use super::unique_keys::has_unique_keys;
use crate::clock::Timestamp;
use crate::diagnostic::Diagnosed;
use crate::ids::{Digest, FolderRef};
use crate::plan::{self, Inputs, ParamValue, Plan};
use crate::resolve::ResolvedName;
use crate::source::Sources;

/// The key under which the file has its own digest.
const DIGEST: &str = "digest";

/// A saved plan. Its JSON form is the file's: keys are added, never changed; a change of meaning is a new version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SavedPlan {
    /// The version of the form.
    pub sortie_plan: u32,
    /// Who saved it, and when.
    pub made: SavedBy,
    /// From then on it is refused.
    pub expires: Timestamp,
    /// The manifest's name.
    pub name: String,
    /// What it comes to.
    pub plan: PlanMark,
    /// Where it is to run.
    pub target: SavedTarget,
    /// The files that it was made of, each with its digest, for people and scripts.
    pub files: SavedFiles,
    /// What was typed to make it, as far as that is not in the inputs.
    pub typed: TypedInputs,
    /// What the server had under its names; `None` where nobody asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<ResolvedName>>,
    /// Everything that the plan depends on, as the ledger keeps it. Secrets are expressions.
    pub inputs: Inputs,
}

/// Who saved a plan, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SavedBy {
    /// Random: two plans that are alike are two, if somebody saved both.
    pub id: String,
    /// When, UTC.
    pub at: Timestamp,
    /// The version of sortie.
    pub sortie: String,
    /// The user, where the environment names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The machine, where it has a name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// What a saved plan comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PlanMark {
    /// The plan's digest: over its launches.
    pub digest: Digest,
    /// How many launches there are, with those that are skipped.
    pub launches: usize,
    /// How many of them are skipped.
    pub skipped: u32,
    /// How many each job has, in the plan's order.
    pub jobs: serde_json::Map<String, Value>,
}

/// Where a saved plan is to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SavedTarget {
    /// The profile's name; `sandbox` for a stand-in.
    pub profile: String,
    /// Scheme and authority of the server; empty for a stand-in.
    pub origin: String,
    /// The tenant; empty where there is none.
    pub tenant: String,
    /// The folder for launches that name none.
    pub folder: Option<FolderRef>,
}

/// The digests of the files that a plan was made of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SavedFiles {
    /// The manifest.
    pub manifest: FileMark,
    /// The files beside it that it reads, by their paths as it names them.
    pub beside: BTreeMap<String, Digest>,
    /// The lock file beside it; `None` where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<FileMark>,
}

/// A file, and what was in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct FileMark {
    /// Its path, from the folder where the plan was made; `<stdin>` for a manifest that was piped.
    pub path: String,
    /// The SHA-256 of its text.
    pub digest: Digest,
}

impl Default for FileMark {
    fn default() -> Self {
        Self { path: String::new(), digest: Digest::of(b"") }
    }
}

/// What was typed beside the manifest, so that it can be read again from where it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct TypedInputs {
    /// `--param`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, ParamValue>,
    /// `--params-file`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params_file: Option<PathBuf>,
    /// `--data`: the file of each job; `-` is stdin, which is in the inputs and nowhere else.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, PathBuf>,
    /// `--arguments`, in the same way.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arguments: BTreeMap<String, PathBuf>,
}

impl SavedPlan {
    /// The plan that `inputs` made, saved by `made` until `expires`; `lock` is the lock file beside the manifest.
    #[must_use]
    pub fn new(
        plan: &Plan,
        inputs: Inputs,
        typed: TypedInputs,
        made: SavedBy,
        expires: Timestamp,
        lock: Option<FileMark>,
    ) -> Self {
        let manifest = FileMark { path: inputs.manifest.clone(), digest: Digest::of(inputs.text.as_bytes()) };
        let beside = inputs.files.iter().map(|(path, text)| (path.clone(), text.digest())).collect();
        let jobs = plan.jobs().map(|job| (job.name.to_owned(), job.ordinals.len().into())).collect();
        Self {
            sortie_plan: VERSION,
            made,
            expires,
            name: plan.name().to_owned(),
            plan: PlanMark { digest: plan.digest(), launches: plan.len(), skipped: plan.skipped(), jobs },
            target: SavedTarget {
                profile: inputs.profile.clone(),
                origin: inputs.origin.clone(),
                tenant: inputs.tenant.clone(),
                folder: inputs.folder.clone(),
            },
            files: SavedFiles { manifest, beside, lock },
            typed,
            names: None,
            inputs,
        }
    }

    /// The file's text.
    ///
    /// Errors: a path that was typed is no text.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        let mut value = serde_json::to_value(self)?;
        let digest = digest_of(&value);
        value[DIGEST] = digest.to_string().into();
        let mut text = serde_json::to_string_pretty(&value)?;
        text.push('\n');
        Ok(text)
    }

    /// Reads what [`SavedPlan::to_text`] wrote, laid out in whichever way.
    ///
    /// Errors: [`SavedPlanError`]: it is none, it is of a newer form, or its content is not what was saved.
    pub fn read(text: &[u8]) -> Result<Self, SavedPlanError> {
        let mut value: Value = serde_json::from_slice(text).map_err(|_| SavedPlanError::NotAPlan)?;
        let version = value.get("sortie-plan").ok_or(SavedPlanError::NotAPlan)?;
        let version = version.as_u64().ok_or(SavedPlanError::NotAPlan)?;
        if version > u64::from(VERSION) {
            return Err(SavedPlanError::Newer { version });
        }
        let said = value.as_object_mut().and_then(|object| object.shift_remove(DIGEST));
        let is_as_saved = said.as_ref().and_then(Value::as_str) == Some(digest_of(&value).to_string().as_str());
        if !is_as_saved || !has_unique_keys(text) {
            return Err(SavedPlanError::Changed);
        }
        serde_json::from_value(value).map_err(|_| SavedPlanError::NotAPlan)
    }

    /// The launches, as a manifest gives them: made from what is in the file alone, whatever lies beside it today.
    ///
    /// Diagnostics: what this version of sortie cannot plan any more.
    pub fn make(&self) -> (Sources, Diagnosed<Plan>) {
        plan::make(&self.inputs)
    }

    /// The key that its run stands for: of this file, and of no other, however alike. By the id that it was given when it was saved,
    /// which no sortie, older or newer, writes otherwise.
    #[must_use]
    pub fn run_key(&self) -> String {
        format!("plan-{}", self.made.id)
    }
}

fn digest_of(value: &Value) -> Digest {
    Digest::of(value.to_string().as_bytes())
}
