//! How a launch ended, in one word that people and reports see.
//!
//! In: nothing. Out: the words, and the exit status of each. Never: what leads to which; that is `ledger/state.rs`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::exit::ExitStatus;
use crate::words::one_enum;

/// How a launch ended. Source: `docs/glossary.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(transform = one_enum)]
pub enum Verdict {
    /// The robot jobs that were asked for exist.
    Started,
    /// Orchestrator refused; nothing was started.
    Rejected,
    /// It cannot be known whether robot jobs exist.
    Unknown,
    /// Fewer robot jobs exist than were asked for.
    Partial,
    /// More robot jobs exist than were asked for.
    Duplicate,
    /// The manifest's own condition left it out.
    Skipped,
    /// Surely nothing was started, and it may still be sent.
    NotSent,
}

impl Verdict {
    /// Every verdict, in the order of the report's totals.
    pub const ALL: [Self; 7] =
        [Self::Started, Self::Rejected, Self::Unknown, Self::Partial, Self::Duplicate, Self::Skipped, Self::NotSent];

    /// The word that people and reports see.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
            Self::Partial => "partial",
            Self::Duplicate => "duplicate",
            Self::Skipped => "skipped",
            Self::NotSent => "not-sent",
        }
    }

    /// The exit status that one such launch gives its run. Source: `docs/exit-codes.md`.
    #[must_use]
    pub fn exit(self) -> ExitStatus {
        match self {
            Self::Started | Self::Skipped => ExitStatus::Success,
            Self::Rejected => ExitStatus::Rejected,
            Self::Unknown | Self::Partial | Self::Duplicate => ExitStatus::Unknown,
            Self::NotSent => ExitStatus::NotSent,
        }
    }
}
