//! A start that need not do anything, since another process is at the very same run: a hundred of them at once are cheap.
//!
//! In: what may be a valid spec, and all that surrounds the process. Out: the failure to leave with; none where it takes
//! the longer way to know. Never: the schema, a plan, the ledger, or a word about anything else.
//! Source: `docs/exactly-once.md`, section 5.

use std::path::Path;

use super::{own_reports, spared};
use crate::cli::args;
use crate::cli::commands::Context;
use crate::cli::failure::Failure;
use crate::cli::logs::Talk;
use crate::cli::not_begun::NotBegunReports;
use crate::cli::report_files::ReportFiles;
use crate::cli::site::Whereto;
use crate::cli::standing::Standing;
use crate::cli::{inputs, locks};
use crate::clock::Timestamp;
use crate::ledger::LockName;
use crate::ledger::sqlite::FileLock;
use crate::source::Sources;
use crate::spec::Spec;

/// Why this call leaves: a process is at the run that it means, and made its plan from the same inputs.
///
/// The same inputs are good here because they were there. What can be read once only is left for the longer way.
pub(super) fn leave(
    context: &Context,
    flags: &args::Run,
    sources: &Sources,
    spec: &Spec,
    whereto: &Whereto,
    now: Timestamp,
    not_begun: &NotBegunReports<'_>,
) -> Option<Failure> {
    let mut given = flags.inputs.data.iter().chain(&flags.inputs.arguments);
    let is_read_once = flags.inputs.params_file.is_some() || given.any(|given| given.path == Path::new("-"));
    if is_read_once || flags.splay.is_some() || flags.catch_up.is_some() {
        return None;
    }
    let standing = Standing::of(&flags.inputs, flags.key.as_deref(), spec.schedule.as_ref(), now).ok()?;
    let run = standing.run_id(whereto.tenant()?.as_str(), &spec.name)?;
    let ledger = whereto.ledger(context, flags.ledger.path.as_ref()).ok()?;
    let lock = FileLock::held(&ledger.path(), &LockName::Run(run)).ok()??;
    let mute = Context { console: context.console.muted(), talk: Talk::Quiet, ..context.clone() };
    let mut sources = sources.clone();
    let inputs = inputs::gather(&mute, &flags.inputs, &mut sources, spec, whereto.target(), &standing).ok()?;
    let reports = own_reports(spec, flags).into_parts().0?;
    if lock.word().ok()? != inputs.digest().to_string() {
        return None;
    }
    let spared = spared(context, flags, &ledger.path(), &inputs);
    not_begun.add(&reports);
    not_begun.know_ledger(&ledger.path(), &spared);
    not_begun.know_profile(&inputs.profile);
    not_begun.know_slot(standing.slot().map(|slot| slot.to_string()));
    let reports = [flags.reporting.reports.as_slice(), &reports].concat();
    match ReportFiles::prepare(&reports, &spared) {
        Ok(_) => Some(locks::taken(run, &standing.words())),
        Err(error) => Some(error.into()),
    }
}
