//! Locks: held by one, and free once they are dropped.

use sortie::ids::Digest;
use sortie::ledger::{LockName, Locks as _};

use super::super::run_id;
use super::{Kind, of_every_store};

of_every_store! {
    a_lock_is_held_by_one_and_free_once_it_is_dropped,
    a_manifests_lock_is_one_by_every_spelling_of_its_tenant,
    whoever_looks_stands_in_nobodys_way,
}

async fn a_lock_is_held_by_one_and_free_once_it_is_dropped(kind: impl Kind) {
    let (store, other) = (kind.open().await, kind.open().await);
    assert!(!store.is_held(LockName::Run(run_id(1))).await.unwrap());
    let held = store.lock(LockName::Run(run_id(1))).await.unwrap().expect("it is free");
    store.leave_word(&held, Digest::of(b"work")).await.unwrap();
    assert!(store.lock(LockName::Run(run_id(1))).await.unwrap().is_none(), "not twice by one either");
    assert!(other.is_held(LockName::Run(run_id(1))).await.unwrap());
    assert!(!other.is_held(LockName::Run(run_id(2))).await.unwrap());
    assert!(other.lock(LockName::Run(run_id(1))).await.unwrap().is_none());
    assert!(other.lock(LockName::Run(run_id(2))).await.unwrap().is_some(), "another run's lock is its own");
    drop(held);
    assert!(!other.is_held(LockName::Run(run_id(1))).await.unwrap());
    assert!(other.lock(LockName::Run(run_id(1))).await.unwrap().is_some());
}

async fn a_manifests_lock_is_one_by_every_spelling_of_its_tenant(kind: impl Kind) {
    let (store, other) = (kind.open().await, kind.open().await);
    let lock = |tenant: &str, name: &str| LockName::Manifest { tenant: tenant.to_owned(), name: name.to_owned() };
    let held = store.lock(lock("https://a/Prod", "nightly")).await.unwrap();
    assert!(held.is_some());
    assert!(other.lock(lock("https://a/prod", "nightly")).await.unwrap().is_none());
    assert!(other.is_held(lock("https://A/PROD", "nightly")).await.unwrap());
    assert!(other.lock(lock("https://a/prod", "hourly")).await.unwrap().is_some());
    assert!(other.lock(lock("https://a/test", "nightly")).await.unwrap().is_some());
    drop(held);
    assert!(other.lock(lock("https://a/prod", "nightly")).await.unwrap().is_some());
}

async fn whoever_looks_stands_in_nobodys_way(kind: impl Kind) {
    let (store, other) = (kind.open().await, kind.open().await);
    for _ in 0..50 {
        assert!(!other.is_held(LockName::Run(run_id(1))).await.unwrap());
        let held = store.lock(LockName::Run(run_id(1))).await.unwrap();
        assert!(held.is_some() && other.is_held(LockName::Run(run_id(1))).await.unwrap());
    }
}
