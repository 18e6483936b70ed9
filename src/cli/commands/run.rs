//! `sortie run`: read, check, expand, connect, resolve, launch, report.

mod firing;
mod live;

use std::path::Path;
use std::time::Duration;

use crate::cli::args::{self, PlanFormat, ReportTarget};
use crate::cli::commands::{Context, plan as plan_command};
use crate::cli::failure::Failure;
use crate::cli::manifest_files::{ManifestFile, ManifestFileError};
use crate::cli::not_begun::NotBegunReports;
use crate::cli::report_files::ReportFiles;
use crate::cli::report_out::Out;
use crate::cli::session::{Interrupts, interruptible, unless_interrupted};
use crate::cli::site::Whereto;
use crate::cli::spared::Spared;
use crate::cli::standing::Standing;
use crate::cli::terms::Overrides;
use crate::cli::{inputs, manifest_files, manifest_reports, stages};
use crate::clock::{Clock as _, SharedClock, SystemClock};
use crate::diagnostic::Outcome;
use crate::diagnostic::escape::escape;
use crate::exit::ExitStatus;
use crate::plan::{self, Inputs};
use crate::source::Sources;
use crate::spec::{Spec, Unchecked};

pub(super) use firing::new_run_id;
use firing::{Firing, Wanted};

pub(crate) fn run(context: &Context, flags: &args::Run) -> Result<ExitStatus, Failure> {
    launch(context, flags, manifest_files::read(&flags.path))
}

/// Launches the manifest in `file`, which is what `flags.path` names. Where that begins no run, report files say so.
pub(super) fn launch(
    context: &Context,
    flags: &args::Run,
    file: Result<ManifestFile, ManifestFileError>,
) -> Result<ExitStatus, Failure> {
    let not_begun = NotBegunReports::new(context, &flags.reporting.reports, given_files(flags, Spared::default()));
    let ended = attempt(context, flags, file, &not_begun);
    not_begun.see_to(ended)
}

fn attempt(
    context: &Context,
    flags: &args::Run,
    file: Result<ManifestFile, ManifestFileError>,
    not_begun: &NotBegunReports<'_>,
) -> Result<ExitStatus, Failure> {
    let file = file?;
    if flags.dry {
        let format = match flags.reporting.format {
            args::Format::Text => PlanFormat::Text,
            args::Format::Json => PlanFormat::Json,
        };
        #[cfg(feature = "sandbox")]
        if flags.stand_in.sandbox {
            let target = || Ok((Whereto::of(context, flags)?.target(), None));
            return plan_command::show_for(context, file, &flags.inputs, format, target);
        }
        return plan_command::show(context, file, &flags.inputs, &flags.connection, format);
    }
    let Context { console, talk, .. } = context;
    let overrides = Overrides::of(&flags.pacing, flags.safety)?;
    let mut sources = Sources::default();
    let read = stages::read(&mut sources, file);
    let (whereto, now) = (Whereto::of(context, flags), SystemClock::new().utc());
    if let Some(spec) = read.value().and_then(Unchecked::spec) {
        not_begun.know_name(&spec.name);
    }
    if let (Some(spec), Ok(whereto)) = (read.value().and_then(Unchecked::spec), &whereto)
        && let Some(failure) = live::leave(context, flags, &sources, spec, whereto, now, not_begun)
    {
        return Err(failure);
    }
    let spec = stages::or_complain(console, *talk, &sources, read.and_then(Unchecked::check))?;
    let reports = stages::or_complain(console, *talk, &sources, own_reports(&spec, flags))?;
    not_begun.add(&reports);
    let whereto = whereto?;
    not_begun.know_profile(&whereto.target().profile);
    let standing = Standing::of(&flags.inputs, flags.key.as_deref(), spec.schedule.as_ref(), now)?;
    not_begun.know_slot(standing.slot().map(|slot| slot.to_string()));
    if let Some(words) = standing.check_begun(spec.schedule.as_ref(), now)? {
        context.tell(&words);
    }
    if flags.catch_up.is_some() && spec.schedule.is_none() {
        let words = "--catch-up needs a `schedule` in the manifest, which says what was missed";
        return Err(Failure::said(ExitStatus::Usage, words));
    }
    let inputs = inputs::gather(context, &flags.inputs, &mut sources, &spec, whereto.target(), &standing)?;
    let plan = plan::expand(spec, &inputs, &mut sources);
    let plan = stages::or_complain(console, *talk, &sources, plan)?;
    if plan.is_empty() {
        context.tell("there is nothing to launch");
        return Ok(not_begun.nothing_to_do("there is nothing to launch"));
    }
    let ledger = whereto.ledger(context, flags.ledger.path.as_ref())?;
    let reports = [flags.reporting.reports.as_slice(), &reports].concat();
    let spared = spared(context, flags, &ledger.path(), &inputs);
    not_begun.know_ledger(&ledger.path(), &spared);
    let files = ReportFiles::prepare(&reports, &spared)?;
    interruptible(context, async |interrupts, clock| {
        splay(flags.splay, &interrupts, &clock).await?;
        let site = whereto.ready(&plan, &clock)?;
        let (ledger, _place) = ledger.open(context)?;
        let firing = Firing::new(context, flags, &overrides, &site, &ledger, &clock, &interrupts);
        let wanted = Wanted { standing, sources, plan, inputs };
        Box::pin(firing.carry_out(wanted, Out { files, stdout: Some(flags.reporting.format) })).await
    })
}

/// The reports that the manifest of `flags` asks for.
fn own_reports(spec: &Spec, flags: &args::Run) -> Outcome<Vec<ReportTarget>> {
    manifest_reports::of(&spec.reports, flags.path.parent().unwrap_or(Path::new("")))
}

/// What no report of this call may replace.
fn spared(context: &Context, flags: &args::Run, ledger: &Path, inputs: &Inputs) -> Spared {
    let mut spared = Spared::of(context, &flags.connection, ledger);
    spared.add_plan(inputs, flags.path.parent().unwrap_or(Path::new("")));
    given_files(flags, spared)
}

/// `spared`, and the files that are given to this call.
fn given_files(flags: &args::Run, mut spared: Spared) -> Spared {
    spared.add("the manifest", &flags.path);
    let given = flags.inputs.data.iter().chain(&flags.inputs.arguments);
    given
        .for_each(|given| spared.add(&format!("the file that is given for job `{}`", escape(&given.job)), &given.path));
    flags.inputs.params_file.iter().for_each(|path| spared.add("the params file", path));
    #[cfg(feature = "sandbox")]
    {
        flags.stand_in.world.iter().for_each(|path| spared.add("the sandbox's world", path));
        flags.stand_in.faults.iter().for_each(|path| spared.add("the list of faults", path));
    }
    spared
}

/// Waits for a random part of `span`.
async fn splay(span: Option<Duration>, interrupts: &Interrupts, clock: &SharedClock) -> Result<(), Failure> {
    let Some(span) = span else { return Ok(()) };
    let part = span.mul_f64(fastrand::f64());
    tracing::info!("--splay: begins in {part:.1?}");
    unless_interrupted(interrupts, async {
        clock.sleep(part).await;
        Ok(())
    })
    .await
}
