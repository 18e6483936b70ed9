//! From the process's arguments to [`Args`], or to a usage error: what is wrong and what to type instead.
//!
//! In: raw arguments. Out: parsed ones, a text to show (`--help`), or words for exit code 3.
//! A secret on the command line is refused, as far as it can be known: `ps` shows it to everyone on the machine.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Parser as _};

use crate::cli::args::Args;
use crate::diagnostic::nearest;
use crate::secret::Redactor;

/// What was typed.
#[derive(Debug)]
pub(crate) enum ParsedCommand {
    /// A command to carry out.
    Command(Box<Args>),
    /// A text that was asked for, with its colours: `--help`, `--version`.
    Text(String),
}

/// What cannot be carried out as it was typed. Exit code 3.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UsageError {
    /// An argument holds a secret.
    #[error("{what}")]
    Secret {
        /// What was found, without the secret.
        what: String,
    },
    /// The words of the command line's grammar, whole, with a hint.
    #[error("{0}")]
    Grammar(String),
}

/// Flags that people know from other tools, and that would put a secret on the command line.
const SECRET_FLAGS: [&str; 9] = [
    "--token",
    "--access-token",
    "--pat",
    "--client-secret",
    "--password",
    "--user-key",
    "--secret",
    "--auth",
    "--authorization",
];

/// Verbs of later versions.
const LATER_VERBS: [&str; 3] = ["lock", "doctor", "wait"];

/// Reads `arguments`, of which the first is the program's name.
///
/// Errors: whole sentences; nothing was done yet.
pub(crate) fn parse(arguments: Vec<OsString>, redactor: &Redactor) -> Result<ParsedCommand, UsageError> {
    if let Some(what) = arguments.iter().skip(1).find_map(|argument| secret_in(&argument.to_string_lossy(), redactor)) {
        return Err(UsageError::Secret { what });
    }
    match Args::try_parse_from(&arguments) {
        Ok(args) => Ok(ParsedCommand::Command(Box::new(args))),
        Err(error) if error.kind() == ErrorKind::DisplayVersion && names_format(&arguments) => {
            // Clap answers `--version` at once, whatever stands behind it.
            let verb = arguments.iter().filter(|argument| !["--version", "-V"].iter().any(|flag| argument == flag));
            let (program, rest): (Vec<_>, Vec<_>) = (arguments.iter().take(1).collect(), verb.skip(1).collect());
            let words =
                program.into_iter().cloned().chain([OsString::from("version")]).chain(rest.into_iter().cloned());
            parse(words.collect(), redactor)
        }
        Err(error) if !error.use_stderr() => Ok(ParsedCommand::Text(error.render().ansi().to_string())),
        Err(error) => Err(UsageError::Grammar(words(&error, &arguments))),
    }
}

/// Whether `arguments` ask for a form, as `sortie --version --format json` does.
fn names_format(arguments: &[OsString]) -> bool {
    arguments
        .iter()
        .any(|argument| argument.to_str().is_some_and(|text| text == "--format" || text.starts_with("--format=")))
}

/// What is wrong with `argument` where it holds a secret; `None` if none can be known.
fn secret_in(argument: &str, redactor: &Redactor) -> Option<String> {
    let flag = argument.split('=').next().unwrap_or_default();
    if SECRET_FLAGS.contains(&flag) {
        return Some(format!(
            "there is no `{flag}`: a secret on the command line can be read by everyone on the machine\n  \
             help: put it into UIPATH_ACCESS_TOKEN or UIPATH_CLIENT_SECRET, or name its source in a profile"
        ));
    }
    let held = if redactor.finds_in(argument) {
        "the value of a secret"
    } else if argument.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).any(is_web_token) {
        "an access token"
    } else if argument.split_once("://").is_some_and(|(_, rest)| password_in(rest)) {
        "a password in an address"
    } else {
        return None;
    };
    // The argument itself is not shown: it is the secret.
    Some(format!(
        "an argument holds {held}: the command line can be read by everyone on the machine\n  \
         help: put it into an environment variable or a file with mode 0600; profiles read both"
    ))
}

