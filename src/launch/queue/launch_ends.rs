//! When a launch is over, with all its robot jobs, and how: for rules that count launches.
//!
//! In: what came of launches and of single robot jobs. Out: one word for each launch. Never: a second one.

use std::collections::{BTreeSet, HashMap};

use super::progress::LaunchProgress;
use crate::ids::Ordinal;
use crate::ledger::state::Verdict;
use crate::outcome::{FaultClass, JobOutcome};

/// The launches that are under way.
#[derive(Default)]
pub(super) struct LaunchEnds {
    open: HashMap<Ordinal, OpenLaunch>,
}

struct OpenLaunch {
    /// How many of its robot jobs are not over.
    jobs: usize,
    worst: Option<JobOutcome>,
    classes: BTreeSet<FaultClass>,
}

/// How a launch ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LaunchEnd {
    pub(super) ordinal: Ordinal,
    /// The worst of its robot jobs' outcomes; `None` if it was not started.
    pub(super) outcome: Option<JobOutcome>,
    /// Its verdict, where it was not started.
    pub(super) verdict: Option<Verdict>,
    /// Why its robot jobs faulted, where some did.
    pub(super) classes: BTreeSet<FaultClass>,
}

impl LaunchEnd {
    /// Whether it counts as a failure: it was refused, or a robot job of it ended badly.
    pub(super) fn is_failure(&self) -> bool {
        self.verdict == Some(Verdict::Rejected)
            || match self.outcome {
                Some(JobOutcome::Faulted | JobOutcome::Stopped | JobOutcome::Late | JobOutcome::Gone) => true,
                Some(JobOutcome::Successful | JobOutcome::Suspended) | None => false,
            }
    }

    /// Whether a robot job of it faulted.
    pub(super) fn is_faulted(&self) -> bool {
        self.outcome == Some(JobOutcome::Faulted) || !self.classes.is_empty()
    }
}

impl LaunchEnds {
    /// Takes in what came; the launch that is over by that.
    pub(super) fn take(&mut self, progress: &LaunchProgress<'_>) -> Option<LaunchEnd> {
        match progress {
            LaunchProgress::Started { ordinal, jobs } => {
                if *jobs == 0 {
                    // Nobody waits for it: nothing more is heard of it.
                    return (!self.open.contains_key(ordinal)).then(|| LaunchEnd {
                        ordinal: *ordinal,
                        outcome: None,
                        verdict: None,
                        classes: BTreeSet::new(),
                    });
                }
                let nothing = OpenLaunch { jobs: 0, worst: None, classes: BTreeSet::new() };
                self.open.entry(*ordinal).or_insert(nothing).jobs += jobs;
                None
            }
            LaunchProgress::JobEnded { ordinal, end } => {
                // Of one that is over there may be a second word.
                let open = self.open.get_mut(ordinal)?;
                open.jobs = open.jobs.saturating_sub(1);
                open.worst = open.worst.max(Some(end.outcome));
                if end.outcome == JobOutcome::Faulted {
                    open.classes.insert(end.class.unwrap_or(FaultClass::Unclassified));
                }
                self.close(*ordinal)
            }
            LaunchProgress::JobDropped { ordinal } => {
                let open = self.open.get_mut(ordinal)?;
                open.jobs = open.jobs.saturating_sub(1);
                // Of one with none at all, what it has instead is heard of, or that it was not started as it asked.
                if open.worst.is_some() { self.close(*ordinal) } else { None }
            }
            // Of one with other robot jobs than it asked for, those are heard of.
            LaunchProgress::NotStarted { ordinal, verdict } => {
                if self.open.get(ordinal).is_some_and(|open| open.jobs > 0) {
                    return None;
                }
                self.open.remove(ordinal);
                let classes = BTreeSet::new();
                Some(LaunchEnd { ordinal: *ordinal, outcome: None, verdict: Some(*verdict), classes })
            }
        }
    }

    /// The launch, where none of its robot jobs is left.
    fn close(&mut self, ordinal: Ordinal) -> Option<LaunchEnd> {
        if self.open.get(&ordinal)?.jobs > 0 {
            return None;
        }
        let OpenLaunch { worst, classes, .. } = self.open.remove(&ordinal)?;
        Some(LaunchEnd { ordinal, outcome: worst, verdict: None, classes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::JobId;
    use crate::outcome::JobEnd;

    #[test]
    fn a_launch_is_over_with_the_last_of_its_robot_jobs_and_once() {
        let mut ends = LaunchEnds::default();
        let ordinal = Ordinal(3);
        let mut ended = |job, outcome, class| {
            let end = JobEnd { class, ..JobEnd::new(JobId(job), outcome) };
            ends.take(&LaunchProgress::JobEnded { ordinal, end: &end })
        };
        assert_eq!(ended(1, JobOutcome::Successful, None), None, "nobody knows it");
        assert_eq!(ends.take(&LaunchProgress::Started { ordinal, jobs: 2 }), None);
        let mut ended = |job, outcome, class| {
            let end = JobEnd { class, ..JobEnd::new(JobId(job), outcome) };
            ends.take(&LaunchProgress::JobEnded { ordinal, end: &end })
        };
        assert_eq!(ended(1, JobOutcome::Faulted, Some(FaultClass::Platform)), None);
        let end = ended(2, JobOutcome::Successful, None).expect("it is over");
        assert_eq!((end.outcome, end.is_failure(), end.is_faulted()), (Some(JobOutcome::Faulted), true, true));
        assert_eq!(end.classes, [FaultClass::Platform].into());
        assert_eq!(ended(2, JobOutcome::Successful, None), None, "a second word");
    }

    #[test]
    fn a_robot_job_that_was_never_its_own_keeps_no_launch_open() {
        let (mut ends, ordinal) = (LaunchEnds::default(), Ordinal(3));
        assert_eq!(ends.take(&LaunchProgress::JobDropped { ordinal }), None, "nobody knows it");
        ends.take(&LaunchProgress::Started { ordinal, jobs: 2 });
        let end = JobEnd::new(JobId(1), JobOutcome::Faulted);
        assert_eq!(ends.take(&LaunchProgress::JobEnded { ordinal, end: &end }), None);
        let ended = ends.take(&LaunchProgress::JobDropped { ordinal }).expect("it is over");
        assert_eq!(ended.outcome, Some(JobOutcome::Faulted));
        // One that has none for a while is over once, by what it has instead or by what it lacks.
        for last in [
            LaunchProgress::JobEnded { ordinal, end: &end },
            LaunchProgress::NotStarted { ordinal, verdict: Verdict::Partial },
        ] {
            ends.take(&LaunchProgress::Started { ordinal, jobs: 1 });
            assert_eq!(ends.take(&LaunchProgress::JobDropped { ordinal }), None);
            if matches!(last, LaunchProgress::JobEnded { .. }) {
                ends.take(&LaunchProgress::Started { ordinal, jobs: 1 });
            }
            assert!(ends.take(&last).is_some());
        }
    }

    #[test]
    fn what_was_not_started_is_a_failure_where_it_was_refused() {
        let is_failure = |verdict| {
            let ended = LaunchEnds::default().take(&LaunchProgress::NotStarted { ordinal: Ordinal(0), verdict });
            ended.expect("it is over").is_failure()
        };
        assert!(is_failure(Verdict::Rejected));
        assert!(!is_failure(Verdict::Unknown) && !is_failure(Verdict::NotSent));
    }
}
