//! How the robot jobs of one launch ended, as events add to it.

use crate::outcome::{JobEnd, JobOutcome};
use crate::robot_job::RobotJob;

/// Takes in how a robot job ended: what is final stays.
pub(super) fn note(ends: &mut Vec<JobEnd>, end: JobEnd) {
    match ends.iter_mut().find(|before| before.job == end.job) {
        // What could not be read at first may be read later.
        Some(before) if before.lacks_output() && end.outcome == before.outcome => *before = end,
        Some(before) if before.outcome.is_final() => {}
        Some(before) => *before = end,
        None => ends.push(end),
    }
}

/// The worst outcome of `jobs`; `None` while one of them has none, or if there is no robot job.
pub(super) fn worst(jobs: &[RobotJob], ends: &[JobEnd]) -> Option<JobOutcome> {
    let of = |job: &RobotJob| ends.iter().find(|end| end.job == job.id).map(|end| end.outcome);
    jobs.iter().map(of).try_fold(None, |worst, outcome| outcome.map(|outcome| Some(outcome).max(worst)))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::JobId;

    fn end(job: i64, outcome: JobOutcome) -> JobEnd {
        JobEnd::new(JobId(job), outcome)
    }

    #[test]
    fn what_is_final_stays_and_what_is_late_may_still_end() {
        let mut ends = Vec::new();
        for (outcome, after) in [
            (JobOutcome::Late, JobOutcome::Late),
            (JobOutcome::Suspended, JobOutcome::Suspended),
            (JobOutcome::Faulted, JobOutcome::Faulted),
            (JobOutcome::Successful, JobOutcome::Faulted),
            (JobOutcome::Late, JobOutcome::Faulted),
        ] {
            note(&mut ends, end(7, outcome));
            assert_eq!(ends, [end(7, after)]);
        }
        note(&mut ends, end(8, JobOutcome::Gone));
        assert_eq!(ends.len(), 2);
    }

    #[test]
    fn outputs_that_could_not_be_read_may_be_read_later_and_change_no_outcome() {
        let unread = JobEnd { info: Some(JobEnd::DETAILS_UNREAD.to_owned()), ..end(7, JobOutcome::Successful) };
        let read = JobEnd { output: Some("{}".to_owned()), ..end(7, JobOutcome::Successful) };
        let mut ends = vec![unread.clone()];
        note(&mut ends, end(7, JobOutcome::Gone));
        assert_eq!(ends, [unread]);
        note(&mut ends, read.clone());
        assert_eq!(ends, [read]);
    }

    #[test]
    fn the_worst_outcome_is_that_of_all_robot_jobs_and_of_none_before_all_ended() {
        let jobs = [1, 2].map(|id| RobotJob { id: JobId(id), ..RobotJob::default() });
        assert_eq!(worst(&[], &[]), None);
        assert_eq!(worst(&jobs, &[end(1, JobOutcome::Faulted)]), None);
        assert_eq!(worst(&jobs, &[end(1, JobOutcome::Faulted), end(3, JobOutcome::Gone)]), None);
        let ends = [end(2, JobOutcome::Successful), end(1, JobOutcome::Faulted), end(3, JobOutcome::Gone)];
        assert_eq!(worst(&jobs, &ends), Some(JobOutcome::Faulted));
    }
}
