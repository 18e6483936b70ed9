//! How far a robot job is, by its `State`.

use crate::outcome::JobOutcome;

/// How far a robot job is, by its `State`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Pending,
    Running,
    /// `Stopping`, `Terminating`, `Resumed`: none of them final.
    Moving,
    Suspended,
    /// A state that nobody knows, or none: that of a robot job that was not looked at yet, too.
    Unknown,
    Successful,
    Faulted,
    Stopped,
}

impl Phase {
    /// As the server says it, in whatever case.
    pub(super) fn of(state: Option<&str>) -> Self {
        const STATES: [(&str, Phase); 9] = [
            ("Pending", Phase::Pending),
            ("Running", Phase::Running),
            ("Stopping", Phase::Moving),
            ("Terminating", Phase::Moving),
            ("Resumed", Phase::Moving),
            ("Suspended", Phase::Suspended),
            ("Successful", Phase::Successful),
            ("Faulted", Phase::Faulted),
            ("Stopped", Phase::Stopped),
        ];
        let state = state.unwrap_or_default().trim();
        STATES.iter().find(|(name, _)| name.eq_ignore_ascii_case(state)).map_or(Self::Unknown, |(_, phase)| *phase)
    }

    /// The same as the server says it; `None` where several words stand for it, or none.
    pub(super) fn word(self) -> Option<&'static str> {
        match self {
            Self::Pending => Some("Pending"),
            Self::Running => Some("Running"),
            Self::Suspended => Some("Suspended"),
            Self::Successful => Some("Successful"),
            Self::Faulted => Some("Faulted"),
            Self::Stopped => Some("Stopped"),
            Self::Moving | Self::Unknown => None,
        }
    }

    /// The outcome, where it is final.
    pub(super) fn outcome(self) -> Option<JobOutcome> {
        match self {
            Self::Successful => Some(JobOutcome::Successful),
            Self::Faulted => Some(JobOutcome::Faulted),
            Self::Stopped => Some(JobOutcome::Stopped),
            Self::Pending | Self::Running | Self::Moving | Self::Suspended | Self::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_states_are_final_and_no_other_word_is() {
        let outcome = |state: &str| Phase::of(Some(state)).outcome();
        for (state, expected) in [
            ("Successful", Some(JobOutcome::Successful)),
            ("faulted", Some(JobOutcome::Faulted)),
            (" Stopped", Some(JobOutcome::Stopped)),
        ] {
            assert_eq!(outcome(state), expected, "{state}");
        }
        for state in ["Pending", "Running", "Stopping", "Terminating", "Suspended", "Resumed", "Finished", "", "5"] {
            assert_eq!(outcome(state), None, "{state}");
        }
        assert_eq!(Phase::of(None), Phase::Unknown);
    }
}
