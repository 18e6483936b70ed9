//! The way from a manifest's file to what a command needs of it, and the showing of what is wrong with it.
//!
//! In: a manifest's bytes. Out: the product of a stage, or diagnostics on stderr. Never: a rule of a stage.

use crate::cli::failure::Failure;
use crate::cli::input::manifest_files::ManifestFile;
use crate::cli::output::console::Console;
use crate::cli::output::logs::Verbosity;
use crate::diagnostic::render::render;
use crate::diagnostic::styles::Styles;
use crate::diagnostic::{Code, Diagnosed, Diagnostic, Severity};
use crate::exit::ExitStatus;
use crate::manifest;
use crate::source::Sources;
use crate::spec::{Spec, UncheckedManifest};

/// Bytes -> text -> located tree -> valid spec.
pub(crate) fn spec(sources: &mut Sources, file: ManifestFile) -> Diagnosed<Spec> {
    read(sources, file).and_then(UncheckedManifest::check)
}

/// Bytes -> text -> located tree -> what may be a valid spec.
pub(crate) fn read(sources: &mut Sources, file: ManifestFile) -> Diagnosed<UncheckedManifest> {
    let text = manifest::decode(sources, &file.name, file.bytes);
    let tree = text.and_then(|source| manifest::parse(sources, source));
    tree.and_then(|document| Diagnosed::new(UncheckedManifest::of(document), Vec::new()))
}

/// The stage's product, its diagnostics shown; or the failure that they mean.
pub(crate) fn value_or_print<T>(
    console: &Console,
    verbosity: Verbosity,
    sources: &Sources,
    outcome: Diagnosed<T>,
) -> Result<T, Failure> {
    let (value, diagnostics) = outcome.into_parts();
    let shown = print(console, verbosity, sources, diagnostics);
    value.ok_or_else(|| Failure::silent(ExitStatus::Usage).with_reason(in_short(sources, &shown)))
}

/// Prints what is said of texts: warnings too, unless nothing but errors is wanted. Returns what was printed.
pub(crate) fn print(
    console: &Console,
    verbosity: Verbosity,
    sources: &Sources,
    mut diagnostics: Vec<Diagnostic>,
) -> Vec<Diagnostic> {
    for diagnostic in &mut diagnostics {
        in_flags(diagnostic, sources);
    }
    if verbosity == Verbosity::Quiet {
        diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
    }
    if !diagnostics.is_empty() {
        console.show(&render(&diagnostics, sources, Styles::COLOURED));
    }
    diagnostics
}

/// The first error with its place, and how many there are.
pub(crate) fn in_short(sources: &Sources, diagnostics: &[Diagnostic]) -> String {
    let mut errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    let Some(first) = errors.next() else { return "it is not valid".to_owned() };
    let source = sources.get(first.place.source);
    let start = source.line_col(first.place.span.start);
    let words = format!("{}:{}:{}: {}", source.name(), start.line, start.column, first.what);
    match errors.count() {
        0 => words,
        1 => format!("{words} (and 1 more error)"),
        more => format!("{words} (and {more} more errors)"),
    }
}

/// The name of the manifest that the flags of `start` stand for.
pub(crate) const OF_START: &str = "<start>";

/// Nobody can write into a manifest that flags stand for: the help names the flag.
fn in_flags(diagnostic: &mut Diagnostic, sources: &Sources) {
    if diagnostic.code == Code::NoFolder && sources.get(diagnostic.place.source).name() == OF_START {
        "the launch has no folder".clone_into(&mut diagnostic.what);
        diagnostic.help =
            Some("pass --folder FOLDER (a path, a number or a GUID), or set the profile's `folder`".to_owned());
    }
}
