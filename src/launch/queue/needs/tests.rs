//! What is met, open and never met, by what came of the launches that are needed.

use super::*;
use crate::clock::Timestamp;
use crate::ids::{AttemptNo, Digest, FolderId, FolderRef, LaunchId, Reference, ReleaseKey, RunId};
use crate::launch_terms::{AmbiguityPolicy, ExpectedJobs};
use crate::ledger::event::Intent;
use crate::ledger::state::Attempts;
use crate::outcome::JobEnd;
use crate::plan::{self, Inputs};
use crate::template::NEED_MEMBERS;
use crate::words::Words as _;

fn needs_of(jobs: &str) -> (LaunchNeeds, Plan) {
    let text = format!(
        "version: 1\nname: n\nfolder: F\nlimits: {{ launches: 20000 }}\ndefaults: {{ release: R }}\njobs: {jobs}\n"
    );
    let (_, plan) = plan::make(&Inputs::of_manifest("m.yaml", &text));
    let plan = plan.into_parts().0.expect("a plan");
    (LaunchNeeds::of(&plan), plan)
}

fn started(needs: &mut LaunchNeeds, launch: u32, jobs: usize) -> Vec<u32> {
    numbers(needs.hear(&LaunchProgress::Started { ordinal: Ordinal(launch), jobs }))
}

fn ended(needs: &mut LaunchNeeds, launch: u32, job: i64, outcome: JobOutcome, output: Option<&str>) -> Vec<u32> {
    let end = JobEnd { output: output.map(str::to_owned), ..JobEnd::new(JobId(job), outcome) };
    numbers(needs.hear(&LaunchProgress::JobEnded { ordinal: Ordinal(launch), end: &end }))
}

fn over(needs: &mut LaunchNeeds, launch: u32, verdict: Verdict) -> Vec<u32> {
    numbers(needs.hear(&LaunchProgress::NotStarted { ordinal: Ordinal(launch), verdict }))
}

fn numbers(ordinals: Vec<Ordinal>) -> Vec<u32> {
    ordinals.into_iter().map(|ordinal| ordinal.0).collect()
}

/// What becomes of a launch that needs job `a` of two launches as `condition` says, once these came to that.
#[track_caller]
fn check(condition: &str, first: &'static str, second: &'static str, expected: &str) {
    let (mut needs, _) =
        needs_of(&format!("{{ a: {{ matrix: {{ n: [1, 2] }} }}, b: {{ needs: {{ a: {condition} }} }} }}"));
    // `partial faulted`: fewer robot jobs than were asked for, and these came to that.
    let words = |launch, words: &'static str| words.split(' ').map(move |word| (launch, word));
    for (launch, end) in words(0, first).chain(words(1, second)) {
        if !matches!(end, "waiting" | "rejected" | "unknown" | "not-sent") {
            started(&mut needs, launch, 1);
        }
        match end {
            "waiting" | "started" => {}
            "rejected" => drop(over(&mut needs, launch, Verdict::Rejected)),
            "unknown" => drop(over(&mut needs, launch, Verdict::Unknown)),
            "not-sent" => drop(over(&mut needs, launch, Verdict::NotSent)),
            "partial" => drop(over(&mut needs, launch, Verdict::Partial)),
            "duplicate" => drop(over(&mut needs, launch, Verdict::Duplicate)),
            word => {
                let outcome = *JobOutcome::ALL.iter().find(|outcome| outcome.word() == word).expect("an outcome");
                ended(&mut needs, launch, 1, outcome, None);
            }
        }
    }
    let found = match needs.admit(Ordinal(2)) {
        NeedAdmission::Goes => "goes".to_owned(),
        NeedAdmission::Waits => "waits".to_owned(),
        NeedAdmission::LeftOut => needs.take_left_out().expect("it was left out").why,
    };
    assert_eq!(found, expected, "a: {condition}, {first} and {second}");
}

