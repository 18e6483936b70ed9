//! What is said for those who look inside: log events on stderr, and a panic's last words. Both redacted.
//!
//! In: `-v` and `SORTIE_LOG`. Never: data; a log line is no interface.

use std::panic;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::cli::output::console::Console;
use crate::cli::output::console::colour::stderr_styles;
use crate::cli::output::console::log_format::{JsonLogs, LogFormat};
use crate::diagnostic::styles::Styles;

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
    let filter = EnvFilter::builder().parse(filter.unwrap_or(usual))?;
    if LogFormat::is_json() {
        let into = console.clone();
        let logs = JsonLogs::new(console.redactor(), move |line: &str| into.log(line));
        let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(filter).with(logs));
        return Ok(());
    }
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(console.clone())
        .with_ansi(stderr_styles() != Styles::PLAIN)
        // Whoever asks for the insides wants to know whose they are; launches speak for themselves.
        .with_target(matches!(verbosity, Verbosity::Verbose(3..)) || names_targets)
        .without_time()
        .finish();
    // A second call in one process (a test) keeps the first.
    let _ = tracing::subscriber::set_global_default(logs);
    Ok(())
}

/// Makes a panic say what happened without a secret in it, and whose fault it is.
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
    }));
}
