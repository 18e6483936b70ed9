//! What the simulated process's ledger holds, as plain values.

use std::collections::BTreeMap;
use std::time::Duration;

use sortie::clock::Timestamp;
use sortie::ids::{JobId, LaunchId, RunId, fold_tenant};
use sortie::ledger::event::{AttemptEnd, Finding, LaunchEvent, Record};
use sortie::ledger::pause::Pause;
use sortie::ledger::state::{LaunchState, Verdict};
use sortie::ledger::story::LaunchStory;
use sortie::ledger::{
    ClockDifference, Endpoint, LedgerError, ListMinute, ListPermit, ListReader, OtherRunLaunch, RunEnd, RunNote,
    RunRecord, RunSummary, TenantState, ration,
};
use sortie::pace::Pace;

/// All runs, in the order in which they were opened, and what is known of their tenants.
#[derive(Clone, Default)]
pub(super) struct Records {
    runs: Vec<RunEntry>,
    tenants: BTreeMap<String, TenantEntry>,
}

/// A run.
#[derive(Clone)]
pub(super) struct RunEntry {
    pub(super) record: RunRecord,
    pub(super) end: Option<RunEnd>,
    pub(super) notes: Vec<RunNote>,
    pub(super) launches: BTreeMap<u32, LaunchStory>,
    pub(super) lists: Vec<Timestamp>,
    pub(super) log: Vec<Record>,
    list_minutes: BTreeMap<Timestamp, ListMinute>,
}

/// What is known of a tenant, by its folded name.
#[derive(Clone, Default)]
pub(super) struct TenantEntry {
    starts_pause: Option<Pause>,
    lists_pause: Option<Pause>,
    ration_due: Option<Timestamp>,
    clock_difference: Option<ClockDifference>,
    greatest_job: Option<JobId>,
    pub(super) job_page: Option<usize>,
}

impl RunEntry {
    /// Counts a list that was read.
    pub(super) fn count_list(&mut self, at: Timestamp, ration: Option<Pace>) {
        self.lists.push(at);
        let minute = ListMinute::beginning(at);
        let counted = self.list_minutes.entry(minute).or_insert(ListMinute { minute, lists: 0, most: None });
        counted.lists += 1;
        counted.most = ration.map(|ration| ration.most_in(Duration::from_secs(60))).or(counted.most);
    }

    pub(super) fn list_minutes(&self) -> Vec<ListMinute> {
        self.list_minutes.values().copied().collect()
    }
}

impl Records {
    pub(super) fn open(&mut self, record: RunRecord) -> Result<(), LedgerError> {
        if self.runs.iter().any(|run| run.record.id == record.id) {
            return Err(LedgerError::RunExists(record.id));
        }
        let (notes, launches) = (Vec::new(), BTreeMap::new());
        let (lists, list_minutes) = (Vec::new(), BTreeMap::new());
        self.runs.push(RunEntry { record, end: None, notes, launches, lists, list_minutes, log: Vec::new() });
        Ok(())
    }

    pub(super) fn run(&self, id: RunId) -> Result<&RunEntry, LedgerError> {
        self.runs.iter().find(|run| run.record.id == id).ok_or(LedgerError::NoRun(id))
    }

    pub(super) fn run_mut(&mut self, id: RunId) -> Result<&mut RunEntry, LedgerError> {
        self.runs.iter_mut().find(|run| run.record.id == id).ok_or(LedgerError::NoRun(id))
    }

    /// All that was recorded of a run, in order.
    pub(super) fn log(&self, run: RunId) -> Vec<Record> {
        self.run(run).map_or_else(|_| Vec::new(), |run| run.log.clone())
    }

    /// The state of a launch, whatever run it is of: the simulation has one run at a time.
    pub(super) fn state(&self, ordinal: u32) -> LaunchState {
        self.runs
            .iter()
            .rev()
            .find_map(|run| run.launches.get(&ordinal))
            .map(|story| story.state.clone())
            .unwrap_or_default()
    }

    /// The states of all launches that have events.
    pub(super) fn states(&self) -> Vec<(u32, LaunchState)> {
        let states = |run: &RunEntry| -> Vec<(u32, LaunchState)> {
            run.launches.iter().map(|(ordinal, story)| (*ordinal, story.state.clone())).collect()
        };
        self.runs.iter().flat_map(states).collect()
    }

    /// The runs for which `wanted` holds, newest first.
    pub(super) fn find(&self, most: usize, wanted: impl Fn(&RunRecord) -> bool) -> Vec<RunSummary> {
        let found = self.runs.iter().rev().filter(|run| wanted(&run.record)).take(most);
        let summary = |RunEntry { record, end, .. }: &RunEntry| RunSummary {
            id: record.id,
            name: record.name.clone(),
            slot: record.slot.clone(),
            started: record.started,
            launches: record.launches,
            is_imported: record.is_imported(),
            end: *end,
        };
        found.map(summary).collect()
    }

    /// The tenant whose folded name this is.
    pub(super) fn tenant(&mut self, identity: &str) -> &mut TenantEntry {
        self.tenants.entry(fold_tenant(identity)).or_default()
    }

    fn tenant_of(&mut self, run: RunId) -> Result<&mut TenantEntry, LedgerError> {
        let tenant = self.run(run)?.record.tenant.clone();
        Ok(self.tenant(&tenant))
    }

