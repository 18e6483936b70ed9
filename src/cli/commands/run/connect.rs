//! Whereto a run launches: a profile's Orchestrator, or a sandbox of its own.

use std::path::PathBuf;
#[cfg(feature = "sandbox")]
use std::time::Duration;

use crate::cli::args;
use crate::cli::commands::Context;
use crate::cli::commands::run::launching::Patience;
use crate::cli::failure::Failure;
use crate::cli::inputs::Target;
use crate::cli::ledger_place::LedgerPlace;
use crate::cli::profile::{self, Profile};
use crate::clock::SharedClock;
use crate::exit::ExitStatus;
use crate::launch::Terms;
use crate::orchestrator::base_url::BaseUrl;
use crate::orchestrator::{Client, Connection};
use crate::plan::Plan;
#[cfg(feature = "sandbox")]
use crate::spec::WhenLong;
#[cfg(feature = "sandbox")]
use crate::{
    cli::sandbox_world,
    orchestrator::{
        Timeouts,
        auth::{ClientCredentials, Login, SecretMethod},
        base_url::IdentityServer,
        route::Route,
        verdict::Throttled,
    },
    sandbox::{Faults, Options, Sandbox, World},
};

/// It answers from this very process: one that says nothing for so long is silent on purpose.
#[cfg(feature = "sandbox")]
const PROMPT: Timeouts = Timeouts { connect: Duration::from_secs(2), attempt: Duration::from_secs(10) };

/// Whereto, before anything connects.
pub(super) enum Whereto {
    /// The Orchestrator of a profile.
    Profile(Box<Profile>, BaseUrl),
    /// A sandbox inside this process: of this world, or of what the plan names; with what goes wrong in it.
    #[cfg(feature = "sandbox")]
    Sandbox(Option<Box<World>>, Faults),
}

/// A client, and what must live as long as it does.
pub(super) struct Connected {
    /// The client; connects when it is used.
    pub(super) client: Client,
    /// Where the ledger is.
    pub(super) ledger: LedgerPlace,
    /// The sandbox that the client speaks to.
    #[cfg(feature = "sandbox")]
    #[expect(dead_code, reason = "held for its drop, which stops the server")]
    sandbox: Option<Sandbox>,
}

impl Whereto {
    /// As `flags` say, else as the profile does.
    pub(super) fn of(context: &Context, flags: &args::Run) -> Result<Self, Failure> {
        #[cfg(feature = "sandbox")]
        if flags.sandbox {
            let world = flags.world.as_deref().map(sandbox_world::of_file).transpose()?;
            let faults = sandbox_world::faults(flags.faults.as_deref())?;
            return Ok(Self::Sandbox(world.map(Box::new), faults));
        }
        let profile = profile::choose(&flags.connection, &context.environment)?;
        let base = profile.base()?;
        Ok(Self::Profile(Box::new(profile), base))
    }

    /// What it adds to the plan's inputs. A sandbox's address differs each time, so none of it does.
    pub(super) fn target(&self) -> Target {
        match self {
            Self::Profile(profile, base) => Target::of(profile, base),
            #[cfg(feature = "sandbox")]
            Self::Sandbox(..) => {
                Target { profile: "sandbox".to_owned(), large_arguments: Some(WhenLong::Attach), ..Target::default() }
            }
        }
    }

    /// How long its server is given.
    pub(super) fn patience(&self) -> Patience {
        match self {
            Self::Profile(profile, _) => Patience { settle: profile.settle, attempt: profile.timeouts.attempt },
            // It answers from this very process: there is nothing to be patient about.
            #[cfg(feature = "sandbox")]
            Self::Sandbox(..) => Patience { settle: Duration::from_secs(3), attempt: PROMPT.attempt },
        }
    }

    /// Makes the client that launches `plan` on `terms`, and names the ledger's place; asks the server nothing yet.
    pub(super) fn connect(
        &self,
        context: &Context,
        flags: &args::Run,
        #[cfg_attr(not(feature = "sandbox"), expect(unused_variables, reason = "a sandbox provides for it"))]
        plan: &Plan,
        terms: &Terms,
        clock: &SharedClock,
    ) -> Result<Connected, Failure> {
        let Context { console, environment, .. } = context;
        let (redactor, senders) = (console.redactor(), terms.concurrency.get());
        let ledger_flag: Option<&PathBuf> = flags.ledger.as_ref();
        match self {
            Self::Profile(profile, _) => {
                let ledger = LedgerPlace::lasting(ledger_flag.map(PathBuf::as_path), environment)?;
                let connection = profile.connection(environment, redactor, clock.clone(), senders, terms.seed)?;
                Ok(Connected {
                    client: client(connection)?,
                    ledger,
                    #[cfg(feature = "sandbox")]
                    sandbox: None,
                })
            }
            #[cfg(feature = "sandbox")]
            Self::Sandbox(world, faults) => {
                let ledger = LedgerPlace::passing(ledger_flag.map(PathBuf::as_path))?;
                let own;
                let world = if let Some(world) = world {
                    world.as_ref()
                } else {
                    own = sandbox_world::for_plan(plan);
                    &own
                };
                let sandbox =
                    Sandbox::start(world, clock.clone(), Options { faults: faults.clone(), ..Options::default() })?;
                redactor.learn(sandbox.token());
                let connection = Connection {
                    base: BaseUrl::parse(&sandbox.url()).expect("a sandbox's address is one"),
                    tenant: None,
                    login: if faults.is_empty() { Login::Token(sandbox.token().clone()) } else { renewable(&sandbox) },
                    tokens: None,
                    route: Route::default(),
                    timeouts: PROMPT,
                    throttled: Throttled::default(),
                    senders,
                    seed: terms.seed,
                    clock: clock.clone(),
                    redactor: redactor.clone(),
                };
                Ok(Connected { client: client(connection)?, ledger, sandbox: Some(sandbox) })
            }
        }
    }
}

/// A login that outlives its tokens, which a fault may end.
#[cfg(feature = "sandbox")]
fn renewable(sandbox: &Sandbox) -> Login {
    Login::ClientCredentials(ClientCredentials {
        identity: IdentityServer::parse(&sandbox.identity_url()).expect("a sandbox's address is one"),
        client_id: sandbox.client_id().to_owned(),
        client_secret: sandbox.client_secret().clone(),
        scopes: Vec::new(),
        method: SecretMethod::default(),
    })
}

fn client(connection: Connection) -> Result<Client, Failure> {
    Client::new(connection).map_err(|error| Failure::new(ExitStatus::Usage, &error))
}
