//! The course's doubts: what is asked of the job list, and what follows from its answers.

use std::rc::Rc;

use super::Course;
use crate::clock::{Moment, Timestamp};
use crate::ids::Ordinal;
use crate::launch::decide::after_absence;
use crate::launch::queue::Pending;
use crate::launch::settle::{Doubt, Found, Hope, Purpose, Reading, on_server};
use crate::launch::{Notice, Now, RequestSource, Resends, StopReason, later};
use crate::ledger::Endpoint;
use crate::ledger::event::{Finding, Intent, LaunchEvent};
use crate::ledger::state::{LaunchState, Unsettled};
use crate::orchestrator::JobPage;
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::verdict::StartedJob;
use crate::resolve::OnAmbiguous;

impl<R: RequestSource> Course<'_, R> {
    /// Goes on with a launch that an earlier process left unfinished.
    pub(super) fn take_up(&mut self, ordinal: Ordinal, state: LaunchState, now: Now) {
        match state {
            LaunchState::Open(tried) => {
                // The process is gone, so its requests ended with it, or with their own time at the latest.
                let latest = tried.intent.not_after.saturating_add(self.terms.attempt).unwrap_or(now.utc);
                let last = latest.min(now.utc);
                let event = LaunchEvent::Orphaned { attempt: tried.intent.attempt, last };
                self.book.append(ordinal, event, now);
                self.doubt(ordinal, &tried.intent, last, tried.intent.server_ahead_ms, now);
            }
            LaunchState::InDoubt { tried, doubt, .. } => {
                self.doubt(ordinal, &tried.intent, doubt.last, doubt.server_ahead_ms, now);
            }
            LaunchState::Unsent { .. } => {
                let request = Rc::new(self.requests.request(ordinal));
                self.queue.again(Pending { request, failures: 0 }, now.moment);
            }
            LaunchState::Started { tried, jobs, .. } => {
                // At a time that is the same for each process: were it a settle time from now, runs that are cut off
                // again and again would never come to it.
                let last = tried.intent.not_after.min(now.utc);
                self.recount(ordinal, &tried.intent, &jobs, last, now);
            }
            LaunchState::Planned
            | LaunchState::Rejected { .. }
            | LaunchState::Declared { .. }
            | LaunchState::Passed { .. } => {}
        }
    }

    /// The next part of the job list to read, where one is due.
    pub(in crate::launch) fn next_reading(&mut self, now: Now) -> Option<Reading> {
        if now.moment < self.lists_held_until || self.polls.next(now.moment) > now.moment || !self.settles() {
            return None;
        }
        self.settler.next_reading(self.server_ahead_ms, now.moment)
    }

    /// Takes in what came of reading the job list, which was asked at `read`: later than it was due, where the tenant's
    /// ration was used up.
    pub(in crate::launch) fn listed(&mut self, listed: Result<JobPage, CallError>, read: Moment, now: Now) {
        self.polls.take(read);
        let findings = match listed {
            Ok(page) => {
                self.note_server_time(page.server_time, now);
                self.settler.page(page, now.moment)
            }
            Err(error) => {
                if let Some(span) = error.hold() {
                    self.lists_held_until = self.lists_held_until.max(now.moment.after(span));
                    self.holds.push((Endpoint::Lists, later(now.utc, span)));
                }
                let hope = match self.stop {
                    Some(_) => Hope::None,
                    None if error.may_pass() => Hope::Much,
                    None => Hope::Little,
                };
                self.settler.failed(&error.to_string(), hope, now.moment)
            }
        };
        for (doubt, found) in findings {
            self.found(doubt, found, now);
        }
        for folder in self.held_back.folders() {
            if self.settler.vouches(&folder) {
                self.alive(&folder);
            }
        }
    }

    /// Whether doubts are still looked into: not where the login is gone or somebody wants the run to end.
    pub(super) fn settles(&self) -> bool {
        match self.stop {
            None | Some(StopReason::RetriesSpent { .. } | StopReason::ThrottledTooLong(_)) => true,
            Some(StopReason::Refused { .. } | StopReason::Ledger(_) | StopReason::Interrupt(_)) => false,
        }
    }

    pub(super) fn recount_state(&mut self, ordinal: Ordinal, state: &LaunchState, now: Now) {
        if let LaunchState::Started { tried, jobs, .. } = state {
            self.recount(ordinal, &tried.intent, jobs, now.utc, now);
        }
    }

    /// Asks whether the intent started something; its connection was closed at `last`.
    pub(super) fn doubt(
        &mut self,
        ordinal: Ordinal,
        intent: &Intent,
        last: Timestamp,
        ahead_ms: Option<i64>,
        now: Now,
    ) {
        let doubt = watched(ordinal, intent, Purpose::Settle, last, ahead_ms, now);
        self.settler.doubt(&intent.folder, doubt);
    }

    /// Asks, a settle time after `last`, whether more robot jobs of the launch exist than `jobs`.
    fn recount(&mut self, ordinal: Ordinal, intent: &Intent, jobs: &[StartedJob], last: Timestamp, now: Now) {
        let purpose = Purpose::Recount(jobs.to_vec());
        let doubt = watched(ordinal, intent, purpose, last, self.server_ahead_ms, now);
        self.settler.doubt(&intent.folder, doubt);
    }

    /// Records what the job list proved, and goes on from there.
    fn found(&mut self, doubt: Doubt, found: Found, now: Now) {
        let Doubt { ordinal, launch, attempt, .. } = doubt;
        let event = match found {
            // The ledger still says that it should be counted: a resume will try.
            Found::Uncounted => return self.book.close(ordinal, launch),
            Found::Counted(jobs) => LaunchEvent::Recounted { attempt, jobs },
            Found::Jobs(jobs) => LaunchEvent::Settled { attempt, finding: Finding::Found(jobs) },
            Found::Undecided(why) => LaunchEvent::Settled { attempt, finding: Finding::Undecided(why) },
            Found::Absent => {
                let state = self.book.state(ordinal).expect("a launch in doubt is not over");
                let policy = match self.terms.resends {
                    Resends::AsAsked => state.tried().map_or(OnAmbiguous::Hold, |tried| tried.intent.on_ambiguous),
                    Resends::Never => OnAmbiguous::Hold,
                };
                LaunchEvent::Settled { attempt, finding: after_absence(state, policy) }
            }
        };
        match self.book.append(ordinal, event, now).clone() {
            LaunchState::Unsent { .. } => {
                self.book.tell(Notice::Absent(launch));
                let request = Rc::new(self.requests.request(ordinal));
                self.queue.again(Pending { request, failures: 0 }, now.moment);
            }
            state @ LaunchState::Started { .. } if state.wants_recount() => self.recount_state(ordinal, &state, now),
            LaunchState::Started { .. }
            | LaunchState::InDoubt { outcome: Some(Unsettled::Held(_) | Unsettled::Undecided(_)), .. } => {
                self.book.close(ordinal, launch);
            }
            LaunchState::Planned
            | LaunchState::Open(_)
            | LaunchState::Rejected { .. }
            | LaunchState::InDoubt { outcome: None, .. }
            | LaunchState::Declared { .. }
            | LaunchState::Passed { .. } => {}
        }
    }
}

/// What the settler must know of `intent`, whose connection was closed at `last`.
fn watched(
    ordinal: Ordinal,
    intent: &Intent,
    purpose: Purpose,
    last: Timestamp,
    ahead_ms: Option<i64>,
    now: Now,
) -> Doubt {
    Doubt {
        ordinal,
        launch: intent.launch.clone(),
        attempt: intent.attempt,
        reference: intent.reference.clone(),
        expected: intent.expected,
        purpose,
        intended: intent.not_before,
        ahead_ms: intent.server_ahead_ms.or(ahead_ms),
        last: now.moment_at(last).min(now.moment),
        last_on_server: ahead_ms.map(|ahead| on_server(last, ahead)),
    }
}
