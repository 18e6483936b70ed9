//! A run that somebody asks for: which run that is, whether it may begin, goes on or is over.
//!
//! In: what a run stands for, its plan. Out: the run, at its end. Its locks are held until that goes.
//! Source: `docs/exactly-once.md`, section 5.

mod follow;

use std::path::PathBuf;
use std::time::Duration;

use super::RunService;
use super::begin::NewRun;
use super::finished::{FinishedRun, ReportedLaunches};
use super::resume::ResumedRun;
use crate::exit::ExitStatus;
use crate::format::Overlap;
use crate::ids::RunId;
use crate::launch::{LateJobs, Proof, RunHistory, RunOrigin, SendMode};
use crate::ledger::{RunNote, Store};
use crate::plan::{self, Inputs, Plan};
use crate::run::connector::Connector;
use crate::run::error::RunServiceError;
use crate::run::execution::AdoptionScope;
use crate::run::identity::{RunIdentity, SlotSource, max_slot_lead};
use crate::run::locks::{ManifestKey, ManifestLock, RunLocks, lock_manifest_by_overlap, lock_run};
use crate::run::observer::{OverReason, RunNotice};
use crate::run::reporting::RepeatedFlags;
use crate::run::rerun_chain::RerunChain;
use crate::run::snapshot::RunSnapshot;
use crate::run::stored_run::renamed_jobs::renamed_jobs;
use crate::run::stored_run::waiting::still_waits;
use crate::run::stored_run::{MAX_SLOT_LEAD, StoredRun, is_done};
use crate::saved_plan::Approval;
use crate::saved_plan::input_difference::{self, ValueView};
use crate::source::Sources;

/// How far the clocks of two hosts may be apart, at most, of which one saved a plan and the other runs it.
const MAX_CLOCK_GAP: Duration = Duration::from_secs(24 * 3600);

/// A run that somebody asks for.
#[derive(Debug)]
pub struct RunRequest {
    /// What it stands for.
    pub identity: RunIdentity,
    /// The texts that its plan was made from.
    pub sources: Sources,
    /// Its plan.
    pub plan: Plan,
    /// What the plan was made of.
    pub inputs: Inputs,
    /// The manifest's folder as it was typed, which files with secrets are relative to.
    pub folder: PathBuf,
    /// The same from the root on, for later processes; `None` if nobody knows it.
    pub absolute_folder: Option<PathBuf>,
    /// The slot or, failing that, the logical time, as it was typed; `None` if neither was.
    pub typed_time: Option<String>,
    /// Whether the logical time was typed.
    pub has_logical_time: bool,
    /// Whether it must be proved that no other ledger began it, where finding nothing may mean that too little was seen.
    pub proof: Proof,
    /// Whether the end of a process that is at the same slot or key is waited for; else this call leaves.
    pub follows: bool,
    /// What a saved plan was approved for, which must still hold when its run begins.
    pub approved: Option<Approval>,
}

/// The locks of a run, or who stands in their way.
enum LockAttempt<L> {
    Held(RunLocks<L>),
    InTheWay { run: L, live: Option<RunId> },
}

impl RunRequest {
    /// A run of `plan`, made of `inputs` and no more, that stands for itself.
    pub fn new(sources: Sources, plan: Plan, inputs: Inputs) -> Self {
        Self {
            identity: RunIdentity::Unique,
            sources,
            plan,
            inputs,
            folder: PathBuf::new(),
            absolute_folder: None,
            typed_time: None,
            has_logical_time: false,
            proof: Proof::Needed,
            follows: false,
            approved: None,
        }
    }

    /// What becomes of it where another run of its manifest is in its way; `None` if none can be.
    pub(super) fn overlap(&self) -> Option<Overlap> {
        let is_slot = self.identity.slot().is_some();
        if !is_slot && !self.plan.is_exclusive() {
            return None;
        }
        let overlap = self.plan.schedule().map_or(Overlap::Skip, |schedule| schedule.overlap);
        // Nobody would ever run it later: what stands for no slot is not skipped.
        Some(if is_slot || overlap == Overlap::Wait { overlap } else { Overlap::Fail })
    }
}

