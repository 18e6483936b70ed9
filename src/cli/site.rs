//! Whereto a run launches: a profile's Orchestrator, or a sandbox of its own.
//!
//! In: flags, or what the ledger says of a run. Out: a tenant identity, a ledger's place, a client. Asks no server.

#[cfg(feature = "sandbox")]
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

#[cfg(feature = "sandbox")]
use orchestrator_sandbox::{Faults, Options, Sandbox, World};

use crate::cli::args;
use crate::cli::commands::Context;
use crate::cli::failure::Failure;
use crate::cli::inputs::Target;
use crate::cli::ledger_place::LedgerPlace;
use crate::cli::profile::{self, Auth, Profile};
use crate::clock::SharedClock;
use crate::exit::ExitStatus;
#[cfg(feature = "sandbox")]
use crate::ids::FolderRef;
use crate::ids::fold_tenant;
use crate::launch::{LaunchSettings, Proof, Resends};
use crate::ledger::RunRecord;
use crate::orchestrator::base_url::{BaseUrl, TenantIdentity};
use crate::orchestrator::verdict::Throttled;
use crate::orchestrator::{Client, Connection};
use crate::pace::Pace;
use crate::plan::Plan;
use crate::run::{AdoptionScope, StoredRun};
#[cfg(feature = "sandbox")]
use crate::spec::WhenLong;
#[cfg(feature = "sandbox")]
use crate::{
    cli::{SandboxClock, sandbox_world},
    orchestrator::{
        Timeouts,
        auth::{ClientCredentials, Login, SecretMethod},
        base_url::IdentityServer,
        route::Route,
    },
    secret::Secret,
};

/// It answers from this very process: one that says nothing for so long is silent on purpose.
#[cfg(feature = "sandbox")]
const PROMPT: Timeouts = Timeouts { connect: Duration::from_secs(2), attempt: Duration::from_secs(10) };

/// The name that a run against a sandbox has in the place of its profile's.
const SANDBOX: &str = "sandbox";

/// Whether the run of `record` was launched into a sandbox of its own process, which ended with it.
pub(crate) fn is_in_process(record: &RunRecord) -> bool {
    record.is_of_a_sandbox()
}

/// How long a server is given.
#[derive(Clone, Copy)]
pub(crate) struct Patience {
    /// After a connection was closed, until an absence counts.
    pub(crate) settle: Duration,
    /// For one attempt.
    pub(crate) attempt: Duration,
    /// Between lists of robot jobs, all runs together.
    pub(crate) list_ration: Pace,
}

/// Whereto, before there is a plan.
pub(crate) enum Whereto {
    /// The Orchestrator of a profile.
    Profile(Box<Profile>, BaseUrl),
    /// A sandbox with this world (none: whatever the plan names) that does these things wrong.
    #[cfg(feature = "sandbox")]
    Sandbox(Option<Box<World>>, Faults),
}

impl Whereto {
    /// As `flags` say, else as the profile does.
    pub(crate) fn of(context: &Context, flags: &args::Run) -> Result<Self, Failure> {
        #[cfg(feature = "sandbox")]
        if flags.stand_in.sandbox {
            let world = flags.stand_in.world.as_deref().map(sandbox_world::of_file).transpose()?;
            let faults = sandbox_world::faults(flags.stand_in.faults.as_deref())?;
            return Ok(Self::Sandbox(world.map(Box::new), faults));
        }
        let (profile, base) = of_profile(context, &flags.connection)?;
        Ok(Self::Profile(profile, base))
    }

