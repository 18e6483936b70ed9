//! Where a run launches: a profile's Orchestrator, or a sandbox of its own.
//!
//! In: flags, or what the ledger says of a run. Out: a tenant identity, a ledger's place, a client. Asks no server.

#[cfg(feature = "sandbox")]
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
#[cfg(feature = "sandbox")]
use std::time::Duration;

#[cfg(feature = "sandbox")]
use orchestrator_sandbox::{Faults, Options, Sandbox, World};

use crate::cli::args;
use crate::cli::connect::ledger_place::LedgerPlace;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::output::finish::NoticeRoute;
use crate::clock::SharedClock;
use crate::exit::ExitStatus;
#[cfg(feature = "sandbox")]
use crate::ids::FolderRef;
use crate::ids::fold_tenant;
use crate::launch::LaunchSettings;
use crate::ledger::RunRecord;
use crate::orchestrator::Client;
use crate::orchestrator::base_url::{BaseUrl, TenantIdentity};
use crate::plan::Plan;
use crate::profile::{self, Auth, Profile, ProfileDefaults};
use crate::run::{GuardRails, LaunchDestination};
#[cfg(feature = "sandbox")]
use crate::spec::LargeArguments;
#[cfg(feature = "sandbox")]
use crate::{
    cli::connect::{sandbox_clock::SandboxClock, sandbox_world},
    orchestrator::{
        Connection, Timeouts,
        auth::{ClientCredentials, Login, SecretMethod},
        base_url::IdentityServer,
        classify::ThrottlePolicy,
        network::Network,
    },
    pace::Pace,
    run::{ServerTimeouts, throttle_policy},
    secret::Secret,
};

/// It answers from this very process: one that says nothing for so long is silent on purpose.
#[cfg(feature = "sandbox")]
const SANDBOX_TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(2), attempt: Duration::from_secs(10) };

/// The name that a run against a sandbox has in the place of its profile's.
pub(crate) const SANDBOX: &str = "sandbox";

/// Where a run launches, before there is a plan.
pub(crate) enum TargetSpec {
    /// The Orchestrator of a profile.
    Profile(Box<Profile>, BaseUrl),
    /// A sandbox with this world (none: whatever the plan names) that does these things wrong.
    #[cfg(feature = "sandbox")]
    Sandbox(Option<Box<World>>, Faults),
}

impl TargetSpec {
    /// As `flags` say, else as the profile does.
    pub(crate) fn of(context: &CommandContext, flags: &args::RunArgs) -> Result<Self, Failure> {
        #[cfg(feature = "sandbox")]
        if flags.sandbox_target.sandbox {
            let world = flags.sandbox_target.world.as_deref().map(sandbox_world::of_file).transpose()?;
            let faults = sandbox_world::faults(flags.sandbox_target.faults.as_deref())?;
            return Ok(Self::Sandbox(world.map(Box::new), faults));
        }
        Self::of_profile(context, &flags.connection)
    }

    /// The Orchestrator of the profile that `connection` names.
    pub(crate) fn of_profile(context: &CommandContext, connection: &args::ConnectionArgs) -> Result<Self, Failure> {
        let (profile, base) = choose_profile(context, connection)?;
        Ok(Self::Profile(profile, base))
    }

    /// What it adds to the plan's inputs. A sandbox's address differs each time, so none of it does.
    pub(crate) fn profile_defaults(&self) -> ProfileDefaults {
        match self {
            Self::Profile(profile, base) => ProfileDefaults::of(profile, base),
            #[cfg(feature = "sandbox")]
            Self::Sandbox(world, _) => ProfileDefaults {
                profile: SANDBOX.to_owned(),
                folder: Some(FolderRef::Path(sandbox_world::default_folder(world.as_deref()))),
                large_arguments: Some(LargeArguments::Attach),
                ..ProfileDefaults::default()
            },
        }
    }

    /// Where somebody is asked before anything is sent: for a sandbox nobody is.
    pub(crate) fn guard_rails(&self) -> GuardRails {
        match self {
            Self::Profile(profile, _) => profile.guard_rails,
            #[cfg(feature = "sandbox")]
            Self::Sandbox(..) => GuardRails::default(),
        }
    }

    /// What locks and slots belong to; none for a sandbox, which is a tenant of its own.
    #[cfg_attr(not(feature = "sandbox"), expect(clippy::unnecessary_wraps, reason = "a sandbox has none"))]
    pub(crate) fn tenant(&self) -> Option<TenantIdentity> {
        match self {
            Self::Profile(profile, base) => Some(base.tenant_identity(profile.tenant.as_deref())),
            #[cfg(feature = "sandbox")]
            Self::Sandbox(..) => None,
        }
    }

