//! `plan --out` and `run --plan`: what was approved is what runs, or nothing does.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use expect_test::expect;
use serde_json::Value;
use sortie::saved_plan::SavedPlan;

use crate::cli::cli_fixture::{CliFixture, CliOutput};
use crate::cli::program::project;

mod once;
mod stale;

const NIGHT: &str = "\
version: 1
name: night
folder: Shared
env: [BRANCH]
params: { region: { type: string, default: emea }, day: { type: string, default: mon } }
jobs:
  load:
    release: Ping
    arguments: { region: '${{ params.region }}', day: '${{ params.day }}', id: '${{ row.id }}', branch: '${{ env.BRANCH | default(\"none\") }}' }
    for-each: { csv: rows.csv, key: id }
  tidy: { release: Pong, arguments: { at: '${{ run.time }}' } }
";

/// A folder with a manifest and its data.
fn night() -> CliFixture {
    let fixture = CliFixture::new();
    fixture.file("night.yaml", NIGHT);
    fixture.file("rows.csv", "id\n1\n2\n");
    fixture
}

/// The plan that was saved as `p.json`.
fn saved(fixture: &CliFixture) -> SavedPlan {
    SavedPlan::read(fixture.read("p.json").as_bytes()).expect("a saved plan")
}

/// `sortie` with a variable of the environment set.
fn with_variable(fixture: &CliFixture, arguments: &str, name: &str, value: &str) -> CliOutput {
    fixture.told(fixture.command(arguments).env(name, value).output().unwrap())
}

