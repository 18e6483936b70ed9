//! Time gone by: a slot that is too late, and slots that nobody ran, which a start may run first.

use std::collections::BTreeMap;
use std::time::Duration;

use super::RunService;
use super::finished::FinishedRun;
use super::start::RunRequest;
use crate::clock::Timestamp;
use crate::exit::ExitStatus;
use crate::format::TimeSpan;
use crate::ledger::Store;
use crate::plan::{self, Inputs, Plan};
use crate::run::connector::{Connector, GuardRails};
use crate::run::error::RunServiceError;
use crate::run::identity::{RunIdentity, SlotSource};
use crate::run::observer::{MissedNotice, MissedSpan, RunNotice};

/// Maximum missed slots that are counted: eleven years of hours.
const MAX_MISSED_SLOTS: usize = 100_000;
/// Maximum runs, newest first, that are searched for the latest slot that was run.
const MAX_SEARCHED_RUNS: usize = 500;

/// Slots that nobody ran.
struct MissedSlots {
    /// The slots, in order: the latest [`MAX_MISSED_SLOTS`].
    slots: Vec<Timestamp>,
    /// The slot that was run before all of them, where there are more.
    more_since: Option<Timestamp>,
    /// The time among them that came twice by the clock on the wall, and so has no slot: its beginning, and how many
    /// periods it holds. The latest such time.
    repeated: Option<(Timestamp, i64)>,
}

