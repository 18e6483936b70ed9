use expect_test::{Expect, expect};

use super::*;
use crate::report::Totals;
use crate::report::{RobotJobReport, RunHead};

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
    };
    LaunchReport {
        id: id.to_owned(),
        job: "load".to_owned(),
        key: None,
        reference: format!("sortie-0-{id}"),
        verdict: verdict.as_str().to_owned(),
        attempts: 1,
        settled: false,
        arguments: None,
        robot_jobs: jobs.iter().map(job).collect(),
        error: error.map(|(status, code, message)| ErrorReport {
            status,
            code,
            message: message.to_owned(),
            trace_id: None,
        }),
    }
}

fn written(launches: &[LaunchReport]) -> String {
    let mut totals = Totals::default();
    for launch in launches {
        totals.count(Verdict::ALL.into_iter().find(|verdict| verdict.as_str() == launch.verdict).expect("a verdict"));
    }
    let run = RunHead {
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
    let mut writer = TextWriter::new(&mut bytes);
    writer.begin(&Head { run, totals }).expect("memory");
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
              time     2026-01-31T00:05:00Z to 2026-01-31T00:06:00Z
              verdicts 2 started
              exit     0

            Started (2)
                a  robot job 7 Pending
                b/emea  3 robot jobs, 8 to 10
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
              time     2026-01-31T00:05:00Z to 2026-01-31T00:06:00Z
              verdicts 1 started, 3 rejected, 1 unknown, 1 not-sent
              exit     12

            Unknown: sent, and the answer was lost; unless its line says otherwise, each may have started its robot jobs, or not (1)
              1 launch: no answer within 60 s
                e  Reference sortie-0-e

            Rejected: Orchestrator refused, nothing was started (3)
              2 launches: 409/2818: no machine
                b
                d
              1 launch: 404: no such release
                c

            Not sent: surely nothing was started (1)
                f

            Started (1)
                a  robot job 7 Pending

            What to do next
              Ask the server once more, without starting anything: `sortie reconcile 0eaac680e5ee54d79efbe8f48c29e504`
              Look for each Reference above among the robot jobs of its folder:
                  GET .../odata/Jobs?$filter=CreationTime ge 2026-01-30T23:55:00Z&$select=Id,State,Reference,CreationTime&$orderby=CreationTime,Id&$top=1000
                A robot job that carries the Reference was started by this run. A list lags: look again after the settle time (two minutes, unless it was set).
                Then say what you found: `sortie reconcile 0eaac680e5ee54d79efbe8f48c29e504 --launch ID --as started`, or `--as absent`
              Nothing exists of what was not sent; send it: `sortie resume 0eaac680e5ee54d79efbe8f48c29e504`
              Mend what the messages above name, then launch these again: `sortie rerun 0eaac680e5ee54d79efbe8f48c29e504 --failed`
              A new run of the whole manifest would also start again what is started already.
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
    let ordered: std::collections::BTreeSet<&str> = WORST_FIRST.iter().map(|verdict| verdict.as_str()).collect();
    assert_eq!(ordered.len(), Verdict::ALL.len());
}
