//! `sortie runs export`: a run of the ledger in one file.

use std::io::{BufWriter, Write as _};

use crate::cli::args::RunsExportArgs;
use crate::cli::connect::ledger_place::LedgerPlace;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::output::private_file::{PrivateFile, PrivateFileKind};
use crate::cli::runtime::block_on;
use crate::clock::{Clock as _, SystemClock};
use crate::diagnostic::escape::escape;
use crate::exit::ExitStatus;
use crate::run::{RunExportError, export_run, find_run};
use crate::run_file::{ExportError, ExportOrigin};

pub(crate) fn run(context: &CommandContext, flags: &RunsExportArgs) -> Result<ExitStatus, Failure> {
    let place = LedgerPlace::of_runs(&flags.ledger, &context.environment)?;
    let origin = ExportOrigin { at: SystemClock::new().utc(), host: CommandContext::host() };
    block_on(async {
        let ledger = place.open_to_read().await?;
        let id = find_run(&ledger, &flags.run).await?;
        let mut file = PrivateFile::beside(&flags.file, PrivateFileKind::Run)?;
        let mut out = BufWriter::with_capacity(64 * 1024, file.writer());
        let exported = export_run(&ledger, id, &origin, context.console.redactor(), &mut out).await?;
        out.flush().map_err(|error| RunExportError::from(ExportError::from(error)))?;
        drop(out);
        file.keep()?;
        if exported.is_live {
            context.tell(&format!("run {id} is still in progress: the file has it as it is at this moment"));
        }
        let path = flags.file.display().to_string();
        context.tell(&format!("run {id} is in `{}`; events: {}", escape(&path), exported.events));
        Ok(ExitStatus::Success)
    })
}

impl From<RunExportError> for Failure {
    fn from(error: RunExportError) -> Self {
        match error {
            RunExportError::HoldsSecret(error) => (*error).into(),
            RunExportError::Unwritten(ExportError::Unwritten(_)) => Self::new(ExitStatus::Report, &error),
            RunExportError::Unwritten(ExportError::Ledger(_) | ExportError::Inputs(_)) => {
                Self::new(ExitStatus::Fault, &error)
            }
        }
    }
}
