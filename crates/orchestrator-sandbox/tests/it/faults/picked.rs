//! Which requests a rule picks, over real HTTP; the counting itself is tested beside it.

use std::time::Duration;

use orchestrator_sandbox::faults::{Fault, Faults, Operation, Position, Reply, Rule, Status, Storm};
use orchestrator_sandbox::{FaultsError, Options, Sandbox, SandboxError, World};
use serde_json::{Value, json};

use super::{Stand, hear};

fn busy() -> Fault {
    Fault::before(Reply::Status(Status::of(503))).named("busy")
}

#[test]
fn a_marker_is_found_in_reference_arguments_and_release_name() {
    let stand = Stand::with(Faults::new().rule(Rule::new(Operation::StartJobs, busy()).marker("Gold")));
    let key = "00000000-0000-0000-0000-000000000060";
    let cases = [
        (json!({"ReleaseName": "Loader", "Reference": "all that is Gold"}), 503),
        (json!({"ReleaseName": "Loader", "InputArguments": "{\"a\": \"Gold\"}"}), 503),
        (json!({"ReleaseName": "Golden"}), 503),
        (json!({"releasekey": key}), 503),
        (json!({"ReleaseName": "Loader", "Reference": "gold"}), 201),
        (json!({"ReleaseName": "Loader", "EnvironmentVariables": "Gold"}), 201),
    ];
    for (start_info, status) in cases {
        assert_eq!(hear(stand.start_info(&start_info)).status(), status, "{start_info}");
    }
    // What cannot be read has no marker, and is refused as it should be.
    assert_eq!(hear(stand.send("POST", super::START_JOBS, "Gold")).status(), 400);
}

#[test]
fn an_outage_lasts_from_one_moment_to_another() {
    let outage = Rule::new(Operation::Any, busy()).from(Duration::from_secs(10)).until(Duration::from_secs(20));
    let stand = Stand::with(Faults::new().rule(outage));
    let statuses: Vec<u16> = (0..5)
        .map(|_| {
            let status = hear(stand.get("/odata/Jobs")).status();
            stand.advance(5);
            status
        })
        .collect();
    assert_eq!(statuses, [200, 200, 503, 503, 200]);
}

#[test]
fn the_first_rule_that_picks_a_request_takes_it_and_the_record_names_its_fault() {
    let faults = Faults::new()
        .at(Operation::StartJobs, Position::Every(2), busy())
        .rule(Rule::new(Operation::StartJobs, Fault::lose_answer()).at(Position::Within(2..=3)).times(1));
    let stand = Stand::with(faults);
    let said: Vec<String> = (0..4).map(|_| hear(stand.start("r")).summary()).collect();
    assert_eq!(said, ["201, ids [160856,160857]", "503", "nothing", "503"]);
    let name = |name: &str| Some(name.to_owned());
    assert_eq!(stand.met(), [None, name("busy"), name("lose-answer"), name("busy")]);
    let lines: Vec<Value> = serde_json::to_value(stand.sandbox.record()).unwrap().as_array().unwrap().clone();
    let brief: Vec<Value> = lines.iter().map(|line| json!([line["status"], line["created"], line["fault"]])).collect();
    let expected = [
        json!([201, [160_856, 160_857], null]),
        json!([503, [], "busy"]),
        json!([0, [160_858, 160_859], "lose-answer"]),
        json!([503, [], "busy"]),
    ];
    assert_eq!(brief, expected);
}

#[test]
fn a_refusal_stands_whatever_the_fault_would_create() {
    let stand = Stand::always(Operation::StartJobs, Fault::after(Reply::Close));
    assert_eq!(hear(stand.start_info(&json!({"ReleaseName": "no such thing"}))).summary(), "nothing");
    assert_eq!(stand.created(), []);
    let stand = Stand::always(Operation::StartJobs, Fault::twice(Reply::AsItShould));
    assert_eq!(hear(stand.start_info(&json!({"ReleaseName": "no such thing"}))).summary(), "404, code 1002");
}

#[test]
fn every_kind_of_a_storm_comes_and_a_fixed_seed_brings_the_same() {
    let met = |seed| {
        let stand =
            Stand::with(Storm::new(seed, 1.0).without(&["never-before", "never-after", "slow-before", "slow-after"]));
        for number in 0..400 {
            hear(stand.start(&format!("r-{number}")));
        }
        stand.met()
    };
    let first = met(3);
    assert_eq!(first, met(3));
    let mut names: Vec<&str> = first.iter().flatten().map(String::as_str).collect();
    assert_eq!(names.len(), 400, "a share of 1 leaves nobody out");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Storm::new(0, 1.0).starts().len() - 4);
}

#[test]
fn faults_that_cannot_be_are_refused_before_anything_is_served() {
    use Operation::{Connection, Jobs, Named, StartJobs};
    let check = |rule: Rule, expected: &str| {
        let options = Options { faults: Faults::new().rule(rule), ..Options::default() };
        let clock = std::sync::Arc::new(orchestrator_sandbox::clock::SystemClock::new());
        let error = Sandbox::start(&World::new(), clock, options).err().expect("such faults cannot be");
        assert!(matches!(error, SandboxError::Faults(FaultsError::Rule { number: 1, .. })), "{error}");
        assert_eq!(error.to_string(), format!("rule 1 of the faults: {expected}"));
    };
    check(Rule::new(StartJobs, busy()).at(Position::Nth(0)), "positions count from 1");
    check(Rule::new(StartJobs, busy()).share(1.5, 0), "a share is from 0 to 1");
    check(Rule::one_of(StartJobs, vec![]), "no fault is named");
    check(Rule::new(Jobs, Fault::twice(Reply::Close)), "only StartJobs creates (create twice, close)");
    check(
        Rule::new(Connection, busy()),
        "a connection can be reset, closed, or left without an answer (create nothing, answer 503)",
    );
    check(
        Rule::new(StartJobs, Fault::late(Duration::from_secs(1), Reply::AsItShould)),
        "what is created later cannot be in the answer: stall, or reply otherwise (create 1s later, answer as it should)",
    );
    let unknown = Rule::new(Named("Startjobs".to_owned()), busy());
    let Err(FaultsError::Rule { why, .. }) = Faults::new().rule(unknown).check() else { panic!("no such operation") };
    assert!(why == "`Startjobs` is no operation; did you mean `StartJobs`?", "{why}");
}
