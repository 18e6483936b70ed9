//! Why a command ends early: words for a person, and the exit status that goes with whose fault it is.
//!
//! In: typed errors. Out: a [`Failure`]. Never: prints.

use std::error::Error;

use crate::cli::args::parse::UsageError;
use crate::cli::output::console::StdoutError;
use crate::diagnostic::causes::{with_causes, without_numbers};
use crate::exit::ExitStatus;
use crate::ids::RunId;
use crate::profile::{ProfileConnectionError, ProfileError};

/// Why a command ends early.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What to exit with.
    pub(crate) exit: ExitStatus,
    /// What to say; `None` if everything is said already, or nobody reads.
    pub(crate) message: Option<String>,
    /// What is said already, in short, for report files.
    pub(crate) reason: Option<String>,
    /// The run that is in the way.
    pub(crate) run: Option<RunId>,
    /// Whether this call may have sent something.
    pub(crate) may_have_sent: bool,
}

impl Failure {
    /// `error` and its causes in one line, and the status of whose fault it is.
    pub(crate) fn new(exit: ExitStatus, error: &dyn Error) -> Self {
        Self::with_message(exit, with_causes(error))
    }

    /// A sentence of the command's own.
    pub(crate) fn with_message(exit: ExitStatus, words: impl Into<String>) -> Self {
        Self { message: Some(without_numbers(&words.into())), ..Self::silent(exit) }
    }

    /// Everything is said already.
    pub(crate) fn silent(exit: ExitStatus) -> Self {
        Self { exit, message: None, reason: None, run: None, may_have_sent: false }
    }

    /// The same, of which `reason` is what was said, in short.
    pub(crate) fn with_reason(self, reason: String) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// Its words without the help.
    pub(crate) fn in_a_line(&self) -> &str {
        self.message.as_deref().unwrap_or_default().lines().next().unwrap_or_default()
    }

    /// The same, after which nobody can say that this call sent nothing.
    pub(crate) fn after_sending(self) -> Self {
        Self { may_have_sent: true, ..self }
    }
}

impl From<UsageError> for Failure {
    fn from(error: UsageError) -> Self {
        Self::new(ExitStatus::Usage, &error)
    }
}

impl From<ProfileError> for Failure {
    fn from(error: ProfileError) -> Self {
        Self::new(ExitStatus::Usage, &error)
    }
}

impl From<ProfileConnectionError> for Failure {
    fn from(error: ProfileConnectionError) -> Self {
        Self::new(error.exit(), &error)
    }
}

impl From<StdoutError> for Failure {
    fn from(error: StdoutError) -> Self {
        Self::new(ExitStatus::Fault, &error)
    }
}
