use expect_test::{Expect, expect};

use super::*;
use crate::ids::{FolderId, FolderRef, JobId};
use crate::ledger::state::Verdict;
use crate::outcome::Judgement;
use crate::report::Totals;
use crate::report::{Background, ErrorReport, Hints, Reason, RobotJobReport, RunAvailability, RunHead, Trace};

mod outcomes;

fn launch(id: &str, verdict: Verdict, jobs: &[i64], error: Option<(Option<u16>, Option<i64>, &str)>) -> LaunchReport {
    let job = |id: &i64| RobotJobReport {
        id: *id,
        key: None,
        state: Some("Pending".to_owned()),
        creation_time: None,
        start_time: None,
        end_time: None,
        release_name: None,
        kind: None,
        source: None,
        source_type: None,
        batch_execution_key: None,
        starting_schedule_id: None,
        info: None,
        output: None,
        outcome: None,
        sub_state: None,
        class: None,
        fault: None,
        notes: Vec::new(),
        log: Vec::new(),
    };
    LaunchReport {
        id: id.to_owned(),
        job: "load".to_owned(),
        key: None,
        reference: format!("sortie-0-{id}"),
        verdict,
        outcome: None,
        attempts: 1,
        settled: false,
        sent: None,
        answered: None,
        arguments: None,
        robot_jobs: jobs.iter().map(job).collect(),
        error: error.map(|(status, code, message)| ErrorReport {
            status,
            code,
            message: message.to_owned(),
            trace_id: None,
        }),
        reason: None,
        retries: Vec::new(),
        flaky: false,
        story: Vec::new(),
        trace: Trace { folder: Some(FolderRef::Path("Shared".to_owned())), asked: Some(2), ..Trace::default() },
    }
}

/// A stand-in for what the command line makes of a folder.
fn look_up(tenant: &str, folder: &FolderRef, started: &str, _: Option<i64>) -> Vec<String> {
    vec![format!("curl {tenant} -H '{folder}'"), format!("-d '{started}'")]
}

fn hints() -> Hints {
    Hints { look_up: Some(look_up), tenant: "https://cloud.uipath.com/acme/prod".to_owned(), ..Hints::default() }
}

fn written(launches: &[LaunchReport]) -> String {
    written_with(launches, hints())
}

fn written_with(launches: &[LaunchReport], hints: Hints) -> String {
    written_by(launches, hints, Vec::new(), None)
}

fn written_by(launches: &[LaunchReport], hints: Hints, policies: Vec<Judgement>, columns: Option<usize>) -> String {
    let mut totals = Totals::default();
    for launch in launches {
        launch.outcome.into_iter().for_each(|outcome| totals.count_outcome(outcome));
        totals.count(launch.verdict);
    }
    let run = RunHead {
        filter: None,
        shown: None,
        clocks_apart_ms: None,
        uncounted: std::collections::BTreeMap::new(),
        hold: None,
        outcome_policies: policies,
        merged: Vec::new(),
        rerun: 0,
        started_twice: Vec::new(),
        is_of_a_sandbox: false,
        id: "0eaac680e5ee54d79efbe8f48c29e504".to_owned(),
        name: "night".to_owned(),
        slot: None,
        profile: "prod".to_owned(),
        started: "2026-01-31T00:05:00.25Z".to_owned(),
        ended: Some("2026-01-31T00:06:00Z".to_owned()),
        plan_digest: String::new(),
        exit_code: Some(totals.exit().code()),
    };
    let mut bytes = Vec::new();
    let mut writer = TextWriter::new(&mut bytes).with_columns(columns);
    writer.begin(&Head { run, totals, hints, background: Background::default() }).expect("memory");
    for launch in launches {
        writer.launch(launch).expect("memory");
    }
    writer.end().expect("memory");
    String::from_utf8(bytes).expect("text")
}

#[track_caller]
fn check(launches: &[LaunchReport], expected: Expect) {
    expected.assert_eq(&written(launches));
}

