//! A report's formats: the one place that knows which writer each of them has.
//!
//! In: a format, and where its bytes go. Out: a writer before which secrets are masked. Never: opens a file.

use std::io::{self, Write};

use self::html::HtmlWriter;
use super::ReportWriter;
use super::json::JsonWriter;
use super::not_begun::NotBegunReport;
use super::redacted::RedactingReportWriter;
use super::text::TextWriter;
use crate::diagnostic::styles::Styles;
use crate::format::ReportFormat;
use crate::secret::Redactor;

mod beginning;
pub mod csv;
pub mod html;
pub(in crate::report) mod inert;
pub mod jsonl;
pub mod junit;
pub mod markdown;
pub(in crate::report) mod merged;
pub mod rows;
pub(crate) mod spans;

pub use beginning::is_a_reports_beginning;
use csv::CsvWriter;
use jsonl::JsonLinesWriter;
use junit::JunitWriter;
use markdown::MarkdownWriter;
use rows::{NoRowsWriter, ReturnedRows, RowsWriter};

/// A writer of `format` to `out`, which shows no secret that `redactor` knows. `rows` are those of [`ReportFormat::Rows`].
pub fn writer<'a>(
    format: ReportFormat,
    out: impl Write + 'a,
    redactor: &Redactor,
    rows: Option<&ReturnedRows<'a>>,
) -> Box<dyn ReportWriter + 'a> {
    terminal_writer(format, out, redactor, rows, (Styles::PLAIN, None))
}

/// As [`writer`], for a terminal with so many columns (`None` if it is none): text has the colours of `styles` and fits, and no
/// other form changes.
pub fn terminal_writer<'a>(
    format: ReportFormat,
    out: impl Write + 'a,
    redactor: &Redactor,
    rows: Option<&ReturnedRows<'a>>,
    (styles, columns): (Styles, Option<usize>),
) -> Box<dyn ReportWriter + 'a> {
    match format {
        ReportFormat::Text => masking(TextWriter::new(out).with_styles(styles).with_columns(columns), redactor),
        ReportFormat::Json => masking(JsonWriter::new(out), redactor),
        ReportFormat::Jsonl => masking(JsonLinesWriter::new(out), redactor),
        ReportFormat::Csv => masking(CsvWriter::new(out), redactor),
        ReportFormat::Junit => masking(JunitWriter::new(out), redactor),
        ReportFormat::Markdown => masking(MarkdownWriter::new(out), redactor),
        ReportFormat::Html => masking(HtmlWriter::new(out), redactor),
        ReportFormat::Rows => match rows.and_then(|rows| Some((rows.table?, rows.clone()))) {
            Some((table, rows)) => masking(RowsWriter::new(out, table, rows, redactor), redactor),
            None => masking(NoRowsWriter::new(out), redactor),
        },
    }
}

fn masking<'a>(writer: impl ReportWriter + 'a, redactor: &Redactor) -> Box<dyn ReportWriter + 'a> {
    Box::new(RedactingReportWriter::new(writer, redactor))
}

/// Writes in `format` that no run was begun. `report` is masked already.
pub fn write_not_begun(format: ReportFormat, report: &NotBegunReport, out: impl Write) -> io::Result<()> {
    match format {
        ReportFormat::Text => report.write_text(out),
        ReportFormat::Json => report.write_json(out),
        ReportFormat::Jsonl => jsonl::write_not_begun(report, out),
        ReportFormat::Csv => csv::write_not_begun(report, out),
        ReportFormat::Junit => junit::write_not_begun(report, out),
        ReportFormat::Markdown => markdown::write_not_begun(report, out),
        ReportFormat::Html => html::write_not_begun(report, out),
        ReportFormat::Rows => rows::write_not_begun(report, out),
    }
}
