//! One run, from its record in the ledger to its end.
//!
//! In: a plan, a client, an open ledger. Out: requests with their ids, and the run's end, recorded. What couples
//! launching with waiting, retries and needs belongs here. Never: prints, or writes a report.

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use tokio::sync::watch;

use crate::exit::ExitStatus;
use crate::launch::{Interrupt, Launched, Launcher, Notice, Past, RequestSource, Terms};
use crate::ledger::{Ledger, LedgerError, RunEnd, RunRecord};
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::{Client, Server};
use crate::plan::Plan;
use crate::resolve::Directory;

/// So many folders are looked into at once.
const FOLDERS_AT_ONCE: usize = 4;

/// Asks the server for everything that `plan` names: one look-up for each folder.
///
/// Errors: [`CallError`] of the first folder that cannot be looked into; nothing was started.
pub async fn look_up(client: &Client, plan: &Plan) -> Result<Directory, CallError> {
    let folders = plan.wanted().iter().map(|(folder, wanted)| async move {
        let contents = client.look_up(folder, wanted).await?;
        Ok((folder.clone(), contents))
    });
    let contents_by_folder = stream::iter(folders).buffer_unordered(FOLDERS_AT_ONCE).try_collect().await?;
    Ok(Directory { contents_by_folder })
}

/// A run that is over.
#[derive(Debug)]
pub struct Ran {
    /// What the ledger holds of its beginning.
    pub record: RunRecord,
    /// How it ended.
    pub end: RunEnd,
    /// What came of its launches.
    pub launched: Launched,
    /// Why its end could not be recorded, where it could not.
    pub unclosed: Option<LedgerError>,
}

/// Opens the run in the ledger, launches every request, and records how it ended.
///
/// Errors: only where the run could not be opened; nothing was sent then. What goes wrong later is in [`Ran`].
pub async fn run<S: Server, L: Ledger, R: RequestSource>(
    record: RunRecord,
    launcher: &Launcher<'_, S, L, R>,
    terms: Terms,
    interrupt: watch::Receiver<Option<Interrupt>>,
    observe: &mut dyn FnMut(Notice),
) -> Result<Ran, LedgerError> {
    launcher.ledger.open_run(record.clone()).await?;
    let launched = launcher.launch(terms, Past::default(), interrupt, observe).await;
    let end = RunEnd { ended: launcher.clock.utc(), exit: launched.exit() };
    let unclosed = launcher.ledger.close_run(record.id, end).await.err();
    let exit = if unclosed.is_some() { end.exit.worse(ExitStatus::Fault) } else { end.exit };
    Ok(Ran { record, end: RunEnd { exit, ..end }, launched, unclosed })
}
