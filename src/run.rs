//! One run, from its record in the ledger to its end.
//!
//! In: a plan, a client, an open ledger. Out: requests with their ids, and the run's end, recorded. What couples
//! launching with waiting, retries and needs belongs here. Never: prints, or writes a report.

mod attach;

pub use attach::attach;

use std::time::Duration;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use tokio::sync::watch;

use crate::exit::ExitStatus;
use crate::launch::{
    Adoption, AdoptionError, Counting, Interrupt, LaunchSettings, LaunchSummary, Launcher, Notice, Preflight, Proof,
    RequestSource, Resends, RunHistory, RunOrigin, Search, Sending, once,
};
use crate::ledger::state::LaunchState;
use crate::ledger::totals::Totals;
use crate::ledger::{Ledger, LedgerError, RunEnd, RunNote, RunRecord};
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::{Client, Server};
use crate::plan::Plan;
use crate::resolve::Directory;

mod family;
mod from_events;
mod kept;
mod recalled;

pub use family::{Choice, Family, FamilyError, Taken};
pub use from_events::FromEvents;
pub use kept::Kept;
pub use recalled::{EARLIEST_SLOT, PlanLost, Recalled, is_done, skipped_because_of};

/// So many folders are looked into at once.
const FOLDERS_AT_ONCE: usize = 4;

/// The server may date robot jobs so long before our time, beside what this ledger learnt of its clocks.
const KNOWN_CLOCK: Duration = Duration::from_secs(600);
/// The same if it learnt nothing: zones are at most 26 hours apart.
const UNKNOWN_CLOCK: Duration = Duration::from_secs(26 * 3600);

/// Asks the server for everything that `plan` names: one look-up for each folder.
///
/// A folder that is refused is a part of the answer: the others are looked into all the same, so that everything that is
/// wrong is told at once.
///
/// Errors: [`CallError`] of the first folder that cannot be looked into for another reason; nothing was started.
pub async fn look_up(client: &Client, plan: &Plan) -> Result<Directory, CallError> {
    let folders = plan.wanted().iter().map(|(folder, wanted)| async move {
        match client.look_up(folder, wanted).await {
            Ok(contents) => Ok((folder.clone(), Ok(contents))),
            Err(CallError::FolderRefused { error, .. }) => Ok((folder.clone(), Err(error.to_string()))),
            Err(error) => Err(error),
        }
    });
    let looked: Vec<_> = stream::iter(folders).buffer_unordered(FOLDERS_AT_ONCE).try_collect().await?;
    let mut directory = Directory::default();
    for (folder, answer) in looked {
        match answer {
            Ok(contents) => drop(directory.contents_by_folder.insert(folder, contents)),
            Err(said) => drop(directory.refused_by_folder.insert(folder, said)),
        }
    }
    if !directory.refused_by_folder.is_empty() {
        directory.folder_paths = client.folder_paths().await;
    }
    Ok(directory)
}

/// A run that is over.
#[derive(Debug)]
pub struct Ran {
    /// What the ledger holds of its beginning.
    pub record: RunRecord,
    /// How it ended.
    pub end: RunEnd,
    /// What came of its launches.
    pub launched: LaunchSummary,
    /// Why its end could not be recorded, where it could not.
    pub unclosed: Option<LedgerError>,
}

/// Whether a run is new, and what is known of what it may have started before.
#[derive(Clone, Debug)]
pub enum Opening {
    /// A run that nobody can have begun before: its id is random.
    New {
        /// The run.
        record: RunRecord,
        /// What the job lists told that its preflight read.
        preflight: Preflight,
    },
    /// A run that stands for a slot or a key, new in this ledger: another ledger may have known it.
    Named {
        /// The run.
        record: RunRecord,
        /// How far another ledger is looked for.
        reach: Reach,
    },
    /// A run that this ledger holds.
    Again {
        /// The run.
        record: RunRecord,
        /// How far another ledger is looked for, as long as nothing of the run was begun here.
        reach: Reach,
    },
    /// A run that this ledger holds, and that is only settled: its launches are known by their events alone.
    Settled(RunRecord),
}

/// How far the look before the first send goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// What the run is known by to other ledgers.
    pub origin: RunOrigin,
    /// Whether what the look does not find must be vouched for, where this ledger knows nothing of the tenant.
    pub proof: Proof,
}

/// Why a run was not begun, or not taken up; nothing was sent by this process.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// What was started before cannot be looked up.
    #[error(transparent)]
    Adoption(#[from] AdoptionError),
}

