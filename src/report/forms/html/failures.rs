//! The launches that failed, grouped by what failed and what was said of it.
//!
//! In: launches as they come by. Out: groups, the largest first, each with the first of its launches. Never: keeps more than a
//! few launches of a group, or more than so many groups.

use std::collections::HashMap;

use serde::Serialize;

use super::fact::{ran_for, word};
use super::words::{counted, line, lines, number, span};
use crate::ledger::state::Verdict;
use crate::outcome::JobOutcome;
use crate::report::{LaunchReport, RobotJobReport};
use crate::words::Words as _;

/// Maximum groups; what comes later with another message is counted together.
const MAX_GROUPS: usize = 40;
/// Maximum launches of a group that have a row.
const MAX_ROWS: usize = 20;
/// Maximum length of a message, in characters.
const MAX_MESSAGE: usize = 600;
/// Maximum length of what a robot said, in characters.
const MAX_DETAIL: usize = 2_000;
/// Maximum robot jobs of a launch that are named.
const MAX_JOBS: usize = 8;

/// Failed launches with one message.
#[derive(Debug, Serialize)]
pub(super) struct FailureGroup {
    /// What failed: `faulted: application`, `rejected`.
    pub(super) what: String,
    /// What was said.
    pub(super) message: String,
    /// How many launches.
    pub(super) count: usize,
    /// The same in words.
    pub(super) counted: String,
    /// The first of them.
    pub(super) rows: Vec<FailureRow>,
    /// How many more there are.
    pub(super) more: String,
}

/// A failed launch.
#[derive(Debug, Serialize)]
pub(super) struct FailureRow {
    pub(super) id: String,
    /// The id of its job's part of the page.
    pub(super) job: u32,
    pub(super) robot_jobs: String,
    pub(super) sent: String,
    pub(super) ran: String,
    /// What the server says at length, where that is more than the message.
    pub(super) detail: String,
}

/// Groups as they grow.
#[derive(Debug, Default)]
pub(super) struct Failures {
    groups: Vec<FailureGroup>,
    place_by_key: HashMap<(String, String), usize>,
    total: usize,
}

impl Failures {
    /// Takes note of `launch` of the job with this number, if it failed.
    pub(super) fn add(&mut self, launch: &LaunchReport, job: u32) {
        let Some((what, message)) = failure(launch) else { return };
        self.total += 1;
        let mut key = (what, message);
        if !self.place_by_key.contains_key(&key) && self.groups.len() >= MAX_GROUPS {
            key.1 = "with other messages; the JSON report has them".to_owned();
        }
        let place = *self.place_by_key.entry(key.clone()).or_insert_with(|| {
            let (what, message) = key;
            self.groups.push(FailureGroup {
                what,
                message,
                count: 0,
                counted: String::new(),
                rows: Vec::new(),
                more: String::new(),
            });
            self.groups.len() - 1
        });
        let group = &mut self.groups[place];
        group.count += 1;
        if group.rows.len() < MAX_ROWS {
            group.rows.push(row(launch, job));
        }
    }

    /// How many launches failed.
    pub(super) fn total(&self) -> usize {
        self.total
    }

    /// The groups, the largest first.
    pub(super) fn finish(self) -> Vec<FailureGroup> {
        let mut groups = self.groups;
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        for group in &mut groups {
            group.counted = counted(group.count, "launch", "launches");
            let more = group.count - group.rows.len();
            group.more = if more == 0 { String::new() } else { number(more) };
        }
        groups
    }
}

/// What failed, and what was said of it; `None` of a launch that did not fail.
fn failure(launch: &LaunchReport) -> Option<(String, String)> {
    let said = || launch.error.as_ref().map(|error| error.message.clone()).unwrap_or_default();
    let (what, message) = match (launch.verdict, launch.outcome) {
        (
            Verdict::Started,
            Some(outcome @ (JobOutcome::Faulted | JobOutcome::Stopped | JobOutcome::Late | JobOutcome::Gone)),
        ) => {
            let job = launch.robot_jobs.iter().find(|job| job.outcome == Some(outcome));
            let class = job.and_then(|job| job.class).map(|class| format!(": {}", class.word())).unwrap_or_default();
            (format!("{}{class}", outcome.word()), job.map(job_words).unwrap_or_default())
        }
        (Verdict::Started, None | Some(JobOutcome::Successful | JobOutcome::Suspended))
        | (Verdict::Skipped | Verdict::NotSent | Verdict::Unknown, _) => return None,
        (Verdict::Rejected, _) => {
            let code = launch.error.as_ref().and_then(|error| error.code);
            let code = code.map(|code| format!(" (error {code})")).unwrap_or_default();
            ("rejected".to_owned(), format!("{}{code}", said()))
        }
        (verdict @ (Verdict::Partial | Verdict::Duplicate), _) => (verdict.as_str().to_owned(), said()),
    };
    Some((what, lines(&message, MAX_MESSAGE)))
}

/// What is said of a robot job's end, shortly.
fn job_words(job: &RobotJobReport) -> String {
    let title = job.fault.as_ref().and_then(|fault| fault.title.clone());
    title.or_else(|| job.info.clone()).unwrap_or_default()
}

fn row(launch: &LaunchReport, job: u32) -> FailureRow {
    let worst = launch.robot_jobs.iter().find(|job| job.outcome == launch.outcome).or(launch.robot_jobs.first());
    let detail = worst.and_then(|job| {
        let fault = job.fault.as_ref().and_then(|fault| fault.detail.as_deref());
        fault.or(job.info.as_deref()).filter(|detail| *detail != job_words(job)).map(|detail| lines(detail, MAX_DETAIL))
    });
    FailureRow {
        id: line(&launch.id, 200),
        job,
        robot_jobs: robot_jobs(launch),
        sent: launch.sent.as_deref().and_then(super::words::moment).map(super::words::second).unwrap_or_default(),
        ran: worst.and_then(ran_for).map(span).unwrap_or_default(),
        detail: detail.unwrap_or_default(),
    }
}

/// The robot jobs of a launch, with how each ended.
pub(super) fn robot_jobs(launch: &LaunchReport) -> String {
    let shown = launch.robot_jobs.iter().take(MAX_JOBS).map(|job| {
        let state = job.outcome.map(|outcome| outcome.word().to_owned());
        let state = state.or_else(|| job.state.as_deref().map(|state| line(state, 40))).unwrap_or_default();
        if launch.robot_jobs.len() == 1 && state == word(launch) || state.is_empty() {
            job.id.to_string()
        } else {
            format!("{} {state}", job.id)
        }
    });
    let mut words = shown.collect::<Vec<_>>().join(", ");
    if launch.robot_jobs.len() > MAX_JOBS {
        words.push_str(&format!(" and {} more", launch.robot_jobs.len() - MAX_JOBS));
    }
    words
}
