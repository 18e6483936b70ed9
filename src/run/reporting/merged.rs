//! Several runs as one, for one report: shards of a manifest, or what several hosts did in a night.
//!
//! In: run files. Out: a [`MergedRuns`], whose launches stand in the manifest's order where that is one. Never: hides that a launch
//! was sent by two of them; or takes launches of different slots, manifests or tenants for one.

mod head;
mod part;
mod places;

use super::RepeatedFlags;
use crate::exit::ExitStatus;
use crate::ids::{Ordinal, RunId};
use crate::ledger::RunRecord;
use crate::ledger::event::{LaunchEvent, Record};
use crate::ledger::state::LaunchState;
use crate::plan::Plan;
use crate::report::delivery::{self, ReportError};
use crate::report::{Head, LaunchRemark, PlannedLaunch, PlannedLaunches};
use crate::run_file::{RunFile, RunFileStore};
use crate::spec::LaunchLimits;

use part::Part;
use places::Places;

/// Why runs do not become one.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// A report of them cannot be made.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// One run, named twice.
    #[error("run {run} is named twice\n  help: name each run once: by its id or by a file, whichever is newer")]
    Twice {
        /// The run.
        run: RunId,
    },
}

/// Several runs as one.
pub struct MergedRuns {
    parts: Vec<Part>,
    places: Places,
    /// What happened to the launches, by their places among all.
    pub log: RunFileStore,
    /// The head of the report.
    pub head: Head,
}

impl MergedRuns {
    /// The runs in `files` as one, in this order. Commands in its report carry `flags`.
    ///
    /// Errors: [`MergeError`].
    pub async fn of(files: Vec<RunFile>, flags: &RepeatedFlags) -> Result<Self, MergeError> {
        let mut parts: Vec<Part> = Vec::with_capacity(files.len());
        for file in files {
            let run = file.record.id;
            if parts.iter().any(|part| part.file.record.id == run) {
                return Err(MergeError::Twice { run });
            }
            parts.push(Part::of(file, flags).await?);
        }
        let places = Places::of(&parts);
        let record = RunRecord {
            id: head::id_of(&parts),
            launches: places.count(),
            inputs: Vec::new(),
            ..parts.first().expect("somebody named at least one").file.record.clone()
        };
        let records = merged_records(&mut parts, &places);
        let first = &parts[0].file;
        let file = RunFile {
            record,
            records,
            end: None,
            notes: Vec::new(),
            lists: Vec::new(),
            is_live: false,
            rerun: None,
            starts_pause: None,
            exported: first.exported,
            host: None,
        };
        let log = RunFileStore::new(file);
        let head = head::of(&parts, &places, flags);
        let mut merged = Self { parts, places, log, head };
        merged.head.totals = delivery::totals(&merged.log, merged.log.run(), &merged).await?;
        // What was rejected, or not sent, and then rerun, counts as the rerun left it.
        if let Some(exit) = merged.head.run.exit_code.and_then(ExitStatus::from_code) {
            merged.head.run.exit_code = Some(exit.worse(merged.head.totals.exit()).code());
        }
        Ok(merged)
    }

    /// The ids of launches that more than one of the runs started, or may have started; then how many more.
    #[must_use]
    pub fn started_twice(&self) -> &[String] {
        &self.head.run.started_twice
    }
}

/// What happened in each of `parts`, at the places that launches have among all; retries come behind them.
fn merged_records(parts: &mut [Part], places: &Places) -> Vec<Record> {
    let mut merged = Vec::new();
    let mut next_retry = places.count();
    for (part, found) in parts.iter_mut().enumerate() {
        let mut retries = std::collections::BTreeMap::new();
        for Record { ordinal, at, mut event } in std::mem::take(&mut found.file.records) {
            if let LaunchEvent::RetryDecided(origin) = &mut event {
                let Some(of) = places.merged(part, origin.of) else { continue };
                origin.of = of;
                retries.insert(ordinal, Ordinal(next_retry));
                next_retry += 1;
            }
            let place = if ordinal.0 < found.file.record.launches {
                places.merged(part, ordinal)
            } else {
                retries.get(&ordinal).copied()
            };
            merged.extend(place.map(|ordinal| Record { ordinal, at, event }));
        }
    }
    merged
}

impl PlannedLaunches for MergedRuns {
    /// None: each of the runs has its own.
    fn plan(&self) -> Option<&Plan> {
        None
    }

    fn count(&self) -> u32 {
        self.places.count()
    }

    fn planned(&self, ordinal: Ordinal, state: &LaunchState) -> Option<PlannedLaunch> {
        let (part, own) = self.places.of_part(ordinal);
        self.parts[part].launches.planned(own, state)
    }

    fn limits(&self) -> Option<LaunchLimits> {
        None
    }

    fn tenant(&self, ordinal: Ordinal) -> usize {
        let (part, _) = self.places.of_part(ordinal);
        let of = |part: &Part| part.file.record.tenant.to_lowercase();
        let tenant = of(&self.parts[part]);
        self.parts.iter().position(|part| of(part) == tenant).unwrap_or(part)
    }

    fn remark(&self, ordinal: Ordinal) -> Option<LaunchRemark> {
        let runs = |parts: &[usize]| {
            let ids: Vec<String> = parts.iter().map(|part| self.parts[*part].file.record.id.to_string()).collect();
            ids.join(" and run ")
        };
        let (others, before) = (self.places.started_by_others(ordinal), self.places.rerun_of(ordinal));
        if !others.is_empty() {
            let words = format!("run {} started it too, or may have: its work may have been done twice", runs(&others));
            return Some(LaunchRemark::Doubtful(words));
        }
        (!before.is_empty()).then(|| LaunchRemark::Worth(format!("a rerun of what run {} started", runs(before))))
    }
}