    pub(super) fn append(&mut self, run: RunId, records: Vec<Record>) -> Result<(), LedgerError> {
        let greatest = records.iter().flat_map(|record| jobs(&record.event)).max();
        let RunEntry { launches, log, .. } = self.run_mut(run)?;
        for record in records {
            log.push(record.clone());
            let story = launches.entry(record.ordinal.0).or_default();
            story.add(record).expect("the launcher appends only what may follow");
        }
        let kept = &mut self.tenant_of(run)?.greatest_job;
        *kept = (*kept).max(greatest);
        Ok(())
    }

    pub(super) fn started_elsewhere(&self, run: RunId, launches: &[LaunchId]) -> Vec<OtherRunLaunch> {
        let Ok(own) = self.run(run) else { return Vec::new() };
        let is_other = |other: &&RunEntry| {
            other.record.id != run
                && other.record.name == own.record.name
                && fold_tenant(&other.record.tenant) == fold_tenant(&own.record.tenant)
        };
        let others = || self.runs.iter().rev().filter(is_other);
        let found = launches.iter().filter_map(|launch| {
            others().find_map(|other| {
                let named = |state: &&LaunchState| state.attempts().is_some_and(|sent| sent.intent.launch == *launch);
                let certain = match other.launches.values().map(|story| &story.state).find(named)?.verdict() {
                    Verdict::Started | Verdict::Partial | Verdict::Duplicate => true,
                    Verdict::Unknown => false,
                    Verdict::Rejected | Verdict::Skipped | Verdict::NotSent => return None,
                };
                Some(OtherRunLaunch { launch: launch.clone(), run: other.record.id, certain })
            })
        });
        found.collect()
    }

    pub(super) fn knows(&self, tenant: &str, run: RunId) -> bool {
        let is_begun = |other: &RunEntry| other.record.tenant == tenant && !other.launches.is_empty();
        self.runs.iter().any(|other| other.record.id != run && is_begun(other))
    }

    pub(super) fn spellings(&self, identity: &str) -> Vec<String> {
        let folded = fold_tenant(identity);
        let mut found: Vec<String> = Vec::new();
        for run in &self.runs {
            let spelling = &run.record.tenant;
            if *spelling != folded && fold_tenant(spelling) == folded && !found.contains(spelling) {
                found.push(spelling.clone());
            }
        }
        found
    }

    pub(super) fn hold(&mut self, run: RunId, endpoint: Endpoint, pause: Pause) -> Result<(), LedgerError> {
        let tenant = self.tenant_of(run)?;
        let kept = match endpoint {
            Endpoint::Starts => &mut tenant.starts_pause,
            Endpoint::Lists => &mut tenant.lists_pause,
        };
        *kept = Some(kept.map_or(pause, |kept| pause.longer(kept, pause.asked)));
        Ok(())
    }

    pub(super) fn lift_pauses(&mut self, tenant: &str) {
        let tenant = self.tenant(tenant);
        (tenant.starts_pause, tenant.lists_pause) = (None, None);
    }

    pub(super) fn take_list_permit(
        &mut self,
        reader: ListReader,
        ration: Pace,
        at: Timestamp,
    ) -> Result<ListPermit, LedgerError> {
        let tenant = match &reader {
            ListReader::Run(run) => self.tenant_of(*run)?,
            ListReader::Tenant(tenant) => self.tenant(tenant),
        };
        tenant.lists_pause = tenant.lists_pause.map(|pause| pause.at(at));
        let held_until = tenant.lists_pause.map(|pause| pause.until);
        let kept = ration::RationState { due: tenant.ration_due, held_until };
        let (turn, due) = ration::take(kept, ration, at);
        tenant.ration_due = due;
        if let (ListPermit::Granted, ListReader::Run(run)) = (turn, reader) {
            self.run_mut(run)?.count_list(at, Some(ration));
        }
        Ok(turn)
    }

    pub(super) fn keep_clock_difference(&mut self, run: RunId, difference: ClockDifference) -> Result<(), LedgerError> {
        self.tenant_of(run)?.clock_difference = Some(difference);
        Ok(())
    }

    pub(super) fn read_tenant(&self, run: RunId) -> TenantState {
        let Ok(run) = self.run(run) else { return TenantState::default() };
        let tenant = self.tenants.get(&fold_tenant(&run.record.tenant)).cloned().unwrap_or_default();
        let mut lists = run.lists.clone();
        lists.sort_unstable();
        TenantState {
            starts_pause: tenant.starts_pause,
            lists_pause: tenant.lists_pause,
            lists,
            clock_difference: tenant.clock_difference,
            greatest_job: tenant.greatest_job,
        }
    }
}

/// The robot jobs that are a launch's by `event`.
fn jobs(event: &LaunchEvent) -> Vec<JobId> {
    match event {
        LaunchEvent::Ended { end: AttemptEnd::Started(jobs), .. }
        | LaunchEvent::Settled { finding: Finding::Found(jobs), .. }
        | LaunchEvent::Adopted { jobs, .. }
        | LaunchEvent::Recounted { jobs, .. } => jobs.iter().map(|job| job.id).collect(),
        LaunchEvent::Intended(_)
        | LaunchEvent::JobsEnded { .. }
        | LaunchEvent::JobsBegan { .. }
        | LaunchEvent::RobotLog { .. }
        | LaunchEvent::JobNotes { .. }
        | LaunchEvent::Ended { .. }
        | LaunchEvent::Orphaned { .. }
        | LaunchEvent::Settled { .. }
        | LaunchEvent::Declared { .. }
        | LaunchEvent::StartedElsewhere { .. }
        | LaunchEvent::LeftOut { .. }
        | LaunchEvent::RetryDecided(_) => Vec::new(),
    }
}