/// Whether `text` has the form of a signed JSON Web Token, as Orchestrator's access tokens have.
fn is_web_token(text: &str) -> bool {
    let mut parts = text.split('.');
    let headed = |part: Option<&str>| part.is_some_and(|part| part.starts_with("eyJ") && part.len() > 10);
    headed(parts.next()) && headed(parts.next()) && parts.next().is_some_and(|signature| signature.len() > 10)
}

/// Whether the part of an address after `://` names a user with a password.
fn password_in(rest: &str) -> bool {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').is_some_and(|(user, _)| user.split_once(':').is_some_and(|(_, word)| !word.is_empty()))
}

/// Verbs that send nothing: a slip of the pen may be answered with them, and with no others.
const HARMLESS_VERBS: [&str; 18] = [
    "validate",
    "plan",
    "diff",
    "test",
    "runs",
    "report",
    "rows",
    "board",
    "init",
    "import",
    "explain",
    "sandbox",
    "schema",
    "ledger",
    "completions",
    "man",
    "help",
    "version",
];

/// What other tools call our flags, and what does that here.
const OTHER_FLAGS: [(&[&str], &str); 8] = [
    (&["-p", "--set", "--var", "--parameter", "--params"], "`--param NAME=TEXT` sets a parameter"),
    (&["-f", "--file", "--manifest", "-m"], "the manifest stands without a flag: `sortie run FILE`"),
    (&["--job", "-j", "--filter", "--target"], "`--only JOB` keeps the launches of one job"),
    (&["--env", "--environment", "-e", "--tenant"], "`--profile NAME` says where to connect"),
    (&["-o", "--out", "--output"], "`--report FORMAT=FILE` writes a report into a file, `--format FORMAT` to stdout"),
    (&["--json"], "`--format json`"),
    (&["-n", "--check", "--dry", "--noop", "--what-if"], "`--dry-run` prints the plan and sends nothing"),
    (
        &["--parallel", "--workers", "--max-parallel"],
        "`--concurrency N` bounds the requests that are open at the same time",
    ),
];

/// What other tools call our verbs: the words, and what does that here. Verbs that send stand only behind words that mean it.
const OTHER_WORDS: [(&[&str], &str); 12] = [
    (
        &["list", "ls", "status", "ps", "history", "jobs", "get"],
        "`sortie runs` lists the runs, and how each is getting on",
    ),
    (&["check", "lint", "verify"], "`sortie validate` checks manifests, offline"),
    (&["preview", "show", "expand", "dry-run", "render"], "`sortie plan PATH` shows what a manifest would start"),
    (&["exec", "execute", "launch", "go", "send", "submit"], "`sortie run PATH` launches a manifest"),
    (&["retry"], "`sortie resume RUN` goes on with a run, `sortie rerun RUN --failed` launches again what failed"),
    (&["stop", "kill", "abort"], "`sortie cancel RUN` ends a run, and stops its robot jobs"),
    (&["dashboard", "ui", "web", "gui"], "`sortie board` shows the runs in a browser"),
    (&["log", "logs", "result", "results", "summary"], "`sortie report RUN` shows what came of a run"),
    (&["export"], "`sortie runs export RUN FILE` writes a run into one file"),
    (&["new", "create", "scaffold", "quickstart"], "`sortie init` writes a first manifest"),
    (&["serve", "server", "mock", "emulator"], "`sortie sandbox` serves a stand-in Orchestrator"),
    (
        &["login", "auth", "config", "configure", "profile"],
        "`sortie help connection` shows where to write how to connect",
    ),
];

