//! What a launch's events amount to: the one table of legal transitions, used live and on recovery.
//!
//! In: events in the order in which they were appended. Out: a [`LaunchState`], and its [`Verdict`].
//! Never: I/O, a clock, or a decision about what to do next.

use serde::{Deserialize, Serialize};

use super::event::{AttemptEnd, Declaration, Doubt, Finding, Hold, Intent, LaunchEvent};
use crate::clock::Timestamp;
use crate::exit::ExitStatus;
use crate::ids::{AttemptNo, JobId, RunId};
use crate::orchestrator::verdict::{ServerError, StartedJob};
use crate::resolve::Expected;

/// The sendings of a launch so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The latest intent.
    pub intent: Intent,
    /// How many sendings may have reached the server: intents less those that expired.
    pub sent: u32,
    /// How many attempts were in doubt and proved absent, not counting those that a crash left open.
    pub absences: u32,
    /// Whether an earlier attempt was in doubt, for whatever reason.
    pub doubted: bool,
}

/// What is known of a launch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum LaunchState {
    /// Nothing was ever sent or meant to be.
    #[default]
    Planned,
    /// An intent is durable and no outcome is: the request may be under way.
    Open(Tried),
    /// The latest attempt surely started nothing; the launch may be sent again.
    Unsent {
        /// The sendings so far.
        tried: Tried,
        /// Why; none where the intent merely expired.
        why: Option<String>,
    },
    /// The server named robot jobs: as many as asked, or another number.
    Started {
        /// The sendings so far.
        tried: Tried,
        /// The robot jobs.
        jobs: Vec<StartedJob>,
        /// How that became known.
        source: Source,
        /// Whether they were counted once more, a settle time after the last answer.
        recounted: bool,
        /// Those that the answer itself named, where a later count found others too.
        named: Vec<JobId>,
    },
    /// The server refused, finally.
    Rejected {
        /// The sendings so far.
        tried: Tried,
        /// What it said.
        error: ServerError,
    },
    /// Nobody can tell.
    InDoubt {
        /// The sendings so far.
        tried: Tried,
        /// Why, and since when.
        doubt: Doubt,
        /// What settling came to, where it came to an end without an answer.
        outcome: Option<Unsettled>,
    },
    /// A person said how it is.
    Declared {
        /// The sendings so far.
        tried: Tried,
        /// The verdict that follows from it.
        verdict: Verdict,
        /// The robot jobs that the server had named, if it had named any.
        jobs: Vec<StartedJob>,
    },
    /// It is left out for good: it is to be started `once`, and an earlier run may have done so.
    Passed {
        /// That run.
        by: RunId,
        /// Whether it surely did; else the launch is in doubt there.
        certain: bool,
    },
}

/// How it became known that robot jobs exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// By the answer to the request.
    Answer,
    /// By asking, after the answer was lost.
    List,
}

/// Why a launch in doubt stays so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsettled {
    /// The list did not tell; asking again later may.
    Undecided(String),
    /// Nothing of it exists, and only a person may let it be sent again.
    Held(Hold),
}

/// How a launch ended. Source: `docs/glossary.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The robot jobs that were asked for exist.
    Started,
    /// Orchestrator refused; nothing was started.
    Rejected,
    /// It cannot be known whether robot jobs exist.
    Unknown,
    /// Fewer robot jobs exist than were asked for.
    Partial,
    /// More robot jobs exist than were asked for.
    Duplicate,
    /// The manifest's own condition left it out.
    Skipped,
    /// Surely nothing was started, and it may still be sent.
    NotSent,
}

impl Verdict {
    /// Every verdict, in the order of the report's totals.
    pub const ALL: [Self; 7] =
        [Self::Started, Self::Rejected, Self::Unknown, Self::Partial, Self::Duplicate, Self::Skipped, Self::NotSent];

