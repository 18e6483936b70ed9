//! Diagnostics -> JSON, version 1: what `validate --format json` prints.

use serde::Serialize;

use super::{Diagnostic, Severity};
use crate::source::{Place, Sources};

/// The whole answer. Readers ignore keys that they do not know; a change of meaning changes `version`.
#[derive(Debug, Serialize)]
pub struct DiagnosticsDocument<'a> {
    /// 1.
    pub version: u32,
    /// In the order in which they were given.
    pub diagnostics: Vec<JsonDiagnostic<'a>>,
}

/// One diagnostic.
#[derive(Debug, Serialize)]
pub struct JsonDiagnostic<'a> {
    /// Where, flattened into the entry.
    #[serde(flatten)]
    pub at: JsonRange<'a>,
    /// Stable name of the situation.
    pub code: &'static str,
    /// `error`, `warning` or `note`.
    pub severity: &'static str,
    /// One sentence.
    pub message: &'a str,
    /// A few words on the place; null for none.
    pub label: Option<&'a str>,
    /// A next step; null for none.
    pub help: Option<&'a str>,
    /// Further places.
    pub related: Vec<JsonRelated<'a>>,
}

/// A further place and what it has to do with it.
#[derive(Debug, Serialize)]
pub struct JsonRelated<'a> {
    /// Where, flattened.
    #[serde(flatten)]
    pub at: JsonRange<'a>,
    /// A few words.
    pub message: &'a str,
}

/// A range of a file; lines and columns count from 1, columns in characters, `end` is behind the last one.
#[derive(Debug, Serialize)]
pub struct JsonRange<'a> {
    /// The file's name, as it was given.
    pub file: &'a str,
    /// First line.
    pub line: u32,
    /// First column.
    pub column: u32,
    /// Where it ends.
    pub end: JsonPosition,
}

/// The end of a range.
#[derive(Debug, Serialize)]
pub struct JsonPosition {
    /// Line.
    pub line: u32,
    /// Column behind the last character.
    pub column: u32,
}

/// The serde form of `diagnostics`.
#[must_use]
pub fn listing<'a>(diagnostics: &'a [Diagnostic], sources: &'a Sources) -> DiagnosticsDocument<'a> {
    let optional = |text: &'a str| (!text.is_empty()).then_some(text);
    let entry = |found: &'a Diagnostic| JsonDiagnostic {
        at: at(found.place, sources),
        code: found.code.as_str(),
        severity: match found.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        },
        message: &found.what,
        label: optional(&found.label),
        help: found.help.as_deref(),
        related: found
            .related
            .iter()
            .map(|(place, words)| JsonRelated { at: at(*place, sources), message: words })
            .collect(),
    };
    DiagnosticsDocument { version: 1, diagnostics: diagnostics.iter().map(entry).collect() }
}

fn at(place: Place, sources: &Sources) -> JsonRange<'_> {
    let source = sources.get(place.source);
    let (start, end) = (source.line_col(place.span.start), source.line_col(place.span.end));
    JsonRange {
        file: source.name(),
        line: start.line,
        column: start.column,
        end: JsonPosition { line: end.line, column: end.column },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;
    use crate::source::Span;

    #[test]
    fn the_form_is_flat_and_versioned() {
        let mut sources = Sources::default();
        let source = sources.add("a.yaml", "a: 1\na: 2\n");
        let place = |start, end| Place { source, span: Span::new(start, end) };
        let found = Diagnostic::error(Code::DuplicateKey, place(5, 6), "the key `a` stands twice in one mapping")
            .help("remove one")
            .related(place(0, 1), "first here");
        expect_test::expect![[r#"
            {
              "version": 1,
              "diagnostics": [
                {
                  "file": "a.yaml",
                  "line": 2,
                  "column": 1,
                  "end": {
                    "line": 2,
                    "column": 2
                  },
                  "code": "duplicate-key",
                  "severity": "error",
                  "message": "the key `a` stands twice in one mapping",
                  "label": null,
                  "help": "remove one",
                  "related": [
                    {
                      "file": "a.yaml",
                      "line": 1,
                      "column": 1,
                      "end": {
                        "line": 1,
                        "column": 2
                      },
                      "message": "first here"
                    }
                  ]
                }
              ]
            }"#]]
        .assert_eq(&serde_json::to_string_pretty(&listing(&[found], &sources)).expect("plain data"));
    }
}
