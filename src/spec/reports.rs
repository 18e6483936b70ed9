//! `reports` -> where a run's reports go: files beside the manifest.
//!
//! In: the node of `reports`. Out: what is to be written where, or complaints at their places. Never: touches a file.

use super::model::{JobSpec, ReportSpec};
use crate::diagnostic::{Code, Diagnostic};
use crate::format::{ReportFormat, ReportTo, data_path, is_hidden};
use crate::manifest::{Document, NodeId, from_node};
use crate::words::Words as _;

/// What the command line takes in place of a file.
const AUTO: &str = "auto";

/// Reads every report.
pub(super) fn lower(document: &Document, node: NodeId, complaints: &mut Vec<Diagnostic>) -> Vec<ReportSpec> {
    let mut reports = Vec::new();
    for item in document.items(node) {
        // What does not fit the format is the schema's to report.
        let Ok(ReportTo { format, path }) = from_node::<ReportTo>(document, *item) else { continue };
        let place = |key: &str| document.place(document.entry(*item, key).map_or(*item, |entry| entry.value));
        if format == ReportFormat::Markdown && path == AUTO {
            let what = "a manifest names a file: the summary of a step is whose command it is";
            complaints.push(
                Diagnostic::error(Code::DataFile, place("path"), what)
                    .help("`--report markdown=auto` adds to the summary; `path: ./auto` would be a file of that name"),
            );
        } else if data_path(&path).is_ok() {
            reports.push(ReportSpec { format, path: path.into(), place: place("path") });
        } else if is_hidden(&path) && !path.starts_with('/') && !path.contains("..") {
            let what = "a manifest writes no file whose name, or whose folder's name, begins with a dot";
            complaints.push(
                Diagnostic::error(Code::DataFile, place("path"), what)
                    .help("such files are other programs': give the report a name and a folder of its own"),
            );
        } else {
            let help = format!(
                "put the report beside the manifest or below; `--report {}=FILE` takes any file",
                format.word()
            );
            complaints.push(
                Diagnostic::error(Code::DataFile, place("path"), "a manifest writes no file outside of its own folder")
                    .help(help),
            );
        }
    }
    reports
}

/// Rows are given back of one job: the manifest must have one that takes some, and no second.
pub(super) fn check_rows(reports: &[ReportSpec], jobs: &[JobSpec], complaints: &mut Vec<Diagnostic>) {
    let takes_rows = |job: &&JobSpec| job.fan_out.as_ref().is_some_and(|fan_out| fan_out.rows.is_some());
    let names: Vec<&str> = jobs.iter().filter(takes_rows).map(|job| job.name.as_ref()).collect();
    for report in reports.iter().filter(|report| report.format == ReportFormat::Rows && names.len() != 1) {
        let (what, help) = match names.as_slice() {
            [] => {
                ("no job takes rows, so there are none to give back".to_owned(), "give a job a `for-each`".to_owned())
            }
            [first, ..] => (
                format!("jobs {} have rows, and a report gives back those of one", names.join(", ")),
                format!("leave it out, and type `sortie rows RUN --job {first}` after the run"),
            ),
        };
        complaints.push(Diagnostic::error(Code::Conflict, report.place, what).help(help));
    }
}
