//! What stands behind a run: what it was made of, and what it was allowed to ask of its server.
//!
//! In: a plan's inputs, the limits that held, and the lists that were read. Out: a [`Background`], for reports for people alone.
//! Never: a secret's value; or whether any of it was kept to, which is the reader's to see.

use serde_json::Value;

use crate::clock::Timestamp;
use crate::ids::Digest;
use crate::ledger::ListMinute;
use crate::pace::Pace;
use crate::plan::{Inputs, ParamValue};
use crate::secret::Redactor;
use crate::source::Packed;

/// What stands behind a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Background {
    /// What it was made of; `None` if that is not known.
    pub inputs: Option<RunInputs>,
    /// How fast it might launch, and since when, ascending; empty where its plan cannot be made again.
    pub paces: Vec<(Timestamp, Pace)>,
    /// How often it read lists of robot jobs, by the minute, ascending.
    pub lists: Vec<ListMinute>,
    /// How many lists it might read in a minute by its manifest; `None` where its plan cannot be made again.
    pub most_lists: Option<u32>,
}

/// What a run was made of. Texts are those of its caller; secrets are masked by whoever writes.
#[derive(Clone, Debug, PartialEq)]
pub struct RunInputs {
    /// The version of sortie that made the plan.
    pub sortie: String,
    /// The manifest's name for people.
    pub manifest: String,
    /// The SHA-256 of the manifest's text.
    pub manifest_digest: String,
    /// The SHA-256 of all inputs: who has the same has the same plan.
    pub digest: String,
    /// The logical time, UTC.
    pub time: String,
    /// The params that were given, by name; others have their defaults.
    pub params: Vec<(String, String)>,
    /// The names of the environment variables that were read.
    pub env: Vec<String>,
    /// The files that were read.
    pub files: Vec<SourceFile>,
    /// The jobs that were chosen; empty: all.
    pub only: Vec<String>,
    /// The condition by which its launches were chosen, where there was one.
    pub filter: Option<String>,
    /// The arguments that were laid over those of a job, as JSON text.
    pub arguments: Vec<(String, String)>,
}

/// A file that a plan was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Its name for people.
    pub name: String,
    /// The job whose rows it holds, where it was given for one.
    pub rows_of: Option<String>,
    /// How many bytes it has.
    pub bytes: usize,
    /// The SHA-256 of them.
    pub digest: String,
}

impl RunInputs {
    /// What `inputs` are for people.
    #[must_use]
    pub fn of(inputs: &Inputs) -> Self {
        let file = |name: &str, rows_of: Option<&str>, text: &Packed| SourceFile {
            name: name.to_owned(),
            rows_of: rows_of.map(str::to_owned),
            bytes: text.len(),
            digest: text.digest().to_string(),
        };
        let beside = inputs.files.iter().map(|(name, text)| file(name, None, text));
        let rows = inputs.data.iter().map(|(job, rows)| file(&rows.name, Some(job), &rows.text));
        let params = inputs.params.iter().map(|(name, value)| match value {
            ParamValue::Text(text) | ParamValue::Json(text) => (name.clone(), text.clone()),
        });
        let arguments =
            inputs.arguments.iter().map(|(job, over)| (job.clone(), Value::Object(over.clone()).to_string()));
        Self {
            sortie: inputs.sortie.clone(),
            manifest: inputs.manifest.clone(),
            manifest_digest: Digest::of(inputs.text.as_bytes()).to_string(),
            digest: inputs.digest().to_string(),
            time: inputs.time.to_string(),
            params: params.collect(),
            env: inputs.env.keys().cloned().collect(),
            files: rows.chain(beside).collect(),
            only: inputs.only.clone(),
            filter: inputs.filter.clone(),
            arguments: arguments.collect(),
        }
    }
}

impl Background {
    /// Masks the secrets in everything that may hold words of somebody else.
    pub fn redact(&mut self, redactor: &Redactor) {
        let Some(inputs) = &mut self.inputs else { return };
        for (_, value) in inputs.params.iter_mut().chain(&mut inputs.arguments) {
            *value = redactor.redact(value).into_owned();
        }
        if let Some(filter) = &mut inputs.filter {
            *filter = redactor.redact(filter).into_owned();
        }
        for file in &mut inputs.files {
            file.name = redactor.redact(&file.name).into_owned();
        }
    }
}
