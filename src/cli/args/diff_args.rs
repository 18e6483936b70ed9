//! The flags of `diff`.

use clap::{Args as Flags, ValueEnum};

use super::{ConnectionArgs, InputArgs};
use crate::plan_diff::DiffForm;

/// `sortie diff`.
#[derive(Debug, Flags)]
pub(crate) struct DiffArgs {
    /// What it was: a manifest, a folder, REV:PATH, or a git revision alone, which stands for the same files at that revision
    pub(crate) from: String,
    /// What it is, in the same forms [default: the files here]
    pub(crate) to: Option<String>,
    /// What to print
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: DiffFormat,
    /// Exit 20 where anything differs
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
