//! `sortie init`: a first manifest in a folder, which runs as it is.
//!
//! In: flags, and on a terminal answers. Out: files. Never: replaces a file that is there.

mod answers;
mod first_files;

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use crate::cli::args::InitArgs;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::manifest_files::ManifestFile;
use crate::cli::output::console::columns_of_stdout;
use crate::cli::output::diagnostics;
use crate::diagnostic::escape::escape;
use crate::diagnostic::shell::word;
use crate::exit::ExitStatus;
use crate::source::Sources;

use answers::Answers;

/// What stays out of git: reports, run files and ledgers.
const IGNORED: [&str; 3] = ["/out/", "*.run", "ledger.db*"];

pub(crate) fn run(context: &CommandContext, flags: &InitArgs) -> Result<ExitStatus, Failure> {
    let Some(answers) = Answers::of(context, flags)? else {
        context.tell("nothing was written");
        return Ok(ExitStatus::Success);
    };
    let folder = flags.dir.as_deref().unwrap_or(Path::new(""));
    let manifest = format!("{}.yaml", answers.name);
    let rows = format!("data/{}.csv", answers.name);
    let text = first_files::manifest(&answers);
    // Before a byte is written: what a folder or a release is called is judged as it will be.
    let mut sources = Sources::default();
    let file = ManifestFile { name: manifest.clone(), bytes: text.clone().into_bytes() };
    let spec = diagnostics::spec(&mut sources, file);
    diagnostics::value_or_print(&context.console, context.verbosity, &sources, spec)?;

    let mut files = vec![(manifest.as_str(), text.as_str())];
    if answers.has_rows {
        files.push((&rows, first_files::ROWS));
    }
    for (name, _) in &files {
        refuse_existing(&folder.join(name), &answers)?;
    }
    let mut written = Vec::new();
    for (name, text) in files {
        let path = folder.join(name);
        create(&path, text).map_err(|error| failed(&path, &error))?;
        written.push(name);
    }
    let schema = folder.join(first_files::SCHEMA_FILE);
    if create_missing(&schema, crate::schema::TEXT)? {
        written.push(first_files::SCHEMA_FILE);
    }
    let ignored = folder.join(".gitignore");
    if ignore(&ignored).map_err(|error| failed(&ignored, &error))? {
        written.push(".gitignore");
    }
    let cd = match &flags.dir {
        Some(dir) => format!("  cd {}\n", word(&escape(&dir.display().to_string()))),
        None => String::new(),
    };
    let next = first_files::next_steps(&manifest, &cd, columns_of_stdout());
    context.console.data(&format!("Wrote {}.\n\n{next}", written.join(", ")))?;
    Ok(ExitStatus::Success)
}

/// Refuses to go on where `path` is there: it may be what somebody works on.
fn refuse_existing(path: &Path, answers: &Answers) -> Result<(), Failure> {
    if fs::symlink_metadata(path).is_err() {
        return Ok(());
    }
    let words = format!(
        "`{}` is there already, and nothing was written\n  help: choose another name: `sortie init {}-2`",
        path.display(),
        answers.name
    );
    Err(Failure::with_message(ExitStatus::Usage, words))
}

/// Writes a new file, and the folders that it lies in.
fn create(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    // Between the look and now somebody may have made it.
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

/// Writes a file that may be there already; says whether it was not.
fn create_missing(path: &Path, text: &str) -> Result<bool, Failure> {
    match create(path, text) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed(path, &error)),
    }
}

/// Adds to `.gitignore` what it lacks of [`IGNORED`]; says whether it lacked any.
fn ignore(path: &Path) -> std::io::Result<bool> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let lacks = |line: &&str| !text.lines().any(|known| known.trim() == *line);
    let missing: Vec<&str> = IGNORED.into_iter().filter(lacks).collect();
    if missing.is_empty() {
        return Ok(false);
    }
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let added = format!("{gap}# Reports, run files and ledgers of sortie.\n{}\n", missing.join("\n"));
    OpenOptions::new().append(true).create(true).open(path)?.write_all(added.as_bytes())?;
    Ok(true)
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    let words = format!("`{}` cannot be written: {error}", path.display());
    Failure::with_message(ExitStatus::Fault, words)
}
