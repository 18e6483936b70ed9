//! The table of transitions, row by row.

use super::*;
use crate::clock::Timestamp;
use crate::ids::{Digest, FolderId, FolderRef, JobId, LaunchId, Reference, ReleaseKey, RunId};
use crate::launch_terms::AmbiguityPolicy;
use crate::ledger::event::{AttemptEnd, Finding, LaunchEvent};
use crate::outcome::{JobEnd, JobNote};
use expect_test::{Expect, expect};

fn intent(attempt: u32, expected: ExpectedJobs) -> LaunchEvent {
    let launch = LaunchId::from("load");
    LaunchEvent::Intended(Intent {
        attempt: AttemptNo(attempt),
        reference: Reference::new(None, RunId::from_bytes([1; 16]), &launch),
        launch,
        folder: FolderRef::Id(FolderId(7)),
        release: ReleaseKey(uuid::Uuid::nil()),
        expected,
        on_ambiguous: AmbiguityPolicy::Resend,
        body_digest: Digest::of(b"{}"),
        not_before: crate::clock::Timestamp::UNIX_EPOCH,
        not_after: crate::clock::Timestamp::UNIX_EPOCH,
        server_ahead_ms: None,
        clock_era: None,
    })
}

fn ended(attempt: u32, end: AttemptEnd) -> LaunchEvent {
    LaunchEvent::Ended { attempt: AttemptNo(attempt), end }
}

fn started(attempt: u32, count: i64) -> LaunchEvent {
    let job = |id| RobotJob { id: JobId(id), ..RobotJob::default() };
    ended(attempt, AttemptEnd::Started((1..=count).map(job).collect()))
}

fn doubted(attempt: u32) -> LaunchEvent {
    let why = "connection reset".to_owned();
    let doubt = Doubt {
        why,
        last: Timestamp::UNIX_EPOCH,
        server_ahead_ms: None,
        orphaned: false,
        named: Vec::new(),
        refusal: None,
    };
    ended(attempt, AttemptEnd::Doubted(doubt))
}

fn settled(attempt: u32, finding: Finding) -> LaunchEvent {
    LaunchEvent::Settled { attempt: AttemptNo(attempt), finding }
}

fn found(count: i64) -> Finding {
    Finding::Found(jobs(1..=count, "one"))
}

fn jobs(ids: impl Iterator<Item = i64>, batch: &str) -> Vec<RobotJob> {
    let job = |id| RobotJob { id: JobId(id), batch_execution_key: Some(batch.to_owned()), ..RobotJob::default() };
    ids.map(job).collect()
}

fn declared(answer: Declaration) -> LaunchEvent {
    LaunchEvent::Declared { attempt: AttemptNo(1), answer }
}

fn recounted(attempt: u32, jobs: Vec<RobotJob>) -> LaunchEvent {
    LaunchEvent::Recounted { attempt: AttemptNo(attempt), jobs }
}

fn unsent(attempt: u32) -> LaunchEvent {
    ended(attempt, AttemptEnd::Unsent("connection refused".to_owned()))
}

#[track_caller]
fn check(events: impl IntoIterator<Item = LaunchEvent>, expected: Expect) {
    let folded = events.into_iter().try_fold(LaunchState::default(), fold);
    let text = match folded {
        Ok(state) => {
            let sent = state.attempts().map_or(0, |attempts| attempts.sent);
            let recount = if state.wants_recount() { ", to be recounted" } else { "" };
            format!("{}, {sent} sent, verdict {}{recount}", state.name(), state.verdict().as_str())
        }
        Err(illegal) => format!("illegal: {illegal}"),
    };
    expected.assert_eq(&text);
}

#[test]
fn events_fold_to_states() {
    let two = ExpectedJobs::Exactly(2);
    check([], expect!["planned, 0 sent, verdict not-sent"]);
    check([intent(1, two)], expect!["open, 1 sent, verdict unknown"]);
    check([intent(1, two), started(1, 2)], expect!["started, 1 sent, verdict started"]);
    check([intent(1, two), started(1, 1)], expect!["started, 1 sent, verdict partial"]);
    check([intent(1, two), started(1, 3)], expect!["started, 1 sent, verdict duplicate"]);
    check([intent(1, ExpectedJobs::AtLeastOne), started(1, 3)], expect!["started, 1 sent, verdict started"]);
    check([intent(1, two), unsent(1)], expect!["unsent, 1 sent, verdict not-sent"]);
    check([intent(1, two), unsent(1), intent(2, two)], expect!["open, 2 sent, verdict unknown"]);
    check([intent(1, two), ended(1, AttemptEnd::Expired)], expect!["unsent, 0 sent, verdict not-sent"]);
    check(
        [intent(1, two), ended(1, AttemptEnd::Rejected(ServerError::default()))],
        expect!["rejected, 1 sent, verdict rejected"],
    );
    check([intent(1, two), doubted(1)], expect!["in-doubt, 1 sent, verdict unknown"]);
}

