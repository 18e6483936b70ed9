//! The ration of job lists that a tenant's runs share, however many processes read by it.

use std::num::NonZeroU32;
use std::path::Path;
use std::time::Duration;

use sortie::clock::Timestamp;
use sortie::ledger::pause::Pause;
use sortie::ledger::{self, Endpoint, ListPermit, ListReader, Rations as _, RunStore as _};
use sortie::pace::Pace;

use super::{run, run_id};

const NOON: &str = "2026-01-31T12:00:00Z";

fn at(seconds: i64) -> Timestamp {
    NOON.parse::<Timestamp>().unwrap().checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap()
}

fn ration(count: u32) -> Pace {
    Pace::at_most(NonZeroU32::new(count).unwrap(), Duration::from_secs(60))
}

/// A pause that is asked for at noon.
fn pause(seconds: u64) -> Pause {
    Pause::new(at(0), Duration::from_secs(seconds))
}

/// What another process does: it opens the file, and takes eight turns for `reader`, from `begin` on.
fn process(path: &Path, reader: ListReader, begin: Timestamp) -> std::thread::JoinHandle<Vec<Timestamp>> {
    let path = path.to_owned();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let ledger = ledger::open(&path).await.unwrap();
            let mut taken = Vec::new();
            let mut now = begin;
            while taken.len() < 8 {
                match ledger.take_list_permit(reader.clone(), ration(30), now).await.unwrap() {
                    ListPermit::Granted => taken.push(now),
                    ListPermit::NotBefore(then) => now = then,
                }
            }
            taken
        })
    })
}

#[tokio::test]
async fn runs_of_one_tenant_share_its_ration_at_once_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = ledger::open(&path).await.unwrap();
    ledger.open_run(run(1)).await.unwrap();
    ledger.open_run(run(2)).await.unwrap();
    let tenant = ListReader::Tenant(run(1).tenant);
    let mut moments = Vec::new();
    let mut begin = at(0);
    // Three at once, and then once more, each time by processes that know nothing of one another.
    for _ in 0..2 {
        let readers = [ListReader::Run(run_id(1)), ListReader::Run(run_id(2)), tenant.clone()];
        let processes = readers.map(|reader| process(&path, reader, begin));
        moments.extend(processes.into_iter().flat_map(|process| process.join().unwrap()));
        begin = *moments.iter().max().unwrap();
    }
    moments.sort_unstable();
    assert_eq!(moments.len(), 48);
    for (first, start) in moments.iter().enumerate() {
        let within = |moment: &&Timestamp| moment.duration_since(*start) < jiff::SignedDuration::from_secs(60);
        let held = moments[first..].iter().take_while(within).count();
        assert!(held <= 30, "{held} in a minute");
    }
    // Nobody waits longer than the ration asks: 48 at 28 a minute.
    assert!(*moments.last().unwrap() < at(110), "{:?}", moments.last());
    // Each run's own share counts its own alone.
    let own = ledger.read_tenant(run_id(1)).await.unwrap().lists;
    assert_eq!(own.len(), 16);
    assert!(own.iter().all(|moment| moments.contains(moment)));
}

#[tokio::test]
async fn a_pause_is_kept_for_an_hour_at_most_whoever_wrote_it_and_whatever_the_clock_shows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = ledger::open(&path).await.unwrap();
    ledger.open_run(run(1)).await.unwrap();
    drop(ledger);
    // As older versions wrote it: 136 years, and no word of when it was asked for.
    let tenant = run(1).tenant;
    let sql = format!(
        "ALTER TABLE holds DROP COLUMN asked;
         INSERT INTO holds (tenant, endpoint, until) VALUES ('{tenant}', 'lists', {until}), ('{tenant}', 'starts', {until})",
        until = at(136 * 365 * 86_400).as_microsecond()
    );
    super::tamper(&path, &sql);
    let ledger = ledger::open(&path).await.unwrap();
    let turn =
        async |seconds| ledger.take_list_permit(ListReader::Run(run_id(1)), ration(100), at(seconds)).await.unwrap();
    assert_eq!(turn(0).await, ListPermit::NotBefore(at(3600)), "an hour from now");
    assert_eq!(turn(1000).await, ListPermit::NotBefore(at(3600)), "and not from each time that it is read");
    assert_eq!(
        turn(-86_400).await,
        ListPermit::NotBefore(at(3600 - 86_400)),
        "not longer by a clock that was set back"
    );
    let rations = ledger.read_tenant(run_id(1)).await.unwrap();
    assert_eq!(rations.starts_pause.unwrap().left(at(0)), Duration::from_secs(3600));
    let anew = rations.restarted_pauses(at(0));
    assert_eq!(anew, [(Endpoint::Starts, Pause { asked: at(0), until: at(3600) })]);
    ledger.hold(run_id(1), Endpoint::Starts, anew[0].1).await.unwrap();
    let kept = ledger.read_tenant(run_id(1)).await.unwrap().starts_pause.unwrap();
    assert_eq!(kept.left(at(1800)), Duration::from_secs(1800), "it goes on, and ends");
    ledger.hold(run_id(1), Endpoint::Starts, pause(10)).await.unwrap();
    assert_eq!(ledger.read_tenant(run_id(1)).await.unwrap().starts_pause, Some(kept), "the longer one is kept");
    ledger.lift_pauses(&tenant).await.unwrap();
    assert_eq!(ledger.read_tenant(run_id(1)).await.unwrap().starts_pause, None);
    assert_eq!(turn(0).await, ListPermit::Granted);
}
