//! What a plan comes to: launches, robot jobs and folders, in all and by job, release and folder.
//!
//! In: the entries of a plan as they come by. Out: counts, and words for them. Kept meanwhile: one line for each job, release and
//! folder. Never: a launch.

use std::collections::{HashMap, HashSet};

use crate::plan::PlanEntry;

/// Maximum jobs, releases and folders that have a line each.
const MAX_LINES: usize = 1_000;

/// What a plan comes to.
#[derive(Debug, Default)]
pub(super) struct PlanSummary {
    all: PlanCount,
    folders: HashSet<String>,
    lines: Vec<SummaryLine>,
    index_by_key: HashMap<(String, String, String), usize>,
    /// Launches of jobs, releases and folders that have no line.
    unlisted: usize,
}

/// The launches of a job that start one release in one folder.
#[derive(Debug)]
pub(super) struct SummaryLine {
    pub(super) job: String,
    /// Name or key; empty for launches that are skipped.
    pub(super) release: String,
    pub(super) folder: String,
    pub(super) count: PlanCount,
}

/// How many of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PlanCount {
    pub(super) launches: usize,
    pub(super) skipped: usize,
    /// Rows of launches that take many.
    rows: usize,
    /// Robot jobs that are asked for, as far as that is known.
    robot_jobs: u64,
    /// Whether the server decides how many robot jobs some launches come to.
    is_open: bool,
}

impl PlanSummary {
    /// Counts one more.
    pub(super) fn add(&mut self, entry: &PlanEntry) {
        let (job, release, folder, count) = match entry {
            PlanEntry::Launch(launch) => {
                let asked = launch.start_info.strategy.count();
                let count = PlanCount {
                    launches: 1,
                    skipped: 0,
                    rows: launch.batch_keys().map_or(0, <[_]>::len),
                    robot_jobs: asked.unwrap_or(1).into(),
                    is_open: asked.is_none(),
                };
                let folder = launch.folder.to_string();
                self.folders.insert(folder.clone());
                (launch.job.clone(), launch.release.to_string(), folder, count)
            }
            PlanEntry::Skipped(skipped) => {
                let count = PlanCount { launches: 1, skipped: 1, ..PlanCount::default() };
                (skipped.job.clone(), String::new(), String::new(), count)
            }
        };
        self.all.add(count);
        let key = (job, release, folder);
        let at = match self.index_by_key.get(&key) {
            Some(at) => *at,
            None if self.lines.len() < MAX_LINES => {
                let (job, release, folder) = key.clone();
                self.lines.push(SummaryLine { job, release, folder, count: PlanCount::default() });
                self.index_by_key.insert(key, self.lines.len() - 1);
                self.lines.len() - 1
            }
            None => {
                self.unlisted += count.launches;
                return;
            }
        };
        self.lines[at].count.add(count);
    }

    /// By job, release and folder, in the plan's order.
    pub(super) fn lines(&self) -> &[SummaryLine] {
        &self.lines
    }

    /// How many launches are in none of the lines.
    pub(super) fn unlisted(&self) -> usize {
        self.unlisted
    }

    /// `3 launches, 5 robot jobs, 1 folder`.
    pub(super) fn words(&self) -> String {
        format!("{}, {}", self.all.words(), counted(self.folders.len(), "folder"))
    }
}

impl PlanCount {
    fn add(&mut self, other: Self) {
        self.launches += other.launches;
        self.skipped += other.skipped;
        self.rows += other.rows;
        self.robot_jobs += other.robot_jobs;
        self.is_open |= other.is_open;
    }

    /// `3 launches (1 skipped), at least 5 robot jobs`; of batches `3 launches of 120 rows, 3 robot jobs`.
    pub(super) fn words(&self) -> String {
        let skipped = if self.skipped == 0 { String::new() } else { format!(" ({} skipped)", self.skipped) };
        let rows = if self.rows == 0 { String::new() } else { format!(" of {}", counted(self.rows, "row")) };
        format!("{}{rows}{skipped}, {}", counted(self.launches, "launch"), self.robot_jobs())
    }

    /// `at least 5 robot jobs`.
    pub(super) fn robot_jobs(&self) -> String {
        let least = if self.is_open { "at least " } else { "" };
        format!("{least}{}", counted(usize::try_from(self.robot_jobs).unwrap_or(usize::MAX), "robot job"))
    }
}

/// `1 folder`, `3 folders`, `2 launches`.
pub(super) fn counted(count: usize, what: &str) -> String {
    let end = match what {
        _ if count == 1 => "",
        what if what.ends_with("ch") => "es",
        _ => "s",
    };
    format!("{count} {what}{end}")
}
