//! Every combination of policy, endings and exit status that `docs/waiting.md` names.

use serde_json::json;

use super::*;
use crate::exit::ExitStatus;
use crate::format::{FromValue as _, OutcomePolicy};
use crate::ledger::state::Verdict;
use crate::outcome::{JobOutcome, Judgement};

fn policy(value: &serde_json::Value) -> OutcomePolicy {
    OutcomePolicy::from_value("outcome", value).expect("a policy")
}

/// The tally of `text`: words with counts, such as `197 successful 3 faulted 1 rejected`.
fn tally(text: &str) -> OutcomeTally {
    let mut tally = OutcomeTally::default();
    let words: Vec<&str> = text.split_whitespace().collect();
    for pair in words.chunks(2) {
        let waited =
            |outcome| LaunchEnding { verdict: Verdict::Started, is_waited_for: true, outcome, is_flaky: false };
        let only = |verdict| LaunchEnding { verdict, is_waited_for: true, outcome: None, is_flaky: false };
        let ending = match pair[1] {
            "successful" => waited(Some(JobOutcome::Successful)),
            "suspended" => waited(Some(JobOutcome::Suspended)),
            "faulted" => waited(Some(JobOutcome::Faulted)),
            "stopped" => waited(Some(JobOutcome::Stopped)),
            "late" => waited(Some(JobOutcome::Late)),
            "gone" => waited(Some(JobOutcome::Gone)),
            "unfinished" => waited(None),
            "flaky" => LaunchEnding { is_flaky: true, ..waited(Some(JobOutcome::Successful)) },
            "retried-in-vain" => LaunchEnding { is_flaky: true, ..waited(Some(JobOutcome::Faulted)) },
            "unwaited" => LaunchEnding { is_waited_for: false, ..waited(None) },
            "rejected" => only(Verdict::Rejected),
            "unknown" => only(Verdict::Unknown),
            "partial" => LaunchEnding { verdict: Verdict::Partial, ..waited(Some(JobOutcome::Successful)) },
            "duplicate" => LaunchEnding { verdict: Verdict::Duplicate, ..waited(Some(JobOutcome::Successful)) },
            "skipped" => only(Verdict::Skipped),
            "not-sent" => only(Verdict::NotSent),
            word => panic!("nothing ends `{word}`"),
        };
        (0..pair[0].parse().expect("a count")).for_each(|_| tally.count(ending));
    }
    tally
}

#[track_caller]
fn check(policy_value: serde_json::Value, endings: &str, exit: u8, shown: &str) {
    let judged = judge(Some(&policy(&policy_value)), &tally(endings), &[]);
    let arithmetic: Vec<String> = judged.policies.iter().map(ToString::to_string).collect();
    assert_eq!((judged.exit.code(), arithmetic.join(" / ").as_str()), (exit, shown), "{policy_value}: {endings}");
}

#[test]
fn without_a_policy_no_failure_is_forgiven() {
    let none = || json!({});
    check(none(), "200 successful", 0, "0 of 200 launches failed, 0 tolerated: met");
    check(none(), "199 successful 1 faulted", 10, "1 of 200 launches failed (1 faulted), 0 tolerated: not met");
    check(none(), "1 stopped", 10, "1 of 1 launches failed (1 stopped), 0 tolerated: not met");
    check(none(), "1 gone", 10, "1 of 1 launches failed (1 gone), 0 tolerated: not met");
    check(none(), "9 successful 1 late", 4, "1 of 10 launches failed (1 late), 0 tolerated: not met");
    check(none(), "2 suspended", 0, "0 of 2 launches failed, 0 tolerated: met");
    check(none(), "1 successful 1 flaky", 0, "0 of 2 launches failed, 0 tolerated: met");
    check(
        none(),
        "6 successful 1 faulted 1 stopped 1 late 1 gone",
        4,
        "4 of 10 launches failed (1 faulted, 1 gone, 1 late, 1 stopped), 0 tolerated: not met",
    );
    check(none(), "1 unwaited", 0, "");
    check(none(), "3 skipped", 0, "");
    assert_eq!(judge(None, &tally("1 faulted"), &[]).exit, ExitStatus::Outcome, "as with an empty policy");
    assert_eq!(judge(None, &OutcomeTally::default(), &[]).exit, ExitStatus::Success);
}

