//! One run, from its record in the ledger to its end.
//!
//! In: requests, a client, an open ledger; the caller holds the run's lock. Out: the run's end, recorded. Never: prints, or
//! decides whether the run may begin.

use std::num::NonZeroU32;
use std::time::Duration;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use tokio::sync::watch;

use self::steering_notes::SteeringNotes;
use crate::clock::Timestamp;
use crate::exit::ExitStatus;
use crate::ids::RunId;
use crate::launch::{
    Adoption, AdoptionError, Interrupt, LaunchSettings, LaunchSummary, Launcher, Notice, Preflight, Proof,
    RecountScope, RequestSource, ResendPolicy, RunHistory, RunOrigin, RunSignals, Search, SendMode, once,
};
use crate::ledger::state::LaunchState;
use crate::ledger::totals::Totals;
use crate::ledger::{EventLog, LedgerError, Rations, RunEnd, RunNote, RunRecord, RunStore, paced};
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::{Client, Server};
use crate::plan::Plan;
use crate::resolve::Directory;
use crate::run::stored_run::learnt::learn_spans;
use crate::run::stored_run::waiting::{judge_run, waits_for_any};

mod steering_notes;

/// Maximum folders looked into at once.
const MAX_FOLDERS_AT_ONCE: usize = 4;

/// Maximum time before ours that the server may date robot jobs, beside what this ledger learnt of its clocks.
const MAX_KNOWN_CLOCK_LAG: Duration = Duration::from_secs(600);
/// The same if it learnt nothing: zones are at most 26 hours apart.
const MAX_UNKNOWN_CLOCK_LAG: Duration = Duration::from_secs(26 * 3600);