/// What is wrong with `arguments`, and what helps.
fn words(error: &clap::Error, arguments: &[OsString]) -> String {
    if error.kind() == ErrorKind::InvalidSubcommand
        && let Some(ContextValue::String(verb)) = error.get(ContextKind::InvalidSubcommand)
        && LATER_VERBS.contains(&verb.as_str())
    {
        return format!("`sortie {verb}` is not in this version yet\n  help: `sortie --help` lists what is");
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        // Of all verbs, this one alone says nothing by itself.
        return "`sortie ledger` wants to know what to do with the ledger's file\n  help: `sortie ledger --help` lists what there is"
            .to_owned();
    }
    let text = error.render().to_string();
    let text = text.trim_end().strip_prefix("error: ").unwrap_or(text.trim_end());
    // What was typed may hold anything; line ends are clap's own layout.
    let mut words: String = text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect();
    let flag = if error.kind() == ErrorKind::UnknownArgument { error.get(ContextKind::InvalidArg) } else { None };
    if let Some(ContextValue::String(flag)) = flag {
        // A file whose name begins with a dash is rarer than a flag that another tool has.
        let kept = words.split("\n\n").filter(|paragraph| !paragraph.starts_with("  tip: to pass '"));
        words = kept.collect::<Vec<_>>().join("\n\n");
        let name = flag.split('=').next().unwrap_or_default();
        let has_tip = words.contains("\n  tip: ");
        if let Some((_, help)) = OTHER_FLAGS.iter().find(|(known, _)| known.contains(&name)).filter(|_| !has_tip) {
            words.push_str(&format!("\n\n  help: {help}"));
        }
    }
    words = words.replace("\n\nFor more information, try '--help'.", "");
    words = with_plain_ranges(&words);
    words = words.replace(": invalid digit found in string", ": a whole number is expected");
    // One word for what helps, as in every other message.
    words = words.replace("\n  tip: ", "\n  help: ");
    // The grammar's own tips name whatever is spelled alike, also what starts robots.
    let names_verbs =
        error.kind() == ErrorKind::InvalidSubcommand || error.get(ContextKind::SuggestedSubcommand).is_some();
    if names_verbs {
        let kept = words.split("\n\n").filter(|paragraph| !paragraph.starts_with("  help:"));
        words = kept.collect::<Vec<_>>().join("\n\n");
    }
    if error.kind() == ErrorKind::InvalidSubcommand
        && let Some(ContextValue::String(verb)) = error.get(ContextKind::InvalidSubcommand)
    {
        let lower = verb.to_lowercase();
        if [".yaml", ".yml"].iter().any(|end| lower.ends_with(end)) {
            words.push_str("\n\n  help: a verb stands before the manifest: `sortie plan FILE` shows what it would start; `sortie -h` lists them");
        } else if error.render().to_string().contains("sortie runs") {
            words.push_str(
                "\n\n  help: `sortie runs --name NAME` lists the runs of a manifest, `sortie report RUN` shows one",
            );
        } else if let Some((_, help)) = OTHER_WORDS.iter().find(|(known, _)| known.contains(&lower.as_str())) {
            words.push_str(&format!("\n\n  help: {help}"));
        } else if let Some(near) = nearest(verb, HARMLESS_VERBS) {
            words.push_str(&format!("\n\n  help: did you mean `{near}`?"));
        }
    }
    if !words.contains("\n  help: ") {
        words.push_str(&format!("\n\n  help: `{} --help` shows what can be written", verb_in(arguments)));
    }
    words
}

/// `sortie` and the verb that `arguments` begin with: `sortie runs export`.
fn verb_in(arguments: &[OsString]) -> String {
    let (mut command, mut typed) = (Args::command(), vec!["sortie".to_owned()]);
    for argument in arguments.iter().skip(1) {
        let Some(verb) = command.find_subcommand(argument).cloned() else { break };
        typed.push(verb.get_name().to_owned());
        command = verb;
    }
    typed.join(" ")
}

