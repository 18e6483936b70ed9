//! What a launch's events amount to: the one table of legal transitions, used live and on recovery.
//!
//! In: events in the order in which they were appended. Out: a [`LaunchState`], and its [`Verdict`].
//! Never: I/O, a clock, or a decision about what to do next.

use super::event::{Declaration, Doubt, Hold, Intent, LeftOutCause, RetryOrigin};
pub use super::verdict::Verdict;
use crate::ids::{AttemptNo, JobId, RunId};
use crate::launch_terms::ExpectedJobs;
use crate::outcome::{JobEnd, JobOutcome};
use crate::robot_job::{RobotJob, ServerError};

pub mod chains;
mod fold;
mod job_ends;
pub mod story;

pub use fold::fold;

/// The sendings of a launch so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// The latest intent.
    pub intent: Intent,
    /// How many sendings may have reached the server: intents less those that expired.
    pub sent: u32,
    /// How many attempts were in doubt and proved absent, not counting those that a crash left open.
    pub absences: u32,
    /// Whether an earlier attempt was in doubt, for whatever reason.
    pub doubted: bool,
    /// Of what the launch is a retry; `None` for a launch of the plan.
    pub retry: Option<Box<RetryOrigin>>,
}

/// What is known of a launch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LaunchState {
    /// Nothing was ever sent or meant to be.
    #[default]
    Planned,
    /// It is a retry, and nothing was sent yet.
    Due(Box<RetryOrigin>),
    /// An intent is durable and no outcome is: the request may be under way.
    Open(Attempts),
    /// The latest attempt surely started nothing; the launch may be sent again.
    Unsent {
        /// The sendings so far.
        attempts: Attempts,
        /// Why; `None` if the intent merely expired.
        why: Option<String>,
    },
    /// The server named robot jobs: as many as asked, or another number.
    Started {
        /// The sendings so far.
        attempts: Attempts,
        /// The robot jobs.
        jobs: Vec<RobotJob>,
        /// How that became known.
        evidence: Evidence,
        /// Whether they were counted once more, a settle time after the last answer.
        recounted: bool,
        /// Those that the answer itself named, where a later count found others too.
        named: Vec<JobId>,
        /// How they ended, as far as the run waited for them; one for each robot job at most.
        ends: Vec<JobEnd>,
    },
    /// The server refused, finally.
    Rejected {
        /// The sendings so far.
        attempts: Attempts,
        /// What it said.
        error: ServerError,
    },
    /// Nobody can tell.
    InDoubt {
        /// The sendings so far.
        attempts: Attempts,
        /// Why, and since when.
        doubt: Doubt,
        /// What settling came to, where it came to an end without an answer.
        outcome: Option<DoubtOutcome>,
    },
    /// A person said how it is.
    Declared {
        /// The sendings so far.
        attempts: Attempts,
        /// The verdict that follows from it.
        verdict: Verdict,
        /// The robot jobs that the server had named, if it had named any.
        jobs: Vec<RobotJob>,
    },
    /// It is left out for good: it is to be started `once`, and an earlier run may have done so.
    StartedElsewhere {
        /// That run.
        by: RunId,
        /// Whether it surely did; else the launch is in doubt there.
        certain: bool,
    },
    /// It is left out for good, by what came of the jobs that it needs.
    LeftOut {
        /// What left it out.
        cause: LeftOutCause,
        /// Why, for people.
        why: String,
    },
}

/// How it became known that robot jobs exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// By the answer to the request.
    Answer,
    /// By asking, after the answer was lost.
    List,
}

/// Why a launch in doubt stays so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DoubtOutcome {
    /// The list did not tell; asking again later may.
    Undecided(String),
    /// Nothing of it exists, and only a person may let it be sent again.
    Held(Hold),
}

/// An event that cannot follow what the ledger already holds: damage, or our bug.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event `{event}` of attempt {} cannot follow `{state}`", attempt.0)]
pub struct IllegalEvent {
    /// What was known before.
    pub state: &'static str,
    /// The event's kind.
    pub event: &'static str,
    /// The event's attempt.
    pub attempt: AttemptNo,
}