/// Asks the server for everything that `plan` names: one look-up for each folder.
///
/// A folder that is refused is a part of the answer: the others are looked into all the same, so that everything that is
/// wrong is told at once.
///
/// Errors: [`CallError`] of the first folder that cannot be looked into for another reason; nothing was started.
pub async fn look_up(client: &Client, plan: &Plan) -> Result<Directory, CallError> {
    let folders = plan.required_names().iter().map(|(folder, wanted)| async move {
        match client.look_up(folder, wanted).await {
            Ok(contents) => Ok((folder.clone(), Ok(contents))),
            Err(CallError::FolderRefused { error, .. }) => Ok((folder.clone(), Err(error.to_string()))),
            Err(error) => Err(error),
        }
    });
    let adopt_earlier: Vec<_> = stream::iter(folders).buffer_unordered(MAX_FOLDERS_AT_ONCE).try_collect().await?;
    let mut directory = Directory::default();
    for (folder, answer) in adopt_earlier {
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

/// A run whose launching is over.
#[derive(Debug)]
pub struct LaunchedRun {
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
pub enum RunStart {
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
        reach: AdoptionScope,
    },
    /// A run that this ledger holds.
    Resumed {
        /// The run.
        record: RunRecord,
        /// How far another ledger is looked for, as long as nothing of the run was begun here.
        reach: AdoptionScope,
    },
    /// A run that this ledger holds, and that is only settled: its launches are known by their events alone.
    SettleOnly(RunRecord),
    /// A run that this ledger holds, of which nothing is sent: what is in doubt is settled, and what is cancelled is stopped.
    Cancelled(RunRecord),
}

impl RunStart {
    /// What the ledger holds, or is to hold, of the run's beginning.
    pub(super) fn record(&self) -> &RunRecord {
        match self {
            Self::New { record, .. }
            | Self::Named { record, .. }
            | Self::Resumed { record, .. }
            | Self::SettleOnly(record)
            | Self::Cancelled(record) => record,
        }
    }
}

/// How far adoption goes before the first send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdoptionScope {
    /// What the run is known by to other ledgers.
    pub origin: RunOrigin,
    /// Whether finding nothing must be proved, where this ledger knows nothing of the tenant.
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
/// The caller holds the run's lock. Errors: [`RunError`]; what goes wrong later is in [`LaunchedRun`].
pub async fn run<S: Server, L: RunStore + EventLog + Rations, R: RequestSource>(
    start: RunStart,
    launcher: &Launcher<'_, S, L, R>,
    settings: LaunchSettings,
    signals: impl Into<RunSignals>,
    observe: &mut dyn FnMut(Notice),
) -> Result<LaunchedRun, RunError> {
    let signals = signals.into();
    let interrupt = &signals.interrupt;
    let Launcher { ledger, requests, run, clock, .. } = launcher;
    let judged_before = judged_before(*ledger, *run).await?;
    let (record, history, settings) = match start {
        RunStart::New { record, preflight } => {
            open(*ledger, &record, settings).await?;
            for at in preflight.lists {
                ledger.count_list(record.id, at).await?;
            }
            let history = RunHistory::read(*ledger, *run).await?.with_server_ahead(preflight.server_ahead_ms);
            (record, history, settings)
        }
        RunStart::Named { record, reach } => {
            open(*ledger, &record, settings).await?;
            let (history, settings) =
                adopt_earlier(launcher, &record, reach, settings, interrupt.clone(), observe).await?;
            (record, history, settings)
        }
        RunStart::SettleOnly(record) => {
            ledger.reopen_run(record.id, clock.utc()).await?;
            (
                record,
                RunHistory::read_with_held(*ledger, *run).await?,
                LaunchSettings { sending: SendMode::Off, counting: RecountScope::All, ..settings },
            )
        }
        RunStart::Cancelled(record) => {
            ledger.reopen_run(record.id, clock.utc()).await?;
            let history = RunHistory::read(*ledger, *run).await?;
            (record, history, LaunchSettings { sending: SendMode::Off, ..settings })
        }
        RunStart::Resumed { record, reach } => {
            let settings = apply_notes(settings, &ledger.read_notes(*run).await?);
            let (history, settings) =
                adopt_earlier(launcher, &record, reach, settings, interrupt.clone(), observe).await?;
            // Only now: a run that could not be looked up still ended as it did.
            ledger.reopen_run(record.id, clock.utc()).await?;
            (record, history, settings)
        }
    };
    let history = match settings.sending {
        SendMode::On => once::skip_started_elsewhere(*ledger, *requests, *run, clock.utc(), history).await?,
        SendMode::Off => history,
    };
    let waits = requests.plan().is_some_and(|plan| waits_for_any(plan, settings.wait));
    let history = if waits && settings.sending == SendMode::On {
        let learnt = learn_spans(*ledger, &record).await?;
        history.with_learnt(learnt)
    } else {
        history
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
            | LaunchState::StartedElsewhere { .. }
            | LaunchState::LeftOut { .. }
            | LaunchState::Due(_) => continue,
        };
        observe(Notice::Doubted(attempts.intent.launch.clone(), why.to_owned()));
    }
    let history = history.with_needed(*ledger, *run, requests.plan()).await?;
    note_pace(*ledger, &record, requests.plan(), settings, clock.utc()).await?;
    let notes = SteeringNotes::default();
    let mut observe = |notice| {
        notes.take_in(&notice, &**clock);
        observe(notice);
    };
    let launching = launcher.launch(settings, history, signals, &mut observe);
    let (launched, unnoted) = notes.beside(launching, *ledger, *run).await;
    let mut totals = Totals::of_launches(&launched.launches_by_verdict);
    let mut exit = launched.exit();
    // A ledger that fails says so when the run is closed.
    if let Ok(judged) = judge_run(*ledger, *run, requests.judged_by(), settings.wait).await {
        let Totals { outcomes, retries, flaky, .. } = judged.totals;
        totals = Totals { outcomes, retries, flaky, ..totals };
        // Where the plan is lost, what was judged before holds.
        exit = exit.worse(if requests.judged_by().is_some() { judged.exit } else { judged_before });
        if !judged.policies.is_empty() {
            drop(ledger.note(record.id, RunNote::Judged { policies: judged.policies }).await);
        }
    }
    let end = RunEnd { ended: clock.utc(), exit, totals };
    if let Some(ms) = launched.clocks_apart_ms {
        drop(ledger.note(record.id, RunNote::ClocksApart { ms }).await);
    }
    if settings.counting == RecountScope::All {
        let folders = launched.uncounted_folders.iter().map(|(folder, why)| (folder.to_string(), why.clone()));
        drop(ledger.note(record.id, RunNote::Uncounted { folders: folders.collect() }).await);
    }
    // A pause that is not noted would be lost on whoever goes on with the run: it is no run that ended as it should.
    let unclosed = ledger.close_run(record.id, end).await.err().or(unnoted);
    let exit = if unclosed.is_some() { end.exit.worse(ExitStatus::Fault) } else { end.exit };
    Ok(LaunchedRun { record, end: RunEnd { exit, ..end }, launched, unclosed })
}

/// Notes the pace that `settings` ask for, where it is another than the run's notes tell: reports show what held.
async fn note_pace<L: RunStore>(
    ledger: &L,
    record: &RunRecord,
    plan: Option<&Plan>,
    settings: LaunchSettings,
    at: Timestamp,
) -> Result<(), LedgerError> {
    let Some(plan) = plan.filter(|_| settings.sending == SendMode::On) else { return Ok(()) };
    let notes = ledger.read_notes(record.id).await?;
    let own = plan.limits().pace;
    if paced(&notes).unwrap_or(own) == settings.pace {
        return Ok(());
    }
    let interval_ns = u64::try_from(settings.pace.interval().as_nanos()).unwrap_or(u64::MAX);
    let burst = NonZeroU32::new(settings.pace.burst()).unwrap_or(NonZeroU32::MIN);
    ledger.note(record.id, RunNote::Paced { at, interval_ns, burst }).await
}

/// What outcome policies gave the run when it ended last.
async fn judged_before<L: RunStore>(ledger: &L, run: RunId) -> Result<ExitStatus, LedgerError> {
    let end = match ledger.read_run(run).await {
        Ok((_, end)) => end,
        Err(LedgerError::NoRun(_)) => None,
        Err(error) => return Err(error),
    };
    let exit = end.map_or(ExitStatus::Success, |end| end.exit);
    Ok(if matches!(exit, ExitStatus::Outcome | ExitStatus::Deadline) { exit } else { ExitStatus::Success })
}

/// Looks for what was started before. A signal ends it: then nothing is sent, and the run ends as one that was interrupted.
///
/// Shape: the run's history, and the settings with which it goes on.
async fn adopt_earlier<S: Server, L: RunStore + EventLog + Rations, R: RequestSource>(
    launcher: &Launcher<'_, S, L, R>,
    record: &RunRecord,
    reach: AdoptionScope,
    settings: LaunchSettings,
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
        history = adoption.adopt_earlier(history, search, settings, observe) => return Ok((history?, settings)),
    }
    // Nothing may be sent that was not looked for.
    Ok((RunHistory::read(*ledger, *run).await?, LaunchSettings { sending: SendMode::Off, ..settings }))
}