#[test]
fn a_good_run_is_short() {
    check(
        &[launch("a", Verdict::Started, &[7], None), launch("b/emea", Verdict::Started, &[8, 9, 10], None)],
        expect![[r#"
            2 launches of night
              run      0eaac680e5ee54d79efbe8f48c29e504 with profile prod
              time     2026-01-31T00:05:00Z to 2026-01-31T00:06:00Z (59.7 s)

            Started (2)
                a  robot job 7
                b/emea  3 robot jobs, 8 to 10

            Result
              verdicts 2 started
              exit     0: success
        "#]],
    );
}

#[test]
fn failures_come_first_grouped_by_message_with_what_to_do() {
    let refused = |id: &str| launch(id, Verdict::Rejected, &[], Some((Some(409), Some(2818), "no machine")));
    check(
        &[
            launch("a", Verdict::Started, &[7], None),
            refused("b"),
            launch("c", Verdict::Rejected, &[], Some((Some(404), None, "no such release"))),
            refused("d"),
            launch("e", Verdict::Unknown, &[], Some((None, None, "no answer within 60 s"))),
            launch("f", Verdict::NotSent, &[], None),
        ],
        expect![[r#"
            6 launches of night
              run      0eaac680e5ee54d79efbe8f48c29e504 with profile prod
              time     2026-01-31T00:05:00Z to 2026-01-31T00:06:00Z (59.7 s)

            Unknown: sent, but no answer came. The robot jobs may or may not exist (1)
              1 launch: no answer within 60 s
                e  folder Shared  Reference sortie-0-e

            Rejected: Orchestrator refused, nothing was started (3)
              2 launches: 409/2818: no machine
                b
                d
              1 launch: 404: no such release
                c

            Not sent: surely nothing was started (1)
                f

            Started (1)
                a  robot job 7

            Result
              verdicts 1 started, 3 rejected, 1 unknown, 1 not-sent
              exit     12: launches are unknown, partial or duplicate

            What to do next
              Go on with the run: it asks about what is in doubt first, and then sends what
              was not sent:
                  sortie resume 0eaac680e5ee54d79efbe8f48c29e504
              Or only ask, and start nothing:
                  sortie reconcile 0eaac680e5ee54d79efbe8f48c29e504
              Still unknown? Look for each Reference among the robot jobs of its folder:
                  curl https://cloud.uipath.com/acme/prod -H 'Shared' \
                    -d '2026-01-31T00:05:00.25Z'
              A robot job that carries the Reference was started by this run. A list lags:
              look again after the settle time (two minutes, unless it was set). A list of
              1,000 may go on: ask again from its last CreationTime.
              Then say what you found: `started`, or `absent`.
                  sortie reconcile 0eaac680e5ee54d79efbe8f48c29e504 --launch e --as started
                  sortie reconcile 0eaac680e5ee54d79efbe8f48c29e504 --launch e --as absent
              3 launches were rejected. Once all of this is done, the report says how to
              retry:
                  sortie report 0eaac680e5ee54d79efbe8f48c29e504
              Do not run the manifest again: launches that were started would start twice.
        "#]],
    );
}

#[test]
fn foreign_text_cannot_steer_a_terminal() {
    let text =
        written(&[launch("a\u{1b}[2J", Verdict::Rejected, &[], Some((Some(400), None, "x\n\u{1b}]0;y\u{7}\u{202e}")))]);
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text}");
}

#[test]
fn many_launches_and_many_messages_stay_few_lines() {
    let started = (0..5_000).map(|n| launch(&format!("s{n}"), Verdict::Started, &[n], None));
    let refused = (0..5_000)
        .map(|n| launch(&format!("r{n}"), Verdict::Rejected, &[], Some((Some(409), None, &*format!("no {n}")))));
    let text = written(&started.chain(refused).collect::<Vec<_>>());
    assert!(text.lines().count() < 200, "{} lines", text.lines().count());
    assert!(text.contains("4951 launches: with other messages") && text.contains("and 4990 more"), "{text}");
}

#[test]
fn every_verdict_has_its_section() {
    let reasons = [None, Some(Reason::NoAnswer), Some(Reason::Undecided), Some(Reason::Held), Some(Reason::GivenUp)];
    for verdict in Verdict::ALL {
        for reason in reasons.into_iter().chain([Some(Reason::Declared)]) {
            let text = written(&[LaunchReport { reason, ..launch("a", verdict, &[], None) }]);
            assert!(text.lines().any(|line| line.trim_start().starts_with('a')), "{verdict:?} {reason:?}: {text}");
        }
    }
}

#[test]
fn what_was_proved_absent_is_not_called_unknown() {
    let absent = |id: &str, reason: Reason, attempts: u32| LaunchReport {
        reason: Some(reason),
        attempts,
        ..launch(id, Verdict::Unknown, &[], Some((None, None, "reset; nothing of it exists")))
    };
    check(
        &[absent("pay/A 1", Reason::Held, 1), absent("b", Reason::GivenUp, 3)],
        expect![[r#"
            2 launches of night
              run      0eaac680e5ee54d79efbe8f48c29e504 with profile prod
              time     2026-01-31T00:05:00Z to 2026-01-31T00:06:00Z (59.7 s)

            Held: nothing exists (1)
              1 launch: reset; nothing of it exists
                pay/A 1

            Given up after 3 tries: nothing exists (1)
              1 launch: reset; nothing of it exists
                b

            Result
              verdicts 2 unknown
              exit     12: launches are unknown, partial or duplicate

            What to do next
              2 launches are held or given up: nothing of them exists. To send them:
                  sortie reconcile 0eaac680e5ee54d79efbe8f48c29e504 --launch 'pay/A 1' --launch b --as absent
                  sortie resume 0eaac680e5ee54d79efbe8f48c29e504
        "#]],
    );
}

#[test]
fn a_wrong_number_of_robot_jobs_has_a_step_that_closes_it() {
    let partial =
        launch("split", Verdict::Partial, &[160_860], Some((None, None, "asked for 2 robot jobs, 1 was started")));
    let twice =
        launch("c", Verdict::Duplicate, &[7, 8, 9], Some((None, None, "asked for 2 robot jobs, 3 were started")));
    let trace = Trace {
        folder: Some(FolderRef::Id(FolderId(7))),
        asked: Some(2),
        named: vec![JobId(7), JobId(8)],
        ..Trace::default()
    };
    let closed = LaunchReport { reason: Some(Reason::Declared), ..launch("d", Verdict::Partial, &[5], None) };
    check(
        &[partial, LaunchReport { trace, ..twice }, closed],
        expect![[r#"
            3 launches of night
              run      0eaac680e5ee54d79efbe8f48c29e504 with profile prod
              time     2026-01-31T00:05:00Z to 2026-01-31T00:06:00Z (59.7 s)

            Duplicate: more robot jobs were started than asked for (1)
              1 launch: asked for 2 robot jobs, 3 were started
                c  3 of 2 robot jobs: 7 (named by the answer), 8 (named by the answer), 9  folder id 7  Reference sortie-0-c

            Partial: fewer robot jobs were started than asked for (1)
              1 launch: asked for 2 robot jobs, 1 was started
                split  1 of 2 robot jobs: 160860  folder Shared  Reference sortie-0-split

            Closed: you said that it is partial (1)
                d  robot job 5 Pending

            Result
              verdicts 2 partial, 1 duplicate
              exit     12: launches are unknown, partial or duplicate

            What to do next
              `split`: 1 of 2 robot jobs: 160860. Start what is missing by hand, then close
              it:
                  sortie reconcile 0eaac680e5ee54d79efbe8f48c29e504 --launch split --as partial
              `c`: 3 of 2 robot jobs: 7 (named by the answer), 8 (named by the answer), 9.
              Stop what is too many by hand, then close it:
                  sortie reconcile 0eaac680e5ee54d79efbe8f48c29e504 --launch c --as duplicate
              To see the robot jobs of their folders:
              In folder `id 7`:
                  curl https://cloud.uipath.com/acme/prod -H 'id 7' \
                    -d '2026-01-31T00:05:00.25Z'
              In folder `Shared`:
                  curl https://cloud.uipath.com/acme/prod -H 'Shared' \
                    -d '2026-01-31T00:05:00.25Z'
              Do not run the manifest again: launches that were started would start twice.
        "#]],
    );
}

#[test]
fn commands_repeat_what_leads_to_the_run() {
    let hints = Hints { ledger: " --ledger 'a b.db'".to_owned(), connection: " --config c.yaml".to_owned(), ..hints() };
    let unknown = LaunchReport { reason: Some(Reason::Undecided), ..launch("e", Verdict::Unknown, &[], None) };
    let text = written_with(&[unknown, launch("f", Verdict::Rejected, &[], None)], hints);
    let run = "0eaac680e5ee54d79efbe8f48c29e504";
    for command in [
        format!("      sortie reconcile {run} --ledger 'a b.db' --config c.yaml\n"),
        format!("      sortie reconcile {run} --launch e --as absent --ledger 'a b.db' --config c.yaml\n"),
        format!("      sortie report {run} --ledger 'a b.db'\n"),
    ] {
        assert!(text.contains(&command), "{command} in {text}");
    }
}

#[test]
fn a_live_run_and_a_sandbox_that_is_gone_have_no_commands() {
    let launches = [launch("e", Verdict::Unknown, &[], None), launch("f", Verdict::NotSent, &[], None)];
    let live = written_with(&launches, Hints { reach: RunAvailability::Live, ..hints() });
    assert!(!live.contains("What to do next"), "{live}");
    let gone = written_with(&launches, Hints { reach: RunAvailability::Gone, ..hints() });
    assert!(
        gone.contains("What to do next\n  This sandbox ended with its command: run the manifest again. "),
        "{gone}"
    );
    assert!(!gone.contains("sortie "), "{gone}");
}

#[test]
fn a_long_pause_says_when_to_go_on() {
    let held_until = Some("2026-01-31T04:42:59Z".parse().expect("a time"));
    let text = written_with(&[launch("f", Verdict::NotSent, &[], None)], Hints { held_until, ..hints() });
    assert!(
        text.contains(
            "  1 launch was not sent: Orchestrator asked for a pause.\n  Resume after 2026-01-31T04:42:59Z:\n"
        ),
        "{text}"
    );
}

#[test]
fn many_launches_are_meant_by_one_flag() {
    let many = |verdict, reason| -> Vec<LaunchReport> {
        (0..200).map(|n| LaunchReport { reason, ..launch(&format!("p/{n}"), verdict, &[n], None) }).collect()
    };
    for (verdict, reason, expected) in [
        (Verdict::Unknown, Some(Reason::Undecided), "--all-unknown --as started"),
        (Verdict::Unknown, Some(Reason::Held), "--all-held --as absent"),
        (Verdict::Unknown, Some(Reason::GivenUp), "--all-held --as absent"),
        (Verdict::Partial, None, "--launch '*' --as partial"),
        (Verdict::Duplicate, None, "--launch '*' --as duplicate"),
    ] {
        let text = written(&many(verdict, reason));
        assert!(text.contains(expected), "{expected} in {text}");
        assert!(text.lines().count() < 160, "{} lines", text.lines().count());
    }
}

#[test]
fn what_sortie_could_not_make_was_not_refused_by_the_server() {
    let mut unmade =
        launch("b", Verdict::Rejected, &[], Some((None, None, "it cannot be made of what it needs: no output")));
    unmade.attempts = 0;
    check(
        &[unmade],
        expect![[r#"
            1 launch of night
              run      0eaac680e5ee54d79efbe8f48c29e504 with profile prod
              time     2026-01-31T00:05:00Z to 2026-01-31T00:06:00Z (59.7 s)

            Rejected: could not be made of what it needs, nothing was sent (1)
              1 launch: it cannot be made of what it needs: no output
                b

            Result
              verdicts 1 rejected
              exit     11: launches were rejected

            What to do next
              Fix the causes, then retry what was rejected:
                  sortie rerun 0eaac680e5ee54d79efbe8f48c29e504 --failed
        "#]],
    );
}
