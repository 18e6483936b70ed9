//! The launches that failed or are open, grouped by what they want of the reader, fault class and message.
//!
//! In: groups of launches. Out: the same in words, what needs somebody first. Never: decides what belongs together; that is
//! `report/failure_groups.rs`.

use serde::Serialize;

use super::fact::{ran_for, word};
use super::words::{counted, line, lines, moment, number, second, span};
use crate::outcome::JobOutcome;
use crate::report::failure_groups::{FailureGroups, Section, rows_in_words};
use crate::report::{LaunchReport, LogLineReport, RobotJobReport};
use crate::words::Words as _;

/// Maximum launches of a group that have a row.
const MAX_ROWS: usize = 20;
/// Maximum length of a message, in characters.
const MAX_MESSAGE: usize = 600;
/// Maximum length of what a robot said, in characters.
const MAX_DETAIL: usize = 2_000;
/// Maximum texts at length of a group.
const MAX_DETAILS: usize = 3;
/// Maximum lines of a robot's log, and their length, in characters.
const MAX_LOG_LINES: usize = 20;
const MAX_LOG_TEXT: usize = 500;
/// Maximum robot jobs of a launch that are named.
const MAX_JOBS: usize = 8;

/// Launches with one message, on the page.
#[derive(Debug, Serialize)]
pub(crate) struct GroupPart {
    /// The section that begins with it; empty for a group behind the first.
    what: String,
    /// How many launches the whole section has.
    of_section: String,
    tone: &'static str,
    /// What was said.
    message: String,
    /// How many launches.
    counted: String,
    /// What robots said at length of the first of them, each once.
    details: Vec<(String, String)>,
    /// The first of them.
    rows: Vec<FailureRow>,
    /// Whether any of them has robot jobs, and whether any of these ran: else a column would be empty.
    has_jobs: bool,
    has_ran: bool,
    /// The only one, which needs no table.
    alone: Option<LoneFailure>,
    /// How many more there are.
    more: String,
}

/// A launch that nobody shares the message with.
#[derive(Clone, Debug, Serialize)]
pub(super) struct LoneFailure {
    id: String,
    /// Its robot jobs, when it was sent, how long it ran, by what it is looked for.
    facts: String,
}

/// A launch that failed or is open.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FailureRow {
    id: String,
    robot_jobs: String,
    sent: String,
    ran: String,
    /// By what it is looked for on the server, where that must be done by hand.
    trace: String,
    /// What the server says of its fault at length.
    detail: String,
}

/// How many launches of a section have a row, for each of its groups.
pub(crate) fn max_rows(section: Section) -> usize {
    tone(section).map_or(0, |_| MAX_ROWS)
}

/// The groups that want something of somebody, and how many launches they have.
pub(crate) fn parts(groups: &FailureGroups<FailureRow>) -> (Vec<GroupPart>, usize) {
    let mut total = 0;
    let mut parts = Vec::new();
    for (section, of_section) in groups.sections() {
        let Some(tone) = tone(section) else { continue };
        let of_section_count: usize = of_section.iter().map(|group| group.launches).sum();
        for (index, group) in of_section.into_iter().enumerate() {
            total += group.launches;
            let more = group.launches - group.named.len();
            parts.push(GroupPart {
                what: if index == 0 { groups.title(section) } else { String::new() },
                of_section: counted(of_section_count, "launch", "launches"),
                tone,
                message: lines(&group.words(), MAX_MESSAGE),
                counted: counted(group.launches, "launch", "launches"),
                details: details(&group.named),
                has_jobs: group.named.iter().any(|row| !row.robot_jobs.is_empty()),
                has_ran: group.named.iter().any(|row| !row.ran.is_empty()),
                rows: group.named.clone(),
                alone: group.named.first().filter(|_| group.launches == 1).map(alone),
                more: if more == 0 { String::new() } else { number(more) },
            });
        }
    }
    (parts, total)
}

fn alone(row: &FailureRow) -> LoneFailure {
    let FailureRow { id, robot_jobs, sent, ran, trace, .. } = row;
    let told = |words: &str, text: &String| (!text.is_empty()).then(|| format!("{words}{text}"));
    let facts = [told("robot jobs: ", robot_jobs), told("sent ", sent), told("ran ", ran), told("", trace)];
    LoneFailure { id: id.clone(), facts: facts.into_iter().flatten().collect::<Vec<_>>().join(" · ") }
}

