//! Ends, and what is told beside them: times that are up, pending ones, outputs, notes.

use std::time::Duration;

use super::drive::{Drive, settings};
use super::tenant::{LyingTenant, folder};
use crate::clock::Moment;
use crate::format::OnTimeout;
use crate::ids::JobId;
use crate::launch_terms::StopStrategy;
use crate::outcome::{JobEnd, JobNote, JobOutcome};
use crate::wait::terms::{PendingTerms, PendingThen, SingleJobs, WatchEvent, WatchSettings, WatchTerms};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn at(count: u64) -> Moment {
    Moment(seconds(count))
}

fn end_of(drive: &Drive, job: JobId) -> &JobEnd {
    let of = |event: &'_ WatchEvent| matches!(event, WatchEvent::Ended { end, .. } if end.job == job);
    match drive.events.iter().find(|(_, event)| of(event)) {
        Some((_, WatchEvent::Ended { end, .. })) => end,
        _ => panic!("{job:?} has not ended: {:?}", drive.events),
    }
}

/// What was to be stopped, in order of ids.
fn stopped(drive: &Drive) -> Vec<(JobId, StopStrategy)> {
    let mut stopped: Vec<(JobId, StopStrategy)> = Vec::new();
    for (_, event) in &drive.events {
        if let WatchEvent::Stop { folder: of, jobs, strategy } = event {
            assert!([folder(0), folder(1)].contains(of));
            stopped.extend(jobs.iter().map(|job| (*job, *strategy)));
        }
    }
    stopped.sort_by_key(|(job, _)| *job);
    stopped
}

#[test]
fn what_is_unfinished_when_time_is_up_is_late_and_stopped_and_nothing_else_is() {
    for (on_timeout, strategy) in [
        (None, None),
        (Some(OnTimeout::Leave), None),
        (Some(OnTimeout::Stop), Some(StopStrategy::SoftStop)),
        (Some(OnTimeout::Kill), Some(StopStrategy::Kill)),
    ] {
        for count in [3, 400_u32] {
            let terms = WatchTerms { timeout: Some(seconds(100)), on_timeout, ..WatchTerms::default() };
            let mut drive = Drive::new(LyingTenant::new(), settings(), terms);
            let mut expected = Vec::new();
            for number in 0..count {
                // Some end in the last seconds before the time is up.
                let runs = if number % 3 == 0 { 98 } else { 5000 };
                let job = drive.start(u16::from(number % 2 == 0), seconds(runs));
                expected.extend((runs == 5000).then_some(job));
            }
            drive.run_for(seconds(300));
            assert!(!drive.watcher.is_open() && drive.now >= at(100) && drive.now <= at(160), "{:?}", drive.now);
            for (job, (_, outcome)) in drive.ends() {
                let is_late = expected.contains(&job);
                assert_eq!(outcome, if is_late { JobOutcome::Late } else { JobOutcome::Successful }, "{job:?}");
            }
            let to_stop: Vec<_> =
                strategy.into_iter().flat_map(|how| expected.iter().map(move |job| (*job, how))).collect();
            assert_eq!(stopped(&drive), to_stop);
        }
    }
}

#[test]
fn time_counts_from_the_last_launch_and_is_up_even_where_no_server_answers() {
    let terms = WatchTerms { timeout: Some(seconds(100)), ..WatchTerms::default() };
    let mut drive = Drive::new(LyingTenant::new(), settings(), terms);
    drive.start(0, seconds(130));
    drive.run_until(at(90));
    drive.start(0, seconds(5000));
    drive.single_failures = vec![super::tenant::failing(); 10_000];
    drive.run_until(at(180));
    assert_eq!(drive.ends().len(), 0, "{:?}", drive.events);
    drive.list_failures = vec![super::tenant::failing(); 10_000];
    drive.run_for(seconds(100));
    assert!(drive.now >= at(190) && drive.now <= at(252), "{:?}", drive.now);
    assert_eq!(drive.ends().len(), 2);
}

#[test]
fn one_that_was_never_looked_at_has_no_state_when_its_time_is_up() {
    for (fails_from, state) in [(0, None), (50, Some("Pending"))] {
        let terms = WatchTerms { timeout: Some(seconds(100)), ..WatchTerms::default() };
        let mut drive = Drive::new(LyingTenant::new(), settings(), terms);
        let job = drive.start(0, seconds(5000));
        drive.tenant.job(job).started = at(4000);
        drive.run_until(at(fails_from));
        drive.single_failures = vec![super::tenant::failing(); 10_000];
        drive.list_failures = vec![super::tenant::failing(); 10_000];
        drive.run_for(seconds(300));
        let end = end_of(&drive, job);
        assert_eq!((end.outcome, end.state.as_deref()), (JobOutcome::Late, state), "from {fails_from} s on");
    }
}

