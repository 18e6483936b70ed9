//! `sortie runs import`: a run file into the ledger, to be shown and never to be sent on.

use crate::cli::args::RunsImportArgs;
use crate::cli::connect::ledger_place::LedgerPlace;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::run_files;
use crate::cli::runtime::block_on;
use crate::exit::ExitStatus;
use crate::run::{Imported, RunImportError, import_run};

pub(crate) fn run(context: &CommandContext, flags: &RunsImportArgs) -> Result<ExitStatus, Failure> {
    let place = LedgerPlace::of_runs(&flags.ledger, &context.environment)?;
    block_on(async {
        let file = run_files::read(&flags.file).await?;
        let run = file.record.id;
        let (ledger, _place) = place.open(context).await?;
        context.tell(&match import_run(&ledger, file).await? {
            Imported::New => format!(
                "run {run} is imported: `sortie report {run}{}` shows it; it can be sent on only where it was launched",
                context.repeated.ledger
            ),
            Imported::Continued(events) => {
                format!("run {run} was imported before; what is new was added; events: {events}")
            }
            Imported::Known => format!("run {run} was imported before, with all that the file holds: nothing was done"),
        });
        Ok(ExitStatus::Success)
    })
}

impl From<RunImportError> for Failure {
    fn from(error: RunImportError) -> Self {
        match error {
            RunImportError::Ledger(error) => error.into(),
            RunImportError::InUse { .. } => Self::new(ExitStatus::Held, &error),
            RunImportError::Own { .. } | RunImportError::Another { .. } => Self::new(ExitStatus::Usage, &error),
        }
    }
}
