//! One file for each verb, reading as a list of stages.

use std::future::Future;

use crate::cli::console::Console;
use crate::cli::environment::Environment;
use crate::cli::failure::Failure;
use crate::cli::logs::Talk;
use crate::exit::ExitStatus;

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
pub(super) struct Context {
    /// The terminal.
    pub(super) console: Console,
    /// The process's environment.
    pub(super) environment: Environment,
    /// How much to say.
    pub(super) talk: Talk,
}

impl Context {
    /// Says how it is going, unless nobody wants to know.
    pub(super) fn tell(&self, words: &str) {
        if self.talk != Talk::Quiet {
            self.console.say(words);
        }
    }

    /// Says on stderr what is worth knowing, unless nothing but errors is wanted.
    pub(super) fn warn(&self, words: &str) {
        if self.talk != Talk::Quiet {
            self.console.say(&format!("warning: {words}"));
        }
    }
}

/// Carries `work` out on a single-threaded runtime: it is input and output, and threads measured slower.
pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        Failure::said(ExitStatus::Fault, format!("the system gives no event queue for the network: {error}"))
    })?;
    runtime.block_on(work)
}
