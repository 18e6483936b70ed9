//! `sortie ledger`: what is done to a ledger's file as a whole.

use crate::cli::args::{LedgerVerb, LedgerVerbArgs, RunsLedgerArgs};
use crate::cli::connect::ledger_place::LedgerPlace;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::runtime::block_on;
use crate::diagnostic::escape::escape;
use crate::exit::ExitStatus;
use crate::ledger::{self, LedgerError, Migrated};

pub(crate) fn run(context: &CommandContext, flags: &LedgerVerbArgs) -> Result<ExitStatus, Failure> {
    match &flags.verb {
        LedgerVerb::Migrate(flags) => migrate(context, flags),
    }
}

fn migrate(context: &CommandContext, flags: &RunsLedgerArgs) -> Result<ExitStatus, Failure> {
    let path = LedgerPlace::of_runs(flags, &context.environment)?.existing_path()?;
    if std::fs::metadata(&path).is_ok_and(|file| file.is_file() && file.len() == 0) {
        let words = format!(
            "`{}` is empty: there is no ledger in it\n  help: put a backup in its place",
            escape(&path.display().to_string())
        );
        return Err(Failure::with_message(ExitStatus::Fault, words));
    }
    let migrated = block_on(async {
        ledger::migrate(&path).await.map_err(|error| {
            if matches!(error, LedgerError::InUse { .. }) {
                Failure::new(ExitStatus::Held, &error)
            } else {
                error.into()
            }
        })
    })?;
    let path = path.display().to_string();
    let path = escape(&path);
    let Migrated { from, to, runs, events } = migrated;
    context.tell(&if from == to {
        format!("ledger `{path}` has schema version {to} already: nothing was done")
    } else {
        format!("ledger `{path}` has schema version {to} now, and had {from}: runs: {runs}, events: {events}")
    });
    Ok(ExitStatus::Success)
}
