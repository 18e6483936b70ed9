//! Who may work on a run: one process at a time, and of the slots of a manifest one at a time.
//!
//! In: a ledger, and what is to be locked. Out: locks, held until they are dropped; or why not, with exit code 14.

use std::time::Duration;

use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::interrupt::{InterruptReceiver, unless_interrupted};
use crate::clock::SharedClock;
use crate::exit::ExitStatus;
use crate::format::Overlap;
use crate::ids::RunId;
use crate::ledger::{AnyLock, AnyStore, LedgerError, LockName, Locks as _, RunStore as _};

/// So often a lock that is waited for is tried.
const BETWEEN_TRIES: Duration = Duration::from_millis(500);
/// Maximum runs, newest first, that are searched for the one that is in the way.
const MAX_SEARCHED_RUNS: usize = 50;

/// A manifest's lock, or who stands in its way.
pub(crate) enum ManifestLock {
    /// It is ours.
    Held(AnyLock),
    /// A run of another slot has it; which one, where that is known.
    HeldBy(Option<RunId>),
}

/// A manifest on a tenant.
#[derive(Clone, Copy)]
pub(crate) struct ManifestKey<'a> {
    /// The tenant identity.
    pub(crate) tenant: &'a str,
    /// The manifest's name.
    pub(crate) name: &'a str,
}

/// Takes the lock of `run`; `identity` is what it stands for, `None` if it stands for itself.
pub(crate) async fn lock_run(ledger: &AnyStore, run: RunId, identity: Option<&str>) -> Result<AnyLock, Failure> {
    ledger.lock(LockName::Run(run)).await?.ok_or_else(|| run_in_use(run, identity))
}

/// The failure where another process has the lock of `run`; `identity` is what it stands for, `None` if it stands for itself.
pub(crate) fn run_in_use(run: RunId, identity: Option<&str>) -> Failure {
    let identity = identity.map(|identity| format!(" ({identity})")).unwrap_or_default();
    let message = format!(
        "run {run}{identity} is in use by another process\n  help: wait for it; `sortie runs` shows when it is done"
    );
    Failure::with_message(ExitStatus::Held, message).with_run(run)
}

/// Takes the lock of `manifest`, or tells who has it.
pub(crate) async fn lock_manifest(ledger: &AnyStore, manifest: ManifestKey<'_>) -> Result<ManifestLock, LedgerError> {
    let name = LockName::Manifest { tenant: manifest.tenant.to_owned(), name: manifest.name.to_owned() };
    if let Some(lock) = ledger.lock(name).await? {
        return Ok(ManifestLock::Held(lock));
    }
    for run in ledger.runs_of(manifest.tenant, manifest.name, MAX_SEARCHED_RUNS).await? {
        if run.end.is_none() && ledger.is_held(LockName::Run(run.id)).await? {
            return Ok(ManifestLock::HeldBy(Some(run.id)));
        }
    }
    Ok(ManifestLock::HeldBy(None))
}

/// As [`lock_manifest`], or a failure with exit code 14.
pub(crate) async fn lock_manifest_or_fail(ledger: &AnyStore, manifest: ManifestKey<'_>) -> Result<AnyLock, Failure> {
    match lock_manifest(ledger, manifest).await? {
        ManifestLock::Held(lock) => Ok(lock),
        ManifestLock::HeldBy(live) => {
            let words = format!("{} is going on\n  help: wait for it", another(manifest.name, live));
            Err(Failure::with_message(ExitStatus::Held, words))
        }
    }
}

/// Takes the lock of `manifest` as `overlap` says: waits for it, leaves with 14, or tells who has it.
pub(crate) async fn lock_manifest_by_overlap(
    overlap: Overlap,
    context: &CommandContext,
    ledger: &AnyStore,
    manifest: ManifestKey<'_>,
    clock: &SharedClock,
    interrupts: &InterruptReceiver,
) -> Result<ManifestLock, Failure> {
    match overlap {
        Overlap::Skip => Ok(lock_manifest(ledger, manifest).await?),
        Overlap::Fail => lock_manifest_or_fail(ledger, manifest).await.map(ManifestLock::Held),
        Overlap::Wait => {
            let mut said = false;
            unless_interrupted(interrupts, async {
                loop {
                    match lock_manifest(ledger, manifest).await? {
                        ManifestLock::Held(lock) => return Ok(ManifestLock::Held(lock)),
                        ManifestLock::HeldBy(live) if !said => {
                            said = true;
                            context.tell(&format!("waiting: {} is going on", another(manifest.name, live)));
                        }
                        ManifestLock::HeldBy(_) => {}
                    }
                    clock.sleep(BETWEEN_TRIES).await;
                }
            })
            .await
        }
    }
}

fn another(manifest: &str, live: Option<RunId>) -> String {
    match live {
        Some(run) => format!("run {run} of `{manifest}`"),
        None => format!("another run of `{manifest}`"),
    }
}
