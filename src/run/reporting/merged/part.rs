//! One of several runs that become one report.
//!
//! In: a run file. Out: its store, its plan made again, its own head.

use crate::ids::RunId;
use crate::ledger::state::chains::RunRetries;
use crate::ledger::{LockName, Locks as _};
use crate::report::delivery::ReportError;
use crate::report::{Head, PlannedLaunches as _};
use crate::run::reporting::{RepeatedFlags, head_of_moment};
use crate::run::service::finished::ReportedLaunches;
use crate::run::stored_run::StoredRun;
use crate::run_file::{RunFile, RunFileStore};

/// One of the runs.
pub(super) struct Part {
    pub(super) file: RunFile,
    pub(super) store: RunFileStore,
    stored: StoredRun,
    pub(super) launches: ReportedLaunches,
    pub(super) head: Head,
    pub(super) retries: RunRetries,
}

impl Part {
    pub(super) async fn of(file: RunFile, flags: &RepeatedFlags) -> Result<Self, ReportError> {
        let run = file.record.id;
        let store = RunFileStore::new(file.clone());
        let stored = StoredRun::read(&store, run).await?;
        let launches = match stored.plan() {
            Ok((_, plan)) => ReportedLaunches::of_plan(plan, run, stored.why_skipped()),
            Err(_) => ReportedLaunches::EventsOnly { launches: stored.record.launches },
        };
        let is_live = store.is_held(LockName::Run(run)).await?;
        let head = head_of_moment(&store, &stored.record, &launches, is_live, flags).await?;
        let retries = RunRetries::read(&store, run, launches.count()).await?;
        Ok(Self { file, store, stored, launches, head, retries })
    }

    /// The run that it runs again what was not done of.
    pub(super) fn rerun_of(&self) -> Option<RunId> {
        self.stored.snapshot.as_ref().and_then(|snapshot| snapshot.rerun_of)
    }

    /// What it was begun with by `--run-key`.
    pub(super) fn key(&self) -> Option<&str> {
        self.stored.snapshot.as_ref().and_then(|snapshot| snapshot.key.as_deref())
    }

    /// The manifest's text; `None` if that is not known.
    pub(super) fn manifest(&self) -> Option<&str> {
        self.stored.snapshot.as_ref().map(|snapshot| snapshot.inputs.text.as_str())
    }
}

/// Whether all of `parts` are of one manifest.
pub(super) fn have_one_manifest(parts: &[Part]) -> bool {
    let first = parts.first().and_then(Part::manifest);
    first.is_some() && parts.iter().all(|part| part.manifest() == first)
}
