//! One run, whole: its head, its failures in groups, a page of its launches; and its HTML report.
//!
//! In: the ledger as it is at one moment. Out: parts of a page, or the report's bytes; masked value by value, as every report is.
//! Never: keeps more of a launch than is shown.

use std::io;

use serde::Serialize;

use super::error::BoardError;
use crate::format::ReportFormat;
use crate::ids::RunId;
use crate::ledger::{RunRecord, Store};
use crate::report::delivery::{self, ReportError};
use crate::report::forms::html::fact::{Tone, ran_for, word};
use crate::report::forms::html::failures::{self, FailureRow, GroupPart};
use crate::report::forms::html::summary::{self, Summary};
use crate::report::forms::html::words::{counted, line, moment, number, second, span};
use crate::report::redacted::RedactingReportWriter;
use crate::report::{EventsOnly, FailureGroups, FromPlan, Head, LaunchReport, PlannedLaunches, ReportWriter, forms};
use crate::run::StoredRun;
use crate::run::reporting::{self, RepeatedFlags};
use crate::secret::Redactor;

/// The launches of a page.
const MAX_ROWS: u32 = 100;

/// One run, for its page.
#[derive(Debug, Serialize)]
pub(super) struct WholeRun {
    pub(super) summary: Summary,
    groups: Vec<GroupPart>,
    failed: String,
    rows: Vec<ListedLaunch>,
    /// The launches of the list: `1 to 100 of 5 000`.
    shown: String,
    /// Where the pages beside this one begin; `None` if there is none.
    before: Option<u32>,
    after: Option<u32>,
}

/// One launch of the list.
#[derive(Debug, Serialize)]
struct ListedLaunch {
    id: String,
    tone: &'static str,
    word: &'static str,
    sent: String,
    ran: String,
    robot_jobs: String,
}

/// Reads `run` whole, with its launches from place `from` on.
pub(super) async fn read<S: Store>(
    store: &S,
    run: RunId,
    from: u32,
    redactor: &Redactor,
    flags: &RepeatedFlags,
) -> Result<WholeRun, BoardError> {
    let mut parts = RunParts::from(from);
    let writer = Box::new(RedactingReportWriter::new(PartsWriter(&mut parts), redactor));
    write(store, run, flags, writer).await?;
    Ok(parts.finish(from))
}

/// The HTML report of `run`.
pub(super) async fn report<S: Store>(
    store: &S,
    run: RunId,
    redactor: &Redactor,
    flags: &RepeatedFlags,
) -> Result<Vec<u8>, BoardError> {
    let mut bytes = Vec::new();
    write(store, run, flags, forms::writer(ReportFormat::Html, &mut bytes, redactor, None)).await?;
    Ok(bytes)
}

/// Hands the whole report of `run` to `writer`, all of one moment.
async fn write<S: Store>(
    store: &S,
    run: RunId,
    flags: &RepeatedFlags,
    writer: Box<dyn ReportWriter + '_>,
) -> Result<(), BoardError> {
    let stored = StoredRun::read(store, run).await?;
    let is_live = reporting::is_live(store, &stored.record).await?;
    store.begin_reading().await?;
    let written = if let Ok((_, plan)) = stored.plan() {
        let launches = FromPlan { plan: &plan, run, skipped: stored.why_skipped() };
        write_from(store, &stored.record, &launches, is_live, flags, writer).await
    } else {
        let launches = EventsOnly { launches: stored.record.launches };
        write_from(store, &stored.record, &launches, is_live, flags, writer).await
    };
    store.end_reading().await?;
    match written {
        // The page is whole, and tells what the ledger holds; `sortie report` says that the two differ.
        Ok(_) | Err(ReportError::Miscounted { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

async fn write_from<S: Store>(
    store: &S,
    record: &RunRecord,
    launches: &impl PlannedLaunches,
    is_live: bool,
    flags: &RepeatedFlags,
    writer: Box<dyn ReportWriter + '_>,
) -> Result<usize, ReportError> {
    // What a run ended with needs no counting; one that goes on has ended with nothing yet.
    let head = match store.read_run(record.id).await? {
        (record, Some(end)) if !is_live => {
            reporting::head_of(store, &record, Some(end), end.totals, launches, flags).await
        }
        (record, _) => reporting::head_of_moment(store, &record, launches, is_live, flags).await?,
    };
    delivery::write(store, record.id, &head, launches, &mut [writer]).await
}

/// What is kept of a report for the page.
struct RunParts {
    /// The places of the launches that are listed.
    listed: std::ops::Range<u32>,
    place: u32,
    head: Option<Head>,
    groups: FailureGroups<FailureRow>,
    rows: Vec<ListedLaunch>,
}

impl RunParts {
    fn from(from: u32) -> Self {
        let listed = from..from.saturating_add(MAX_ROWS);
        Self { listed, place: 0, head: None, groups: FailureGroups::new(failures::max_rows), rows: Vec::new() }
    }

    fn finish(self, from: u32) -> WholeRun {
        let head = self.head.expect("a report begins with its head");
        let launches = head.totals.launches;
        let (groups, failed) = failures::parts(&self.groups);
        let last = from.saturating_add(u32::try_from(self.rows.len()).unwrap_or_default());
        let shown = if self.rows.is_empty() {
            format!("none of {}", number(launches as usize))
        } else {
            format!("{} to {} of {}", number(from as usize + 1), number(last as usize), number(launches as usize))
        };
        WholeRun {
            summary: summary::of(&head, self.groups.next_steps(&head)),
            groups,
            failed: counted(failed, "launch", "launches"),
            rows: self.rows,
            shown,
            before: (from > 0).then(|| from.saturating_sub(MAX_ROWS)),
            after: (self.place > self.listed.end).then_some(self.listed.end),
        }
    }
}

/// Writes into [`RunParts`].
struct PartsWriter<'a>(&'a mut RunParts);

impl ReportWriter for PartsWriter<'_> {
    fn begin(&mut self, head: &Head) -> io::Result<()> {
        self.0.head = Some(head.clone());
        Ok(())
    }

    fn launch(&mut self, launch: &LaunchReport) -> io::Result<()> {
        let parts = &mut *self.0;
        parts.groups.add(launch, |section, launch| failures::row(launch, section));
        if parts.listed.contains(&parts.place) {
            let ran = launch.every_robot_job().filter_map(ran_for).max();
            parts.rows.push(ListedLaunch {
                id: line(&launch.id, 200),
                tone: Tone::of(launch).class(),
                word: word(launch),
                sent: launch.sent.as_deref().and_then(moment).map(second).unwrap_or_default(),
                ran: ran.map(span).unwrap_or_default(),
                robot_jobs: failures::robot_jobs(launch),
            });
        }
        parts.place += 1;
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}
