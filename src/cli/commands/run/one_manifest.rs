//! `sortie run` of one manifest: read, check, expand, connect, resolve, launch, report.

use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

use crate::cli::args::{self, PlanFormat};
use crate::cli::commands::plan as plan_command;
use crate::cli::connect::confirmation::TerminalConfirmation;
use crate::cli::connect::connector::RunConnector;
use crate::cli::connect::secrets::ManifestSecrets;
use crate::cli::connect::target::TargetSpec;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::inputs;
use crate::cli::input::manifest_files;
use crate::cli::input::manifest_files::{ManifestFile, ManifestFileError};
use crate::cli::input::overrides;
use crate::cli::input::policy_files;
use crate::cli::input::protected_paths::ProtectedPaths;
use crate::cli::interrupt::interruptible;
use crate::cli::output::diagnostics;
use crate::cli::output::event_file::EventFile;
use crate::cli::output::not_begun::NotBegunReports;
use crate::cli::output::report_files::ReportFiles;
use crate::cli::output::report_output::{self, ReportOutput};
use crate::cli::output::run_observer::TerminalObserver;
use crate::cli::run_monitor::{self, RunMonitor};
use crate::clock::{Clock as _, SharedClock, SystemClock};
use crate::exit::ExitStatus;
use crate::format::ReportFormat;
use crate::ids::RunId;
use crate::launch::Proof;
use crate::ledger::totals::Totals;
use crate::plan::{self, Inputs};
use crate::policy::{PolicySet, PolicyText};
use crate::run::{FinishedRun, InterruptReceiver, RunIdentity, RunRequest, RunService, unless_interrupted};
use crate::source::Sources;
use crate::spec::{Spec, UncheckedManifest};
use crate::words::Words as _;

use super::already_running;
use super::report_places::{given_files, own_reports, protected};
use super::saved::{self, ApprovedInputs, VerifiedPlan};

/// What is said of a manifest that makes no launch.
const NO_ROWS: &str = "warning: there is nothing to launch: no job has a row (is a data file empty?)\n  \
                       help: nothing was started, and no run is kept of it; exit code 0";

/// What came of one manifest.
pub(in crate::cli) struct LaunchedManifest {
    /// What the call exits with, for it.
    pub(in crate::cli) exit: ExitStatus,
    /// Its run; `None` if none was begun.
    pub(super) run: Option<RunId>,
    /// What came of its launches, where they were sent or settled now.
    pub(super) totals: Option<Totals>,
    /// Whether it went well, whatever `--exit-zero` makes of it.
    pub(super) is_well: bool,
}

impl From<ExitStatus> for LaunchedManifest {
    /// No run was begun.
    fn from(exit: ExitStatus) -> Self {
        Self { exit, run: None, totals: None, is_well: exit == ExitStatus::Success }
    }
}

/// Launches the manifest in `file`, which is what `flags.path` names. Where that begins no run, report files say so.
pub(in crate::cli) fn launch(
    context: &CommandContext,
    flags: &args::RunArgs,
    file: Result<ManifestFile, ManifestFileError>,
) -> Result<LaunchedManifest, Failure> {
    with_reports(context, flags, |not_begun, launched| attempt(context, flags, file, None, not_begun, launched))
}

/// Launches the saved plan at `path`, if it is still what was approved.
pub(super) fn launch_saved(
    context: &CommandContext,
    flags: &args::RunArgs,
    path: &Path,
) -> Result<LaunchedManifest, Failure> {
    with_reports(context, flags, |not_begun, launched| {
        let VerifiedPlan { file, flags, approved } = saved::verify(context, flags, path, not_begun)?;
        if flags.dry {
            return show_approved(context, &flags, &approved.inputs);
        }
        attempt(context, &flags, Ok(file), Some(approved), not_begun, launched)
    })
}

/// `failure` of a slot where slots before it, which were missed, were run: no longer does it say that nothing was sent.
fn failure_after_missed(failure: Failure) -> Failure {
    let exit = beside_others(failure.exit, true);
    if exit == failure.exit {
        return failure;
    }
    let words = |message| format!("slots that were missed were run before this one, which was not: {message}");
    Failure { exit, message: failure.message.map(words), ..failure }
}

/// What `exit` of one manifest means for the whole call. By itself it may say that nothing was sent; beside a run that was
/// begun it says that its own launches were not.
pub(super) fn beside_others(exit: ExitStatus, is_begun: bool) -> ExitStatus {
    let says_nothing_was_sent =
        matches!(exit, ExitStatus::Usage | ExitStatus::Stale | ExitStatus::Held | ExitStatus::Different);
    if is_begun && says_nothing_was_sent { ExitStatus::NotSent } else { exit }
}

/// The run that a call began, and what came of its launches.
type BegunRun = Cell<(Option<RunId>, Option<Totals>)>;