#[test]
fn a_count_forgives_up_to_itself() {
    let two = || json!({ "tolerate": 2 });
    check(two(), "9 successful 1 faulted", 0, "1 of 10 launches failed (1 faulted), 2 tolerated: met");
    check(two(), "8 successful 2 faulted", 0, "2 of 10 launches failed (2 faulted), 2 tolerated: met");
    check(two(), "7 successful 3 faulted", 10, "3 of 10 launches failed (3 faulted), 2 tolerated: not met");
    // Endings are added up: what is forgiven is forgiven once.
    check(
        two(),
        "7 successful 1 faulted 1 stopped",
        0,
        "2 of 9 launches failed (1 faulted, 1 stopped), 2 tolerated: met",
    );
    check(
        two(),
        "7 successful 1 faulted 1 stopped 1 gone",
        10,
        "3 of 10 launches failed (1 faulted, 1 gone, 1 stopped), 2 tolerated: not met",
    );
    check(json!({ "tolerate": 1 }), "1 faulted", 0, "1 of 1 launches failed (1 faulted), 1 tolerated: met");
}

#[test]
fn a_percentage_is_of_the_launches_that_were_waited_for_and_rounds_down() {
    let one = || json!({ "tolerate": "1%" });
    check(one(), "198 successful 2 faulted", 0, "2 of 200 launches failed (2 faulted), 1% (2) tolerated: met");
    check(one(), "197 successful 3 faulted", 10, "3 of 200 launches failed (3 faulted), 1% (2) tolerated: not met");
    check(one(), "198 successful 1 faulted", 0, "1 of 199 launches failed (1 faulted), 1% (1) tolerated: met");
    check(one(), "197 successful 2 faulted", 10, "2 of 199 launches failed (2 faulted), 1% (1) tolerated: not met");
    check(one(), "98 successful 1 faulted", 10, "1 of 99 launches failed (1 faulted), 1% (0) tolerated: not met");
    check(one(), "99 successful 1 faulted", 0, "1 of 100 launches failed (1 faulted), 1% (1) tolerated: met");
    // Launches that were never waited for do not make the share larger.
    check(
        one(),
        "98 successful 1 faulted 500 skipped 500 unwaited",
        10,
        "1 of 99 launches failed (1 faulted), 1% (0) tolerated: not met",
    );
    check(
        json!({ "tolerate": "29%" }),
        "71 successful 29 faulted",
        0,
        "29 of 100 launches failed (29 faulted), 29% (29) tolerated: met",
    );
    check(json!({ "tolerate": "100%" }), "5 faulted", 0, "5 of 5 launches failed (5 faulted), 100% (5) tolerated: met");
    check(
        json!({ "tolerate": "0%" }),
        "1 faulted",
        10,
        "1 of 1 launches failed (1 faulted), 0% (0) tolerated: not met",
    );
}

#[test]
fn late_gives_4_and_not_10() {
    check(json!({ "tolerate": 1 }), "9 successful 1 late", 0, "1 of 10 launches failed (1 late), 1 tolerated: met");
    check(json!({ "tolerate": 1 }), "8 successful 2 late", 4, "2 of 10 launches failed (2 late), 1 tolerated: not met");
    check(
        json!({ "tolerate": 1 }),
        "8 successful 1 late 1 faulted",
        4,
        "2 of 10 launches failed (1 faulted, 1 late), 1 tolerated: not met",
    );
    // What `fail-on` does not name is no failure; and what never ended is told whatever it names.
    check(json!({ "fail-on": ["faulted"] }), "1 late", 0, "0 of 1 launches failed, 0 tolerated: met");
    check(json!({ "fail-on": [] }), "1 successful 1 unfinished", 4, "0 of 2 launches failed, 0 tolerated: met");
}

