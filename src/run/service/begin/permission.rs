//! Whether launches may be sent: by the policies of the profile and of the call, and by the guard rails that ask somebody.
//!
//! In: a plan, of which launches may be sent. Out: nothing, or why nothing is sent. Never: asks where nothing would leave; or holds
//! back what stops and settles.

use crate::diagnostic::Diagnosed;
use crate::ids::{Digest, LaunchId, Ordinal, OrdinalSet};
use crate::launch::RunHistory;
use crate::ledger::Store;
use crate::plan::{Inputs, Plan};
use crate::policy::{PolicySet, PolicyText};
use crate::run::connector::{Connector, GuardRails, LaunchDestination};
use crate::run::error::RunServiceError;
use crate::run::service::RunService;
use crate::run::service::begin::agreement::Agreed;
use crate::run::service::begin::pending_send::{NoYes, PendingSend, SendAnswer, Unconfirmed};
use crate::run::service::interrupt::unless_interrupted;
use crate::source::Sources;

/// Maximum folders that are named.
const MAX_FOLDERS: usize = 3;

/// The launches of a run of `plan` that may still be sent, or started again where a robot job faulted.
pub(in crate::run::service) fn left_to_send<'a>(history: &'a RunHistory, plan: &Plan) -> impl Fn(Ordinal) -> bool + 'a {
    let touched: &OrdinalSet = &history.touched;
    let again = history.may_start_again(plan);
    move |ordinal| !touched.contains(ordinal) || history.unfinished.contains_key(&ordinal) || again.contains(&ordinal)
}

impl<S: Store, C: Connector> RunService<'_, S, C> {
    /// What somebody is still to be asked about these launches, who may take long to answer: no lock is to be held meanwhile.
    pub(in crate::run::service) fn must_agree(
        &self,
        destination: &LaunchDestination,
        plan: &Plan,
        inputs: &Inputs,
        may_be_sent: &dyn Fn(Ordinal) -> bool,
    ) -> Option<PendingSend> {
        if !self.confirmation.may_take_long() {
            return None;
        }
        let (send, launches) = pending(destination, plan, inputs, may_be_sent)?;
        (self.agreements.covers(key_of(inputs), &launches) != Agreed::All).then_some(send)
    }

    /// Asks whether these launches are meant, before any lock is taken: [`RunService::permit`] holds what is sent against it later.
    /// Nothing is asked where nobody has to be, or somebody agreed already.
    ///
    /// Errors: they break a policy, or nobody says that they are meant.
    pub(in crate::run::service) async fn agree(
        &self,
        destination: &LaunchDestination,
        plan: &Plan,
        (sources, inputs): (&Sources, &Inputs),
        may_be_sent: &dyn Fn(Ordinal) -> bool,
    ) -> Result<(), RunServiceError> {
        let Some((send, launches)) = pending(destination, plan, inputs, may_be_sent) else { return Ok(()) };
        let key = key_of(inputs);
        if !self.confirmation.may_take_long() || self.agreements.covers(key, &launches) == Agreed::All {
            return Ok(());
        }
        // Nobody is asked about what is refused anyway.
        self.check_policies(destination, plan, (sources, inputs), may_be_sent)?;
        self.ask(send).await?;
        self.agreements.add(key, &launches);
        Ok(())
    }

    /// Refuses launches that break a policy, or that nobody says are meant; `sources` are those of `plan`. Who was asked before the
    /// locks were taken is not asked again: more than was agreed to is refused.
    pub(in crate::run::service) async fn permit(
        &self,
        destination: &LaunchDestination,
        plan: &Plan,
        (sources, inputs): (&Sources, &Inputs),
        may_be_sent: &dyn Fn(Ordinal) -> bool,
    ) -> Result<(), RunServiceError> {
        self.check_policies(destination, plan, (sources, inputs), may_be_sent)?;
        let Some((send, launches)) = pending(destination, plan, inputs, may_be_sent) else { return Ok(()) };
        match self.agreements.covers(key_of(inputs), &launches) {
            Agreed::All => Ok(()),
            Agreed::FewerBy(more) => Err(Unconfirmed { send, why: NoYes::Grew(more) }.into()),
            Agreed::NotAsked => self.ask(send).await,
        }
    }

    /// Asks once whether all of these plans are meant, which one call starts one after another: what the profile asks about is counted
    /// over all of them. What is sent later is held against the answer, as that of [`RunService::agree`] is.
    ///
    /// Errors: nobody says that they are meant; nothing of any of them was begun.
    pub(in crate::run::service) async fn agree_to_all(
        &self,
        destination: &LaunchDestination,
        plans: &[(&Plan, &Inputs)],
    ) -> Result<(), RunServiceError> {
        let rails = &destination.guard_rails;
        if *rails == GuardRails::default() {
            return Ok(());
        }
        let parts: Vec<_> =
            plans.iter().map(|(plan, inputs)| (key_of(inputs), to_send(plan, inputs, &|_| true))).collect();
        let launches = parts.iter().fold(0, |count: u32, (_, (send, _))| count.saturating_add(send.launches));
        let (Some(why), Some((_, (first, _)))) = (rails.why_asked(launches), parts.first()) else { return Ok(()) };
        self.ask(PendingSend { launches, why, ..first.clone() }).await?;
        for (key, (_, launches)) in &parts {
            self.agreements.add(*key, launches);
        }
        Ok(())
    }

    fn check_policies(
        &self,
        destination: &LaunchDestination,
        plan: &Plan,
        (sources, inputs): (&Sources, &Inputs),
        may_be_sent: &dyn Fn(Ordinal) -> bool,
    ) -> Result<(), RunServiceError> {
        let texts = [destination.policies.as_slice(), &self.policies].concat();
        if texts.is_empty() || plan.keeps(PolicyText::digest(&texts)) {
            return Ok(());
        }
        let mut sources = sources.clone();
        let read = PolicySet::read(&texts, &mut sources);
        let policies = self.value_of(&sources, read, false)?;
        let said = plan.check_policies(&policies, inputs, may_be_sent);
        let kept = if said.is_empty() { Diagnosed::new((), said) } else { Diagnosed::failed(said) };
        self.value_of(&sources, kept, false)
    }

    async fn ask(&self, send: PendingSend) -> Result<(), RunServiceError> {
        let asked = async { Ok::<_, RunServiceError>(self.confirmation.ask(&send).await) };
        match unless_interrupted(&self.interrupts, asked).await? {
            SendAnswer::Yes => Ok(()),
            SendAnswer::No => Err(Unconfirmed { send, why: NoYes::Declined }.into()),
            SendAnswer::NobodyThere => Err(Unconfirmed { send, why: NoYes::NobodyThere }.into()),
        }
    }
}