#[test]
fn one_that_is_pending_for_long_is_told_of_once_and_what_follows_is_as_the_terms_say() {
    for (then, ends, stops) in [(PendingThen::Stop, None, 1), (PendingThen::Late, Some(JobOutcome::Late), 0)] {
        for count in [2, 300_u32] {
            let pending = Some(PendingTerms { after: seconds(60), then });
            let mut drive = Drive::new(LyingTenant::new(), settings(), WatchTerms { pending, ..WatchTerms::default() });
            let jobs: Vec<JobId> = (0..count).map(|_| drive.start(0, seconds(2000))).collect();
            let waits = jobs[1];
            drive.tenant.job(waits).started = at(50_000);
            drive.tenant.job(waits).ended = None;
            drive.run_until(at(400));
            let told: Vec<_> = drive
                .events
                .iter()
                .filter_map(|(at, event)| {
                    let WatchEvent::LongPending { job, .. } = event else { return None };
                    Some((*job, *at >= Moment(seconds(60))))
                })
                .collect();
            assert_eq!(told, [(waits, true)], "{then:?} of {count}");
            assert_eq!(drive.ends().get(&waits).map(|(_, outcome)| *outcome), ends);
            assert_eq!(stopped(&drive).len(), stops);
        }
    }
}

#[test]
fn outputs_come_from_single_answers_and_not_from_lists() {
    for single_jobs in [SingleJobs::Free, SingleJobs::Rationed] {
        let terms = WatchTerms { outputs: true, ..WatchTerms::default() };
        let mut drive = Drive::new(LyingTenant::new(), WatchSettings { single_jobs, ..settings() }, terms);
        let jobs: Vec<JobId> = (0..120).map(|_| drive.start(0, seconds(30))).collect();
        drive.run_for(seconds(600));
        drive.assert_true();
        for job in jobs {
            let end = end_of(&drive, job);
            assert_eq!((end.output.as_deref(), end.notes.len()), (Some(r#"{"total":7}"#), 0), "{single_jobs:?}");
        }
    }
    let mut drive = Drive::new(LyingTenant::new(), settings(), WatchTerms::default());
    let job = drive.start(0, seconds(5));
    drive.run_for(seconds(60));
    assert_eq!(end_of(&drive, job).output, None, "nobody wants it");
}

#[test]
fn an_end_whose_details_cannot_be_had_stays_an_end() {
    let terms = WatchTerms { outputs: true, ..WatchTerms::default() };
    let mut drive = Drive::new(LyingTenant::new(), settings(), terms);
    let jobs: Vec<JobId> = (0..300).map(|_| drive.start(0, seconds(30))).collect();
    drive.tenant.job(jobs[5]).state = "Stopped";
    drive.run_until(at(31));
    drive.single_failures = vec![super::tenant::refused(403); 100_000];
    drive.run_for(seconds(3000));
    drive.assert_true();
}

#[test]
fn a_suspended_one_is_waited_for_unless_the_terms_say_otherwise() {
    for until_suspended in [false, true] {
        let mut drive =
            Drive::new(LyingTenant::new(), settings(), WatchTerms { until_suspended, ..WatchTerms::default() });
        let job = drive.start(0, seconds(10));
        drive.tenant.job(job).state = "Suspended";
        drive.run_until(at(100));
        let ended = drive.ends().get(&job).map(|(_, outcome)| *outcome);
        assert_eq!(ended, until_suspended.then_some(JobOutcome::Suspended));
    }
}

#[test]
fn what_is_worth_knowing_beside_an_end_is_in_it() {
    let mut drive = Drive::new(LyingTenant::new(), settings(), WatchTerms::default());
    let jobs: Vec<JobId> = (0..300).map(|_| drive.start(0, seconds(100))).collect();
    drive.tenant.job(jobs[1]).sub_state = Some("WITH_FAULTS");
    (drive.tenant.job(jobs[2]).state, drive.tenant.job(jobs[2]).sub_state) = ("Stopped", Some("MANUALLY"));
    // The oldest are looked at while they run; this one's host crashes, and it begins again.
    drive.run_until(at(60));
    drive.tenant.job(jobs[0]).started = at(70);
    drive.run_for(seconds(600));
    drive.assert_true();
    let notes = |place: usize| end_of(&drive, jobs[place]).notes.clone();
    assert_eq!(notes(0), [JobNote::RanAgain]);
    assert_eq!((notes(1), notes(2), notes(3)), (vec![JobNote::WithFaults], vec![JobNote::StoppedByHand], vec![]));
    assert!(
        end_of(&drive, jobs[3]).end_time.is_some() && end_of(&drive, jobs[3]).state.as_deref() == Some("Successful")
    );
}

#[test]
fn what_an_earlier_process_left_behind_is_looked_at_at_once() {
    for count in [3, 500_u32] {
        let mut drive = Drive::new(LyingTenant::new(), settings(), WatchTerms::default());
        for _ in 0..count {
            drive.start_before(0, at(0), seconds(50));
        }
        drive.now = at(5000);
        drive.watch_left_behind();
        drive.run_until(at(5010));
        assert_eq!(drive.ends().len(), count as usize);
        assert!(drive.lists() <= 2, "{}", drive.lists());
    }
}
