//! One report of several runs: shards of a manifest are as one run, and a launch that two of them started is said loudly.

use serde_json::Value;
use sortie::sandbox::World;
use sortie::sandbox::faults::Faults;

use crate::cli::cli_fixture::{CliFixture, CliOutput};

/// Releases whose robot jobs end as their names say, at once.
const WORLD: &str = "
folders: [{ path: Shared, id: 7 }]
life: { pending: 10ms, running: 20ms }
releases:
  - { name: Good, folder: Shared }
  - { name: Faulty, folder: Shared, life: { pending: 10ms, running: 20ms, ends: Faulted, faults: [business] } }
";

/// Rows of the third kind fault; one of nine may.
const ROWS: &str = "
version: 1
name: rows
folder: Shared
wait: true
outcome: { tolerate: 12% }
jobs:
  load: { release: '${{ row.release }}', for-each: { csv: all.csv, key: id } }
  post: { release: Good, for-each: { csv: all.csv, key: id }, outcome: { tolerate: 1 } }
";

fn fixture() -> CliFixture {
    let fixture = CliFixture::with(&World::from_text(WORLD).unwrap(), Faults::new());
    let rows = |from: u32| {
        let row = |n| format!("r{n},{}\n", if n == 5 { "Faulty" } else { "Good" });
        (from..from + 3).map(row).collect::<Vec<_>>().concat()
    };
    fixture.file("m.yaml", ROWS);
    fixture.file("all.csv", &format!("id,release\n{}{}{}", rows(1), rows(4), rows(7)));
    for (name, from) in [("a", 1), ("b", 4), ("c", 7)] {
        fixture.file(&format!("{name}.csv"), &format!("id,release\n{}", rows(from)));
    }
    fixture
}

/// Runs the shard `name` on a ledger of its own, and exports it.
fn shard(fixture: &CliFixture, name: &str) -> CliOutput {
    let told = fixture.sortie(&format!("run m.yaml --data load={name}.csv --data post={name}.csv --ledger {name}.db"));
    let exported = fixture.offline(&format!("runs export last {name}.run --ledger {name}.db"));
    assert_eq!(exported.code, 0, "{}", exported.shown());
    told
}

/// The report without what differs from run to run: ids and times.
fn without_ids_and_times(mut report: Value) -> Value {
    let run = report["run"].as_object_mut().unwrap();
    for key in ["id", "started", "ended", "plan-digest", "merged"] {
        run.remove(key);
    }
    for launch in report["launches"].as_array_mut().unwrap() {
        let launch = launch.as_object_mut().unwrap();
        for key in ["reference", "sent", "answered", "story"] {
            launch.remove(key);
        }
        for job in launch["robot-jobs"].as_array_mut().unwrap() {
            let job = job.as_object_mut().unwrap();
            // The sandbox has several wordings of a fault, and takes another each time.
            if let Some(fault) = job.remove("fault") {
                assert_eq!(fault["title"], "Job faulted");
                job.remove("info");
            }
            for key in ["id", "key", "creation-time", "start-time", "end-time", "batch-execution-key"] {
                job.remove(key);
            }
        }
    }
    report
}

#[test]
fn three_shards_on_three_ledgers_are_as_one_run() {
    let fixture = fixture();
    let whole = fixture.sortie("run m.yaml --format json");
    // One of nine robot jobs faults, and twelve in a hundred may; in its shard it is one of three.
    assert_eq!(whole.code, 0, "{}", whole.shown());
    let codes: Vec<i32> = ["a", "b", "c"].iter().map(|name| shard(&fixture, name).code).collect();
    assert_eq!(codes, [0, 10, 0]);
    let merged = fixture.offline("report a.run ./b.run c.run --format json");
    assert_eq!(merged.code, 0, "{}", merged.shown());
    let report = merged.json();
    let ids: Vec<&Value> = report["launches"].as_array().unwrap().iter().map(|launch| &launch["id"]).collect();
    assert_eq!((ids.len(), ids[0], ids[9]), (18, &"load/r1".into(), &"post/r1".into()), "{ids:?}");
    let codes: Vec<&Value> = report["run"]["merged"].as_array().unwrap().iter().map(|run| &run["exit-code"]).collect();
    assert_eq!(codes, [0, 10, 0]);
    assert_eq!(report["run"]["outcome-policies"][0]["tolerated"], 1);
    assert_eq!(without_ids_and_times(report), without_ids_and_times(whole.json()));
    // A run of the ledger is taken as a file is.
    let mixed = fixture.offline("report a.run last c.run --ledger b.db --format json");
    assert_eq!(without_ids_and_times(mixed.json()), without_ids_and_times(merged.json()), "{}", mixed.shown());
    let text = fixture.offline("report a.run b.run c.run");
    assert!(text.code == 0 && text.stdout.contains("18 launches of rows\n"), "{}", text.shown());
    assert!(text.stdout.contains("exit code 10") && !text.stdout.contains("TWICE"), "{}", text.shown());
}

