//! Diagnostics -> workflow commands of GitHub Actions, one line each, which it shows beside the lines of a pull request.
//!
//! In: findings. Out: lines that all begin with a command of ours; nothing for none. Never: foreign text at the beginning of a line.
//! Source: GitHub, "Workflow commands for GitHub Actions"; the encoding is that of its `@actions/core`.

use crate::diagnostic::findings::Findings;
use crate::diagnostic::{Diagnostic, Severity};

/// One command for each finding.
pub(super) fn annotations(findings: &Findings) -> String {
    findings.all().map(|found| command(findings, found)).collect()
}

fn command(findings: &Findings, found: &Diagnostic) -> String {
    let name = match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let mut properties = format!("file={}", in_property(&findings.file(found.place)));
    if let Some(range) = findings.range(found.place) {
        let (start, end) = (range.start, range.end);
        properties.push_str(&format!(",line={}", start.line));
        // Columns of several lines mean nothing to it.
        if start.line == end.line {
            properties.push_str(&format!(",col={},endLine={},endColumn={}", start.column, end.line, end.column));
        } else {
            properties.push_str(&format!(",endLine={}", end.line));
        }
    } else {
        properties.push_str(",line=1");
    }
    let message = in_message(&findings.message(found).join("\n"));
    format!("::{name} {properties},title={}::{message}\n", in_property(found.code.as_str()))
}

fn in_message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn in_property(text: &str) -> String {
    in_message(text).replace(':', "%3A").replace(',', "%2C")
}