/// The words with a range as people write it: `0 is not in 1..=10000` is `0 is not from 1 to 10000`.
fn with_plain_ranges(words: &str) -> String {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    words
        .split('\n')
        .map(|line| {
            let range =
                line.rsplit_once(" is not in ").and_then(|(what, range)| Some((what, range.split_once("..=")?)));
            match range {
                Some((what, (least, most))) if is_number(least) && is_number(most) => {
                    format!("{what} is not from {least} to {most}")
                }
                Some(_) | None => line.to_owned(),
            }
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn parsed(arguments: &[&str]) -> Result<ParsedCommand, UsageError> {
        let redactor = Redactor::default();
        redactor.learn(&Secret::new("s3cret/value".to_owned()));
        let all = std::iter::once("sortie").chain(arguments.iter().copied());
        parse(all.map(OsString::from).collect(), &redactor)
    }

    #[track_caller]
    fn refused(arguments: &[&str], expected: &str) {
        let error = parsed(arguments).expect_err("refused").to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("s3cret") && !error.contains("eyJ"), "the secret is shown: {error}");
    }

    #[test]
    fn a_secret_among_the_arguments_is_refused_and_not_shown() {
        refused(&["run", "a.yaml", "--token", "x"], "there is no `--token`");
        refused(&["run", "a.yaml", "--client-secret=x"], "there is no `--client-secret`");
        refused(&["run", "a.yaml", "--param", "key=s3cret/value"], "the value of a secret");
        refused(&["run", "a.yaml", "--param", "key=s3cret%2Fvalue"], "the value of a secret");
        refused(&["run", "a.yaml", "--param", "auth=Bearer eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl"], "an access token");
        refused(&["run", "a.yaml", "--ledger", "postgres://u:hunter2@db/x"], "a password in an address");
    }

    #[test]
    fn what_is_no_secret_passes() {
        for argument in ["note=mail me@example.com", "url=https://x/y:z@w", "eyJ.eyJ.short=1", "v=1.2.3"] {
            assert!(secret_in(argument, &Redactor::default()).is_none(), "{argument}");
        }
    }

    #[test]
    fn a_slip_is_explained() {
        refused(&["runz"], "did you mean `runs`?");
        refused(&["validte", "a.yaml"], "did you mean `validate`?");
        refused(&["check", "a.yaml"], "`sortie validate` checks manifests");
        refused(&["launch", "a.yaml"], "`sortie run PATH` launches a manifest");
        refused(&["run", "a.yaml", "--concurency", "4"], "  help: a similar argument exists");
        refused(&["run", "-p", "n=3", "a.yaml"], "help: `--param NAME=TEXT`");
        refused(&["run", "--manifest=a.yaml"], "help: the manifest stands without a flag");
        refused(&["runs", "--json"], "help: `--format json`");
        refused(&["runs", "nightly"], "help: `sortie runs --name NAME`");
        refused(&["nightly.yaml"], "help: a verb stands before the manifest");
        refused(&["export", "last"], "help: `sortie runs export RUN FILE`");
        refused(&["ledger"], "wants to know what to do with the ledger's file\n  help: `sortie ledger --help`");
        refused(&["doctor", "abc"], "`sortie doctor` is not in this version yet");
        refused(&["run", "a.yaml", "--concurency", "4"], "--concurrency");
        refused(&["run", "\u{1b}[2J", "--wrld"], "unexpected argument '--wrld'");
        refused(&["run"], "<PATH>");
    }

    #[test]
    fn a_slip_is_never_answered_with_what_sends() {
        let typed = [
            "rnu",
            "rum",
            "ru",
            "runz",
            "Run",
            "RUN",
            "strat",
            "stat",
            "star",
            "starts",
            "resum",
            "resumee",
            "reusme",
            "rerunn",
            "re-run",
            "rreun",
            "reconcil",
            "status",
            "config",
            "list",
            "ls",
            "ps",
            "history",
            "check",
            "stats",
            "starter",
            "--failed",
            "--all",
            "--dry-run",
            "--rate",
            "--run-key",
            "--robot",
        ];
        for typed in typed {
            let error = parsed(&[typed, "last"]).expect_err(typed).to_string();
            for verb in ["run", "start", "resume", "rerun"] {
                let names = [format!("'{verb}'"), format!("`{verb}`"), format!("'{verb} "), format!("sortie {verb} ")];
                assert!(
                    !names.iter().any(|name| error.contains(name) && !error.contains(&format!("subcommand {name}"))),
                    "{typed}: {error}"
                );
            }
        }
        for typed in ["list", "ls", "status", "Status", "ps", "history"] {
            refused(&[typed], "`sortie runs` lists the runs");
        }
    }

    #[test]
    fn the_grammar_is_sound() {
        use clap::CommandFactory as _;
        Args::command().debug_assert();
        for verb in Args::command().get_subcommands() {
            let name = verb.get_name();
            let shown = crate::cli::args::help::VERBS.lines().any(|line| line.split_whitespace().next() == Some(name));
            assert!(shown, "`sortie -h` has no `{name}`");
            assert!(!OTHER_WORDS.iter().any(|(words, _)| words.contains(&name)), "{name} is a verb itself");
        }
        assert!(matches!(parsed(&["--help"]), Ok(ParsedCommand::Text(text)) if text.contains("exactly once")));
        assert!(matches!(parsed(&[]), Ok(ParsedCommand::Command(args)) if args.verb.is_none()));
    }
}
