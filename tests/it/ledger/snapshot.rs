//! What is read of one moment, while another process goes on writing.

use sortie::ledger::state::Verdict;
use sortie::ledger::{self, EventLog as _, RunEnd, RunStore as _};

use super::{intended, run, run_id, started, verdicts};

#[tokio::test]
async fn a_reader_of_one_moment_sees_nothing_of_what_comes_after() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let live = ledger::open(&path).await.unwrap();
    live.open_run(run(1)).await.unwrap();
    live.append(run_id(1), vec![intended(0, 1), started(0), intended(1, 1)]).await.unwrap();
    let reader = ledger::open(&path).await.unwrap();
    reader.begin_reading().await.unwrap();
    let before = verdicts(&reader, 0, 9).await;
    assert_eq!(before, [(0, Verdict::Started), (1, Verdict::Unknown)]);
    // The live process is not held up by it.
    live.append(run_id(1), vec![started(1), intended(2, 1), started(2)]).await.unwrap();
    let end = RunEnd {
        ended: sortie::clock::Timestamp::UNIX_EPOCH,
        exit: sortie::exit::ExitStatus::Success,
        totals: sortie::ledger::totals::Totals::default(),
    };
    live.close_run(run_id(1), end).await.unwrap();
    assert_eq!(verdicts(&reader, 0, 9).await, before);
    assert_eq!(reader.read_run(run_id(1)).await.unwrap().1, None, "it has not ended yet, at that moment");
    reader.end_reading().await.unwrap();
    assert_eq!(verdicts(&reader, 0, 9).await.len(), 3);
    assert_eq!(reader.read_run(run_id(1)).await.unwrap().1, Some(end));
    // And it can write again.
    reader.reopen_run(run_id(1), sortie::clock::Timestamp::UNIX_EPOCH).await.unwrap();
}
