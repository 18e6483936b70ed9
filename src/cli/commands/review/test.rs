//! `sortie test`: manifests held against the tests beside them. Offline: nothing is sent, and no secret, profile or variable of this
//! machine is read.

use std::path::{Component, Path, PathBuf};

use crate::cli::args::TestArgs;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::data_files;
use crate::cli::input::manifest_files::test_files::{self, FoundTests};
use crate::cli::input::manifest_files::test_names::manifest_of;
use crate::cli::input::manifest_files::{self, ManifestFile};
use crate::cli::output::console::colour::stdout_styles;
use crate::cli::output::logs::Verbosity;
use crate::diagnostic::styles::Styles;
use crate::diagnostic::{Code, Diagnosed, Diagnostic};
use crate::exit::ExitStatus;
use crate::manifest;
use crate::manifest_test::{self, ManifestTest, TestFile, TestForm, TestOutcome, TestTotals, TestedFile};
use crate::plan;
use crate::source::{SourceId, Sources};

pub(crate) fn run(context: &CommandContext, flags: &TestArgs) -> Result<ExitStatus, Failure> {
    let FoundTests { files, untested } = test_files::search(&flags.paths)?;
    let tested: Vec<TestedFile> = files.into_iter().map(carry_out).collect();
    let is_quiet = context.verbosity == Verbosity::Quiet;
    let form = flags.format.form();
    let styles = if form == TestForm::Text { stdout_styles() } else { Styles::PLAIN };
    let shown = manifest_test::write(form, &tested, &untested, is_quiet, styles);
    match form {
        TestForm::Text => context.console.data(&shown)?,
        TestForm::Json | TestForm::Junit => context.console.form(&context.console.redactor().redact_output(&shown))?,
    }
    let totals = TestTotals::of(&tested, untested.len());
    Ok(if totals.invalid > 0 {
        ExitStatus::Usage
    } else if totals.failed > 0 {
        ExitStatus::Different
    } else {
        ExitStatus::Success
    })
}

/// Runs the tests in `file`.
fn carry_out(file: ManifestFile) -> TestedFile {
    let name = file.name.clone();
    let mut sources = Sources::default();
    let read = manifest::decode(&mut sources, &file.name, file.bytes)
        .and_then(|source| manifest::parse(&sources, source))
        .and_then(manifest_test::read);
    let (tests, mut said) = read.into_parts();
    if let Some(tests) = tests {
        match manifest_beside(&tests, Path::new(&name)) {
            Ok((path, manifest)) => {
                let outcomes = tests.tests.iter().map(|test| outcome(&tests, test, &sources, &path, &manifest));
                return TestedFile { name, is_valid: true, tests: outcomes.collect() };
            }
            Err(wrong) => said.push(*wrong),
        }
    }
    let whole = TestOutcome { name: "the file".to_owned(), failures: said, sources };
    TestedFile { name, is_valid: false, tests: vec![whole] }
}

/// The manifest that `tests`, which lie at `path`, are about.
fn manifest_beside(tests: &TestFile, path: &Path) -> Result<(PathBuf, ManifestFile), Box<Diagnostic>> {
    let place = tests.manifest_place();
    let found = match &tests.manifest {
        None => manifest_of(path),
        Some(named) if Path::new(named).components().all(|part| matches!(part, Component::Normal(_))) => {
            path.with_file_name(named)
        }
        Some(_) => {
            let what = "a manifest lies beside its tests or below";
            return Err(Box::new(
                Diagnostic::error(Code::DataFile, place, what).help("put the tests beside the manifest"),
            ));
        }
    };
    match manifest_files::read(&found) {
        Ok(file) => Ok((found, file)),
        Err(error) => {
            let words = error.to_string();
            let what = words.lines().next().unwrap_or_default().to_owned();
            let help = "tests of `night.yaml` are in `night.test.yaml` beside it; `manifest` names another one";
            Err(Box::new(Diagnostic::error(Code::Unreadable, place, what).help(help)))
        }
    }
}

/// Plans the manifest for one test, and holds the plan against it.
fn outcome(
    file: &TestFile,
    test: &ManifestTest,
    sources: &Sources,
    path: &Path,
    manifest: &ManifestFile,
) -> TestOutcome {
    let mut sources = sources.clone();
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        Some(_) | None => Path::new("."),
    };
    let (source, planned) = match manifest::decode(&mut sources, &manifest.name, manifest.bytes.clone()).into_parts() {
        (Some(source), said) => (source, Diagnosed::new(source, said)),
        (None, said) => (file.document.source(), Diagnosed::failed(said)),
    };
    let spec = planned.and_then(|source| manifest::parse(&sources, source)).and_then(crate::spec::lower);
    let planned = spec.and_then(|spec| plan_for(file, test, &mut sources, source, folder, spec));
    let (plan, said) = planned.into_parts();
    let failures = manifest_test::judge(file, test, &sources, source, plan.as_ref(), said);
    TestOutcome { name: test.name().to_owned(), failures, sources }
}

fn plan_for(
    file: &TestFile,
    test: &ManifestTest,
    sources: &mut Sources,
    source: SourceId,
    folder: &Path,
    spec: crate::spec::Spec,
) -> Diagnosed<plan::Plan> {
    let (name, text) = (sources.get(source).name().to_owned(), sources.get(source).text().to_string());
    let read = |path: &str| data_files::read_beside(folder, path).map_err(|error| format!("`{path}` {error}"));
    let inputs = test.inputs(&file.document, &spec, (&name, &text), &read);
    let inputs = inputs.and_then(|mut inputs| {
        data_files::fill_from(&spec, &mut inputs, &|path| data_files::read_beside(folder, path), &|path| {
            data_files::near_below(folder, path)
        })
        .and_then(|()| Diagnosed::new(inputs, Vec::new()))
    });
    inputs.and_then(|inputs| plan::expand(spec, &inputs, sources))
}