impl LaunchState {
    /// The verdict, were the run to end now.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Planned | Self::Due(_) | Self::Unsent { .. } => Verdict::NotSent,
            Self::Open(_) | Self::InDoubt { .. } => Verdict::Unknown,
            Self::Rejected { .. } | Self::LeftOut { cause: LeftOutCause::Unfit, .. } => Verdict::Rejected,
            Self::Started { attempts, jobs, .. } => counted(attempts.intent.expected, jobs),
            Self::Declared { verdict, .. } => *verdict,
            Self::StartedElsewhere { .. }
            | Self::LeftOut { cause: LeftOutCause::Needs | LeftOutCause::Condition, .. } => Verdict::Skipped,
        }
    }

    /// How its robot jobs ended: the worst of them; `None` while one of them is waited for, or if none is.
    #[must_use]
    pub fn outcome(&self) -> Option<JobOutcome> {
        let Self::Started { jobs, ends, .. } = self else { return None };
        job_ends::worst(jobs, ends)
    }

    /// The sendings so far; `None` if nothing was ever meant to be sent.
    #[must_use]
    pub fn attempts(&self) -> Option<&Attempts> {
        match self {
            Self::Planned | Self::Due(_) | Self::StartedElsewhere { .. } | Self::LeftOut { .. } => None,
            Self::Open(attempts)
            | Self::Unsent { attempts, .. }
            | Self::Started { attempts, .. }
            | Self::Rejected { attempts, .. }
            | Self::InDoubt { attempts, .. }
            | Self::Declared { attempts, .. } => Some(attempts),
        }
    }

    /// Of what the launch is a retry; `None` for a launch of the plan.
    #[must_use]
    pub fn retry(&self) -> Option<&RetryOrigin> {
        if let Self::Due(origin) = self { Some(origin) } else { self.attempts()?.retry.as_deref() }
    }

    /// Whether the launch may be sent: nothing of it exists on the server, surely.
    #[must_use]
    pub fn may_be_sent(&self) -> bool {
        match self {
            Self::Planned | Self::Due(_) | Self::Unsent { .. } => true,
            Self::Open(_)
            | Self::Started { .. }
            | Self::Rejected { .. }
            | Self::InDoubt { .. }
            | Self::Declared { .. }
            | Self::StartedElsewhere { .. }
            | Self::LeftOut { .. } => false,
        }
    }

    /// Whether a person's `answer` may be recorded: about a doubt, a number of robot jobs that is not what was asked
    /// for, or an earlier answer. Robot jobs that the server has named are never declared absent.
    #[must_use]
    pub fn may_be_declared(&self, answer: Declaration) -> bool {
        match self {
            Self::InDoubt { .. } => true,
            Self::Started { jobs, .. } => {
                self.verdict() != Verdict::Started && (answer != Declaration::Absent || jobs.is_empty())
            }
            Self::Declared { jobs, .. } => answer != Declaration::Absent || jobs.is_empty(),
            Self::Planned
            | Self::Due(_)
            | Self::Open(_)
            | Self::Unsent { .. }
            | Self::Rejected { .. }
            | Self::StartedElsewhere { .. }
            | Self::LeftOut { .. } => false,
        }
    }

    /// Whether its robot jobs must be counted once more before the run ends: it was sent again after a doubt, and a
    /// server that was slower than the settle time would have started it twice.
    #[must_use]
    pub fn wants_recount(&self) -> bool {
        match self {
            Self::Started { attempts, recounted, .. } => attempts.doubted && attempts.sent > 1 && !recounted,
            Self::Planned
            | Self::Due(_)
            | Self::Open(_)
            | Self::Unsent { .. }
            | Self::Rejected { .. }
            | Self::InDoubt { .. }
            | Self::Declared { .. }
            | Self::StartedElsewhere { .. }
            | Self::LeftOut { .. } => false,
        }
    }

    /// The number that the next attempt would have.
    #[must_use]
    pub fn next_attempt(&self) -> AttemptNo {
        self.attempts().map_or(AttemptNo::FIRST, |attempts| attempts.intent.attempt.next())
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Due(_) => "due",
            Self::Open(_) => "open",
            Self::Unsent { .. } => "unsent",
            Self::Started { .. } => "started",
            Self::Rejected { .. } => "rejected",
            Self::InDoubt { .. } => "in-doubt",
            Self::Declared { .. } => "declared",
            Self::StartedElsewhere { .. } => "passed",
            Self::LeftOut { .. } => "left-out",
        }
    }
}

/// The verdict on a launch that asked for `expected` and of which `jobs` exist.
///
/// One call gives its robot jobs one `BatchExecutionKey`: two of them under one Reference are two starts, even where
/// their number is right.
fn counted(expected: ExpectedJobs, jobs: &[RobotJob]) -> Verdict {
    let mut keys: Vec<&str> = jobs.iter().filter_map(|job| job.batch_execution_key.as_deref()).collect();
    keys.sort_unstable();
    keys.dedup();
    if keys.len() > 1 {
        return Verdict::Duplicate;
    }
    match expected {
        ExpectedJobs::AtLeastOne => Verdict::Started,
        ExpectedJobs::Exactly(asked) => match jobs.len().cmp(&(asked as usize)) {
            std::cmp::Ordering::Less => Verdict::Partial,
            std::cmp::Ordering::Equal => Verdict::Started,
            std::cmp::Ordering::Greater => Verdict::Duplicate,
        },
    }
}

#[cfg(test)]
mod tests;
