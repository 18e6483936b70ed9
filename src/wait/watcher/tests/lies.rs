//! What a server may do wrong, and that it changes no verdict.

use std::time::Duration;

use super::drive::{Drive, settings};
use super::tenant::{Carries, LyingTenant, failing, refused};
use crate::clock::Moment;
use crate::ids::JobId;
use crate::job_list::request::ListRequest;
use crate::orchestrator::ChangeFilter;
use crate::outcome::JobOutcome;
use crate::wait::terms::{SingleJobs, WatchEvent, WatchSettings, WatchTerms};

/// Waits for 300 robot jobs in two folders, of which every seventh faults, on a server that `lies`.
fn wait_on(settings: WatchSettings, lies: impl Fn(&mut Drive)) -> Drive {
    wait_for(300, settings, lies)
}

fn wait_for(count: u32, settings: WatchSettings, lies: impl Fn(&mut Drive)) -> Drive {
    let mut drive = Drive::new(LyingTenant::new(), settings, WatchTerms::default());
    lies(&mut drive);
    for number in 0..count {
        drive.run_until(Moment(Duration::from_millis(u64::from(number) * 50)));
        let job = drive.start(u16::from(number % 3 == 0), Duration::from_secs(40 + u64::from(number % 5)));
        if number % 7 == 0 {
            drive.tenant.job(job).state = "Faulted";
        }
    }
    drive.run_for(Duration::from_secs(1800));
    let left = drive.watcher.count_unfinished();
    assert_eq!(left, 0, "{}", drive.watcher.state_of_turns(drive.now));
    drive.assert_true();
    drive
}

/// How many lists asked by a filter for what changed.
fn filtered(drive: &Drive) -> usize {
    let is_filtered = |request: &ListRequest| matches!(request, ListRequest::Changed(query) if query.since.is_some());
    drive.tenant.asked.iter().filter(|(_, request)| is_filtered(request)).count()
}

#[test]
fn whatever_the_filters_do_each_end_is_told_as_it_was() {
    use Carries::{FindsNothing, Ignored, Out, Refused};
    for ended in [Out, Refused, Ignored, FindsNothing] {
        for modified in [Out, Refused, Ignored, FindsNothing] {
            for by_id in [Out, FindsNothing] {
                for folderless in [Out, Refused, FindsNothing] {
                    for single_jobs in [SingleJobs::Free, SingleJobs::Rationed] {
                        let drive = wait_for(100, WatchSettings { single_jobs, ..settings() }, |drive| {
                            let tenant = &mut drive.tenant;
                            (tenant.ended, tenant.modified, tenant.by_id) = (ended, modified, by_id);
                            tenant.folderless = folderless;
                        });
                        let what = format!("{ended:?} {modified:?} {by_id:?} {folderless:?} {single_jobs:?}");
                        assert!(drive.lists() < 400, "{what}: {} lists", drive.lists());
                        assert!(drive.p95() < Duration::from_secs(30), "{what}: {:?}", drive.p95());
                    }
                }
            }
        }
    }
}

#[test]
fn a_filter_that_is_not_carried_out_is_soon_not_asked_again() {
    for carries in [Carries::Refused, Carries::Ignored, Carries::FindsNothing] {
        let drive = wait_on(settings(), |drive| (drive.tenant.ended, drive.tenant.modified) = (carries, carries));
        assert!((1..=6).contains(&filtered(&drive)), "{carries:?}: {}", filtered(&drive));
    }
    let works = filtered(&wait_on(settings(), |_| ()));
    assert!(works > 6, "{works}");
}

#[test]
fn clocks_that_are_hours_apart_change_nothing() {
    for date_ahead_s in [-3 * 3600, -3600, 3600, 3 * 3600] {
        let drive = wait_on(settings(), |drive| drive.tenant.date_ahead_s = date_ahead_s);
        assert!(drive.p95() < Duration::from_secs(5), "{date_ahead_s}: {:?}", drive.p95());
    }
}

#[test]
fn ends_that_one_host_stamps_minutes_late_or_early_are_found_all_the_same() {
    for ahead in [-300_i64, 300, -3600, 3600] {
        let mut drive = Drive::new(LyingTenant::new(), settings(), WatchTerms::default());
        for number in 0..300_u32 {
            drive.run_until(Moment(Duration::from_millis(u64::from(number) * 50)));
            let job = drive.start(0, Duration::from_secs(40));
            drive.tenant.job(job).end_ahead_s = if number % 10 == 3 { ahead } else { 0 };
        }
        drive.run_for(Duration::from_secs(1800));
        drive.assert_true();
        assert!(drive.p95() < Duration::from_secs(30), "{ahead}: {:?}", drive.p95());
    }
}

#[test]
fn lists_that_lag_or_are_cut_or_turned_round_change_nothing() {
    for lag in [1, 10, 120] {
        wait_on(settings(), |drive| drive.tenant.lag = Duration::from_secs(lag));
    }
    for page in [7, 100] {
        wait_on(settings(), |drive| drive.tenant.page = page);
        wait_on(WatchSettings { tries_filters: false, ..settings() }, |drive| drive.tenant.page = page);
    }
    let drive = wait_on(settings(), |drive| drive.tenant.backwards = true);
    assert!(drive.lists() < 400, "{}", drive.lists());
}

