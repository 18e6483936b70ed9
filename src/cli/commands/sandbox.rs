//! `sortie sandbox`: serve the stand-in, say where, and wait for a signal.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;

use uuid::Uuid;

use crate::cli::args::{self, OutputFormat};
use crate::cli::connect::sandbox_world;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::output::logs::Verbosity;
use crate::cli::runtime::block_on;
use crate::cli::runtime::signals::Signals;
use crate::clock::{self, Clock as _};
use crate::diagnostic::escape::escape;
use crate::exit::ExitStatus;
use orchestrator_sandbox::clock::SystemClock;
use orchestrator_sandbox::{Answered, OnAnswer, Options, Sandbox, SandboxError, World};

/// Minimum length of a token that is kept: who guesses one starts robot jobs in somebody's tests.
const MIN_TOKEN_CHARS: usize = 16;

pub(crate) fn run(context: &CommandContext, flags: &args::SandboxArgs) -> Result<ExitStatus, Failure> {
    let faults = sandbox_world::faults(flags.faults.as_deref())?;
    let world = flags.world.as_deref().map_or_else(|| Ok(World::obliging()), sandbox_world::of_file)?;
    block_on(async {
        // Before the announcement: who reads it may send the signal at once.
        let mut signals = Signals::listen().map_err(|error| Failure::new(ExitStatus::Fault, &error))?;
        let token = flags.token_file.as_deref().map(kept_token).transpose()?;
        let options = Options {
            port: flags.port,
            latency: flags.latency,
            faults,
            token,
            on_answer: log_of(context),
            ..Options::default()
        };
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
                 sortie run hello.yaml        # `sortie init` writes one\n",
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

/// With `-v` each request is a line on stderr.
fn log_of(context: &CommandContext) -> Option<OnAnswer> {
    if !matches!(context.verbosity, Verbosity::Verbose(_)) {
        return None;
    }
    let (console, clock) = (context.console.clone(), clock::SystemClock::new());
    Some(Arc::new(move |answered: &Answered<'_>| {
        let status = answered.status.map_or_else(|| "---".to_owned(), |status| status.to_string());
        let at = clock.utc().strftime("%H:%M:%S%.3fZ");
        let (method, ms) = (answered.method, answered.took.as_millis());
        console.say(&format!("{at}  {status}  {method:6} {}  {ms} ms", answered.target));
    }))
}

/// The token that the file at `path` keeps; where there is none, a random one, which it keeps from now on.
fn kept_token(path: &Path) -> Result<String, Failure> {
    let shown = escape(&path.display().to_string()).into_owned();
    let failed = |words: String| Failure::with_message(ExitStatus::Usage, format!("--token-file `{shown}` {words}"));
    match fs::read_to_string(path) {
        Ok(text) => {
            let token = text.trim();
            if token.len() < MIN_TOKEN_CHARS || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
                let help = "help: delete it, and a new one is made";
                return Err(failed(format!(
                    "holds no token: that is one word of {MIN_TOKEN_CHARS} characters or more\n  {help}"
                )));
            }
            Ok(token.to_owned())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let token = format!("sandbox-{}", Uuid::new_v4().simple());
            let mut options = OpenOptions::new();
            let made = options.write(true).create_new(true).mode(0o600).open(path);
            let written = made.and_then(|mut file| writeln!(file, "{token}").and_then(|()| file.sync_all()));
            written.map_err(|error| failed(format!("cannot be written: {error}")))?;
            Ok(token)
        }
        Err(error) => Err(failed(format!("cannot be read: {error}"))),
    }
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
