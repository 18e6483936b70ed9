//! The forms in which a command shows what it has.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::format::ReportFormat;
use crate::plan_forms::PlanForm;
use crate::words::Words as _;

/// For whom a command prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people
    #[default]
    Text,
    /// For machines
    Json,
}

/// In which form `validate` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ValidateFormat {
    /// For people
    #[default]
    Text,
    /// One object, version 1: {"version": 1, "diagnostics": [..]}
    Json,
    /// Annotations of GitHub Actions: workflow commands
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit's XML: a test case for each manifest
    Junit,
    /// GitLab's code quality report
    Gitlab,
}

/// In which form `plan` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people
    #[default]
    Text,
    /// For machines: inputs and launches with exact request bodies
    Json,
    /// A table for a pull request
    Markdown,
    /// A shell script of curl commands, with the token masked
    Curl,
}

impl PlanFormat {
    /// The form that it names.
    pub(crate) fn form(self) -> PlanForm {
        match self {
            Self::Text => PlanForm::Text,
            Self::Json => PlanForm::Json,
            Self::Markdown => PlanForm::Markdown,
            Self::Curl => PlanForm::Curl,
        }
    }
}

impl ValueEnum for ReportFormat {
    fn value_variants<'a>() -> &'a [Self] {
        ReportFormat::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Self::Text => "For people",
            Self::Json => "One object, by the published schema",
            Self::Jsonl => "The run, then one line per launch",
            Self::Csv => "One line per launch, for spreadsheets",
            Self::Junit => "One test suite per job and one case per launch, for CI systems",
            Self::Markdown => "For the summary of a pipeline",
            Self::Html => "One page, without scripts",
            Self::Rows => "The rows that were launched, each with its result",
        };
        Some(PossibleValue::new(self.word()).help(help))
    }
}
