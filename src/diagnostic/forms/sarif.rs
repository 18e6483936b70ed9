//! Diagnostics -> SARIF 2.1.0, which GitHub's code scanning, `Azure DevOps` and editors read.
//!
//! In: findings. Out: one log with one run, every code as a rule. Never: foreign words that a viewer makes a link of.
//! Source: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".

mod model;

use super::fingerprint::Fingerprints;
use crate::diagnostic::findings::{Findings, TextRange, level};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Place;
use model::{
    ArtifactLocation, Driver, PartialFingerprints, PhysicalLocation, Region, ReportingDescriptor, SarifLocation,
    SarifLog, SarifResult, SarifRun, SarifText, Tool,
};

/// The whole log.
pub(super) fn log(findings: &Findings) -> String {
    let mut fingerprints = Fingerprints::default();
    let results = findings.all().map(|found| result(findings, &mut fingerprints, found)).collect();
    let driver = Driver {
        name: "sortie",
        version: env!("CARGO_PKG_VERSION"),
        rules: Code::ALL.iter().copied().map(rule).collect(),
    };
    let run = SarifRun { tool: Tool { driver }, column_kind: "unicodeCodePoints", results };
    let log = SarifLog { schema: model::SCHEMA, version: "2.1.0", runs: [run] };
    let mut text = serde_json::to_string_pretty(&log).expect("texts and numbers");
    text.push('\n');
    text
}

fn rule(code: Code) -> ReportingDescriptor {
    let help = format!("{}.", capitalised(code.advice()));
    ReportingDescriptor {
        id: code.as_str(),
        short_description: SarifText::of(code.meaning()),
        help: SarifText { text: help },
    }
}

fn result(findings: &Findings, fingerprints: &mut Fingerprints, found: &Diagnostic) -> SarifResult {
    let mut lines = vec![findings.what(found)];
    lines.extend(found.help.as_deref().map(|help| format!("help: {}", findings.words(help))));
    let related = found.related.iter().map(|(place, words)| SarifLocation {
        message: Some(SarifText { text: without_links(&findings.words(words)) }),
        physical_location: location(findings, *place),
    });
    SarifResult {
        rule_id: found.code.as_str(),
        rule_index: Code::ALL.iter().position(|code| *code == found.code).expect("every code is listed"),
        level: level(found.severity),
        message: SarifText { text: without_links(&lines.join("\n")) },
        locations: [SarifLocation { message: None, physical_location: location(findings, found.place) }],
        related_locations: related.collect(),
        partial_fingerprints: PartialFingerprints { of_sortie: fingerprints.next(findings, found) },
    }
}

fn location(findings: &Findings, place: Place) -> PhysicalLocation {
    let path = findings.path_of(findings.name(place));
    let region = findings.range(place).map(|TextRange { start, end }| Region {
        start_line: start.line,
        start_column: start.column,
        end_line: end.line,
        end_column: end.column,
    });
    let artifact_location = match path.strip_prefix('/') {
        Some(_) => ArtifactLocation { uri: format!("file://{}", in_uri(&path)), uri_base_id: None },
        None => ArtifactLocation { uri: in_uri(&path), uri_base_id: Some("%SRCROOT%") },
    };
    PhysicalLocation { artifact_location, region }
}

/// `path` as a part of a URI: all but plain characters percent-encoded.
fn in_uri(path: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// `[words](target)` is a link in SARIF's plain texts; a backslash before the bracket makes it words (3.11.6 there).
fn without_links(text: &str) -> String {
    text.replace("](", r"\](")
}

fn capitalised(words: &str) -> String {
    let mut characters = words.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}