#[test]
fn each_condition_is_met_by_what_the_page_says() {
    const NOT: &str = "needs `a` to succeed, and of its 2 launches 1 did not: 1 ";
    const NOT_BOTH: &str = "needs `a` to succeed, and of its 2 launches 2 did not: ";
    let unstarted = |what: &str| format!("needs `a` to be started, and of its 2 launches 1 did not: 1 {what}");
    for (first, second, succeeded, finished, failed, started) in [
        ("successful", "successful", "goes", "goes", "needs `a` to fail, and nothing of it failed", "goes"),
        ("successful", "waiting", "waits", "waits", "waits", "waits"),
        ("successful", "started", "waits", "waits", "waits", "goes"),
        ("waiting", "faulted", &format!("{NOT}faulted"), "waits", "waits", "waits"),
        ("successful", "faulted", &format!("{NOT}faulted"), "goes", "goes", "goes"),
        ("successful", "stopped", &format!("{NOT}stopped"), "goes", "goes", "goes"),
        ("successful", "late", "waits", "waits", "waits", "goes"),
        ("late", "faulted", &format!("{NOT}faulted"), "waits", "waits", "goes"),
        ("successful", "gone", &format!("{NOT}gone"), "goes", "goes", "goes"),
        (
            "successful",
            "suspended",
            &format!("{NOT}suspended"),
            "goes",
            "needs `a` to fail, and nothing of it failed",
            "goes",
        ),
        (
            "successful",
            "rejected",
            &format!("{NOT}rejected"),
            "goes",
            "goes",
            "needs `a` to be started, and of its 2 launches 1 did not: 1 rejected",
        ),
        ("successful", "unknown", "waits", "waits", "waits", "waits"),
        ("successful", "not-sent", "waits", "waits", "waits", "waits"),
        (
            "successful",
            "partial",
            &format!("{NOT}partial"),
            "waits",
            "waits",
            "needs `a` to be started, and of its 2 launches 1 did not: 1 partial",
        ),
        ("successful", "duplicate", &format!("{NOT}duplicate"), "waits", "waits", "goes"),
        // Another number of robot jobs than was asked for is a failure, however well they end.
        ("successful", "partial successful", &format!("{NOT}partial"), "goes", "goes", &unstarted("partial")),
        ("successful", "successful partial", &format!("{NOT}partial"), "goes", "goes", &unstarted("partial")),
        (
            "successful",
            "partial suspended",
            &format!("{NOT}suspended, 1 partial"),
            "goes",
            "goes",
            &unstarted("partial"),
        ),
        ("successful", "partial faulted", &format!("{NOT}faulted, 1 partial"), "goes", "goes", &unstarted("partial")),
        ("successful", "partial stopped", &format!("{NOT}stopped, 1 partial"), "goes", "goes", &unstarted("partial")),
        ("successful", "partial gone", &format!("{NOT}gone, 1 partial"), "goes", "goes", &unstarted("partial")),
        ("successful", "partial late", &format!("{NOT}partial"), "waits", "waits", &unstarted("partial")),
        ("faulted", "partial", &format!("{NOT_BOTH}1 faulted, 1 partial"), "waits", "waits", &unstarted("partial")),
        ("faulted", "rejected", &format!("{NOT_BOTH}1 faulted, 1 rejected"), "goes", "goes", &unstarted("rejected")),
        ("successful", "duplicate successful", &format!("{NOT}duplicate"), "goes", "goes", "goes"),
        ("successful", "duplicate faulted", &format!("{NOT}faulted, 1 duplicate"), "goes", "goes", "goes"),
        ("successful", "duplicate late", &format!("{NOT}duplicate"), "waits", "waits", "goes"),
    ] {
        check("succeeded", first, second, succeeded);
        check("finished", first, second, finished);
        check("failed", first, second, failed);
        check("started", first, second, started);
    }
}

#[test]
fn a_launch_is_over_once_each_of_its_robot_jobs_is_and_the_worst_of_them_counts() {
    let (mut needs, _) = needs_of("{ a: { count: 3 }, b: { needs: [a] } }");
    assert_eq!(needs.admit(Ordinal(1)), NeedAdmission::Waits);
    started(&mut needs, 0, 3);
    assert!(ended(&mut needs, 0, 1, JobOutcome::Successful, None).is_empty());
    assert!(ended(&mut needs, 0, 1, JobOutcome::Successful, None).is_empty(), "the same one");
    // One that was taken up again by another process is told as one more start.
    assert!(started(&mut needs, 0, 1).is_empty());
    assert!(ended(&mut needs, 0, 2, JobOutcome::Faulted, None).is_empty());
    assert_eq!(ended(&mut needs, 0, 3, JobOutcome::Successful, None), [1], "it is to be looked at again");
    assert_eq!(needs.admit(Ordinal(1)), NeedAdmission::LeftOut);
}

