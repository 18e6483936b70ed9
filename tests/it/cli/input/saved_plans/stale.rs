//! Each way in which a saved plan can be stale: 13, the reason with what was and what is, nothing sent, no run.

use sortie::saved_plan::SavedPlan;

use super::{NIGHT, night, saved, with_variable};
use crate::cli::cli_fixture::{CliFixture, CliOutput};

/// Saves the plan again after `change`, as if it had been saved so.
fn resave(fixture: &CliFixture, change: impl FnOnce(&mut SavedPlan)) {
    let mut plan = saved(fixture);
    change(&mut plan);
    fixture.file("p.json", &plan.to_text().unwrap());
}

#[track_caller]
fn refused(fixture: &CliFixture, told: &CliOutput, reasons: &[&str]) {
    assert_eq!((told.code, fixture.starts()), (13, 0), "{}", told.shown());
    assert!(told.stderr.contains("the saved plan is stale: nothing was started"), "{}", told.shown());
    for reason in reasons {
        assert!(told.stderr.contains(&format!("\n  {reason}")), "{reason:?} is not in {}", told.shown());
    }
    assert!(told.stderr.contains("help: save it again"), "{}", told.shown());
    let asked = |received: &sortie::sandbox::Received| received.method == "GET";
    assert!(fixture.sandbox.record().iter().all(asked), "nothing but look-ups was sent");
    if fixture.ledger().exists() {
        assert!(fixture.runs().is_empty(), "no run is left");
    }
}

type Change = fn(&CliFixture);

#[test]
fn each_file_that_changes_makes_it_stale() {
    let changes: [(Change, &[&str]); 9] = [
        (
            |fixture| fixture.file("night.yaml", &NIGHT.replace("release: Pong", "release: Pang")),
            &["the manifest's line 11: was `tidy: { release: Pong,", "launches: 1 changed (`tidy`)"],
        ),
        (
            |fixture| fixture.file("night.yaml", &format!("{NIGHT}# a word\n")),
            &["the manifest's line 12", "launches: the same"],
        ),
        (
            |fixture| fixture.file("night.yaml", &NIGHT.replace("jobs:", "jbos:")),
            &[
                "the manifest's line 6: was `jobs:`, is `jbos:`",
                "the manifest `night.yaml` is not valid now: night.yaml:",
            ],
        ),
        (
            |fixture| std::fs::remove_file(fixture.path().join("night.yaml")).unwrap(),
            &["the manifest: `night.yaml` is not there"],
        ),
        (
            |fixture| fixture.file("rows.csv", "id\n2\n3\n4\n"),
            &["data file `rows.csv` has other content", "launches: 1 gone (`load/1`), 2 new (`load/3`, `load/4`)"],
        ),
        (
            |fixture| std::fs::remove_file(fixture.path().join("rows.csv")).unwrap(),
            &["the data file `rows.csv` is not there"],
        ),
        (|fixture| fixture.file("night.lock.json", "{}"), &["the lock file `night.lock.json` is new"]),
        (
            |fixture| fixture.file("params.yaml", "day: tue\n"),
            &["param `day`: was `\"sun\"`, is `\"tue\"`", "launches: 2 changed (`load/1`, `load/2`)"],
        ),
        (
            |fixture| std::fs::write(fixture.path().join("params.yaml"), "other: 1\n").unwrap(),
            &["param `day`: was `\"sun\"`, is not given"],
        ),
    ];
    for (change, reasons) in changes {
        let fixture = night();
        fixture.file("params.yaml", "day: sun\n");
        let told = fixture.sortie("plan night.yaml --params-file params.yaml --out p.json");
        assert_eq!(told.code, 0, "{}", told.shown());
        change(&fixture);
        refused(&fixture, &fixture.sortie("run --plan p.json"), reasons);
    }
}

#[test]
fn a_lock_file_that_changes_or_goes_makes_it_stale() {
    let fixture = night();
    fixture.file("night.lock.json", "{}");
    assert_eq!(fixture.sortie("plan night.yaml --out p.json").code, 0);
    fixture.file("night.lock.json", "{ }");
    refused(
        &fixture,
        &fixture.sortie("run --plan p.json"),
        &["the lock file `night.lock.json`: its digest was 44136fa355b3, is "],
    );
    std::fs::remove_file(fixture.path().join("night.lock.json")).unwrap();
    refused(&fixture, &fixture.sortie("run --plan p.json"), &["the lock file `night.lock.json` is not there any more"]);
}

