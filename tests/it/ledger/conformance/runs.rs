//! Runs: what they are, how they ended, what was noted, and what other runs did.

use sortie::clock::Timestamp;
use sortie::exit::ExitStatus;
use sortie::ids::{LaunchId, Ordinal, RunId};
use sortie::ledger::event::{AttemptEnd, LaunchEvent};
use sortie::ledger::pause::Pause;
use sortie::ledger::totals::Totals;
use sortie::ledger::{
    ClockDifference, Endpoint, EventLog as _, LedgerError, ListReader, OtherRunLaunch, Rations as _, RunEnd, RunNote,
    RunRecord, RunStore as _, TenantState,
};

use super::super::{ended, intended, record, run, run_id, started, verdicts};
use super::{Kind, of_every_store, rations};

of_every_store! {
    a_run_is_what_it_was_opened_as_for_whoever_opens_the_store,
    an_id_is_taken_once_and_what_it_names_stays,
    a_run_ends_with_what_was_said_last_and_goes_on_once_it_is_reopened,
    what_is_said_of_no_run_is_refused_and_what_is_asked_of_none_is_nothing,
    runs_are_found_by_the_beginning_of_their_id_newest_first,
    runs_of_one_manifest_on_one_tenant_are_found_by_any_spelling_newest_first,
    notes_come_back_in_their_order,
    what_another_run_may_have_started_is_told,
    what_several_runs_started_is_told_of_the_latest_by_any_spelling_of_the_tenant,
    a_tenant_is_known_once_another_run_of_it_was_begun,
    a_reader_of_one_moment_sees_nothing_of_what_comes_after,
}

const FOLDED: &str = "https://cloud.uipath.com/acme/prod";
const SPELLED: &str = "https://cloud.uipath.com/Acme/Prod";

fn spelled(byte: u8) -> RunRecord {
    RunRecord { tenant: SPELLED.to_owned(), ..run(byte) }
}

fn end(exit: ExitStatus) -> RunEnd {
    let totals = Totals { launches: 3, started: 1, not_sent: 2, ..Totals::default() };
    RunEnd { ended: "2026-01-31T00:10:00.123456789Z".parse().unwrap(), exit, totals }
}

fn launches(range: std::ops::Range<u32>) -> Vec<LaunchId> {
    range.map(|n| LaunchId::from(format!("job-{n}").as_str())).collect()
}

fn elsewhere(found: Vec<OtherRunLaunch>) -> Vec<(String, RunId, bool)> {
    let mut found: Vec<_> = found.into_iter().map(|one| (one.launch.to_string(), one.run, one.certain)).collect();
    found.sort();
    found
}

async fn a_run_is_what_it_was_opened_as_for_whoever_opens_the_store(kind: impl Kind) {
    kind.open().await.open_run(run(1)).await.unwrap();
    let unusual =
        RunRecord { slot: None, launches: u32::MAX, inputs: Vec::new(), name: "grüße".to_owned(), ..run(2) };
    kind.open().await.open_run(unusual.clone()).await.unwrap();
    let store = kind.open().await;
    assert_eq!(store.read_run(run_id(1)).await.unwrap(), (run(1), None));
    assert_eq!(store.read_run(run_id(2)).await.unwrap(), (unusual, None));
}

async fn an_id_is_taken_once_and_what_it_names_stays(kind: impl Kind) {
    let store = kind.open().await;
    store.open_run(run(1)).await.unwrap();
    store.append(run_id(1), vec![intended(0, 1)]).await.unwrap();
    let again = store.open_run(RunRecord { name: "other".to_owned(), ..run(1) }).await;
    assert!(matches!(again, Err(LedgerError::RunExists(id)) if id == run_id(1)), "{again:?}");
    assert_eq!(store.read_run(run_id(1)).await.unwrap().0, run(1));
    assert_eq!(verdicts(&store, 0, 9).await.len(), 1);
    store.append(run_id(1), vec![intended(1, 1)]).await.expect("others go on");
}

