//! Errors of the layers below -> how a command ends: their words, their help, their exit status.

use std::error::Error;

use crate::cli::failure::Failure;
use crate::cli::output::diagnostics;
use crate::exit::ExitStatus;
use crate::ledger::LedgerError;
use crate::report::delivery::ReportError;
use crate::run::{IdentityError, RunServiceError, SelectError};

impl From<RunServiceError> for Failure {
    fn from(error: RunServiceError) -> Self {
        let (run, may_have_sent) = (error.run(), error.may_have_sent());
        let failure = if let RunServiceError::Invalid(invalid) = &error {
            // The diagnostics themselves were told of.
            let silent = Self::silent(error.exit());
            let reason = || diagnostics::in_short(&invalid.sources, &invalid.diagnostics);
            if invalid.is_refused { silent } else { silent.with_reason(reason()) }
        } else {
            with_help(error.exit(), &error, error.help())
        };
        Self { run, may_have_sent, ..failure }
    }
}

impl From<SelectError> for Failure {
    fn from(error: SelectError) -> Self {
        with_help(error.exit(), &error, error.help())
    }
}

impl From<IdentityError> for Failure {
    fn from(error: IdentityError) -> Self {
        with_help(error.exit(), &error, Some(error.help().to_owned()))
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Self::new(ExitStatus::Fault, &error)
    }
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        let status = match &error {
            ReportError::Ledger(_) | ReportError::Miscounted { .. } => ExitStatus::Fault,
            ReportError::Unwritten(_) => ExitStatus::Report,
        };
        Self::new(status, &error)
    }
}

fn with_help(exit: ExitStatus, error: &dyn Error, help: Option<String>) -> Failure {
    match help {
        Some(help) => Failure::with_message(exit, format!("{error}\n  help: {help}")),
        None => Failure::new(exit, error),
    }
}
