//! The texts of a fault in the form in which rules look at them: lower case, one blank between words, and how each opens.
//!
//! In: [`FaultFacts`]. Out: [`FaultTexts`]. Never: knows a class.

use super::facts::FaultFacts;

/// Maximum text that is looked at, in bytes: what a fault is stands near its beginning.
const MAX_LOOKED_AT: usize = 16 << 10;

/// What only a workflow that ran leaves in a text: its activities, its files, its traces.
const TRACES: &[&str] = &[
    "remoteexception",
    ".activities.",
    "system.activities",
    ".xaml",
    "uiautomationnext",
    "workflowapplication",
    "source: ",
    "[source]",
];

/// What stands before what a text says, and says nothing.
const PREAMBLES: &[&str] = &[
    "remoteexception wrapping",
    "uipath.python.remoteexception wrapping",
    "exception message:",
    "message:",
    "job error:",
    "error:",
    "info:",
    "job faulted:",
];

/// The texts of a fault.
#[derive(Debug)]
pub(super) struct FaultTexts {
    /// `Info`, and title and detail of `JobError`.
    texts: Vec<String>,
    /// `ErrorCode` and `JobError.code`.
    codes: Vec<String>,
    category: Option<String>,
}

impl FaultTexts {
    pub(super) fn of(facts: &FaultFacts<'_>) -> Self {
        let error = facts.error;
        let title = error.and_then(|error| error.title.as_deref());
        let detail = error.and_then(|error| error.detail.as_deref());
        let codes = [facts.code, error.and_then(|error| error.code.as_deref())];
        let category = error.and_then(|error| error.category.as_deref()).map(plain);
        Self {
            texts: [facts.info, title, detail]
                .into_iter()
                .flatten()
                .map(plain)
                .filter(|text| !text.is_empty())
                .collect(),
            codes: codes.into_iter().flatten().map(plain).filter(|code| !code.is_empty()).collect(),
            category: category.filter(|category| !category.is_empty()),
        }
    }

    /// Whether a workflow certainly ran: its own marks are there, or it raised the fault itself.
    pub(super) fn are_of_a_workflow(&self) -> bool {
        self.is_of_category("user") || self.texts.iter().any(|text| TRACES.iter().any(|trace| text.contains(trace)))
    }

    /// Whether some text opens with one of `phrases`, and no exception carries it.
    pub(super) fn open_plainly_with(&self, phrases: &[&str]) -> bool {
        let opens =
            |text: &String| phrases.iter().any(|phrase| text.trim_start_matches(is_no_letter).starts_with(phrase));
        self.texts.iter().any(opens)
    }

    /// Whether some text opens with one of `phrases`, behind what says nothing.
    pub(super) fn open_with(&self, phrases: &[&str]) -> bool {
        self.texts.iter().any(|text| {
            let opening = opening(text);
            phrases.iter().any(|phrase| opening.starts_with(phrase))
        })
    }

    /// Whether some text has one of `phrases` anywhere.
    pub(super) fn say(&self, phrases: &[&str]) -> bool {
        self.texts.iter().any(|text| phrases.iter().any(|phrase| text.contains(phrase)))
    }

    /// Whether some code is one of `codes`.
    pub(super) fn have_code(&self, codes: &[&str]) -> bool {
        self.codes.iter().any(|code| codes.contains(&code.as_str()))
    }

    pub(super) fn is_of_category(&self, category: &str) -> bool {
        self.category.as_deref() == Some(category)
    }

    /// Whether the server names a category that is neither the workflow's nor says nothing.
    pub(super) fn has_platform_category(&self) -> bool {
        self.category.as_deref().is_some_and(|category| !matches!(category, "user" | "unknown" | "none" | "undefined"))
    }

    /// Whether some text opens with the name of an exception, or says its type.
    pub(super) fn name_an_exception(&self) -> bool {
        self.texts.iter().any(|text| {
            let first = text.split(' ').next().unwrap_or_default().trim_end_matches([':', ',', '.']);
            let is_type = first.contains('.') && (first.ends_with("exception") || first.ends_with("error"));
            is_type || text.contains("exception type: ")
        })
    }
}

/// `text` in lower case, with one blank between words and straight quotes.
fn plain(text: &str) -> String {
    let mut end = text.len().min(MAX_LOOKED_AT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut plain = String::with_capacity(end);
    for word in text[..end].split_whitespace() {
        if !plain.is_empty() {
            plain.push(' ');
        }
        plain.extend(word.chars().flat_map(char::to_lowercase).map(|c| match c {
            '\u{2018}' | '\u{2019}' => '\'',
            '\u{201c}' | '\u{201d}' => '"',
            c => c,
        }));
    }
    plain
}

fn is_no_letter(c: char) -> bool {
    !c.is_alphabetic()
}

/// What `text` says first, behind times, quotes, names of exceptions and other words that say nothing.
fn opening(text: &str) -> &str {
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start_matches(is_no_letter);
        let trimmed = PREAMBLES.iter().find_map(|preamble| trimmed.strip_prefix(preamble)).unwrap_or(trimmed);
        let behind_type = trimmed.split_once(' ').and_then(|(first, behind)| {
            let first = first.strip_suffix(':')?;
            (first.ends_with("exception") && !first.contains(['\'', '"'])).then_some(behind)
        });
        let next = behind_type.unwrap_or(trimmed);
        if next.len() == rest.len() {
            return rest;
        }
        rest = next;
    }
}
