//! `sortie runs`: the runs of the ledger, newest first.

use serde::Serialize;

use crate::cli::args::{self, OutputFormat, RunsVerb};
use crate::cli::connect::ledger_place::LedgerPlace;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::runtime::block_on;
use crate::diagnostic::escape::escape;
use crate::exit::ExitStatus;
use crate::launch::RunHistory;
use crate::ledger::totals::Totals;
use crate::ledger::{self, AnyStore, LockName, Locks as _, RunEnd, RunStore as _, RunSummary};
use crate::report::delivery;
use crate::report::{EventsOnly, FromPlan};
use crate::run::{StoredRun, is_done};

/// One run of the list. Keys are added, never changed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct RunRow {
    /// The run's id.
    id: String,
    /// The manifest's name.
    name: String,
    /// The slot that it stands for, UTC.
    slot: Option<String>,
    /// When it was opened, UTC.
    started: String,
    /// How it is getting on.
    state: RunStatus,
    /// Its launches by verdict.
    totals: Totals,
    /// How it ended; null while it has not.
    exit_code: Option<u8>,
}

/// How a run is getting on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum RunStatus {
    /// A process is at it.
    Running,
    /// Somebody, or a rule of its manifest, paused it; a process may be at it.
    Paused,
    /// Somebody cancelled it.
    Cancelled,
    /// No process is at it, and it did not end.
    CutOff,
    /// It ended, and launches are left to send or to settle, or are held.
    Unfinished,
    /// Nothing is left to do.
    Finished,
    /// Its slot came while another one was being run.
    Skipped,
    /// A rerun took over what it did not do.
    Superseded,
    /// Another ledger launched it, and a file brought it here.
    Imported,
}

impl RunStatus {
    fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Cancelled => "cancelled",
            Self::CutOff => "cut-off",
            Self::Unfinished => "unfinished",
            Self::Finished => "finished",
            Self::Skipped => "skipped",
            Self::Superseded => "superseded",
            Self::Imported => "imported",
        }
    }
}

mod export;
mod import;

pub(crate) fn run(context: &CommandContext, flags: &args::RunsArgs) -> Result<ExitStatus, Failure> {
    match &flags.verb {
        Some(RunsVerb::Export(flags)) => export::run(context, flags),
        Some(RunsVerb::Import(flags)) => import::run(context, flags),
        None => list(context, flags),
    }
}

fn list(context: &CommandContext, flags: &args::RunsArgs) -> Result<ExitStatus, Failure> {
    let place = LedgerPlace::of_runs(&flags.ledger, &context.environment)?;
    let limit = if flags.limit == 0 { usize::MAX } else { usize::try_from(flags.limit).unwrap_or(usize::MAX) };
    let rows = block_on(async {
        let mut rows = Vec::new();
        // Who has run nothing yet has no ledger.
        if place.path().exists() {
            let ledger = ledger::open_to_read(&place.path()).await?;
            for summary in ledger.find_runs("", limit).await? {
                rows.push(row(&ledger, summary).await?);
            }
        }
        Ok(rows)
    })?;
    match flags.format {
        OutputFormat::Json => context.console.json(&rows)?,
        OutputFormat::Text if rows.is_empty() => {
            context.console.data("no run yet\n")?;
            if place.has_sandbox_beside(&context.environment) {
                context.console.say("help: runs with `--sandbox` are kept apart: `sortie runs --sandbox` lists them");
            }
        }
        OutputFormat::Text => context.console.data(&table(&rows))?,
    }
    Ok(ExitStatus::Success)
}

async fn row(ledger: &AnyStore, summary: RunSummary) -> Result<RunRow, Failure> {
    let id = summary.id;
    let is_live = ledger.is_held(LockName::Run(id)).await?;
    let stored = StoredRun::read(ledger, id).await?;
    let steered = stored.steered();
    let (state, totals) = match stored.end {
        Some(end) if stored.record.is_imported() => (RunStatus::Imported, end.totals),
        None if stored.record.is_imported() => (RunStatus::Imported, counted(ledger, &stored).await?),
        _ if is_live && steered.is_paused() => (RunStatus::Paused, counted(ledger, &stored).await?),
        _ if is_live => (RunStatus::Running, counted(ledger, &stored).await?),
        None if steered.is_paused() => (RunStatus::Paused, counted(ledger, &stored).await?),
        None => (RunStatus::CutOff, counted(ledger, &stored).await?),
        Some(end) => {
            let state = if stored.successor().is_some() {
                RunStatus::Superseded
            } else if stored.is_skipped() {
                RunStatus::Skipped
            } else if steered.is_cancelled() && !is_done_well(ledger, &stored, end).await? {
                RunStatus::Cancelled
            } else if steered.is_paused() && is_left(ledger, &stored, end.totals).await? {
                RunStatus::Paused
            } else if is_left(ledger, &stored, end.totals).await? {
                RunStatus::Unfinished
            } else {
                RunStatus::Finished
            };
            (state, end.totals)
        }
    };
    Ok(RunRow {
        id: id.to_string(),
        name: summary.name,
        slot: summary.slot,
        started: summary.started.to_string(),
        state,
        totals,
        exit_code: stored.end.map(|end| end.exit.code()),
    })
}

/// What has come of the launches of a run that has not ended.
async fn counted(ledger: &AnyStore, stored: &StoredRun) -> Result<Totals, Failure> {
    let id = stored.record.id;
    Ok(match stored.plan() {
        Ok((_, plan)) => delivery::totals(ledger, id, &FromPlan { plan: &plan, run: id, skipped: None }).await?,
        Err(_) => delivery::totals(ledger, id, &EventsOnly { launches: stored.record.launches }).await?,
    })
}

/// Whether the run had nothing left to do when it was cancelled, and all of it went well: that ended nothing of it.
async fn is_done_well(ledger: &AnyStore, stored: &StoredRun, end: RunEnd) -> Result<bool, Failure> {
    Ok(end.exit == ExitStatus::Success && !is_left(ledger, stored, end.totals).await?)
}

/// Whether launches are left to send or to settle in a run that ended with `totals`.
async fn is_left(ledger: &AnyStore, stored: &StoredRun, totals: Totals) -> Result<bool, Failure> {
    if totals.not_sent > 0 {
        return Ok(true);
    }
    // The others were sent once at least, so the ledger knows whether they are over.
    let may_be_open =
        totals.unknown > 0 || totals.retries > 0 || stored.end.is_some_and(|end| end.exit == ExitStatus::Unknown);
    if !may_be_open {
        return Ok(false);
    }
    // What is held waits for somebody's word, and is not done.
    let history = RunHistory::read_with_held(ledger, stored.record.id).await?;
    Ok(!is_done(&stored.record, &history, totals.skipped))
}

fn table(rows: &[RunRow]) -> String {
    let cells = |row: &RunRow| -> [String; 6] {
        [
            row.id.clone(),
            escape(&row.name).into_owned(),
            row.started
                .parse::<crate::clock::Timestamp>()
                .map_or_else(|_| row.started.clone(), |at| format!("{at:.0}")),
            row.state.as_str().to_owned(),
            row.exit_code.map_or("-".to_owned(), |code| code.to_string()),
            row.totals.to_string() + &row.slot.as_ref().map(|slot| format!("; slot {slot}")).unwrap_or_default(),
        ]
    };
    let head = ["run", "manifest", "started", "state", "exit", "launches"].map(str::to_owned);
    let lines: Vec<[String; 6]> = std::iter::once(head).chain(rows.iter().map(cells)).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..6).map(width).collect();
    let mut text = String::new();
    for line in &lines {
        let padded = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(padded.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}