    /// Where the ledger is: in the place that `flag` names, else in the usual one. A sandbox's runs have one of their own.
    pub(crate) fn ledger(&self, context: &CommandContext, flag: Option<&PathBuf>) -> Result<LedgerPlace, Failure> {
        let flag = flag.map(PathBuf::as_path);
        match self {
            Self::Profile(..) => LedgerPlace::lasting(flag, &context.environment),
            #[cfg(feature = "sandbox")]
            Self::Sandbox(..) => LedgerPlace::of_sandbox(flag, &context.environment),
        }
    }

    /// The target itself; a sandbox is started, with all that `plan` names.
    #[cfg_attr(not(feature = "sandbox"), expect(clippy::unnecessary_wraps, reason = "a sandbox may not start"))]
    pub(crate) fn into_target(
        self,
        #[cfg_attr(not(feature = "sandbox"), expect(unused_variables, reason = "a sandbox provides for it"))]
        plan: &Plan,
        #[cfg_attr(not(feature = "sandbox"), expect(unused_variables, reason = "a sandbox lives by it"))]
        clock: &SharedClock,
    ) -> Result<Target, Failure> {
        match self {
            Self::Profile(profile, base) => Ok(Target::Profile(profile, base)),
            #[cfg(feature = "sandbox")]
            Self::Sandbox(world, faults) => {
                let world = world.map_or_else(|| sandbox_world::for_plan(plan), |world| *world);
                let is_faulty = !faults.is_empty();
                let options = Options { faults, ..Options::default() };
                let sandbox = Sandbox::start(&world, SandboxClock::over(clock.clone()), options)?;
                let tenant = TenantIdentity::of_sandbox(fastrand::u64(..));
                Ok(Target::Sandbox { sandbox: Box::new(sandbox), is_faulty, tenant })
            }
        }
    }
}

/// A server to launch on.
pub(crate) enum Target {
    /// The Orchestrator of a profile.
    Profile(Box<Profile>, BaseUrl),
    /// A sandbox, which stops with this value.
    #[cfg(feature = "sandbox")]
    Sandbox {
        /// It.
        sandbox: Box<Sandbox>,
        /// Whether it does things wrong, so that its tokens may end.
        is_faulty: bool,
        /// What its runs belong to: it has no server in common with any other sandbox, even on the same port.
        tenant: TenantIdentity,
    },
}

impl Target {
    /// Where the run of `record` was launched: by the profile that `flags` name, else by its own.
    ///
    /// Errors: there is no such profile, or it leads to another tenant.
    pub(crate) fn of_run(
        context: &CommandContext,
        flags: &args::ConnectionArgs,
        record: &RunRecord,
    ) -> Result<Self, Failure> {
        if record.is_of_a_sandbox() {
            let words = format!(
                "run {} was launched into a sandbox, which ended with its command, and its robot jobs with it: nothing of it \
                 can be settled or sent any more\n  help: launch against `sortie sandbox`, which stays, to try `resume`, \
                 `reconcile` and `rerun`",
                record.id
            );
            return Err(Failure::with_message(ExitStatus::Usage, words));
        }
        let profile = flags.profile.clone().unwrap_or_else(|| record.profile.clone());
        let named = args::ConnectionArgs { profile: Some(profile), config: flags.config.clone() };
        let (profile, base) = choose_profile(context, &named).map_err(|failure| {
            if record.profile == SANDBOX && flags.profile.is_none() {
                let words = format!("run {} was launched into a sandbox, which ended with its command", record.id);
                return Failure::with_message(ExitStatus::Usage, words);
            }
            failure
        })?;
        let target = Self::Profile(profile, base);
        let here = target.destination().tenant;
        if here.as_str() == fold_tenant(&record.tenant) {
            return Ok(target);
        }
        let words = format!(
            "run {} was launched on `{}`, and this profile leads to `{here}`\n  help: pass --profile with one that leads \
             there",
            record.id, record.tenant
        );
        Err(Failure::with_message(ExitStatus::Usage, words))
    }

