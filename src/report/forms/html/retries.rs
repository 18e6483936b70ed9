//! Launches whose robot jobs faulted and were launched once more.
//!
//! In: launches as they come by. Out: a row for each retry. Never: more rows than somebody reads.

use serde::Serialize;

use super::fact::{Tone, ran_for, word};
use super::words::{line, span};
use crate::report::LaunchReport;
use crate::words::Words as _;

/// Maximum retries that have a row.
const MAX_ROWS: usize = 300;

/// A retry.
#[derive(Debug, Serialize)]
pub(super) struct RetryRow {
    pub(super) id: String,
    /// The robot job that faulted, and why.
    pub(super) replaces: String,
    pub(super) robot_jobs: String,
    pub(super) came_to: String,
    pub(super) ran: String,
    /// What came of the launch as a whole.
    pub(super) launch: String,
    pub(super) tone: &'static str,
}

/// Retries as they come by.
#[derive(Debug, Default)]
pub(super) struct RetryTable {
    rows: Vec<RetryRow>,
    launches: usize,
    flaky: usize,
    retries: usize,
}

impl RetryTable {
    /// Takes note of the retries of `launch`.
    pub(super) fn add(&mut self, launch: &LaunchReport) {
        if launch.retries.is_empty() {
            return;
        }
        self.launches += 1;
        self.flaky += usize::from(launch.flaky);
        self.retries += launch.retries.len();
        let earlier = |id: i64| {
            let retried = launch.retries.iter().flat_map(|retry| &retry.robot_jobs);
            let class = launch.robot_jobs.iter().chain(retried).find(|job| job.id == id).and_then(|job| job.class);
            class.map(|class| format!(" ({})", class.word())).unwrap_or_default()
        };
        for retry in launch.retries.iter().take(MAX_ROWS.saturating_sub(self.rows.len())) {
            let came_to =
                retry.outcome.map_or_else(|| retry.verdict.as_str().to_owned(), |outcome| outcome.word().to_owned());
            let ids: Vec<String> = retry.robot_jobs.iter().take(4).map(|job| job.id.to_string()).collect();
            self.rows.push(RetryRow {
                id: line(&retry.id, 200),
                replaces: retry.replaces.map_or_else(|| "not known".to_owned(), |id| format!("{id}{}", earlier(id))),
                robot_jobs: ids.join(", "),
                came_to,
                ran: retry.robot_jobs.iter().filter_map(ran_for).max().map(span).unwrap_or_default(),
                launch: if launch.flaky { "flaky: successful on a retry".to_owned() } else { word(launch).to_owned() },
                tone: if launch.flaky { Tone::Open.class() } else { Tone::of(launch).class() },
            });
        }
    }

    /// How many launches were retried, how many of them are flaky, and how many retries there are.
    pub(super) fn counts(&self) -> (usize, usize, usize) {
        (self.launches, self.flaky, self.retries)
    }

    /// The rows, in the plan's order.
    pub(super) fn finish(self) -> Vec<RetryRow> {
        self.rows
    }
}
