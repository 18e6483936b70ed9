//! The parts of a report for people: launches that want the same of the reader stand together.
//!
//! In: a launch. Out: its part, the part's title, and the launch's line in it. Never: writes.

use serde_json::Value;

use crate::diagnostic::escape::escape;
use crate::ledger::state::Verdict;
use crate::outcome::JobOutcome;
use crate::report::forms::inert::cut;
use crate::report::next_steps::robot_jobs;
use crate::report::{LaunchReport, Reason};

/// Maximum launches of a group that the text report names; the JSON report has them all.
const MAX_NAMED: usize = 10;
/// Maximum length of a line of a robot's log, of a state or of all notes, in characters; JSON has all that was kept.
const MAX_WORDS: usize = 200;

/// Maximum keys of a launch's rows that are listed, and their length in characters.
const MAX_KEYS: usize = 100;
const MAX_KEY: usize = 40;

/// Maximum unknown launches that are named: each must be looked for by hand.
const MAX_NAMED_UNKNOWN: usize = 100;

/// A part of the report: its launches want the same of the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Section {
    /// Started, and nobody waited until its robot jobs were over.
    Started,
    /// Started, and its robot jobs ended so, at worst.
    Ended(JobOutcome),
    Skipped,
    /// Partial or duplicate, and somebody said that it is dealt with.
    Closed(Verdict),
    NotSent,
    /// A retry that waits for its time.
    Again,
    Rejected,
    /// Rejected, and never sent: what it needs gave nothing that it could be made of.
    Unmade,
    Partial,
    Duplicate,
    GivenUp,
    Held,
    Unknown,
}

/// What a part is to its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum SectionTone {
    /// Nobody needs to look at it.
    Well,
    /// It is not decided, or not done yet.
    Open,
    /// It failed.
    Bad,
}

impl Section {
    /// The order of the sections: what needs somebody first.
    pub(in crate::report) const WORST_FIRST: [Self; 19] = [
        Self::Unknown,
        Self::Held,
        Self::GivenUp,
        Self::Duplicate,
        Self::Partial,
        Self::Unmade,
        Self::Rejected,
        Self::Ended(JobOutcome::Faulted),
        Self::Ended(JobOutcome::Stopped),
        Self::Ended(JobOutcome::Gone),
        Self::Ended(JobOutcome::Late),
        Self::NotSent,
        Self::Again,
        Self::Closed(Verdict::Duplicate),
        Self::Closed(Verdict::Partial),
        Self::Skipped,
        Self::Started,
        Self::Ended(JobOutcome::Suspended),
        Self::Ended(JobOutcome::Successful),
    ];

    /// Whether nobody needs to look at its launches.
    pub(in crate::report) fn is_well(self) -> bool {
        self.tone() == SectionTone::Well
    }

    /// What it is to its reader.
    pub(in crate::report) fn tone(self) -> SectionTone {
        match self {
            Self::Started
            | Self::Ended(JobOutcome::Successful | JobOutcome::Suspended)
            | Self::Skipped
            | Self::Closed(_) => SectionTone::Well,
            Self::Ended(JobOutcome::Late | JobOutcome::Gone)
            | Self::NotSent
            | Self::Again
            | Self::GivenUp
            | Self::Held
            | Self::Unknown => SectionTone::Open,
            Self::Ended(JobOutcome::Faulted | JobOutcome::Stopped)
            | Self::Rejected
            | Self::Unmade
            | Self::Partial
            | Self::Duplicate => SectionTone::Bad,
        }
    }

    /// Where the launch belongs.
    pub(in crate::report) fn of(launch: &LaunchReport) -> Self {
        match (launch.verdict, launch.reason) {
            (Verdict::Started, _) => launch.outcome.map_or(Self::Started, Self::Ended),
            (Verdict::Rejected, _) if launch.attempts == 0 => Self::Unmade,
            (Verdict::Rejected, _) => Self::Rejected,
            (Verdict::Unknown, Some(Reason::Held)) => Self::Held,
            (Verdict::Unknown, Some(Reason::GivenUp)) => Self::GivenUp,
            (Verdict::Unknown, _) => Self::Unknown,
            (Verdict::Partial | Verdict::Duplicate, Some(Reason::Declared)) => Self::Closed(launch.verdict),
            (Verdict::Partial, _) => Self::Partial,
            (Verdict::Duplicate, _) => Self::Duplicate,
            (Verdict::Skipped, _) => Self::Skipped,
            (Verdict::NotSent, _) => Self::NotSent,
        }
    }

