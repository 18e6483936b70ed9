//! What a row, or a single answer, says of a robot job.
//!
//! In: the server's words. Out: a phase, an end, notes. Never: takes a word that nobody knows for an end.

use std::time::Duration;

use super::phase::Phase;
use super::terms::WatchTerms;
use super::tracked::{Mark, Tracked, key_hash, start_hash};
use crate::clock::Timestamp;
use crate::orchestrator::ListedJob;
use crate::outcome::{JobEnd, JobNote, JobOutcome};

/// Whether `listed` cannot be `job`, which was created at `created`: a list that lies may hand out another one under its id.
///
/// Only where neither shows a key the times count, which servers round; and not in an answer of its own, so that times that are
/// written differently cannot keep an end from being seen.
pub(super) fn contradicts(listed: &ListedJob, job: &Tracked, created: Option<Timestamp>, is_single: bool) -> bool {
    const ROUNDING: Duration = Duration::from_secs(2);
    if let Some(key) = listed.job.key.as_deref().filter(|_| job.key != 0) {
        return key_hash(key) != job.key;
    }
    match (listed.job.created(), created) {
        (Some(told), Some(known)) => !is_single && told.duration_since(known).unsigned_abs() > ROUNDING,
        (Some(_) | None, None) | (None, Some(_)) => false,
    }
}

/// Takes in what `listed` shows of how `job` went on.
pub(super) fn note_course(job: &mut Tracked, listed: &ListedJob, phase: Phase) {
    let start = listed.job.start_time.as_deref().filter(|text| !text.trim().is_empty()).map(start_hash);
    match start {
        Some(start) if job.start == 0 => job.start = start,
        Some(start) if job.start != start => {
            job.start = start;
            job.set(Mark::RanAgain);
        }
        Some(_) | None => {}
    }
    let has_run = job.has(Mark::Began);
    if start.is_some() || matches!(phase, Phase::Running | Phase::Suspended) {
        job.set(Mark::Began);
    }
    let is_unlike = phase == Phase::Faulted && start.is_none();
    // It was seen to run, and does not show it any more.
    if (job.phase == Phase::Running && phase == Phase::Pending) || (has_run && is_unlike) {
        job.set(Mark::RanAgain);
    }
    if phase != Phase::Unknown {
        job.phase = phase;
    }
}

/// The end of `job`, as `listed` shows it.
pub(super) fn end_of(
    job: &Tracked,
    listed: ListedJob,
    outcome: JobOutcome,
    terms: &WatchTerms,
    started: Option<i64>,
) -> JobEnd {
    let notes = notes(job, &listed, started);
    // One that somebody asked to stop may say that it ended well: it did not do all that it was for.
    let is_cut_short = outcome == JobOutcome::Successful && notes.contains(&JobNote::StoppedByHand);
    let outcome = if is_cut_short { JobOutcome::Stopped } else { outcome };
    let ListedJob { job: row, sub_state, error, .. } = listed;
    JobEnd {
        state: row.state,
        sub_state,
        start_time: row.start_time,
        end_time: row.end_time,
        info: row.info,
        output: row.output.filter(|_| terms.outputs),
        error: error.map(|error| *error),
        notes,
        ..JobEnd::new(job.id, outcome)
    }
}

fn notes(job: &Tracked, listed: &ListedJob, started: Option<i64>) -> Vec<JobNote> {
    let mut notes = Vec::new();
    let sub_state = listed.sub_state.as_deref().unwrap_or_default().trim();
    let is_sub = |word: &str| sub_state.eq_ignore_ascii_case(word);
    if is_sub("MANUALLY") {
        notes.push(JobNote::StoppedByHand);
    }
    if is_sub("WITH_FAULTS") {
        notes.push(JobNote::WithFaults);
    }
    notes.extend(other_version(listed.job.release_version, started));
    if job.has(Mark::RanAgain) {
        notes.push(JobNote::RanAgain);
    }
    notes
}

/// Whether outputs are wanted, and `listed`, which shows all of a robot job, has none.
pub(super) fn lacks_output(listed: &ListedJob, terms: &WatchTerms) -> bool {
    let has_output = listed.has_output_file || listed.job.output.as_deref().is_some_and(holds_something);
    terms.outputs && !has_output
}

/// Whether it ran another version than was current when it was launched. `ran` and `started` are `ReleaseVersionId`s.
fn other_version(ran: Option<i64>, started: Option<i64>) -> Option<JobNote> {
    let (ran, planned) = ran.zip(started).filter(|(ran, planned)| ran != planned)?;
    // The API tells a robot job's version by this number alone.
    Some(JobNote::OtherVersion { ran: unnamed_version(ran), planned: unnamed_version(planned) })
}

/// What a version is called whose name nobody told.
pub(super) fn unnamed_version(id: i64) -> String {
    format!("of ReleaseVersionId {id}")
}

