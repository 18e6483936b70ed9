//! What is kept of each launch for the charts: small, since there may be a hundred thousand.
//!
//! In: a launch. Out: its times by our clock, and what came of it in one word. Never: text.

use super::words::moment;
use crate::ledger::state::Verdict;
use crate::ledger::story::StepKind;
use crate::outcome::JobOutcome;
use crate::report::{LaunchReport, RobotJobReport};

/// What came of a launch, as a colour tells it. Its word always stands beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tone {
    /// As it should.
    Good,
    /// Its robot jobs wait, or were not over in time, or are gone.
    Open,
    /// It failed.
    Bad,
    /// Nobody knows, or the count of its robot jobs is wrong.
    Doubt,
    /// Nothing of it was sent.
    Idle,
}

impl Tone {
    /// All of them, in the order in which they stand in a chart, from below.
    pub(crate) const ALL: [Self; 5] = [Self::Good, Self::Open, Self::Bad, Self::Doubt, Self::Idle];

    /// Its class in the style sheet.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Open => "open",
            Self::Bad => "bad",
            Self::Doubt => "doubt",
            Self::Idle => "idle",
        }
    }

    /// What it stands for in a legend.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Good => "started or successful",
            Self::Open => "suspended, late or gone",
            Self::Bad => "faulted, stopped or rejected",
            Self::Doubt => "unknown, partial or duplicate",
            Self::Idle => "not sent or skipped",
        }
    }

    /// The same in one word, for the head of a column.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Open => "open",
            Self::Bad => "failed",
            Self::Doubt => "in doubt",
            Self::Idle => "not sent",
        }
    }

    /// The tone of how a robot job ended.
    pub(super) fn of_outcome(outcome: JobOutcome) -> Self {
        match outcome {
            JobOutcome::Successful => Self::Good,
            JobOutcome::Suspended | JobOutcome::Late | JobOutcome::Gone => Self::Open,
            JobOutcome::Faulted | JobOutcome::Stopped => Self::Bad,
        }
    }

    /// The tone of a launch.
    pub(crate) fn of(launch: &LaunchReport) -> Self {
        match (launch.verdict, launch.outcome) {
            (Verdict::Started, None) => Self::Good,
            (Verdict::Started, Some(outcome)) => Self::of_outcome(outcome),
            (Verdict::Rejected, _) => Self::Bad,
            (Verdict::Unknown | Verdict::Partial | Verdict::Duplicate, _) => Self::Doubt,
            (Verdict::Skipped | Verdict::NotSent, _) => Self::Idle,
        }
    }
}

/// A launch in a chart. Times are milliseconds since 1970 by our clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LaunchFact {
    /// The number of its job.
    pub(crate) job: u32,
    /// What came of it.
    pub(crate) tone: Tone,
    /// When it was first sent.
    pub(crate) sent: Option<i64>,
    /// When it was known what came of that.
    pub(crate) answered: Option<i64>,
    /// Whether its answer was lost, whatever was found later.
    pub(crate) is_doubted: bool,
    /// When the first of its robot jobs began to run.
    pub(crate) began: Option<i64>,
    /// When the last of them was over.
    pub(crate) over: Option<i64>,
}

impl LaunchFact {
    /// What is kept of `launch`, of the job with this number. The server's clocks for robot jobs and answers are
    /// `clocks_apart_ms` apart.
    pub(crate) fn of(launch: &LaunchReport, job: u32, clocks_apart_ms: i64) -> Self {
        let ahead = launch.trace.server_ahead_ms.unwrap_or_default().saturating_add(clocks_apart_ms);
        let ours = |text: &Option<String>| text.as_deref().and_then(moment).map(|at| at.saturating_sub(ahead));
        let jobs = || launch.every_robot_job();
        let is_over = jobs().next().is_some() && jobs().all(|job| job.end_time.is_some());
        Self {
            job,
            tone: Tone::of(launch),
            sent: launch.sent.as_deref().and_then(moment),
            answered: launch.answered.as_deref().and_then(moment),
            is_doubted: launch.story.iter().any(|step| matches!(step.step, StepKind::Lost | StepKind::CutOff)),
            began: jobs().filter_map(|job| ours(&job.start_time)).min(),
            over: jobs().filter_map(|job| ours(&job.end_time)).max().filter(|_| is_over),
        }
    }

    /// When each robot job of `launch` ran, by our clock, where it had retries: one bar would hide which of them did the work.
    pub(super) fn runs(launch: &LaunchReport, clocks_apart_ms: i64) -> Vec<RobotJobRun> {
        if launch.retries.is_empty() {
            return Vec::new();
        }
        let ahead = launch.trace.server_ahead_ms.unwrap_or_default().saturating_add(clocks_apart_ms);
        let ours = |text: &Option<String>| text.as_deref().and_then(moment).map(|at| at.saturating_sub(ahead));
        let run = |job: &RobotJobReport| {
            let to = ours(&job.end_time);
            // What never ran is a mark where it ended.
            let from = ours(&job.start_time).or(to)?;
            Some(RobotJobRun { tone: job.outcome.map_or(Tone::Open, Tone::of_outcome), from, to })
        };
        launch.every_robot_job().filter_map(run).collect()
    }

    /// The last moment that is known of it.
    pub(crate) fn last(&self) -> Option<i64> {
        [self.over, self.began, self.answered, self.sent].into_iter().flatten().max()
    }
}

/// When one robot job ran, in milliseconds since 1970 by our clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RobotJobRun {
    pub(super) tone: Tone,
    pub(super) from: i64,
    /// `None` while it is not over.
    pub(super) to: Option<i64>,
}

/// How long a robot job ran, in milliseconds, by the server's clock alone.
pub(crate) fn ran_for(job: &RobotJobReport) -> Option<i64> {
    let at = |text: &Option<String>| text.as_deref().and_then(moment);
    Some(at(&job.end_time)?.saturating_sub(at(&job.start_time)?)).filter(|span| *span >= 0)
}

/// What came of a launch, in one word.
pub(crate) fn word(launch: &LaunchReport) -> &'static str {
    use crate::words::Words as _;
    match launch.outcome {
        Some(outcome) if launch.verdict == Verdict::Started => outcome.word(),
        Some(_) | None => launch.verdict.as_str(),
    }
}
