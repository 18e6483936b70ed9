//! Why a launch has the verdict that it has, where the verdict alone does not tell what to do about it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ledger::event::Hold;
use crate::ledger::state::{DoubtOutcome, LaunchState};

/// Why a launch is `unknown`, or that somebody said how it ended. Values are added, never changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Unknown: no answer came, and nobody has looked for its robot jobs to the end.
    NoAnswer,
    /// Unknown: no answer came, and the server's lists did not tell.
    Undecided,
    /// Unknown, and nothing of it exists: it is held, as `on-ambiguous: hold` or `--at-most-once` asks.
    Held,
    /// Unknown, and nothing of it exists: it was sent as often as a launch may be.
    GivenUp,
    /// The verdict is what somebody said with `sortie reconcile --as`.
    Declared,
}

impl Reason {
    /// The word that reports show.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NoAnswer => "no-answer",
            Self::Undecided => "undecided",
            Self::Held => "held",
            Self::GivenUp => "given-up",
            Self::Declared => "declared",
        }
    }

    /// The reason for the verdict of a launch in this state; `None` if the verdict says all.
    #[must_use]
    pub fn of(state: &LaunchState) -> Option<Self> {
        match state {
            LaunchState::Open(_) | LaunchState::InDoubt { outcome: None, .. } => Some(Self::NoAnswer),
            LaunchState::InDoubt { outcome: Some(outcome), .. } => Some(match outcome {
                DoubtOutcome::Undecided(_) => Self::Undecided,
                DoubtOutcome::Held(Hold::Asked) => Self::Held,
                DoubtOutcome::Held(Hold::Exhausted) => Self::GivenUp,
            }),
            LaunchState::Declared { .. } => Some(Self::Declared),
            LaunchState::Planned
            | LaunchState::Unsent { .. }
            | LaunchState::Started { .. }
            | LaunchState::Rejected { .. }
            | LaunchState::StartedElsewhere { .. }
            | LaunchState::LeftOut { .. }
            | LaunchState::Due(_) => None,
        }
    }

    /// Whether nothing of the launch exists on the server: that was proved.
    #[must_use]
    pub fn is_absent(self) -> bool {
        match self {
            Self::Held | Self::GivenUp => true,
            Self::NoAnswer | Self::Undecided | Self::Declared => false,
        }
    }
}