    /// The word that people and reports see.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Rejected => "rejected",
            Self::Unknown => "unknown",
            Self::Partial => "partial",
            Self::Duplicate => "duplicate",
            Self::Skipped => "skipped",
            Self::NotSent => "not-sent",
        }
    }

    /// The exit status that one such launch gives its run. Source: `docs/exit-codes.md`.
    #[must_use]
    pub fn exit(self) -> ExitStatus {
        match self {
            Self::Started | Self::Skipped => ExitStatus::Success,
            Self::Rejected => ExitStatus::Rejected,
            Self::Unknown | Self::Partial | Self::Duplicate => ExitStatus::Unknown,
            Self::NotSent => ExitStatus::NotSent,
        }
    }
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
            Self::Planned | Self::Unsent { .. } => Verdict::NotSent,
            Self::Open(_) | Self::InDoubt { .. } => Verdict::Unknown,
            Self::Rejected { .. } => Verdict::Rejected,
            Self::Started { tried, jobs, .. } => counted(tried.intent.expected, jobs),
            Self::Declared { verdict, .. } => *verdict,
            Self::Passed { .. } => Verdict::Skipped,
        }
    }

    /// The sendings so far; none where nothing was ever meant to be sent.
    #[must_use]
    pub fn tried(&self) -> Option<&Tried> {
        match self {
            Self::Planned | Self::Passed { .. } => None,
            Self::Open(tried)
            | Self::Unsent { tried, .. }
            | Self::Started { tried, .. }
            | Self::Rejected { tried, .. }
            | Self::InDoubt { tried, .. }
            | Self::Declared { tried, .. } => Some(tried),
        }
    }

    /// Whether the launch may be sent: nothing of it exists on the server, surely.
    #[must_use]
    pub fn may_be_sent(&self) -> bool {
        match self {
            Self::Planned | Self::Unsent { .. } => true,
            Self::Open(_)
            | Self::Started { .. }
            | Self::Rejected { .. }
            | Self::InDoubt { .. }
            | Self::Declared { .. }
            | Self::Passed { .. } => false,
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
            Self::Planned | Self::Open(_) | Self::Unsent { .. } | Self::Rejected { .. } | Self::Passed { .. } => false,
        }
    }

    /// Whether its robot jobs must be counted once more before the run ends: it was sent again after a doubt, and a
    /// server that was slower than the settle time would have started it twice.
    #[must_use]
    pub fn wants_recount(&self) -> bool {
        match self {
            Self::Started { tried, recounted, .. } => tried.doubted && tried.sent > 1 && !recounted,
            Self::Planned
            | Self::Open(_)
            | Self::Unsent { .. }
            | Self::Rejected { .. }
            | Self::InDoubt { .. }
            | Self::Declared { .. }
            | Self::Passed { .. } => false,
        }
    }

    /// The number that the next attempt would have.
    #[must_use]
    pub fn next_attempt(&self) -> AttemptNo {
        self.tried().map_or(AttemptNo::FIRST, |tried| tried.intent.attempt.next())
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Open(_) => "open",
            Self::Unsent { .. } => "unsent",
            Self::Started { .. } => "started",
            Self::Rejected { .. } => "rejected",
            Self::InDoubt { .. } => "in-doubt",
            Self::Declared { .. } => "declared",
            Self::Passed { .. } => "passed",
        }
    }
}

/// The verdict on a launch that asked for `expected` and of which `jobs` exist.
///
/// One call gives its robot jobs one `BatchExecutionKey`: two of them under one Reference are two starts, even where
/// their number is right.
fn counted(expected: Expected, jobs: &[StartedJob]) -> Verdict {
    let mut keys: Vec<&str> = jobs.iter().filter_map(|job| job.batch_execution_key.as_deref()).collect();
    keys.sort_unstable();
    keys.dedup();
    if keys.len() > 1 {
        return Verdict::Duplicate;
    }
    match expected {
        Expected::AtLeastOne => Verdict::Started,
        Expected::Exactly(asked) => match jobs.len().cmp(&(asked as usize)) {
            std::cmp::Ordering::Less => Verdict::Partial,
            std::cmp::Ordering::Equal => Verdict::Started,
            std::cmp::Ordering::Greater => Verdict::Duplicate,
        },
    }
}

