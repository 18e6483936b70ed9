use uuid::Uuid;

use super::*;
use crate::ids::FolderId;
use crate::robot_job::ServerError;

fn at(seconds: u64) -> Moment {
    Moment(Duration::from_secs(seconds))
}

fn look_up(release: u128) -> ReleaseLookUp {
    ReleaseLookUp { folder: FolderRef::Id(FolderId(7)), release: ReleaseKey(Uuid::from_u128(release)) }
}

fn unsure(release: u128, ran: i64, planned: i64) -> UnsureNotes {
    let ReleaseLookUp { folder, release } = look_up(release);
    UnsureNotes { folder, release, ran, planned: Some(planned), lacks_output: false }
}

fn version(ran: &str, planned: &str) -> JobNote {
    JobNote::OtherVersion { ran: ran.to_owned(), planned: planned.to_owned() }
}

fn noted(job: i64, notes: Vec<JobNote>) -> NotedJob {
    NotedJob { ordinal: Ordinal(0), attempt: AttemptNo::FIRST, job: JobId(job), notes }
}

/// A robot job that ended so, with the notes that it has at once.
fn over(job: i64, unsure: &UnsureNotes) -> NotedJob {
    let planned = unsure.planned.expect("another");
    noted(job, vec![version(&unnamed_version(unsure.ran), &unnamed_version(planned)), JobNote::RanAgain])
}

/// `job` ends at `now`; its notes then.
fn end(notes: &mut ReleaseNotes, job: i64, unsure: &UnsureNotes, now: u64) -> Vec<JobNote> {
    let mut over = over(job, unsure);
    notes.complete(&mut over, unsure.clone(), at(now));
    over.notes
}

fn details(versions: &[(i64, &str)]) -> ReleaseDetails {
    let versions = versions.iter().map(|(id, name)| (*id, (*name).to_owned())).collect();
    ReleaseDetails { versions, ..ReleaseDetails::default() }
}

#[expect(clippy::unnecessary_wraps, reason = "as a server answers")]
fn told(versions: &[(i64, &str)]) -> Result<Option<ReleaseDetails>, CallError> {
    Ok(Some(details(versions)))
}

fn refused(status: u16) -> CallError {
    let error = ServerError { status, ..ServerError::of_network("no") };
    let what = "reading a release";
    if status == 403 { CallError::Permission { what, error } } else { CallError::Refused { what, error } }
}

#[test]
fn versions_get_their_names_once_the_release_tells_them_and_later_ends_at_once() {
    let mut notes = ReleaseNotes::default();
    let other = unsure(1, 31, 30);
    assert_eq!(end(&mut notes, 5, &other, 10), over(5, &other).notes, "not yet");
    end(&mut notes, 6, &other, 10);
    assert_eq!(notes.next(at(10)), Some(look_up(1)));
    assert_eq!((notes.next(at(20)), notes.due(false, at(11))), (None, Some(at(15))), "one at a time");
    let named = vec![version("2.1.4", "2.1.3"), JobNote::RanAgain];
    let (changed, words) = notes.take(&look_up(1), told(&[(30, "2.1.3"), (31, "2.1.4")]), at(11));
    assert_eq!((changed, words), (vec![noted(5, named.clone()), noted(6, named.clone())], None));
    assert_eq!(end(&mut notes, 7, &other, 12), named);
    assert_eq!((notes.is_open(at(12)), notes.next(at(20))), (false, None), "asked for once");
}

#[test]
fn a_version_that_is_newer_than_the_answer_is_asked_for_once_more_and_no_oftener() {
    let mut notes = ReleaseNotes::default();
    end(&mut notes, 5, &unsure(1, 31, 30), 10);
    assert!(notes.next(at(10)).is_some());
    // It ends while the answer, which does not know of it, is under way.
    end(&mut notes, 6, &unsure(1, 32, 30), 10);
    let (changed, _) = notes.take(&look_up(1), told(&[(30, "2.1.3"), (31, "2.1.4")]), at(11));
    assert_eq!(changed.len(), 1);
    assert_eq!((notes.next(at(10)), notes.next(at(11))), (None, Some(look_up(1))), "a second later");
    let (changed, _) = notes.take(&look_up(1), told(&[(30, "2.1.3")]), at(12));
    let half = vec![version("of ReleaseVersionId 32", "2.1.3"), JobNote::RanAgain];
    assert_eq!(changed, [noted(6, half.clone())], "as far as they are told");
    assert_eq!(end(&mut notes, 7, &unsure(1, 32, 30), 13), half);
    assert_eq!(notes.next(at(30)), None);
}

#[test]
fn the_same_version_under_another_number_is_no_other_version() {
    let mut notes = ReleaseNotes::default();
    end(&mut notes, 5, &unsure(1, 32, 30), 10);
    notes.next(at(10));
    let (changed, _) = notes.take(&look_up(1), told(&[(30, "2.1.3"), (31, "2.1.4"), (32, "2.1.3")]), at(11));
    assert_eq!(changed, [noted(5, vec![JobNote::RanAgain])]);
}