/// The inputs that launches are of, whichever of them are meant.
fn key_of(inputs: &Inputs) -> Digest {
    Inputs { launches: None, ..inputs.clone() }.digest()
}

/// What somebody must be asked about before these launches are sent; `None` where nobody needs to be.
fn pending(
    destination: &LaunchDestination,
    plan: &Plan,
    inputs: &Inputs,
    may_be_sent: &dyn Fn(Ordinal) -> bool,
) -> Option<(PendingSend, Vec<LaunchId>)> {
    if destination.guard_rails == GuardRails::default() {
        return None;
    }
    let (send, launches) = to_send(plan, inputs, may_be_sent);
    let why = destination.guard_rails.why_asked(send.launches)?;
    Some((PendingSend { why, ..send }, launches))
}

/// What is about to be sent, whoever is asked about it; and its launches.
fn to_send(plan: &Plan, inputs: &Inputs, may_be_sent: &dyn Fn(Ordinal) -> bool) -> (PendingSend, Vec<LaunchId>) {
    let is_sent = |ordinal: &Ordinal| !plan.skips(*ordinal) && may_be_sent(*ordinal);
    let left: Vec<LaunchId> =
        (0..plan.len()).map(Ordinal::from).filter(is_sent).map(|ordinal| plan.launch_id(ordinal)).collect();
    let folders: Vec<String> = plan.required_names().keys().map(ToString::to_string).collect();
    let send = PendingSend {
        name: plan.name().to_owned(),
        profile: inputs.profile.clone(),
        launches: u32::try_from(left.len()).unwrap_or(u32::MAX),
        folder_count: folders.len(),
        folders: folders.into_iter().take(MAX_FOLDERS).collect(),
        why: String::new(),
    };
    (send, left)
}
