//! One call of `sortie run`: which run it means, whether that may begin, goes on or is over, and the slots missed before.
//!
//! In: what a run stands for, its plan, an open ledger. Out: exit status and report. Locks are held until it ends.
//! Source: `docs/exactly-once.md`, section 5.

mod missed_slots;

use std::path::Path;

use crate::cli::args;
use crate::cli::connect::target::Target;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::manifest_files;
use crate::cli::input_difference;
use crate::cli::interrupt::InterruptReceiver;
use crate::cli::locks::{self, ManifestKey, ManifestLock};
use crate::cli::output::report_output::{self, ReportOutput};
use crate::cli::overrides::Overrides;
use crate::cli::run_identity::{self, RunIdentity, SlotSource};
use crate::cli::run_service::{NewRun, ResumedRun, RunService};
use crate::clock::SharedClock;
use crate::exit::ExitStatus;
use crate::format::Overlap;
use crate::ids::RunId;
use crate::launch::{Proof, RunHistory, RunOrigin, Sending};
use crate::ledger::{AnyLock, AnyStore, Locks as _, RunNote, RunStore as _};
use crate::plan::{self, Inputs, Plan};
use crate::run::{AdoptionScope, MAX_SLOT_LEAD, RerunChain, RunSnapshot, StoredRun, is_done, skipped_because_of};
use crate::source::Sources;

use missed_slots::continues_after;

/// A run that somebody asked for.
pub(super) struct RunRequest {
    /// What it stands for.
    pub(super) identity: RunIdentity,
    /// The texts that its plan was made from.
    pub(super) sources: Sources,
    /// Its plan.
    pub(super) plan: Plan,
    /// What the plan was made of.
    pub(super) inputs: Inputs,
}

/// One call of `sortie run`.
pub(super) struct RunInvocation<'a> {
    context: &'a CommandContext,
    flags: &'a args::RunArgs,
    target: &'a Target,
    ledger: &'a AnyStore,
    clock: SharedClock,
    interrupts: InterruptReceiver,
    tenant: String,
    service: RunService<'a>,
}

/// The locks of a run, or who stands in their way.
enum RunLocks {
    Held { _run: AnyLock, _manifest: Option<AnyLock> },
    InTheWay { run: AnyLock, live: Option<RunId> },
}

impl<'a> RunInvocation<'a> {
    pub(super) fn new(
        context: &'a CommandContext,
        flags: &'a args::RunArgs,
        overrides: &'a Overrides,
        target: &'a Target,
        ledger: &'a AnyStore,
        clock: &SharedClock,
        interrupts: &InterruptReceiver,
    ) -> Self {
        let work = RunService::new(context, ledger, target, overrides, clock.clone(), interrupts.clone());
        let (clock, interrupts, tenant) = (clock.clone(), interrupts.clone(), target.tenant().to_string());
        Self { context, flags, target, ledger, clock, interrupts, tenant, service: work }
    }

    /// Carries out what was missed before, where that is asked for, and then what is `wanted`.
    pub(super) async fn execute(&self, wanted: RunRequest, out: ReportOutput) -> Result<ExitStatus, Failure> {
        let caught_up = Box::pin(self.catch_up(&wanted)).await?;
        if !continues_after(caught_up) {
            let words = format!(
                "{} was not begun: a slot before it, which --catch-up ran first, ended with exit code {}",
                wanted.identity.describe(),
                caught_up.code()
            );
            return Err(Failure::with_message(caught_up, words));
        }
        Ok(Box::pin(self.fire(wanted, out)).await?.worse(caught_up))
    }

