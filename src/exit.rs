//! The exit codes: how a run, or any command, ended, for scripts and schedulers.
//!
//! Source: `docs/exit-codes.md`. 0 to 4 and 130 keep the meaning that the vendor's command line gives them.

use serde::{Serialize, Serializer};

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExitStatus {
    /// 0: every launch started (and met its outcome policy), or there was nothing to do.
    Success,
    /// 1: the machine or sortie is at fault: disk, ledger, network never reached, a bug.
    Fault,
    /// 2: login or permission.
    Login,
    /// 3: usage or manifest invalid; nothing was sent.
    Usage,
    /// 4: a deadline passed with robot jobs unfinished.
    Deadline,
    /// 10: outcome policy not met: faulted or stopped robot jobs.
    Outcome,
    /// 11: launches were rejected by Orchestrator.
    Rejected,
    /// 12: unknown, partial or duplicate launches are left.
    Unknown,
    /// 13: saved plan stale, or lock file out of date; nothing was sent.
    Stale,
    /// 14: another run holds the slot or the lock.
    Held,
    /// 15: a report could not be written.
    Report,
    /// 16: launches were not sent; resumable.
    NotSent,
    /// 20: differences are present.
    Different,
    /// 130: interrupted (SIGINT).
    Interrupted,
    /// 143: terminated (SIGTERM, SIGHUP).
    Terminated,
}

impl ExitStatus {
    /// Every status, in the order of its code.
    pub const ALL: [Self; 15] = [
        Self::Success,
        Self::Fault,
        Self::Login,
        Self::Usage,
        Self::Deadline,
        Self::Outcome,
        Self::Rejected,
        Self::Unknown,
        Self::Stale,
        Self::Held,
        Self::Report,
        Self::NotSent,
        Self::Different,
        Self::Interrupted,
        Self::Terminated,
    ];

    /// The process's exit code.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Fault => 1,
            Self::Login => 2,
            Self::Usage => 3,
            Self::Deadline => 4,
            Self::Outcome => 10,
            Self::Rejected => 11,
            Self::Unknown => 12,
            Self::Stale => 13,
            Self::Held => 14,
            Self::Report => 15,
            Self::NotSent => 16,
            Self::Different => 20,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// What it says of a run, in a few words for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Fault => "failed: the machine or sortie is at fault",
            Self::Login => "failed: login or permission",
            Self::Usage => "refused: usage or manifest",
            Self::Deadline => "robot jobs are not over in time",
            Self::Outcome => "the outcome policy is not met",
            Self::Rejected => "launches were rejected",
            Self::Unknown => "launches are unknown, partial or duplicate",
            Self::Stale => "refused: not the plan that was begun or approved",
            Self::Held => "refused: another process is at it",
            Self::Report => "a report could not be written",
            Self::NotSent => "launches were not sent",
            Self::Different => "differences are present",
            Self::Interrupted => "interrupted",
            Self::Terminated => "terminated",
        }
    }

    /// The status whose exit code is `code`; `None` if nobody has it.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }

    /// Of two statuses that both hold, the one to exit with.
    ///
    /// Source: `docs/exit-codes.md`: 1, 130/143, 2, 12, 11, 16, 4, 10, 15.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        if other.precedence() < self.precedence() { other } else { self }
    }

    fn precedence(self) -> u8 {
        match self {
            Self::Fault => 0,
            Self::Interrupted | Self::Terminated => 1,
            Self::Login => 2,
            // These four say that nothing was sent, so nothing below can hold beside them.
            Self::Usage | Self::Stale | Self::Held | Self::Different => 3,
            Self::Unknown => 4,
            Self::Rejected => 5,
            Self::NotSent => 6,
            Self::Deadline => 7,
            Self::Outcome => 8,
            Self::Report => 9,
            Self::Success => 10,
        }
    }
}

impl Serialize for ExitStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_precedence_holds() {
        use ExitStatus::{Deadline, Fault, Interrupted, Login, NotSent, Outcome, Rejected, Report, Unknown};
        let order = [Fault, Interrupted, Login, Unknown, Rejected, NotSent, Deadline, Outcome, Report];
        for (index, worse) in order.iter().enumerate() {
            for better in &order[index..] {
                assert_eq!(better.worse(*worse), *worse);
                assert_eq!(worse.worse(*better), *worse);
            }
        }
    }

    #[test]
    fn codes_are_distinct() {
        let codes: std::collections::BTreeSet<u8> = ExitStatus::ALL.iter().map(|status| status.code()).collect();
        assert_eq!(codes.len(), ExitStatus::ALL.len());
    }
}
