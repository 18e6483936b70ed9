//! `--filter`, one language for every verb that speaks of launches.

use expect_test::{Expect, expect};
use sortie::sandbox::World;
use sortie::sandbox::faults::{Fault, Faults, Operation, Position, Reply, RetryAfter, Rule, Status};

use crate::cli::cli_fixture::{CliFixture, CliOutput};

const MANIFEST: &str = "
version: 1
name: m
folder: Shared
limits: { launch: { concurrency: 1 } }
jobs:
  load:
    release: Loader
    for-each: { yaml: [{ id: A, region: emea }, { id: B, region: amer }, { id: C, region: emea }, { id: D, region: apac }], key: id }
    arguments: { region: '${{ row.region }}' }
  report: { release: Reporter }
";

/// A run of five launches, of which `load/B` and `load/C` were refused.
fn with_a_run() -> CliFixture {
    let refused = Fault::before(Reply::Status(Status::of(409).error(2818, "no machine")));
    let refusals = Rule::new(Operation::StartJobs, refused).at(Position::Within(2..=3));
    let fixture = CliFixture::with(&World::obliging(), Faults::new().rule(refusals));
    fixture.file("m.yaml", MANIFEST);
    assert_eq!(fixture.sortie("run m.yaml -q").code, 11);
    fixture
}

#[track_caller]
fn check(told: &CliOutput, expected: Expect) {
    expected.assert_eq(&told.shown());
}

