//! What has come of the launches of a run that goes on: counted from what was added to the ledger since it was last asked for.
//!
//! In: the run's records behind the last ones that were read. Out: totals. Kept: the states of its launches. Never: reads a record
//! twice.

use std::collections::BTreeMap;

use super::StoredRun;
use crate::ids::Ordinal;
use crate::ledger::state::chains::{Chains, RunRetries};
use crate::ledger::state::{self, LaunchState};
use crate::ledger::totals::Totals;
use crate::ledger::{EventLog, LedgerError, RecordMark};
use crate::report::{FromPlan, PlannedLaunches as _};

/// What a run's records have come to. It is of one run alone.
#[derive(Default)]
pub struct RunCount {
    mark: RecordMark,
    states: BTreeMap<Ordinal, LaunchState>,
    /// How many launches of the plan it skips, which have no record; `None` until they are counted.
    skipped: Option<u32>,
    totals: Totals,
}

impl RunCount {
    /// Takes in what was recorded of `stored` since, and tells what it all comes to.
    ///
    /// Errors: the ledger cannot be read; this value tells nothing then, and another one begins anew.
    pub async fn go_on<L: EventLog>(&mut self, log: &L, stored: &StoredRun) -> Result<Totals, LedgerError> {
        let mut has_changed = false;
        while let Some((mark, records)) = log.read_records(stored.record.id, self.mark).await? {
            for record in records {
                let (ordinal, state) = (record.ordinal, self.states.entry(record.ordinal).or_default());
                let next = state::fold(std::mem::take(state), record.event);
                *state = next.map_err(|source| LedgerError::Contradiction { ordinal, source })?;
            }
            self.mark = mark;
            has_changed = true;
        }
        if self.skipped.is_none() {
            self.skipped = Some(self.skipped_by_plan(stored));
            has_changed = true;
        }
        if has_changed {
            self.totals = self.counted(stored.record.launches);
        }
        Ok(self.totals)
    }

    /// How many launches the plan skips: the same at any time, and only the plan knows.
    fn skipped_by_plan(&self, stored: &StoredRun) -> u32 {
        let Ok((_, plan)) = stored.plan() else { return 0 };
        let launches = FromPlan { plan: &plan, run: stored.record.id, skipped: stored.why_skipped() };
        let silent = (0..launches.count()).map(Ordinal).filter(|ordinal| !self.states.contains_key(ordinal));
        let skipped = silent.filter(|ordinal| {
            let planned = launches.planned(*ordinal, &LaunchState::Planned);
            planned.is_some_and(|planned| planned.skipped.is_some())
        });
        u32::try_from(skipped.count()).unwrap_or(u32::MAX)
    }

    fn counted(&self, launches: u32) -> Totals {
        let mut retries = RunRetries::default();
        self.states.range(Ordinal(launches)..).for_each(|(_, state)| retries.add(state.clone()));
        let mut totals = Totals { retries: retries.count(), ..Totals::default() };
        for (ordinal, state) in self.states.range(..Ordinal(launches)) {
            totals.count(state.verdict());
            Chains { state, retries: retries.of(*ordinal) }.count(&mut totals);
        }
        let silent = launches.saturating_sub(totals.launches);
        let skipped = self.skipped.unwrap_or_default().min(silent);
        totals.launches += silent;
        totals.skipped += skipped;
        totals.not_sent += silent - skipped;
        totals
    }
}
