//! Events: durable when they are appended, all or none, in order, and folded alike.

use std::collections::BTreeMap;

use sortie::clock::Timestamp;
use sortie::ids::{AttemptNo, JobId, Ordinal};
use sortie::ledger::event::{AttemptEnd, Declaration, Doubt, Finding, Hold, Intent, LaunchEvent, LeftOutCause, Record};
use sortie::ledger::state::{LaunchState, Verdict, fold};
use sortie::ledger::story::StepKind;
use sortie::ledger::{EventLog as _, RecordMark, RunStore as _};
use sortie::outcome::{JobEnd, JobOutcome};
use sortie::robot_job::{RobotJob, ServerError};
use sortie::words::Words as _;

use super::super::{ended, intended, record, run, run_id, started, verdicts};
use super::{Kind, of_every_store};

of_every_store! {
    what_was_appended_is_there_for_whoever_opens_the_store,
    the_events_of_one_append_are_seen_together,
    events_are_folded_as_they_were_appended_whatever_the_commits_and_the_pages,
    records_are_read_in_the_order_in_which_they_were_appended,
    launches_that_lie_far_apart_are_found,
    what_happened_to_a_launch_is_told_with_its_moments,
    each_runs_events_are_its_own,
    nothing_appended_is_nothing,
    commits_are_counted,
}

async fn what_was_appended_is_there_for_whoever_opens_the_store(kind: impl Kind) {
    {
        let store = kind.open().await;
        store.open_run(run(1)).await.unwrap();
        store.append(run_id(1), vec![intended(2, 1), intended(0, 1)]).await.unwrap();
        store.append(run_id(1), vec![started(2)]).await.unwrap();
        let refused = ended(0, 1, AttemptEnd::Unsent("refused".to_owned()));
        store.append(run_id(1), vec![refused, intended(0, 2)]).await.unwrap();
    }
    let store = kind.open().await;
    assert_eq!(verdicts(&store, 0, 10).await, [(0, Verdict::Unknown), (2, Verdict::Started)]);
    assert_eq!(verdicts(&store, 0, 1).await, [(0, Verdict::Unknown)], "a page");
    assert_eq!(verdicts(&store, 1, 10).await, [(2, Verdict::Started)], "the page after it");
    assert_eq!(verdicts(&store, 3, 10).await, []);
    assert_eq!(verdicts(&store, 0, 0).await, []);
}

async fn records_are_read_in_the_order_in_which_they_were_appended(kind: impl Kind) {
    let store = kind.open().await;
    store.open_run(run(1)).await.unwrap();
    store.open_run(run(2)).await.unwrap();
    let mut appended = Vec::new();
    for commit in (0..200).rev() {
        let records = vec![intended(commit, 1), intended(commit + 1000, 1)];
        store.append(run_id(1), records.clone()).await.unwrap();
        store.append(run_id(2), vec![intended(commit, 1)]).await.unwrap();
        appended.extend(records);
    }
    let (mut mark, mut read) = (RecordMark::default(), Vec::new());
    while let Some((next, records)) = store.read_records(run_id(1), mark).await.unwrap() {
        assert!(!records.is_empty() && next != mark, "it comes to an end");
        read.extend(records);
        mark = next;
    }
    assert_eq!(read, appended);
    assert_eq!(store.read_records(run_id(3), RecordMark::default()).await.unwrap(), None);
}

