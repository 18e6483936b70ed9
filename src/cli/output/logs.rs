//! What is said for those who look inside: log events on stderr, and a panic's last words. Both redacted.
//!
//! In: `-v` and `SORTIE_LOG`. Never: data; a log line is no interface.

use std::{panic, process};

use tracing_subscriber::filter::{ParseError, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::cli::output::console::Console;
use crate::cli::output::console::colour::stderr_styles;
use crate::cli::output::console::log_format::{JsonLogs, LogFormat};
use crate::diagnostic::styles::Styles;
use crate::exit::ExitStatus;

/// How much a command says on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// `-q`: errors alone.
    Quiet,
    /// What a person needs.
    Normal,
    /// `-v`: launches; `-vv`: their attempts, and what else sortie does; `-vvv`: the insides of all libraries too.
    Verbose(u8),
}

/// Installs the logs of this process. `filter` is `SORTIE_LOG`, which rules over `talk`.
///
/// Errors: `filter` cannot be read.
pub(crate) fn install(console: &Console, verbosity: Verbosity, filter: Option<&str>) -> Result<(), ParseError> {
    let usual = match verbosity {
        Verbosity::Quiet => "error",
        Verbosity::Normal => "warn",
        Verbosity::Verbose(1) => "warn,sortie=info",
        Verbosity::Verbose(2) => "warn,sortie=debug",
        Verbosity::Verbose(_) => "trace",
    };
    let names_targets = filter.is_some();
    let chosen = tracing_subscriber::registry().with(filter.unwrap_or(usual).parse::<Targets>()?);
    if LogFormat::is_json() {
        let into = console.clone();
        let logs = JsonLogs::new(console.redactor(), move |line: &str| into.log(line));
        let _ = tracing::subscriber::set_global_default(chosen.with(logs));
        return Ok(());
    }
    let logs = fmt::layer()
        .with_writer(console.clone())
        .with_ansi(stderr_styles() != Styles::PLAIN)
        // Whoever asks for the insides wants to know whose they are; launches speak for themselves.
        .with_target(matches!(verbosity, Verbosity::Verbose(3..)) || names_targets)
        .without_time();
    // A second call in one process (a test) keeps the first.
    let _ = tracing::subscriber::set_global_default(chosen.with(logs));
    Ok(())
}

/// Makes a panic say what happened without a secret in it, and whose fault it is; and end the process, in whichever of its threads it is.
///
/// As after a kill, nothing is done that was not recorded: what was under way is in doubt, and `resume` settles it. A release is
/// built with panics that abort, so that nothing could go on after one anyway.
#[expect(clippy::exit, reason = "after a panic nothing is left to be put in order")]
pub(crate) fn install_panic_hook(console: &Console) {
    let console = console.clone();
    panic::set_hook(Box::new(move |panic| {
        let payload = panic.payload();
        let text = payload.downcast_ref::<String>().map(String::as_str).or(payload.downcast_ref::<&str>().copied());
        let words = text.unwrap_or("no words");
        let place = panic.location().map(|place| format!(" at {}:{}", place.file(), place.line())).unwrap_or_default();
        console.set_live_line(None);
        console.say(&format!(
            "sortie: this is a bug in sortie{place}: {words}\n  please report it, with this line and the command"
        ));
        process::exit(ExitStatus::Fault.code().into());
    }));
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::thread;

    use super::*;
    use crate::secret::Secret;

    /// Says to this test, started as a process of its own, that it is to panic.
    const IS_INNER: &str = "SORTIE_TEST_OF_PANICS";

    #[test]
    fn a_panic_in_any_thread_ends_the_process_and_tells_no_secret() {
        if std::env::var_os(IS_INNER).is_some() {
            let console = Console::default();
            console.redactor().learn(&Secret::new("canary-of-a-panic".to_owned()));
            install_panic_hook(&console);
            let _ = thread::spawn(|| panic!("canary-of-a-panic")).join();
            unreachable!("the process has ended");
        }
        let own = concat!(module_path!(), "::a_panic_in_any_thread_ends_the_process_and_tells_no_secret");
        let (_, own) = own.split_once("::").expect("the crate's name is before it");
        let ended = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "--nocapture", own])
            .env(IS_INNER, "1")
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{said}");
        assert!(said.contains("this is a bug in sortie at src/cli/output/logs.rs"), "{said}");
        assert!(!said.contains("canary"), "{said}");
    }
}