/// The ids in a JSON plan or report.
#[track_caller]
fn ids(told: &CliOutput) -> Vec<String> {
    let json = told.json();
    let launches = json["launches"].as_array().unwrap().iter();
    launches.map(|launch| launch["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_verb_that_speaks_of_launches_takes_the_same_filter() {
    let fixture = with_a_run();
    let emea = "--filter job==\"load\"&&row.region==\"emea\"";
    for (call, expected) in [
        (format!("plan m.yaml --format json {emea}"), &["load/A", "load/C"][..]),
        (format!("run m.yaml --dry-run --format json {emea}"), &["load/A", "load/C"]),
        (format!("run m.yaml --sandbox --format json {emea}"), &["load/A", "load/C"]),
        (format!("report {{run}} --format json {emea}"), &["load/A", "load/C"]),
        ("report {run} --format json --filter verdict==\"rejected\"".to_owned(), &["load/B", "load/C"]),
        ("report {run} --format json --filter error.code==2818&&attempts==1".to_owned(), &["load/B", "load/C"]),
        (
            "report {run} --format json --filter verdict==\"started\"&&(key==none||key!=\"D\")".to_owned(),
            &["load/A", "report"],
        ),
        (format!("rerun {{run}} --failed --format json {emea}"), &["load/C"]),
    ] {
        let first = fixture.runs().last().unwrap()["id"].as_str().unwrap().to_owned();
        let told = fixture.sortie(&call.replace("{run}", &first));
        assert_eq!(told.code, 0, "{call}: {}", told.shown());
        assert_eq!(ids(&told), expected, "{call}");
    }
    let rows = fixture.sortie(&format!("rows {} {emea}", fixture.runs().last().unwrap()["id"].as_str().unwrap()));
    check(
        &rows,
        expect![[r#"
        exit 0
        --- stdout
        {"id":"A","region":"emea","verdict":"started","outcome":null,"job":"160856","fault":null,"info":null}
        {"id":"C","region":"emea","verdict":"rejected","outcome":null,"job":null,"fault":null,"info":"409/2818: no machine"}
    "#]],
    );
    let cancelled = fixture.sortie(&format!("cancel last --format json {emea}"));
    assert_eq!((cancelled.code, &cancelled.json()["launches"]), (0, &1.into()), "{}", cancelled.shown());
    // What the filter left out is still to be run again, and nothing else.
    let rest = fixture.sortie("rerun last --failed --format json");
    assert_eq!(ids(&rest), ["load/B"], "{}", rest.shown());
}

#[test]
fn of_a_rerun_its_own_launches_are_told_and_no_others() {
    let fixture = with_a_run();
    assert_eq!(fixture.sortie("rerun last --failed -q").code, 0);
    let (starts, rerun) = (fixture.starts(), fixture.runs()[0]["id"].as_str().unwrap().to_owned());
    let told = fixture.sortie(&format!("rerun {rerun} --all --filter key==\"A\""));
    assert_eq!((told.code, fixture.starts()), (3, starts), "{}", told.shown());
    assert!(told.stderr.contains("the filter does not take any of the 2 launches"), "{}", told.shown());
    assert!(told.stderr.contains("there are 2 of `load`; `key` is \"B\", \"C\"; 2 started"), "{}", told.shown());
}

#[test]
fn a_filter_that_takes_nothing_starts_nothing_and_says_what_there_is() {
    let fixture = with_a_run();
    let starts = fixture.starts();
    for call in ["plan m.yaml", "run m.yaml", "report last", "rows last", "rerun last --failed"] {
        let told = fixture.sortie(&format!("{call} --filter row.region==\"mars\""));
        assert_eq!(told.code, 3, "{call}: {}", told.shown());
        assert!(told.stderr.contains("the filter does not take any of the 5 launches"), "{call}: {}", told.shown());
        assert!(told.stderr.contains("there are 4 of `load`, 1 of `report`"), "{call}: {}", told.shown());
        assert!(told.stderr.contains("`row.region` is \"emea\", \"amer\", \"apac\""), "{call}: {}", told.shown());
        let unknown = fixture.sortie(&format!("{call} --filter row.regoin==\"emea\""));
        assert_eq!(unknown.code, 3, "{call}: {}", unknown.shown());
        assert!(unknown.stderr.contains("did you mean `row.region`?"), "{call}: {}", unknown.shown());
    }
    assert_eq!((fixture.starts(), fixture.runs().len()), (starts, 1));
    check(
        &fixture.sortie("report last --filter verdict==\"faulted\""),
        expect![[r#"
        exit 3
        --- stderr
        error[no-launch]: the filter does not take any of the 5 launches
         --> --filter:1:1
          |
        1 | verdict=="faulted"
          | ^^^^^^^^^^^^^^^^^^
          |
          = help: there are 4 of `load`, 1 of `report`; `verdict` is "started", "rejected"; 2 rejected, 3 started

        1 error
    "#]],
    );
    check(
        &fixture.sortie("run m.yaml --filter verdict==\"faulted\""),
        expect![[r#"
        exit 3
        --- stderr
        error[unknown-name]: `verdict` is not known before anything is sent
         --> --filter:1:1
          |
        1 | verdict=="faulted"
          | ^^^^^^^
          |
          = help: it is known once a run has begun: `rerun`, `report` and `rows` take it in their --filter

        1 error
    "#]],
    );
}

#[test]
fn a_filtered_report_says_that_its_totals_are_of_a_part() {
    let fixture = with_a_run();
    let call = |format: &str| fixture.sortie(&format!("report last --format {format} --filter verdict==\"rejected\""));
    check(
        &call("text"),
        expect![[r#"
            exit 0
            --- stdout
            2 launches of m
              filter   2 of 5 launches are shown and counted
              run      RUN with profile env
              time     TIME to TIME (SPAN)

            Rejected: Orchestrator refused, nothing was started (2)
              2 launches: 409/2818: no machine
                load/B
                load/C

            Result
              FILTERED: 2 of 5 launches, and totals of these alone: --filter
                verdict=="rejected"
              verdicts 2 rejected
              exit     11: launches were rejected

            What to do next
              Fix the causes, then retry what was rejected:
                  sortie rerun RUN --failed --filter 'verdict=="rejected"'
        "#]],
    );
    for format in ["markdown", "html", "junit", "jsonl", "json"] {
        let told = call(format);
        assert_eq!(told.code, 0, "{}", told.shown());
        assert!(told.stdout.contains("verdict=="), "{format} names the filter: {}", told.shown());
    }
    let json = call("json").json();
    assert_eq!(json["run"]["shown"]["launches"], 2);
    assert_eq!(json["run"]["shown"]["of"], 5);
    assert_eq!((&json["totals"]["launches"], &json["totals"]["rejected"]), (&2.into(), &2.into()));
    assert_eq!(json["run"]["exit-code"], 11, "the run's exit code is its own");
}

#[test]
fn a_filter_is_part_of_what_a_run_is_made_of() {
    let fixture = CliFixture::new();
    fixture.file("m.yaml", MANIFEST);
    let key = "run m.yaml --run-key k --format json";
    let first = fixture.sortie(&format!("{key} --filter row.region==\"emea\""));
    assert_eq!((first.code, ids(&first)), (0, vec!["load/A".to_owned(), "load/C".to_owned()]), "{}", first.shown());
    assert_eq!(first.json()["run"]["filter"], "row.region==\"emea\"");
    // The same launches under the same key are the same run; others are refused.
    assert_eq!(fixture.sortie(&format!("{key} --filter row.region=='emea'")).code, 0);
    let other = fixture.sortie("run m.yaml --run-key k --filter row.region==\"amer\"");
    check(
        &other,
        expect![[r#"
        exit 13
        --- stderr
        error: key `k` is done already, with another plan (run RUN): nothing was started
          --filter: was `row.region=="emea"`, is `row.region=="amer"`
          launches: 2 gone (`load/A`, `load/C`), 1 new (`load/B`)
          help: these launches need a `--run-key` of their own; `sortie report RUN` shows what was started
    "#]],
    );
    let without = fixture.sortie("run m.yaml --run-key k");
    assert_eq!(without.code, 13, "{}", without.shown());
    assert_eq!((fixture.starts(), fixture.runs().len()), (2, 1));
}

#[test]
fn a_rerun_that_is_not_finished_goes_on_only_by_its_own_filter() {
    // Of the run B and C are refused; of the rerun nothing is sent: the server wants its peace.
    let refused = Fault::before(Reply::Status(Status::of(409).error(2818, "no machine")));
    let busy = Fault::before(Reply::Status(Status::of(429).retry_after(RetryAfter::Seconds(1_000_000_000))));
    let faults = Faults::new()
        .rule(Rule::new(Operation::StartJobs, refused).at(Position::Within(2..=3)))
        .rule(Rule::new(Operation::StartJobs, busy).at(Position::Nth(6)));
    let fixture = CliFixture::with(&World::obliging(), faults);
    fixture.file("m.yaml", MANIFEST);
    assert_eq!(fixture.sortie("run m.yaml -q").code, 11);
    let cut = fixture.sortie("rerun last --failed --filter key==\"B\"");
    assert_eq!(cut.code, 16, "{}", cut.shown());
    let other = fixture.sortie("rerun last --failed --filter key==\"C\" --ignore-pause");
    assert_eq!(other.code, 3, "{}", other.shown());
    assert!(other.stderr.contains("is not finished") && other.stderr.contains("sortie resume"), "{}", other.shown());
    let same = fixture.sortie("rerun last --failed --filter key==\"B\" --ignore-pause --format json");
    assert_eq!((same.code, ids(&same)), (0, vec!["load/B".to_owned()]), "{}", same.shown());
}

#[test]
fn a_launch_of_a_batch_has_no_row_and_is_neither_taken_nor_let_through_for_that() {
    let fixture = CliFixture::new();
    let batched = MANIFEST
        .replace("key: id }\n", "key: id, batch: { rows: 2 } }\n")
        .replace("${{ row.region }}", "${{ rows | map(attribute=\"region\") | list }}");
    fixture.file("m.yaml", &batched);
    fixture
        .file("p.yaml", "version: 1\npolicies:\n  - { name: r, rule: 'launch.row.region != \"apac\"', message: m }\n");
    for call in [
        "plan m.yaml --filter row.region!=\"apac\"",
        "run m.yaml --filter row.region!=\"apac\"",
        "run m.yaml --policy p.yaml",
    ] {
        let told = fixture.sortie(call);
        assert_eq!((told.code, fixture.starts()), (3, 0), "{}", told.shown());
        assert!(told.stderr.contains("a launch of a `batch` has many rows, and `row` is one"), "{}", told.shown());
    }
    let told =
        fixture.sortie("plan m.yaml --format json --filter job==\"report\"||job==\"load\"&&rows[0].region==\"emea\"");
    assert_eq!(ids(&told).len(), 3, "{}", told.shown());
    // What is decided before a row is asked for is no error.
    assert_eq!(ids(&fixture.sortie("plan m.yaml --format json --filter job==\"report\"||key==1&&row.id==1")).len(), 1);
}

#[test]
fn a_filter_that_takes_none_of_the_run_that_is_meant_is_refused_whatever_runs_are_before_it() {
    let fixture = with_a_run();
    let again = fixture.sortie("rerun last --failed --filter key==\"C\" --format json");
    assert_eq!((again.code, ids(&again)), (0, vec!["load/C".to_owned()]), "{}", again.shown());
    let starts = fixture.starts();
    let none = fixture.sortie("rerun last --all --filter key==\"B\"");
    assert_eq!(none.code, 3, "{}", none.shown());
    assert!(none.stderr.contains("the filter does not take the only launch"), "{}", none.shown());
    assert_eq!(fixture.starts(), starts);
    // Of the first run there is one.
    let first = fixture.runs().last().unwrap()["id"].as_str().unwrap().to_owned();
    let taken = fixture.sortie(&format!("rerun {first} --all --filter key==\"B\" --format json"));
    assert_eq!((taken.code, ids(&taken)), (0, vec!["load/B".to_owned()]), "{}", taken.shown());
}
