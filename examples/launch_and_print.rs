//! Launches a manifest through the library, against a sandbox of its own, and prints what came of each launch.
//!
//! ```text
//! cargo run --example launch_and_print
//! ```
//!
//! A program of yours has an address and a login in the place of the sandbox's, and a ledger that stays.

use std::error::Error;
use std::io::{self, Write};
use std::sync::Arc;

use sortie::clock::SystemClock;
use sortie::exit::ExitStatus;
use sortie::ids::Ordinal;
use sortie::launch::LaunchSettings;
use sortie::ledger::{self, EventLog as _, RunRecord};
use sortie::orchestrator::auth::Login;
use sortie::orchestrator::base_url::BaseUrl;
use sortie::orchestrator::classify::ThrottlePolicy;
use sortie::orchestrator::network::Network;
use sortie::orchestrator::{Client, Connection, Timeouts};
use sortie::plan::{self, Inputs};
use sortie::run::{
    ConnectError, Connector, LaunchDestination, NoSecrets, Observer, RunNotice, RunRequest, RunService, throttle_policy,
};
use sortie::sandbox::world::{Folder, Release};
use sortie::sandbox::{Options, Sandbox, World};
use sortie::secret::{Redactor, Secret};

const MANIFEST: &str = "\
version: 1
name: greetings
folder: Shared
jobs:
  ping:
    release: Ping
  greet:
    release: Greeter
    arguments: { message: Aloha }
";

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let exit = runtime.block_on(launch_and_print(&mut io::stdout()))?;
    writeln!(io::stdout(), "exit status {}", exit.code())?;
    Ok(())
}

/// Launches [`MANIFEST`] and prints a line for each of its launches to `out`.
pub async fn launch_and_print(out: &mut dyn Write) -> Result<ExitStatus, Box<dyn Error>> {
    // A tenant to launch on.
    let world = World::new()
        .folder(Folder::at("Shared"))
        .release(Release::named("Ping").folder("Shared"))
        .release(Release::named("Greeter").folder("Shared"));
    let clock = Arc::new(sortie::sandbox::clock::SystemClock::new());
    let connector = ToSandbox(Sandbox::start(&world, clock, Options::default())?);

    // Text -> plan. Whatever is wrong with a manifest is told at its place.
    let inputs = Inputs::of_manifest("greetings.yaml", MANIFEST);
    let (sources, plan) = plan::make(&inputs);
    let (plan, diagnostics) = plan.into_parts();
    let plan = plan.ok_or_else(|| format!("{diagnostics:?}"))?;

    // Each launch is recorded here before it is sent.
    let folder = tempfile::tempdir()?;
    let store = ledger::open(&folder.path().join("ledger.db")).await?;

    let secrets = NoSecrets::default();
    let service = RunService::new(&store, &connector, &secrets, Arc::new(SystemClock::new())).with_observer(&Announcer);
    let finished = service.start(RunRequest::new(sources, plan, inputs)).await?;

    for (_, state) in store.read_states(finished.record.id, Ordinal(0), usize::MAX).await? {
        if let Some(attempts) = state.attempts() {
            writeln!(out, "{}: {}", attempts.intent.launch, state.verdict().as_str())?;
        }
    }
    Ok(finished.exit)
}

/// The way to the sandbox.
struct ToSandbox(Sandbox);

impl ToSandbox {
    fn base(&self) -> BaseUrl {
        BaseUrl::parse(&self.0.url()).expect("a sandbox's address is one")
    }
}

impl Connector for ToSandbox {
    fn destination(&self, _: Option<&RunRecord>) -> Result<LaunchDestination, ConnectError> {
        Ok(LaunchDestination::of(self.base().tenant_identity(None)))
    }

    fn client(&self, settings: &LaunchSettings, clock: &sortie::clock::SharedClock) -> Result<Client, ConnectError> {
        let connection = Connection {
            base: self.base(),
            tenant: None,
            login: Login::Token(Secret::new(self.0.token().to_owned())),
            tokens: None,
            network: Network::default(),
            timeouts: Timeouts::default(),
            throttled: throttle_policy(settings, ThrottlePolicy::default()),
            senders: settings.concurrency.get(),
            seed: settings.seed,
            clock: clock.clone(),
            redactor: Redactor::default(),
        };
        Client::new(connection).map_err(|error| ConnectError::new(ExitStatus::Usage, &error))
    }
}

/// Says on stderr when launching begins.
struct Announcer;

impl Observer for Announcer {
    fn on_notice(&self, notice: &RunNotice<'_>) {
        if let RunNotice::Launching { run, launches, .. } = notice {
            // Nobody is left to tell where stderr itself cannot be written.
            let _ = writeln!(io::stderr(), "run {run}: {launches} launches");
        }
    }
}
