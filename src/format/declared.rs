//! What a manifest declares by name: params and secrets; and the reports that it asks for.
//!
//! In: the entries of `params` and `secrets`, the items of `reports`. Out: plain types. Never: reads an input or a secret.

use schemars::JsonSchema;
use serde::Deserialize;

use super::field::Anything;
use super::shape::keys;
use super::text::JobName;
use crate::words::{Words as _, words};

/// A value given at run time.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = keys)]
pub struct Param {
    /// The type of its values.
    #[serde(rename = "type")]
    pub kind: ParamType,
    /// What it is for, for people.
    pub description: Option<String>,
    /// The only values that it takes.
    #[serde(rename = "enum")]
    #[schemars(length(min = 1), extend("examples" = [["emea", "amer"]]))]
    pub choices: Option<Vec<Anything>>,
    /// The value if none is given.
    #[schemars(extend("examples" = ["emea"]))]
    pub default: Option<Anything>,
    /// Whether a value must be given. Default: yes, unless there is a `default`. If it is not required and none is
    /// given, the param is undefined.
    pub required: Option<bool>,
}

words! {
    /// The type of a param.
    pub enum ParamType {
        /// Text.
        String = "string",
        /// A whole number.
        Integer = "integer",
        /// A number with or without a fraction.
        Number = "number",
        /// `true` or `false`.
        Boolean = "boolean",
        /// Any JSON value.
        Json = "json",
    }
}

/// Where a secret comes from: exactly one of `env`, `file` and `command`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = keys, extend("minProperties" = 1))]
pub struct SecretFrom {
    /// The name of an environment variable.
    #[schemars(extend("examples" = ["PING_URL"]))]
    pub env: Option<String>,
    /// A file that only its owner may read; one final newline is dropped.
    #[schemars(extend("examples" = ["/run/secrets/pin"]))]
    pub file: Option<String>,
    /// A program and its arguments; its output, without the final newline, is the secret.
    #[schemars(extend("examples" = [["pass", "show", "rpa/pin"]]), length(min = 1))]
    pub command: Option<Vec<String>>,
}

/// A report and where it goes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = keys)]
pub struct ReportTo {
    /// The report's format.
    pub format: ReportFormat,
    /// The file, beside the manifest or below it.
    #[schemars(extend("examples" = ["out/night.xml"]))]
    pub path: String,
}

/// A job that was renamed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = keys)]
pub struct MovedJob {
    /// Its old name.
    pub from: JobName,
    /// Its new name.
    pub to: JobName,
}

words! {
    /// The format of a report.
    #[derive(Default, Hash)]
    pub enum ReportFormat {
        /// Plain text for people.
        #[default]
        Text = "text",
        /// One JSON object, by the published schema.
        Json = "json",
        /// One JSON object per line: the run, then one line per launch.
        Jsonl = "jsonl",
        /// One line per launch, for spreadsheets.
        Csv = "csv",
        /// One test suite per job and one case per launch, for CI systems.
        Junit = "junit",
        /// For the summary of a pipeline, or a pull request.
        Markdown = "markdown",
        /// One page for people, without scripts.
        Html = "html",
        /// The rows that were launched, each with its result.
        Rows = "rows",
    }
}

impl ReportFormat {
    /// All of them, as words in a sentence: `text, json and csv`.
    #[must_use]
    pub fn written() -> String {
        let mut words = Self::NAMES.to_vec();
        let last = words.pop().unwrap_or_default();
        format!("{} and {last}", words.join(", "))
    }
}
