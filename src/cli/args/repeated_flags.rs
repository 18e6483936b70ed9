//! The flags of a call that a later command about the same run needs too, so that it finds the same ledger and profile.

use std::path::Path;

use super::{ConnectionArgs, LedgerArgs, LedgerVerb, RunsLedgerArgs, Verb};
use crate::diagnostic::escape::escape;
use crate::diagnostic::shell::word;

/// Flags as they are typed again, each with a space before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RepeatedFlags {
    /// What every command about a run needs.
    pub(crate) ledger: String,
    /// What those need that ask a server, beside it.
    pub(crate) connection: String,
}

impl RepeatedFlags {
    /// The flags of `verb`, as far as they lead somewhere.
    pub(crate) fn of(verb: &Verb) -> Self {
        let both = |ledger: &LedgerArgs, connection: &ConnectionArgs| Self {
            ledger: flag("--ledger", ledger.path.as_deref()),
            connection: flag("--config", connection.config.as_deref()),
        };
        match verb {
            Verb::Run(flags) => both(&flags.ledger, &flags.connection),
            Verb::Start(flags) => both(&flags.ledger, &flags.connection),
            Verb::Resume(flags) => both(&flags.ledger.file, &flags.connection).in_sandbox(&flags.ledger),
            Verb::Reconcile(flags) => both(&flags.ledger.file, &flags.connection).in_sandbox(&flags.ledger),
            Verb::Rerun(flags) => both(&flags.ledger.file, &flags.connection).in_sandbox(&flags.ledger),
            Verb::Report(flags) => both(&flags.ledger.file, &ConnectionArgs::default()).in_sandbox(&flags.ledger),
            Verb::Runs(flags) => both(&flags.ledger.file, &ConnectionArgs::default()).in_sandbox(&flags.ledger),
            Verb::Ledger(flags) => match &flags.verb {
                LedgerVerb::Migrate(flags) => both(&flags.file, &ConnectionArgs::default()).in_sandbox(flags),
            },
            Verb::Validate(_) | Verb::Plan(_) | Verb::Schema(_) => Self::default(),
            #[cfg(feature = "sandbox")]
            Verb::Sandbox(_) => Self::default(),
        }
    }
}

impl RepeatedFlags {
    /// The same, for the runs of `run --sandbox` where `ledger` means those.
    #[cfg(feature = "sandbox")]
    fn in_sandbox(mut self, ledger: &RunsLedgerArgs) -> Self {
        if ledger.sandbox {
            self.ledger.push_str(" --sandbox");
        }
        self
    }

    #[cfg(not(feature = "sandbox"))]
    fn in_sandbox(self, _: &RunsLedgerArgs) -> Self {
        self
    }
}

fn flag(name: &str, path: Option<&Path>) -> String {
    path.map(|path| format!(" {name} {}", word(&escape(&path.display().to_string())))).unwrap_or_default()
}
