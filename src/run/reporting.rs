//! What the report of a run is made of, from the ledger: its head, and what a reader may do next.
//!
//! In: a store and a run. Out: a [`Head`] for [`delivery::write`], or a whole report by [`write_report`]. Never: a place;
//! writers are the caller's.

mod look_up_command;
pub mod merged;

use std::time::Duration;

use crate::ledger::totals::Totals;
use crate::ledger::{
    LedgerError, LockName, RunEnd, RunRecord, Store, clocks_apart_ms, judgements, paces, steered, successor, uncounted,
};
use crate::report::delivery::{self, ReportError};
use crate::report::{
    Background, Head, Hints, PlannedLaunches, ReportWriter, RunAvailability, RunHead, RunInputs, Successor,
};

use super::service::finished::FinishedRun;
use super::snapshot::RunSnapshot;
use super::stored_run::StoredRun;

/// What the lists that a run may read are counted by.
const MINUTE: Duration = Duration::from_secs(60);

/// The flags that a later command about the same run needs too, each with a blank before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepeatedFlags {
    /// Those that name the ledger.
    pub ledger: String,
    /// Those that say where to connect.
    pub connection: String,
}

/// Writes the report of `finished` to all `writers`; returns how many launches have a robot job that an earlier one has
/// too. Commands in it carry `flags`.
///
/// Errors: [`ReportError`].
pub async fn write_report<S: Store, L>(
    store: &S,
    finished: &FinishedRun<L>,
    flags: &RepeatedFlags,
    writers: &mut [Box<dyn ReportWriter + '_>],
) -> Result<usize, ReportError> {
    let (record, launches) = (&finished.record, &finished.launches);
    if let Some(ended) = &finished.ended {
        let head = head_of(store, record, Some(ended.end), ended.totals, launches, flags).await;
        return delivery::write(store, record.id, &head, launches, writers).await;
    }
    let is_live = is_live(store, record).await?;
    store.begin_reading().await?;
    let written = async {
        let head = head_of_moment(store, record, launches, is_live, flags).await?;
        delivery::write(store, record.id, &head, launches, writers).await
    };
    let written = written.await;
    store.end_reading().await?;
    written
}

/// Whether a process is at the run of `record`.
pub async fn is_live<S: Store>(store: &S, record: &RunRecord) -> Result<bool, LedgerError> {
    store.is_held(LockName::Run(record.id)).await
}

/// The head of the report of a run that ended so. A store that cannot be read is told of by whoever reads its launches.
pub async fn head_of<S: Store>(
    store: &S,
    record: &RunRecord,
    end: Option<RunEnd>,
    totals: Totals,
    launches: &impl PlannedLaunches,
    flags: &RepeatedFlags,
) -> Head {
    let reach = if record.is_of_a_sandbox() {
        RunAvailability::Gone
    } else if record.is_imported() {
        RunAvailability::Elsewhere
    } else {
        RunAvailability::Open
    };
    let hints = hints(store, record, end, reach, flags).await.unwrap_or_default();
    let background = background(store, record, launches).await.unwrap_or_default();
    let run = run_head(store, record, end).await.unwrap_or(RunHead::new(record, end));
    Head { run: RunHead { shown: launches.shown(), ..run }, totals, hints, background }
}

/// The head of the report of a run as it is at this moment; `is_live`: a process is at it.
///
/// Errors: the store cannot be read.
pub async fn head_of_moment<S: Store>(
    store: &S,
    record: &RunRecord,
    launches: &impl PlannedLaunches,
    is_live: bool,
    flags: &RepeatedFlags,
) -> Result<Head, ReportError> {
    let (record, end) = store.read_run(record.id).await?;
    let totals = delivery::totals(store, record.id, launches).await?;
    if !is_live {
        return Ok(head_of(store, &record, end, totals, launches, flags).await);
    }
    let hints = hints(store, &record, end, RunAvailability::Live, flags).await?;
    let background = background(store, &record, launches).await?;
    let run = RunHead { shown: launches.shown(), ..run_head(store, &record, end).await? };
    Ok(Head { run, totals, hints, background })
}

/// The head of the run, with what was noted of its server.
async fn run_head<S: Store>(store: &S, record: &RunRecord, end: Option<RunEnd>) -> Result<RunHead, LedgerError> {
    let notes = store.read_notes(record.id).await?;
    let (clocks_apart_ms, uncounted, outcome_policies) =
        (clocks_apart_ms(&notes), uncounted(&notes), judgements(&notes));
    let steered = steered(&notes);
    let in_part = steered.cancels_some().then(|| "cancelled in part".to_owned());
    let hold = steered.hold.map(|hold| hold.to_string()).or(in_part);
    let snapshot = RunSnapshot::from_bytes(&record.inputs).ok();
    let filter = snapshot.and_then(|snapshot| snapshot.rerun_filter.or(snapshot.inputs.filter));
    Ok(RunHead { filter, clocks_apart_ms, uncounted, hold, outcome_policies, ..RunHead::new(record, end) })
}

/// What the run was made of, and what it might ask of its server.
async fn background<S: Store>(
    store: &S,
    record: &RunRecord,
    launches: &impl PlannedLaunches,
) -> Result<Background, LedgerError> {
    let limits = launches.limits();
    let notes = store.read_notes(record.id).await?;
    Ok(Background {
        inputs: RunSnapshot::from_bytes(&record.inputs).ok().map(|snapshot| RunInputs::of(&snapshot.inputs)),
        paces: limits.map(|limits| paces(&notes, limits.pace, record.started)).unwrap_or_default(),
        lists: store.read_list_minutes(record.id).await?,
        most_lists: limits.map(|limits| limits.poll.most_in(MINUTE)),
    })
}

/// What the next steps of a run depend on, as the ledger has it.
async fn hints<S: Store>(
    store: &S,
    record: &RunRecord,
    end: Option<RunEnd>,
    reach: RunAvailability,
    flags: &RepeatedFlags,
) -> Result<Hints, LedgerError> {
    let successor = match successor(&store.read_notes(record.id).await?) {
        None => None,
        Some(by) => Some(StoredRun::find(store, by).await?.map_or(Successor::Announced, |_| Successor::Begun(by))),
    };
    let held_until = store.read_tenant(record.id).await?.starts_pause.map(|pause| pause.until);
    let key = RunSnapshot::from_bytes(&record.inputs).ok().and_then(|snapshot| snapshot.key);
    // Where this command found the run is nothing to the machine that launched it.
    let is_here = reach != RunAvailability::Elsewhere;
    let flag = |flags: &str| if is_here { flags.to_owned() } else { String::new() };
    Ok(Hints {
        ledger: flag(&flags.ledger),
        connection: flag(&flags.connection),
        host: record.imported_from().map(str::to_owned),
        look_up: Some(look_up_command::command),
        tenant: record.launched_on().to_owned(),
        reach,
        successor,
        held_until: held_until.filter(|until| end.is_some_and(|end| *until > end.ended)),
        is_named: record.slot.is_some() || key.is_some(),
    })
}
