//! A slot or a key that was begun, skipped or is done with one plan, asked for with another one.

use expect_test::expect;
use sortie::ids::RunId;

use crate::cli::cli_fixture::CliFixture;
use crate::cli::live_run::{NIGHTLY, kill, live, slow};

const REGIONS: &str = "
version: 1
name: regions
folder: Shared
params: { region: { type: string, default: emea }, unused: { type: string, required: false } }
jobs:
  a: { release: Ping, arguments: { region: '${{ params.region }}' } }
  b: { release: Ping }
";

#[test]
fn what_is_done_starts_no_other_launches_and_says_so() {
    for (number, mark) in ["--run-key gh-77", "--slot 2026-01-31T00:00:00Z"].into_iter().enumerate() {
        let fixture = CliFixture::new();
        fixture.file("m.yaml", REGIONS);
        fixture.file("copy.yaml", &REGIONS.replace("b: {", "payroll: {"));
        fixture.file("edited.yaml", &REGIONS.replace("release: Ping }", "release: Pong }"));
        let first = fixture.sortie(&format!("run m.yaml {mark} --report json=r.json"));
        assert_eq!((first.code, fixture.starts()), (0, 2), "{}", first.shown());
        for other in ["m.yaml --param region=amer", "m.yaml --only a", "copy.yaml", "edited.yaml"] {
            let told = fixture.sortie(&format!("run {other} -q {mark}"));
            assert_eq!((told.code, fixture.starts()), (13, 2), "{other} {mark}: {}", told.shown());
            assert!(told.stderr.contains("is done already, with another plan (run "), "{other}: {}", told.shown());
            assert_eq!(told.stdout, "", "another region's report is no report of this one");
        }
        // What makes no other launch is no other plan.
        for same in ["m.yaml", "m.yaml --param unused=x", "m.yaml --param region=emea --rate 1/s"] {
            let told = fixture.sortie(&format!("run {same} -q {mark}"));
            assert_eq!((told.code, fixture.starts()), (0, 2), "{same} {mark}: {}", told.shown());
        }
        assert_eq!(fixture.runs().len(), 1);
        let words = [
            expect![[r#"
                exit 13
                --- stderr
                error: key `gh-77` is done already, with another plan (run RUN): nothing was started
                  the manifest: was `m.yaml`, is `copy.yaml`
                  the manifest's line 8: was `b: { release: Ping }`, is `payroll: { release: Ping }`
                  param `region` was not given at the first start
                  launches: 1 gone (`b`), 1 new (`payroll`), 1 changed (`a`)
                  help: these launches need a `--run-key` of their own; `sortie report RUN` shows what was started
            "#]],
            expect![[r#"
                exit 13
                --- stderr
                error: slot TIME is done already, with another plan (run RUN): nothing was started
                  the manifest: was `m.yaml`, is `copy.yaml`
                  the manifest's line 8: was `b: { release: Ping }`, is `payroll: { release: Ping }`
                  param `region` was not given at the first start
                  launches: 1 gone (`b`), 1 new (`payroll`), 1 changed (`a`)
                  help: these launches need a manifest with a `name` of its own, or a `--run-key`; `sortie report RUN` shows what was started
            "#]],
        ];
        let told = fixture.sortie(&format!("run copy.yaml {mark} --param region=amer"));
        words[number].assert_eq(&told.shown());
    }
}

#[test]
fn one_release_started_twice_by_one_key_with_other_arguments_is_another_plan() {
    let fixture = CliFixture::new();
    let start = "start Ping --folder Shared -q --run-key hook-1 --arg region=";
    assert_eq!((fixture.sortie(&format!("{start}emea")).code, fixture.starts()), (0, 1));
    let other = fixture.sortie(&format!("{start}amer"));
    assert_eq!((other.code, fixture.starts()), (13, 1), "{}", other.shown());
    assert_eq!((fixture.sortie(&format!("{start}emea")).code, fixture.starts()), (0, 1));
}

#[test]
fn a_key_that_is_being_run_refuses_another_plan_before_it_is_done() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &slow(REGIONS));
    let child = live(&fixture, "run m.yaml --run-key k");
    let other = fixture.sortie("run m.yaml -q --run-key k --param region=amer");
    assert_eq!(other.code, 13, "{}", other.shown());
    assert_eq!(fixture.sortie("run m.yaml -q --run-key k").code, 14);
    kill(child);
    let other = fixture.sortie("run m.yaml -q --run-key k --param region=amer");
    assert_eq!((other.code, fixture.starts()), (13, 1), "{}", other.shown());
}

#[test]
fn a_slot_that_was_skipped_or_run_again_is_no_other_plan_either() {
    let fixture = CliFixture::new();
    let nightly = NIGHTLY.replace("b: {", "b: { arguments: { region: '${{ params.region }}' },");
    let nightly = nightly.replace("jobs:", "params: { region: { type: string, default: emea } }\njobs:");
    fixture.file("m.yaml", &slow(&nightly));
    let child = live(&fixture, "run m.yaml --slot 2026-01-30");
    assert_eq!(fixture.sortie("run m.yaml -q --slot 2026-01-31").code, 0, "skipped");
    kill(child);
    for flags in ["--logical-time 2026-01-31T12:00:00Z", "--slot 2026-01-31"] {
        let other = fixture.sortie(&format!("run m.yaml -q {flags} --param region=amer"));
        assert_eq!((other.code, fixture.starts()), (13, 1), "{flags}: {}", other.shown());
        assert!(other.stderr.contains("was skipped, with another plan"), "{}", other.shown());
    }
    fixture.file("m.yaml", &nightly);
    assert_eq!(fixture.sortie("run m.yaml -q --slot 2026-02-02").code, 0);
    let run = RunId::try_from(fixture.runs()[0]["id"].as_str().unwrap().to_owned()).unwrap();
    let again = fixture.sortie(&format!("rerun {run} -q --all"));
    assert_eq!(again.code, 0, "{}", again.shown());
    let starts = fixture.starts();
    let other = fixture.sortie("run m.yaml -q --slot 2026-02-02 --param region=amer");
    assert_eq!((other.code, fixture.starts()), (13, starts), "{}", other.shown());
    let same = fixture.sortie("run m.yaml -q --slot 2026-02-02");
    assert_eq!((same.code, fixture.starts()), (0, starts), "{}", same.shown());
}
