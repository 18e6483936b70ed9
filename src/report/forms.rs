//! A report's formats: the one place that knows which writer each of them has.
//!
//! In: a format, and where its bytes go. Out: a writer before which secrets are masked. Never: opens a file.

use std::io::{self, Write};

use self::html::HtmlWriter;
use super::json::JsonWriter;
use super::not_begun::NotBegunReport;
use super::redacted::RedactingReportWriter;
use super::text::TextWriter;
use super::{Head, LaunchReport, ReportWriter};
use crate::format::ReportFormat;
use crate::secret::Redactor;

mod beginning;
pub mod html;

pub use beginning::is_a_reports_beginning;

/// A writer of `format` to `out`, which shows no secret that `redactor` knows.
pub fn writer<'a>(format: ReportFormat, out: impl Write + 'a, redactor: &Redactor) -> Box<dyn ReportWriter + 'a> {
    match format {
        ReportFormat::Text => Box::new(RedactingReportWriter::new(TextWriter::new(out), redactor)),
        ReportFormat::Json => Box::new(RedactingReportWriter::new(JsonWriter::new(out), redactor)),
        ReportFormat::Html => Box::new(RedactingReportWriter::new(HtmlWriter::new(out), redactor)),
        ReportFormat::Jsonl | ReportFormat::Csv | ReportFormat::Junit | ReportFormat::Markdown | ReportFormat::Rows => {
            Box::new(LaterWriter)
        }
    }
}

/// Writes in `format` that no run was begun. `report` is masked already.
pub fn write_not_begun(format: ReportFormat, report: &NotBegunReport, out: impl Write) -> io::Result<()> {
    match format {
        ReportFormat::Text => report.write_text(out),
        ReportFormat::Json => report.write_json(out),
        ReportFormat::Html => html::write_not_begun(report, out),
        ReportFormat::Jsonl | ReportFormat::Csv | ReportFormat::Junit | ReportFormat::Markdown | ReportFormat::Rows => {
            Err(later())
        }
    }
}

/// Stands for the writers of later versions. Their formats are refused where a flag or a manifest names them.
struct LaterWriter;

impl ReportWriter for LaterWriter {
    fn begin(&mut self, _: &Head) -> io::Result<()> {
        Err(later())
    }

    fn launch(&mut self, _: &LaunchReport) -> io::Result<()> {
        Err(later())
    }

    fn end(&mut self) -> io::Result<()> {
        Err(later())
    }
}

fn later() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "this form of a report is not in this version of sortie yet")
}
