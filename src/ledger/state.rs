//! What a launch's events amount to: the one table of legal transitions, used live and on recovery.
//!
//! In: events in the order in which they were appended. Out: a [`LaunchState`], and its [`Verdict`].
//! Never: I/O, a clock, or a decision about what to do next.

use serde::{Deserialize, Serialize};

use super::event::{AttemptEnd, Intent, LaunchEvent};
use crate::exit::ExitStatus;
use crate::ids::AttemptNo;
use crate::orchestrator::verdict::{ServerError, StartedJob};
use crate::resolve::Expected;

/// The sendings of a launch so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The latest intent.
    pub intent: Intent,
    /// How many sendings may have reached the server: intents less those that expired.
    pub sent: u32,
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
        /// Why.
        why: String,
    },
}

/// How a launch ended. Source: DESIGN, section 1.
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

    /// The exit status that one such launch gives its run. Source: DESIGN, section 3.
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
            Self::Started { tried, jobs } => match tried.intent.expected {
                Expected::AtLeastOne => Verdict::Started,
                Expected::Exactly(asked) => match jobs.len().cmp(&(asked as usize)) {
                    std::cmp::Ordering::Less => Verdict::Partial,
                    std::cmp::Ordering::Equal => Verdict::Started,
                    std::cmp::Ordering::Greater => Verdict::Duplicate,
                },
            },
        }
    }

    /// The sendings so far; none where nothing was ever meant to be sent.
    #[must_use]
    pub fn tried(&self) -> Option<&Tried> {
        match self {
            Self::Planned => None,
            Self::Open(tried)
            | Self::Unsent { tried, .. }
            | Self::Started { tried, .. }
            | Self::Rejected { tried, .. }
            | Self::InDoubt { tried, .. } => Some(tried),
        }
    }

    /// Whether the launch may be sent: nothing of it exists on the server, surely.
    #[must_use]
    pub fn may_be_sent(&self) -> bool {
        match self {
            Self::Planned | Self::Unsent { .. } => true,
            Self::Open(_) | Self::Started { .. } | Self::Rejected { .. } | Self::InDoubt { .. } => false,
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
        }
    }
}

/// What is known after `event`.
///
/// Errors: [`IllegalEvent`] where the event cannot follow: an outcome without its intent, or a second intent while
/// the launch may not be sent. Live, that is our bug; on recovery, damage.
pub fn fold(state: LaunchState, event: LaunchEvent) -> Result<LaunchState, IllegalEvent> {
    let illegal = IllegalEvent { state: state.name(), event: event.name(), attempt: event.attempt() };
    match event {
        LaunchEvent::Intended(intent) => {
            if !state.may_be_sent() || intent.attempt != state.next_attempt() {
                return Err(illegal);
            }
            let sent = state.tried().map_or(0, |tried| tried.sent) + 1;
            Ok(LaunchState::Open(Tried { intent, sent }))
        }
        LaunchEvent::Ended { attempt, end } => match state {
            LaunchState::Open(tried) if tried.intent.attempt == attempt => Ok(close(tried, end)),
            LaunchState::Planned
            | LaunchState::Open(_)
            | LaunchState::Unsent { .. }
            | LaunchState::Started { .. }
            | LaunchState::Rejected { .. }
            | LaunchState::InDoubt { .. } => Err(illegal),
        },
    }
}

