//! One complaint about a text.
//!
//! In: a place and words. Out: a [`Diagnostic`], or a count of those that nobody would read. Never: wording for a terminal.

use super::code::Code;
use crate::source::Place;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The stage has no product.
    Error,
    /// Worth knowing; the stage went on.
    Warning,
    /// Nothing is wrong: what could not be looked at.
    Note,
}

/// One complaint about a text, whole: what, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable name of the situation.
    pub code: Code,
    /// Error, warning or note.
    pub severity: Severity,
    /// One sentence without a full stop, names in backticks.
    pub what: String,
    /// Where it is shown.
    pub place: Place,
    /// A few words under the carets; may be empty.
    pub label: String,
    /// A next step, as one clause.
    pub help: Option<String>,
    /// Further places that belong to it, with a few words each.
    pub related: Vec<(Place, String)>,
    /// What stands at its place may be a secret: its line is not shown.
    pub confidential: bool,
    /// Complaints that it stands for, in place of one of its own.
    pub unshown: Option<Box<HiddenCount>>,
}

impl Diagnostic {
    /// An error at `place`.
    #[must_use]
    pub fn error(code: Code, place: Place, what: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            what: what.into(),
            place,
            label: String::new(),
            help: None,
            related: Vec::new(),
            confidential: false,
            unshown: None,
        }
    }

    /// A warning at `place`.
    #[must_use]
    pub fn warning(code: Code, place: Place, what: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, place, what) }
    }

    /// A note at `place`.
    #[must_use]
    pub fn note(code: Code, place: Place, what: impl Into<String>) -> Self {
        Self { severity: Severity::Note, ..Self::error(code, place, what) }
    }

    /// The same with a few words under the carets.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The same with a next step.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with a next step where there is one.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<impl Into<String>>) -> Self {
        self.help = help.map(Into::into);
        self
    }

    /// The same, without its line being shown.
    #[must_use]
    pub fn confidential(mut self) -> Self {
        self.confidential = true;
        self
    }

    /// The same with a further place.
    #[must_use]
    pub fn related(mut self, place: Place, words: impl Into<String>) -> Self {
        self.related.push((place, words.into()));
        self
    }
}

/// Complaints that a [`Diagnostic`] stands for without showing them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HiddenCount {
    /// How many.
    pub count: u64,
    /// Whether there may be more of them: somebody stopped counting.
    pub is_least: bool,
}

impl HiddenCount {
    /// One, and no more.
    pub const ONE: Self = Self { count: 1, is_least: false };

    /// The complaint that says so, of which the first is at `place`.
    #[must_use]
    pub fn at(self, severity: Severity, place: Place) -> Diagnostic {
        let word = match severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let plural = if self.count == 1 { "" } else { "s" };
        let least = if self.is_least { "at least " } else { "" };
        let what = format!("and {least}{} more {word}{plural} in this file", grouped(self.count));
        let what = Diagnostic { severity, ..Diagnostic::error(Code::More, place, what) };
        Diagnostic { unshown: Some(Box::new(self)), ..what.confidential() }
    }
}

/// `1234567` as `1,234,567`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
