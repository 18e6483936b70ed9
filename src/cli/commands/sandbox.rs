//! `sortie sandbox`: serve the stand-in, say where, and wait for a signal.

use std::sync::Arc;

use crate::cli::args::{self, OutputFormat};
use crate::cli::connect::sandbox_world;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::runtime::block_on;
use crate::cli::signals::Signals;
use crate::exit::ExitStatus;
use orchestrator_sandbox::clock::SystemClock;
use orchestrator_sandbox::{Options, Sandbox, SandboxError, World};

pub(crate) fn run(context: &CommandContext, flags: &args::SandboxArgs) -> Result<ExitStatus, Failure> {
    let faults = sandbox_world::faults(flags.faults.as_deref())?;
    let world = flags.world.as_deref().map_or_else(|| Ok(World::obliging()), sandbox_world::of_file)?;
    block_on(async {
        // Before the announcement: who reads it may send the signal at once.
        let mut signals = Signals::listen().map_err(|error| Failure::new(ExitStatus::Fault, &error))?;
        let options = Options { port: flags.port, latency: flags.latency, faults, ..Options::default() };
        let sandbox = Sandbox::start(&world, Arc::new(SystemClock::new()), options)?;
        let announcement = sandbox.announcement();
        context.console.data(&match flags.format {
            OutputFormat::Json => {
                let line = serde_json::to_string(&announcement).expect("an announcement holds only text");
                format!("{line}\n")
            }
            OutputFormat::Text => format!(
                "The sandbox serves at {url} until Ctrl-C. To launch against it:\n\n  \
                 export UIPATH_URL={url}\n  \
                 export UIPATH_ACCESS_TOKEN={token}\n  \
                 sortie run specs/hello.yaml\n",
                url = announcement.url,
                token = announcement.token,
            ),
        })?;
        signals.next().await;
        drop(sandbox);
        // To be ended by a signal is how it is meant to end.
        Ok(ExitStatus::Success)
    })
}

impl From<SandboxError> for Failure {
    fn from(error: SandboxError) -> Self {
        let exit = match &error {
            SandboxError::World(_) | SandboxError::Faults(_) | SandboxError::Listen { .. } => ExitStatus::Usage,
            SandboxError::Thread(_) => ExitStatus::Fault,
        };
        Self::new(exit, &error)
    }
}
