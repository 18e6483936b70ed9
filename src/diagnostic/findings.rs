//! What was found in texts, as whoever writes it down for a machine asks for it.
//!
//! In: checked texts with what is said of them. Out: masked and inert words, places, and files as a build server names them.
//! Never: a form of its own.

use std::borrow::Cow;

use super::escape::escape;
use super::{Diagnostic, Severity};
use crate::secret::Redactor;
use crate::source::{LineCol, Place, Sources};

/// A text that was checked, and what is said of it.
pub struct CheckedText<'a> {
    /// Its file, as it was typed or found.
    pub name: &'a str,
    /// In the order of places; of data files that belong to it, too.
    pub said: Vec<&'a Diagnostic>,
}

/// Everything that was checked, and what its words are shown by.
pub struct Findings<'a> {
    /// Each text, also those of which nothing is said.
    pub texts: &'a [CheckedText<'a>],
    /// The texts that places speak of.
    pub sources: &'a Sources,
    /// What masks secrets, value by value.
    pub redactor: &'a Redactor,
    /// A file's name as a build server knows it: from the root of the repository on.
    pub path: &'a dyn Fn(&str) -> String,
}

/// A range of a text. The end is behind the last character.
#[derive(Clone, Copy)]
pub(super) struct TextRange {
    pub(super) start: LineCol,
    pub(super) end: LineCol,
}

impl<'a> Findings<'a> {
    /// Everything that is said, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = &'a Diagnostic> {
        self.texts.iter().flat_map(|text| text.said.iter().copied())
    }

    /// `text` masked, in one line, with what would steer a terminal or a build server made visible.
    pub(super) fn words(&self, text: &str) -> String {
        escape(&self.redactor.redact_output(text)).into_owned()
    }

    /// Lines of ours with foreign parts that are inert already, masked.
    pub(super) fn lines<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.redactor.redact_output(text)
    }

    /// The path of a file as it is: masked, and for whoever encodes it.
    pub(super) fn path_of(&self, name: &str) -> String {
        self.redactor.redact_output(&(self.path)(name)).into_owned()
    }

    /// The file that `place` is in, for a value of text.
    pub(super) fn file(&self, place: Place) -> String {
        escape(&self.path_of(self.name(place))).into_owned()
    }

    /// The name of the text that `place` is in.
    pub(super) fn name(&self, place: Place) -> &'a str {
        self.sources.get(place.source).name()
    }

    /// Where `place` is; none in a text without a character, such as that of a file that could not be read.
    pub(super) fn range(&self, place: Place) -> Option<TextRange> {
        let source = self.sources.get(place.source);
        if source.is_unpacked() && source.text().is_empty() {
            return None;
        }
        Some(TextRange { start: source.line_col(place.span.start), end: source.line_col(place.span.end) })
    }

    /// What is wrong, with the words on its place.
    pub(super) fn what(&self, found: &Diagnostic) -> String {
        let what = self.words(&found.what);
        if found.label.is_empty() { what } else { format!("{what}: {}", self.words(&found.label)) }
    }

    /// The same and, each as one line more, what to do and the further places.
    pub(super) fn message(&self, found: &Diagnostic) -> Vec<String> {
        let mut lines = vec![self.what(found)];
        lines.extend(found.help.as_deref().map(|help| format!("help: {}", self.words(help))));
        for (place, words) in &found.related {
            let line = self.range(*place).map_or(1, |range| range.start.line);
            lines.push(format!("{}: {}, line {line}", self.words(words), self.file(*place)));
        }
        lines
    }
}

/// The word for how bad it is.
pub(super) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}
