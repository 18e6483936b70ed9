//! A run of the ledger -> one file, to be carried elsewhere.
//!
//! In: a store, a run. Out: the file's lines. Never: a secret that is known, or the path of the folder that the run was begun in.

use std::io::Write;

use super::StoredRun;
use crate::ids::RunId;
use crate::ledger::Store;
use crate::run::error::RunServiceError;
use crate::run::secret_source::refuse_secrets;
use crate::run::snapshot::RunSnapshot;
use crate::run_file::{self, ExportError, ExportOrigin, Exported};
use crate::secret::Redactor;

/// Why a run is not exported.
#[derive(Debug, thiserror::Error)]
pub enum RunExportError {
    /// It could not be written.
    #[error(transparent)]
    Unwritten(#[from] ExportError),
    /// Its inputs hold the value of a secret.
    #[error(transparent)]
    HoldsSecret(Box<RunServiceError>),
}

/// Writes `run` of `store`, as it is at this moment, to `out`.
///
/// Errors: its inputs hold a secret that `redactor` knows; the ledger cannot be read; the file cannot be written.
pub async fn export_run<S: Store>(
    store: &S,
    run: RunId,
    origin: &ExportOrigin,
    redactor: &Redactor,
    out: impl Write,
) -> Result<Exported, RunExportError> {
    store.begin_reading().await.map_err(ExportError::from)?;
    let written = of_moment(store, run, origin, redactor, out).await;
    store.end_reading().await.map_err(ExportError::from)?;
    written
}

async fn of_moment<S: Store>(
    store: &S,
    run: RunId,
    origin: &ExportOrigin,
    redactor: &Redactor,
    out: impl Write,
) -> Result<Exported, RunExportError> {
    let StoredRun { mut record, end, snapshot, .. } = StoredRun::read(store, run).await.map_err(ExportError::from)?;
    let inputs = match snapshot {
        Some(snapshot) => {
            refuse_secrets(redactor, &snapshot.inputs).map_err(|error| RunExportError::HoldsSecret(Box::new(error)))?;
            // Files with secrets are looked for there, and only on the machine that began the run.
            RunSnapshot { folder: None, ..snapshot }.to_bytes()
        }
        None => record.inputs.clone(),
    };
    record.launched_on().to_owned().clone_into(&mut record.tenant);
    Ok(run_file::write(store, (&record, end), &inputs, origin, redactor, out).await?)
}
