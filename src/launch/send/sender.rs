//! What a sender takes, and what it brings back.

use std::rc::Rc;
use std::time::Duration;

use super::gate::SendWindow;
use crate::ids::AttemptNo;
use crate::orchestrator::StartAnswer;
use crate::orchestrator::classify::PriorAttempts;
use crate::resolve::Request;

/// A launch with a durable intent, waiting for a sender.
pub(in crate::launch) struct CommittedIntent {
    pub(in crate::launch) request: Rc<Request>,
    pub(in crate::launch) attempt: AttemptNo,
    pub(in crate::launch) window: SendWindow,
    pub(in crate::launch) history: PriorAttempts,
    /// How many sendings of it failed before.
    pub(in crate::launch) failures: u32,
}

/// What a sender brought back: the answer and how long it took, or nothing where the gate refused.
pub(in crate::launch) struct SendResult {
    pub(in crate::launch) ready: CommittedIntent,
    pub(in crate::launch) answer: Option<(StartAnswer, Duration)>,
}

/// How many senders there are.
#[derive(Clone, Copy)]
pub(in crate::launch) struct SenderCounts {
    pub(in crate::launch) free: usize,
    pub(in crate::launch) busy: usize,
}
