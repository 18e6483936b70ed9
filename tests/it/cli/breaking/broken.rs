//! A ledger that breaks in the middle of a run: what is said agrees with itself, and with what the ledger holds.

use crate::cli::cli_fixture::CliFixture;

const MANIFEST: &str = "version: 1
name: m
folder: Shared
limits: { launch: { rate: 1000/s, burst: 10 } }
jobs:
  a:
    release: R
    matrix: { n: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], m: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] }
";

/// A fixture whose ledger takes so many bytes of events more. How many commits they are depends on the machine; all that
/// a run of [`MANIFEST`] says is more than any of the tests allows.
fn desk_with_room_for(bytes: u32) -> CliFixture {
    let fixture = CliFixture::new();
    fixture.file("first.yaml", "version: 1\nname: first\nfolder: Shared\njobs: { a: { release: R } }\n");
    assert_eq!(fixture.sortie("run first.yaml").code, 0);
    let ledger = rusqlite::Connection::open(fixture.ledger()).unwrap();
    let before: u32 = ledger.query_row("SELECT sum(length(events)) FROM blocks", [], |row| row.get(0)).unwrap();
    let sql = format!(
        "CREATE TRIGGER full BEFORE INSERT ON blocks \
         WHEN (SELECT sum(length(events)) FROM blocks) + length(NEW.events) > {} \
         BEGIN SELECT RAISE(ABORT, 'disk full'); END",
        before + bytes
    );
    ledger.execute_batch(&sql).unwrap();
    fixture.file("m.yaml", MANIFEST);
    fixture
}

#[test]
fn totals_and_lists_agree_where_the_ledger_broke_in_the_middle() {
    for room in [3_000, 8_000, 12_000] {
        let fixture = desk_with_room_for(room);
        let told = fixture.sortie("run m.yaml --format json --report json=r.json");
        assert_eq!(told.code, 1, "{room}: {}", told.shown());
        let report = told.json();
        let count = |verdict: &str| {
            let launches = report["launches"].as_array().unwrap();
            u64::try_from(launches.iter().filter(|launch| launch["verdict"] == verdict).count()).unwrap()
        };
        for verdict in ["started", "rejected", "unknown", "not-sent"] {
            assert_eq!(report["totals"][verdict], count(verdict), "{room} {verdict}");
        }
        assert_eq!(report["totals"]["launches"], 100);
        assert_eq!(report["run"]["exit-code"], 1);
        assert!(told.stderr.contains("disk full"), "{}", told.stderr);
        // No Rust shows through.
        assert!(!told.stderr.contains(['{', '"']), "{}", told.stderr);
        assert_eq!(told.stdout, fixture.read("r.json"));
        let again = fixture.offline("report last --format json");
        assert_eq!(again.json()["totals"], report["totals"], "{room}");
        assert_eq!(again.json()["launches"], report["launches"], "{room}");
    }
}