/// What to look for. Once the run has an event in this ledger, other ledgers' robot jobs were adopted: nothing is recorded
/// before it.
async fn search<L: RunStore>(
    ledger: &L,
    record: &RunRecord,
    history: &RunHistory,
    reach: AdoptionScope,
) -> Result<Search, LedgerError> {
    let origin = if history.is_untouched() { reach.origin } else { RunOrigin::Own };
    let known = origin == RunOrigin::Own || ledger.knows(&record.tenant, record.id).await?;
    let margin =
        history.created_behind().map_or(MAX_UNKNOWN_CLOCK_LAG, |behind| MAX_KNOWN_CLOCK_LAG.saturating_add(behind));
    let proof = if known { Proof::Unneeded } else { reach.proof };
    Ok(Search { since: origin.since(record.started, margin), proof })
}

async fn open<L: RunStore>(ledger: &L, record: &RunRecord, settings: LaunchSettings) -> Result<(), LedgerError> {
    ledger.open_run(record.clone()).await?;
    match settings.resends {
        ResendPolicy::AsAsked => {}
        ResendPolicy::Never => ledger.note(record.id, RunNote::AtMostOnce).await?,
    }
    match settings.counting {
        RecountScope::Resent => Ok(()),
        RecountScope::All => ledger.note(record.id, RunNote::Verify).await,
    }
}

/// `settings` as the run's notes allow them.
#[must_use]
pub fn apply_notes(mut settings: LaunchSettings, notes: &[RunNote]) -> LaunchSettings {
    for note in notes {
        match note {
            RunNote::AtMostOnce => settings.resends = ResendPolicy::Never,
            RunNote::Verify => settings.counting = RecountScope::All,
            RunNote::Superseded { .. } => settings.sending = SendMode::Off,
            RunNote::ClocksApart { .. }
            | RunNote::Uncounted { .. }
            | RunNote::Judged { .. }
            | RunNote::Skipped { .. }
            | RunNote::Begun
            | RunNote::Paced { .. }
            | RunNote::Steered(_) => {}
        }
    }
    settings
}
