//! Profile -> the way to its Orchestrator, for the service.
//!
//! In: a profile, the environment that its secrets are read from. Out: a [`Connector`]. Never: reads a secret before a
//! client is made.

use super::connection::ProfileConnectionError;
use super::environment::Environment;
use super::settings::Profile;
use crate::clock::SharedClock;
use crate::exit::ExitStatus;
use crate::ids::fold_tenant;
use crate::launch::LaunchSettings;
use crate::ledger::RunRecord;
use crate::orchestrator::base_url::BaseUrl;
use crate::orchestrator::{Client, Connection};
use crate::run::{ConnectError, Connector, LaunchDestination, ServerTimeouts, throttle_policy};
use crate::secret::Redactor;

/// Leads to the Orchestrator of a profile.
pub struct ProfileConnector {
    profile: Profile,
    base: BaseUrl,
    environment: Environment,
    redactor: Redactor,
}

impl ProfileConnector {
    /// By `profile`, whose secrets are read from `environment` when a client is made, and made known to `redactor`.
    ///
    /// Errors: the profile's address is none.
    pub fn new(profile: Profile, environment: Environment, redactor: Redactor) -> Result<Self, ProfileConnectionError> {
        let base = profile.base()?;
        Ok(Self { profile, base, environment, redactor })
    }
}

impl Connector for ProfileConnector {
    fn destination(&self, run: Option<&RunRecord>) -> Result<LaunchDestination, ConnectError> {
        let destination = self.profile.destination(&self.base);
        match run {
            Some(run) if fold_tenant(&run.tenant) != destination.tenant.as_str() => {
                let (run, there, here) = (run.id, &run.tenant, &destination.tenant);
                let message = format!("run {run} was launched on `{there}`, and this profile leads to `{here}`");
                Err(ConnectError { exit: ExitStatus::Usage, message })
            }
            Some(_) | None => Ok(destination),
        }
    }

    fn client(&self, settings: &LaunchSettings, clock: &SharedClock) -> Result<Client, ConnectError> {
        let client = self.profile.client(&self.environment, &self.redactor, settings, clock);
        client.map_err(|error| ConnectError::new(error.exit(), &error))
    }
}

impl Profile {
    /// What a run needs to know of its server, whose address is `base`.
    pub fn destination(&self, base: &BaseUrl) -> LaunchDestination {
        LaunchDestination {
            tenant: base.tenant_identity(self.tenant.as_deref()),
            timeouts: ServerTimeouts {
                settle: self.settle,
                attempt: self.timeouts.attempt,
                list_ration: self.list_ration,
                single_jobs: self.single_jobs,
            },
            key_horizon: self.key_horizon,
            has_past: true,
            policies: self.policies.clone(),
            guard_rails: self.guard_rails,
        }
    }

    /// Makes the client that launches by `settings`; reads the profile's secrets, and asks the server nothing yet.
    pub fn client(
        &self,
        environment: &Environment,
        redactor: &Redactor,
        settings: &LaunchSettings,
        clock: &SharedClock,
    ) -> Result<Client, ProfileConnectionError> {
        let senders = settings.concurrency.get();
        let connection = self.connection(environment, redactor, clock.clone(), senders, settings.seed)?;
        let throttled = throttle_policy(settings, connection.throttled);
        Ok(Client::new(Connection { throttled, ..connection })?)
    }
}