#[test]
fn a_launch_that_two_hosts_started_is_said_loudly() {
    let fixture = fixture();
    shard(&fixture, "a");
    fixture.file("c.csv", "id,release\nr3,Good\nr9,Good\n");
    shard(&fixture, "c");
    let told = fixture.offline("report a.run c.run --format json");
    assert_eq!(told.code, 0, "{}", told.shown());
    let expected = "warning: more than one of these runs started, or may have started: load/r3, post/r3\n";
    assert!(told.stderr.starts_with(expected), "{}", told.shown());
    let report = told.json();
    assert_eq!(report["run"]["started-twice"], serde_json::json!(["load/r3", "post/r3"]));
    assert_eq!(report["run"]["exit-code"], 12, "somebody must look");
    let twice = |launch: &&Value| launch["id"] == "load/r3";
    let both: Vec<&Value> = report["launches"].as_array().unwrap().iter().filter(twice).collect();
    assert_eq!(both.len(), 2, "both are shown");
    for launch in both {
        let words = launch["error"]["message"].as_str().unwrap();
        assert!(words.contains("started it too") && launch["verdict"] == "started", "{launch}");
    }
    let text = fixture.offline("report a.run c.run -q");
    assert!(
        text.stdout.contains("STARTED TWICE, or perhaps: more than one of these runs sent load/r3, post/r3"),
        "{}",
        text.shown()
    );
    for format in ["markdown", "html"] {
        let told = fixture.offline(&format!("report a.run c.run --format {format}"));
        assert!(told.stdout.contains("STARTED TWICE"), "{}", told.shown());
    }
    assert!(text.stderr.contains("load/r3"), "-q hides nothing of it: {}", text.shown());
    let junit = fixture.offline("report a.run c.run --format junit -q").stdout;
    assert_eq!(junit.matches("type=\"doubtful\"").count(), 4, "{junit}");
    let csv = fixture.offline("report a.run c.run --format csv -q").stdout;
    assert_eq!(csv.lines().filter(|line| line.matches("started it too").count() == 2).count(), 4, "{csv}");
}

#[test]
fn a_rerun_and_a_run_of_another_key_are_no_second_host() {
    let fixture = fixture();
    assert_eq!(shard(&fixture, "b").code, 10);
    let rerun = fixture.sortie("rerun last --failed -q --ledger b.db");
    assert!([0, 10].contains(&rerun.code), "{}", rerun.shown());
    let told = fixture.offline("report b.run last --ledger b.db --format json");
    assert!(told.code == 0 && told.stderr.is_empty(), "{}", told.shown());
    let report = told.json();
    assert_eq!(report["run"].get("started-twice"), None);
    // What was rerun stands once, as the rerun left it.
    assert_eq!((&report["totals"]["launches"], &report["run"]["rerun"]), (&6.into(), &1.into()), "{}", told.shown());
    let policies = report["run"]["outcome-policies"].as_array().unwrap();
    let judged: Vec<&Value> = policies.iter().map(|policy| &policy["launches"]).collect();
    assert_eq!(judged, [3, 3], "{}", told.shown());
    let text = fixture.offline("report b.run last --ledger b.db").stdout;
    assert!(text.contains("1 launch was rerun, and counted once") && text.contains("(a rerun of what run "), "{text}");
    for key in ["monday", "tuesday"] {
        fixture.sortie(&format!("run m.yaml -q --run-key {key} --ledger k.db"));
    }
    let runs = fixture.offline("runs --ledger k.db --format json").json();
    let told =
        fixture.offline(&format!("report {} {} --ledger k.db -q", as_text(&runs[0]["id"]), as_text(&runs[1]["id"])));
    assert!(told.code == 0 && told.stderr.is_empty(), "{}", told.shown());
}

fn as_text(value: &Value) -> &str {
    value.as_str().expect("text")
}

#[test]
fn a_run_that_is_named_twice_is_refused_and_runs_of_nothing_in_common_are_kept_apart() {
    let fixture = fixture();
    shard(&fixture, "a");
    let told = fixture.offline("report a.run a.run");
    assert!(told.code == 3 && told.stderr.contains("is named twice"), "{}", told.shown());
    let told = fixture.offline("report a.run last --ledger a.db");
    assert!(told.code == 3 && told.stderr.contains("is named twice"), "{}", told.shown());
    // Launches of one id in another manifest, and in another slot, are other launches.
    let other = ROWS.replace("name: rows", "name: others");
    fixture.file("m.yaml", &other.replace("all.csv", "a.csv"));
    assert_eq!(fixture.sortie("run m.yaml --ledger o.db").code, 0);
    assert_eq!(fixture.sortie("run m.yaml --slot 2026-01-31T00:00:00Z --ledger o.db").code, 0);
    let ids: Vec<String> = fixture
        .offline("runs --ledger o.db --format json")
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["id"].as_str().unwrap().to_owned())
        .collect();
    let told = fixture.offline(&format!("report a.run {} {} --ledger o.db", ids[0], ids[1]));
    assert!(told.code == 0 && told.stderr.is_empty(), "{}", told.shown());
    assert!(
        told.stdout.contains("18 launches of rows + others\n") && told.stdout.contains("they are of 2 manifests"),
        "{}",
        told.shown()
    );
}