#[test]
fn of_twins_only_the_one_that_waits_for_it_is_woken() {
    let (mut needs, _) =
        needs_of("{ a: { matrix: { n: [1, 2, 3] } }, b: { matrix: { n: [3, 2, 1] }, needs: { a: same-row } } }");
    assert!((3..6).all(|at| needs.admit(Ordinal(at)) == NeedAdmission::Waits));
    (0..3).for_each(|at| drop(started(&mut needs, at, 1)));
    assert_eq!(ended(&mut needs, 0, 1, JobOutcome::Successful, None), [5]);
    assert_eq!(ended(&mut needs, 1, 2, JobOutcome::Faulted, None), [4]);
    assert_eq!((needs.admit(Ordinal(5)), needs.admit(Ordinal(4))), (NeedAdmission::Goes, NeedAdmission::LeftOut));
    assert_eq!(needs.take_left_out().expect("it was left out").why, "needs `a` to succeed, and it is faulted");
    assert_eq!(needs.admit(Ordinal(3)), NeedAdmission::Waits);
}

#[test]
fn what_is_left_out_takes_those_behind_it_along_and_what_its_own_if_leaves_out_does_not() {
    let (mut needs, _) = needs_of(
        "{ a: {}, b: { needs: [a], matrix: { n: [1, 2] } }, c: { needs: [b] }, d: { needs: { b: finished } }, e: { needs: { b: failed } } }",
    );
    assert!((1..6).all(|at| needs.admit(Ordinal(at)) == NeedAdmission::Waits));
    started(&mut needs, 0, 1);
    assert_eq!(ended(&mut needs, 0, 1, JobOutcome::Stopped, None), [1, 2]);
    assert!((1..3).all(|at| needs.admit(Ordinal(at)) == NeedAdmission::LeftOut));
    let woken: Vec<u32> = std::iter::from_fn(|| needs.take_left_out())
        .collect::<Vec<_>>()
        .iter()
        .flat_map(|left| numbers(needs.note_left_out(left)))
        .collect();
    assert_eq!(woken, [3, 4, 5]);
    assert_eq!(needs.admit(Ordinal(3)), NeedAdmission::LeftOut);
    assert_eq!(needs.admit(Ordinal(4)), NeedAdmission::Goes, "it is over, however it ended");
    assert_eq!(needs.admit(Ordinal(5)), NeedAdmission::LeftOut, "nothing of it failed by itself");
    for (condition, expected) in [("false", NeedAdmission::LeftOut), ("${{ matrix.n == 2 }}", NeedAdmission::Goes)] {
        let (mut needs, _) = needs_of(
            &format!("{{ a: {{ if: '{condition}', matrix: {{ n: [1, 2] }} }}, b: {{ needs: [a] }} }}")
                .replace("'false'", "false"),
        );
        started(&mut needs, 1, 1);
        if condition != "false" {
            ended(&mut needs, 1, 1, JobOutcome::Successful, None);
        }
        assert_eq!(needs.admit(Ordinal(2)), expected, "{condition}");
    }
}

#[test]
fn expressions_see_counts_and_the_output_of_one_robot_job() {
    let (mut needs, _) = needs_of(
        "{ a: { matrix: { n: [1, 2] } }, b: { matrix: { n: [1, 2] }, needs: { a: { status: finished, row: same } }, arguments: { x: '${{ needs.a.output.y }}' } }, c: { needs: { a: finished }, arguments: { x: '${{ needs.a.failed }}' } }, d: { needs: [a] } }",
    );
    (0..2).for_each(|at| drop(started(&mut needs, at, 1)));
    ended(&mut needs, 0, 1, JobOutcome::Successful, Some("{\"y\": 7}"));
    ended(&mut needs, 1, 2, JobOutcome::Faulted, Some("not JSON"));
    let value = |launch: u32| needs.values(Ordinal(launch)).map(|mut values| values["a"].take());
    let of_twin = value(2).expect("it uses them");
    assert_eq!(
        (&of_twin["output"]["y"], &of_twin["launches"], &of_twin["successful"]),
        (&7.into(), &1.into(), &1.into())
    );
    let of_other = value(3).expect("it uses them");
    assert_eq!((of_other.get("output"), &of_other["faulted"], &of_other["failed"]), (None, &1.into(), &1.into()));
    let of_all = value(4).expect("it uses them");
    assert_eq!((of_all.get("output"), &of_all["launches"], &of_all["failed"]), (None, &2.into(), &1.into()));
    assert_eq!(value(5), None, "it is made of its plan alone");
    let members: Vec<&str> = of_twin.as_object().expect("a mapping").keys().map(String::as_str).collect();
    assert_eq!(members, NEED_MEMBERS, "what the check of expressions knows");
}