/// Begins or takes up a run: records it, looks for what it started before, settles, launches, records its end.
///
/// The caller holds the run's lock. Errors: [`RunError`]; what goes wrong later is in [`Ran`].
pub async fn run<S: Server, L: Ledger, R: RequestSource>(
    opening: Opening,
    launcher: &Launcher<'_, S, L, R>,
    terms: LaunchSettings,
    interrupt: watch::Receiver<Option<Interrupt>>,
    observe: &mut dyn FnMut(Notice),
) -> Result<Ran, RunError> {
    let Launcher { ledger, requests, run, clock, .. } = launcher;
    let (record, history, terms) = match opening {
        Opening::New { record, preflight } => {
            open(*ledger, &record, terms).await?;
            for at in preflight.lists {
                ledger.count_list(record.id, at).await?;
            }
            let history = RunHistory::read(*ledger, *run).await?.with_server_ahead(preflight.server_ahead_ms);
            (record, history, terms)
        }
        Opening::Named { record, reach } => {
            open(*ledger, &record, terms).await?;
            let (history, terms) = looked(launcher, &record, reach, terms, interrupt.clone(), observe).await?;
            (record, history, terms)
        }
        Opening::Settled(record) => {
            ledger.reopen_run(record.id, clock.utc()).await?;
            (
                record,
                RunHistory::read_with_held(*ledger, *run).await?,
                LaunchSettings { sending: Sending::Off, counting: Counting::All, ..terms },
            )
        }
        Opening::Again { record, reach } => {
            let terms = noted(terms, &ledger.read_notes(*run).await?);
            let (history, terms) = looked(launcher, &record, reach, terms, interrupt.clone(), observe).await?;
            // Only now: a run that could not be looked up still ended as it did.
            ledger.reopen_run(record.id, clock.utc()).await?;
            (record, history, terms)
        }
    };
    let history = match terms.sending {
        Sending::On => once::skip_started_elsewhere(*ledger, *requests, *run, clock.utc(), history).await?,
        Sending::Off => history,
    };
    for state in history.unfinished.values() {
        let (attempts, why) = match state {
            LaunchState::Open(attempts) => (attempts, "no answer was recorded before sortie stopped"),
            LaunchState::InDoubt { attempts, doubt, .. } => (attempts, doubt.why.as_str()),
            LaunchState::Planned
            | LaunchState::Unsent { .. }
            | LaunchState::Started { .. }
            | LaunchState::Rejected { .. }
            | LaunchState::Declared { .. }
            | LaunchState::StartedElsewhere { .. } => continue,
        };
        observe(Notice::Doubted(attempts.intent.launch.clone(), why.to_owned()));
    }
    let launched = launcher.launch(terms, history, interrupt, observe).await;
    let totals = Totals::of_launches(&launched.launches_by_verdict);
    let end = RunEnd { ended: clock.utc(), exit: launched.exit(), totals };
    if let Some(ms) = launched.clocks_apart_ms {
        // A ledger that fails says so when the run is closed.
        drop(ledger.note(record.id, RunNote::ClocksApart { ms }).await);
    }
    if terms.counting == Counting::All {
        let folders = launched.uncounted_folders.iter().map(|(folder, why)| (folder.to_string(), why.clone()));
        drop(ledger.note(record.id, RunNote::Uncounted { folders: folders.collect() }).await);
    }
    let unclosed = ledger.close_run(record.id, end).await.err();
    let exit = if unclosed.is_some() { end.exit.worse(ExitStatus::Fault) } else { end.exit };
    Ok(Ran { record, end: RunEnd { exit, ..end }, launched, unclosed })
}

/// Looks for what was started before. A signal ends it: then nothing is sent, and the run ends as one that was interrupted.
///
/// Shape: the run's past, and the terms on which it goes on.
async fn looked<S: Server, L: Ledger, R: RequestSource>(
    launcher: &Launcher<'_, S, L, R>,
    record: &RunRecord,
    reach: Reach,
    terms: LaunchSettings,
    mut interrupt: watch::Receiver<Option<Interrupt>>,
    observe: &mut dyn FnMut(Notice),
) -> Result<(RunHistory, LaunchSettings), RunError> {
    let Launcher { server, ledger, requests, run, clock } = launcher;
    let history = RunHistory::read(*ledger, *run).await?;
    let search = search(*ledger, record, &history, reach).await?;
    let adoption = Adoption { server: *server, ledger: *ledger, requests: *requests, run: *run, clock: &**clock };
    let interrupted = async {
        if interrupt.wait_for(Option::is_some).await.is_err() {
            // Nobody can interrupt any more.
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        biased;
        () = interrupted => {}
        history = adoption.adopt_earlier(history, search, terms, observe) => return Ok((history?, terms)),
    }
    // Nothing may be sent that was not looked for.
    Ok((RunHistory::read(*ledger, *run).await?, LaunchSettings { sending: Sending::Off, ..terms }))
}

/// What to look for. Once the run has an event in this ledger, the look for other ledgers' was made: nothing is recorded
/// before it.
async fn search<L: Ledger>(
    ledger: &L,
    record: &RunRecord,
    history: &RunHistory,
    reach: Reach,
) -> Result<Search, LedgerError> {
    let origin = if history.is_untouched() { reach.origin } else { RunOrigin::Own };
    let known = origin == RunOrigin::Own || ledger.knows(&record.tenant, record.id).await?;
    let margin = history.created_behind().map_or(UNKNOWN_CLOCK, |behind| KNOWN_CLOCK.saturating_add(behind));
    let proof = if known { Proof::Unneeded } else { reach.proof };
    Ok(Search { since: origin.since(record.started, margin), proof })
}

async fn open<L: Ledger>(ledger: &L, record: &RunRecord, terms: LaunchSettings) -> Result<(), LedgerError> {
    ledger.open_run(record.clone()).await?;
    match terms.resends {
        Resends::AsAsked => {}
        Resends::Never => ledger.note(record.id, RunNote::AtMostOnce).await?,
    }
    match terms.counting {
        Counting::Resent => Ok(()),
        Counting::All => ledger.note(record.id, RunNote::Verify).await,
    }
}

/// `terms` as the run's notes allow them.
#[must_use]
pub fn noted(mut terms: LaunchSettings, notes: &[RunNote]) -> LaunchSettings {
    for note in notes {
        match note {
            RunNote::AtMostOnce => terms.resends = Resends::Never,
            RunNote::Verify => terms.counting = Counting::All,
            RunNote::Superseded { .. } => terms.sending = Sending::Off,
            RunNote::ClocksApart { .. } | RunNote::Uncounted { .. } | RunNote::Skipped { .. } | RunNote::Begun => {}
        }
    }
    terms
}