    /// Sees to one run.
    async fn fire(&self, wanted: RunRequest, out: ReportOutput) -> Result<ExitStatus, Failure> {
        let Some(id) = self.id_of(&wanted.identity, wanted.plan.name()).await? else {
            let id = self.new_run_id();
            return match self.locks(id, &wanted).await? {
                RunLocks::Held { .. } => self.begin(id, wanted, out).await,
                RunLocks::InTheWay { live, .. } => Err(exclusive(&wanted, live)),
            };
        };
        // A run that is over needs no lock: a hundred may ask at once.
        if let Some(found) = StoredRun::find(self.ledger, id).await? {
            let over = self.over(&found, &wanted).await?;
            self.check_same_plan(&found, &wanted, over.is_some())?;
            if let Some(over) = over {
                return self.report_over(found, over, out).await;
            }
        }
        let locks = self.locks(id, &wanted).await?;
        let found = StoredRun::find(self.ledger, id).await?;
        if let Some(found) = &found {
            let over = self.over(found, &wanted).await?;
            self.check_same_plan(found, &wanted, over.is_some())?;
            if let Some(over) = over {
                return self.report_over(StoredRun::read(self.ledger, found.record.id).await?, over, out).await;
            }
        }
        match (locks, found) {
            (RunLocks::Held { .. }, None) => {
                self.check_lateness(&wanted)?;
                self.begin(id, wanted, out).await
            }
            (RunLocks::Held { .. }, Some(found)) => Box::pin(self.go_on(found, wanted, out)).await,
            (RunLocks::InTheWay { run: _run, live }, None) => {
                let why = skipped_because_of(live);
                self.context.tell(&format!("{} is skipped: {why}", wanted.identity.describe()));
                Box::pin(self.service.skip(self.new_run(id, wanted), live, &why, out)).await
            }
            (RunLocks::InTheWay { run: _run, live }, Some(found)) => {
                let words = format!(
                    "{} is not finished, and {}: nothing was done\n  help: `sortie resume {}` goes on with it",
                    wanted.identity.describe(),
                    skipped_because_of(live),
                    found.record.id
                );
                self.context.tell(&words);
                let (_, plan) = found.plan().map_err(|lost| Failure::new(ExitStatus::Stale, &lost))?;
                let plans = crate::report::FromPlan { plan: &plan, run: id, skipped: found.why_skipped() };
                report_output::write_snapshot(self.context, self.ledger, &found, &plans, out).await
            }
        }
    }

    /// Takes the run's lock and, where the run must be alone, its manifest's.
    async fn locks(&self, id: RunId, wanted: &RunRequest) -> Result<RunLocks, Failure> {
        let run = locks::lock_run(self.ledger, id, Some(&wanted.identity.describe())).await?; // Without it those who come meanwhile only take longer to leave.
        let _ = self.ledger.leave_word(&run, wanted.inputs.digest()).await;
        let is_slot = wanted.identity.slot().is_some();
        if !is_slot && !wanted.plan.is_exclusive() {
            return Ok(RunLocks::Held { _run: run, _manifest: None });
        }
        let overlap = wanted.plan.schedule().map_or(Overlap::Skip, |schedule| schedule.overlap);
        // Nobody would ever run it later: what stands for no slot is not skipped.
        let overlap = if is_slot || overlap == Overlap::Wait { overlap } else { Overlap::Fail };
        let manifest = ManifestKey { tenant: &self.tenant, name: wanted.plan.name() };
        let lock = locks::lock_manifest_by_overlap(
            overlap,
            self.context,
            self.ledger,
            manifest,
            &self.clock,
            &self.interrupts,
        )
        .await?;
        Ok(match lock {
            ManifestLock::Held(manifest) => RunLocks::Held { _run: run, _manifest: Some(manifest) },
            ManifestLock::HeldBy(live) => RunLocks::InTheWay { run, live },
        })
    }

    /// The exit status of a run that needs nothing more, with what to say; `None` if something is left to do.
    async fn over(&self, found: &StoredRun, wanted: &RunRequest) -> Result<Option<(ExitStatus, String)>, Failure> {
        let (words, id) = (wanted.identity.describe(), found.record.id);
        if found.successor().is_some() {
            let chain = RerunChain::of(self.ledger, id).await?;
            let last = chain.last();
            let exit = last.end.map_or(ExitStatus::NotSent, |end| end.exit);
            let words = format!("{words} was taken over by rerun {}: nothing was started", last.record.id);
            return Ok(Some((exit, words)));
        }
        if found.is_skipped() {
            let is_named = matches!(wanted.identity, RunIdentity::Slot(_, SlotSource::Yes));
            let help = "only `--slot` runs it";
            let words = format!("{words} was skipped, and nothing was started\n  help: {help}");
            return Ok((!is_named).then_some((ExitStatus::Success, words)));
        }
        // A run that is going on has no end: its plan is not made in vain.
        let Some(end) = found.end else { return Ok(None) };
        let Ok((_, plan)) = found.plan() else { return Ok(None) };
        let history = RunHistory::read(self.ledger, id).await?;
        let is_done = is_done(&found.record, &history, plan.skipped());
        Ok(is_done.then(|| {
            let twice = self.comes_twice(wanted).unwrap_or_default();
            (end.exit, format!("{words} is done already (run {id}): nothing was started{twice}"))
        }))
    }

