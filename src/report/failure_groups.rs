//! What several formats show of a run's launches: those that want the same of the reader stand together, those that failed
//! first, grouped by fault class and message; and what to do next.
//!
//! In: launches as they come by. Out: groups, each with the first of its launches, and advice. Never: writes. Kept
//! meanwhile: a few launches of each group, so that a report of any length needs little memory.

use std::collections::HashMap;

use super::head::Head;
use super::launch::LaunchReport;
use super::next_steps::{Advice, OpenLaunches, robot_jobs};
use super::retry::RetryReport;
use super::robot_job::ErrorReport;
use crate::ledger::state::Verdict;
use crate::ledger::totals::Totals;
use crate::outcome::{FaultClass, JobOutcome};
use crate::words::Words as _;

mod section;

pub(crate) use section::Section;
pub(super) use section::{SectionTone, rows_in_words};

/// Maximum groups that are told apart; what comes later with another message is counted together.
const MAX_GROUPS: usize = 50;

/// Maximum length of a group's message, in characters.
const MAX_MESSAGE: usize = 400;

/// Stands for the messages of all groups beyond [`MAX_GROUPS`].
const OTHER_MESSAGES: &str = "with other messages; the JSON report has them";

/// Launches by what they want of the reader. Of the first of each group, `T` is kept.
#[derive(Debug)]
pub(crate) struct FailureGroups<T> {
    /// How many launches of a section are kept for each of its groups.
    max_named: fn(Section) -> usize,
    groups: Vec<FailureGroup<T>>,
    index_by_key: HashMap<(Section, Option<FaultClass>, String), usize>,
    open: OpenLaunches,
    /// The fewest and the most sendings of a launch that was given up.
    tries: Option<(u32, u32)>,
    retries: Totals,
}

/// Launches of one section with one message.
#[derive(Debug)]
pub(crate) struct FailureGroup<T> {
    section: Section,
    /// Why their robot jobs faulted, where one did.
    pub(super) class: Option<FaultClass>,
    /// What was said, foreign and not escaped; empty where nothing was.
    pub(super) message: String,
    pub(super) launches: usize,
    /// The first of them.
    pub(super) named: Vec<T>,
}

impl<T> FailureGroups<T> {
    /// No launch yet; `max_named` of a section's launches are kept for each of its groups.
    pub(crate) fn new(max_named: fn(Section) -> usize) -> Self {
        Self {
            max_named,
            groups: Vec::new(),
            index_by_key: HashMap::new(),
            open: OpenLaunches::default(),
            tries: None,
            retries: Totals::default(),
        }
    }

    /// Adds a launch; `facts` of it are asked for where they are kept. A retry that somebody must deal with stands beside the
    /// launches, by its own id.
    pub(crate) fn add(&mut self, launch: &LaunchReport, facts: impl Fn(Section, &LaunchReport) -> T) {
        self.add_one(Section::of(launch), launch, &facts);
        for retry in &launch.retries {
            self.retries.count(retry.verdict);
            match retry.verdict {
                Verdict::Unknown | Verdict::Partial | Verdict::Duplicate => {
                    let retry = launch.of_retry(retry);
                    self.add_one(Section::of(&retry), &retry, &facts);
                }
                Verdict::NotSent => {
                    self.open.unsent_retries += 1;
                    let waiting = LaunchReport { error: waits_until(retry), ..launch.of_retry(retry) };
                    self.add_one(Section::Again, &waiting, &facts);
                }
                Verdict::Started | Verdict::Rejected | Verdict::Skipped => {}
            }
        }
    }

    fn add_one(&mut self, section: Section, launch: &LaunchReport, facts: impl Fn(Section, &LaunchReport) -> T) {
        let max_named = (self.max_named)(section);
        let (class, message) = why_in(section, launch);
        let group = self.group(section, class, message);
        group.launches += 1;
        if group.named.len() < max_named {
            group.named.push(facts(section, launch));
        }
        self.note_open(section, launch);
    }

    /// The retries of all launches by verdict.
    pub(super) fn retries(&self) -> Totals {
        self.retries
    }

    /// The sections that have launches, with their groups: what needs somebody first; in a section, the largest group first.
    pub(super) fn sections(&self) -> impl Iterator<Item = (Section, Vec<&FailureGroup<T>>)> {
        Section::WORST_FIRST.into_iter().filter_map(|section| {
            let mut groups: Vec<_> = self.groups.iter().filter(|group| group.section == section).collect();
            // What has no message of its own tells least.
            groups.sort_by_key(|group| (group.message == OTHER_MESSAGES, std::cmp::Reverse(group.launches)));
            (!groups.is_empty()).then_some((section, groups))
        })
    }

    /// The title of one of its sections.
    pub(super) fn title(&self, section: Section) -> String {
        section.title(self.tries)
    }

    /// What to do next, in this order.
    pub(crate) fn next_steps(&self, head: &Head) -> Vec<Advice> {
        self.open.next_steps(head)
    }

