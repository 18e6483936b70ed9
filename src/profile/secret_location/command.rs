//! A secret from a program's stdout: a password manager, a vault's client.
//!
//! In: a program and its arguments, no shell. Out: what it printed. Never: its stderr, which may hold anything.

use std::collections::BTreeSet;
use std::io::{self, Read as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Why a program gave no secret.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It cannot be started.
    #[error("it cannot be started")]
    NotStarted(#[source] io::Error),
    /// It ended badly.
    #[error("it ended with {how}; run it by hand to see why")]
    Failed {
        /// `exit status: 1` and the like.
        how: String,
    },
    /// It took too long.
    #[error("it gave no answer within {} s", MAX_COMMAND_TIME.as_secs())]
    TooLong,
    /// What it printed is no text.
    #[error("what it printed is not UTF-8, or cannot be read")]
    Unreadable,
}

/// Maximum time of a command: longer than any vault takes; shorter than a scheduler's patience with a hidden prompt.
const MAX_COMMAND_TIME: Duration = Duration::from_secs(60);

/// What the program prints, up to `max_bytes`. It inherits the environment but for the variables `withheld`.
///
/// Errors: [`CommandError`].
pub(super) fn output(
    program: &str,
    arguments: &[String],
    withheld: &BTreeSet<&str>,
    max_bytes: u64,
) -> Result<String, CommandError> {
    output_within(MAX_COMMAND_TIME, program, arguments, withheld, max_bytes)
}

fn output_within(
    longest: Duration,
    program: &str,
    arguments: &[String],
    withheld: &BTreeSet<&str>,
    max_bytes: u64,
) -> Result<String, CommandError> {
    let mut command = Command::new(program);
    for name in withheld {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(CommandError::NotStarted)?;
    let stdout = child.stdout.take().expect("it is piped");
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let read = stdout.take(max_bytes).read_to_string(&mut text);
        // Nobody listens any more where it took too long.
        let _ = sender.send(read.map(|_| text));
    });
    let Ok(read) = receiver.recv_timeout(longest) else {
        end(&mut child);
        return Err(CommandError::TooLong);
    };
    let text = read.map_err(|_| {
        end(&mut child);
        CommandError::Unreadable
    })?;
    if text.len() as u64 >= max_bytes {
        // It may go on printing for ever.
        end(&mut child);
        return Ok(text);
    }
    match child.wait() {
        Ok(status) if status.success() => Ok(text),
        Ok(status) => Err(CommandError::Failed { how: status.to_string() }),
        Err(_) => Err(CommandError::Unreadable),
    }
}

fn end(child: &mut Child) {
    // It may have ended by itself meanwhile.
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(script: &str, expected: Result<&str, &str>) {
        let longest = Duration::from_millis(if script.contains("sleep") { 100 } else { 60_000 });
        let arguments = ["-c".to_owned(), script.to_owned()];
        let found = output_within(longest, "sh", &arguments, &BTreeSet::new(), 64).map_err(|fault| fault.to_string());
        assert_eq!(found.as_ref().map(String::as_str).map_err(String::as_str), expected, "{script}");
    }

    #[test]
    fn what_a_program_prints_is_taken_and_what_fails_is_named() {
        check("printf 'hunter2\\n'; echo noise >&2", Ok("hunter2\n"));
        check("read line; printf \"[$line]\"", Ok("[]"));
        // Cargo sets it for every test.
        assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
        let script = ["-c".to_owned(), "echo \"[$CARGO_MANIFEST_DIR]\"".to_owned()];
        let said = output("sh", &script, &BTreeSet::from(["CARGO_MANIFEST_DIR"]), 64);
        assert_eq!(said.ok().as_deref(), Some("[]\n"), "what is withheld is not inherited");
        check("printf half; exit 3", Err("it ended with exit status: 3; run it by hand to see why"));
        check("printf '\\377'", Err("what it printed is not UTF-8, or cannot be read"));
        check("exec sleep 600", Err("it gave no answer within 60 s"));
        check("yes", Ok(&"y\n".repeat(32)));
        let fault = output("/no/such/program", &[], &BTreeSet::new(), 64).expect_err("there is none");
        assert!(matches!(fault, CommandError::NotStarted(_)), "{fault}");
    }
}
