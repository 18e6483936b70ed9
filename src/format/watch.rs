//! What a run does about robot jobs once they are started: waiting, judging, trying again, going on carefully.
//!
//! In: the keys `wait`, `outcome`, `breaker`, `fault-classes`, `retry`, `fail-fast`, `ramp` and `on-finish`. Out: plain
//! types, each with what holds where its author says nothing. Never: acts on them.

mod breaker;
mod count_or_share;
mod fault_rule;
mod finish;
mod outcome_policy;
mod ramp;
mod retry;
mod wait;

pub use breaker::{Breaker, BreakerStep};
pub use count_or_share::CountOrShare;
pub use fault_rule::FaultRule;
pub use finish::OnFinish;
pub use outcome_policy::{FailOn, OutcomePolicy};
pub use ramp::{FailFast, PauseOn, Ramp, RampStep};
pub use retry::{Backoff, Retry};
pub use wait::{OnTimeout, Pending, PendingRule, PendingStep, Until, Wait, WaitLimits};