async fn a_run_ends_with_what_was_said_last_and_goes_on_once_it_is_reopened(kind: impl Kind) {
    let store = kind.open().await;
    store.open_run(run(1)).await.unwrap();
    store.close_run(run_id(1), end(ExitStatus::NotSent)).await.unwrap();
    store.close_run(run_id(1), end(ExitStatus::Success)).await.unwrap();
    assert_eq!(kind.open().await.read_run(run_id(1)).await.unwrap().1, Some(end(ExitStatus::Success)));
    assert_eq!(store.find_runs("", 1).await.unwrap()[0].end, Some(end(ExitStatus::Success)));
    store.reopen_run(run_id(1), Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!(kind.open().await.read_run(run_id(1)).await.unwrap().1, None, "taken up again, it has no end");
    assert_eq!(store.find_runs("", 1).await.unwrap()[0].end, None);
    store.close_run(run_id(1), end(ExitStatus::Unknown)).await.unwrap();
    assert_eq!(store.read_run(run_id(1)).await.unwrap().1, Some(end(ExitStatus::Unknown)));
}

async fn what_is_said_of_no_run_is_refused_and_what_is_asked_of_none_is_nothing(kind: impl Kind) {
    let store = kind.open().await;
    store.open_run(run(1)).await.unwrap();
    let (nobody, at) = (run_id(2), Timestamp::UNIX_EPOCH);
    let difference = ClockDifference { least_ms: 0, greatest_ms: 1, learnt: at };
    let pause = Pause { asked: at, until: at };
    let refused = [
        ("append", store.append(nobody, vec![intended(0, 1)]).await),
        ("reopen", store.reopen_run(nobody, at).await),
        ("close", store.close_run(nobody, end(ExitStatus::Success)).await),
        ("note", store.note(nobody, RunNote::Begun).await),
        ("hold", store.hold(nobody, Endpoint::Starts, pause).await),
        ("count", store.count_list(nobody, at).await),
        ("keep", store.keep_clock_difference(nobody, difference).await),
        ("take", store.take_list_permit(ListReader::Run(nobody), rations::ration(1), at).await.map(drop)),
        ("read", store.read_run(nobody).await.map(drop)),
    ];
    for (what, refused) in refused {
        assert!(matches!(refused, Err(LedgerError::NoRun(run)) if run == nobody), "{what}: {refused:?}");
    }
    assert_eq!(store.read_notes(nobody).await.unwrap(), []);
    assert_eq!(store.read_states(nobody, Ordinal(0), 9).await.unwrap(), []);
    assert_eq!(store.read_tenant(nobody).await.unwrap(), TenantState::default());
    assert_eq!(store.started_elsewhere(nobody, launches(0..3)).await.unwrap(), []);
    store.append(run_id(1), vec![intended(0, 1)]).await.expect("others go on");
}

async fn runs_are_found_by_the_beginning_of_their_id_newest_first(kind: impl Kind) {
    let store = kind.open().await;
    for byte in [0x11, 0x12, 0x21] {
        store.open_run(run(byte)).await.unwrap();
    }
    store.close_run(run_id(0x12), end(ExitStatus::Unknown)).await.unwrap();
    let found = store.find_runs("1", 10).await.unwrap();
    assert_eq!(found.iter().map(|run| run.id).collect::<Vec<_>>(), [run_id(0x12), run_id(0x11)]);
    assert_eq!((found[0].end, found[1].end), (Some(end(ExitStatus::Unknown)), None));
    assert_eq!((&found[1].name, &found[1].slot, found[1].launches), (&run(1).name, &run(1).slot, 3));
    assert_eq!(store.find_runs("", 1).await.unwrap()[0].id, run_id(0x21));
    assert!(store.find_runs("", 0).await.unwrap().is_empty());
    assert!(store.find_runs("%", 10).await.unwrap().is_empty());
}

async fn runs_of_one_manifest_on_one_tenant_are_found_by_any_spelling_newest_first(kind: impl Kind) {
    let store = kind.open().await;
    store.open_run(spelled(1)).await.unwrap();
    store.open_run(RunRecord { name: "hourly".to_owned(), ..run(2) }).await.unwrap();
    store.open_run(RunRecord { tenant: "https://cloud.uipath.com/acme/test".to_owned(), ..run(3) }).await.unwrap();
    store.open_run(run(4)).await.unwrap();
    for tenant in [FOLDED, SPELLED, "https://cloud.uipath.com/ACME/PROD"] {
        let found = store.runs_of(tenant, "nightly", 10).await.unwrap();
        assert_eq!(found.iter().map(|run| run.id).collect::<Vec<_>>(), [run_id(4), run_id(1)], "{tenant}");
        assert_eq!(store.tenant_spellings(tenant).await.unwrap(), [SPELLED], "{tenant}");
    }
    assert_eq!(store.runs_of(FOLDED, "nightly", 1).await.unwrap().len(), 1);
    assert_eq!(store.read_run(run_id(1)).await.unwrap().0, spelled(1), "it keeps its own");
}

async fn notes_come_back_in_their_order(kind: impl Kind) {
    let store = kind.open().await;
    store.open_run(run(1)).await.unwrap();
    store.open_run(run(2)).await.unwrap();
    let folders = [("Finance".to_owned(), "forbidden: \"größe\"".to_owned())].into();
    let notes = [
        RunNote::AtMostOnce,
        RunNote::Verify,
        RunNote::ClocksApart { ms: i64::MIN },
        RunNote::Uncounted { folders },
        RunNote::Superseded { by: run_id(9) },
        RunNote::Skipped { live: None },
        RunNote::Skipped { live: Some(run_id(9)) },
        RunNote::Begun,
        RunNote::Verify,
    ];
    for note in &notes {
        store.note(run_id(1), note.clone()).await.unwrap();
    }
    assert_eq!(kind.open().await.read_notes(run_id(1)).await.unwrap(), notes);
    assert_eq!(store.read_notes(run_id(2)).await.unwrap(), []);
}

async fn what_another_run_may_have_started_is_told(kind: impl Kind) {
    let store = kind.open().await;
    store.open_run(run(1)).await.unwrap();
    store.open_run(RunRecord { name: "hourly".to_owned(), ..run(2) }).await.unwrap();
    store.open_run(run(3)).await.unwrap();
    let unsent = |ordinal| ended(ordinal, 1, AttemptEnd::Unsent("refused".to_owned()));
    let passed = record(3, LaunchEvent::StartedElsewhere { by: run_id(9), certain: true });
    let events = vec![intended(0, 1), started(0), intended(1, 1), intended(2, 1), unsent(2), passed];
    store.append(run_id(1), events).await.unwrap();
    store.append(run_id(2), vec![intended(2, 1), started(2)]).await.unwrap();
    let found = elsewhere(store.started_elsewhere(run_id(3), launches(0..4)).await.unwrap());
    let one = |name: &str, certain| (name.to_owned(), run_id(1), certain);
    assert_eq!(found, [one("job-0", true), one("job-1", false)], "not what was surely unsent, nor of another manifest");
    assert_eq!(elsewhere(store.started_elsewhere(run_id(3), launches(2..4)).await.unwrap()), []);
    assert_eq!(elsewhere(store.started_elsewhere(run_id(1), launches(0..4)).await.unwrap()), [], "its own are its own");
}

async fn what_several_runs_started_is_told_of_the_latest_by_any_spelling_of_the_tenant(kind: impl Kind) {
    let store = kind.open().await;
    store.open_run(spelled(1)).await.unwrap();
    store.open_run(run(2)).await.unwrap();
    store.open_run(run(3)).await.unwrap();
    // In commits of their own: what is begun in one may end in another.
    for run in [1, 2] {
        for ordinal in 0..3 {
            store.append(run_id(run), vec![intended(ordinal, 1)]).await.unwrap();
        }
    }
    store.append(run_id(1), vec![started(1), started(2)]).await.unwrap();
    store.append(run_id(2), vec![started(1), ended(2, 1, AttemptEnd::Expired)]).await.unwrap();
    let found = elsewhere(store.started_elsewhere(run_id(3), launches(0..3)).await.unwrap());
    let one = |name: &str, byte, certain| (name.to_owned(), run_id(byte), certain);
    assert_eq!(found, [one("job-0", 2, false), one("job-1", 2, true), one("job-2", 1, true)]);
    // Runs that were opened later count too.
    let found = elsewhere(store.started_elsewhere(run_id(1), launches(0..3)).await.unwrap());
    assert_eq!(found, [one("job-0", 2, false), one("job-1", 2, true)]);
}

async fn a_tenant_is_known_once_another_run_of_it_was_begun(kind: impl Kind) {
    let store = kind.open().await;
    let tenant = run(1).tenant;
    store.open_run(run(1)).await.unwrap();
    store.open_run(run(2)).await.unwrap();
    assert!(!store.knows(&tenant, run_id(1)).await.unwrap(), "nothing of the other one was begun");
    store.append(run_id(2), vec![intended(0, 1)]).await.unwrap();
    let knows = async |tenant: &str, byte| store.knows(tenant, run_id(byte)).await.unwrap();
    assert_eq!(
        (knows(&tenant, 1).await, knows(&tenant, 2).await, knows("https://other", 1).await),
        (true, false, false)
    );
}

async fn a_reader_of_one_moment_sees_nothing_of_what_comes_after(kind: impl Kind) {
    let live = kind.open().await;
    live.open_run(run(1)).await.unwrap();
    live.append(run_id(1), vec![intended(0, 1), started(0), intended(1, 1)]).await.unwrap();
    let reader = kind.open().await;
    reader.begin_reading().await.unwrap();
    let before = verdicts(&reader, 0, 9).await;
    assert_eq!(before.len(), 2);
    // The live process is not held up by it.
    live.append(run_id(1), vec![started(1), intended(2, 1), started(2)]).await.unwrap();
    live.close_run(run_id(1), end(ExitStatus::Success)).await.unwrap();
    live.note(run_id(1), RunNote::Verify).await.unwrap();
    assert_eq!(verdicts(&reader, 0, 9).await, before);
    assert_eq!(reader.read_run(run_id(1)).await.unwrap().1, None, "it has not ended yet, at that moment");
    assert_eq!(reader.read_notes(run_id(1)).await.unwrap(), []);
    reader.end_reading().await.unwrap();
    assert_eq!(verdicts(&reader, 0, 9).await.len(), 3);
    assert_eq!(reader.read_run(run_id(1)).await.unwrap().1, Some(end(ExitStatus::Success)));
    // And it can write again.
    reader.reopen_run(run_id(1), Timestamp::UNIX_EPOCH).await.unwrap();
}
