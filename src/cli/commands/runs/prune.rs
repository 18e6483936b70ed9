//! `sortie runs prune`: old runs that nobody needs any more are taken out of the ledger.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cli::args::{self, OutputFormat};
use crate::cli::connect::ledger_place::LedgerPlace;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::runtime::block_on;
use crate::clock::{Clock as _, SystemClock, earlier};
use crate::diagnostic::escape::escape;
use crate::exit::ExitStatus;
use crate::ledger::{self, PrunedRun};
use crate::run::{KeptReason, PruneChoice, choose_prunable};

/// Maximum runs that are named.
const MAX_NAMED: usize = 20;

/// What was done, for machines. Keys are added, never changed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct PruneOutcome {
    /// The ids of the runs that are gone, or would be.
    pruned: Vec<String>,
    /// The ids of old runs that stay, each with why.
    kept: Vec<(String, &'static str)>,
    /// Whether nothing was done.
    dry_run: bool,
    /// The length of the ledger's file before, in bytes; null where nothing was done.
    bytes_before: Option<u64>,
    /// The same now.
    bytes_now: Option<u64>,
}

pub(super) fn run(context: &CommandContext, flags: &args::RunsPruneArgs) -> Result<ExitStatus, Failure> {
    let place = LedgerPlace::of_runs(&flags.ledger, &context.environment)?;
    let now = SystemClock::new().utc();
    let before = earlier(now, flags.older_than);
    let (choice, pruned) = block_on(async {
        let choice = {
            let store = if flags.dry { place.open_to_read().await? } else { place.open_existing().await? };
            choose_prunable(&store, before).await?
        };
        let runs: Vec<PrunedRun> = choice.gone.iter().map(|(_, run)| *run).collect();
        let pruned = match runs.as_slice() {
            [] => None,
            _ if flags.dry => None,
            runs => Some(ledger::prune(&place.existing_path()?, runs, now).await?),
        };
        Ok((choice, pruned))
    })?;
    if flags.format == OutputFormat::Json {
        context.console.json(&PruneOutcome {
            pruned: choice.gone.iter().map(|(run, _)| run.id.to_string()).collect(),
            kept: choice.kept.iter().map(|(run, why)| (run.id.to_string(), why.word())).collect(),
            dry_run: flags.dry,
            bytes_before: pruned.map(|pruned| pruned.bytes_before),
            bytes_now: pruned.map(|pruned| pruned.bytes_now),
        })?;
        return Ok(ExitStatus::Success);
    }
    let mut text = kept(&choice);
    for (run, _) in choice.gone.iter().take(if flags.dry { MAX_NAMED } else { 0 }) {
        text.push_str(&format!("  {}  {}  {:.0}\n", run.id, escape(&run.name), run.started));
    }
    if flags.dry && choice.gone.len() > MAX_NAMED {
        text.push_str(&format!("  and {} more\n", choice.gone.len() - MAX_NAMED));
    }
    text.push_str(&match pruned {
        Some(pruned) => {
            let (runs, was, is) =
                (counted(usize::try_from(pruned.runs).unwrap_or(usize::MAX)), pruned.bytes_before, pruned.bytes_now);
            let kept = if pruned.is_shrunk {
                ""
            } else {
                "; its room is used again, and given back when nobody is at a run and the disk has room for a copy"
            };
            format!("{runs} taken out; the ledger has {} now, and had {}{kept}\n", size(is), size(was))
        }
        None if flags.dry && !choice.gone.is_empty() => format!("{} would be taken out\n", counted(choice.gone.len())),
        None => format!("no run that ended before {before:.0} can be taken out\n"),
    });
    context.console.data(&text)?;
    Ok(ExitStatus::Success)
}

/// Why old runs stay, a line for each reason.
fn kept(choice: &PruneChoice) -> String {
    let mut counts: BTreeMap<KeptReason, usize> = BTreeMap::new();
    for (_, reason) in &choice.kept {
        *counts.entry(*reason).or_default() += 1;
    }
    let line = |(reason, count): (KeptReason, usize)| format!("kept {}: {}\n", counted(count), reason.words());
    counts.into_iter().map(line).collect()
}

fn counted(runs: usize) -> String {
    if runs == 1 { "1 run".to_owned() } else { format!("{runs} runs") }
}

/// `4.2 MB`.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10),
    }
}