#[test]
fn the_environment_and_the_profile_make_it_stale() {
    for (name, value, reason) in [
        ("BRANCH", "main", "environment variable `BRANCH`: was not given, is `main`"),
        ("SORTIE_PARAM_REGION", "apac", "param `region`: was not given, is `apac`"),
        ("UIPATH_TENANT", "Other", "the profile's tenant: was none, is `Other`"),
        ("UIPATH_FOLDER_PATH", "Finance", "the profile's folder: was none, is `Finance`"),
        ("UIPATH_URL", "http://127.0.0.1:9", "the profile's address: was `http://127.0.0.1:"),
    ] {
        let fixture = night();
        assert_eq!(fixture.sortie("plan night.yaml --out p.json").code, 0);
        refused(&fixture, &with_variable(&fixture, "run --plan p.json", name, value), &[reason]);
    }
    let fixture = night();
    assert_eq!(with_variable(&fixture, "plan night.yaml --out p.json", "BRANCH", "main").code, 0);
    refused(
        &fixture,
        &fixture.sortie("run --plan p.json"),
        &["environment variable `BRANCH`: was `main`, is not given"],
    );
}

#[test]
fn the_clock_makes_it_stale_forwards_and_backwards() {
    let fixture = night();
    assert_eq!(fixture.sortie("plan night.yaml --out p.json").code, 0);
    resave(&fixture, |plan| {
        plan.made.at = "2020-01-01T00:00:00Z".parse().unwrap();
        plan.expires = "2020-01-02T00:00:00Z".parse().unwrap();
    });
    refused(&fixture, &fixture.sortie("run --plan p.json"), &["it expired at 2020-01-02T00:00:00Z, and it is 20"]);
    resave(&fixture, |plan| {
        plan.made.at = "2999-01-01T00:00:00Z".parse().unwrap();
        plan.expires = "2999-01-02T00:00:00Z".parse().unwrap();
    });
    refused(
        &fixture,
        &fixture.sortie("run --plan p.json"),
        &["it was saved at 2999-01-01T00:00:00Z, and this machine's clock says 20"],
    );
}

#[test]
fn another_release_version_or_another_id_makes_it_stale_and_no_run_is_left() {
    let fixture = night();
    assert_eq!(fixture.sortie("plan night.yaml --out p.json --online").code, 0);
    resave(&fixture, |plan| {
        let names = plan.names.as_mut().unwrap();
        names[0].version = Some("0.9.1".to_owned());
        names[1].id = Some("00000000-0000-0000-0000-000000000001".to_owned());
    });
    let told = fixture.sortie("run --plan p.json --report json=out.json");
    refused(
        &fixture,
        &told,
        &["release `Ping` of folder `Shared`: was version 0.9.1 (", "release `Pong` of folder `Shared`: was "],
    );
    let report: serde_json::Value = serde_json::from_str(&fixture.read("out.json")).unwrap();
    assert_eq!((report["run"]["exit-code"].as_u64(), report["run"]["id"].is_null()), (Some(13), true), "{report:#}");
}

#[test]
fn another_sortie_that_makes_the_same_launches_runs_it_and_one_that_makes_others_does_not() {
    let fixture = night();
    assert_eq!(fixture.sortie("plan night.yaml --out p.json").code, 0);
    let original = fixture.read("p.json");
    resave(&fixture, |plan| {
        plan.inputs.sortie = "0.0.9".to_owned();
        plan.plan.digest = sortie::ids::Digest::of(b"other launches");
    });
    refused(&fixture, &fixture.sortie("run --plan p.json"), &["sortie: was 0.0.9, is "]);
    fixture.file("p.json", &original);
    resave(&fixture, |plan| plan.inputs.sortie = "0.0.9".to_owned());
    assert_eq!((fixture.sortie("run --plan p.json -q").code, fixture.starts()), (0, 3));
}

#[test]
fn a_saved_plan_that_was_changed_by_hand_is_refused() {
    let fixture = night();
    assert_eq!(fixture.sortie("plan night.yaml --out p.json").code, 0);
    let text = fixture.read("p.json");
    for (from, to) in
        [("Ping", "Pang"), ("\"expires\": \"2", "\"expires\": \"3"), ("\"launches\": 3", "\"launches\": 4")]
    {
        assert!(text.contains(from), "{from}");
        fixture.file("p.json", &text.replacen(from, to, 1));
        let told = fixture.sortie("run --plan p.json");
        assert_eq!((told.code, fixture.sandbox.record().len()), (13, 0), "{}", told.shown());
        assert!(told.stderr.contains("`p.json` was changed since it was saved"), "{}", told.shown());
    }
}

#[test]
fn a_stale_plan_says_all_that_has_changed_on_few_lines() {
    let fixture = night();
    assert_eq!(fixture.sortie("plan night.yaml --param region=amer --out p.json").code, 0);
    resave(&fixture, |plan| {
        plan.made.at = "2020-01-01T00:00:00Z".parse().unwrap();
        plan.expires = "2020-01-02T00:00:00Z".parse().unwrap();
    });
    fixture.file("rows.csv", "id\n2\n3\n");
    fixture.file("night.yaml", &NIGHT.replace("Pong", "Pang"));
    let told = with_variable(&fixture, "run --plan p.json", "BRANCH", "main");
    assert_eq!(told.stderr.lines().count(), 7, "{}", told.shown());
    refused(
        &fixture,
        &told,
        &[
            "it expired at",
            "the manifest's line 11",
            "environment variable `BRANCH`",
            "data file `rows.csv`",
            "launches: 1 gone",
        ],
    );
}
