//! One file for each verb, reading as a list of stages.

use std::fs::File;
use std::future::Future;
use std::io::ErrorKind;

use crate::cli::args::RepeatedFlags;
use crate::cli::console::Console;
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::logins::Logins;
use crate::cli::logs::Verbosity;
use crate::cli::run_activity::RunActivity;
use crate::cli::signals;
use crate::exit::ExitStatus;

pub(super) mod ledger;
pub(super) mod plan;
pub(super) mod reconcile;
pub(super) mod report;
pub(super) mod rerun;
pub(super) mod resume;
pub(super) mod run;
pub(super) mod runs;
#[cfg(feature = "sandbox")]
pub(super) mod sandbox;
pub(super) mod schema;
pub(super) mod start;
pub(super) mod validate;
pub(super) mod welcome;

/// What every command has at hand.
#[derive(Clone)]
pub(super) struct CommandContext {
    /// The terminal.
    pub(super) console: Console,
    /// The process's environment.
    pub(super) environment: Environment,
    /// How much to say.
    pub(super) verbosity: Verbosity,
    /// The flags that a later command about the same run needs too.
    pub(super) repeated: RepeatedFlags,
    /// What a second signal would cut off.
    pub(super) at_work: RunActivity,
    /// What holds logins, which no manifest may have.
    pub(super) logins: Logins,
    /// Whether the commands that a manifest's secrets come from may be run: not in a sandbox, unless that is asked for.
    pub(super) runs_commands: bool,
}

impl CommandContext {
    /// Says how it is going, unless nobody wants to know.
    pub(super) fn tell(&self, words: &str) {
        if self.verbosity != Verbosity::Quiet {
            self.console.say(words);
        }
    }

    /// Says on stderr what is worth knowing, unless nothing but errors is wanted.
    pub(super) fn warn(&self, words: &str) {
        if self.verbosity != Verbosity::Quiet {
            self.console.say(&format!("warning: {words}"));
        }
    }
}

/// Minimum free file descriptors: the runtime's own, the ledger's, some connections.
const MIN_FREE_FILES: usize = 24;

/// Refuses to begin where the system lets this process open too few files: below, that would be a panic in the middle.
fn check_files() -> Result<(), Failure> {
    let mut open = Vec::new();
    for _ in 0..MIN_FREE_FILES {
        match File::open("/dev/null") {
            Ok(file) => open.push(file),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => {
                let words = format!(
                    "this process may open {} more files, and needs {MIN_FREE_FILES} at least: {error}\n  help: raise the limit \
                     (`ulimit -n 1024`, LimitNOFILE= of a unit)",
                    open.len()
                );
                return Err(Failure::with_message(ExitStatus::Fault, words));
            }
        }
    }
    Ok(())
}

/// Carries `work` out on a single-threaded runtime: it is input and output, and threads measured slower.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    check_files()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        Failure::with_message(ExitStatus::Fault, format!("the system gives no event queue for the network: {error}"))
    })?;
    runtime.block_on(async {
        let _handled = signals::ignore_file_size_signal();
        work.await
    })
}