impl<S: Store, C: Connector> RunService<'_, S, C> {
    /// A slot that began too long ago is not begun any more.
    pub(super) fn check_lateness(&self, wanted: &RunRequest) -> Result<(), RunServiceError> {
        let Some(slot) = wanted.identity.slot() else { return Ok(()) };
        match self.is_too_late(slot, &wanted.plan) {
            None => Ok(()),
            Some(most) => Err(RunServiceError::TooLate { slot, most: String::from(most) }),
        }
    }

    /// The manifest's `max-lateness`, where `slot` began longer ago.
    fn is_too_late(&self, slot: Timestamp, plan: &Plan) -> Option<TimeSpan> {
        let most = plan.schedule()?.max_lateness?;
        let late = Duration::try_from(self.clock.utc().duration_since(slot)).unwrap_or_default();
        (late > most.duration()).then_some(most)
    }

    /// Runs the slots before `wanted` that nobody ran, the latest `most` of them, and tells of the others. `report` is
    /// handed each run at its end, and returns how it was reported; the worst exit status of them all comes back.
    ///
    /// Errors: a slot ended in a way after which `wanted` is not to be begun.
    pub async fn catch_up<E: From<RunServiceError>>(
        &self,
        wanted: &RunRequest,
        most: u32,
        report: impl AsyncFn(FinishedRun<S::Lock>) -> Result<ExitStatus, E>,
    ) -> Result<ExitStatus, E> {
        let MissedSlots { slots: missed, mut more_since, repeated } = self.missed(wanted).await?;
        if let Some((begin, periods)) = repeated {
            self.tell(RunNotice::Missed(MissedNotice::Repeated { begin, periods }));
        }
        let (late, missed): (Vec<_>, Vec<_>) =
            missed.into_iter().partition(|slot| self.is_too_late(*slot, &wanted.plan).is_some());
        if !late.is_empty() {
            let span = MissedSpan { slots: &late, more_since: more_since.take() };
            self.tell(RunNotice::Missed(MissedNotice::TooLate(span)));
        }
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let (left, caught) = missed.split_at(missed.len().saturating_sub(most));
        if !left.is_empty() {
            self.tell(RunNotice::Missed(MissedNotice::Left(MissedSpan { slots: left, more_since })));
        }
        self.agree_to_slots(caught, wanted).await?;
        let mut exit = ExitStatus::Success;
        for slot in caught {
            let ended = Box::pin(self.catch_up_one(*slot, wanted, &report)).await?;
            exit = exit.worse(ended);
            if !continues_after(ended) {
                break;
            }
        }
        if continues_after(exit) {
            return Ok(exit);
        }
        Err(RunServiceError::AfterMissed { identity: wanted.identity.describe(), exit }.into())
    }

    /// Asks before the first of `slots` is begun about all that the call starts, where somebody has to be.
    async fn agree_to_slots(&self, slots: &[Timestamp], wanted: &RunRequest) -> Result<(), RunServiceError> {
        let destination = self.destination(None)?;
        if slots.is_empty() || destination.guard_rails == GuardRails::default() {
            return Ok(());
        }
        let planned = slots.iter().map(|slot| {
            let inputs = of_slot(&wanted.inputs, *slot);
            let (sources, plan) = plan::make(&inputs);
            Ok((self.value_of(&sources, plan, false)?, inputs))
        });
        let planned: Vec<(Plan, Inputs)> = planned.collect::<Result<_, RunServiceError>>()?;
        let plans = planned.iter().map(|(plan, inputs)| (plan, inputs)).chain([(&wanted.plan, &wanted.inputs)]);
        self.agree_to_all(destination, &plans.collect::<Vec<_>>()).await
    }

    async fn catch_up_one<E: From<RunServiceError>>(
        &self,
        slot: Timestamp,
        wanted: &RunRequest,
        report: &impl AsyncFn(FinishedRun<S::Lock>) -> Result<ExitStatus, E>,
    ) -> Result<ExitStatus, E> {
        let inputs = of_slot(&wanted.inputs, slot);
        let (sources, plan) = plan::make(&inputs);
        let plan = self.value_of(&sources, plan, false)?;
        if plan.is_empty() {
            self.tell(RunNotice::Missed(MissedNotice::Nothing(slot)));
            return Ok(ExitStatus::Success);
        }
        let identity = RunIdentity::Slot(slot, SlotSource::Named);
        let run = self.id_of(&identity, plan.name()).await?.expect("a slot has a run");
        let missed = RunRequest {
            identity,
            sources,
            plan,
            inputs,
            folder: wanted.folder.clone(),
            absolute_folder: wanted.absolute_folder.clone(),
            typed_time: wanted.typed_time.clone(),
            approved: None,
            ..*wanted
        };
        self.tell(RunNotice::Missed(MissedNotice::Begins { slot, run }));
        let exit = report(Box::pin(self.start(missed)).await?).await?;
        self.tell(RunNotice::Missed(MissedNotice::Ended { slot, run, exit }));
        Ok(exit)
    }

    /// The slots that are over, between the latest one that the ledger knows and `wanted`, in order.
    async fn missed(&self, wanted: &RunRequest) -> Result<MissedSlots, RunServiceError> {
        let nothing = MissedSlots { slots: Vec::new(), more_since: None, repeated: None };
        let (Some(slot), Some(schedule)) = (wanted.identity.slot(), wanted.plan.schedule()) else {
            return Ok(nothing);
        };
        let tenant = self.destination(None)?.tenant.as_str();
        let known = self.store.runs_of(tenant, wanted.plan.name(), MAX_SEARCHED_RUNS).await?;
        let known: BTreeMap<Timestamp, Timestamp> =
            known.iter().filter_map(|run| Some((run.slot.as_ref()?.parse().ok()?, run.started))).collect();
        // An old slot that somebody ran by hand behind this one makes none between them missed.
        let is_before = |started: &Timestamp| known.get(&slot).is_none_or(|own| started < own);
        let Some(latest) = known.range(..slot).rev().find(|(_, started)| is_before(started)).map(|(slot, _)| *slot)
        else {
            return Ok(nothing);
        };
        let mut missed = Vec::new();
        // What lasts still, or is to come, was not missed.
        let mut before = schedule.before(slot.min(schedule.slot_of(self.clock.utc())));
        let mut repeated = schedule.repeated_before(slot);
        while let Some(slot) = before.filter(|slot| *slot > latest && missed.len() < MAX_MISSED_SLOTS) {
            missed.extend((!known.contains_key(&slot)).then_some(slot));
            repeated = repeated.or_else(|| schedule.repeated_before(slot));
            before = schedule.before(slot);
        }
        missed.reverse();
        let is_more = before.is_some_and(|slot| slot > latest);
        Ok(MissedSlots { slots: missed, more_since: is_more.then_some(latest), repeated })
    }
}

/// Whether the next slot is run after one that ended so: not where nothing can be launched, or nobody wants it.
fn continues_after(exit: ExitStatus) -> bool {
    match exit {
        ExitStatus::Success
        | ExitStatus::Outcome
        | ExitStatus::Rejected
        | ExitStatus::Unknown
        | ExitStatus::Deadline
        | ExitStatus::Report => true,
        ExitStatus::Fault
        | ExitStatus::Login
        | ExitStatus::Usage
        | ExitStatus::Stale
        | ExitStatus::Held
        | ExitStatus::NotSent
        | ExitStatus::Different
        | ExitStatus::Interrupted
        | ExitStatus::Terminated => false,
    }
}

/// The inputs of a run for `slot`, else as `inputs`.
fn of_slot(inputs: &Inputs, slot: Timestamp) -> Inputs {
    Inputs { time: slot, slot: Some(slot), ..inputs.clone() }
}