/// What was said at length of the first of `rows`, each once, with the launch of which it was.
fn details(rows: &[FailureRow]) -> Vec<(String, String)> {
    let mut details: Vec<(String, String)> = Vec::new();
    for row in rows.iter().filter(|row| !row.detail.is_empty()) {
        if details.len() < MAX_DETAILS && details.iter().all(|(_, known)| *known != row.detail) {
            details.push((row.id.clone(), row.detail.clone()));
        }
    }
    details
}

/// The tone of a section; `None` if it wants nothing of anybody.
fn tone(section: Section) -> Option<&'static str> {
    match section {
        Section::Started
        | Section::Skipped
        | Section::Closed(_)
        | Section::Ended(JobOutcome::Successful | JobOutcome::Suspended) => None,
        Section::Ended(JobOutcome::Faulted | JobOutcome::Stopped) | Section::Rejected | Section::Unmade => Some("bad"),
        Section::Ended(JobOutcome::Late | JobOutcome::Gone) => Some("open"),
        Section::NotSent | Section::Again => Some("idle"),
        Section::Partial | Section::Duplicate | Section::GivenUp | Section::Held | Section::Unknown => Some("doubt"),
    }
}

/// What is shown of `launch`, of this section.
pub(crate) fn row(launch: &LaunchReport, section: Section) -> FailureRow {
    let retried = launch.retries.iter().rev().flat_map(|retry| &retry.robot_jobs);
    let worst = retried.chain(&launch.robot_jobs).find(|job| job.outcome == launch.outcome);
    let worst = worst.or(launch.robot_jobs.first());
    FailureRow {
        id: line(&launch.id, 200),
        robot_jobs: robot_jobs(launch),
        sent: launch.sent.as_deref().and_then(moment).map(second).unwrap_or_default(),
        ran: worst.and_then(ran_for).map(span).unwrap_or_default(),
        trace: if tone(section) == Some("doubt") { trace(launch) } else { String::new() },
        detail: with_rows(launch, worst.map(detail).unwrap_or_default()),
    }
}

/// The rows that the launch takes, where it takes many, and then `words`.
fn with_rows(launch: &LaunchReport, words: String) -> String {
    let Some(rows) = rows_in_words(launch) else { return words };
    let rows = lines(&rows, MAX_DETAIL);
    if words.is_empty() { rows } else { format!("{rows}\n\n{words}") }
}

/// `Reference sortie-.. in folder Finance`.
pub(crate) fn trace(launch: &LaunchReport) -> String {
    let folder = launch.trace.folder.as_ref().map(|folder| format!(" in folder {}", line(&folder.to_string(), 200)));
    format!("Reference {}{}", line(&launch.reference, 200), folder.unwrap_or_default())
}

/// What the server says of a fault at length, and what the robot logged last.
fn detail(job: &RobotJobReport) -> String {
    let fault = job.fault.iter().flat_map(|fault| [&fault.title, &fault.detail, &fault.category]).flatten();
    let mut words = lines(&fault.map(String::as_str).collect::<Vec<_>>().join("\n"), MAX_DETAIL);
    if !job.log.is_empty() {
        words.push_str(if words.is_empty() { "Its log:" } else { "\n\nIts log:" });
    }
    for LogLineReport { at, level, text } in job.log.iter().take(MAX_LOG_LINES) {
        words.push('\n');
        for word in [at, level].into_iter().flatten() {
            words.push_str(&line(word, 60));
            words.push(' ');
        }
        words.push_str(&line(text, MAX_LOG_TEXT));
    }
    words
}

/// The robot jobs of a launch, with how each ended.
pub(crate) fn robot_jobs(launch: &LaunchReport) -> String {
    let all: Vec<&RobotJobReport> = launch.every_robot_job().collect();
    let shown = all.iter().take(MAX_JOBS).map(|job| {
        let state = job.outcome.map(|outcome| outcome.word().to_owned());
        let state = state.or_else(|| job.state.as_deref().map(|state| line(state, 40))).unwrap_or_default();
        if all.len() == 1 && state == word(launch) || state.is_empty() {
            job.id.to_string()
        } else {
            format!("{} {state}", job.id)
        }
    });
    let mut words = shown.collect::<Vec<_>>().join(", ");
    if all.len() > MAX_JOBS {
        words.push_str(&format!(" and {} more", all.len() - MAX_JOBS));
    }
    words
}
