//! What tenants asked for, and how often they were asked: shared by all their runs, by any spelling.

use std::num::NonZeroU32;
use std::time::Duration;

use sortie::clock::Timestamp;
use sortie::ids::JobId;
use sortie::ledger::event::AttemptEnd;
use sortie::ledger::pause::Pause;
use sortie::ledger::{
    ClockDifference, Endpoint, EventLog as _, ListMinute, ListPermit, ListReader, Rations as _, RunRecord,
    RunStore as _,
};
use sortie::pace::Pace;
use sortie::robot_job::RobotJob;

use super::super::{ended, intended, run, run_id};
use super::{Kind, of_every_store};

of_every_store! {
    a_permit_of_one_is_a_permit_of_all_runs_of_the_tenant,
    who_has_to_wait_has_taken_nothing_and_may_read_when_it_was_told,
    a_pause_is_everybodys_and_of_two_the_longer_is_kept,
    a_pause_of_a_clock_that_was_set_back_is_no_longer_than_it_was_granted,
    lifted_pauses_are_gone_by_any_spelling,
    lists_count_for_the_run_that_read_them,
    lists_are_counted_by_the_minute_beside_what_the_ration_allowed,
    what_is_known_of_a_tenants_clocks_is_known_to_its_other_runs,
    the_greatest_robot_job_of_a_tenant_is_known_to_its_other_runs,
    the_length_of_a_page_is_kept_by_tenant,
}

fn at(seconds: i64) -> Timestamp {
    let noon: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
    noon.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap()
}

pub(super) fn ration(count: u32) -> Pace {
    Pace::at_most(NonZeroU32::new(count).unwrap(), Duration::from_secs(60))
}

/// A pause that is asked for at noon.
fn pause(seconds: u64) -> Pause {
    Pause::new(at(0), Duration::from_secs(seconds))
}

/// Runs 1 and 2 of one tenant in two spellings, run 3 of another.
async fn with_runs<K: Kind>(kind: &K) -> K::Opened {
    let store = kind.open().await;
    store.open_run(run(1)).await.unwrap();
    store.open_run(RunRecord { tenant: run(2).tenant.to_uppercase(), ..run(2) }).await.unwrap();
    store.open_run(RunRecord { tenant: "https://other".to_owned(), ..run(3) }).await.unwrap();
    store
}

async fn a_permit_of_one_is_a_permit_of_all_runs_of_the_tenant(kind: impl Kind) {
    let store = with_runs(&kind).await;
    let other = kind.open().await;
    let turn = async |reader| other.take_list_permit(reader, ration(1), at(0)).await.unwrap();
    let granted = store.take_list_permit(ListReader::Run(run_id(1)), ration(1), at(0)).await.unwrap();
    assert_eq!(granted, ListPermit::Granted);
    for reader in [
        ListReader::Run(run_id(1)),
        ListReader::Run(run_id(2)),
        ListReader::Tenant(run(1).tenant),
        ListReader::Tenant(run(1).tenant.to_uppercase()),
    ] {
        assert_eq!(turn(reader.clone()).await, ListPermit::NotBefore(at(60)), "{reader:?}");
    }
    assert_eq!(turn(ListReader::Run(run_id(3))).await, ListPermit::Granted, "another tenant");
    assert_eq!(turn(ListReader::Tenant("https://new".to_owned())).await, ListPermit::Granted, "no run of it yet");
}

async fn who_has_to_wait_has_taken_nothing_and_may_read_when_it_was_told(kind: impl Kind) {
    let store = with_runs(&kind).await;
    let turn =
        async |seconds| store.take_list_permit(ListReader::Run(run_id(1)), ration(2), at(seconds)).await.unwrap();
    let mut taken = 0;
    while turn(0).await == ListPermit::Granted {
        taken += 1;
    }
    assert!((1..=2).contains(&taken), "{taken}");
    for _ in 0..100 {
        let ListPermit::NotBefore(then) = turn(0).await else { panic!("its ration is used up") };
        assert!(then > at(0) && then <= at(60), "{then}");
    }
    assert_eq!(turn(60).await, ListPermit::Granted);
}

async fn a_pause_is_everybodys_and_of_two_the_longer_is_kept(kind: impl Kind) {
    let store = with_runs(&kind).await;
    store.hold(run_id(1), Endpoint::Lists, pause(300)).await.unwrap();
    store.hold(run_id(1), Endpoint::Starts, pause(900)).await.unwrap();
    store.hold(run_id(2), Endpoint::Starts, pause(10)).await.unwrap();
    let other = kind.open().await;
    for byte in [1, 2] {
        let known = other.read_tenant(run_id(byte)).await.unwrap();
        assert_eq!((known.lists_pause, known.starts_pause), (Some(pause(300)), Some(pause(900))), "run {byte}");
        let permit = other.take_list_permit(ListReader::Run(run_id(byte)), ration(60), at(0)).await.unwrap();
        assert_eq!(permit, ListPermit::NotBefore(at(300)), "run {byte}");
    }
    assert_eq!(other.read_tenant(run_id(3)).await.unwrap().starts_pause, None);
    store.hold(run_id(2), Endpoint::Starts, pause(1000)).await.unwrap();
    assert_eq!(other.read_tenant(run_id(1)).await.unwrap().starts_pause, Some(pause(1000)));
    let permit = other.take_list_permit(ListReader::Run(run_id(1)), ration(60), at(300)).await.unwrap();
    assert_eq!(permit, ListPermit::Granted, "it is over");
}