fn close(tried: Tried, end: AttemptEnd) -> LaunchState {
    match end {
        AttemptEnd::Expired => LaunchState::Unsent { tried: Tried { sent: tried.sent - 1, ..tried }, why: None },
        AttemptEnd::Unsent(why) => LaunchState::Unsent { tried, why: Some(why) },
        AttemptEnd::Started(jobs) => LaunchState::Started { tried, jobs },
        AttemptEnd::Rejected(error) => LaunchState::Rejected { tried, error },
        AttemptEnd::Doubted(why) => LaunchState::InDoubt { tried, why },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Digest, FolderId, FolderRef, JobId, LaunchId, Reference, ReleaseKey, RunId};
    use expect_test::{Expect, expect};

    fn intent(attempt: u32, expected: Expected) -> LaunchEvent {
        let launch = LaunchId::from("load");
        LaunchEvent::Intended(Intent {
            attempt: AttemptNo(attempt),
            reference: Reference::new(None, RunId::from_bytes([1; 16]), &launch),
            launch,
            folder: FolderRef::Id(FolderId(7)),
            release: ReleaseKey(uuid::Uuid::nil()),
            expected,
            body_digest: Digest::of(b"{}"),
            not_before: crate::clock::Timestamp::UNIX_EPOCH,
            not_after: crate::clock::Timestamp::UNIX_EPOCH,
        })
    }

    fn ended(attempt: u32, end: AttemptEnd) -> LaunchEvent {
        LaunchEvent::Ended { attempt: AttemptNo(attempt), end }
    }

    fn started(attempt: u32, count: i64) -> LaunchEvent {
        let job = |id| StartedJob { id: JobId(id), ..StartedJob::default() };
        ended(attempt, AttemptEnd::Started((1..=count).map(job).collect()))
    }

    fn unsent(attempt: u32) -> LaunchEvent {
        ended(attempt, AttemptEnd::Unsent("connection refused".to_owned()))
    }

    #[track_caller]
    fn check(events: impl IntoIterator<Item = LaunchEvent>, expected: Expect) {
        let folded = events.into_iter().try_fold(LaunchState::default(), fold);
        let text = match folded {
            Ok(state) => {
                let sent = state.tried().map_or(0, |tried| tried.sent);
                format!("{}, {sent} sent, verdict {}", state.name(), state.verdict().as_str())
            }
            Err(illegal) => format!("illegal: {illegal}"),
        };
        expected.assert_eq(&text);
    }

    #[test]
    fn events_fold_to_states() {
        let two = Expected::Exactly(2);
        check([], expect!["planned, 0 sent, verdict not-sent"]);
        check([intent(1, two)], expect!["open, 1 sent, verdict unknown"]);
        check([intent(1, two), started(1, 2)], expect!["started, 1 sent, verdict started"]);
        check([intent(1, two), started(1, 1)], expect!["started, 1 sent, verdict partial"]);
        check([intent(1, two), started(1, 3)], expect!["started, 1 sent, verdict duplicate"]);
        check([intent(1, Expected::AtLeastOne), started(1, 3)], expect!["started, 1 sent, verdict started"]);
        check([intent(1, two), unsent(1)], expect!["unsent, 1 sent, verdict not-sent"]);
        check([intent(1, two), unsent(1), intent(2, two)], expect!["open, 2 sent, verdict unknown"]);
        check([intent(1, two), ended(1, AttemptEnd::Expired)], expect!["unsent, 0 sent, verdict not-sent"]);
        check(
            [intent(1, two), ended(1, AttemptEnd::Rejected(ServerError::default()))],
            expect!["rejected, 1 sent, verdict rejected"],
        );
        check(
            [intent(1, two), ended(1, AttemptEnd::Doubted("connection reset".to_owned()))],
            expect!["in-doubt, 1 sent, verdict unknown"],
        );
    }

    #[test]
    fn what_cannot_follow_is_refused() {
        let one = Expected::Exactly(1);
        let doubted = || ended(1, AttemptEnd::Doubted("reset".to_owned()));
        check([started(1, 1)], expect!["illegal: event `started` of attempt 1 cannot follow `planned`"]);
        check([intent(2, one)], expect!["illegal: event `intended` of attempt 2 cannot follow `planned`"]);
        check([intent(1, one), intent(2, one)], expect!["illegal: event `intended` of attempt 2 cannot follow `open`"]);
        check([intent(1, one), started(2, 1)], expect!["illegal: event `started` of attempt 2 cannot follow `open`"]);
        check(
            [intent(1, one), doubted(), intent(2, one)],
            expect!["illegal: event `intended` of attempt 2 cannot follow `in-doubt`"],
        );
        check(
            [intent(1, one), started(1, 1), intent(2, one)],
            expect!["illegal: event `intended` of attempt 2 cannot follow `started`"],
        );
    }
}
