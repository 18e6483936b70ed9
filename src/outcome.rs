//! How a robot job ended, and why: the words that ledger, waiting, formats and reports share.
//!
//! In: nothing. Out: [`JobOutcome`], [`FaultClass`], [`JobNote`]; [`JobEnd`], which is all that is kept of an end; and what
//! a policy came to, a [`Judgement`]. Never: decides any of it; that is `wait`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::ids::JobId;
use crate::secret::Redactor;
use crate::words::words;

words! {
    /// How a robot job ended, as far as a run waited for it. Source: `docs/glossary.md`.
    #[derive(PartialOrd, Ord, Hash)]
    pub enum JobOutcome {
        /// The robot job ended well.
        Successful = "successful",
        /// It waits for a person or another process, and the run waits no longer (`until: suspended`).
        Suspended = "suspended",
        /// It failed to start, or with an error.
        Faulted = "faulted",
        /// It was stopped or killed.
        Stopped = "stopped",
        /// It was not over in time.
        Late = "late",
        /// The server does not have it any more.
        Gone = "gone",
    }
}

impl JobOutcome {
    /// Whether nothing comes after it: a later look at the server changes nothing.
    #[must_use]
    pub fn is_final(self) -> bool {
        match self {
            Self::Successful | Self::Faulted | Self::Stopped | Self::Gone => true,
            Self::Suspended | Self::Late => false,
        }
    }
}

words! {
    /// Why a robot job faulted, as far as it matters for retries and readers. Source: `docs/waiting.md`.
    #[derive(PartialOrd, Ord, Hash)]
    pub enum FaultClass {
        /// The robot never began: logon, executor, workstation in use. Nothing was done.
        Session = "session",
        /// No robot or machine was free, or none is there.
        Capacity = "capacity",
        /// A licence or a quota is used up.
        Quota = "quota",
        /// It ran too long and was ended.
        TimeLimit = "time-limit",
        /// It died in the middle, with its host, service or connection. Part of the work may be done.
        Platform = "platform",
        /// The work is done, but its result could not be handed back.
        ResultLost = "result-lost",
        /// The workflow itself said that the case cannot be worked on.
        Business = "business",
        /// The workflow failed.
        Application = "application",
        /// No rule knows it.
        Unclassified = "unclassified",
    }
}

/// Something worth knowing beside an outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "kebab-case")]
pub enum JobNote {
    /// `SubState` `MANUALLY`: a person stopped it.
    StoppedByHand,
    /// `SubState` `WITH_FAULTS`: it ended well, with faults on its way.
    WithFaults,
    /// It ran another version than was planned.
    OtherVersion {
        /// The version that ran.
        ran: String,
        /// The version that was current when it was launched.
        planned: String,
    },
    /// It began again after it had run: a robot repeats what ran when its host crashed.
    RanAgain,
    /// It was successful without the outputs that its release declares.
    NoOutput,
}

impl fmt::Display for JobNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StoppedByHand => f.write_str("stopped by hand"),
            Self::WithFaults => f.write_str("with faults"),
            Self::OtherVersion { ran, planned } => write!(f, "version {ran} ran, {planned} was planned"),
            Self::RanAgain => f.write_str("ran again"),
            Self::NoOutput => f.write_str("no output"),
        }
    }
}

/// What the server says of a fault. Source: Orchestrator OpenAPI, `JobErrorDto`; every field may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct JobError {
    /// `code`.
    pub code: Option<String>,
    /// `title`.
    pub title: Option<String>,
    /// `detail`: free text.
    pub detail: Option<String>,
    /// `category`: `User` where the workflow itself raised it.
    pub category: Option<String>,
}

/// A line of a robot's log. Source: Orchestrator OpenAPI, `LogDto`; every field may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LogLine {
    /// `TimeStamp`, the server's text.
    pub at: Option<String>,
    /// `Level`: `Error` or `Fatal`.
    pub level: Option<String>,
    /// `Message`: free text of the workflow.
    pub text: String,
}

/// A robot job that was seen to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct BegunJob {
    /// The robot job.
    pub job: JobId,
    /// `StartTime`; `None` if it ran and showed none.
    pub start: Option<Timestamp>,
}