/// Whether a JSON text of outputs holds any.
fn holds_something(text: &str) -> bool {
    !matches!(text.split_whitespace().collect::<String>().as_str(), "" | "{}" | "null")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{AttemptNo, JobId, Ordinal};
    use crate::robot_job::RobotJob;
    use crate::wait::tracked::Tick;

    fn tracked() -> Tracked {
        Tracked::new(JobId(7), (Ordinal(0), AttemptNo::FIRST), Tick(0))
    }

    fn row(state: &str, start: Option<&str>) -> ListedJob {
        let (state, start_time) = (Some(state.to_owned()), start.map(str::to_owned));
        ListedJob { job: RobotJob { id: JobId(7), state, start_time, ..RobotJob::default() }, ..ListedJob::default() }
    }

    #[test]
    fn a_row_is_anothers_by_its_key_or_without_one_by_its_time() {
        let time = |text: &str| format!("2026-01-31T{text}");
        let listed = |key: Option<&str>, created: &str| {
            let (key, creation_time) = (key.map(str::to_owned), Some(time(created)));
            ListedJob { job: RobotJob { key, creation_time, ..RobotJob::default() }, ..ListedJob::default() }
        };
        let created: Option<Timestamp> = time("12:00:00Z").parse().ok();
        let (bare, mut keyed) = (tracked(), tracked());
        keyed.key = key_hash("a-b");
        for (job, row, in_a_list, by_itself) in [
            (keyed, listed(Some("A-B"), "13:00:00Z"), false, false),
            (keyed, listed(Some("c"), "12:00:00Z"), true, true),
            (keyed, listed(None, "12:00:00Z"), false, false),
            (bare, listed(Some("c"), "12:00:01.9Z"), false, false),
            (bare, listed(Some("c"), "13:00:00"), true, false),
            (bare, listed(None, "no time"), false, false),
        ] {
            let contradicts = |is_single| contradicts(&row, &job, created, is_single);
            assert_eq!((contradicts(false), contradicts(true)), (in_a_list, by_itself), "{row:?}");
        }
        assert!(!contradicts(&listed(None, "13:00:00Z"), &bare, None, false));
    }

    #[test]
    fn a_start_that_moves_and_a_way_back_to_pending_are_a_second_run() {
        let ran_again = |rows: &[ListedJob]| {
            let mut job = tracked();
            for row in rows {
                note_course(&mut job, row, Phase::of(row.job.state.as_deref()));
            }
            job.has(Mark::RanAgain)
        };
        let (first, second) = (Some("2026-01-31T12:00:00.5Z"), Some("2026-01-31T12:10:00Z"));
        let again = Some("2026-01-31T12:00:00.5000001Z");
        assert!(!ran_again(&[row("Pending", None), row("Running", first), row("Successful", again)]));
        assert!(ran_again(&[row("Running", first), row("Successful", second)]));
        assert!(ran_again(&[row("Running", first), row("Pending", None), row("Running", first)]));
        assert!(!ran_again(&[row("Running", first), row("Suspended", first), row("Resumed", first)]));
        assert!(ran_again(&[row("Running", None), row("Suspended", None), row("Faulted", None)]));
        assert!(!ran_again(&[row("Pending", None), row("Faulted", None)]), "it never began");
    }

    #[test]
    fn one_that_was_stopped_by_hand_did_not_end_well_whatever_it_says() {
        for (sub_state, expected) in
            [("MANUALLY", JobOutcome::Stopped), ("WITH_FAULTS", JobOutcome::Successful), ("", JobOutcome::Successful)]
        {
            let listed = ListedJob { sub_state: Some(sub_state.to_owned()), ..row("Successful", None) };
            let end = end_of(&tracked(), listed, JobOutcome::Successful, &WatchTerms::default(), None);
            assert_eq!((end.outcome, end.state.as_deref()), (expected, Some("Successful")), "{sub_state}");
        }
    }

    #[test]
    fn notes_say_what_an_outcome_does_not() {
        let mut ended = row("Successful", None);
        ended.sub_state = Some("with_faults".to_owned());
        ended.job.release_version = Some(31);
        let notes = |listed: &ListedJob, started| notes(&tracked(), listed, started);
        let other = other_version(Some(31), Some(30)).unwrap();
        assert_eq!(notes(&ended, Some(30)), [JobNote::WithFaults, other]);
        assert_eq!(notes(&ended, Some(31)), [JobNote::WithFaults]);
        assert_eq!(notes(&ended, None), [JobNote::WithFaults]);
        let stopped = ListedJob { sub_state: Some("MANUALLY".to_owned()), ..row("Stopped", None) };
        assert_eq!(notes(&stopped, None), [JobNote::StoppedByHand]);
    }

    #[test]
    fn nothing_at_all_is_no_output_and_a_file_is_one() {
        let terms = WatchTerms { outputs: true, ..WatchTerms::default() };
        let lacks = |output: Option<&str>, terms: &WatchTerms| {
            let mut listed = row("Successful", None);
            listed.job.output = output.map(str::to_owned);
            lacks_output(&listed, terms)
        };
        for output in [None, Some(""), Some(" "), Some("null"), Some("{ }"), Some("{\r\n}")] {
            assert!(lacks(output, &terms), "{output:?}");
            assert!(!lacks(output, &WatchTerms::default()), "nobody wants it");
        }
        for output in [r#"{"total":null}"#, r#"{"total":3}"#, "not JSON"] {
            assert!(!lacks(Some(output), &terms), "{output}");
        }
        assert!(!lacks_output(&ListedJob { has_output_file: true, ..row("Successful", None) }, &terms));
    }
}