#[test]
fn a_server_that_refuses_long_pages_or_new_fields_is_asked_as_it_likes() {
    let drive = wait_on(settings(), |drive| drive.tenant.longest = 100);
    assert!(filtered(&drive) > 2, "the filter is tried again with pages that it takes");
    let drive = wait_on(settings(), |drive| drive.tenant.details = false);
    assert!(filtered(&drive) > 2);
    let last = |drive: &Drive| drive.tenant.asked.last().cloned();
    assert!(!format!("{:?}", last(&drive)).contains("Detailed"), "{:?}", last(&drive));
}

#[test]
fn failures_of_every_kind_are_no_verdict() {
    for failure in [failing(), refused(400), refused(403), refused(404)] {
        for count in [1, 3, 12] {
            for single_jobs in [SingleJobs::Free, SingleJobs::Rationed] {
                wait_for(100, WatchSettings { single_jobs, ..settings() }, |drive| {
                    drive.list_failures = vec![failure.clone(); count];
                    drive.single_failures = vec![failure.clone(); count];
                });
            }
        }
    }
}

#[test]
fn a_row_that_is_of_another_robot_job_or_that_goes_back_says_nothing() {
    let mut drive = Drive::new(LyingTenant::new(), settings(), WatchTerms::default());
    let (first, second) = (drive.start(0, Duration::from_secs(10)), drive.start(0, Duration::from_secs(300)));
    drive.run_until(Moment(Duration::from_secs(60)));
    assert_eq!(drive.ends().keys().copied().collect::<Vec<JobId>>(), [first]);
    // From now on the first one runs again, and the second one's row shows another one that is over.
    drive.tenant.job(first).ended = None;
    "another".clone_into(&mut drive.tenant.job(second).key);
    drive.tenant.job(second).ended = Some(Moment(Duration::from_secs(61)));
    drive.run_until(Moment(Duration::from_secs(200)));
    assert_eq!(drive.ends().len(), 1, "{:?}", drive.events);
    drive.tenant.job(second).key = format!("key-{}", second.0);
    drive.run_for(Duration::from_secs(600));
    assert_eq!(drive.ends().len(), 2);
}

#[test]
fn a_robot_job_is_gone_only_where_others_are_still_shown() {
    let mut drive = Drive::new(LyingTenant::new(), settings(), WatchTerms::default());
    let jobs: Vec<JobId> = (0..5).map(|_| drive.start(0, Duration::from_secs(3000))).collect();
    drive.tenant.job(jobs[2]).purged = Some(Moment(Duration::from_secs(100)));
    drive.run_until(Moment(Duration::from_secs(290)));
    assert_eq!(drive.ends().len(), 0, "it may not be shown yet");
    drive.run_until(Moment(Duration::from_secs(500)));
    assert_eq!(drive.ends().get(&jobs[2]).map(|(_, outcome)| *outcome), Some(JobOutcome::Gone));
    assert_eq!(drive.ends().len(), 1);
    // In a run of many, windows show that it is missing.
    let mut many = Drive::new(LyingTenant::new(), settings(), WatchTerms::default());
    let jobs: Vec<JobId> = (0..300).map(|_| many.start(0, Duration::from_secs(300))).collect();
    many.tenant.job(jobs[7]).purged = Some(Moment(Duration::from_secs(100)));
    many.run_for(Duration::from_secs(2000));
    assert_eq!(many.ends().get(&jobs[7]).map(|(_, outcome)| *outcome), Some(JobOutcome::Gone));
    assert_eq!(many.ends().len(), 300);
}

#[test]
fn a_state_that_nobody_knows_is_told_of_once_and_waited_out() {
    let mut drive = Drive::new(LyingTenant::new(), settings(), WatchTerms::default());
    let jobs: Vec<JobId> = (0..3).map(|_| drive.start(0, Duration::from_secs(10))).collect();
    for job in &jobs {
        drive.tenant.job(*job).state = "Hibernating";
    }
    drive.run_until(Moment(Duration::from_secs(300)));
    let told = drive.events.iter().filter(|(_, event)| matches!(event, WatchEvent::UnknownState { .. })).count();
    assert_eq!((told, drive.ends().len(), drive.events.len()), (1, 0, 1));
    for job in jobs {
        drive.tenant.job(job).state = "Successful";
    }
    drive.run_for(Duration::from_secs(600));
    drive.assert_true();
}

#[test]
fn only_the_ends_since_the_last_look_are_asked_for() {
    let drive = wait_on(settings(), |_| ());
    let sinces: Vec<_> = drive
        .tenant
        .asked
        .iter()
        .filter_map(|(_, request)| {
            let ListRequest::Changed(query) = request else { return None };
            let Some(ChangeFilter::Ended(since)) = query.since else { return None };
            Some(since)
        })
        .collect();
    assert!(sinces.windows(2).all(|pair| pair[0] <= pair[1]) && sinces.first() < sinces.last(), "{sinces:?}");
}
