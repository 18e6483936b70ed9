//! Each key of a test file once: its text for editors, and its type.
//!
//! In: a test file's tree. Out: values. Never: judges across keys.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Tests of one sortie manifest, in the file `NAME.test.yaml` beside `NAME.yaml`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(title = "tests of a sortie manifest, version 1")]
pub(super) struct TestFileFormat {
    /// The version of this format.
    #[expect(dead_code, reason = "the schema has judged it")]
    #[schemars(extend("const" = 1))]
    pub(super) version: u32,
    /// The manifest that is tested, beside this file or below. Default: the one of this file's name, without `.test`.
    #[serde(default)]
    #[schemars(extend("examples" = ["night.yaml"]))]
    #[schemars(with = "String")]
    pub(super) manifest: Option<String>,
    /// The tests, each with a name of its own.
    #[schemars(length(min = 1))]
    pub(super) tests: Vec<TestEntry>,
}

/// A test: what the manifest is planned with, and what is expected of the plan.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct TestEntry {
    /// What is tested, for people.
    #[schemars(length(min = 1))]
    pub(super) name: String,
    /// The values of params, by name.
    #[serde(default)]
    #[schemars(extend("examples" = [{ "region": "emea" }]))]
    pub(super) params: BTreeMap<String, Value>,
    /// The environment variables that the manifest sees; those of this machine are not seen.
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    /// The logical time, `run.time`. Default: the beginning of 1970.
    #[serde(default)]
    #[schemars(extend("examples" = ["2026-01-31T22:30:00Z"]))]
    #[schemars(with = "String")]
    pub(super) time: Option<String>,
    /// The slot, `run.slot`.
    #[serde(default)]
    #[schemars(extend("examples" = ["2026-01-31T00:00:00Z"]))]
    #[schemars(with = "String")]
    pub(super) slot: Option<String>,
    /// The folder of launches that name none, as a profile would give it.
    #[serde(default)]
    #[schemars(with = "String")]
    pub(super) folder: Option<String>,
    /// Only these jobs.
    #[serde(default)]
    pub(super) only: Vec<String>,
    /// Rows in place of a job's own, by job: a list, or a file beside this one.
    #[serde(default)]
    #[schemars(extend("examples" = [{ "load": [{ "id": "A" }] }]))]
    pub(super) rows: BTreeMap<String, RowsFormat>,
    /// What the plan must be like: at least one expectation.
    #[schemars(extend("minProperties" = 1))]
    pub(super) expect: ExpectFormat,
}

/// Rows of a test.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum RowsFormat {
    /// The rows.
    Rows(Vec<Map<String, Value>>),
    /// A file beside the test file: CSV, JSON, JSON Lines or YAML.
    File(String),
}

/// What is expected of a plan.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct ExpectFormat {
    /// How many launches would be started, those that `if` skips not counted.
    #[serde(default)]
    #[schemars(with = "u64")]
    pub(super) launches: Option<u64>,
    /// The same by job.
    #[serde(default)]
    #[schemars(extend("minProperties" = 1, "examples" = [{ "load": 2 }]))]
    #[schemars(with = "BTreeMap<String, u64>")]
    pub(super) jobs: Option<BTreeMap<String, u64>>,
    /// The ids of the launches that `if` skips: all of them.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub(super) skipped: Option<Vec<String>>,
    /// What launches send, by id: each may have more than is written here. Keys are those of a job (`arguments`, `release`,
    /// `folder`), or the API's (`InputArguments`).
    #[serde(default)]
    #[schemars(extend("minProperties" = 1, "examples" = [{ "load/A": { "arguments": { "region": "emea" } } }]))]
    #[schemars(with = "BTreeMap<String, Map<String, Value>>")]
    pub(super) bodies: Option<BTreeMap<String, Map<String, Value>>>,
    /// The errors and warnings, all of them. Left out: no error, and any warning.
    #[serde(default)]
    #[schemars(with = "Vec<ExpectedDiagnostic>")]
    pub(super) diagnostics: Option<Vec<ExpectedDiagnostic>>,
}

/// An error or a warning that is expected.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct ExpectedDiagnostic {
    /// Its code, as diagnostics show it: `unknown-name`.
    pub(super) code: String,
    /// Where: a line of the manifest, `LINE:COLUMN`, or with a file before it.
    #[serde(default)]
    #[schemars(extend("examples" = [8, "8:15", "rows.csv:3:2"]))]
    #[schemars(with = "ExpectedPlace")]
    pub(super) at: Option<ExpectedPlace>,
    /// Words that it holds.
    #[serde(default)]
    #[schemars(with = "String")]
    pub(super) text: Option<String>,
}

/// Where a diagnostic is expected.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum ExpectedPlace {
    /// A line of the manifest.
    Line(u32),
    /// `LINE:COLUMN`, `FILE:LINE`, `FILE:LINE:COLUMN`.
    Text(String),
}
