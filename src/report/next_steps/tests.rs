//! Every command that a report prints, held against the rules by which the program would refuse it.

use crate::clock::Timestamp;
use crate::ids::{AttemptNo, Digest, FolderId, FolderRef, JobId, LaunchId, Reference, ReleaseKey, RunId};
use crate::launch_terms::{AmbiguityPolicy, ExpectedJobs};
use crate::ledger::event::{AttemptEnd, Declaration, Doubt, Finding, Hold, Intent, LaunchEvent};
use crate::ledger::state::{LaunchState, Verdict, fold};
use crate::ledger::totals::Totals;
use crate::report::text::TextWriter;
use crate::report::{Background, Head, Hints, LaunchReport, PlannedLaunch, ReportWriter as _, RunHead};
use crate::robot_job::{RobotJob, ServerError};

const RUN: &str = "01010101010101010101010101010101";

fn intent(id: &str) -> Intent {
    Intent {
        attempt: AttemptNo::FIRST,
        launch: LaunchId::from(id),
        reference: Reference::new(None, RunId::from_bytes([1; 16]), &LaunchId::from(id)),
        folder: FolderRef::Id(FolderId(7)),
        release: ReleaseKey(uuid::Uuid::nil()),
        expected: ExpectedJobs::Exactly(2),
        on_ambiguous: AmbiguityPolicy::Hold,
        body_digest: Digest::of(b""),
        not_before: Timestamp::UNIX_EPOCH,
        not_after: Timestamp::UNIX_EPOCH,
        server_ahead_ms: None,
        clock_era: None,
    }
}

fn jobs(count: i64) -> Vec<RobotJob> {
    (1..=count).map(|id| RobotJob { id: JobId(id), ..RobotJob::default() }).collect()
}

/// One state of each kind that a launch can be left in, with a name for it.
fn states() -> Vec<(&'static str, LaunchState)> {
    let attempt = AttemptNo::FIRST;
    let ended = |end| LaunchEvent::Ended { attempt, end };
    let doubt = || Doubt {
        why: "reset".to_owned(),
        last: Timestamp::UNIX_EPOCH,
        server_ahead_ms: None,
        orphaned: false,
        named: Vec::new(),
        refusal: None,
    };
    let doubted = || ended(AttemptEnd::Doubted(doubt()));
    let settled = |finding| LaunchEvent::Settled { attempt, finding };
    let declared = |answer| LaunchEvent::Declared { attempt, answer };
    let held = |hold| vec![doubted(), settled(Finding::Held(hold))];
    let kinds = vec![
        ("open", vec![]),
        ("orphaned", vec![LaunchEvent::Orphaned { attempt, last: Timestamp::UNIX_EPOCH }]),
        ("expired", vec![ended(AttemptEnd::Expired)]),
        ("unsent", vec![ended(AttemptEnd::Unsent("folder refused".to_owned()))]),
        ("rejected", vec![ended(AttemptEnd::Rejected(ServerError::default()))]),
        ("started", vec![ended(AttemptEnd::Started(jobs(2)))]),
        ("partial", vec![ended(AttemptEnd::Started(jobs(1)))]),
        ("partial, settled", vec![doubted(), settled(Finding::Found(jobs(1)))]),
        ("duplicate", vec![ended(AttemptEnd::Started(jobs(3)))]),
        ("recounted", vec![ended(AttemptEnd::Started(jobs(2))), LaunchEvent::Recounted { attempt, jobs: jobs(4) }]),
        ("in doubt", vec![doubted()]),
        ("undecided", vec![doubted(), settled(Finding::Undecided("no list".to_owned()))]),
        ("absent", vec![doubted(), settled(Finding::Absent)]),
        ("held", held(Hold::Asked)),
        ("given up", held(Hold::Exhausted)),
        ("said to be started", vec![doubted(), declared(Declaration::Started)]),
        ("said to be absent", vec![doubted(), declared(Declaration::Absent)]),
        ("said to be partial", vec![ended(AttemptEnd::Started(jobs(1))), declared(Declaration::Partial)]),
        ("said to be duplicate", vec![ended(AttemptEnd::Started(jobs(3))), declared(Declaration::Duplicate)]),
    ];
    let begun = kinds.into_iter().map(|(name, events)| {
        let state = fold(LaunchState::Planned, LaunchEvent::Intended(intent(name))).expect("it is planned");
        (name, events.into_iter().fold(state, |state, event| fold(state, event).expect(name)))
    });
    let passed = LaunchState::StartedElsewhere { by: RunId::from_bytes([2; 16]), certain: false };
    begun.chain([("planned", LaunchState::Planned), ("passed", passed)]).collect()
}