/// How a robot job ended, with what was last seen of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct JobEnd {
    /// The robot job.
    pub job: JobId,
    /// How it ended.
    pub outcome: JobOutcome,
    /// `State` as last seen.
    pub state: Option<String>,
    /// `SubState`.
    pub sub_state: Option<String>,
    /// `StartTime`, the server's text.
    pub start_time: Option<String>,
    /// `EndTime`, the server's text.
    pub end_time: Option<String>,
    /// `Info`: free text of the server, or why the run waits no longer.
    pub info: Option<String>,
    /// `OutputArguments`, the server's text; `None` where it was not asked for.
    pub output: Option<String>,
    /// `JobError`.
    pub error: Option<JobError>,
    /// Why it faulted, where it did.
    pub class: Option<FaultClass>,
    /// What is worth knowing beside that.
    pub notes: Vec<JobNote>,
    /// The last errors that its robot logged, the latest last; read afterwards, and only of some that faulted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<LogLine>,
}

impl JobEnd {
    /// The `info` of an end whose details could not be had.
    pub const DETAILS_UNREAD: &'static str = "its details could not be read";

    /// Whether it ended well, and what it gave could not be read: it may have outputs.
    #[must_use]
    pub fn lacks_output(&self) -> bool {
        self.outcome == JobOutcome::Successful
            && self.output.is_none()
            && self.info.as_deref() == Some(Self::DETAILS_UNREAD)
    }

    /// An end of which nothing more is known.
    #[must_use]
    pub fn new(job: JobId, outcome: JobOutcome) -> Self {
        Self {
            job,
            outcome,
            state: None,
            sub_state: None,
            start_time: None,
            end_time: None,
            info: None,
            output: None,
            error: None,
            class: None,
            notes: Vec::new(),
            log: Vec::new(),
        }
    }
}

/// What an outcome policy came to when the run ended, with its arithmetic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Judgement {
    /// The job of the manifest whose own policy it is; null for the manifest's.
    pub job: Option<String>,
    /// The run whose policy it is, in a report of several that are each judged by their own; else left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// How many launches it was held against: those that were waited for.
    pub launches: u32,
    /// How many of them failed, by the words of `fail-on`; what it does not name is not here.
    pub failed: BTreeMap<String, u32>,
    /// What is tolerated, as the manifest says it: `1%` or `5`.
    pub tolerate: String,
    /// How many failures that is.
    pub tolerated: u32,
    /// Whether no more failed than are tolerated.
    pub is_met: bool,
}

impl Judgement {
    /// All that failed.
    #[must_use]
    pub fn all_failed(&self) -> u32 {
        self.failed.values().sum()
    }
}

impl fmt::Display for Judgement {
    /// `3 of 200 launches failed (2 faulted, 1 late), 1% (2) tolerated: not met`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { job, run, launches, tolerate, tolerated, is_met, .. } = self;
        match (job, run) {
            (None, None) => {}
            (Some(job), None) => write!(f, "job {job}: ")?,
            (None, Some(run)) => write!(f, "run {run}: ")?,
            (Some(job), Some(run)) => write!(f, "job {job} of run {run}: ")?,
        }
        write!(f, "{} of {launches} launches failed", self.all_failed())?;
        let parts = self.failed.iter().filter(|(_, count)| **count > 0);
        let parts: Vec<String> = parts.map(|(word, count)| format!("{count} {word}")).collect();
        if !parts.is_empty() {
            write!(f, " ({})", parts.join(", "))?;
        }
        let share = if tolerate.ends_with('%') { format!("{tolerate} ({tolerated})") } else { tolerate.clone() };
        let met = if *is_met { "met" } else { "not met" };
        write!(f, ", {share} tolerated: {met}")
    }
}

impl LogLine {
    /// Masks secrets that the workflow wrote here.
    pub fn redact(&mut self, redactor: &Redactor) {
        let Self { at, level, text } = self;
        for word in [at, level].into_iter().flatten() {
            if let Cow::Owned(masked) = redactor.redact_word(word) {
                *word = masked;
            }
        }
        if let Cow::Owned(masked) = redactor.redact(text) {
            *text = masked;
        }
    }
}

impl JobError {
    /// Masks secrets that the server repeated here.
    pub fn redact(&mut self, redactor: &Redactor) {
        let Self { code, title, detail, category } = self;
        for text in [code, title, detail, category] {
            if let Some(Cow::Owned(masked)) = text.as_deref().map(|text| redactor.redact(text)) {
                *text = Some(masked);
            }
        }
    }
}
