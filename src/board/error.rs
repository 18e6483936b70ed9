//! Why the board has no page to show.
//!
//! In: what went wrong. Out: a status of HTTP, and words. Never: a secret's text.

use crate::diagnostic::causes::with_causes;
use crate::ledger::LedgerError;
use crate::report::delivery::ReportError;

/// Why there is no such page.
#[derive(Debug, thiserror::Error)]
pub enum BoardError {
    /// Nothing is there.
    #[error("there is no such page")]
    NoPage,
    /// The ledger has no such run.
    #[error("the ledger has no such run")]
    NoRun,
    /// The ledger cannot be read.
    #[error("the ledger cannot be read")]
    Ledger(#[source] LedgerError),
    /// The run's report cannot be made.
    #[error("the report cannot be made")]
    Report(#[source] ReportError),
}

impl BoardError {
    /// Its status.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::NoPage | Self::NoRun => 404,
            Self::Ledger(_) | Self::Report(_) => 500,
        }
    }

    /// The title of the page that says so.
    #[must_use]
    pub fn title(&self) -> &'static str {
        match self {
            Self::NoPage | Self::NoRun => "Not found",
            Self::Ledger(_) | Self::Report(_) => "Not readable",
        }
    }

    /// The whole of it, in one line.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::NoPage | Self::NoRun => self.to_string(),
            Self::Ledger(_) | Self::Report(_) => with_causes(self),
        }
    }
}

impl From<LedgerError> for BoardError {
    fn from(error: LedgerError) -> Self {
        if matches!(error, LedgerError::NoRun(_)) { Self::NoRun } else { Self::Ledger(error) }
    }
}

impl From<ReportError> for BoardError {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Ledger(error) => error.into(),
            ReportError::Unwritten(_) | ReportError::Miscounted { .. } => Self::Report(error),
        }
    }
}
