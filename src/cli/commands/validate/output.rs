//! What `validate` prints of what it checked, for people and for machines.
//!
//! In: checked manifests. Out: one text on stdout, whole in each form. Never: decides what is valid.

use std::env;
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::checked_manifest::{CheckedManifest, Validation};
use crate::cli::args::{ValidateArgs, ValidateFormat};
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::output::logs::Verbosity;
use crate::diagnostic::escape::escape;
use crate::diagnostic::json::listing;
use crate::diagnostic::render::render;
use crate::diagnostic::styles::Styles;
use crate::diagnostic::{CheckedText, Code, Diagnostic, DiagnosticForm, Findings, Severity};
use crate::source::{Place, Sources, Span};

/// Prints everything that is said, in the form that was asked for.
pub(super) fn print(
    context: &CommandContext,
    format: ValidateFormat,
    validation: &Validation,
    sources: &Sources,
) -> Result<(), Failure> {
    let is_said = |said: &&Diagnostic| context.verbosity != Verbosity::Quiet || said.severity == Severity::Error;
    let form = match format {
        ValidateFormat::Text => {
            let said = validation.checked.iter().flat_map(|checked| &checked.said).filter(is_said).cloned();
            let text = for_people(&said.collect::<Vec<_>>(), validation, sources, context.verbosity);
            return Ok(context.console.data(&text)?);
        }
        ValidateFormat::Json => {
            let said = validation.checked.iter().flat_map(|checked| &checked.said).filter(is_said).cloned();
            return Ok(context.console.json(&listing(&said.collect::<Vec<_>>(), sources))?);
        }
        ValidateFormat::Github => DiagnosticForm::Github,
        ValidateFormat::Sarif => DiagnosticForm::Sarif,
        ValidateFormat::Junit => DiagnosticForm::Junit,
        ValidateFormat::Gitlab => DiagnosticForm::Gitlab,
    };
    let names: Vec<String> = validation.checked.iter().map(|checked| checked.path.display().to_string()).collect();
    let texts: Vec<CheckedText> = validation
        .checked
        .iter()
        .zip(&names)
        .map(|(checked, name)| CheckedText { name, said: checked.said.iter().filter(is_said).collect() })
        .collect();
    let here = Here::of_process();
    let path = |name: &str| here.path_to(name);
    let redactor = context.console.redactor();
    Ok(context.console.form(&form.write(&Findings { texts: &texts, sources, redactor, path: &path }))?)
}

/// Prints why nothing was checked, where it is read by machines: as an error in what was to be checked.
pub(super) fn print_refusal(
    context: &CommandContext,
    flags: &ValidateArgs,
    failure: &Failure,
    sources: &mut Sources,
) -> Result<(), Failure> {
    let Some(words) = &failure.message else { return Ok(()) };
    let path = flags.paths.first().cloned().unwrap_or_else(|| PathBuf::from("."));
    let said = vec![unread(&path, Code::Input, words, sources)];
    let checked = vec![CheckedManifest { path, name: None, said }];
    print(context, flags.format, &Validation { checked, others: 0, near: Vec::new() }, sources)
}

/// An error about a file of which there is no text.
pub(super) fn unread(path: &Path, code: Code, words: &str, sources: &mut Sources) -> Diagnostic {
    let source = sources.add(path.display().to_string(), "");
    let (what, help) = words.split_once('\n').unwrap_or((words, ""));
    let error = Diagnostic::error(code, Place { source, span: Span::default() }, what);
    match help.trim().trim_start_matches("help: ") {
        "" => error,
        help => error.help(help),
    }
}

/// The folder of the process, which a build server takes for the root of the repository.
struct Here {
    /// As it was entered, and without links.
    folders: Vec<PathBuf>,
}

impl Here {
    fn of_process() -> Self {
        let folder = env::current_dir().ok();
        let real = folder.as_ref().and_then(|folder| fs::canonicalize(folder).ok());
        Self { folders: folder.into_iter().chain(real).collect() }
    }

    /// The file `name` from here on, `/` between its parts; as it is where it lies elsewhere, or is no file.
    fn path_to(&self, name: &str) -> String {
        let path = Path::new(name);
        let goes_up = path.components().any(|part| part == Component::ParentDir);
        let below = if path.is_absolute() || goes_up {
            let plain = (!goes_up).then(|| path.to_owned());
            plain.into_iter().chain(without_detours(path)).find_map(|whole| self.below(&whole))
        } else {
            Some(path.to_owned())
        };
        let Some(below) = below else { return name.to_owned() };
        let path: PathBuf = below.components().filter(|part| *part != Component::CurDir).collect();
        if path.as_os_str().is_empty() { ".".to_owned() } else { path.display().to_string() }
    }

    fn below(&self, whole: &Path) -> Option<PathBuf> {
        self.folders.iter().find_map(|folder| whole.strip_prefix(folder).ok()).map(Path::to_owned)
    }
}

/// `path` with the links and `..` of its folder followed, which only the system can; none where that folder is not there.
fn without_detours(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    Some(fs::canonicalize(folder).ok()?.join(path.file_name()?))
}

fn for_people(said: &[Diagnostic], validation: &Validation, sources: &Sources, verbosity: Verbosity) -> String {
    let mut text = render(said, sources, Styles::COLOURED);
    if verbosity == Verbosity::Quiet {
        return text;
    }
    let checked = &validation.checked;
    let invalid = checked.iter().filter(|checked| !checked.is_valid()).count();
    // Of many the good ones are counted: their names would push what matters out of sight.
    let names_all = match verbosity {
        Verbosity::Quiet | Verbosity::Normal => false,
        Verbosity::Verbose(_) => true,
    };
    if checked.len() == 1 || names_all {
        let mut names: Vec<String> = checked
            .iter()
            .filter(|checked| checked.is_valid())
            .map(|checked| format!("{}: valid\n", escape(&checked.path.display().to_string())))
            .collect();
        names.sort();
        text.push_str(&names.concat());
    }
    text.push_str(&passed_over(&validation.near));
    text.push_str(&closing(checked.len(), invalid, validation.others));
    // Once, and not in each of them. An error is asked about first.
    if let Some(first) = said.iter().find(|said| said.severity == Severity::Error).or(said.first()) {
        text.push_str(&format!("`sortie explain {}` says more.\n", first.code));
    }
    text
}

/// Maximum files that are named as perhaps meant for manifests.
const MAX_NAMED_FILES: usize = 20;

/// Files that were not looked at, though they have a key of a manifest: a typo in the other key would hide them.
fn passed_over(near: &[(String, &'static str)]) -> String {
    let mut words = String::new();
    for (name, key) in near.iter().take(MAX_NAMED_FILES) {
        words.push_str(&format!("{}: passed over: it has no `{key}`\n", escape(name)));
    }
    if near.len() > MAX_NAMED_FILES {
        words.push_str(&format!(
            "and {} more that have one of the keys `version` and `jobs`\n",
            near.len() - MAX_NAMED_FILES
        ));
    }
    words
}

fn closing(count: usize, invalid: usize, others: usize) -> String {
    if count == 1 && others == 0 {
        return String::new();
    }
    let others = match others {
        0 => String::new(),
        1 => "; 1 other YAML file passed over".to_owned(),
        others => format!("; {others} other YAML files passed over"),
    };
    format!("{} of {count} valid{others}\n", count - invalid)
}
