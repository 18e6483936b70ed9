//! What an earlier process left unfinished, or a list disputes, is taken up again.

use super::Dispatcher;
use crate::clock::TimePoint;
use crate::ids::Ordinal;
use crate::launch::request_source::RequestSource;
use crate::launch::settle::doubt::ConnectionEnd;
use crate::ledger::event::LaunchEvent;
use crate::ledger::state::LaunchState;

impl<R: RequestSource> Dispatcher<'_, R> {
    /// Goes on with a launch that an earlier process left unfinished.
    pub(super) fn restore(&mut self, ordinal: Ordinal, state: LaunchState, now: TimePoint) {
        if let Some(origin) = self.requests.retry_origin(ordinal)
            && !matches!(state, LaunchState::Started { .. })
        {
            self.expect_chain(origin.of, now);
        }
        match state {
            LaunchState::Open(attempts) => {
                // The process is gone, so its requests ended with it, or with their own time at the latest.
                let intent = attempts.intent;
                let latest = intent.not_after.saturating_add(self.settings.attempt).unwrap_or(now.utc);
                let last = latest.min(now.utc);
                let event = LaunchEvent::Orphaned { attempt: intent.attempt, last };
                self.outbox.append(ordinal, event, now);
                self.doubt(ordinal, &intent, &[], ConnectionEnd::before(now, last, intent.server_ahead_ms), now);
            }
            LaunchState::InDoubt { attempts, doubt, .. } => {
                let closed = ConnectionEnd::before(now, doubt.last, doubt.server_ahead_ms);
                self.doubt(ordinal, &attempts.intent, &doubt.named, closed, now);
            }
            LaunchState::Due(origin) => self.restore_retry(ordinal, &origin, now),
            LaunchState::Unsent { .. } => self.queue.retry_anew(ordinal, now.moment),
            LaunchState::Started { attempts, jobs, .. } => {
                // At a time that is the same for each process: were it a settle time from now, runs that are cut off
                // again and again would never come to it.
                let last = attempts.intent.not_after.min(now.utc);
                let closed = ConnectionEnd::before(now, last, attempts.intent.server_ahead_ms);
                self.recount(ordinal, &attempts.intent, &jobs, closed, now);
            }
            LaunchState::Planned
            | LaunchState::Rejected { .. }
            | LaunchState::Declared { .. }
            | LaunchState::StartedElsewhere { .. }
            | LaunchState::LeftOut { .. } => {}
        }
    }

    /// The next launch whose state is to be read again, once all that is known of it is durable.
    pub(in crate::launch) fn next_recall(&mut self) -> Option<Ordinal> {
        let is_ready = self.outbox.is_clean() && self.settles();
        if is_ready { self.doubts.next_recall() } else { None }
    }

    /// Takes in what the ledger holds of a launch that is over: it is counted once more.
    pub(in crate::launch) fn recall(&mut self, ordinal: Ordinal, states: Vec<(Ordinal, LaunchState)>, now: TimePoint) {
        let is_over = self.outbox.state(ordinal).is_none();
        let state = states.into_iter().find(|(found, _)| *found == ordinal).map(|(_, state)| state);
        let Some(state) = state.filter(|_| is_over) else { return };
        let (intent, jobs) = match &state {
            LaunchState::Started { attempts, jobs, .. } => (attempts.intent.clone(), jobs.clone()),
            LaunchState::Rejected { attempts, .. } => (attempts.intent.clone(), Vec::new()),
            LaunchState::Planned
            | LaunchState::Open(_)
            | LaunchState::Unsent { .. }
            | LaunchState::InDoubt { .. }
            | LaunchState::Declared { .. }
            | LaunchState::StartedElsewhere { .. }
            | LaunchState::LeftOut { .. }
            | LaunchState::Due(_) => return,
        };
        self.doubts.recalled(ordinal);
        self.outbox.reopen(ordinal, state);
        // By when it was sent: what is long over is counted by the next list.
        let last = intent.not_after.min(now.utc);
        let closed = if self.faults.takes_counting(ordinal) {
            ConnectionEnd::before(now, last, intent.server_ahead_ms)
        } else {
            ConnectionEnd::now(now, self.watch.ahead_ms())
        };
        self.recount(ordinal, &intent, &jobs, closed, now);
    }
}
