//! What every command has at hand: the terminal, the environment, how much to say.

use crate::cli::output::console::Console;
use crate::cli::output::logs::Verbosity;
use crate::cli::run_activity::RunActivity;
use crate::profile::{Environment, Logins};
use crate::run::reporting::RepeatedFlags;

/// What every command has at hand.
#[derive(Clone)]
pub(crate) struct CommandContext {
    /// The terminal.
    pub(crate) console: Console,
    /// The process's environment.
    pub(crate) environment: Environment,
    /// How much to say.
    pub(crate) verbosity: Verbosity,
    /// The flags that a later command about the same run needs too.
    pub(crate) repeated: RepeatedFlags,
    /// What a second signal would cut off.
    pub(crate) at_work: RunActivity,
    /// What holds logins, which no manifest may have.
    pub(crate) logins: Logins,
    /// Whether the commands that a manifest's secrets come from may be run: not in a sandbox, unless that is asked for.
    pub(crate) runs_commands: bool,
}

impl CommandContext {
    /// The machine's name, where it has one.
    pub(crate) fn host() -> Option<String> {
        let named = rustix::system::uname();
        let name = named.nodename().to_string_lossy().into_owned();
        (!name.is_empty() && !name.contains(char::is_control)).then_some(name)
    }

    /// Says how it is going, unless nobody wants to know.
    pub(crate) fn tell(&self, words: &str) {
        if self.verbosity != Verbosity::Quiet {
            self.console.say(words);
        }
    }

    /// Says on stderr what is worth knowing, unless nothing but errors is wanted.
    pub(crate) fn warn(&self, words: &str) {
        if self.verbosity != Verbosity::Quiet {
            self.console.say(&format!("warning: {words}"));
        }
    }
}
