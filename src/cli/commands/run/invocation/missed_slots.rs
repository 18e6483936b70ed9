//! Time gone by: a slot that is too late, and slots that nobody ran, which `--catch-up` runs first.

use std::time::Duration;

use super::{RunInvocation, RunRequest};
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::output::diagnostics;
use crate::cli::output::report_files::ReportFiles;
use crate::cli::output::report_output::ReportOutput;
use crate::cli::run_identity::{RunIdentity, SlotSource};
use crate::clock::Timestamp;
use crate::exit::ExitStatus;
use crate::format::TimeSpan;
use crate::ledger::RunStore as _;
use crate::plan::{self, Inputs, Plan};

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

impl RunInvocation<'_> {
    /// A slot that began too long ago is not begun any more.
    pub(super) fn check_lateness(&self, wanted: &RunRequest) -> Result<(), Failure> {
        let Some(slot) = wanted.identity.slot() else { return Ok(()) };
        match self.is_too_late(slot, &wanted.plan) {
            None => Ok(()),
            Some(most) => {
                let words = format!(
                    "slot {slot} is too late: `schedule.max-lateness` is {}\n  help: `--run-key TEXT` runs it all the \
                     same, as a run of its own",
                    String::from(most)
                );
                Err(Failure::with_message(ExitStatus::Usage, words))
            }
        }
    }

    /// The manifest's `max-lateness`, where `slot` began longer ago.
    fn is_too_late(&self, slot: Timestamp, plan: &Plan) -> Option<TimeSpan> {
        let most = plan.schedule()?.max_lateness?;
        let late = Duration::try_from(self.clock.utc().duration_since(slot)).unwrap_or_default();
        (late > most.duration()).then_some(most)
    }

    /// Runs the slots before `wanted` that nobody ran, as far as `--catch-up` says; tells of the others.
    pub(super) async fn catch_up(&self, wanted: &RunRequest) -> Result<ExitStatus, Failure> {
        let MissedSlots { slots: missed, mut more_since, repeated } = self.missed(wanted).await?;
        if let Some((begin, periods)) = repeated {
            let count = if periods == 1 { "1 slot was".to_owned() } else { format!("{periods} slots were") };
            self.context.tell(&format!(
                "{count} missed, of the time from {begin}: clocks were set back, it came twice in the schedule's zone, and is \
                 one slot\n  help: `zone: UTC` has a slot for every period; `--run-key TEXT` with `--logical-time {begin}` \
                 runs this one"
            ));
        }
        let (late, missed): (Vec<_>, Vec<_>) =
            missed.into_iter().partition(|slot| self.is_too_late(*slot, &wanted.plan).is_some());
        if !late.is_empty() {
            let words = slots(&late, more_since.take(), " and too late to be run");
            self.context.tell(&words);
        }
        let most = self.flags.catch_up.map_or(0, |most| usize::try_from(most).unwrap_or(usize::MAX));
        let (left, caught) = missed.split_at(missed.len().saturating_sub(most));
        if !left.is_empty() {
            let words = slots(left, more_since, "");
            let help = "`--slot` with the name of one runs it; a start with `--catch-up N` runs the latest N first";
            self.context.tell(&format!("{words}\n  help: {help}"));
        }
        let mut exit = ExitStatus::Success;
        for slot in caught {
            let ended = Box::pin(self.catch_up_one(*slot, &wanted.inputs)).await?;
            exit = exit.worse(ended);
            if !continues_after(ended) {
                break;
            }
        }
        Ok(exit)
    }

    async fn catch_up_one(&self, slot: Timestamp, inputs: &Inputs) -> Result<ExitStatus, Failure> {
        let CommandContext { console, verbosity, .. } = self.context;
        let inputs = Inputs { time: slot, slot: Some(slot), ..inputs.clone() };
        let (sources, plan) = plan::make(&inputs);
        let plan = diagnostics::value_or_print(console, *verbosity, &sources, plan)?;
        if plan.is_empty() {
            self.context.tell(&format!("slot {slot} was missed: there is nothing to launch"));
            return Ok(ExitStatus::Success);
        }
        let wanted = RunRequest { identity: RunIdentity::Slot(slot, SlotSource::Yes), sources, plan, inputs };
        let id = self.id_of(&wanted.identity, wanted.plan.name()).await?.expect("a slot has a run");
        self.context.tell(&format!("slot {slot} was missed: it is run now (run {id})"));
        let out = ReportOutput { files: ReportFiles::none(), stdout: None };
        let ended = Box::pin(self.fire(wanted, out)).await?;
        self.context.tell(&format!("slot {slot}: exit {}; `sortie report {id}` has its report", ended.code()));
        Ok(ended)
    }

    /// The slots that are over, between the latest one that the ledger knows and `wanted`, in order.
    async fn missed(&self, wanted: &RunRequest) -> Result<MissedSlots, Failure> {
        let nothing = MissedSlots { slots: Vec::new(), more_since: None, repeated: None };
        let (Some(slot), Some(schedule)) = (wanted.identity.slot(), wanted.plan.schedule()) else {
            return Ok(nothing);
        };
        let known = self.ledger.runs_of(&self.tenant, wanted.plan.name(), MAX_SEARCHED_RUNS).await?;
        let slots = known.iter().filter_map(|run| run.slot.as_ref()?.parse::<Timestamp>().ok());
        let Some(latest) = slots.filter(|known| *known < slot).max() else { return Ok(nothing) };
        let mut missed = Vec::new();
        // What lasts still, or is to come, was not missed.
        let mut before = schedule.before(slot.min(schedule.slot_of(self.clock.utc())));
        let mut repeated = schedule.repeated_before(slot);
        while let Some(slot) = before.filter(|slot| *slot > latest && missed.len() < MAX_MISSED_SLOTS) {
            missed.push(slot);
            repeated = repeated.or_else(|| schedule.repeated_before(slot));
            before = schedule.before(slot);
        }
        missed.reverse();
        let is_more = before.is_some_and(|slot| slot > latest);
        Ok(MissedSlots { slots: missed, more_since: is_more.then_some(latest), repeated })
    }
}

/// Whether the next slot is run after one that ended so: not where nothing can be launched, or nobody wants it.
pub(super) fn continues_after(exit: ExitStatus) -> bool {
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

/// In words: how many `missed_slots` slots there are, and from which to which.
fn slots(missed: &[Timestamp], more_since: Option<Timestamp>, how: &str) -> String {
    match (missed, more_since) {
        ([.., last], Some(since)) => {
            format!("more than {} slots were missed{how}: after {since} to {last}", missed.len())
        }
        ([one], None) => format!("1 slot was missed{how}: {one}"),
        ([first, .., last], None) => format!("{} slots were missed{how}: {first} to {last}", missed.len()),
        ([], _) => String::new(),
    }
}