    /// What to say where the slot is that of a time which clocks that were set back show for the second time.
    fn comes_twice(&self, wanted: &RunRequest) -> Option<&'static str> {
        let schedule = wanted.plan.schedule()?;
        let given = self.flags.inputs.slot.as_ref().or(self.flags.inputs.logical_time.as_ref());
        let moment = given.map_or(Some(self.clock.utc()), |given| schedule.moment(given))?;
        schedule.came_before(moment).then_some(
            "\n  help: clocks were set back, and this time came before: by the clock in the schedule's zone it is one slot; \
             `zone: UTC` has a slot for every period"
        )
    }

    async fn report_over(
        &self,
        found: StoredRun,
        (exit, words): (ExitStatus, String),
        out: ReportOutput,
    ) -> Result<ExitStatus, Failure> {
        self.context.tell(&words);
        let (_, plan) = found.plan().map_err(|lost| Failure::new(ExitStatus::Fault, &lost))?;
        let plans = crate::report::FromPlan { plan: &plan, run: found.record.id, skipped: found.why_skipped() };
        let reported = report_output::write_snapshot(self.context, self.ledger, &found, &plans, out).await?;
        Ok(exit.worse(reported))
    }

    async fn begin(&self, id: RunId, wanted: RunRequest, out: ReportOutput) -> Result<ExitStatus, Failure> {
        Box::pin(self.service.begin(self.new_run(id, wanted), out)).await
    }

    fn new_run(&self, id: RunId, wanted: RunRequest) -> NewRun {
        let RunRequest { identity, sources, plan, inputs } = wanted;
        let reach = self.reach(&identity, &plan);
        let slot = identity.slot().map(|slot| slot.to_string());
        let key = match identity {
            RunIdentity::Key(key) => Some(key),
            RunIdentity::Unique | RunIdentity::Slot(..) => None,
        };
        NewRun {
            id,
            slot,
            plan,
            sources,
            snapshot: RunSnapshot {
                inputs,
                names: None,
                folder: manifest_files::folder_of(&self.flags.path),
                rerun_of: None,
                key,
            },
            folder: self.flags.path.parent().unwrap_or(Path::new("")).to_owned(),
            reach,
            supersedes: None,
            message: None,
        }
    }

    /// How far another ledger is looked for that has begun what a run stands for; `None` if none can have.
    fn reach(&self, identity: &RunIdentity, plan: &Plan) -> Option<AdoptionScope> {
        let origin = match identity {
            RunIdentity::Unique => return None,
            RunIdentity::Slot(slot, _) => {
                RunOrigin::Slot(*slot, run_identity::max_slot_lead(plan.schedule()).try_into().unwrap_or(MAX_SLOT_LEAD))
            }
            RunIdentity::Key(_) => RunOrigin::Key(self.target.key_horizon()),
        };
        let proof = if self.flags.first { Proof::Unneeded } else { Proof::Needed };
        Some(AdoptionScope { origin, proof: self.target.required_proof(proof) })
    }

    /// Goes on with a run that was begun, or skipped, with the same plan.
    async fn go_on(&self, found: StoredRun, wanted: RunRequest, out: ReportOutput) -> Result<ExitStatus, Failure> {
        let id = found.record.id;
        let origin = found.origin(self.target.key_horizon());
        let reach =
            self.reach(&wanted.identity, &wanted.plan).unwrap_or(AdoptionScope { origin, proof: Proof::Unneeded });
        if found.is_skipped() {
            self.check_lateness(&wanted)?;
            self.ledger.note(id, RunNote::Begun).await?;
        } else {
            self.context.tell(&format!("{} is not finished: goes on with run {id}", wanted.identity.describe()));
        }
        let resumed = ResumedRun { sending: Sending::On, reach, limits: Some(wanted.plan.limits()) };
        Box::pin(self.service.resume(found, resumed, out)).await
    }

    /// A key names no time: a call without `--logical-time` means the time that the run was begun with.
    fn is_same_but_for_the_time(&self, found: &StoredRun, wanted: &RunRequest) -> bool {
        let Some(snapshot) = &found.snapshot else { return false };
        if wanted.identity.slot().is_some() || self.flags.inputs.logical_time.is_some() {
            return false;
        }
        let inputs = Inputs { time: snapshot.inputs.time, ..wanted.inputs.clone() };
        let (_, plan) = plan::make(&inputs);
        plan.into_parts().0.is_some_and(|plan| plan.digest() == found.record.plan_digest)
    }

    /// Refuses, with exit code 13, launches that are not those of the run `found`, which the slot or key stands for:
    /// they would never be started, whether that run goes on or is over.
    fn check_same_plan(&self, found: &StoredRun, wanted: &RunRequest, is_over: bool) -> Result<(), Failure> {
        let is_same = found.record.plan_digest == wanted.plan.digest() || self.is_same_but_for_the_time(found, wanted);
        if is_same { Ok(()) } else { Err(self.stale(found, wanted, is_over)) }
    }

    fn stale(&self, found: &StoredRun, wanted: &RunRequest, is_over: bool) -> Failure {
        let (id, what) = (found.record.id, wanted.identity.describe());
        let (mut words, help) = if is_over && !found.is_skipped() {
            let own = match wanted.identity {
                RunIdentity::Key(_) => "a `--run-key` of their own",
                RunIdentity::Unique | RunIdentity::Slot(..) => "a manifest with a `name` of its own, or a `--run-key`",
            };
            (
                format!("{what} is done already, with another plan (run {id}): nothing was started"),
                format!("these launches need {own}; `sortie report {id}` shows what was started"),
            )
        } else if found.is_skipped() {
            (
                format!("{what} was skipped, with another plan (run {id}): nothing was started"),
                "start it with the plan that was skipped, or with a `--run-key`".to_owned(),
            )
        } else {
            (
                format!("{what} was begun with another plan, and is not finished (run {id})"),
                format!("`sortie resume {id}` goes on with what was begun"),
            )
        };
        if let Some(snapshot) = &found.snapshot {
            let begun = found.plan().ok().map(|(_, plan)| plan);
            let is_key = wanted.identity.slot().is_none() && self.flags.inputs.logical_time.is_none();
            let now = Inputs {
                time: if is_key { snapshot.inputs.time } else { wanted.inputs.time },
                ..wanted.inputs.clone()
            };
            for line in input_difference::between(&snapshot.inputs, begun.as_ref(), &now, &wanted.plan) {
                words.push_str(&format!("\n  {line}"));
            }
        }
        words.push_str(&format!("\n  help: {help}"));
        Failure::with_message(ExitStatus::Stale, words).with_run(id)
    }

    /// The run that `run_identity` of the manifest `name` stands for, if it stands for one: the run that the ledger has, also
    /// where that was begun when the tenant's identity was taken as it was spelled; else a new one.
    async fn id_of(&self, identity: &RunIdentity, name: &str) -> Result<Option<RunId>, Failure> {
        let Some(id) = identity.run_id(&self.tenant, name) else { return Ok(None) };
        let spellings = self.ledger.tenant_spellings(&self.tenant).await?;
        let kept = spellings.iter().filter_map(|spelling| identity.run_id(spelling, name));
        for candidate in std::iter::once(id).chain(kept) {
            if !self.ledger.find_runs(&candidate.to_string(), 1).await?.is_empty() {
                return Ok(Some(candidate));
            }
        }
        Ok(Some(id))
    }

    fn new_run_id(&self) -> RunId {
        new_run_id(&self.clock)
    }
}

fn exclusive(wanted: &RunRequest, live: Option<RunId>) -> Failure {
    let name = wanted.plan.name();
    Failure::with_message(ExitStatus::Held, format!("`{name}` runs one at a time, and {}", skipped_because_of(live)))
}

/// The id of a run that stands for itself.
pub(crate) fn new_run_id(clock: &SharedClock) -> RunId {
    let mut random = [0; 10];
    fastrand::fill(&mut random);
    let unix_ms = u64::try_from(clock.utc().as_millisecond()).expect("the present is after 1970");
    RunId::new_at(unix_ms, random)
}
