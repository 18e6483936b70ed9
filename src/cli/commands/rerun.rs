//! `sortie rerun`: choose what did not succeed over a run and its reruns, close the last of them, begin a new run.

use crate::cli::args;
use crate::cli::commands::resume::manifest_lock;
use crate::cli::commands::run::new_run_id;
use crate::cli::connect::ledger_place::LedgerPlace;
use crate::cli::connect::target::Target;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::protected_paths::ProtectedPaths;
use crate::cli::interrupt::interruptible;
use crate::cli::locked_run;
use crate::cli::locks;
use crate::cli::output::diagnostics;
use crate::cli::output::manifest_reports;
use crate::cli::output::not_begun::NotBegunReports;
use crate::cli::output::report_files::ReportFiles;
use crate::cli::output::report_output::ReportOutput;
use crate::cli::overrides::Overrides;
use crate::cli::run_service::{NewRun, ResumedRun, RunService};
use crate::exit::ExitStatus;
use crate::ids::{LaunchId, RunId};
use crate::launch::{Proof, RunHistory, Sending};
use crate::ledger::AnyStore;
use crate::ledger::state::LaunchState;
use crate::plan::{self, Inputs};
use crate::run::{RerunChain, RerunChainError, RerunChoice, RerunSelection, RunSnapshot, StoredRun};

pub(crate) fn run(context: &CommandContext, flags: &args::RerunArgs) -> Result<ExitStatus, Failure> {
    let not_begun = NotBegunReports::new(context, &flags.reporting.reports, ProtectedPaths::default());
    let ended = run_again(context, flags, &not_begun);
    not_begun.write_on_failure(ended)
}

fn run_again(
    context: &CommandContext,
    flags: &args::RerunArgs,
    not_begun: &NotBegunReports<'_>,
) -> Result<ExitStatus, Failure> {
    let overrides = Overrides::of(&flags.pacing, flags.safety)?;
    let place = LedgerPlace::of_runs(&flags.ledger, &context.environment)?;
    let protected = ProtectedPaths::of(context, &flags.connection, &place.path());
    not_begun.set_ledger(&place.path(), &protected);
    let files = ReportFiles::prepare(&flags.reporting.reports, &protected)?;
    let mut out = ReportOutput { files, stdout: Some(flags.reporting.format) };
    interruptible(context, async |interrupts, clock| {
        let ledger = locked_run::open_ledger(&place.path()).await?;
        let named = locked_run::find(&ledger, &flags.run).await?;
        let last = RerunChain::of(&ledger, named).await?.last().record.id;
        let _last = locks::lock_run(&ledger, last, None).await?; // Now nobody else can add to the family.
        let chain = RerunChain::of(&ledger, named).await?;
        if chain.last().record.id != last {
            let words = "another process has just rerun it\n  help: `sortie runs` shows the rerun";
            return Err(Failure::with_message(ExitStatus::Held, words));
        }
        out.files.check_protected(&ProtectedPaths::of_run(chain.first()))?;
        let (_, plan) = chain.first().plan().map_err(RerunChainError::from)?;
        let _manifest = manifest_lock(&ledger, chain.first(), &plan).await?;
        not_begun.set_record(&chain.last().record);
        manifest_reports::add(context, &mut out, chain.first(), &plan, &protected)?;
        let target = Target::of_run(context, &flags.connection, &chain.last().record)?;
        let work = RunService::new(context, &ledger, &target, &overrides, clock.clone(), interrupts);
        if chain.runs.len() > 1 && !is_over(&ledger, chain.last()).await? {
            context.tell(&format!("rerun {last} is not finished: goes on with it"));
            let stored = StoredRun::read(&ledger, last).await?;
            let reach = target.reach(&stored, Proof::Unneeded);
            return Box::pin(work.resume(stored, ResumedRun { sending: Sending::On, reach, limits: None }, out)).await;
        }
        let selection = if flags.all { RerunSelection::AllOf(named) } else { RerunSelection::Failed };
        let launches = match chain.choose(&ledger, selection).await? {
            RerunChoice::Launches(launches) => {
                not_begun.add(&out.files.targets());
                launches
            }
            // The manifest's own report still says how its run ended.
            RerunChoice::Nothing => {
                let words = format!("nothing is left to run again of run {}", chain.first().record.id);
                context.tell(&words);
                return Ok(not_begun.nothing_to_do(&words));
            }
            RerunChoice::Unsettled { launches, run } => {
                not_begun.add(&out.files.targets());
                return Err(unsettled(context, launches, run));
            }
        };
        let id = chain.announced.unwrap_or_else(|| new_run_id(&clock));
        let _new = locks::lock_run(&ledger, id, None).await?;
        let new_run = new_run(context, &chain, id, launches)?;
        Box::pin(work.begin(new_run, out)).await
    })
}

fn unsettled(context: &CommandContext, launches: usize, run: RunId) -> Failure {
    let count = if launches == 1 { "1 launch is".to_owned() } else { format!("{launches} launches are") };
    let ledger = &context.repeated.ledger;
    let words = format!(
        "{count} unknown or partial: nothing is started again before that is settled\n  help: `sortie report \
         {run}{ledger}` says what to do about each"
    );
    Failure::with_message(ExitStatus::Unknown, words)
}

/// Whether nothing of a run is left to send, and it has ended.
async fn is_over(ledger: &AnyStore, stored: &StoredRun) -> Result<bool, Failure> {
    let (_, plan) = stored.plan().map_err(RerunChainError::from)?;
    let history = RunHistory::read(ledger, stored.record.id).await?;
    let begun = history.ended.values().sum::<u32>() + u32::try_from(history.unfinished.len()).unwrap_or(u32::MAX);
    let is_left = begun + plan.skipped() < stored.record.launches;
    Ok(stored.end.is_some() && !is_left && !history.unfinished.values().any(LaunchState::may_be_sent))
}

/// The run of these launches: as the first of the family was made, and nothing else of it.
fn new_run(
    context: &CommandContext,
    chain: &RerunChain,
    id: RunId,
    launches: Vec<LaunchId>,
) -> Result<NewRun, Failure> {
    let first = chain.first();
    let snapshot = first.snapshot.as_ref().expect("its plan was made from it");
    let inputs =
        Inputs { sortie: env!("CARGO_PKG_VERSION").to_owned(), launches: Some(launches), ..snapshot.inputs.clone() };
    let (sources, plan) = plan::make(&inputs);
    let plan = diagnostics::value_or_print(&context.console, context.verbosity, &sources, plan)?;
    let last = chain.last().record.id;
    let folder = snapshot.folder.clone().unwrap_or_default();
    let snapshot = RunSnapshot { inputs, names: None, rerun_of: Some(last), ..snapshot.clone() };
    let supersedes = if chain.announced.is_none() { Some(last) } else { None };
    let words = Some(format!("run {id} repeats {} of the launches of run {}", plan.len(), first.record.id));
    Ok(NewRun {
        id,
        slot: first.record.slot.clone(),
        plan,
        sources,
        snapshot,
        folder,
        reach: None,
        supersedes,
        message: words,
    })
}

impl From<RerunChainError> for Failure {
    fn from(error: RerunChainError) -> Self {
        match error {
            RerunChainError::Ledger(error) => error.into(),
            RerunChainError::Plan(lost) => Self::with_message(
                ExitStatus::Stale,
                format!("{lost}, so nothing of it can be run again\n  help: use sortie {}", lost.version),
            ),
        }
    }
}
