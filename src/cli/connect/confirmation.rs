//! Somebody at a terminal says whether sending is meant, or `--yes` does.
//!
//! In: what is about to be sent. Out: a yes, a no, or that nobody is there. Never: a prompt without a terminal.

use std::future::ready;
use std::io::{self, BufRead as _, IsTerminal as _};

use crate::cli::context::CommandContext;
use crate::cli::output::console::Console;
use crate::diagnostic::escape::escape;
use crate::run::{PendingAnswer, PendingSend, SendAnswer, SendConfirmation};

/// Who says whether sending is meant.
pub(crate) struct TerminalConfirmation<'a> {
    context: &'a CommandContext,
    yes: bool,
}

impl<'a> TerminalConfirmation<'a> {
    /// The terminal; `yes`: it was said on the command line.
    pub(crate) fn new(context: &'a CommandContext, yes: bool) -> Self {
        Self { context, yes }
    }
}

impl SendConfirmation for TerminalConfirmation<'_> {
    fn may_take_long(&self) -> bool {
        !self.yes && is_watched()
    }

    fn ask(&self, send: &PendingSend) -> PendingAnswer<'_> {
        if self.yes {
            return Box::pin(ready(SendAnswer::Yes));
        }
        if !is_watched() {
            return Box::pin(ready(SendAnswer::NobodyThere));
        }
        self.context.console.say(&format!("{}: start them? ({}) [y/N]", escape(&send.describe()), send.why));
        // By a thread of its own, which ends with the process: Ctrl-C is heard meanwhile.
        let (tell, told) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || tell.send(read_yes().unwrap_or(false)));
        Box::pin(async { if told.await.unwrap_or(false) { SendAnswer::Yes } else { SendAnswer::No } })
    }
}

/// Whether a person can be asked, and can answer.
pub(crate) fn is_watched() -> bool {
    Console::is_terminal() && io::stdin().is_terminal()
}

/// Asks `words`. Anything but a yes is a no.
pub(crate) fn is_yes(context: &CommandContext, words: &str) -> io::Result<bool> {
    context.console.say(words);
    read_yes()
}

/// The next line of stdin. Anything but a yes is a no.
fn read_yes() -> io::Result<bool> {
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
