//! Ends that are seen while robot jobs are stopped which nobody waits for here: they are recorded, and nothing follows from them.
//!
//! In: rows of lists by ids. Out: events for the ledger. Never: records an end of which a later process wants to know more; starts
//! anything again.

use crate::clock::TimePoint;
use crate::ids::Ordinal;
use crate::launch::dispatcher::Dispatcher;
use crate::launch::request_source::RequestSource;
use crate::ledger::event::LaunchEvent;
use crate::orchestrator::ListedJob;
use crate::outcome::{JobEnd, JobOutcome};

impl<R: RequestSource> Dispatcher<'_, R> {
    /// Takes in that `listed` shows a robot job that is over, and that somebody cancelled.
    pub(in crate::launch::dispatcher) fn note_passing_end(&mut self, listed: ListedJob, now: TimePoint) {
        let Some(passing) = self.stops.take_passing(listed.job.id) else { return };
        // Who waits for it sees its end with all that is wanted of it.
        if self.watching.watcher.is_watched(passing.id()) {
            return;
        }
        let (ordinal, attempt) = passing.of();
        let Some(mut end) = passing.end(listed) else { return };
        if self.wants_more(ordinal, &end) {
            return;
        }
        if end.outcome == JobOutcome::Faulted {
            end.class = Some(self.classify(ordinal, &end));
        }
        self.outbox.append_to_any(ordinal, LaunchEvent::JobsEnded { attempt, ends: vec![end] }, now);
    }

    /// Whether a list shows less of this end than is wanted of it: its outputs, or what decides on a retry. `resume` reads it then.
    fn wants_more(&self, ordinal: Ordinal, end: &JobEnd) -> bool {
        let planned = self.requests.planned(ordinal);
        let Some(plan) = self.requests.judged_by().filter(|plan| planned.index() < plan.len()) else {
            return end.outcome != JobOutcome::Stopped;
        };
        let follow_up = plan.follow_up(planned);
        match end.outcome {
            JobOutcome::Successful => follow_up.outputs,
            // An author's own rules are not known to who only stops.
            JobOutcome::Faulted => follow_up.retry.is_some() || !plan.fault_conditions().is_empty(),
            JobOutcome::Stopped | JobOutcome::Suspended | JobOutcome::Late | JobOutcome::Gone => false,
        }
    }
}
