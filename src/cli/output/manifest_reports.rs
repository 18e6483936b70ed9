//! The reports that a manifest asks for: files beside it, whoever works on its run and from wherever.
//!
//! In: a manifest's `reports` and its folder. Out: targets for [`ReportFiles`](super::report_files::ReportFiles). Never: a
//! file outside of that folder, or a folder above it that is not there.

use std::path::Path;

use crate::cli::args::{ReportPlacement, ReportTarget};
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::links;
use crate::cli::input::protected_paths::ProtectedPaths;
use crate::cli::output::report_files::ReportFileError;
use crate::cli::output::report_output::ReportOutput;
use crate::diagnostic::{Code, Diagnosed, Diagnostic};
use crate::format::ReportFormat;
use crate::plan::Plan;
use crate::report::forms::rows::ReturnedRows;
use crate::run::StoredRun;
use crate::spec::ReportSpec;

/// Where `reports` of a manifest in `folder` go: none of them outside of it.
pub(crate) fn of(reports: &[ReportSpec], folder: &Path) -> Diagnosed<Vec<ReportTarget>> {
    let home = if folder == Path::new("") { Path::new(".") } else { folder }.canonicalize().ok();
    let mut complaints = Vec::new();
    let targets = reports.iter().map(|report| {
        let path = folder.join(&*report.path);
        // Folders that are not there yet will be made where the last one that is there leads.
        let is_outside = path
            .ancestors()
            .find_map(|place| place.canonicalize().ok())
            .is_some_and(|place| home.as_ref().is_none_or(|home| !place.starts_with(home)));
        // As far as the way is there, it is looked at where links lead; the rest was read in the manifest.
        let is_hidden = path.ancestors().find_map(|place| place.canonicalize().ok()).is_some_and(|place| {
            home.as_ref().and_then(|home| place.strip_prefix(home).ok()).is_some_and(links::is_hidden)
        });
        if is_hidden {
            let what = "this report lies in a folder, or has a name, that begins with a dot, where a link leads";
            complaints.push(
                Diagnostic::error(Code::DataFile, report.place, what)
                    .help("such files are other programs': give the report a name and a folder of its own"),
            );
        }
        if is_outside {
            let what = "this report lies outside of the manifest's folder, where a link leads";
            complaints.push(
                Diagnostic::error(Code::DataFile, report.place, what)
                    .help("put it beside the manifest or below; `--report json=FILE` takes any file"),
            );
        }
        ReportTarget { format: report.format, path, placement: ReportPlacement::Manifest }
    });
    let targets = targets.collect();
    Diagnosed::new(targets, complaints)
}

/// Adds to `out` what the manifest of a run in the ledger asks for: beside the manifest, as when the run was begun.
///
/// A run needs no more than its ledger, so what cannot be written on this machine is told of, and stops nothing.
pub(crate) fn add(
    context: &CommandContext,
    out: &mut ReportOutput,
    stored: &StoredRun,
    plan: &Plan,
    protected: &ProtectedPaths,
) -> Result<(), Failure> {
    if plan.reports().is_empty() {
        return Ok(());
    }
    let folder = stored.snapshot.as_ref().and_then(|snapshot| snapshot.folder.as_deref());
    let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
        let place = folder.map(|folder| format!(" `{}`", folder.display())).unwrap_or_default();
        context.warn(&format!(
            "the manifest's folder{place} is not there, so the reports that it asks for are not written\n  help: \
             `--report json=FILE` takes any file"
        ));
        return Ok(());
    };
    for report in plan.reports() {
        let path = folder.join(&*report.path);
        let unwritten = |why: &str| {
            let path = path.display();
            context.warn(&format!(
                "report `{path}`, which the manifest asks for, is not written: {why}\n  help: `--report json=FILE` takes \
                 any file"
            ));
        };
        if report.format == ReportFormat::Rows
            && let Err(error) = ReturnedRows::of(plan, None, false)
        {
            unwritten(&error.to_string());
            continue;
        }
        let (targets, complaints) = of(std::slice::from_ref(report), folder).into_parts();
        if let Some(complaint) = complaints.first() {
            unwritten(&complaint.what);
            continue;
        }
        match out.files.add(&targets.unwrap_or_default(), protected) {
            Ok(()) => {}
            // By its kind: the error's own words name the file beside it, which nobody asked for.
            Err(ReportFileError::Unwritten { source, .. }) => unwritten(&source.kind().to_string()),
            Err(ReportFileError::NotAFile { .. }) => unwritten("it is not a regular file"),
            Err(ReportFileError::NoStepSummary) => unwritten("it has no place"),
            Err(ReportFileError::NotOurs { .. }) => unwritten("it would replace a file that is no report of sortie's"),
            Err(error @ (ReportFileError::Twice { .. } | ReportFileError::InTheWay { .. })) => return Err(error.into()),
        }
    }
    out.files.check_protected(&ProtectedPaths::of_run(stored))?;
    Ok(())
}
