//! The flags of `diff` and `test`.

use std::path::PathBuf;

use clap::{Args as Flags, ValueEnum};

use super::{ConnectionArgs, InputArgs};
use crate::manifest_test::TestForm;
use crate::plan_diff::DiffForm;

/// `sortie diff`. Rules are no business of a difference: whoever types `--policy` is told where they are checked.
#[derive(Debug, Flags)]
#[command(mut_arg("policies", |argument| argument.hide(true)))]
pub(crate) struct DiffArgs {
    /// The old side: a manifest, a saved plan, a folder, REV:PATH, or just a git revision, for the same files at that revision
    pub(crate) from: String,
    /// The new side, in the same forms [default: the files here]
    pub(crate) to: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: DiffFormat,
    /// Exit with 20 if anything differs
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// What both plans depend on.
    #[command(flatten)]
    pub(crate) inputs: InputArgs,
    /// Where the default folder comes from.
    #[command(flatten)]
    pub(crate) connection: ConnectionArgs,
}

/// In which form `diff` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DiffFormat {
    /// For people
    #[default]
    Text,
    /// For machines: each launch that differs, field by field
    Json,
    /// For a comment on a pull request: at most 65,536 characters
    Markdown,
}

impl DiffFormat {
    /// The form that it names.
    pub(crate) fn form(self) -> DiffForm {
        match self {
            Self::Text => DiffForm::Text,
            Self::Json => DiffForm::Json,
            Self::Markdown => DiffForm::Markdown,
        }
    }
}

/// `sortie test`.
#[derive(Debug, Flags)]
pub(crate) struct TestArgs {
    /// Test files, manifests whose tests are beside them, or folders that are searched [default: this folder]
    pub(crate) paths: Vec<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TestOutput,
}

/// In which form `test` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TestOutput {
    /// For people
    #[default]
    Text,
    /// For programs: each test, and what it expected but did not get
    Json,
    /// For build servers: a suite for each file, a case for each test
    Junit,
}

impl TestOutput {
    /// The form that it names.
    pub(crate) fn form(self) -> TestForm {
        match self {
            Self::Text => TestForm::Text,
            Self::Json => TestForm::Json,
            Self::Junit => TestForm::Junit,
        }
    }
}
