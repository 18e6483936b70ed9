//! What a page of the board costs where there are many runs, in figures for whoever changes it:
//! `cargo test --release --test it -- --ignored --nocapture monitoring::large`.

#![allow(clippy::print_stdout, reason = "figures")]

use sortie::format::ReportFormat;

use super::http::ServedBoard;
use crate::ledger::tamper;
use crate::report::html::made_run::{Ending, MadeRun};

/// Makes 999 more runs of the first one.
const MANY: &str = "
    CREATE TEMP TABLE k AS WITH RECURSIVE k(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM k WHERE n < 1000) SELECT n FROM k;
    INSERT INTO runs SELECT n, printf('%032x', n), name, slot, profile, tenant, started, plan_digest, launches, inputs, version
        FROM runs, k WHERE number = 1;
    INSERT INTO blocks (run, first, last, events) SELECT n, first, last, events FROM k, blocks WHERE run = 1;
    INSERT INTO run_ends (run, ended, exit, totals) SELECT n, ended, exit, totals FROM k, run_ends WHERE run = 1;
    INSERT INTO notes (run, note) SELECT n, note FROM k, notes WHERE run = 1;
";

#[tokio::test]
#[ignore = "figures, by hand"]
async fn a_thousand_runs_of_a_thousand_launches() {
    let folder = tempfile::tempdir().unwrap();
    MadeRun { ending: Ending::Failed, launches: 1_000, is_hostile: false }
        .report(folder.path(), ReportFormat::Json)
        .await;
    let path = folder.path().join("ledger.db");
    tamper(&path, MANY);
    println!("the ledger has {} MB", std::fs::metadata(&path).unwrap().len() / 1_000_000);
    let board = ServedBoard::of(&path);
    let newest = format!("{:032x}", 1000);
    for target in [
        "/".to_owned(),
        "/?page=19".to_owned(),
        "/?state=finished".to_owned(),
        "/?state=running".to_owned(),
        format!("/runs/{newest}"),
        format!("/runs/{newest}?from=900"),
        format!("/runs/{newest}/report"),
        "/search?q=INV-00077".to_owned(),
        "/search?q=nothing".to_owned(),
    ] {
        for look in ["first", "again"] {
            let page = board.get(&target);
            let took = page.head.lines().find_map(|line| line.strip_prefix("server-timing: total;dur=")).unwrap();
            println!("{target} ({look}): HTTP {}, {took} ms, {} bytes", page.status, page.body.len());
        }
    }
}
