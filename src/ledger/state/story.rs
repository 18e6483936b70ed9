//! What happened to a launch, and when, as a report tells it.
//!
//! In: a launch's events in the order in which they were appended. Out: a [`LaunchStory`]: its state, and the steps that
//! led there, each with its moment. Never: decides what may follow what; that is `ledger/state.rs`.

use super::{IllegalEvent, LaunchState, fold};
use crate::clock::Timestamp;
use crate::ids::AttemptNo;
use crate::ledger::event::{AttemptEnd, Declaration, Finding, Hold, LaunchEvent, Record};
use crate::words::words;

/// A launch with what happened to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaunchStory {
    /// What is known of it in the end.
    pub state: LaunchState,
    /// What happened, in the order in which it was recorded.
    pub steps: Vec<StoryStep>,
}

/// One thing that happened to a launch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryStep {
    /// When, UTC.
    pub at: Timestamp,
    /// The sending that it is about; the first where it is about none.
    pub attempt: AttemptNo,
    /// What.
    pub kind: StepKind,
    /// How many robot jobs it is about; 0 where it is about none.
    pub robot_jobs: u32,
    /// Why, where that was told; redacted when it was recorded.
    pub why: Option<String>,
}

words! {
    /// What may happen to a launch.
    #[derive(PartialOrd, Ord)]
    pub enum StepKind {
        /// It was sent: no byte left before.
        Sent = "sent",
        /// The answer named its robot jobs.
        Answered = "answered",
        /// It surely started nothing, and may be sent again.
        NotStarted = "not-started",
        /// The server refused it, finally.
        Refused = "refused",
        /// The answer was lost: nobody can tell whether something was started.
        Lost = "lost",
        /// The process that sent it was found to be gone, and no answer was recorded.
        CutOff = "cut-off",
        /// The server's list showed its robot jobs: all that there will be.
        Found = "found",
        /// The server's list proved that nothing of it was started.
        Absent = "absent",
        /// Nothing of it was started, and only a person may let it be sent again.
        Held = "held",
        /// The server's list did not tell.
        Undecided = "undecided",
        /// A person said how it is.
        Declared = "declared",
        /// Its robot jobs were counted once more.
        Counted = "counted",
        /// Robot jobs of it were over.
        Ended = "ended",
        /// It was left out for good.
        LeftOut = "left-out",
        /// It is to be sent in place of a robot job that faulted.
        Decided = "decided",
    }
}

impl StepKind {
    /// Whether a launch that it happened to has a story that is worth telling: not just sent, answered and over.
    #[must_use]
    pub fn is_notable(self) -> bool {
        match self {
            Self::Sent | Self::Answered | Self::Refused | Self::Ended | Self::LeftOut | Self::Decided => false,
            Self::NotStarted
            | Self::Lost
            | Self::CutOff
            | Self::Found
            | Self::Absent
            | Self::Held
            | Self::Undecided
            | Self::Declared
            | Self::Counted => true,
        }
    }
}

/// What events of a launch are folded into, one after the other.
pub(in crate::ledger) trait TakeRecord: Default {
    /// Takes the next one. Errors: it cannot follow.
    fn take(&mut self, record: Record) -> Result<(), IllegalEvent>;
}

impl TakeRecord for LaunchState {
    fn take(&mut self, record: Record) -> Result<(), IllegalEvent> {
        *self = fold(std::mem::take(self), record.event)?;
        Ok(())
    }
}

impl TakeRecord for LaunchStory {
    fn take(&mut self, record: Record) -> Result<(), IllegalEvent> {
        self.add(record)
    }
}

impl LaunchStory {
    /// Takes the next event. Errors: it cannot follow.
    pub fn add(&mut self, record: Record) -> Result<(), IllegalEvent> {
        self.note(&record);
        TakeRecord::take(&mut self.state, record)
    }

