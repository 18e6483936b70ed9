//! A start that need not do anything, since another process is at the very same run: a hundred of them at once are cheap.
//!
//! In: what may be a valid spec, and all that surrounds the process. Out: the failure to leave with; `None` if it takes
//! the longer way to know. Never: the schema, a plan, the ledger, or a word about anything else.
//! Source: `docs/exactly-once.md`, section 5.

use std::path::Path;

use super::report_places::{own_reports, protected};
use crate::cli::args;
use crate::cli::connect::target::TargetSpec;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::inputs;
use crate::cli::output::logs::Verbosity;
use crate::cli::output::not_begun::NotBegunReports;
use crate::cli::output::report_files::ReportFiles;
use crate::clock::Timestamp;
use crate::ledger::{self, LockName};
use crate::run::{RunIdentity, RunServiceError};
use crate::source::Sources;
use crate::spec::Spec;

/// Why this call leaves: a process is at the run that it means, and made its plan from the same inputs.
///
/// The same inputs are good here because they were there. What can be read once only is left for the longer way.
pub(super) fn failure_if_running(
    context: &CommandContext,
    flags: &args::RunArgs,
    sources: &Sources,
    spec: &Spec,
    target_spec: &TargetSpec,
    now: Timestamp,
    not_begun: &NotBegunReports<'_>,
) -> Option<Failure> {
    let mut given = flags.inputs.data.iter().chain(&flags.inputs.arguments);
    let is_read_once = flags.inputs.params_file.is_some() || given.any(|given| given.path == Path::new("-"));
    if is_read_once || flags.attach || flags.splay.is_some() || flags.catch_up.is_some() {
        return None;
    }
    let identity = RunIdentity::of(&flags.inputs.identity(flags.key.as_deref()), spec.schedule.as_ref(), now).ok()?;
    let run = identity.run_id(target_spec.tenant()?.as_str(), &spec.name)?;
    let ledger = target_spec.ledger(context, flags.ledger.path.as_ref()).ok()?;
    let holder = ledger::find_holder(&ledger.path(), &LockName::Run(run)).ok()??;
    let mute = CommandContext { console: context.console.muted(), verbosity: Verbosity::Quiet, ..context.clone() };
    let mut sources = sources.clone();
    let inputs =
        inputs::gather(&mute, &flags.inputs, &mut sources, spec, target_spec.profile_defaults(), &identity).ok()?;
    let reports = own_reports(spec, flags).into_parts().0?;
    if holder.word().ok()? != inputs.digest().to_string() {
        return None;
    }
    let protected = protected(context, flags, &ledger.path(), &inputs);
    not_begun.add(&reports);
    not_begun.set_ledger(&ledger.path(), &protected);
    not_begun.set_profile(&inputs.profile);
    not_begun.set_slot(identity.slot().map(|slot| slot.to_string()));
    let reports = [flags.reporting.reports.as_slice(), &reports].concat();
    match ReportFiles::prepare(&reports, &protected) {
        Ok(_) => Some(RunServiceError::InUse { run, identity: Some(identity.describe()) }.into()),
        Err(error) => Some(error.into()),
    }
}