async fn a_pause_of_a_clock_that_was_set_back_is_no_longer_than_it_was_granted(kind: impl Kind) {
    let store = with_runs(&kind).await;
    store.hold(run_id(1), Endpoint::Lists, pause(300)).await.unwrap();
    store.hold(run_id(1), Endpoint::Starts, pause(300)).await.unwrap();
    let day_before = |seconds: i64| at(seconds - 86_400);
    let turn = async |now| store.take_list_permit(ListReader::Run(run_id(1)), ration(60), now).await.unwrap();
    assert_eq!(turn(day_before(0)).await, ListPermit::NotBefore(day_before(300)));
    assert_eq!(turn(day_before(100)).await, ListPermit::NotBefore(day_before(300)), "and it ends");
    // A shorter one that is asked for now is weighed against what is left of the other by this clock.
    let shorter = Pause::new(day_before(0), Duration::from_secs(10));
    store.hold(run_id(2), Endpoint::Starts, shorter).await.unwrap();
    let kept = store.read_tenant(run_id(1)).await.unwrap().starts_pause.unwrap();
    assert_eq!(kept.left(day_before(0)), Duration::from_secs(300));
}

async fn lifted_pauses_are_gone_by_any_spelling(kind: impl Kind) {
    let store = with_runs(&kind).await;
    for byte in [1, 3] {
        store.hold(run_id(byte), Endpoint::Lists, pause(300)).await.unwrap();
        store.hold(run_id(byte), Endpoint::Starts, pause(300)).await.unwrap();
    }
    store.lift_pauses(&run(1).tenant.to_uppercase()).await.unwrap();
    let known = kind.open().await.read_tenant(run_id(2)).await.unwrap();
    assert_eq!((known.lists_pause, known.starts_pause), (None, None));
    assert_eq!(store.read_tenant(run_id(3)).await.unwrap().lists_pause, Some(pause(300)), "another tenant's stay");
}

async fn lists_count_for_the_run_that_read_them(kind: impl Kind) {
    let store = with_runs(&kind).await;
    store.take_list_permit(ListReader::Run(run_id(1)), ration(60), at(2)).await.unwrap();
    store.take_list_permit(ListReader::Tenant(run(1).tenant), ration(60), at(20)).await.unwrap();
    store.count_list(run_id(1), at(1)).await.unwrap();
    store.count_list(run_id(2), at(3)).await.unwrap();
    let other = kind.open().await;
    assert_eq!(other.read_tenant(run_id(1)).await.unwrap().lists, [at(1), at(2)]);
    assert_eq!(other.read_tenant(run_id(2)).await.unwrap().lists, [at(3)]);
}

async fn lists_are_counted_by_the_minute_beside_what_the_ration_allowed(kind: impl Kind) {
    let store = with_runs(&kind).await;
    for seconds in [1, 30, 59, 61] {
        store.take_list_permit(ListReader::Run(run_id(1)), ration(100), at(seconds)).await.unwrap();
    }
    // Long before: what counts for the ration is forgotten by now, and this is not.
    store.count_list(run_id(1), at(-7200)).await.unwrap();
    store.take_list_permit(ListReader::Run(run_id(2)), ration(7), at(62)).await.unwrap();
    let minute = |seconds, lists, most| ListMinute { minute: at(seconds), lists, most };
    let other = kind.open().await;
    let counted = other.read_list_minutes(run_id(1)).await.unwrap();
    assert_eq!(counted, [minute(-7200, 1, None), minute(0, 3, Some(100)), minute(60, 1, Some(100))]);
    assert_eq!(other.read_list_minutes(run_id(2)).await.unwrap(), [minute(60, 1, Some(7))]);
    assert_eq!(other.read_list_minutes(run_id(9)).await.unwrap(), []);
}

async fn what_is_known_of_a_tenants_clocks_is_known_to_its_other_runs(kind: impl Kind) {
    let store = with_runs(&kind).await;
    let known = async |byte| store.read_tenant(run_id(byte)).await.unwrap().clock_difference;
    assert_eq!(known(1).await, None);
    for least_ms in [-5000, 7] {
        let difference = ClockDifference { least_ms, greatest_ms: 9000, learnt: at(0) };
        store.keep_clock_difference(run_id(1), difference).await.unwrap();
        assert_eq!((known(1).await, known(2).await, known(3).await), (Some(difference), Some(difference), None));
    }
}

async fn the_greatest_robot_job_of_a_tenant_is_known_to_its_other_runs(kind: impl Kind) {
    let store = with_runs(&kind).await;
    let greatest = async |byte| store.read_tenant(run_id(byte)).await.unwrap().greatest_job;
    assert_eq!(greatest(2).await, None);
    for (ordinal, id) in [(0, 1009), (1, 1004)] {
        let job = RobotJob { id: JobId(id), ..RobotJob::default() };
        let ended = ended(ordinal, 1, AttemptEnd::Started(vec![job]));
        store.append(run_id(1), vec![intended(ordinal, 1), ended]).await.unwrap();
    }
    assert_eq!((greatest(1).await, greatest(2).await), (Some(JobId(1009)), Some(JobId(1009))));
    assert_eq!(greatest(3).await, None, "of another tenant");
}

async fn the_length_of_a_page_is_kept_by_tenant(kind: impl Kind) {
    let store = kind.open().await;
    assert_eq!(store.job_page("https://a").await.unwrap(), None);
    store.keep_job_page("https://a", 1000).await.unwrap();
    store.keep_job_page("https://A", 100).await.unwrap();
    let other = kind.open().await;
    assert_eq!(other.job_page("https://a").await.unwrap(), Some(100));
    assert_eq!(other.job_page("https://b").await.unwrap(), None);
}
