//! Reserving: which launches get a send time now, and the intents that must be durable before they go.

use std::time::Duration;

use super::Dispatcher;
use super::watching::faults::RetryAdmission;
use crate::clock::{Moment, TimePoint, later};
use crate::ids::Digest;
use crate::launch::queue::pending::PendingLaunch;
use crate::launch::queue::progress::LaunchProgress;
use crate::launch::request_source::RequestSource;
use crate::launch::send::gate::SendWindow;
use crate::launch::send::sender::{CommittedIntent, SenderCounts};
use crate::ledger::event::{Intent, LaunchEvent};
use crate::ledger::state::{LaunchState, Verdict};
use crate::orchestrator::classify::PriorAttempts;

/// How long after its send time an intent may still be sent.
const LIFETIME: Duration = Duration::from_secs(5);
/// How long a retry waits before it is asked again whether its launch is counted.
const RECOUNT_PAUSE: Duration = Duration::from_secs(1);

impl<R: RequestSource> Dispatcher<'_, R> {
    /// The launches that are sent next, as many as senders will take in the next moment; their intents are in the outbox.
    pub(super) fn reserve(&mut self, senders: SenderCounts, now: TimePoint) -> Vec<CommittedIntent> {
        let most = self.reservations.room(senders, self.ready.len());
        if self.gate.is_stopped() || self.gate.is_paused() || now.moment < self.gate.held_until() || most == 0 {
            return Vec::new();
        }
        self.watch.note_our_time(now);
        self.reservations.fall_behind(&self.gate.sent());
        let mut intents = Vec::new();
        while intents.len() < most {
            let Some(moment) = self.reservations.next(!intents.is_empty(), now.moment) else { break };
            let Some(pending) = self.queue.take(now.moment) else { break };
            let ordinal = pending.request.ordinal;
            let origin = self.requests.retry_origin(ordinal);
            let planned = origin.as_ref().map_or(ordinal, |origin| origin.of);
            let admission =
                origin.map_or(RetryAdmission::Goes, |origin| self.admits_retry(ordinal, &origin, now.moment));
            if admission == RetryAdmission::Waits {
                self.queue.retry_at(pending, now.moment.after(RECOUNT_PAUSE));
                continue;
            }
            // What was cancelled stays as it is: not sent.
            if admission == RetryAdmission::Goes
                && !self.gate.is_closed(&pending.request.folder)
                && !self.steered.blocks(&pending.request.launch, planned)
            {
                self.reservations.take(moment);
                intents.push(self.intend(pending, moment, now));
            } else {
                let dropped =
                    LaunchProgress::NotStarted { ordinal: pending.request.ordinal, verdict: Verdict::NotSent };
                self.hear(&dropped, now);
            }
        }
        self.record_left_out(now);
        intents
    }

    fn intend(&mut self, pending: PendingLaunch, moment: Moment, now: TimePoint) -> CommittedIntent {
        let request = pending.request;
        let at = |moment: Moment| later(now.utc, moment.since(now.moment));
        let not_after = moment.after(LIFETIME);
        let window = SendWindow { not_before: moment, not_after, not_after_utc: at(not_after) };
        let attempt = self.outbox.next_attempt(request.ordinal);
        let before = self.outbox.state(request.ordinal).and_then(LaunchState::attempts);
        let history = PriorAttempts { doubted_before: before.is_some_and(|attempts| attempts.doubted) };
        let intent = Intent {
            attempt,
            launch: request.launch.clone(),
            reference: request.reference.clone(),
            folder: request.folder.clone(),
            release: request.release,
            expected: request.expected,
            on_ambiguous: request.on_ambiguous,
            body_digest: Digest::of(request.body.as_bytes()),
            not_before: at(moment),
            not_after: window.not_after_utc,
            server_ahead_ms: self.watch.ahead_ms(),
            clock_era: Some(self.watch.era()),
        };
        self.outbox.append(request.ordinal, LaunchEvent::Intended(intent), now);
        self.has_sent = true;
        CommittedIntent { request, attempt, window, history, failures: pending.failures }
    }
}
