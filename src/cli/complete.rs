//! What a shell asks when somebody presses Tab.
//!
//! In: the words so far, and which shell asks. Out: one candidate a line, in the shell's own form. Never: writes, sends,
//! or says what went wrong: nobody reads it at a prompt.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::{Arg, Command, CommandFactory as _, ValueHint};
use clap_complete::engine::{ArgValueCandidates, ArgValueCompleter, PathCompleter};
use clap_complete::env::{Bash, EnvCompleter, Fish, Powershell, Zsh};

use crate::cli::args::Args;
use crate::profile::Environment;

mod values;

use values::TypedWords;

/// Set by the scripts of `sortie completions` to the shell's name.
pub(crate) const VARIABLE: &str = "SORTIE_COMPLETE";

/// The answer to a script; none where this call is no question.
///
/// A script calls `sortie -- WORDS`. The variable alone is not enough: where somebody exported it, `sortie run` must still
/// launch.
pub(crate) fn answer(arguments: &[OsString], environment: &Environment) -> Option<Vec<u8>> {
    let shell: &dyn EnvCompleter = match environment.get(VARIABLE)? {
        "bash" => &Bash,
        "zsh" => &Zsh,
        "fish" => &Fish,
        "powershell" => &Powershell,
        _ => return None,
    };
    let words = arguments.get(1).filter(|first| *first == "--").map(|_| &arguments[2..])?;
    let mut answer = Vec::new();
    if words.is_empty() {
        return Some(answer);
    }
    let mut command = with_values(Args::command(), &TypedWords::of(words, environment));
    let folder = std::env::current_dir().ok();
    // A question that cannot be answered has no candidates.
    let _ = shell.write_complete(&mut command, words.to_vec(), folder.as_deref(), &mut answer);
    Some(answer)
}

/// `command`, each of whose values knows what may stand there. Known by its name in the help: no verb has to say it.
fn with_values(command: Command, typed: &TypedWords) -> Command {
    let command = command.mut_args(|argument| with_candidates(argument, typed));
    command.mut_subcommands(|verb| with_values(verb, typed))
}

fn with_candidates(argument: Arg, typed: &TypedWords) -> Arg {
    let names = argument.get_value_names().unwrap_or_default().to_vec();
    let name = match names.as_slice() {
        [name] => name.as_str(),
        // A positional value is named as its field.
        [] => argument.get_id().as_str(),
        _ => return argument,
    };
    let typed = typed.clone();
    match name {
        "RUN" => argument.add(ArgValueCandidates::new(move || typed.runs())),
        "RUN|FILE" => argument.add(ArgValueCompleter::new(move |current: &OsStr| typed.runs_or_files(current))),
        "PATH" | "PATHS" | "path" | "paths" => argument.add(ArgValueCompleter::new(manifests())),
        "JOB" => argument.add(ArgValueCandidates::new(move || typed.jobs(""))),
        "JOB=FILE" => argument.add(ArgValueCandidates::new(move || typed.jobs("="))),
        "NAME=TEXT|NAME:=JSON" if argument.get_id() == "params" => {
            argument.add(ArgValueCandidates::new(move || typed.params()))
        }
        "NAME" if argument.get_id() == "profile" => argument.add(ArgValueCandidates::new(move || typed.profiles())),
        "FORMAT=FILE" => argument.add(ArgValueCandidates::new(values::report_formats)),
        "VERB|TOPIC" => argument.add(ArgValueCandidates::new(values::topics)),
        "FILE" => argument.value_hint(ValueHint::FilePath),
        "DIR" => argument.value_hint(ValueHint::DirPath),
        _ => argument,
    }
}

/// YAML files, and the folders on the way to them.
fn manifests() -> PathCompleter {
    PathCompleter::any()
        .filter(|path: &Path| path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml"))
}