#[test]
fn fail_on_names_what_counts_and_flaky_only_where_it_is_named() {
    let flaky = || json!({ "fail-on": ["faulted", "flaky"] });
    check(flaky(), "9 successful 1 flaky", 10, "1 of 10 launches failed (1 flaky), 0 tolerated: not met");
    check(
        json!({ "fail-on": ["flaky"], "tolerate": 1 }),
        "9 successful 1 flaky",
        0,
        "1 of 10 launches failed (1 flaky), 1 tolerated: met",
    );
    check(flaky(), "1 retried-in-vain", 10, "1 of 1 launches failed (1 faulted), 0 tolerated: not met");
    check(flaky(), "1 stopped 1 gone", 0, "0 of 2 launches failed, 0 tolerated: met");
    check(json!({ "fail-on": [] }), "1 faulted 1 stopped 1 gone 1 late", 0, "0 of 4 launches failed, 0 tolerated: met");
}

#[test]
fn tolerate_forgives_nothing_that_fail_on_cannot_name() {
    let all = || json!({ "tolerate": "100%" });
    let shown = "0 of 1 launches failed, 100% (1) tolerated: met";
    check(all(), "1 successful 1 rejected", 11, shown);
    check(all(), "1 successful 1 unknown", 12, shown);
    check(all(), "1 partial", 12, shown);
    check(all(), "1 duplicate", 12, shown);
    check(all(), "1 successful 1 not-sent", 16, shown);
    check(all(), "1 successful 1 skipped", 0, shown);
}

#[test]
fn of_several_that_hold_the_documented_first_is_taken() {
    let shown = |endings: &str| {
        let failed = ["faulted", "late"].into_iter().find(|word| endings.contains(word));
        failed.map_or(String::new(), |word| format!("1 of 1 launches failed (1 {word}), 0 tolerated: not met"))
    };
    for (endings, exit) in [
        ("1 faulted 1 not-sent", 16),
        ("1 late 1 not-sent", 16),
        ("1 faulted 1 rejected", 11),
        ("1 late 1 rejected 1 not-sent", 11),
        ("1 faulted 1 unknown", 12),
        ("1 faulted 1 unknown 1 rejected 1 not-sent", 12),
        ("1 rejected 1 not-sent", 11),
        ("1 rejected 1 unknown", 12),
        ("1 faulted 1 skipped", 10),
        ("1 late 1 skipped", 4),
    ] {
        check(json!({}), endings, exit, &shown(endings));
    }
}

#[test]
fn a_jobs_own_policy_rules_its_launches_and_the_manifests_the_rest() {
    let (strict, lax, flaky) =
        (policy(&json!({})), policy(&json!({ "tolerate": 5 })), policy(&json!({ "fail-on": ["flaky"] })));
    let job = |name, policy, endings| JudgedJob { name, policy, tally: tally(endings) };
    let judged = judge(
        Some(&lax),
        &tally("5 successful 5 faulted"),
        &[
            job("load", &strict, "9 successful 1 faulted"),
            job("post", &flaky, "1 faulted 1 flaky"),
            job("idle", &strict, "2 skipped"),
        ],
    );
    let shown: Vec<String> = judged.policies.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "5 of 10 launches failed (5 faulted), 5 tolerated: met",
            "job load: 1 of 10 launches failed (1 faulted), 0 tolerated: not met",
            "job post: 1 of 2 launches failed (1 flaky), 0 tolerated: not met",
        ]
    );
    assert_eq!((judged.exit, judged.is_met()), (ExitStatus::Outcome, false));
    // What one policy forgives, another does not have.
    let judged = judge(Some(&lax), &tally("5 faulted"), &[job("load", &strict, "1 late")]);
    assert_eq!(judged.exit, ExitStatus::Deadline);
    let judged = judge(Some(&strict), &tally("1 successful"), &[job("load", &lax, "5 faulted")]);
    assert_eq!((judged.exit, judged.is_met()), (ExitStatus::Success, true));
}

#[test]
fn the_arithmetic_is_data_too() {
    let judged = judge(Some(&policy(&json!({ "tolerate": "1%" }))), &tally("197 successful 2 faulted 1 gone"), &[]);
    let json = serde_json::to_value(&judged.policies[0]).expect("it is plain data");
    assert_eq!(
        json,
        json!({
            "job": null, "launches": 200, "failed": { "faulted": 2, "gone": 1 }, "tolerate": "1%", "tolerated": 2,
            "is-met": false,
        })
    );
    let back: Judgement = serde_json::from_value(json).expect("it is read back");
    assert_eq!(back, judged.policies[0]);
}
