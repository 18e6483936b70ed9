//! `sortie runs`: the runs of the ledger, newest first.

use serde::Serialize;

use crate::cli::args::{self, OutputFormat, RunsVerb};
use crate::cli::connect::ledger_place::LedgerPlace;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::runtime::block_on;
use crate::diagnostic::escape::escape;
use crate::exit::ExitStatus;
use crate::ledger::totals::Totals;
use crate::ledger::{self, AnyStore, RunStore as _, RunSummary};
use crate::run::{RunStatus, StoredRun};

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
    let stored = StoredRun::read(ledger, summary.id).await?;
    let (state, totals) = stored.status(ledger).await?;
    Ok(RunRow {
        id: summary.id.to_string(),
        name: summary.name,
        slot: summary.slot,
        started: summary.started.to_string(),
        state,
        totals,
        exit_code: stored.end.map(|end| end.exit.code()),
    })
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
