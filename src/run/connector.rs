//! The way to an Orchestrator, as a run needs it: whoever has a profile, a sandbox or an address of its own implements it.
//!
//! In: a run of the ledger, or none yet. Out: where it is launched, and a client when one is first needed. Never: decides
//! what is launched there.

use std::error::Error;
use std::num::NonZeroU32;
use std::time::Duration;

use super::execution::AdoptionScope;
use super::stored_run::StoredRun;
use crate::clock::SharedClock;
use crate::diagnostic::causes::with_causes;
use crate::exit::ExitStatus;
use crate::launch::{LaunchSettings, Proof, ResendPolicy};
use crate::ledger::RunRecord;
use crate::orchestrator::base_url::TenantIdentity;
use crate::orchestrator::classify::ThrottlePolicy;
use crate::orchestrator::{Client, Timeouts};
use crate::pace::Pace;
use crate::policy::PolicyText;
use crate::wait::SingleJobs;

/// Leads to the Orchestrator of a run.
pub trait Connector {
    /// Where `run` was launched; for `None`, where a new run is launched. Asks no server, and reads no secret.
    ///
    /// Errors: the run was launched elsewhere than this connector leads.
    fn destination(&self, run: Option<&RunRecord>) -> Result<LaunchDestination, ConnectError>;

    /// Makes the client that launches by `settings`, with what [`throttle_policy`] says of a 429. Called only when something has to be asked, and at
    /// most once for runs whose launches may be sent again and once for others: it may read secrets. It asks the server nothing yet.
    fn client(&self, settings: &LaunchSettings, clock: &SharedClock) -> Result<Client, ConnectError>;
}

/// A server to launch on, and how patient to be with it.
#[derive(Clone, Debug)]
pub struct LaunchDestination {
    /// What locks, slots and rations belong to.
    pub tenant: TenantIdentity,
    /// How long the server is given.
    pub timeouts: ServerTimeouts,
    /// How far back a key is looked for.
    pub key_horizon: Duration,
    /// Whether anybody can have launched there before: not in a sandbox that began with this process.
    pub has_past: bool,
    /// The rules that every launch there must keep.
    pub policies: Vec<PolicyText>,
    /// Where somebody is asked before anything is sent.
    pub guard_rails: GuardRails,
}

/// Where somebody is asked before anything is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GuardRails {
    /// Always.
    pub is_protected: bool,
    /// Above so many launches.
    pub confirm_above: Option<u32>,
}

impl GuardRails {
    /// Why somebody is asked before so many launches are sent by one call; `None` where nobody needs to be.
    #[must_use]
    pub fn why_asked(&self, launches: u32) -> Option<String> {
        match self.confirm_above {
            _ if launches == 0 => None,
            _ if self.is_protected => Some("the profile is protected".to_owned()),
            Some(most) if launches > most => Some(format!("the profile asks above {most} launches")),
            Some(_) | None => None,
        }
    }
}

/// How long a server is given.
#[derive(Clone, Copy, Debug)]
pub struct ServerTimeouts {
    /// After a connection was closed, until an absence counts.
    pub settle: Duration,
    /// For one attempt.
    pub attempt: Duration,
    /// Between lists of robot jobs, all runs together.
    pub list_ration: Pace,
    /// Whether asking for one robot job counts as a list.
    pub single_jobs: SingleJobs,
}

impl Default for ServerTimeouts {
    /// Those of a profile that says nothing.
    fn default() -> Self {
        const LISTS: NonZeroU32 = NonZeroU32::new(100).expect("not zero");
        Self {
            settle: Duration::from_secs(120),
            attempt: Timeouts::default().attempt,
            list_ration: Pace::at_most(LISTS, Duration::from_secs(60)),
            single_jobs: SingleJobs::default(),
        }
    }
}

/// Why there is no way to the server of a run; nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConnectError {
    /// Whose fault it is.
    pub exit: ExitStatus,
    /// One sentence, and help on a line of its own.
    pub message: String,
}

impl ConnectError {
    /// `error` and its causes, of which `exit` says whose fault it is.
    pub fn new(exit: ExitStatus, error: &dyn Error) -> Self {
        Self { exit, message: with_causes(error) }
    }
}

/// What a 429 to `StartJobs` means for a client that launches by `settings`, where it means `usual` on its server: a run
/// that sends nothing twice takes it for a lost answer.
pub fn throttle_policy(settings: &LaunchSettings, usual: ThrottlePolicy) -> ThrottlePolicy {
    match settings.resends {
        ResendPolicy::AsAsked => usual,
        ResendPolicy::Never => ThrottlePolicy::Ambiguous,
    }
}

impl LaunchDestination {
    /// The server of `tenant`, as patient with it as a profile is that says nothing.
    pub fn of(tenant: TenantIdentity) -> Self {
        let key_horizon = Duration::from_secs(7 * 24 * 3600);
        Self {
            tenant,
            timeouts: ServerTimeouts::default(),
            key_horizon,
            has_past: true,
            policies: Vec::new(),
            guard_rails: GuardRails::default(),
        }
    }

    /// How far the look for what another ledger started of `stored` goes.
    pub(crate) fn reach(&self, stored: &StoredRun, proof: Proof) -> AdoptionScope {
        AdoptionScope { origin: stored.origin(self.key_horizon), proof: self.required_proof(proof) }
    }

    /// Whether `proof` is needed there.
    pub(crate) fn required_proof(&self, proof: Proof) -> Proof {
        if self.has_past { proof } else { Proof::Unneeded }
    }
}
