//! Diagnostics -> GitLab's code quality report: a JSON array, which it shows in merge requests.
//!
//! In: findings. Out: JSON; an empty array for none. Never: a fingerprint that moves with lines.
//! Source: GitLab, "Code Quality", "Code Quality report format".

use serde::Serialize;

use super::fingerprint::Fingerprints;
use crate::diagnostic::Severity;
use crate::diagnostic::findings::Findings;

#[derive(Serialize)]
struct QualityIssue {
    description: String,
    check_name: &'static str,
    fingerprint: String,
    severity: &'static str,
    location: IssueLocation,
}

#[derive(Serialize)]
struct IssueLocation {
    path: String,
    lines: IssueLines,
}

#[derive(Serialize)]
struct IssueLines {
    begin: u32,
    end: u32,
}

/// The whole report.
pub(super) fn issues(findings: &Findings) -> String {
    let mut fingerprints = Fingerprints::default();
    let issues: Vec<QualityIssue> = findings
        .all()
        .map(|found| {
            let range = findings.range(found.place);
            QualityIssue {
                description: findings.message(found).join("; "),
                check_name: found.code.as_str(),
                fingerprint: fingerprints.next(findings, found),
                severity: match found.severity {
                    Severity::Error => "major",
                    Severity::Warning => "minor",
                    Severity::Note => "info",
                },
                location: IssueLocation {
                    path: findings.file(found.place),
                    lines: IssueLines {
                        begin: range.map_or(1, |range| range.start.line),
                        end: range.map_or(1, |range| range.end.line),
                    },
                },
            }
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&issues).expect("texts and numbers");
    text.push('\n');
    text
}