#[test]
fn behind_a_late_robot_job_others_wait_and_go_once_it_ended_well() {
    let (mut needs, _) =
        needs_of("{ a: {}, b: { needs: [a] }, c: { needs: { a: finished } }, d: { needs: { a: failed } } }");
    assert!((1..4).all(|at| needs.admit(Ordinal(at)) == NeedAdmission::Waits));
    started(&mut needs, 0, 1);
    assert!(ended(&mut needs, 0, 1, JobOutcome::Late, None).is_empty());
    assert!(needs.take_left_out().is_none());
    assert_eq!(
        needs.told_waiting(),
        [
            "1 launch is not sent, and waits: needs `a` to fail, and it is late",
            "1 launch is not sent, and waits: needs `a` to finish, and it is late",
            "1 launch is not sent, and waits: needs `a` to succeed, and it is late",
        ]
    );
    assert_eq!(ended(&mut needs, 0, 1, JobOutcome::Successful, None), [1, 2, 3]);
    assert_eq!(
        [1, 2, 3].map(|at| needs.admit(Ordinal(at))),
        [NeedAdmission::Goes, NeedAdmission::Goes, NeedAdmission::LeftOut]
    );
    assert!(needs.told_waiting().is_empty());
}

#[test]
fn what_was_declared_to_be_started_is_that_and_how_it_ended_nobody_knows() {
    for (verdict, of_started) in
        [(Verdict::Started, None), (Verdict::Duplicate, None), (Verdict::Partial, Some("partial"))]
    {
        let (mut needs, _) = needs_of(
            "{ a: {}, b: { needs: { a: started } }, c: { needs: [a] }, d: { needs: { a: finished } }, e: { needs: { a: failed } } }",
        );
        let state = LaunchState::Declared { attempts: attempts(), verdict, jobs: Vec::new() };
        needs.recall(Ordinal(0), &state);
        let is_met = needs.admit(Ordinal(1)) == NeedAdmission::Goes;
        assert_eq!(is_met, of_started.is_none(), "{verdict:?}");
        assert!((2..5).all(|at| needs.admit(Ordinal(at)) == NeedAdmission::LeftOut), "{verdict:?}");
        let told: Vec<String> = std::iter::from_fn(|| needs.take_left_out()).map(|left| left.why).collect();
        let is_told = |why: &&String| why.contains("declared to be started");
        // That it is partial is all that keeps it from being started.
        assert_eq!(told.iter().filter(is_told).count(), 3, "{told:?}");
        assert_eq!(told.first().is_some_and(|why| !is_told(&why)), of_started.is_some(), "{told:?}");
        assert!(of_started.is_none_or(|what| told[0].ends_with(what)), "{told:?}");
    }
}

#[test]
fn an_output_that_could_not_be_read_holds_whoever_takes_it_until_it_is_read() {
    let (mut needs, _) = needs_of(
        "{ a: {}, b: { needs: [a], arguments: { x: '${{ needs.a.output.y | default(0) }}' } }, c: { needs: [a] } }",
    );
    assert!((1..3).all(|at| needs.admit(Ordinal(at)) == NeedAdmission::Waits));
    started(&mut needs, 0, 1);
    let unread =
        JobEnd { info: Some(JobEnd::DETAILS_UNREAD.to_owned()), ..JobEnd::new(JobId(1), JobOutcome::Successful) };
    let woken = numbers(needs.hear(&LaunchProgress::JobEnded { ordinal: Ordinal(0), end: &unread }));
    assert_eq!(woken, [1, 2]);
    assert_eq!([1, 2].map(|at| needs.admit(Ordinal(at))), [NeedAdmission::Waits, NeedAdmission::Goes]);
    assert_eq!(
        needs.told_waiting(),
        ["1 launch is not sent, and waits: takes outputs of `a`, and they could not be read"]
    );
    // A later look, of this process or of the next.
    assert_eq!(ended(&mut needs, 0, 1, JobOutcome::Successful, Some("{\"y\": 7}")), [1]);
    assert_eq!(needs.admit(Ordinal(1)), NeedAdmission::Goes);
    assert_eq!(needs.values(Ordinal(1)).expect("it uses them")["a"]["output"]["y"], 7);
}

