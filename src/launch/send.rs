//! Sending: how much is made ready, when it may leave, and what follows from an answer.

pub(super) mod budget;
pub(super) mod claim;
pub(super) mod commit;
pub(super) mod decide;
pub(super) mod forbidden;
pub(super) mod gate;
mod lookahead;
pub(super) mod reservations;
pub(super) mod sender;
pub(super) mod stop;