    fn note(&mut self, record: &Record) {
        let attempt = record.event.attempt();
        let (at, kind, robot_jobs, why) = match &record.event {
            // The event comes before the bytes.
            LaunchEvent::Intended(intent) => (intent.not_before.max(record.at), StepKind::Sent, 0, None),
            LaunchEvent::Ended { end: AttemptEnd::Expired, .. } => {
                // No byte had left.
                if self.steps.last().is_some_and(|step| step.kind == StepKind::Sent && step.attempt == attempt) {
                    self.steps.pop();
                }
                return;
            }
            LaunchEvent::Ended { end, .. } => {
                let (kind, count, why) = of_end(end);
                (record.at, kind, count, why)
            }
            LaunchEvent::Orphaned { .. } => (record.at, StepKind::CutOff, 0, None),
            LaunchEvent::Settled { finding, .. } => {
                let (kind, count, why) = of_finding(finding);
                (record.at, kind, count, why)
            }
            LaunchEvent::Declared { answer, .. } => {
                (record.at, StepKind::Declared, 0, Some(of_declaration(*answer).to_owned()))
            }
            LaunchEvent::Adopted { jobs, .. } => (record.at, StepKind::Found, count(jobs.len()), None),
            LaunchEvent::Recounted { jobs, .. } => (record.at, StepKind::Counted, count(jobs.len()), None),
            LaunchEvent::JobsEnded { ends, .. } => {
                let over = count(ends.len());
                // One step for all of them, however many commits they took.
                if let Some(last) = self.steps.last_mut().filter(|step| step.kind == StepKind::Ended) {
                    (last.at, last.robot_jobs) = (record.at, last.robot_jobs + over);
                    return;
                }
                (record.at, StepKind::Ended, over, None)
            }
            // What is known of a robot job is told with it.
            LaunchEvent::RobotLog { .. } | LaunchEvent::JobNotes { .. } | LaunchEvent::JobsBegan { .. } => return,
            LaunchEvent::StartedElsewhere { by, .. } => {
                (record.at, StepKind::LeftOut, 0, Some(format!("run {by} has it")))
            }
            LaunchEvent::LeftOut { cause: _, why } => (record.at, StepKind::LeftOut, 0, Some(why.clone())),
            LaunchEvent::RetryDecided(_) => (record.at, StepKind::Decided, 0, None),
        };
        self.steps.push(StoryStep { at, attempt, kind, robot_jobs, why });
    }
}

fn of_end(end: &AttemptEnd) -> (StepKind, u32, Option<String>) {
    match end {
        AttemptEnd::Expired => (StepKind::NotStarted, 0, None),
        AttemptEnd::Unsent(why) => (StepKind::NotStarted, 0, Some(why.clone())),
        AttemptEnd::Started(jobs) => (StepKind::Answered, count(jobs.len()), None),
        AttemptEnd::Rejected(error) => (StepKind::Refused, 0, Some(error.message.clone())),
        AttemptEnd::Doubted(doubt) if doubt.refusal.is_some() => (StepKind::Refused, 0, Some(doubt.why.clone())),
        AttemptEnd::Doubted(doubt) => (StepKind::Lost, 0, Some(doubt.why.clone())),
    }
}

fn of_finding(finding: &Finding) -> (StepKind, u32, Option<String>) {
    match finding {
        Finding::Found(jobs) => (StepKind::Found, count(jobs.len()), None),
        Finding::Absent => (StepKind::Absent, 0, None),
        Finding::Held(Hold::Asked) => (StepKind::Held, 0, Some("as `on-ambiguous: hold` asks".to_owned())),
        Finding::Held(Hold::Exhausted) => (StepKind::Held, 0, Some("it was sent as often as may be".to_owned())),
        Finding::Undecided(why) => (StepKind::Undecided, 0, Some(why.clone())),
    }
}

fn of_declaration(answer: Declaration) -> &'static str {
    match answer {
        Declaration::Started => "started",
        Declaration::Absent => "absent",
        Declaration::Partial => "partial",
        Declaration::Duplicate => "duplicate",
    }
}

fn count(jobs: usize) -> u32 {
    u32::try_from(jobs).unwrap_or(u32::MAX)
}