#[test]
fn what_cannot_follow_is_refused() {
    let one = ExpectedJobs::Exactly(1);
    check([started(1, 1)], expect!["illegal: event `started` of attempt 1 cannot follow `planned`"]);
    check([intent(2, one)], expect!["illegal: event `intended` of attempt 2 cannot follow `planned`"]);
    check([intent(1, one), intent(2, one)], expect!["illegal: event `intended` of attempt 2 cannot follow `open`"]);
    check([intent(1, one), started(2, 1)], expect!["illegal: event `started` of attempt 2 cannot follow `open`"]);
    check(
        [intent(1, one), doubted(1), intent(2, one)],
        expect!["illegal: event `intended` of attempt 2 cannot follow `in-doubt`"],
    );
    check(
        [intent(1, one), started(1, 1), intent(2, one)],
        expect!["illegal: event `intended` of attempt 2 cannot follow `started`"],
    );
}

#[test]
fn doubts_are_settled_declared_and_counted_once_more() {
    let one = ExpectedJobs::Exactly(1);
    let doubt = || [intent(1, one), doubted(1)];
    let then = |more: Vec<LaunchEvent>| doubt().into_iter().chain(more);
    let orphaned = || LaunchEvent::Orphaned { attempt: AttemptNo(1), last: Timestamp::UNIX_EPOCH };
    check([intent(1, one), orphaned()], expect!["in-doubt, 1 sent, verdict unknown"]);
    check(then(vec![settled(1, found(1))]), expect!["started, 1 sent, verdict started"]);
    check(then(vec![settled(1, found(2))]), expect!["started, 1 sent, verdict duplicate"]);
    check(then(vec![settled(1, Finding::Absent)]), expect!["unsent, 1 sent, verdict not-sent"]);
    check(
        then(vec![settled(1, Finding::Undecided("no control".to_owned()))]),
        expect!["in-doubt, 1 sent, verdict unknown"],
    );
    check(
        then(vec![settled(1, Finding::Undecided("no control".to_owned())), settled(1, found(1))]),
        expect!["started, 1 sent, verdict started"],
    );
    check(
        then(vec![settled(1, Finding::Held(Hold::Asked)), declared(Declaration::Absent)]),
        expect!["unsent, 1 sent, verdict not-sent"],
    );
    check(then(vec![declared(Declaration::Started)]), expect!["declared, 1 sent, verdict started"]);
    check(then(vec![declared(Declaration::Duplicate)]), expect!["declared, 1 sent, verdict duplicate"]);
    let resent = || then(vec![settled(1, Finding::Absent), intent(2, one), started(2, 1)]).collect::<Vec<_>>();
    check(resent(), expect!["started, 2 sent, verdict started, to be recounted"]);
    check(resent().into_iter().chain([recounted(2, jobs(1..=1, "one"))]), expect!["started, 2 sent, verdict started"]);
    check(
        resent().into_iter().chain([recounted(2, jobs(1..=2, "one"))]),
        expect!["started, 2 sent, verdict duplicate"],
    );
    let two = ExpectedJobs::Exactly(2);
    let mixed = jobs(1..=1, "one").into_iter().chain(jobs(2..=2, "two")).collect();
    check(
        [intent(1, two), doubted(1), settled(1, Finding::Found(mixed))],
        expect!["started, 1 sent, verdict duplicate"],
    );
    let adopted = LaunchEvent::Adopted {
        intent: {
            let LaunchEvent::Intended(intent) = intent(1, one) else { panic!("an intent") };
            intent
        },
        jobs: jobs(1..=1, "one"),
    };
    check([adopted.clone()], expect!["started, 1 sent, verdict started"]);
    check([intent(1, one), adopted], expect!["illegal: event `adopted` of attempt 1 cannot follow `open`"]);
    check(
        [intent(1, one), orphaned(), orphaned()],
        expect!["illegal: event `orphaned` of attempt 1 cannot follow `in-doubt`"],
    );
    check(
        [intent(1, one), settled(1, found(1))],
        expect!["illegal: event `settled` of attempt 1 cannot follow `open`"],
    );
    check(
        [intent(1, one), started(1, 1), declared(Declaration::Absent)],
        expect!["illegal: event `declared` of attempt 1 cannot follow `started`"],
    );
}

#[test]
fn notes_that_come_later_take_the_place_of_those_of_an_end_and_change_nothing_else() {
    let end = |job| {
        let other = JobNote::OtherVersion { ran: "of ReleaseVersionId 31".to_owned(), planned: String::new() };
        JobEnd { notes: vec![other], info: Some("Done".to_owned()), ..JobEnd::new(JobId(job), JobOutcome::Successful) }
    };
    let ended = LaunchEvent::JobsEnded { attempt: AttemptNo(1), ends: vec![end(1), end(2)] };
    let notes = |job| LaunchEvent::JobNotes { attempt: AttemptNo(1), job: JobId(job), notes: vec![JobNote::RanAgain] };
    let begun = [intent(1, ExpectedJobs::Exactly(2)), started(1, 2)];
    let folded = |events: Vec<LaunchEvent>| begun.iter().cloned().chain(events).try_fold(LaunchState::default(), fold);
    let ends = |events| match folded(events) {
        Ok(LaunchState::Started { ends, .. }) => ends,
        other => panic!("{other:?}"),
    };
    let noted = JobEnd { notes: vec![JobNote::RanAgain], ..end(1) };
    assert_eq!(ends(vec![ended.clone(), notes(1), notes(7)]), [noted, end(2)]);
    assert_eq!(ends(vec![notes(1), ended.clone()]), [end(1), end(2)], "they are of an end");
    assert!(fold(LaunchState::default(), notes(1)).is_err(), "nothing was started");
}
