//! Who may work on a run: one process at a time, and of the slots of a manifest one at a time.
//!
//! In: a store, and what is to be locked. Out: locks, held until they are dropped; or why not, with exit status 14.

use std::time::Duration;

use super::error::RunServiceError;
use super::observer::{Observer, RunNotice};
use super::service::interrupt::{InterruptReceiver, unless_interrupted};
use super::stored_run::StoredRun;
use crate::clock::Clock;
use crate::format::Overlap;
use crate::ids::RunId;
use crate::ledger::{LedgerError, LockName, Locks, RunStore};
use crate::plan::Plan;

/// So often a lock that is waited for is tried.
const BETWEEN_TRIES: Duration = Duration::from_millis(500);
/// Maximum runs, newest first, that are searched for the one that is in the way.
const MAX_SEARCHED_RUNS: usize = 50;

/// The locks of a run, and of its manifest where its runs must not go side by side: held until this value goes.
#[derive(Debug)]
pub struct RunLocks<L> {
    _run: L,
    _manifest: Option<L>,
    /// That of a run which repeats launches of the first.
    _rerun: Option<L>,
}

impl<L> RunLocks<L> {
    /// These locks.
    pub(crate) fn new(run: L, manifest: Option<L>) -> Self {
        Self { _run: run, _manifest: manifest, _rerun: None }
    }

    /// The same, and that of a run which repeats launches of this one.
    pub(crate) fn with(self, rerun: L) -> Self {
        Self { _rerun: Some(rerun), ..self }
    }
}

/// A manifest's lock, or who stands in its way.
pub(crate) enum ManifestLock<L> {
    /// It is ours.
    Held(L),
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
pub(crate) async fn lock_run<S: Locks>(
    store: &S,
    run: RunId,
    identity: Option<&str>,
) -> Result<S::Lock, RunServiceError> {
    let in_use = || RunServiceError::InUse { run, identity: identity.map(str::to_owned) };
    store.lock(LockName::Run(run)).await?.ok_or_else(in_use)
}

/// Takes the lock of `manifest`, or tells who has it.
pub(crate) async fn lock_manifest<S: Locks + RunStore>(
    store: &S,
    manifest: ManifestKey<'_>,
) -> Result<ManifestLock<S::Lock>, LedgerError> {
    let name = LockName::Manifest { tenant: manifest.tenant.to_owned(), name: manifest.name.to_owned() };
    if let Some(lock) = store.lock(name).await? {
        return Ok(ManifestLock::Held(lock));
    }
    for run in store.runs_of(manifest.tenant, manifest.name, MAX_SEARCHED_RUNS).await? {
        if run.end.is_none() && store.is_held(LockName::Run(run.id)).await? {
            return Ok(ManifestLock::HeldBy(Some(run.id)));
        }
    }
    Ok(ManifestLock::HeldBy(None))
}

/// As [`lock_manifest`], or an error with exit status 14.
pub(crate) async fn lock_manifest_or_fail<S: Locks + RunStore>(
    store: &S,
    manifest: ManifestKey<'_>,
) -> Result<S::Lock, RunServiceError> {
    match lock_manifest(store, manifest).await? {
        ManifestLock::Held(lock) => Ok(lock),
        ManifestLock::HeldBy(live) => Err(RunServiceError::ManifestInUse { name: manifest.name.to_owned(), live }),
    }
}

/// The lock of a manifest whose runs must not go side by side; `None` if those of `plan` may.
pub(crate) async fn lock_manifest_of_run<S: Locks + RunStore>(
    store: &S,
    stored: &StoredRun,
    plan: &Plan,
) -> Result<Option<S::Lock>, RunServiceError> {
    if stored.record.slot.is_none() && !plan.is_exclusive() {
        return Ok(None);
    }
    let manifest = ManifestKey { tenant: &stored.record.tenant, name: &stored.record.name };
    lock_manifest_or_fail(store, manifest).await.map(Some)
}

/// Takes the lock of `manifest` as `overlap` says: waits for it, leaves with 14, or tells who has it.
pub(crate) async fn lock_manifest_by_overlap<S: Locks + RunStore>(
    overlap: Overlap,
    store: &S,
    manifest: ManifestKey<'_>,
    clock: &dyn Clock,
    interrupts: &InterruptReceiver,
    observer: &dyn Observer,
) -> Result<ManifestLock<S::Lock>, RunServiceError> {
    match overlap {
        Overlap::Skip => Ok(lock_manifest(store, manifest).await?),
        Overlap::Fail => lock_manifest_or_fail(store, manifest).await.map(ManifestLock::Held),
        Overlap::Wait => {
            let mut said = false;
            unless_interrupted(interrupts, async {
                loop {
                    match lock_manifest(store, manifest).await? {
                        ManifestLock::Held(lock) => return Ok(ManifestLock::Held(lock)),
                        ManifestLock::HeldBy(live) if !said => {
                            said = true;
                            observer.on_notice(&RunNotice::Waiting { manifest: manifest.name, live });
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
