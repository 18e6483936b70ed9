//! Whether launches may be sent: by the policies of the profile and of the call, and by the guard rails that ask somebody.
//!
//! In: a plan, of which launches may be sent. Out: nothing, or why nothing is sent. Never: asks where nothing would leave; or holds
//! back what stops and settles.

use crate::diagnostic::Diagnosed;
use crate::ids::{Ordinal, OrdinalSet};
use crate::launch::RunHistory;
use crate::ledger::Store;
use crate::plan::{Inputs, Plan};
use crate::policy::{PolicySet, PolicyText};
use crate::run::connector::{Connector, LaunchDestination};
use crate::run::error::RunServiceError;
use crate::run::service::RunService;
use crate::run::service::begin::pending_send::{PendingSend, SendAnswer, Unconfirmed};
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
    /// Refuses launches that break a policy, or that nobody says are meant; `sources` are those of `plan`.
    pub(in crate::run::service) async fn permit(
        &self,
        destination: &LaunchDestination,
        plan: &Plan,
        (sources, inputs): (&Sources, &Inputs),
        may_be_sent: &dyn Fn(Ordinal) -> bool,
    ) -> Result<(), RunServiceError> {
        let texts = [destination.policies.as_slice(), &self.policies].concat();
        if !texts.is_empty() && !plan.keeps(PolicyText::digest(&texts)) {
            let mut sources = sources.clone();
            let read = PolicySet::read(&texts, &mut sources);
            let policies = self.value_of(&sources, read, false)?;
            let said = plan.check_policies(&policies, inputs, may_be_sent);
            let kept = if said.is_empty() { Diagnosed::new((), said) } else { Diagnosed::failed(said) };
            self.value_of(&sources, kept, false)?;
        }
        let rails = &destination.guard_rails;
        let is_sent = |ordinal: &Ordinal| !plan.skips(*ordinal) && may_be_sent(*ordinal);
        if !rails.is_protected && rails.confirm_above.is_none() {
            return Ok(());
        }
        let left: Vec<Ordinal> = (0..plan.len()).map(Ordinal::from).filter(is_sent).collect();
        let launches = u32::try_from(left.len()).unwrap_or(u32::MAX);
        let why = match rails.confirm_above {
            _ if launches == 0 => return Ok(()),
            _ if rails.is_protected => "the profile is protected".to_owned(),
            Some(most) if launches > most => format!("the profile asks above {most} launches"),
            Some(_) | None => return Ok(()),
        };
        let folders: Vec<String> = plan.required_names().keys().map(ToString::to_string).collect();
        let send = PendingSend {
            name: plan.name().to_owned(),
            profile: inputs.profile.clone(),
            launches,
            folder_count: folders.len(),
            folders: folders.into_iter().take(MAX_FOLDERS).collect(),
            why,
        };
        let asked = async { Ok::<_, RunServiceError>(self.confirmation.ask(&send).await) };
        match unless_interrupted(&self.interrupts, asked).await? {
            SendAnswer::Yes => Ok(()),
            answer @ (SendAnswer::No | SendAnswer::NobodyThere) => {
                Err(Unconfirmed { send, is_declined: answer == SendAnswer::No }.into())
            }
        }
    }
}