async fn the_events_of_one_append_are_seen_together(kind: impl Kind) {
    let (writer, reader) = (kind.open().await, kind.open().await);
    writer.open_run(run(1)).await.unwrap();
    let writing = async {
        for commit in 0..20 {
            let launches = commit * 5..commit * 5 + 5;
            writer.append(run_id(1), launches.map(|ordinal| intended(ordinal, 1)).collect()).await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    let reading = async {
        loop {
            let seen = verdicts(&reader, 0, 1000).await.len();
            assert_eq!(seen % 5, 0, "{seen} are seen");
            if seen == 100 {
                break;
            }
            tokio::task::yield_now().await;
        }
    };
    futures::future::join(writing, reading).await;
}

/// Some event that may follow `state`.
fn next_event(state: &LaunchState, ordinal: u32, random: &mut fastrand::Rng) -> LaunchEvent {
    let LaunchEvent::Intended(intent) = intended(ordinal, state.next_attempt().0).event else { unreachable!() };
    let jobs = |random: &mut fastrand::Rng| -> Vec<RobotJob> {
        (0..random.usize(1..3)).map(|_| RobotJob { id: JobId(random.i64(..)), ..RobotJob::default() }).collect()
    };
    let attempt = state.attempts().map_or(AttemptNo::FIRST, |attempts| attempts.intent.attempt);
    let settled = |finding| LaunchEvent::Settled { attempt, finding };
    match state {
        LaunchState::Planned | LaunchState::Due(_) | LaunchState::Unsent { .. } => match random.u8(..8) {
            0 => LaunchEvent::Adopted { intent, jobs: jobs(random) },
            1 if *state == LaunchState::Planned => LaunchEvent::StartedElsewhere { by: run_id(9), certain: true },
            2 if *state == LaunchState::Planned => {
                LaunchEvent::LeftOut { cause: LeftOutCause::Needs, why: "`extract` faulted".to_owned() }
            }
            _ => LaunchEvent::Intended(intent),
        },
        LaunchState::Open(_) => {
            let doubt = Doubt {
                why: "reset".to_owned(),
                last: intent.not_after,
                server_ahead_ms: random.bool().then(|| random.i64(..)),
                orphaned: false,
                named: vec![JobId(random.i64(..))],
                refusal: random.bool().then(|| Box::new(ServerError::of_network("a page"))),
            };
            let end = match random.u8(..6) {
                0 => AttemptEnd::Expired,
                1 => AttemptEnd::Unsent("refused".to_owned()),
                2 => AttemptEnd::Started(jobs(random)),
                3 => AttemptEnd::Rejected(ServerError::of_network("no")),
                4 => AttemptEnd::Doubted(doubt),
                _ => return LaunchEvent::Orphaned { attempt, last: intent.not_after },
            };
            LaunchEvent::Ended { attempt, end }
        }
        LaunchState::InDoubt { .. } => match random.u8(..5) {
            0 => settled(Finding::Found(jobs(random))),
            1 => settled(Finding::Absent),
            2 => settled(Finding::Held(Hold::Exhausted)),
            3 => settled(Finding::Undecided("the list was odd".to_owned())),
            _ => LaunchEvent::Declared { attempt, answer: Declaration::Absent },
        },
        LaunchState::Started { jobs, .. } if !jobs.is_empty() && random.bool() => {
            let outcome = JobOutcome::ALL[random.usize(..JobOutcome::ALL.len())];
            let info = random.bool().then(|| "Job completed".to_owned());
            LaunchEvent::JobsEnded { attempt, ends: vec![JobEnd { info, ..JobEnd::new(jobs[0].id, outcome) }] }
        }
        LaunchState::Started { .. } | LaunchState::Rejected { .. } => {
            LaunchEvent::Recounted { attempt, jobs: jobs(random) }
        }
        LaunchState::Declared { .. } => LaunchEvent::Declared { attempt, answer: Declaration::Partial },
        LaunchState::StartedElsewhere { .. } | LaunchState::LeftOut { .. } => LaunchEvent::Intended(intent),
    }
}

async fn events_are_folded_as_they_were_appended_whatever_the_commits_and_the_pages(kind: impl Kind) {
    let store = kind.open().await;
    store.open_run(run(1)).await.unwrap();
    let mut random = fastrand::Rng::with_seed(5);
    let mut expected: BTreeMap<u32, LaunchState> = BTreeMap::new();
    for _ in 0..120 {
        let mut records: Vec<Record> = Vec::new();
        for _ in 0..random.usize(1..40) {
            let ordinal = random.u32(..3000);
            let before = expected.get(&ordinal).cloned().unwrap_or_default();
            let event = next_event(&before, ordinal, &mut random);
            let Ok(after) = fold(before, event.clone()) else { continue };
            expected.insert(ordinal, after);
            records.push(record(ordinal, event));
        }
        store.append(run_id(1), records).await.unwrap();
    }
    let expected: Vec<(Ordinal, LaunchState)> =
        expected.into_iter().map(|(ordinal, state)| (Ordinal(ordinal), state)).collect();
    let other = kind.open().await;
    for most in [1_000_000, usize::MAX, 1000, 7] {
        let (mut read, mut from) = (Vec::new(), 0);
        loop {
            let page = other.read_states(run_id(1), Ordinal(from), most).await.unwrap();
            let is_last = page.len() < most;
            from = page.last().map_or(from, |(last, _)| last.0 + 1);
            read.extend(page);
            if is_last {
                break;
            }
        }
        assert!(read == expected, "pages of {most}");
    }
    for from in [0, 1, 1499, 2999, 3000, u32::MAX] {
        let page = other.read_states(run_id(1), Ordinal(from), 3).await.unwrap();
        let wanted: Vec<_> = expected.iter().filter(|(ordinal, _)| ordinal.0 >= from).take(3).cloned().collect();
        assert_eq!(page, wanted, "from {from}");
    }
}

async fn what_happened_to_a_launch_is_told_with_its_moments(kind: impl Kind) {
    let store = kind.open().await;
    store.open_run(run(1)).await.unwrap();
    let at = |second| Timestamp::from_second(second).unwrap();
    let attempt = |number| AttemptNo(number);
    let sent = |number, second: i64| {
        let LaunchEvent::Intended(intent) = intended(5, number).event else { unreachable!() };
        // It may leave a second after it was written.
        LaunchEvent::Intended(Intent { not_before: at(second + 1), ..intent })
    };
    let end = |number, end| LaunchEvent::Ended { attempt: attempt(number), end };
    let doubt = Doubt {
        why: "reset".to_owned(),
        last: at(3),
        server_ahead_ms: None,
        orphaned: false,
        named: Vec::new(),
        refusal: None,
    };
    let jobs =
        || vec![RobotJob { id: JobId(7), ..RobotJob::default() }, RobotJob { id: JobId(8), ..RobotJob::default() }];
    let over = |job| LaunchEvent::JobsEnded {
        attempt: attempt(4),
        ends: vec![JobEnd::new(JobId(job), JobOutcome::Successful)],
    };
    let happened = [
        (0, sent(1, 0)),
        (2, end(1, AttemptEnd::Expired)),
        (3, sent(2, 3)),
        (5, end(2, AttemptEnd::Doubted(doubt))),
        (9, LaunchEvent::Settled { attempt: attempt(2), finding: Finding::Absent }),
        (10, sent(3, 10)),
        (60, LaunchEvent::Orphaned { attempt: attempt(3), last: at(12) }),
        (61, LaunchEvent::Settled { attempt: attempt(3), finding: Finding::Absent }),
        (62, sent(4, 62)),
        (64, end(4, AttemptEnd::Started(jobs()))),
        (70, over(7)),
        (80, over(8)),
        (90, LaunchEvent::Recounted { attempt: attempt(4), jobs: jobs() }),
    ];
    for (second, event) in happened {
        store.append(run_id(1), vec![Record { at: at(second), ..record(5, event) }]).await.unwrap();
    }
    let other = kind.open().await;
    let told = other.read_stories(run_id(1), Ordinal(0), 9).await.unwrap();
    assert_eq!(told.len(), 1);
    let (ordinal, story) = &told[0];
    assert_eq!(vec![(*ordinal, story.state.clone())], other.read_states(run_id(1), Ordinal(0), 9).await.unwrap());
    let steps: Vec<_> = story.steps.iter().map(|step| (step.at.as_second(), step.kind, step.attempt.0)).collect();
    let expected = [
        (4, StepKind::Sent, 2),
        (5, StepKind::Lost, 2),
        (9, StepKind::Absent, 2),
        (11, StepKind::Sent, 3),
        (60, StepKind::CutOff, 3),
        (61, StepKind::Absent, 3),
        (63, StepKind::Sent, 4),
        (64, StepKind::Answered, 4),
        (80, StepKind::Ended, 4),
        (90, StepKind::Counted, 4),
    ];
    assert_eq!(steps, expected, "what never left is not told");
    assert_eq!(story.steps[1].why.as_deref(), Some("reset"));
    assert_eq!(story.steps[8].robot_jobs, 2, "robot jobs that ended one after the other are one step");
}

async fn launches_that_lie_far_apart_are_found(kind: impl Kind) {
    let store = kind.open().await;
    store.open_run(run(1)).await.unwrap();
    store.append(run_id(1), vec![intended(u32::MAX, 1), intended(0, 1)]).await.unwrap();
    store.append(run_id(1), vec![intended(1_000_000, 1), started(0)]).await.unwrap();
    let all = [(0, Verdict::Started), (1_000_000, Verdict::Unknown), (u32::MAX, Verdict::Unknown)];
    assert_eq!(verdicts(&store, 0, usize::MAX).await, all);
    assert_eq!(verdicts(&store, u32::MAX, usize::MAX).await, all[2..]);
}

async fn each_runs_events_are_its_own(kind: impl Kind) {
    let store = kind.open().await;
    store.open_run(run(1)).await.unwrap();
    store.open_run(run(2)).await.unwrap();
    let appends = [
        store.append(run_id(1), vec![intended(0, 1)]),
        store.append(run_id(2), vec![intended(0, 1), intended(1, 1)]),
        store.append(run_id(1), vec![started(0)]),
    ];
    for done in futures::future::join_all(appends).await {
        done.unwrap();
    }
    assert_eq!(verdicts(&store, 0, 9).await, [(0, Verdict::Started)]);
    assert_eq!(store.read_states(run_id(2), Ordinal(0), 9).await.unwrap().len(), 2);
}

async fn nothing_appended_is_nothing(kind: impl Kind) {
    let store = kind.open().await;
    store.open_run(run(1)).await.unwrap();
    store.open_run(run(2)).await.unwrap();
    store.append(run_id(1), Vec::new()).await.unwrap();
    assert_eq!(verdicts(&store, 0, 9).await, []);
    assert!(!store.knows(&run(1).tenant, run_id(2)).await.unwrap());
}

async fn commits_are_counted(kind: impl Kind) {
    let store = kind.open().await;
    store.open_run(run(1)).await.unwrap();
    let before = store.commits();
    store.append(run_id(1), vec![intended(0, 1), started(0)]).await.unwrap();
    store.append(run_id(1), vec![intended(1, 1)]).await.unwrap();
    assert_eq!(store.commits() - before, 2);
}
