//! What becomes durable together.

use super::sender::CommittedIntent;
use crate::launch::notice::Notice;
use crate::ledger::event::Record;
use crate::ledger::pause::Pause;
use crate::ledger::{ClockDifference, Endpoint};

/// What becomes durable together, and what follows once it is.
pub(in crate::launch) struct Commit {
    pub(in crate::launch) records: Vec<Record>,
    pub(in crate::launch) notices: Vec<Notice>,
    /// Until when which endpoint is to be left alone, also by later processes.
    pub(in crate::launch) holds: Vec<(Endpoint, Pause)>,
    /// What was learnt of the server's clocks.
    pub(in crate::launch) clock_difference: Option<ClockDifference>,
    /// What may be sent then.
    pub(in crate::launch) intents: Vec<CommittedIntent>,
}
