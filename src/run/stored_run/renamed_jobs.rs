//! Jobs that were called otherwise in the last run of their manifest, and whose launches `once` no longer knows.
//!
//! In: a plan, and a ledger. Out: a warning for each such job, where its name is. Never: a warning where nothing was started: then
//! nothing is started again.

use std::collections::HashSet;

use crate::diagnostic::Diagnostic;
use crate::ids::{LaunchId, Ordinal, RunId};
use crate::ledger::state::{LaunchState, Verdict};
use crate::ledger::{EventLog, LedgerError, RunStore};
use crate::manifest;
use crate::plan::{Inputs, Plan};
use crate::run::stored_run::StoredRun;
use crate::source::Sources;
use crate::spec::UncheckedManifest;

/// Maximum earlier runs that are looked at for one whose manifest can be read.
const MAX_RUNS: usize = 5;

/// Maximum launches of a run that are read at once.
const MAX_LAUNCHES: usize = 10_000;

/// Maximum pairs of names that are asked about: where more jobs come and go, nobody renamed one.
const MAX_PAIRS: usize = 100;

/// What is said of jobs of `plan` with `once` that the last run of its manifest on `tenant` had under another name.
///
/// Errors: the ledger cannot be read.
pub async fn renamed_jobs<L: RunStore + EventLog>(
    ledger: &L,
    tenant: &str,
    plan: &Plan,
) -> Result<Vec<Diagnostic>, LedgerError> {
    if !plan.starts_any_once() {
        return Ok(Vec::new());
    }
    let now = plan.id_names();
    for run in ledger.runs_of(tenant, plan.name(), MAX_RUNS).await? {
        let stored = StoredRun::read(ledger, run.id).await?;
        let Some(before) = stored.snapshot.as_ref().and_then(|snapshot| id_names(&snapshot.inputs)) else { continue };
        // Whether a job is gone is known by the manifest alone: the plan is made again only where one is.
        if before.iter().all(|name| now.contains(name.as_ref())) {
            return Ok(Vec::new());
        }
        // What cannot be planned any more tells nothing.
        if let Ok((_, last)) = stored.plan() {
            return compared(ledger, plan, run.id, &last).await;
        }
    }
    Ok(Vec::new())
}

/// The names that the ids of the jobs begin with in the manifest that `inputs` hold; `None` where this sortie cannot read it.
fn id_names(inputs: &Inputs) -> Option<Vec<Box<str>>> {
    let mut sources = Sources::default();
    let source = sources.add(&inputs.manifest, inputs.text.as_str());
    let (document, _) = manifest::parse(&sources, source).into_parts();
    let unchecked = UncheckedManifest::of(document?);
    Some(unchecked.spec()?.jobs.iter().map(|job| job.id_name().into()).collect())
}

/// What `plan` has under another name than the plan `last` of `run`.
async fn compared<L: RunStore + EventLog>(
    ledger: &L,
    plan: &Plan,
    run: RunId,
    last: &Plan,
) -> Result<Vec<Diagnostic>, LedgerError> {
    let (now, before) = (plan.id_names(), last.id_names());
    let mut gone: Vec<&str> = before.difference(&now).copied().collect();
    gone.sort_unstable();
    let come = plan.jobs_to_start_once().into_iter().filter(|(_, id_name, _)| !before.contains(id_name));
    let come: Vec<_> = come.collect();
    if gone.is_empty() || come.is_empty() || gone.len() * come.len() > MAX_PAIRS {
        return Ok(Vec::new());
    }
    let started = started_in(ledger, run, last).await?;
    let mut said = Vec::new();
    for (to, id_name, ids) in come {
        let mut best: Option<(usize, &str)> = None;
        // Under a name that `moved` says, its launches are known.
        for from in gone.iter().filter(|from| !plan.was_called(to, from)) {
            let renamed = |id: &LaunchId| {
                let rest = id.as_str().strip_prefix(id_name).unwrap_or_default();
                LaunchId::from(format!("{from}{rest}").as_str())
            };
            let (here, elsewhere): (Vec<LaunchId>, Vec<LaunchId>) =
                ids.iter().map(renamed).partition(|id| started.contains(id));
            let count = here.len() + ledger.started_elsewhere(run, elsewhere).await?.len();
            if count > best.map_or(0, |(count, _)| count) {
                best = Some((count, from));
            }
        }
        said.extend(best.and_then(|(count, from)| plan.renamed_once(from, to, count)));
    }
    Ok(said)
}

/// The launches that `run`, whose plan is `plan`, may have started.
async fn started_in<L: EventLog>(ledger: &L, run: RunId, plan: &Plan) -> Result<HashSet<LaunchId>, LedgerError> {
    let mut started = HashSet::new();
    let mut from = Ordinal(0);
    loop {
        let states = ledger.read_states(run, from, MAX_LAUNCHES).await?;
        let Some((last, _)) = states.last() else { return Ok(started) };
        from = Ordinal(last.0 + 1);
        let may_be = states.iter().filter(|(ordinal, state)| may_have_started(state) && ordinal.index() < plan.len());
        started.extend(may_be.map(|(ordinal, _)| plan.launch_id(*ordinal)));
    }
}

fn may_have_started(state: &LaunchState) -> bool {
    match state.verdict() {
        Verdict::Started | Verdict::Partial | Verdict::Duplicate | Verdict::Unknown => true,
        Verdict::Rejected | Verdict::Skipped | Verdict::NotSent => false,
    }
}
