//! Faults from files: what is read, and what is said of faults that cannot be.

use std::time::Duration;

use expect_test::{Expect, expect};
use orchestrator_sandbox::faults::{
    Cut, Fault, Faults, Operation, Part, Position, Reply, RetryAfter, Rule, Status, Storm, Then,
};

use super::{Stand, hear};

/// Every key of a faults file. `docs/faults.md` shows it as it stands here.
const SAMPLE: &str = include_str!("../../../../../docs/faults.yaml");

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn the_documented_file_means_what_its_comments_say() {
    use Operation::{Any, Connection, Jobs, StartJobs, Token};
    let mixed = vec![
        Fault::before(Reply::Status(Status::of(503).retry_after(RetryAfter::Seconds(5)))).named("overloaded"),
        Fault::before(Reply::Status(
            Status::of(429).error(0, "Too many requests").retry_after(RetryAfter::Date(seconds(10))),
        ))
        .named("throttled"),
        Fault::after(Reply::Cut(Cut { part: Part::Body, after_bytes: Some(100), then: Then::Reset })).named("died"),
        Fault::late(seconds(20), Reply::Status(Status { body: "upstream timed out".to_owned(), ..Status::of(504) }))
            .named("ghost"),
        Fault::partial(1, Reply::AsItShould).named("short"),
        Fault::nothing().stalled_before(seconds(2)).stalled_after(Duration::from_millis(500)).named("slow"),
    ];
    let expected = Faults::new()
        .rule(Rule::new(StartJobs, Fault::lose_answer()).at(Position::Nth(3)).at(Position::Nth(5)))
        .rule(Rule::new(StartJobs, Fault::after(Reply::Close).unlisted_for(seconds(30))).marker("ACME").times(2))
        .rule(Rule::one_of(StartJobs, mixed).share(0.1, 7))
        .at(StartJobs, Position::Within(20..=25), Fault::before(Reply::Html(502)))
        .rule(Rule::new(Any, Fault::before(Reply::Reset)).from(seconds(60)).until(seconds(90)))
        .at(Jobs, Position::Every(4), Fault::after(Reply::Without(vec!["Reference".to_owned()])))
        .at(Jobs, Position::Always, Fault::before(Reply::RefuseFilter("BatchExecutionKey".to_owned())))
        .at(Token, Position::Nth(1), Fault::before(Reply::Status(Status::of(500))))
        .at(Connection, Position::Nth(1), Fault::before(Reply::Reset));
    let storm = Storm::new(1, 0.2).longest(seconds(2)).without(&["never-before", "never-after", "list-never"]);
    let expected = storm.rules().into_iter().fold(expected, Faults::rule);
    assert_eq!(Faults::from_text(SAMPLE).unwrap(), expected);
}

#[test]
fn the_documented_file_can_be_served() {
    let stand = Stand::with(Faults::from_text(SAMPLE).unwrap());
    assert_eq!(hear(stand.get("/odata/Folders")).summary(), "nothing, reset", "the first connection of all");
    assert_eq!(hear(stand.get("/odata/Folders")).status(), 200);
    stand.advance(60);
    assert_eq!(hear(stand.get("/odata/Folders")).summary(), "nothing, reset", "the outage");
    stand.advance(30);
    assert_eq!(hear(stand.get("/odata/Folders")).status(), 200);
}

#[test]
fn the_manual_shows_the_documented_file_as_it_is() {
    assert!(include_str!("../../../../../docs/faults.md").contains(&format!("```yaml\n{SAMPLE}```\n")));
}

#[test]
fn faults_can_be_json_and_a_name_or_a_map() {
    let text = r#"{"rules": [{"on": "Robots", "fault": "503-before"}, {"on": "GET", "fault": {"name": "expiry", "tokens": "expire"}},
        {"on": "StartJobs", "faults": ["twice", {"create": "nothing", "reply": "claim"}]},
        {"on": "StartJobs", "fault": {"reply": {"content-length": -3, "then": "never"}}},
        {"on": "StartJobs", "fault": {"create": "twice", "reply": {"redirect": "http://elsewhere"}}}]}"#;
    let expected = Faults::new()
        .rule(Rule::new(Operation::Named("Robots".to_owned()), Fault::by_name("503-before").unwrap()))
        .rule(Rule::new(Operation::Get, Fault::expire_tokens().named("expiry")))
        .rule(Rule::one_of(Operation::StartJobs, vec![Fault::by_name("twice").unwrap(), Fault::before(Reply::Claim)]))
        .rule(Rule::new(Operation::StartJobs, Fault::before(Reply::ContentLength(-3, Then::Never))))
        .rule(Rule::new(Operation::StartJobs, Fault::twice(Reply::Redirect("http://elsewhere".to_owned()))));
    assert_eq!(Faults::from_text(text).unwrap(), expected);
    assert!(Faults::from_text("{}").unwrap().is_empty());
}

