//! The report as CSV, a row a launch: for spreadsheets, and whatever reads tables.
//!
//! In: launches in the plan's order. Out: RFC 4180 with commas, every cell in quotes and in one line, none of which a
//! spreadsheet computes. Never: a row without a launch, but for the one that says that nothing was begun.

use std::borrow::Cow;
use std::io::{self, Write};

use super::inert::csv_cell;
use super::spans;
use crate::outcome::{FaultClass, JobOutcome};
use crate::report::failure_groups::why;
use crate::report::not_begun::NotBegunReport;
use crate::report::{Head, LaunchReport, Reason, ReportWriter, RobotJobReport};
use crate::words::Words as _;

/// Maximum characters of a cell that are written: a spreadsheet takes 32,767, escapes counted.
const MAX_CELL: usize = 8_000;

/// The same of a key, whose escapes at most double it: that of a batch lists the keys of all its rows.
const MAX_KEY_CELL: usize = 16_000;

/// Maximum robot jobs of a launch whose ids are written.
const MAX_IDS: usize = 100;

/// The columns, in their order. Further ones may be added at the end; none is changed.
const COLUMNS: [&str; 24] = [
    "run",
    "launch",
    "job",
    "key",
    "verdict",
    "outcome",
    "reason",
    "attempts",
    "retries",
    "flaky",
    "settled",
    "robot-jobs",
    "robot-job-ids",
    "state",
    "start-time",
    "end-time",
    "seconds",
    "fault",
    "message",
    "info",
    "output",
    "notes",
    "reference",
    "folder",
];

/// How the first line begins.
pub(super) const FIRST_WORDS: &str = "\"run\",\"launch\",\"job\",\"key\",\"verdict\",\"outcome\",";

/// Writes the rows to `out`.
pub struct CsvWriter<W> {
    out: W,
    run: String,
    /// One row: written at once, for what lies behind looks at each piece.
    row: String,
}

impl<W: Write> CsvWriter<W> {
    /// A writer that has written nothing yet.
    pub fn new(out: W) -> Self {
        Self { out, run: String::new(), row: String::new() }
    }

    fn row(&mut self, cells: &[Cow<'_, str>; COLUMNS.len()]) -> io::Result<()> {
        self.row.clear();
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                self.row.push(',');
            }
            let most = if COLUMNS[index] == "key" { MAX_KEY_CELL } else { MAX_CELL };
            self.row.push_str(&csv_cell(cell, most));
        }
        self.row.push_str("\r\n");
        self.out.write_all(self.row.as_bytes())
    }
}

impl<W: Write> ReportWriter for CsvWriter<W> {
    fn begin(&mut self, head: &Head) -> io::Result<()> {
        self.run.clone_from(&head.run.id);
        self.row(&COLUMNS.map(Cow::Borrowed))
    }

    fn launch(&mut self, launch: &LaunchReport) -> io::Result<()> {
        let (class, mut message) = why(launch);
        if message.is_empty() {
            message.push_str(launch.doubtful().unwrap_or_default());
        }
        let jobs: Vec<&RobotJobReport> = launch.every_robot_job().collect();
        // That of the robot job which made the launch what it is, the last retries before others; else of the first.
        let is_telling = |job: &&&RobotJobReport| job.outcome.is_some() && job.outcome == launch.outcome;
        let telling = jobs.iter().rev().find(is_telling).or(jobs.first());
        let text = |of: fn(&RobotJobReport) -> Option<&str>| telling.and_then(|job| of(job)).unwrap_or_default();
        let moments = |of: fn(&RobotJobReport) -> Option<&str>| jobs.iter().filter_map(move |job| of(job));
        let key = launch.key.as_ref().map(serde_json::to_string).transpose()?;
        let seconds = spans::of_launch(launch).map(|span| format!("{:.3}", span.as_secs_f64()));
        let mut ids: Vec<String> = jobs.iter().take(MAX_IDS).map(|job| job.id.to_string()).collect();
        if jobs.len() > MAX_IDS {
            ids.push(format!("and {} more", jobs.len() - MAX_IDS));
        }
        let run = self.run.clone();
        self.row(&[
            run.as_str().into(),
            launch.id.as_str().into(),
            launch.job.as_str().into(),
            key.unwrap_or_default().into(),
            launch.verdict.as_str().into(),
            launch.outcome.map(JobOutcome::word).unwrap_or_default().into(),
            launch.reason.map(Reason::word).unwrap_or_default().into(),
            launch.attempts.to_string().into(),
            launch.retries.len().to_string().into(),
            launch.flaky.to_string().into(),
            launch.settled.to_string().into(),
            jobs.len().to_string().into(),
            ids.join(" ").into(),
            text(|job| job.state.as_deref()).into(),
            moments(|job| job.start_time.as_deref()).min().unwrap_or_default().into(),
            moments(|job| job.end_time.as_deref()).max().unwrap_or_default().into(),
            seconds.unwrap_or_default().into(),
            class.map(FaultClass::word).unwrap_or_default().into(),
            message.into(),
            text(|job| job.info.as_deref()).into(),
            text(|job| job.output.as_deref()).into(),
            launch.notes().into(),
            launch.reference.as_str().into(),
            launch.trace.folder.as_ref().map(ToString::to_string).unwrap_or_default().into(),
        ])
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes the names of the columns, and one row that says why nothing was begun.
pub(super) fn write_not_begun(report: &NotBegunReport, out: impl Write) -> io::Result<()> {
    let mut writer = CsvWriter::new(out);
    writer.row(&COLUMNS.map(Cow::Borrowed))?;
    let run = report.run.id.as_deref().unwrap_or_default();
    let row = COLUMNS.map(|column| match column {
        "run" => Cow::Borrowed(run),
        "verdict" => Cow::Borrowed("not-begun"),
        "message" => Cow::Borrowed(report.not_begun.reason.as_str()),
        _ => Cow::Borrowed(""),
    });
    writer.row(&row)?;
    writer.end()
}