impl<S: Store, C: Connector> RunService<'_, S, C> {
    /// Sees to one run: begins it, goes on with it, or tells that it needs nothing more.
    ///
    /// Errors: [`RunServiceError`]; nothing was sent, but for [`RunServiceError::may_have_sent`].
    pub async fn start(&self, wanted: RunRequest) -> Result<FinishedRun<S::Lock>, RunServiceError> {
        let Some(id) = self.id_of(&wanted.identity, wanted.plan.name()).await? else {
            self.agree_to_start(None, &wanted).await?;
            let id = self.new_run_id();
            return match self.locks(id, &wanted).await? {
                LockAttempt::Held(locks) => {
                    self.tell_of_renamed_jobs(&wanted).await?;
                    Ok(Box::pin(self.begin(self.new_run(id, wanted)?)).await?.holding(locks))
                }
                LockAttempt::InTheWay { live, .. } => {
                    Err(RunServiceError::Exclusive { name: wanted.plan.name().to_owned(), live })
                }
            };
        };
        let locks = loop {
            if wanted.follows
                && let Some(ended) = self.follow(id, &wanted).await?
            {
                return Ok(ended);
            }
            // Another ledger launched it: what it has sent by now is not known here.
            if let Some(found) = StoredRun::find(self.store, id).await? {
                RunServiceError::refuse_imported(&found.record)?;
            }
            // A run that is over needs no lock: a hundred may ask at once.
            if let Some(found) = StoredRun::find(self.store, id).await?
                && let Some((exit, why)) = self.over_or_same(&found, &wanted).await?
            {
                return self.show_over(found, &wanted, exit, why);
            }
            self.agree_to_start(Some(id), &wanted).await?;
            match self.locks(id, &wanted).await {
                Err(RunServiceError::InUse { .. }) if wanted.follows => {}
                locks => break locks?,
            }
        };
        let found = StoredRun::find(self.store, id).await?;
        if let Some(found) = &found
            && let Some((exit, why)) = self.over_or_same(found, &wanted).await?
        {
            let found = StoredRun::read(self.store, found.record.id).await?;
            return self.show_over(found, &wanted, exit, why);
        }
        match (locks, found) {
            (LockAttempt::Held(locks), None) => {
                self.check_lateness(&wanted)?;
                self.tell_of_renamed_jobs(&wanted).await?;
                Ok(Box::pin(self.begin(self.new_run(id, wanted)?)).await?.holding(locks))
            }
            (LockAttempt::Held(locks), Some(found)) if found.steered().hold.is_some() => {
                Ok(self.hold_back(found, &wanted)?.holding(locks))
            }
            (LockAttempt::Held(locks), Some(found)) => {
                Ok(Box::pin(self.go_on_with(found, wanted)).await?.holding(locks))
            }
            (LockAttempt::InTheWay { run, live }, None) => {
                self.tell(RunNotice::Skipped { identity: &wanted.identity, live });
                let skipped = Box::pin(self.skip(self.new_run(id, wanted)?, live)).await?;
                Ok(skipped.holding(RunLocks::new(run, None)))
            }
            (LockAttempt::InTheWay { run, live }, Some(found)) => {
                self.tell(RunNotice::InTheWay { identity: &wanted.identity, run: found.record.id, live });
                let (_, plan) = found.plan().map_err(RunServiceError::PlanUnavailable)?;
                let launches = ReportedLaunches::of_plan(plan, id, found.why_skipped());
                let shown = FinishedRun::as_it_is(found.record, launches, ExitStatus::Success);
                Ok(shown.holding(RunLocks::new(run, None)))
            }
        }
    }

    /// Says which jobs seem to have another name now, so that `once` no longer knows what was started.
    async fn tell_of_renamed_jobs(&self, wanted: &RunRequest) -> Result<(), RunServiceError> {
        let tenant = self.destination(None)?.tenant.as_str();
        let diagnostics = renamed_jobs(self.store, tenant, &wanted.plan).await?;
        if !diagnostics.is_empty() {
            self.tell(RunNotice::Diagnosed { sources: &wanted.sources, diagnostics: &diagnostics });
        }
        Ok(())
    }

    /// A run that somebody paused or cancelled, or that a rule of its manifest paused: no scheduler lets it go on.
    fn hold_back(&self, found: StoredRun, wanted: &RunRequest) -> Result<FinishedRun<S::Lock>, RunServiceError> {
        let (id, holds) = (found.record.id, found.steered());
        self.tell(RunNotice::HeldBack { identity: &wanted.identity, run: id, holds: &holds });
        let exit = found.end.map_or(ExitStatus::NotSent, |end| end.exit.worse(ExitStatus::NotSent));
        let (_, plan) = found.plan().map_err(RunServiceError::PlanUnavailable)?;
        let launches = ReportedLaunches::of_plan(plan, id, found.why_skipped());
        Ok(FinishedRun::as_it_is(found.record, launches, exit))
    }

    /// Takes the run's lock and, where the run must be alone, its manifest's.
    async fn locks(&self, id: RunId, wanted: &RunRequest) -> Result<LockAttempt<S::Lock>, RunServiceError> {
        let run = lock_run(self.store, id, Some(&wanted.identity.describe())).await?;
        // Without it those who come meanwhile only take longer to leave.
        let _ = self.store.leave_word(&run, wanted.inputs.digest()).await;
        let Some(overlap) = wanted.overlap() else { return Ok(LockAttempt::Held(RunLocks::new(run, None))) };
        let tenant = self.destination(None)?.tenant.as_str();
        let manifest = ManifestKey { tenant, name: wanted.plan.name() };
        let (clock, interrupts) = (&*self.clock, &self.interrupts);
        let lock = lock_manifest_by_overlap(overlap, self.store, manifest, clock, interrupts, self.observer).await?;
        Ok(match lock {
            ManifestLock::Held(manifest) => LockAttempt::Held(RunLocks::new(run, Some(manifest))),
            ManifestLock::HeldBy(live) => LockAttempt::InTheWay { run, live },
        })
    }

    /// Whether the run `found` is over, which must have the plan that is wanted.
    async fn over_or_same(
        &self,
        found: &StoredRun,
        wanted: &RunRequest,
    ) -> Result<Option<(ExitStatus, OverReason)>, RunServiceError> {
        let over = self.over(found, wanted).await?;
        check_same_plan(found, wanted, over.is_some(), &self.flags)?;
        Ok(over)
    }

    /// The exit status of a run that needs nothing more, and why; `None` if something is left to do.
    async fn over(
        &self,
        found: &StoredRun,
        wanted: &RunRequest,
    ) -> Result<Option<(ExitStatus, OverReason)>, RunServiceError> {
        let id = found.record.id;
        if found.successor().is_some() {
            let chain = RerunChain::of(self.store, id).await?;
            let last = chain.last();
            let exit = last.end.map_or(ExitStatus::NotSent, |end| end.exit);
            return Ok(Some((exit, OverReason::TakenOver { by: last.record.id })));
        }
        if found.is_skipped() {
            let is_named = matches!(wanted.identity, RunIdentity::Slot(_, SlotSource::Named));
            return Ok((!is_named).then_some((ExitStatus::Success, OverReason::Skipped)));
        }
        // A run that is going on has no end: its plan is not made in vain.
        let Some(end) = found.end else { return Ok(None) };
        let Ok((_, plan)) = found.plan() else { return Ok(None) };
        let history = RunHistory::read(self.store, id).await?;
        let wait = self.wait_of(found);
        let is_done =
            is_done(&found.record, &history, plan.skipped()) && !still_waits(&plan, wait, &history, LateJobs::Over);
        Ok(is_done.then(|| {
            let comes_twice = self.comes_twice(wanted).unwrap_or_default();
            (end.exit, OverReason::Done { run: id, comes_twice })
        }))
    }

    /// Whether the slot is that of a time which clocks that were set back show for the second time.
    fn comes_twice(&self, wanted: &RunRequest) -> Option<bool> {
        let schedule = wanted.plan.schedule()?;
        let moment = wanted.typed_time.as_ref().map_or(Some(self.clock.utc()), |given| schedule.moment(given))?;
        Some(schedule.came_before(moment))
    }

    fn show_over(
        &self,
        found: StoredRun,
        wanted: &RunRequest,
        exit: ExitStatus,
        why: OverReason,
    ) -> Result<FinishedRun<S::Lock>, RunServiceError> {
        self.tell(RunNotice::Over { identity: &wanted.identity, why });
        let (_, plan) = found.plan().map_err(RunServiceError::PlanGone)?;
        let launches = ReportedLaunches::of_plan(plan, found.record.id, found.why_skipped());
        Ok(FinishedRun::as_it_is(found.record, launches, exit))
    }

    fn new_run(&self, id: RunId, wanted: RunRequest) -> Result<NewRun, RunServiceError> {
        let reach = self.reach(&wanted)?;
        let RunRequest { identity, sources, plan, inputs, folder, absolute_folder, approved, .. } = wanted;
        let slot = identity.slot().map(|slot| slot.to_string());
        let key = match identity {
            RunIdentity::Key(key) => Some(key),
            RunIdentity::Unique | RunIdentity::Slot(..) => None,
        };
        let wait = self.overrides.wait;
        let snapshot =
            RunSnapshot { inputs, names: None, folder: absolute_folder, wait, rerun_of: None, rerun_filter: None, key };
        Ok(NewRun { id, slot, plan, sources, snapshot, folder, reach, repeats: None, supersedes: None, approved })
    }

    /// How far another ledger is looked for that has begun what a run stands for; `None` if none can have.
    fn reach(&self, wanted: &RunRequest) -> Result<Option<AdoptionScope>, RunServiceError> {
        let destination = self.destination(None)?;
        let origin = match &wanted.identity {
            RunIdentity::Unique => return Ok(None),
            RunIdentity::Slot(slot, _) => {
                let lead = max_slot_lead(wanted.plan.schedule()).try_into().unwrap_or(MAX_SLOT_LEAD);
                RunOrigin::Slot(*slot, lead)
            }
            RunIdentity::Key(_) => {
                // Another ledger may have begun a saved plan at any time since it was saved.
                let saved = wanted.approved.as_ref().map(|approval| approval.saved);
                let age = saved.map(|saved| Duration::try_from(self.clock.utc().duration_since(saved)));
                let age = age.map_or(Duration::ZERO, |age| age.unwrap_or_default().saturating_add(MAX_CLOCK_GAP));
                RunOrigin::Key(destination.key_horizon.max(age))
            }
        };
        Ok(Some(AdoptionScope { origin, proof: destination.required_proof(wanted.proof) }))
    }

    /// Goes on with a run that was begun, or skipped, with the same plan.
    async fn go_on_with(&self, found: StoredRun, wanted: RunRequest) -> Result<FinishedRun<S::Lock>, RunServiceError> {
        let id = found.record.id;
        let origin = found.origin(self.destination(None)?.key_horizon);
        let reach = self.reach(&wanted)?.unwrap_or(AdoptionScope { origin, proof: Proof::Unneeded });
        if found.is_skipped() {
            self.check_lateness(&wanted)?;
            if let Some(approved) = &wanted.approved {
                self.check_approved(approved, &wanted.plan).await?;
            }
            self.store.note(id, RunNote::Begun).await?;
        } else {
            self.tell(RunNotice::GoesOn { identity: &wanted.identity, run: id });
        }
        let resumed = ResumedRun { sending: SendMode::On, reach, limits: Some(wanted.plan.limits()) };
        let made = found.plan();
        Box::pin(self.go_on(found, made, resumed)).await
    }

    /// The run that `identity` of the manifest `name` stands for, if it stands for one: the run that the ledger has, also
    /// where that was begun when the tenant's identity was taken as it was spelled; else a new one.
    pub(super) async fn id_of(&self, identity: &RunIdentity, name: &str) -> Result<Option<RunId>, RunServiceError> {
        let tenant = self.destination(None)?.tenant.as_str();
        let Some(id) = identity.run_id(tenant, name) else { return Ok(None) };
        let spellings = self.store.tenant_spellings(tenant).await?;
        let kept = spellings.iter().filter_map(|spelling| identity.run_id(spelling, name));
        for candidate in std::iter::once(id).chain(kept) {
            if !self.store.find_runs(&candidate.to_string(), 1).await?.is_empty() {
                return Ok(Some(candidate));
            }
        }
        Ok(Some(id))
    }
}