#[test]
fn a_saved_plan_is_private_of_the_published_schema_and_runs_as_it_was_shown() {
    let fixture = night();
    let told = fixture.sortie("plan night.yaml --param region=amer --out p.json");
    assert_eq!((told.code, fixture.starts()), (0, 0), "{}", told.shown());
    assert!(told.stdout.contains("load/1") && told.stderr.contains("`sortie run --plan p.json`"), "{}", told.shown());
    let mode = fs::metadata(fixture.path().join("p.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let schema = fs::read_to_string(project().join("schema/saved-plan.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str::<Value>(&schema).unwrap()).unwrap();
    let value: Value = serde_json::from_str(&fixture.read("p.json")).unwrap();
    let wrong: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    assert_eq!(wrong, [""; 0], "{value:#}");
    assert_eq!(fixture.offline("schema saved-plan").stdout, schema);
    assert_eq!((value["plan"]["launches"].as_u64(), value["names"].is_null()), (Some(3), true));
    let told = fixture.sortie("run --plan p.json --rate 50/s --report json=out.json");
    assert_eq!((told.code, fixture.starts()), (0, 3), "{}", told.shown());
    let report: Value = serde_json::from_str(&fixture.read("out.json")).unwrap();
    assert_eq!(report["run"]["plan-digest"], value["plan"]["digest"]);
    assert_eq!(fixture.bodies("StartJobs").len(), 3);
    let regions = fixture.bodies("StartJobs").iter().filter(|body| body.to_string().contains("amer")).count();
    assert_eq!(regions, 2, "with the params that were approved");
}

#[test]
fn a_plan_that_asks_for_names_starts_nothing_and_keeps_what_they_are() {
    let fixture = night();
    let told = fixture.sortie("plan night.yaml --out p.json --online");
    assert_eq!((told.code, fixture.starts(), fixture.jobs()), (0, 0, 0), "{}", told.shown());
    let record = fixture.sandbox.record();
    let verbs: std::collections::BTreeSet<&str> = record.iter().map(|received| received.method.as_str()).collect();
    assert_eq!(verbs.into_iter().collect::<Vec<_>>(), ["GET"], "nothing but reading");
    let names = saved(&fixture).names.expect("they were asked for");
    assert_eq!(names.iter().map(|name| name.name.as_str()).collect::<Vec<_>>(), ["Ping", "Pong"]);
    assert!(names.iter().all(|name| name.id.is_some()), "{names:?}");
    let told = fixture.sortie("run --plan p.json -q");
    assert_eq!((told.code, fixture.starts()), (0, 3), "{}", told.shown());
}

#[test]
fn a_dry_run_of_a_saved_plan_holds_it_against_today_and_shows_it() {
    let fixture = night();
    assert_eq!(fixture.sortie("plan night.yaml --out p.json").code, 0);
    let told = fixture.sortie("run --plan p.json --dry-run");
    assert_eq!((told.code, fixture.starts()), (0, 0), "{}", told.shown());
    assert!(told.stdout.contains("load/2"), "{}", told.shown());
    fixture.file("rows.csv", "id\n1\n");
    assert_eq!(fixture.sortie("run --plan p.json --dry-run").code, 13);
}

#[test]
fn a_plan_for_a_stand_in_is_run_on_one_and_nowhere_else() {
    let fixture = night();
    let told = fixture.offline("plan night.yaml --sandbox --out p.json");
    assert_eq!(told.code, 0, "{}", told.shown());
    let told = fixture.offline("run --plan p.json --sandbox -q");
    assert_eq!(told.code, 0, "{}", told.shown());
    let told = fixture.sortie("run --plan p.json");
    assert_eq!((told.code, fixture.starts()), (3, 0), "{}", told.shown());
    assert!(told.stderr.contains("was saved for a stand-in"), "{}", told.shown());
    assert_eq!(fixture.sortie("plan night.yaml --out q.json").code, 0);
    let told = fixture.offline("run --plan q.json --sandbox");
    assert_eq!(told.code, 13, "{}", told.shown());
    assert!(told.stderr.contains("profile: was `env`, is `sandbox`"), "{}", told.shown());
}

#[test]
fn a_plan_goes_through_pipes() {
    let fixture = night();
    let mut command = fixture.command("plan - --out p.json --data load=given.csv");
    fixture.file("given.csv", "id\n7\n");
    fixture.file("piped.yaml", NIGHT);
    let piped = |command: &mut std::process::Command, name: &str| {
        let file = fs::File::open(fixture.path().join(name)).unwrap();
        fixture.told(command.stdin(file).output().unwrap())
    };
    let told = piped(&mut command, "piped.yaml");
    assert_eq!(told.code, 0, "{}", told.shown());
    let told = piped(&mut fixture.command("run --plan - -q"), "p.json");
    assert_eq!((told.code, fixture.starts()), (0, 2), "{}", told.shown());
    let told = piped(&mut fixture.command("plan night.yaml --out q.json --data load=-"), "given.csv");
    assert_eq!(told.code, 0, "{}", told.shown());
    let told = fixture.sortie("run --plan q.json -q");
    assert_eq!((told.code, fixture.starts()), (0, 4), "what came from stdin is in the plan: {}", told.shown());
    let told = piped(&mut fixture.command("plan night.yaml --out r.json --params-file -"), "given.csv");
    assert_eq!(told.code, 3, "{}", told.shown());
}

#[test]
fn nothing_but_a_saved_plan_is_replaced_by_one() {
    let fixture = night();
    fixture.file("notes.txt", "mine\n");
    for other in ["night.yaml", "rows.csv", "notes.txt", "."] {
        let told = fixture.sortie(&format!("plan night.yaml --out {other}"));
        assert_eq!(told.code, 3, "{other}: {}", told.shown());
        assert!(told.stderr.contains("is no saved plan, and is not replaced"), "{}", told.shown());
    }
    assert_eq!(fixture.read("notes.txt"), "mine\n");
    assert_eq!(fixture.sortie("plan night.yaml --out p.json").code, 0);
    let first = fixture.read("p.json");
    assert_eq!(fixture.sortie("plan night.yaml --out p.json").code, 0);
    assert_ne!(fixture.read("p.json"), first, "a plan that was saved anew is another one");
    let told = fixture.sortie("run --plan p.json --report json=p.json");
    assert_eq!((told.code, fixture.starts()), (3, 0), "{}", told.shown());
    assert_eq!(fixture.sortie("run --plan p.json -q").code, 0, "it is still there");
}

#[test]
fn what_would_make_another_plan_is_refused_in_words() {
    let fixture = night();
    assert_eq!(fixture.sortie("plan night.yaml --out p.json").code, 0);
    for other in [
        "--param region=x",
        "--only load",
        "--logical-time 2026-01-31T00:00:00Z",
        "--slot 2026-01-31T00:00:00Z",
        "--data load=rows.csv",
        "--run-key k",
        "--catch-up 3",
        "night.yaml",
    ] {
        let told = fixture.sortie(&format!("run --plan p.json {other}"));
        assert_eq!((told.code, fixture.starts()), (3, 0), "{other}: {}", told.shown());
        assert!(told.stderr.contains("--plan runs exactly what was saved"), "{other}: {}", told.shown());
    }
    expect![[r#"
        exit 3
        --- stderr
        error: --plan runs exactly what was saved, and --param would make it something else
          help: leave it out, or save another plan: `sortie plan MANIFEST --out FILE`
    "#]]
    .assert_eq(&fixture.sortie("run --plan p.json --param region=x").shown());
    for (flags, words) in [
        ("--expires 31d", "at most 30d"),
        ("--expires 0s", "would have expired"),
        ("--online --sandbox", "cannot be used with"),
    ] {
        let told = fixture.sortie(&format!("plan night.yaml --out q.json {flags}"));
        assert!(told.code == 3 && told.stderr.contains(words), "{flags}: {}", told.shown());
    }
    let told = fixture.offline("plan night.yaml --out q.json");
    assert!(told.code == 3 && told.stderr.contains("a saved plan says where it runs"), "{}", told.shown());
    assert!(!fixture.path().join("q.json").exists());
}

#[test]
fn what_is_no_saved_plan_is_not_run() {
    let fixture = night();
    for (file, words) in
        [("night.yaml", "is no saved plan"), ("nowhere.json", "is not there"), (".", "is not a regular file")]
    {
        let told = fixture.sortie(&format!("run --plan {file}"));
        assert!(told.code == 3 && told.stderr.contains(words), "{file}: {}", told.shown());
    }
    assert_eq!(fixture.starts(), 0);
}
