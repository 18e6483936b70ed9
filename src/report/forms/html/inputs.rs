//! What the run was made of, as the page shows it.
//!
//! In: a run's inputs, masked. Out: the same in words. Never: more of a value than somebody reads.

use serde::Serialize;

use super::words::{line, lines, number};
use crate::report::RunInputs;

/// Maximum length of a value, in characters.
const MAX_VALUE: usize = 500;
/// Maximum values, and files.
const MAX_ROWS: usize = 200;

/// The inputs on the page.
#[derive(Debug, Serialize)]
pub(super) struct InputsPart {
    manifest: String,
    manifest_digest: String,
    digest: String,
    time: String,
    sortie: String,
    only: String,
    env: String,
    /// Names and values.
    values: Vec<(String, String)>,
    files: Vec<FileRow>,
}

#[derive(Debug, Serialize)]
struct FileRow {
    name: String,
    #[serde(rename = "use")]
    purpose: String,
    bytes: String,
    digest: String,
}

/// What is shown of `inputs`.
pub(super) fn of(inputs: &RunInputs) -> InputsPart {
    let params = inputs.params.iter().map(|(name, value)| (format!("param {name}"), value));
    let arguments = inputs.arguments.iter().map(|(job, value)| (format!("arguments of {job}"), value));
    let filter = inputs.filter.iter().map(|filter| ("--filter".to_owned(), filter));
    let values = filter.chain(params).chain(arguments).take(MAX_ROWS);
    let files = inputs.files.iter().take(MAX_ROWS).map(|file| FileRow {
        name: line(&file.name, MAX_VALUE),
        purpose: file
            .rows_of
            .as_ref()
            .map_or_else(|| "read by the manifest".to_owned(), |job| format!("rows of job {}", line(job, 120))),
        bytes: number(file.bytes),
        digest: file.digest.clone(),
    });
    let joined = |names: &[String]| line(&names.join(", "), MAX_VALUE);
    InputsPart {
        manifest: line(&inputs.manifest, MAX_VALUE),
        manifest_digest: inputs.manifest_digest.clone(),
        digest: inputs.digest.clone(),
        time: line(&inputs.time, 80),
        sortie: line(&inputs.sortie, 80),
        only: joined(&inputs.only),
        env: joined(&inputs.env),
        values: values.map(|(name, value)| (line(&name, 200), lines(value, MAX_VALUE))).collect(),
        files: files.collect(),
    }
}
