//! `sortie import`: a manifest of what people have.
//!
//! In: a file or stdin, and the files that a pasted command names. Out: a manifest that is valid. Never: replaces a file
//! unasked, shows a secret, or sends anything.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use crate::cli::args::ImportArgs;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::manifest_files::{self, ManifestFile};
use crate::cli::output::diagnostics;
use crate::cli::output::logs::Verbosity;
use crate::diagnostic::escape::escape;
use crate::diagnostic::shell::word;
use crate::exit::ExitStatus;
use crate::import::{ImportedManifest, import};
use crate::source::Sources;

/// The name of the manifest that is made.
const OF_IMPORT: &str = "<import>";

pub(crate) fn run(context: &CommandContext, flags: &ImportArgs) -> Result<ExitStatus, Failure> {
    if let Some(out) = &flags.out
        && !flags.force
        && fs::symlink_metadata(out).is_ok()
    {
        return Err(refused(out));
    }
    let input = flags.file.as_deref().unwrap_or(Path::new("-"));
    if flags.file.is_none() && io::stdin().is_terminal() {
        context.tell("paste a curl command, a Postman item or a request's body; Ctrl-D ends it");
    }
    let bytes = manifest_files::read(input)?.bytes;
    let text = String::from_utf8(bytes).map_err(|_| {
        Failure::with_message(
            ExitStatus::Usage,
            "the text is not UTF-8\n  help: save it as UTF-8, then import it again",
        )
    })?;
    let beside = |name: &str| body_file(name);
    let redactor = context.console.redactor();
    let made = import(&text, flags.name.as_deref(), redactor, &beside)
        .map_err(|error| Failure::new(ExitStatus::Usage, &error))?;

    // A manifest that is not valid is no help: what is wrong with it is shown, and nothing is written.
    let mut sources = Sources::default();
    let file = ManifestFile { name: OF_IMPORT.to_owned(), bytes: made.text.clone().into_bytes() };
    let spec = diagnostics::spec(&mut sources, file);
    // Its warnings are for the one who works on it: `validate` shows them.
    diagnostics::value_or_print(&context.console, Verbosity::Quiet, &sources, spec)?;

    for note in &made.notes {
        context.tell(&format!("note: {note}"));
    }
    match &flags.out {
        Some(out) => write(out, &made.text, flags.force)?,
        None => context.console.form(&made.text)?,
    }
    context.tell(&next(&made, flags.out.as_deref()));
    Ok(ExitStatus::Success)
}

/// The text of a file that a command names as its body.
fn body_file(name: &str) -> Result<String, String> {
    let file = manifest_files::read(&PathBuf::from(name)).map_err(|error| error.to_string())?;
    String::from_utf8(file.bytes).map_err(|_| format!("`{}` is not UTF-8", escape(name)))
}

fn write(out: &Path, text: &str, replaces: bool) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true);
    // Between the look and now somebody may have made it.
    let file =
        if replaces { options.create(true).truncate(true).open(out) } else { options.create_new(true).open(out) };
    match file.and_then(|mut file| file.write_all(text.as_bytes())) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(refused(out)),
        Err(error) => {
            let words = format!("`{}` cannot be written: {error}", out.display());
            Err(Failure::with_message(ExitStatus::Fault, words))
        }
    }
}

fn refused(out: &Path) -> Failure {
    let words = format!("`{}` is there already, and nothing was written\n  help: --force replaces it", out.display());
    Failure::with_message(ExitStatus::Usage, words)
}

/// What to type next.
fn next(made: &ImportedManifest, out: Option<&Path>) -> String {
    let file = out.map_or_else(|| "FILE".to_owned(), |out| word(&escape(&out.display().to_string())).into_owned());
    let params = made.params.iter().flat_map(|name| [" --param ", name.as_str(), "=VALUE"]);
    format!("next: sortie plan {file}{}", params.collect::<String>())
}
