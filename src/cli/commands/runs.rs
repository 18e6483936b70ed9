//! `sortie runs`: the runs of the ledger, newest first; and what is done with them as a whole.

pub(in crate::cli) mod board;
mod comparison;
mod export;
mod import;
mod prune;
mod run_table;
mod spans;

use crate::cli::args::{self, OutputFormat, RunsVerb, Since};
use crate::cli::connect::ledger_place::LedgerPlace;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::output::console::colour::stdout_styles;
use crate::cli::output::console::columns_of_stdout;
use crate::cli::runtime::block_on;
use crate::clock::{Clock as _, SystemClock, Timestamp, earlier};
use crate::exit::ExitStatus;
use crate::ledger::{self, RunStore as _, RunSummary};
use crate::run::{ShortIds, StoredRun};

use comparison::RunComparison;
use run_table::{RunRow, table};

pub(crate) fn run(context: &CommandContext, flags: &args::RunsArgs) -> Result<ExitStatus, Failure> {
    match &flags.verb {
        Some(RunsVerb::Export(flags)) => export::run(context, flags),
        Some(RunsVerb::Import(flags)) => import::run(context, flags),
        Some(RunsVerb::Prune(flags)) => prune::run(context, flags),
        None => list(context, flags),
    }
}

fn list(context: &CommandContext, flags: &args::RunsArgs) -> Result<ExitStatus, Failure> {
    let place = LedgerPlace::of_runs(&flags.ledger, &context.environment)?;
    let limit = if flags.limit == 0 { usize::MAX } else { usize::try_from(flags.limit).unwrap_or(usize::MAX) };
    let wanted = WantedRuns { flags, since: flags.since.map(moment) };
    let (rows, is_any) = block_on(async {
        let mut rows = Vec::new();
        // Who has run nothing yet has no ledger.
        if !place.path().exists() {
            return Ok((rows, false));
        }
        let ledger = ledger::open_to_read(&place.path()).await?;
        let runs = ledger.find_runs("", usize::MAX).await?;
        let (short, is_any) = (ShortIds::among(&runs), !runs.is_empty());
        let mut compared = flags.name.as_deref().and_then(|name| RunComparison::of_newest(&runs, name));
        for summary in runs.into_iter().filter(|run| wanted.may_be(run)) {
            if rows.len() == limit {
                break;
            }
            let stored = StoredRun::read(&ledger, summary.id).await?;
            let state = stored.status(&ledger).await?;
            if !flags.states.is_empty() && !flags.states.contains(&state) {
                continue;
            }
            let counts = stored.counts(&ledger).await?;
            let compared = compared.take_if(|compared| compared.is_of(summary.id));
            rows.push(RunRow::new(&short, summary, state, counts, &stored, compared));
        }
        Ok((rows, is_any))
    })?;
    match flags.format {
        OutputFormat::Json => context.console.json(&rows)?,
        OutputFormat::Text if rows.is_empty() && is_any => {
            context.console.data("no run matches these flags: `sortie runs` lists the newest ones\n")?;
        }
        OutputFormat::Text if rows.is_empty() => {
            context.console.data("no run yet\n")?;
            if place.has_sandbox_beside(&context.environment) {
                context.console.say("help: runs with `--sandbox` are kept apart: `sortie runs --sandbox` lists them");
            }
        }
        OutputFormat::Text => {
            let mut text = table(&rows, columns_of_stdout(), &stdout_styles());
            for compared in rows.iter().filter_map(|row| row.compared.as_ref()) {
                text.push_str(&compared.table(&stdout_styles()));
            }
            context.console.data(&text)?;
        }
    }
    Ok(ExitStatus::Success)
}

/// Which runs are wanted.
struct WantedRuns<'a> {
    flags: &'a args::RunsArgs,
    since: Option<Timestamp>,
}

impl WantedRuns<'_> {
    /// Whether `run` is wanted, as far as its summary tells.
    fn may_be(&self, run: &RunSummary) -> bool {
        self.flags.name.as_ref().is_none_or(|name| *name == run.name)
            && self.since.is_none_or(|since| run.started >= since)
            && (!self.flags.failed || run.end.is_none_or(|end| end.exit != ExitStatus::Success))
    }
}

fn moment(since: Since) -> Timestamp {
    match since {
        Since::Span(span) => earlier(SystemClock::new().utc(), span),
        Since::At(moment) => moment,
    }
}