    /// What it adds to the plan's inputs. A sandbox's address differs each time, so none of it does.
    pub(crate) fn target(&self) -> Target {
        match self {
            Self::Profile(profile, base) => Target::of(profile, base),
            #[cfg(feature = "sandbox")]
            Self::Sandbox(world, _) => Target {
                profile: SANDBOX.to_owned(),
                folder: Some(FolderRef::Path(sandbox_world::default_folder(world.as_deref()))),
                large_arguments: Some(WhenLong::Attach),
                ..Target::default()
            },
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
    pub(crate) fn ledger(&self, context: &Context, flag: Option<&PathBuf>) -> Result<LedgerPlace, Failure> {
        let flag = flag.map(PathBuf::as_path);
        match self {
            Self::Profile(..) => LedgerPlace::lasting(flag, &context.environment),
            #[cfg(feature = "sandbox")]
            Self::Sandbox(..) => LedgerPlace::of_sandbox(flag, &context.environment),
        }
    }

    /// The site itself; a sandbox is started, with all that `plan` names.
    #[cfg_attr(not(feature = "sandbox"), expect(clippy::unnecessary_wraps, reason = "a sandbox may not start"))]
    pub(crate) fn ready(
        self,
        #[cfg_attr(not(feature = "sandbox"), expect(unused_variables, reason = "a sandbox provides for it"))]
        plan: &Plan,
        #[cfg_attr(not(feature = "sandbox"), expect(unused_variables, reason = "a sandbox lives by it"))]
        clock: &SharedClock,
    ) -> Result<Site, Failure> {
        match self {
            Self::Profile(profile, base) => Ok(Site::Profile(profile, base)),
            #[cfg(feature = "sandbox")]
            Self::Sandbox(world, faults) => {
                let world = world.map_or_else(|| sandbox_world::for_plan(plan), |world| *world);
                let is_faulty = !faults.is_empty();
                let options = Options { faults, ..Options::default() };
                let sandbox = Sandbox::start(&world, SandboxClock::over(clock.clone()), options)?;
                let tenant = TenantIdentity::of_sandbox(fastrand::u64(..));
                Ok(Site::Sandbox { sandbox: Box::new(sandbox), is_faulty, tenant })
            }
        }
    }
}

/// A server to launch on.
pub(crate) enum Site {
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

impl Site {
    /// Where the run of `record` was launched: by the profile that `flags` name, else by its own.
    ///
    /// Errors: there is no such profile, or it leads to another tenant.
    pub(crate) fn of_run(context: &Context, flags: &args::Connection, record: &RunRecord) -> Result<Self, Failure> {
        if record.is_of_a_sandbox() {
            let words = format!(
                "run {} was launched into a sandbox, which ended with its command, and its robot jobs with it: nothing of it \
                 can be settled or sent any more\n  help: launch against `sortie sandbox`, which stays, to try `resume`, \
                 `reconcile` and `rerun`",
                record.id
            );
            return Err(Failure::said(ExitStatus::Usage, words));
        }
        let profile = flags.profile.clone().unwrap_or_else(|| record.profile.clone());
        let named = args::Connection { profile: Some(profile), config: flags.config.clone() };
        let (profile, base) = of_profile(context, &named).map_err(|failure| {
            if record.profile == SANDBOX && flags.profile.is_none() {
                let words = format!("run {} was launched into a sandbox, which ended with its command", record.id);
                return Failure::said(ExitStatus::Usage, words);
            }
            failure
        })?;
        let site = Self::Profile(profile, base);
        let here = site.tenant();
        if here.as_str() == fold_tenant(&record.tenant) {
            return Ok(site);
        }
        let words = format!(
            "run {} was launched on `{}`, and this profile leads to `{here}`\n  help: pass --profile with one that leads \
             there",
            record.id, record.tenant
        );
        Err(Failure::said(ExitStatus::Usage, words))
    }

    /// What locks, slots and rations belong to.
    pub(crate) fn tenant(&self) -> TenantIdentity {
        match self {
            Self::Profile(profile, base) => base.tenant_identity(profile.tenant.as_deref()),
            #[cfg(feature = "sandbox")]
            Self::Sandbox { tenant, .. } => tenant.clone(),
        }
    }

    /// How far the look for what another ledger started of `stored` goes.
    pub(crate) fn reach(&self, stored: &StoredRun, proof: Proof) -> AdoptionScope {
        AdoptionScope { origin: stored.origin(self.key_horizon()), proof: self.needed(proof) }
    }

    /// Whether `proof` is needed here: a sandbox that began with this command has no past.
    pub(crate) fn needed(&self, proof: Proof) -> Proof {
        match self {
            Self::Profile(..) => proof,
            #[cfg(feature = "sandbox")]
            Self::Sandbox { .. } => Proof::Unneeded,
        }
    }

    /// How far back a key is looked for.
    pub(crate) fn key_horizon(&self) -> Duration {
        match self {
            Self::Profile(profile, _) => profile.key_horizon,
            #[cfg(feature = "sandbox")]
            Self::Sandbox { .. } => Duration::ZERO,
        }
    }

    /// What to do where the server takes the login no more, in the middle of a run; none where nothing more is known than
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

    /// How long the server is given.
    pub(crate) fn patience(&self) -> Patience {
        match self {
            Self::Profile(profile, _) => {
                Patience { settle: profile.settle, attempt: profile.timeouts.attempt, list_ration: profile.list_ration }
            }
            // It answers from this very process: there is nothing to be patient about.
            #[cfg(feature = "sandbox")]
            Self::Sandbox { .. } => {
                Patience { settle: Duration::from_secs(3), attempt: PROMPT.attempt, list_ration: unshared() }
            }
        }
    }

    /// Makes the client that launches on `terms`; reads the profile's secrets, and asks the server nothing yet.
    pub(crate) fn client(
        &self,
        context: &Context,
        terms: &LaunchSettings,
        clock: &SharedClock,
    ) -> Result<Client, Failure> {
        let Context { console, environment, .. } = context;
        let (redactor, senders) = (console.redactor(), terms.concurrency.get());
        match self {
            Self::Profile(profile, _) => {
                let connection = profile.connection(environment, redactor, clock.clone(), senders, terms.seed)?;
                client(Connection { throttled: throttled(terms, connection.throttled), ..connection })
            }
            #[cfg(feature = "sandbox")]
            Self::Sandbox { sandbox, is_faulty, .. } => {
                let token = Secret::new(sandbox.token().to_owned());
                redactor.learn(&token);
                client(Connection {
                    base: BaseUrl::parse(&sandbox.url()).expect("a sandbox's address is one"),
                    tenant: None,
                    login: if *is_faulty { renewable(sandbox) } else { Login::Token(token) },
                    tokens: None,
                    route: Route::default(),
                    timeouts: PROMPT,
                    throttled: throttled(terms, Throttled::default()),
                    senders,
                    seed: terms.seed,
                    clock: clock.clone(),
                    redactor: redactor.clone(),
                })
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

fn of_profile(context: &Context, flags: &args::Connection) -> Result<(Box<Profile>, BaseUrl), Failure> {
    let profile = profile::choose(flags, &context.environment)?;
    let base = profile.base()?;
    Ok((Box::new(profile), base))
}

/// What a 429 means on `terms`, where the profile says `usual`.
fn throttled(terms: &LaunchSettings, usual: Throttled) -> Throttled {
    match terms.resends {
        Resends::AsAsked => usual,
        Resends::Never => Throttled::Ambiguous,
    }
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

fn client(connection: Connection) -> Result<Client, Failure> {
    Client::new(connection).map_err(|error| Failure::new(ExitStatus::Usage, &error))
}
