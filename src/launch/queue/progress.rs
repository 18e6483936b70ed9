//! What came of launches, as the rules of the queue hear it.

use crate::ids::Ordinal;
use crate::ledger::state::Verdict;
use crate::outcome::JobEnd;

/// Something that came of a launch. A rule hears of it when it happens; of what an earlier process saw, before anything else.
#[derive(Clone, Copy, Debug)]
pub(in crate::launch) enum LaunchProgress<'a> {
    /// It was started, with so many robot jobs.
    Started { ordinal: Ordinal, jobs: usize },
    /// One of its robot jobs is over, or is not waited for any longer. Of one that was late there may be a second word.
    JobEnded { ordinal: Ordinal, end: &'a JobEnd },
    /// A robot job that was taken for one of its own is another launch's, or none of this run: nothing more is heard of it.
    JobDropped { ordinal: Ordinal },
    /// It is over, and not by robot jobs that were started as asked for.
    NotStarted { ordinal: Ordinal, verdict: Verdict },
}

impl LaunchProgress<'_> {
    /// The launch.
    pub(in crate::launch) fn ordinal(&self) -> Ordinal {
        match self {
            Self::Started { ordinal, .. }
            | Self::JobEnded { ordinal, .. }
            | Self::JobDropped { ordinal }
            | Self::NotStarted { ordinal, .. } => *ordinal,
        }
    }
}