/// What is said of a text, cause by cause.
#[track_caller]
fn check(text: &str, expected: &Expect) {
    let error = Faults::from_text(text).expect_err("such faults cannot be");
    let mut said = error.to_string();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(&error);
    while let Some(error) = cause {
        said.push_str(&format!("\n{error}"));
        cause = error.source();
    }
    expected.assert_eq(&said);
}

#[test]
fn a_text_that_is_no_list_of_faults_says_what_is_wrong() {
    check(
        "rule: []",
        &expect![[r#"
        the faults cannot be read
        unknown field `rule`, expected one of storm, rules at line 1, column 1"#]],
    );
    check("rules: [{on: StartJobs, nth: 1}]", &expect!["rule 1 of the faults: no fault is named"]);
    check(
        "rules: [{nth: 1, fault: lose-answer}]",
        &expect![[r#"
        the faults cannot be read
        missing field `on` at line 1, column 18"#]],
    );
    check(
        "rules: [{on: StartJobs, fault: lose-anwser}]",
        &expect![[r#"
            the faults cannot be read
            `lose-anwser` is no fault: docs/faults.md lists those with names at line 1, column 32"#]],
    );
    check(
        "rules: [{on: StartJobs, fault: {reply: rest}}]",
        &expect![[r#"
        the faults cannot be read
        `rest` is no reply: as-it-should, claim, empty-body, empty-list, garbage, wrong-ids, not-utf8, reset, reset-unread, close, never, or a map at line 1, column 40"#]],
    );
    check(
        "rules: [{on: StartJobs, fault: {reply: {status: 503, html: 502}}}]",
        &expect![[r#"
        the faults cannot be read
        a reply has one of `status`, `html`, `redirect`, `without`, `refuse-filter`, `cut`, `content-length` at line 1, column 40"#]],
    );
    check(
        "rules: [{on: StartJobs, fault: {reply: {}}}]",
        &expect![[r#"
        the faults cannot be read
        a reply has one of `status`, `html`, `redirect`, `without`, `refuse-filter`, `cut`, `content-length` at line 1, column 40"#]],
    );
    check(
        "rules: [{on: StartJobs, fault: {reply: {html: 502, then: close}}}]",
        &expect![[r#"
        the faults cannot be read
        `then` goes with `cut` and `content-length` at line 1, column 40"#]],
    );
    check(
        "rules: [{on: StartJobs, fault: {reply: {cut: middle}}}]",
        &expect![[r#"
        the faults cannot be read
        unknown variant `middle`, expected one of head, body at line 1, column 46"#]],
    );
    check(
        "rules: [{on: StartJobs, fault: {reply: {message: no}}}]",
        &expect![[r#"
        the faults cannot be read
        a reply has one of `status`, `html`, `redirect`, `without`, `refuse-filter`, `cut`, `content-length` at line 1, column 40"#]],
    );
}

#[test]
fn faults_that_contradict_themselves_say_in_which_rule() {
    check(
        "rules: [{on: StartJobs, fault: {reply: {status: 600}}}]",
        &expect!["rule 1 of the faults: a status is from 200 to 599 (create nothing, answer 600)"],
    );
    check(
        "rules: [{on: StartJobs, fault: {create: {fewer: 1, later: 3s}}}]",
        &expect![[r#"
        the faults cannot be read
        `create` has one of `fewer` and `later` at line 1, column 41"#]],
    );
    check(
        "rules: [{on: StartJobs, fault: {create: {later: 3}, reply: close}}]",
        &expect![[r#"
        the faults cannot be read
        failed to parse input in the "friendly" duration format: expected to find unit designator suffix (e.g., `years` or `secs`) after parsing integer at line 1, column 49"#]],
    );
    check(
        "rules: [{on: StartJobs, fault: {create: nothing}}]",
        &expect![
            "rule 1 of the faults: there is no healthy answer where nothing is done (create nothing, answer as it should)"
        ],
    );
    check(
        "rules: [{on: StartJobs, range: [5, 3], fault: twice}]",
        &expect!["rule 1 of the faults: the range ends before it begins"],
    );
    check(
        "rules: [{on: StartJobs, share: 20, fault: twice}]",
        &expect!["rule 1 of the faults: a share is from 0 to 1"],
    );
    check(
        "rules: [{on: Startjobs, fault: twice}]",
        &expect!["rule 1 of the faults: `Startjobs` is no operation; did you mean `StartJobs`?"],
    );
    check(
        "rules: [{on: connection, marker: x, fault: reset-before}]",
        &expect!["rule 1 of the faults: a connection has no text before it is read"],
    );
    check(
        "rules: [{on: StartJobs, marker: x, fault: reset-unread}]",
        &expect!["rule 1 of the faults: `reset-unread` goes with no marker and no other fault: the body is not read"],
    );
    check(
        "storm: {seed: 1}",
        &expect![[r#"
        the faults cannot be read
        missing field `share` at line 1, column 9"#]],
    );
    check(
        "storm: {share: 0.2, without: [lose-anwser]}",
        &expect!["`lose-anwser` is no fault: docs/faults.md lists those with names"],
    );
}