/// What is known after `event`.
///
/// Errors: [`IllegalEvent`] where the event cannot follow: an outcome without its intent, or a second intent while
/// the launch may not be sent. Live, that is our bug; on recovery, damage.
pub fn fold(state: LaunchState, event: LaunchEvent) -> Result<LaunchState, IllegalEvent> {
    let illegal = IllegalEvent { state: state.name(), event: event.name(), attempt: event.attempt() };
    let of = |tried: &Tried, attempt| tried.intent.attempt == attempt;
    match event {
        LaunchEvent::Intended(intent) if state.may_be_sent() && intent.attempt == state.next_attempt() => {
            Ok(LaunchState::Open(tried_again(&state, intent)))
        }
        LaunchEvent::Adopted { intent, jobs } if state.may_be_sent() && intent.attempt == state.next_attempt() => {
            Ok(LaunchState::Started {
                tried: tried_again(&state, intent),
                jobs,
                source: Source::List,
                recounted: false,
                named: Vec::new(),
            })
        }
        LaunchEvent::Ended { attempt, end } => {
            let LaunchState::Open(tried) = state else { return Err(illegal) };
            if of(&tried, attempt) { Ok(close(tried, end)) } else { Err(illegal) }
        }
        LaunchEvent::Orphaned { attempt, last } => {
            let LaunchState::Open(tried) = state else { return Err(illegal) };
            if of(&tried, attempt) { Ok(orphan(tried, last)) } else { Err(illegal) }
        }
        LaunchEvent::Settled { attempt, finding } => {
            let LaunchState::InDoubt { tried, doubt, .. } = state else { return Err(illegal) };
            if of(&tried, attempt) { Ok(settle(tried, doubt, finding)) } else { Err(illegal) }
        }
        LaunchEvent::Declared { attempt, answer } => {
            if !state.may_be_declared(answer) {
                return Err(illegal);
            }
            let (tried, jobs) = match state {
                LaunchState::InDoubt { tried, .. } => (tried, Vec::new()),
                LaunchState::Started { tried, jobs, .. } | LaunchState::Declared { tried, jobs, .. } => (tried, jobs),
                LaunchState::Planned
                | LaunchState::Open(_)
                | LaunchState::Unsent { .. }
                | LaunchState::Rejected { .. }
                | LaunchState::Passed { .. } => return Err(illegal),
            };
            if of(&tried, attempt) { Ok(declare(tried, jobs, answer)) } else { Err(illegal) }
        }
        LaunchEvent::Recounted { attempt, jobs } => {
            // What was refused is there all the same, by the server's own list.
            if let LaunchState::Rejected { tried, .. } = state {
                let started = |tried| LaunchState::Started {
                    tried,
                    jobs,
                    source: Source::List,
                    recounted: true,
                    named: Vec::new(),
                };
                return if of(&tried, attempt) { Ok(started(tried)) } else { Err(illegal) };
            }
            let LaunchState::Started { tried, jobs: before, source, named, .. } = state else { return Err(illegal) };
            if of(&tried, attempt) {
                let is_news = named.is_empty() && source == Source::Answer && before.len() != jobs.len();
                let named = if is_news { before.iter().map(|job| job.id).collect() } else { named };
                Ok(LaunchState::Started { tried, jobs, source, recounted: true, named })
            } else {
                Err(illegal)
            }
        }
        LaunchEvent::Passed { by, certain } if state == LaunchState::Planned => Ok(LaunchState::Passed { by, certain }),
        LaunchEvent::Intended(_) | LaunchEvent::Adopted { .. } | LaunchEvent::Passed { .. } => Err(illegal),
    }
}

fn tried_again(state: &LaunchState, intent: Intent) -> Tried {
    match state.tried() {
        Some(tried) => Tried { intent, sent: tried.sent + 1, ..*tried },
        None => Tried { intent, sent: 1, absences: 0, doubted: false },
    }
}

fn orphan(tried: Tried, last: Timestamp) -> LaunchState {
    let why = "no answer was recorded before sortie was cut off".to_owned();
    let doubt = Doubt { why, last, server_ahead_ms: tried.intent.server_ahead_ms, orphaned: true };
    LaunchState::InDoubt { tried: Tried { doubted: true, ..tried }, doubt, outcome: None }
}

fn close(tried: Tried, end: AttemptEnd) -> LaunchState {
    match end {
        AttemptEnd::Expired => LaunchState::Unsent { tried: Tried { sent: tried.sent - 1, ..tried }, why: None },
        AttemptEnd::Unsent(why) => LaunchState::Unsent { tried, why: Some(why) },
        AttemptEnd::Started(jobs) => {
            LaunchState::Started { tried, jobs, source: Source::Answer, recounted: false, named: Vec::new() }
        }
        AttemptEnd::Rejected(error) => LaunchState::Rejected { tried, error },
        AttemptEnd::Doubted(doubt) => {
            LaunchState::InDoubt { tried: Tried { doubted: true, ..tried }, doubt, outcome: None }
        }
    }
}

fn settle(tried: Tried, doubt: Doubt, finding: Finding) -> LaunchState {
    match finding {
        Finding::Found(jobs) => {
            LaunchState::Started { tried, jobs, source: Source::List, recounted: false, named: Vec::new() }
        }
        Finding::Absent => {
            let absences = tried.absences + u32::from(!doubt.orphaned);
            LaunchState::Unsent { tried: Tried { absences, ..tried }, why: Some(doubt.why) }
        }
        Finding::Held(hold) => LaunchState::InDoubt { tried, doubt, outcome: Some(Unsettled::Held(hold)) },
        Finding::Undecided(why) => LaunchState::InDoubt { tried, doubt, outcome: Some(Unsettled::Undecided(why)) },
    }
}

fn declare(tried: Tried, jobs: Vec<StartedJob>, answer: Declaration) -> LaunchState {
    let declared = |verdict| LaunchState::Declared { tried: tried.clone(), verdict, jobs: jobs.clone() };
    match answer {
        Declaration::Started => declared(Verdict::Started),
        Declaration::Partial => declared(Verdict::Partial),
        Declaration::Duplicate => declared(Verdict::Duplicate),
        Declaration::Absent => {
            LaunchState::Unsent { tried, why: Some("you said that nothing of it exists".to_owned()) }
        }
    }
}

#[cfg(test)]
mod tests;