fn attempts() -> Attempts {
    let at = Timestamp::UNIX_EPOCH;
    let intent = Intent {
        attempt: AttemptNo::FIRST,
        launch: LaunchId::from("a"),
        reference: Reference::new(None, RunId::from_bytes([1; 16]), &LaunchId::from("a")),
        folder: FolderRef::Id(FolderId(1)),
        release: ReleaseKey(uuid::Uuid::nil()),
        expected: ExpectedJobs::Exactly(1),
        on_ambiguous: AmbiguityPolicy::default(),
        body_digest: Digest::of(b"{}"),
        not_before: at,
        not_after: at,
        server_ahead_ms: None,
        clock_era: None,
    };
    Attempts { intent, sent: 1, absences: 0, doubted: false, retry: None }
}

#[test]
fn many_launches_behind_many_are_not_looked_at_one_by_one() {
    let numbers: Vec<String> = (0..9000).map(|n| n.to_string()).collect();
    let rows = numbers.join(", ");
    let jobs = format!("{{ a: {{ matrix: {{ n: [{rows}] }} }}, b: {{ matrix: {{ n: [{rows}] }}, needs: [a] }} }}");
    let (mut needs, _) = needs_of(&jobs);
    assert!((9000..18_000).all(|at| needs.admit(Ordinal(at)) == NeedAdmission::Waits));
    for at in 0..8999 {
        started(&mut needs, at, 1);
        assert!(ended(&mut needs, at, 1, JobOutcome::Successful, None).is_empty());
    }
    started(&mut needs, 8999, 1);
    assert_eq!(ended(&mut needs, 8999, 1, JobOutcome::Successful, None).len(), 9000);
    assert!((9000..18_000).all(|at| needs.admit(Ordinal(at)) == NeedAdmission::Goes));
}

#[test]
fn nobody_goes_by_what_is_left_of_a_launch_that_a_count_took_a_robot_job_from() {
    let (mut needs, _) = needs_of("{ a: { count: 2 }, b: { needs: [a] }, c: { needs: { a: finished } } }");
    assert_eq!([1, 2].map(|at| needs.admit(Ordinal(at)) == NeedAdmission::Goes), [false, false]);
    started(&mut needs, 0, 2);
    assert!(ended(&mut needs, 0, 7, JobOutcome::Successful, None).is_empty());
    // What it has instead may run still.
    started(&mut needs, 0, 1);
    assert!(needs.hear(&LaunchProgress::JobDropped { ordinal: Ordinal(0) }).is_empty());
}

#[test]
fn an_earlier_process_leaves_a_partial_launch_as_one_that_failed_once_its_robot_jobs_are_over() {
    for (outcome, finished, failed) in [
        (Some(JobOutcome::Successful), NeedAdmission::Goes, NeedAdmission::Goes),
        (Some(JobOutcome::Faulted), NeedAdmission::Goes, NeedAdmission::Goes),
        (Some(JobOutcome::Late), NeedAdmission::Waits, NeedAdmission::Waits),
        (None, NeedAdmission::Waits, NeedAdmission::Waits),
    ] {
        let (mut needs, _) = needs_of(
            "{ a: { count: 3 }, b: { needs: { a: finished } }, c: { needs: { a: failed } }, d: { needs: [a] }, e: { needs: { a: started } } }",
        );
        let mut attempts = attempts();
        attempts.intent.expected = ExpectedJobs::Exactly(3);
        let jobs: Vec<_> = [7, 8].map(|id| crate::robot_job::RobotJob { id: JobId(id), ..Default::default() }).into();
        let ends = outcome.map_or(Vec::new(), |outcome| jobs.iter().map(|job| JobEnd::new(job.id, outcome)).collect());
        let (evidence, named) = (crate::ledger::state::Evidence::Answer, Vec::new());
        let state = LaunchState::Started { attempts, jobs, evidence, recounted: false, named, ends };
        assert_eq!(state.verdict(), Verdict::Partial);
        needs.recall(Ordinal(0), &state);
        let admitted = [1, 2, 3, 4].map(|at| needs.admit(Ordinal(at)));
        assert_eq!(admitted, [finished, failed, NeedAdmission::LeftOut, NeedAdmission::LeftOut], "{outcome:?}");
    }
}