    /// What a run needs to know of it.
    pub(crate) fn destination(&self) -> LaunchDestination {
        match self {
            Self::Profile(profile, base) => profile.destination(base),
            #[cfg(feature = "sandbox")]
            Self::Sandbox { tenant, .. } => LaunchDestination {
                tenant: tenant.clone(),
                // It answers from this very process: there is nothing to be patient about.
                timeouts: ServerTimeouts {
                    settle: Duration::from_secs(3),
                    attempt: SANDBOX_TIMEOUTS.attempt,
                    list_ration: unshared(),
                    single_jobs: crate::wait::SingleJobs::Free,
                },
                key_horizon: Duration::ZERO,
                // It began with this command.
                has_past: false,
                policies: Vec::new(),
                // Nothing real is started there.
                guard_rails: GuardRails::default(),
            },
        }
    }

    /// How word of a run leaves: by the profile's way, to the origins that it allows. Of a try in a sandbox nobody is told.
    pub(crate) fn notice_route(&self, context: &CommandContext) -> Result<NoticeRoute, Failure> {
        match self {
            Self::Profile(profile, _) => {
                let notifier = profile.notifier(&context.environment, context.console.redactor())?;
                Ok(NoticeRoute { notifier: Some(Arc::new(notifier)), allowed: profile.allowed_origins.clone() })
            }
            #[cfg(feature = "sandbox")]
            Self::Sandbox { .. } => Ok(NoticeRoute { notifier: None, allowed: Vec::new() }),
        }
    }

    /// What to do where the server takes the login no more, in the middle of a run; `None` if nothing more is known than
    /// the server says.
    pub(crate) fn login_ended(&self) -> Option<String> {
        match self {
            Self::Profile(profile, _) => match &profile.auth {
                Auth::Token(source) => Some(format!(
                    "the token in {} has ended or was revoked: put a new one there and resume; an external application \
                     (`client-id` and `client-secret`, or UIPATH_CLIENT_ID and UIPATH_CLIENT_SECRET) renews its tokens \
                     by itself",
                    source.name()
                )),
                Auth::Missing(_) | Auth::Client { .. } | Auth::Password { .. } | Auth::UserKey { .. } => None,
            },
            #[cfg(feature = "sandbox")]
            Self::Sandbox { .. } => None,
        }
    }

    /// Makes the client that launches on `terms`; reads the profile's secrets, and asks the server nothing yet.
    pub(crate) fn client(
        &self,
        context: &CommandContext,
        terms: &LaunchSettings,
        clock: &SharedClock,
    ) -> Result<Client, Failure> {
        let CommandContext { console, environment, .. } = context;
        let redactor = console.redactor();
        match self {
            Self::Profile(profile, _) => Ok(profile.client(environment, redactor, terms, clock)?),
            #[cfg(feature = "sandbox")]
            Self::Sandbox { sandbox, is_faulty, .. } => {
                let token = Secret::new(sandbox.token().to_owned());
                redactor.learn(&token);
                let connection = Connection {
                    base: BaseUrl::parse(&sandbox.url()).expect("a sandbox's address is one"),
                    tenant: None,
                    login: if *is_faulty { renewable(sandbox) } else { Login::Token(token) },
                    tokens: None,
                    network: Network::default(),
                    timeouts: SANDBOX_TIMEOUTS,
                    throttled: throttle_policy(terms, ThrottlePolicy::default()),
                    senders: terms.concurrency.get(),
                    seed: terms.seed,
                    clock: clock.clone(),
                    redactor: redactor.clone(),
                };
                Client::new(connection).map_err(|error| Failure::new(ExitStatus::Usage, &error))
            }
        }
    }
}

/// The ration of a server that nobody else speaks to.
#[cfg(feature = "sandbox")]
fn unshared() -> Pace {
    const MANY: NonZeroU32 = NonZeroU32::new(60_000).expect("not zero");
    Pace::at_most(MANY, Duration::from_secs(60))
}

fn choose_profile(context: &CommandContext, flags: &args::ConnectionArgs) -> Result<(Box<Profile>, BaseUrl), Failure> {
    let profile = profile::choose(&flags.choice(), &context.environment)?;
    let base = profile.base()?;
    Ok((Box::new(profile), base))
}

/// A login that outlives its tokens, which a fault may end.
#[cfg(feature = "sandbox")]
fn renewable(sandbox: &Sandbox) -> Login {
    Login::ClientCredentials(ClientCredentials {
        identity: IdentityServer::parse(&sandbox.identity_url()).expect("a sandbox's address is one"),
        client_id: sandbox.client_id().to_owned(),
        client_secret: Secret::new(sandbox.client_secret().to_owned()),
        scopes: Vec::new(),
        method: SecretMethod::default(),
    })
}
