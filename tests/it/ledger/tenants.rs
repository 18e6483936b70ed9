//! Tenants that are spelled in several ways are one: in locks, rations, holds and what was started elsewhere.

use std::num::NonZeroU32;
use std::time::Duration;

use jiff::ToSpan as _;
use sortie::clock::Timestamp;
use sortie::ledger::pause::Pause;
use sortie::ledger::{
    self, Endpoint, ListPermit, ListReader, LockName, Locks as _, Rations as _, RunRecord, RunStore as _,
};
use sortie::pace::Pace;

use super::{run, run_id, tamper};

const FOLDED: &str = "https://cloud.uipath.com/acme/prod";
const SPELLED: &str = "https://cloud.uipath.com/Acme/Prod";

fn spelled(byte: u8) -> RunRecord {
    RunRecord { tenant: SPELLED.to_owned(), ..run(byte) }
}

#[tokio::test]
async fn locks_rations_and_holds_belong_to_all_spellings() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = ledger::open(&path).await.unwrap();
    let lock = |tenant: &str| LockName::Manifest { tenant: tenant.to_owned(), name: "nightly".to_owned() };
    let held = ledger.lock(lock(SPELLED)).await.unwrap();
    assert!(held.is_some() && ledger.lock(lock(FOLDED)).await.unwrap().is_none());
    drop(held);
    ledger.open_run(spelled(1)).await.unwrap();
    ledger.open_run(run(2)).await.unwrap();
    let noon: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
    let ration = Pace::at_most(NonZeroU32::MIN, Duration::from_secs(60));
    // A turn of one is a turn of all, by whatever spelling it is taken.
    assert_eq!(ledger.take_list_permit(ListReader::Run(run_id(1)), ration, noon).await.unwrap(), ListPermit::Granted);
    for reader in
        [ListReader::Run(run_id(2)), ListReader::Tenant(FOLDED.to_owned()), ListReader::Tenant(SPELLED.to_owned())]
    {
        let turn = ledger.take_list_permit(reader.clone(), ration, noon).await.unwrap();
        assert!(matches!(turn, ListPermit::NotBefore(_)), "{reader:?}: {turn:?}");
    }
    let pause = Pause::new(noon, Duration::from_secs(300));
    ledger.hold(run_id(1), Endpoint::Starts, pause).await.unwrap();
    assert_eq!(ledger.read_tenant(run_id(2)).await.unwrap().starts_pause, Some(pause));
    // The rows of an older sortie, one for each spelling: the later one counts.
    let later = noon.checked_add(9.minutes()).unwrap();
    tamper(
        &path,
        &format!(
            "INSERT INTO holds (tenant, endpoint, until) VALUES ('{SPELLED}', 'starts', {})",
            later.as_microsecond()
        ),
    );
    assert_eq!(ledger.read_tenant(run_id(2)).await.unwrap().starts_pause.map(|pause| pause.until), Some(later));
    ledger.lift_pauses(FOLDED).await.unwrap();
    assert_eq!(ledger.read_tenant(run_id(2)).await.unwrap().starts_pause, None, "lifted by any spelling");
}
