//! The flags of a call that a later command about the same run needs too, so that it finds the same ledger and profile.

use std::path::Path;

use super::{ConnectionArgs, LedgerArgs, LedgerVerb, RunsArgs, RunsLedgerArgs, RunsVerb, Verb};
use crate::diagnostic::shell::exact_word;
use crate::run::reporting::RepeatedFlags;

/// The flags of `verb`, as far as they lead somewhere.
pub(crate) fn of(verb: &Verb) -> RepeatedFlags {
    let both = |ledger: &LedgerArgs, connection: &ConnectionArgs| RepeatedFlags {
        ledger: flag("--ledger", ledger.path.as_deref()),
        connection: flag("--config", connection.config.as_deref()),
    };
    match verb {
        Verb::Run(flags) => both(&flags.ledger, &flags.connection),
        Verb::Start(flags) => both(&flags.ledger, &flags.connection),
        Verb::Resume(flags) => in_sandbox(both(&flags.ledger.file, &flags.connection), &flags.ledger),
        Verb::Reconcile(flags) => in_sandbox(both(&flags.ledger.file, &flags.connection), &flags.ledger),
        Verb::Rerun(flags) => in_sandbox(both(&flags.ledger.file, &flags.connection), &flags.ledger),
        Verb::Pause(flags) | Verb::Continue(flags) => {
            in_sandbox(both(&flags.ledger.file, &flags.connection), &flags.ledger)
        }
        Verb::Cancel(flags) => {
            let flags = &flags.target;
            in_sandbox(both(&flags.ledger.file, &flags.connection), &flags.ledger)
        }
        Verb::Set(flags) => {
            let flags = &flags.target;
            in_sandbox(both(&flags.ledger.file, &flags.connection), &flags.ledger)
        }
        Verb::Report(flags) => in_sandbox(both(&flags.ledger.file, &ConnectionArgs::default()), &flags.ledger),
        Verb::Runs(RunsArgs { verb: Some(RunsVerb::Export(flags)), .. }) => {
            in_sandbox(both(&flags.ledger.file, &ConnectionArgs::default()), &flags.ledger)
        }
        Verb::Runs(RunsArgs { verb: Some(RunsVerb::Prune(flags)), .. }) => {
            in_sandbox(both(&flags.ledger.file, &ConnectionArgs::default()), &flags.ledger)
        }
        Verb::Runs(RunsArgs { verb: Some(RunsVerb::Import(flags)), .. }) => {
            in_sandbox(both(&flags.ledger.file, &ConnectionArgs::default()), &flags.ledger)
        }
        Verb::Board(flags) => in_sandbox(both(&flags.ledger.file, &ConnectionArgs::default()), &flags.ledger),
        Verb::Rows(flags) => in_sandbox(both(&flags.ledger.file, &ConnectionArgs::default()), &flags.ledger),
        Verb::Runs(flags) => in_sandbox(both(&flags.ledger.file, &ConnectionArgs::default()), &flags.ledger),
        Verb::Ledger(flags) => match &flags.verb {
            LedgerVerb::Migrate(flags) => in_sandbox(both(&flags.file, &ConnectionArgs::default()), flags),
        },
        Verb::Validate(_)
        | Verb::Plan(_)
        | Verb::Diff(_)
        | Verb::Test(_)
        | Verb::Init(_)
        | Verb::Import(_)
        | Verb::Explain(_)
        | Verb::Schema(_)
        | Verb::Completions(_)
        | Verb::Man(_)
        | Verb::Help(_)
        | Verb::Version(_) => RepeatedFlags::default(),
        #[cfg(feature = "sandbox")]
        Verb::Sandbox(_) => RepeatedFlags::default(),
    }
}

/// The same, for the runs of `run --sandbox` where `ledger` means those.
#[cfg(feature = "sandbox")]
fn in_sandbox(mut flags: RepeatedFlags, ledger: &RunsLedgerArgs) -> RepeatedFlags {
    if ledger.sandbox {
        flags.ledger.push_str(" --sandbox");
    }
    flags
}

#[cfg(not(feature = "sandbox"))]
fn in_sandbox(flags: RepeatedFlags, _: &RunsLedgerArgs) -> RepeatedFlags {
    flags
}

fn flag(name: &str, path: Option<&Path>) -> String {
    let typed = |path: &Path| {
        let path = path.display().to_string();
        // Else it would be taken for a flag.
        if path.starts_with('-') { format!("./{path}") } else { path }
    };
    path.map(|path| format!(" {name} {}", exact_word(&typed(path)))).unwrap_or_default()
}