#[test]
fn a_release_that_is_not_told_of_leaves_notes_as_they_are() {
    for found in [Ok(None), told(&[]), Err(refused(400))] {
        let mut notes = ReleaseNotes::default();
        end(&mut notes, 5, &unsure(1, 31, 30), 10);
        notes.next(at(10));
        assert_eq!(notes.take(&look_up(1), found, at(11)), (vec![], None));
        assert_eq!((notes.is_open(at(11)), notes.next(at(30))), (false, None));
        end(&mut notes, 6, &unsure(2, 41, 40), 30);
        assert_eq!(notes.next(at(30)), Some(look_up(2)), "another one may tell more");
    }
}

#[test]
fn who_may_not_read_releases_is_told_so_once() {
    let mut notes = ReleaseNotes::default();
    end(&mut notes, 5, &unsure(1, 31, 30), 10);
    end(&mut notes, 6, &unsure(2, 41, 40), 10);
    notes.next(at(10));
    let (changed, words) = notes.take(&look_up(1), Err(refused(403)), at(11));
    assert!(changed.is_empty() && words.is_some_and(|words| words.contains("OR.Execution.Read")));
    assert_eq!((notes.is_open(at(11)), notes.next(at(30))), (false, None));
    let other = unsure(3, 51, 50);
    assert_eq!((end(&mut notes, 7, &other, 30), notes.next(at(30))), (over(7, &other).notes, None));
}

#[test]
fn what_may_pass_is_asked_for_again_and_given_up_after_three_failures() {
    let failing = |hold| {
        let error = ServerError { status: 429, ..ServerError::default() };
        Err(CallError::Throttled { what: "reading a release", error, hold: Some(Duration::from_secs(hold)) })
    };
    let mut notes = ReleaseNotes::default();
    end(&mut notes, 5, &unsure(1, 31, 30), 10);
    for (second, hold) in [(10, 2), (12, 3)] {
        assert_eq!(notes.next(at(second)), Some(look_up(1)));
        assert_eq!(notes.take(&look_up(1), failing(hold), at(second)), (vec![], None));
        assert_eq!(notes.next(at(second + hold - 1)), None, "as long as the server asks for");
    }
    assert_eq!(notes.next(at(15)), Some(look_up(1)));
    let (changed, words) = notes.take(&look_up(1), failing(1), at(15));
    assert!(changed.is_empty() && words.is_some_and(|words| words.contains("releases are not read")));
}

#[test]
fn the_end_of_a_run_waits_for_an_answer_for_five_seconds_and_no_longer() {
    let mut notes = ReleaseNotes::default();
    assert_eq!((notes.is_open(at(0)), notes.due(true, at(0))), (false, None));
    end(&mut notes, 5, &unsure(1, 31, 30), 10);
    assert!(notes.is_open(at(14)) && !notes.is_open(at(15)));
    assert!(notes.next(at(14)).is_some());
    assert_eq!((notes.due(false, at(14)), notes.due(false, at(15))), (Some(at(15)), None));
    let (changed, _) = notes.take(&look_up(1), told(&[(31, "2"), (30, "1")]), at(60));
    assert_eq!(changed.len(), 1, "an answer that comes while the run goes on is taken all the same");
}

#[test]
fn no_more_is_asked_for_or_kept_than_a_run_may() {
    let mut notes = ReleaseNotes::default();
    (0..5_000).for_each(|job| drop(end(&mut notes, job, &unsure(job.unsigned_abs().into(), 31, 30), 10)));
    assert_eq!((notes.queue.len(), notes.waiting.len()), (MAX_RELEASE_LOOK_UPS, MAX_RELEASE_LOOK_UPS));
    let mut notes = ReleaseNotes::default();
    (0..5_000).for_each(|job| drop(end(&mut notes, job, &unsure(1, 31, 30), 10)));
    assert_eq!((notes.queue.len(), notes.waiting.len()), (1, MAX_WAITING));
}

#[test]
fn no_output_is_said_where_the_version_that_ran_surely_declares_some() {
    let versions: &[(i64, &str)] = &[(30, "2.1.3"), (31, "2.1.4"), (32, "2.1.3")];
    for (ran, current, declares_output, is_said) in [
        (30, Some(30), Some(true), true),
        (30, Some(30), Some(false), false),
        (30, Some(30), None, false),
        // The signature is that of another version.
        (30, Some(31), Some(true), false),
        // It is the same version under another number.
        (30, Some(32), Some(true), true),
        (30, None, Some(true), false),
        (40, Some(40), Some(true), true),
        (40, Some(41), Some(true), false),
    ] {
        let mut notes = ReleaseNotes::default();
        let mut over = noted(5, vec![JobNote::WithFaults]);
        let unsure = UnsureNotes { planned: None, lacks_output: true, ..unsure(1, ran, 0) };
        notes.complete(&mut over, unsure.clone(), at(10));
        assert_eq!(notes.next(at(10)), Some(look_up(1)));
        let details = ReleaseDetails { current, declares_output, ..details(versions) };
        let (changed, words) = notes.take(&look_up(1), Ok(Some(details)), at(11));
        let said = noted(5, vec![JobNote::WithFaults, JobNote::NoOutput]);
        assert_eq!((changed, words), (if is_said { vec![said.clone()] } else { vec![] }, None), "{ran}, {current:?}");
        notes.complete(&mut over, unsure, at(12));
        assert_eq!((over.notes.len(), notes.next(at(20))), (1 + usize::from(is_said), None), "asked for once");
    }
}