/// Refuses, with exit code 13, launches that are not those of the run `found`, which the slot or key stands for: they would
/// never be started, whether that run goes on or is over.
fn check_same_plan(
    found: &StoredRun,
    wanted: &RunRequest,
    is_over: bool,
    flags: &RepeatedFlags,
) -> Result<(), RunServiceError> {
    let is_same = found.record.plan_digest == wanted.plan.digest() || is_same_but_for_the_time(found, wanted);
    if is_same { Ok(()) } else { Err(another_plan(found, wanted, is_over, flags)) }
}

/// A key names no time: a call without a logical time means the time that the run was begun with.
fn is_same_but_for_the_time(found: &StoredRun, wanted: &RunRequest) -> bool {
    let Some(snapshot) = &found.snapshot else { return false };
    if wanted.identity.slot().is_some() || wanted.has_logical_time {
        return false;
    }
    let inputs = Inputs { time: snapshot.inputs.time, ..wanted.inputs.clone() };
    let (_, plan) = plan::make(&inputs);
    plan.into_parts().0.is_some_and(|plan| plan.digest() == found.record.plan_digest)
}

/// What is said of another plan than that of the run `found`; commands in it carry `flags`.
fn another_plan(found: &StoredRun, wanted: &RunRequest, is_over: bool, flags: &RepeatedFlags) -> RunServiceError {
    let (id, what) = (found.record.id, wanted.identity.describe());
    let (mut words, help) = if is_over && !found.is_skipped() {
        let own = match wanted.identity {
            RunIdentity::Key(_) => "a `--run-key` of their own",
            RunIdentity::Unique | RunIdentity::Slot(..) => "a manifest with a `name` of its own, or a `--run-key`",
        };
        (
            format!("{what} is done already, with another plan (run {id}): nothing was started"),
            format!("these launches need {own}; `sortie report {id}{}` shows what was started", flags.ledger),
        )
    } else if found.is_skipped() {
        (
            format!("{what} was skipped, with another plan (run {id}): nothing was started"),
            "start it with the plan that was skipped, or with a `--run-key`".to_owned(),
        )
    } else {
        (
            format!("{what} was begun with another plan, and is not finished (run {id})"),
            format!("`sortie resume {id}{}{}` goes on with what was begun", flags.ledger, flags.connection),
        )
    };
    if let Some(snapshot) = &found.snapshot {
        let begun = found.plan().ok().map(|(_, plan)| plan);
        let is_key = wanted.identity.slot().is_none() && !wanted.has_logical_time;
        let time = if is_key { snapshot.inputs.time } else { wanted.inputs.time };
        let now = Inputs { time, ..wanted.inputs.clone() };
        let launches = begun.map(|begun| input_difference::launches(&begun, &wanted.plan));
        for line in input_difference::between(&snapshot.inputs, &now, ValueView::Hidden).into_iter().chain(launches) {
            words.push_str(&format!("\n  {line}"));
        }
    }
    RunServiceError::AnotherPlan { run: id, words, help }
}
