//! A start whose run another process is at: it leaves, and does no more than it must to know that.

use std::fs;

use expect_test::expect;

use crate::cli::cli_fixture::CliFixture;
use crate::cli::live_run::{NIGHTLY, kill, live, slow};

const TONIGHT: &str = "run m.yaml --slot 2026-01-31";

#[test]
fn who_means_the_same_as_the_live_process_leaves_without_the_ledger() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &slow(NIGHTLY));
    let child = live(&fixture, TONIGHT);
    // With something left to write it would stop, since nobody would find it.
    while fixture.offline("report last --format json").json()["totals"]["started"] != 1 {
        std::thread::yield_now();
    }
    // Whoever opened the ledger now would make a new one.
    let elsewhere = fixture.path().join("elsewhere.db");
    fs::rename(fixture.ledger(), &elsewhere).unwrap();
    let told = fixture.sortie(TONIGHT);
    assert!(!fixture.ledger().exists(), "{}", told.shown());
    expect![[r#"
        exit 14
        --- stderr
        error: run RUN (slot TIME) is in use by another process
          help: wait for it; `sortie runs` shows when it is done
    "#]]
    .assert_eq(&told.shown());
    let to_a_device = fixture.sortie(&format!("{TONIGHT} --report json=/dev/null"));
    assert_eq!((to_a_device.code, fixture.ledger().exists()), (3, false), "{}", to_a_device.shown());
    let by_key = fixture.sortie("run m.yaml --run-key other --only nothing");
    assert_eq!(by_key.code, 3, "another run is another matter: {}", by_key.shown());
    kill(child);
    // Its files are litter now, and its word with them.
    fs::rename(elsewhere, fixture.ledger()).unwrap();
    let again = fixture.sortie(&format!("{TONIGHT} --rate 100/s"));
    assert_eq!((again.code, fixture.jobs()), (0, 2), "{}", again.shown());
}

#[test]
fn who_means_something_else_is_told_what_is_wrong_with_it_first() {
    let fixture = CliFixture::new();
    let manifest = slow(NIGHTLY).replace("jobs:", "params: { n: { type: integer, default: 1 } }\njobs:");
    fixture.file("m.yaml", &manifest);
    let child = live(&fixture, TONIGHT);
    for (what, edited, flags, code) in [
        ("another value of no launch", manifest.clone(), " --param n:=2", 14),
        ("a value of another type", manifest.clone(), " --param n=x", 3),
        ("another text", manifest.replace("b: {", "b: # as ever\n    {"), "", 14),
        ("another launch", manifest.replace("b: {", "c: {"), "", 13),
        (
            "a schema that is not kept",
            manifest.replace("b: { release: Ping }", "b: { release: Ping, colour: red }"),
            "",
            3,
        ),
        ("no YAML", manifest.replace("b: { release: Ping }", "b: { release: Ping"), "", 3),
        ("a column of no row", manifest.replace("run.time", "row.time"), "", 3),
        ("a plan that cannot be made", manifest.replace("${{ run.slot }}", "${{ [1][params.n + 7].x }}"), "", 3),
        ("a slot that is none", manifest.clone(), "x", 3),
    ] {
        fixture.file("m.yaml", &edited);
        let told = fixture.sortie(&format!("{TONIGHT}{flags}"));
        assert_eq!(told.code, code, "{what}: {}", told.shown());
    }
    assert_eq!(fixture.starts(), 1);
    kill(child);
}