    /// Its title. `tries`: the fewest and the most sendings of a launch that was given up.
    pub(in crate::report) fn title(self, tries: Option<(u32, u32)>) -> String {
        match self {
            Self::Started => "Started".to_owned(),
            Self::Ended(JobOutcome::Successful) => "Successful".to_owned(),
            Self::Ended(JobOutcome::Suspended) => "Suspended".to_owned(),
            Self::Ended(JobOutcome::Faulted) => "Faulted".to_owned(),
            Self::Ended(JobOutcome::Stopped) => "Stopped".to_owned(),
            Self::Ended(JobOutcome::Late) => "Late: not over in time".to_owned(),
            Self::Ended(JobOutcome::Gone) => "Gone: the server does not have the robot job any more".to_owned(),
            Self::Skipped => "Skipped".to_owned(),
            Self::Closed(verdict) => format!("Closed: you said that it is {}", verdict.as_str()),
            Self::Again => "To be started again: retries that wait for their time".to_owned(),
            Self::NotSent => "Not sent: surely nothing was started".to_owned(),
            Self::Rejected => "Rejected: Orchestrator refused, nothing was started".to_owned(),
            Self::Unmade => "Rejected: could not be made of what it needs, nothing was sent".to_owned(),
            Self::Partial => "Partial: fewer robot jobs were started than asked for".to_owned(),
            Self::Duplicate => "Duplicate: more robot jobs were started than asked for".to_owned(),
            Self::GivenUp => match tries {
                Some((1, 1)) => "Given up after 1 try: nothing exists".to_owned(),
                Some((fewest, most)) if fewest < most => {
                    format!("Given up after {fewest} to {most} tries: nothing exists")
                }
                Some((tries, _)) => format!("Given up after {tries} tries: nothing exists"),
                None => "Given up: nothing exists".to_owned(),
            },
            Self::Held => "Held: nothing exists".to_owned(),
            Self::Unknown => "Unknown: sent, but no answer came. The robot jobs may or may not exist".to_owned(),
        }
    }

    /// How many of its launches are named.
    pub(in crate::report) fn named(self) -> usize {
        match self {
            Self::Unknown | Self::Duplicate | Self::Partial | Self::Held | Self::GivenUp => MAX_NAMED_UNKNOWN,
            Self::Started
            | Self::Ended(_)
            | Self::Rejected
            | Self::Unmade
            | Self::Skipped
            | Self::NotSent
            | Self::Again
            | Self::Closed(_) => MAX_NAMED,
        }
    }

    /// The line of one of its launches.
    pub(in crate::report) fn line(self, launch: &LaunchReport) -> String {
        let line = self.line_without_rows(launch);
        match (launch.batch_keys(), rows_in_words(launch)) {
            (Some(keys), _) if self.is_well() => format!("{line}  ({})", counted_rows(keys)),
            (_, Some(rows)) => format!("{line}\n      {rows}"),
            (_, None) => line,
        }
    }

    fn line_without_rows(self, launch: &LaunchReport) -> String {
        let id = escape(&launch.id);
        let folder = launch.trace.folder.as_ref().map(|folder| format!("  folder {}", escape(&folder.to_string())));
        let folder = folder.unwrap_or_default();
        match self {
            Self::Unknown => format!("{id}{folder}  Reference {}", escape(&launch.reference)),
            Self::Partial | Self::Duplicate => {
                format!("{id}  {}{folder}  Reference {}", robot_jobs(launch), escape(&launch.reference))
            }
            Self::Held | Self::GivenUp => id.into_owned(),
            Self::Started
            | Self::Ended(_)
            | Self::Rejected
            | Self::Unmade
            | Self::Skipped
            | Self::NotSent
            | Self::Again
            | Self::Closed(_) => {
                let line = match launch.robot_jobs.as_slice() {
                    [] => id.into_owned(),
                    [first] => {
                        let job = launch.deciding_robot_job().unwrap_or(first);
                        // Where nobody waits the state is that of the first moment, and old by now.
                        let state = job.state.as_deref().filter(|_| self != Self::Started).unwrap_or_default();
                        let state = escape(&cut(state, MAX_WORDS)).into_owned();
                        format!("{id}  robot job {} {state}", job.id).trim_end().to_owned()
                    }
                    [first, .., last] => {
                        format!("{id}  {} robot jobs, {} to {}", launch.robot_jobs.len(), first.id, last.id)
                    }
                };
                with_last_words(with_notes(line, launch), launch)
            }
        }
    }
}

/// How many rows a launch takes, and their keys; `None` where it takes one or none.
pub(in crate::report) fn rows_in_words(launch: &LaunchReport) -> Option<String> {
    launch.batch_keys().map(|keys| format!("{}: {}", counted_rows(keys), listed(keys)))
}

fn counted_rows(keys: &[Value]) -> String {
    format!("{} row{}", keys.len(), if keys.len() == 1 { "" } else { "s" })
}

/// The keys of a launch's rows, as many as are shown; JSON and CSV have all.
fn listed(keys: &[Value]) -> String {
    let text = |key: &Value| key.as_str().map_or_else(|| key.to_string(), str::to_owned);
    let shown: Vec<String> =
        keys.iter().take(MAX_KEYS).map(|key| escape(&cut(&text(key), MAX_KEY)).into_owned()).collect();
    let more = keys.len().saturating_sub(MAX_KEYS);
    format!("{}{}", shown.join(", "), if more > 0 { format!(" and {more} more") } else { String::new() })
}

/// The line, and below it the last error that a robot of the launch logged.
fn with_last_words(line: String, launch: &LaunchReport) -> String {
    let Some(last) = launch.every_robot_job().filter_map(|job| job.log.last()).last() else { return line };
    let words = last.text.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_long = words.chars().count() > MAX_WORDS;
    let shown: String = words.chars().take(MAX_WORDS).collect();
    format!("{line}\n      the robot's log: {}{}", escape(&shown), if is_long { ".." } else { "" })
}

/// The line, and behind it what is worth knowing of the launch's robot jobs, each once.
fn with_notes(line: String, launch: &LaunchReport) -> String {
    let notes = launch.notes();
    if notes.is_empty() { line } else { format!("{line}  ({})", escape(&cut(&notes, MAX_WORDS))) }
}
