//! A robot job that nobody waits for here, and whose end is seen in passing: while it is to be stopped.
//!
//! In: a robot job as the ledger knows it, and a row of a list by ids. Out: its end, as a waiter would tell it. Never: takes another
//! robot job's row for its own, or a word that nobody knows for an end.

use crate::ids::{AttemptNo, JobId, Ordinal};
use crate::orchestrator::ListedJob;
use crate::outcome::JobEnd;
use crate::robot_job::RobotJob;
use crate::wait::phase::Phase;
use crate::wait::reading::{contradicts, end_of, note_course};
use crate::wait::terms::WatchTerms;
use crate::wait::tracked::{Tracked, as_known};

/// A robot job that is to be stopped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PassingJob(Tracked);

impl PassingJob {
    /// The robot job of a launch, as the ledger knows it.
    pub(crate) fn new(job: &RobotJob, of: (Ordinal, AttemptNo)) -> Self {
        Self(as_known(job, of))
    }

    pub(crate) fn id(&self) -> JobId {
        self.0.id
    }

    /// The launch and the attempt that it is of.
    pub(crate) fn of(&self) -> (Ordinal, AttemptNo) {
        (self.0.ordinal, self.0.attempt)
    }

    /// How it ended, as `listed` shows it; `None` where that shows no end of it.
    pub(crate) fn end(mut self, listed: ListedJob) -> Option<JobEnd> {
        let phase = Phase::of(listed.job.state.as_deref());
        let outcome = phase.outcome()?;
        if listed.job.id != self.0.id || contradicts(&listed, &self.0, None, true) {
            return None;
        }
        note_course(&mut self.0, &listed, phase);
        Some(end_of(&self.0, listed, outcome, &WatchTerms::default(), None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{JobNote, JobOutcome};

    fn listed(state: &str, key: &str) -> ListedJob {
        let (state, key) = (Some(state.to_owned()), Some(key.to_owned()));
        ListedJob { job: RobotJob { id: JobId(7), key, state, ..RobotJob::default() }, ..ListedJob::default() }
    }

    #[test]
    fn an_end_is_told_as_a_waiter_tells_it_and_of_nothing_else() {
        let known = RobotJob { id: JobId(7), key: Some("K-7".to_owned()), ..RobotJob::default() };
        let passing = PassingJob::new(&known, (Ordinal(3), AttemptNo(2)));
        assert_eq!((passing.id(), passing.of()), (JobId(7), (Ordinal(3), AttemptNo(2))));
        let by_hand = |row| ListedJob { sub_state: Some("MANUALLY".to_owned()), ..row };
        for (row, expected) in [
            (listed("Successful", "k-7"), Some(JobOutcome::Successful)),
            (listed("Faulted", "k-7"), Some(JobOutcome::Faulted)),
            (listed("Stopped", "k-7"), Some(JobOutcome::Stopped)),
            (by_hand(listed("Successful", "k-7")), Some(JobOutcome::Stopped)),
            (listed("Successful", "another"), None),
            (listed("Stopping", "k-7"), None),
            (listed("Finished", "k-7"), None),
            (ListedJob { job: RobotJob { id: JobId(8), ..listed("Stopped", "k-7").job }, ..listed("", "") }, None),
        ] {
            let words = format!("{row:?}");
            assert_eq!(passing.end(row).map(|end| end.outcome), expected, "{words}");
        }
        // It was seen to run, and faults without a start: its host crashed.
        let mut begun = known;
        begun.note_begin(None);
        let end = PassingJob::new(&begun, (Ordinal(3), AttemptNo(2))).end(listed("Faulted", "k-7"));
        assert_eq!(end.map(|end| end.notes), Some(vec![JobNote::RanAgain]));
    }
}