/// The report on these launches.
fn report(states: &[(&str, LaunchState)], ended: bool) -> String {
    let mut totals = Totals::default();
    for (_, state) in states {
        totals.count(state.verdict());
    }
    let run = RunHead {
        id: RUN.to_owned(),
        name: "night".to_owned(),
        slot: None,
        profile: "prod".to_owned(),
        started: "2026-01-31T00:05:00Z".to_owned(),
        ended: ended.then(|| "2026-01-31T00:06:00Z".to_owned()),
        plan_digest: String::new(),
        filter: None,
        shown: None,
        clocks_apart_ms: None,
        uncounted: std::collections::BTreeMap::new(),
        hold: None,
        outcome_policies: Vec::new(),
        merged: Vec::new(),
        rerun: 0,
        started_twice: Vec::new(),
        is_of_a_sandbox: false,
        exit_code: ended.then(|| totals.exit().code()),
    };
    let look_up: crate::report::LookUp = |_, folder, _, _| vec![format!("curl -H '{folder}'")];
    let hints = Hints {
        look_up: Some(look_up),
        tenant: "https://orchestrator.acme.example#Default".to_owned(),
        ..Hints::default()
    };
    let mut bytes = Vec::new();
    let mut writer = TextWriter::new(&mut bytes);
    writer.begin(&Head { run, totals, hints, background: Background::default() }).expect("memory");
    for (name, state) in states {
        let planned = PlannedLaunch {
            id: (*name).to_owned(),
            job: "load".to_owned(),
            key: None,
            reference: "sortie-x".to_owned(),
            arguments: None,
            skipped: None,
        };
        writer.launch(&LaunchReport::new(planned, state.clone(), Vec::new())).expect("memory");
    }
    writer.end().expect("memory");
    String::from_utf8(bytes).expect("text")
}

/// The commands of the report on these launches, each as its words.
fn commands(states: &[(&str, LaunchState)], ended: bool) -> Vec<Vec<String>> {
    let text = report(states, ended).replace(" \\\n", "");
    let typed = text.lines().filter_map(|line| line.strip_prefix("      ")).filter(|line| !line.starts_with(' '));
    typed.map(|line| shlex::split(line).unwrap_or_else(|| panic!("no shell reads {line}"))).collect()
}

fn declaration(text: &str) -> Declaration {
    match text {
        "started" => Declaration::Started,
        "absent" => Declaration::Absent,
        "partial" => Declaration::Partial,
        "duplicate" => Declaration::Duplicate,
        other => panic!("{other} is no answer"),
    }
}

/// Whether the program would carry the command out, by its own rules.
fn check(command: &[String], states: &mut [(&str, LaunchState)]) {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["curl", ..] | ["sortie", "resume" | "reconcile" | "report", RUN] => {}
        ["sortie", "rerun", RUN, "--failed"] => {
            let is_in_the_way = |state: &LaunchState| {
                matches!(state.verdict(), Verdict::Unknown | Verdict::Partial)
                    && !matches!(state, LaunchState::Declared { .. })
            };
            assert!(!states.iter().any(|(_, state)| is_in_the_way(state)), "{states:?}");
        }
        ["sortie", "reconcile", RUN, launches @ .., "--as", answer] => {
            let answer = declaration(answer);
            for pair in launches.chunks(2) {
                let ["--launch", id] = pair else { panic!("{words:?}") };
                let (_, state) = states.iter_mut().find(|(name, _)| name == id).expect("a launch of the run");
                // As `reconcile` does with what a process left open.
                if let LaunchState::Open(attempts) = state {
                    let event = LaunchEvent::Orphaned { attempt: attempts.intent.attempt, last: Timestamp::UNIX_EPOCH };
                    *state = fold(state.clone(), event).expect("it is open");
                }
                assert!(state.may_be_declared(answer), "{words:?} on {state:?}");
            }
        }
        other => panic!("nobody knows {other:?}"),
    }
}

#[test]
fn no_command_that_is_printed_would_be_refused_in_any_state() {
    let all = states();
    let mut printed = 0;
    for ended in [true, false] {
        for (at, first) in all.iter().enumerate() {
            for second in &all[at..] {
                let mut states = vec![first.clone(), second.clone()];
                states.dedup_by_key(|(name, _)| *name);
                let commands = commands(&states, ended);
                printed += commands.len();
                for command in &commands {
                    check(command, &mut states.clone());
                }
            }
        }
    }
    assert!(printed > 1000, "{printed}");
}

#[test]
fn a_duplicate_names_its_robot_jobs_and_those_that_the_answer_named() {
    let recounted = states().into_iter().find(|(name, _)| *name == "recounted").expect("a state");
    let text = report(&[recounted], true);
    let jobs = "4 of 2 robot jobs: 1 (named by the answer), 2 (named by the answer), 3, 4";
    assert!(text.contains(jobs), "{text}");
    let only_listed = states().into_iter().find(|(name, _)| *name == "duplicate").expect("a state");
    assert!(report(&[only_listed], true).contains("3 of 2 robot jobs: 1, 2, 3  folder"));
}

#[test]
fn whoever_follows_the_steps_comes_to_an_end() {
    let all = states();
    for (name, state) in &all {
        let mut states = vec![(*name, state.clone())];
        for round in 0.. {
            let declare = commands(&states, true).into_iter().find(|command| command.contains(&"--as".to_owned()));
            let Some(command) = declare else { break };
            assert!(round < 2, "{name}: {command:?} again and again");
            check(&command, &mut states);
            let answer = declaration(command.last().expect("an answer"));
            let attempt = states[0].1.attempts().expect("it was sent").intent.attempt;
            states[0].1 = fold(states[0].1.clone(), LaunchEvent::Declared { attempt, answer }).expect("it may be said");
        }
        assert!(!matches!(states[0].1.verdict(), Verdict::Unknown), "{name}: {:?}", states[0].1);
    }
}