    fn group(&mut self, section: Section, class: Option<FaultClass>, message: String) -> &mut FailureGroup<T> {
        let mut key = (section, class, message);
        if !self.index_by_key.contains_key(&key) && self.groups.len() >= MAX_GROUPS {
            key = (section, None, OTHER_MESSAGES.to_owned());
        }
        let index = *self.index_by_key.entry(key.clone()).or_insert_with(|| {
            let (_, class, message) = key;
            self.groups.push(FailureGroup { section, class, message, launches: 0, named: Vec::new() });
            self.groups.len() - 1
        });
        &mut self.groups[index]
    }

    fn note_open(&mut self, section: Section, launch: &LaunchReport) {
        match section {
            Section::Unknown => {
                self.open.unknown.add(launch);
                self.open.look_into(launch);
            }
            Section::Held => self.open.held.add(launch),
            Section::GivenUp => {
                self.open.given_up.add(launch);
                let (fewest, most) = self.tries.unwrap_or((launch.attempts, launch.attempts));
                self.tries = Some((fewest.min(launch.attempts), most.max(launch.attempts)));
            }
            Section::Partial => {
                self.open.partial.add(launch);
                self.open.look_into(launch);
            }
            Section::Duplicate => {
                self.open.duplicate.add(launch);
                self.open.look_into(launch);
            }
            // What is started again by itself is no business of a rerun.
            Section::Ended(outcome) if !launch.has_open_retry() => self.open.ended(outcome),
            Section::Started
            | Section::Ended(_)
            | Section::Skipped
            | Section::Closed(_)
            | Section::NotSent
            | Section::Again
            | Section::Rejected
            | Section::Unmade => {}
        }
    }
}

impl<T> FailureGroup<T> {
    /// Its fault class and its message as one text: `session: Could not start executor.`; empty where there is neither.
    pub(super) fn words(&self) -> String {
        match self.class {
            Some(class) if self.message.is_empty() => class.word().to_owned(),
            Some(class) => format!("{}: {}", class.word(), self.message),
            None => self.message.clone(),
        }
    }
}

/// Why a launch is what it is: the class of its robot jobs' fault, where one faulted, and what was said, in one line and
/// not too long; empty where its section says all.
pub(super) fn why(launch: &LaunchReport) -> (Option<FaultClass>, String) {
    why_in(Section::of(launch), launch)
}

/// How many robot jobs of how many, and which of them decided where there were retries: `1 of 1 robot jobs: 160863; at last
/// 160901`.
pub(super) fn jobs_in_words(launch: &LaunchReport) -> String {
    let words = robot_jobs(launch);
    match launch.deciding_robot_job().filter(|_| !launch.retries.is_empty()) {
        Some(job) if launch.robot_jobs.iter().all(|first| first.id != job.id) => format!("{words}; at last {}", job.id),
        Some(_) | None => words,
    }
}

/// When a retry that waits is sent, in the place of an error.
fn waits_until(retry: &RetryReport) -> Option<ErrorReport> {
    let message = format!("it is not sent before {}", retry.due.as_ref()?);
    Some(ErrorReport { status: None, code: None, message, trace_id: None })
}

fn why_in(section: Section, launch: &LaunchReport) -> (Option<FaultClass>, String) {
    match section {
        Section::Ended(outcome) => fault(launch, outcome),
        Section::Started => (None, String::new()),
        Section::Skipped
        | Section::Closed(_)
        | Section::NotSent
        | Section::Again
        | Section::Rejected
        | Section::Unmade
        | Section::Partial
        | Section::Duplicate
        | Section::GivenUp
        | Section::Held
        | Section::Unknown => (None, launch.error.as_ref().map(words).unwrap_or_default()),
    }
}

/// Why robot jobs of a launch ended so, the last retries before others: the class of the fault, and the first line of what
/// the server says of it.
fn fault(launch: &LaunchReport, outcome: JobOutcome) -> (Option<FaultClass>, String) {
    let retried = launch.retries.iter().rev().flat_map(|retry| &retry.robot_jobs);
    let job = retried.chain(&launch.robot_jobs).find(|job| job.outcome == Some(outcome));
    let Some(job) = job.filter(|_| outcome != JobOutcome::Successful) else { return (None, String::new()) };
    let said = job.info.as_deref().or_else(|| job.fault.as_ref()?.detail.as_deref()).unwrap_or_default();
    let said = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    (job.class, shortened(said.to_owned()))
}

/// `409/2818: text`, `409: text` or the text alone.
fn words(error: &ErrorReport) -> String {
    let mut text = match (error.status, error.code) {
        (Some(status), Some(code)) => format!("{status}/{code}: "),
        (Some(status), None) => format!("{status}: "),
        (None, _) => String::new(),
    };
    text.push_str(&error.message);
    shortened(text)
}

/// The text, not too long.
fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(MAX_MESSAGE) {
        text.truncate(end);
        text.push_str(" ...");
    }
    text
}
