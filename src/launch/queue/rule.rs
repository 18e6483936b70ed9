//! What all rules of the queue have in common. Each answers one question: what may go next, and when?

use super::pending::PendingLaunch;
use super::progress::LaunchProgress;
use crate::clock::Moment;
use crate::ids::Ordinal;

/// When a rule has a launch that may go, if nothing else happens. The earliest is the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::launch) enum Next {
    /// At once.
    Now,
    /// Then, and not before.
    At(Moment),
    /// None: something must happen first, or none is left.
    Nothing,
}

impl Next {
    /// One that is due then; `None` if there is none.
    pub(super) fn due(due: Option<Moment>, now: Moment) -> Self {
        match due {
            Some(due) if due <= now => Self::Now,
            Some(due) => Self::At(due),
            None => Self::Nothing,
        }
    }

    /// When that is; `None` if nobody knows.
    pub(in crate::launch) fn moment(self, now: Moment) -> Option<Moment> {
        match self {
            Self::Now => Some(now),
            Self::At(due) => Some(due),
            Self::Nothing => None,
        }
    }
}

/// A rule of the queue. It may let launches go, hold new ones back, or both.
pub(super) trait QueueRule {
    /// When it has a launch that may go.
    fn next(&self, now: Moment) -> Next;

    /// That launch, where it is [`Next::Now`].
    fn take(&mut self, now: Moment) -> Option<Candidate>;

    /// Whether a launch that was never sent may go. One that may not is the rule's own from then on: [`QueueRule::take`]
    /// returns it some time, or the queue is told to let it go.
    ///
    /// `job`: the number of its job in the plan.
    fn admits(&mut self, _: &PendingLaunch, _job: u32, _: Moment) -> bool {
        true
    }

    /// Something came of a launch.
    fn hear(&mut self, _: &LaunchProgress<'_>, _: Moment) {}

    /// Whether it holds back so many that no new launch should be looked at.
    fn is_full(&self) -> bool {
        false
    }
}

/// A launch that a rule lets go.
pub(super) enum Candidate {
    /// It was never sent.
    New(Ordinal),
    /// It was.
    Again(PendingLaunch),
}
