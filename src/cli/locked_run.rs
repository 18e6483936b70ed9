//! RUN on the command line -> a run of the ledger: the beginning of its id, or `last`.

use std::path::Path;

use crate::cli::failure::Failure;
use crate::cli::locks;
use crate::cli::protected_paths::ProtectedPaths;
use crate::cli::report_output::ReportOutput;
use crate::exit::ExitStatus;
use crate::ids::RunId;
use crate::ledger::{self, AnyLock, AnyStore, RunStore as _, RunSummary};
use crate::run::StoredRun;

/// Maximum candidates that are named.
const MAX_NAMED_RUNS: usize = 10;

/// A run that this process alone is at, until this value goes.
pub(crate) struct LockedRun {
    /// The ledger that it is in.
    pub(crate) ledger: AnyStore,
    /// The run.
    pub(crate) stored: StoredRun,
    /// What keeps others away.
    pub(crate) _lock: AnyLock,
}

impl LockedRun {
    /// Finds the run that `text` names in the ledger at `path`, and takes its lock.
    ///
    /// Errors: no such run, one that another process is at, one that was skipped, or a report of `out` in its way.
    pub(crate) async fn lock(path: &Path, text: &str, out: &ReportOutput) -> Result<Self, Failure> {
        let ledger = open_ledger(path).await?;
        let id = find(&ledger, text).await?;
        let lock = locks::lock_run(&ledger, id, None).await?;
        let stored = StoredRun::read(&ledger, id).await?;
        out.files.check_protected(&ProtectedPaths::of_run(&stored))?;
        refuse_skipped(&stored)?;
        Ok(Self { ledger, stored, _lock: lock })
    }
}

/// Opens the ledger at `path`, which must be there: a verb that asks about runs makes none.
pub(crate) async fn open_ledger(path: &Path) -> Result<AnyStore, Failure> {
    check_exists(path)?;
    Ok(ledger::open(path).await?)
}

/// As [`open_ledger`], for who only reads.
pub(crate) async fn open_ledger_to_read(path: &Path) -> Result<AnyStore, Failure> {
    check_exists(path)?;
    Ok(ledger::open_to_read(path).await?)
}

/// Refuses where there is no ledger at `path`.
pub(crate) fn check_exists(path: &Path) -> Result<(), Failure> {
    if !path.exists() {
        let words = format!(
            "there is no ledger at `{}`, so no run is known\n  help: name it with --ledger or SORTIE_LEDGER",
            path.display()
        );
        return Err(Failure::with_message(ExitStatus::Usage, words));
    }
    Ok(())
}

/// The run that `text` names. Errors, all usage: none, or several.
pub(crate) async fn find(ledger: &AnyStore, text: &str) -> Result<RunId, Failure> {
    let refused = |words: String| Err(Failure::with_message(ExitStatus::Usage, words));
    if text == "last" {
        return match ledger.find_runs("", 1).await?.first() {
            Some(run) => Ok(run.id),
            None => refused("the ledger has no run yet".to_owned()),
        };
    }
    let prefix: String = text.chars().filter(|c| *c != '-').collect::<String>().to_ascii_lowercase();
    if prefix.is_empty() || prefix.len() > 32 || !prefix.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return refused("RUN is the beginning of a run's id, or `last`\n  help: `sortie runs` lists them".to_owned());
    }
    match ledger.find_runs(&prefix, MAX_NAMED_RUNS + 1).await?.as_slice() {
        [] => {
            let mut words = format!("the ledger has no run `{prefix}`");
            let newest = ledger.find_runs("", 3).await?;
            if newest.is_empty() {
                words.push_str(", nor any other");
            } else {
                words.push_str(&format!("\n  help: the newest are\n{}", listed(&newest)));
            }
            refused(words)
        }
        [run] => Ok(run.id),
        several => {
            let more = if several.len() > MAX_NAMED_RUNS { "\n    and more" } else { "" };
            let shown = &several[..several.len().min(MAX_NAMED_RUNS)];
            refused(format!(
                "several runs begin with `{prefix}`\n  help: write more of one of\n{}{more}",
                listed(shown)
            ))
        }
    }
}

/// A slot that was passed over was never begun, and it is not a typed `resume` that begins it.
fn refuse_skipped(stored: &StoredRun) -> Result<(), Failure> {
    if !stored.is_skipped() {
        return Ok(());
    }
    let record = &stored.record;
    let slot = record.slot.as_deref().unwrap_or_default();
    let words = format!(
        "run {} was skipped, and nothing of it was begun\n  help: `sortie run MANIFEST --slot {slot}` runs it now",
        record.id
    );
    Err(Failure::with_message(ExitStatus::Usage, words))
}

fn listed(runs: &[RunSummary]) -> String {
    let line = |run: &RunSummary| {
        let slot = run.slot.as_ref().map(|slot| format!(", slot {slot}")).unwrap_or_default();
        format!("    {}  {}{slot}, started {:.0}", run.id, run.name, run.started)
    };
    runs.iter().map(line).collect::<Vec<_>>().join("\n")
}