/// What came of `attempt`. Where it began no run, report files say so.
fn with_reports(
    context: &CommandContext,
    flags: &args::RunArgs,
    attempt: impl FnOnce(&NotBegunReports<'_>, &BegunRun) -> Result<ExitStatus, Failure>,
) -> Result<LaunchedManifest, Failure> {
    let not_begun =
        NotBegunReports::new(context, &flags.reporting.reports, given_files(flags, ProtectedPaths::default()));
    let launched = Cell::new((None, None));
    let ended = attempt(&not_begun, &launched);
    let is_begun = launched.get().0.is_some();
    let ended = ended.map_err(|failure| if is_begun { failure_after_missed(failure) } else { failure });
    let own = not_begun.write_on_failure(ended);
    let own = own.map_err(|failure| if is_begun { failure.after_sending() } else { failure })?;
    let (run, totals) = launched.into_inner();
    Ok(LaunchedManifest { exit: flags.waiting.exit(own), run, totals, is_well: own == ExitStatus::Success })
}

fn attempt(
    context: &CommandContext,
    flags: &args::RunArgs,
    file: Result<ManifestFile, ManifestFileError>,
    approved: Option<ApprovedInputs>,
    not_begun: &NotBegunReports<'_>,
    launched: &BegunRun,
) -> Result<ExitStatus, Failure> {
    let file = file?;
    if flags.dry {
        return show_dry(context, flags, file);
    }
    let CommandContext { console, verbosity, .. } = context;
    let overrides = overrides::of(&flags.pacing, flags.safety, flags.waiting)?;
    let mut sources = Sources::default();
    let read = diagnostics::read(&mut sources, file);
    let (target_spec, now) = (TargetSpec::of(context, flags), SystemClock::new().utc());
    if let Some(spec) = read.value().and_then(UncheckedManifest::spec) {
        not_begun.set_name(&spec.name);
    }
    if approved.is_none()
        && let (Some(spec), Ok(target_spec)) = (read.value().and_then(UncheckedManifest::spec), &target_spec)
        && let Some(failure) =
            already_running::failure_if_running(context, flags, &sources, spec, target_spec, now, not_begun)
    {
        return Err(failure);
    }
    let spec = diagnostics::value_or_print(console, *verbosity, &sources, read.and_then(UncheckedManifest::check))?;
    let reports = diagnostics::value_or_print(console, *verbosity, &sources, own_reports(&spec, flags))?;
    not_begun.add(&reports);
    let target_spec = target_spec?;
    not_begun.set_profile(&target_spec.profile_defaults().profile);
    let identity = RunIdentity::of(&flags.inputs.identity(flags.key.as_deref()), spec.schedule.as_ref(), now)?;
    not_begun.set_slot(identity.slot().map(|slot| slot.to_string()));
    if let Some(slot) = identity.check_begun(spec.schedule.as_ref(), now)? {
        context.tell(&format!("slot {slot} has not begun yet: it is run early, and not again when its time comes"));
    }
    check_flags(flags, &spec, &identity)?;
    let (inputs, approved) = if let Some(ApprovedInputs { inputs, approval }) = approved {
        (inputs, Some(approval))
    } else {
        let target = target_spec.profile_defaults();
        (inputs::gather(context, &flags.inputs, &mut sources, &spec, target, &identity)?, None)
    };
    let own_policies = policy_files::texts(&flags.inputs.policies)?;
    let policies = policies(context, &target_spec, &own_policies, &mut sources)?;
    let plan = plan::expand_under(spec, &inputs, &mut sources, &policies);
    let plan = diagnostics::value_or_print(console, *verbosity, &sources, plan)?;
    if plan.is_empty() {
        // Also with `-q`: an export that failed leaves an empty file.
        context.console.say(NO_ROWS);
        return Ok(not_begun.nothing_to_do("there is nothing to launch"));
    }
    let ledger = target_spec.ledger(context, flags.ledger.path.as_ref())?;
    let reports = [flags.reporting.reports.as_slice(), &reports].concat();
    let protected = protected(context, flags, &ledger.path(), &inputs);
    not_begun.set_ledger(&ledger.path(), &protected);
    let files = ReportFiles::prepare(&reports, &protected)?;
    let out = ReportOutput::new(files, Some(flags.reporting.format));
    out.check_rows(&plan)?;
    run_monitor::check_metrics(flags.metrics.path(), &protected)?;
    let events = EventFile::open(context, &flags.events, &protected)?;
    interruptible(context, async |interrupts, clock| {
        splay(flags.splay, &interrupts, &clock).await?;
        let target = target_spec.into_target(&plan, &clock)?;
        let (ledger, _place) = ledger.open(context).await?;
        let connector = RunConnector::to(context, &flags.connection, target);
        let observer = TerminalObserver::new(context, &connector, &clock).with_events(events);
        let monitor = RunMonitor::new(context, &connector, &clock, flags.metrics.path());
        let secrets = ManifestSecrets(context);
        let confirmation = TerminalConfirmation::new(context, flags.confirm.yes);
        let service = RunService::new(&ledger, &connector, &secrets, clock)
            .with_observer(&observer)
            .with_overrides(overrides)
            .with_interrupts(interrupts)
            .with_flags(context.repeated.clone())
            .with_policies(own_policies)
            .with_confirmation(&confirmation);
        let wanted = RunRequest {
            identity,
            sources,
            plan,
            inputs,
            folder: flags.path.parent().unwrap_or(Path::new("")).to_owned(),
            absolute_folder: manifest_files::folder_of(&flags.path),
            typed_time: flags.inputs.slot.clone().or_else(|| flags.inputs.logical_time.clone()),
            has_logical_time: flags.inputs.logical_time.is_some(),
            proof: if flags.first { Proof::Unneeded } else { Proof::Needed },
            follows: flags.attach,
            approved,
        };
        let report_missed = async |finished: FinishedRun<_>| {
            launched.set((Some(finished.record.id), finished.ended.as_ref().map(|ended| ended.totals)));
            let out = ReportOutput::new(ReportFiles::none(), None);
            let exit = report_output::write(context, &ledger, &finished, out).await?;
            observer.tell_end(&ledger, &finished, exit).await;
            Ok::<_, Failure>(exit)
        };
        let caught_up = service.catch_up(&wanted, flags.catch_up.unwrap_or(0), report_missed).await?;
        let finished =
            monitor.beside(&ledger, observer.with_snapshots(&ledger, Box::pin(service.start(wanted)))).await?;
        launched.set((Some(finished.record.id), finished.ended.as_ref().map(|ended| ended.totals)));
        let exit = report_output::write(context, &ledger, &finished, out).await?;
        let exit = monitor.end(&ledger, &finished, exit).await;
        observer.tell_end(&ledger, &finished, exit).await;
        Ok(exit.worse(caught_up))
    })
}

/// Shows the plan of the manifest in `file`: `--dry-run`.
fn show_dry(context: &CommandContext, flags: &args::RunArgs, file: ManifestFile) -> Result<ExitStatus, Failure> {
    let shape = plan_command::PlanShape::from(plan_format(flags.reporting.format)?);
    #[cfg(feature = "sandbox")]
    if flags.sandbox_target.sandbox {
        let target = || Ok((TargetSpec::of(context, flags)?.profile_defaults(), None));
        return plan_command::show_for(context, file, &flags.inputs, shape, target, |_, _, _| Ok(()));
    }
    plan_command::show(context, file, &flags.inputs, &flags.connection, shape)
}

/// Shows the plan of a saved plan that still holds.
fn show_approved(context: &CommandContext, flags: &args::RunArgs, inputs: &Inputs) -> Result<ExitStatus, Failure> {
    let shape = plan_command::PlanShape::from(plan_format(flags.reporting.format)?);
    let (sources, plan) = plan::make(inputs);
    let plan = diagnostics::value_or_print(&context.console, context.verbosity, &sources, plan)?;
    plan_command::write(context, &plan, inputs, None, shape)
}

/// The rules of the profile, and `own`.
fn policies(
    context: &CommandContext,
    target: &TargetSpec,
    own: &[PolicyText],
    sources: &mut Sources,
) -> Result<PolicySet, Failure> {
    let texts = [target.profile_defaults().policies.as_slice(), own].concat();
    let policies = PolicySet::read(&texts, sources);
    diagnostics::value_or_print(&context.console, context.verbosity, sources, policies)
}

/// Refuses flags that mean nothing for this manifest.
pub(super) fn check_flags(flags: &args::RunArgs, spec: &Spec, identity: &RunIdentity) -> Result<(), Failure> {
    if flags.attach && matches!(identity, RunIdentity::Unique) {
        let words = "--attach needs a slot or a key: a run that stands for itself is never another one\n  help: `--run-key TEXT` \
                     gives it a key";
        return Err(Failure::with_message(ExitStatus::Usage, words));
    }
    if flags.catch_up.is_some() && spec.schedule.is_none() {
        let words = "--catch-up needs a `schedule` in the manifest, which says what was missed";
        return Err(Failure::with_message(ExitStatus::Usage, words));
    }
    Ok(())
}

/// In which form `--dry-run` shows the plan.
fn plan_format(format: ReportFormat) -> Result<PlanFormat, Failure> {
    match format {
        ReportFormat::Text => Ok(PlanFormat::Text),
        ReportFormat::Json => Ok(PlanFormat::Json),
        ReportFormat::Markdown => Ok(PlanFormat::Markdown),
        ReportFormat::Jsonl | ReportFormat::Csv | ReportFormat::Junit | ReportFormat::Html | ReportFormat::Rows => {
            let words = format!(
                "--dry-run shows a plan, which has no form `{}`\n  help: `--format` text, json or markdown",
                format.word()
            );
            Err(Failure::with_message(ExitStatus::Usage, words))
        }
    }
}

/// Waits for a random part of `span`.
async fn splay(span: Option<Duration>, interrupts: &InterruptReceiver, clock: &SharedClock) -> Result<(), Failure> {
    let Some(span) = span else { return Ok(()) };
    let part = span.mul_f64(fastrand::f64());
    tracing::info!("--splay: begins in {part:.1?}");
    unless_interrupted(interrupts, async {
        clock.sleep(part).await;
        Ok(())
    })
    .await
}
