//! `runs`: which of them, and the newest against those before it.

use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, Status};

use crate::cli::cli_fixture::CliFixture;

fn manifest(name: &str, jobs: &str) -> String {
    format!("version: 1\nname: {name}\nfolder: Shared\njobs:\n{jobs}")
}

#[test]
fn runs_are_filtered_by_name_time_exit_and_state() {
    let fixture = refusing_second();
    fixture.file("good.yaml", &manifest("good", "  a: { release: Ping }\n"));
    fixture.file("bad.yaml", &manifest("bad", "  a: { release: Ping }\n"));
    assert_eq!(fixture.sortie("run good.yaml").code, 0);
    let bad = fixture.sortie("run bad.yaml");
    assert_ne!(bad.code, 0, "{}", bad.shown());
    assert_eq!(fixture.sortie("run good.yaml").code, 0);
    let names = |flags: &str| -> Vec<String> {
        let told = fixture.offline(&format!("runs --format json {flags}"));
        assert_eq!(told.code, 0, "{}", told.shown());
        told.json().as_array().unwrap().iter().map(|run| run["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(""), ["good", "bad", "good"]);
    assert_eq!(names("--name good"), ["good", "good"]);
    assert_eq!(names("--name good --limit 1"), ["good"]);
    assert_eq!(names("--failed"), ["bad"]);
    assert_eq!(names("--state finished --name good"), ["good", "good"]);
    assert_eq!(names("--state running"), [""; 0]);
    assert_eq!(names("--since 1h").len(), 3);
    assert_eq!(names("--since 2999-01-01"), [""; 0]);
    assert_eq!(
        fixture.offline("runs --since 2999-01-01").stdout,
        "no run matches these flags: `sortie runs` lists the newest ones\n"
    );
    for (flags, words) in
        [("--since yesterday", "a day such as 2026-01-31"), ("--state broken", "the states are running, ")]
    {
        let told = fixture.offline(&format!("runs {flags}"));
        assert_eq!(told.code, 3);
        assert!(told.stderr.contains(words), "{}", told.shown());
    }
}

#[test]
fn the_newest_run_of_a_manifest_stands_beside_those_before_it() {
    let fixture = CliFixture::new();
    for launches in [1, 2, 3, 1] {
        let jobs = (0..launches).map(|job| format!("  j{job}: {{ release: Ping }}\n")).collect::<Vec<_>>().concat();
        fixture.file("m.yaml", &manifest("night", &jobs));
        assert_eq!(fixture.sortie("run m.yaml").code, 0);
    }
    let told = fixture.offline("runs --name night");
    assert!(told.stdout.contains("\nThe newest against the 3 before it\n"), "{}", told.shown());
    assert!(told.stdout.contains("  launches  1       2       1      3\n"), "{}", told.shown());
    assert!(told.stdout.ends_with("  exit      0       0       0      0\n"), "{}", told.shown());
    let rows = fixture.offline("runs --name night --format json").json();
    assert_eq!(rows[0]["compared"]["before"], 3);
    assert_eq!(rows[0]["compared"]["launches"], serde_json::json!({"newest": 1, "median": 2, "least": 1, "most": 3}));
    assert!(rows[1].get("compared").is_none() && rows[0]["seconds"].is_f64());
    // Of one run there is nothing to compare.
    fixture.file("m.yaml", &manifest("once-only", "  a: { release: Ping }\n"));
    assert_eq!(fixture.sortie("run m.yaml").code, 0);
    assert!(!fixture.offline("runs --name once-only").stdout.contains("newest against"));
}

#[test]
fn the_table_names_each_run_by_what_finds_it_and_is_narrow() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", &manifest("a-night-job", "  a: { release: Ping }\n"));
    for _ in 0..3 {
        assert_eq!(fixture.sortie("run m.yaml").code, 0);
    }
    let told = fixture.offline("runs");
    let mut ids = std::collections::BTreeSet::new();
    for line in told.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
        let id = line.split(' ').next().unwrap();
        if id != "run" {
            assert!(id.len() >= 12 && id.len() < 32, "{line}");
            assert_eq!(fixture.offline(&format!("report {id} --format json")).code, 0);
            ids.insert(id.to_owned());
        }
    }
    assert_eq!(ids.len(), 3);
}

/// A server that refuses the second start.
fn refusing_second() -> CliFixture {
    let refused = Fault::before(Reply::Status(Status::of(400)));
    CliFixture::with(&World::obliging(), Faults::new().at(Operation::StartJobs, Position::Nth(2), refused))
}
