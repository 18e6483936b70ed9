//! What can be said about a text: [`Diagnostic`]s, and [`Diagnosed`], a stage's product with everything worth saying.
//!
//! In: places and words from any stage. Out: values that `diagnostic/render.rs` and its neighbours write down.
//! Never: prints, or decides an exit code.

use std::fmt;

use crate::source::Place;

pub mod causes;
pub mod escape;
pub mod json;
pub mod render;
pub mod shell;
mod shown;
pub mod visible;

pub use shown::{Complaints, HiddenCount, MAX_SHOWN, extend};

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

/// A stage's product, and everything worth telling the author of the text.
///
/// A value is present exactly when no diagnostic is an error; warnings may stand beside it.
#[derive(Debug)]
#[must_use]
pub struct Diagnosed<T> {
    value: Option<T>,
    diagnostics: Vec<Diagnostic>,
}

impl<T> Diagnosed<T> {
    /// `value` where `diagnostics` holds no error, else none. Diagnostics are put in the order of their places, and at most
    /// [`MAX_SHOWN`] of each text are kept.
    pub fn new(value: T, diagnostics: Vec<Diagnostic>) -> Self {
        let diagnostics = shown::settle(diagnostics);
        let failed = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        Self { value: (!failed).then_some(value), diagnostics }
    }

    /// No value. At least one of `diagnostics` must be an error.
    pub fn failed(diagnostics: Vec<Diagnostic>) -> Self {
        debug_assert!(diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error));
        Self { value: None, diagnostics: shown::settle(diagnostics) }
    }

    /// What was found worth saying, in the order of places.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// The value, and what was found worth saying.
    #[must_use]
    pub fn into_parts(self) -> (Option<T>, Vec<Diagnostic>) {
        (self.value, self.diagnostics)
    }

    /// Hands the value to the next stage and keeps the diagnostics of both.
    pub fn and_then<U>(self, next: impl FnOnce(T) -> Diagnosed<U>) -> Diagnosed<U> {
        let mut diagnostics = self.diagnostics;
        match self.value {
            None => Diagnosed { value: None, diagnostics },
            Some(value) => {
                let outcome = next(value);
                diagnostics.extend(outcome.diagnostics);
                Diagnosed { value: outcome.value, diagnostics: shown::settle(diagnostics) }
            }
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])+ $variant:ident = $text:literal,)+) => {
        /// The closed list of situations. Their names are stable: scripts and `explain` rely on them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])+ $variant,)+ }

        impl Code {
            /// Every code, in the order of the stages that raise them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name that people and scripts see.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

codes! {
    /// Further complaints about a text, counted and not shown.
    More = "more",
    /// The text is not YAML.
    Syntax = "syntax",
    /// A byte order mark, NUL, or text that is not UTF-8.
    Encoding = "encoding",
    /// A key stands twice in one mapping.
    DuplicateKey = "duplicate-key",
    /// More than one document in a file.
    SecondDocument = "second-document",
    /// A tag outside the core schema.
    Tag = "tag",
    /// A number that JSON cannot hold exactly, or that is written otherwise than it is sent.
    Number = "number",
    /// A control character that an escape puts into text.
    ControlCharacter = "control-character",
    /// A key that is not plain text, such as a mapping.
    KeyForm = "key-form",
    /// Depth, nodes, aliases or bytes beyond the budget.
    Budget = "budget",
    /// `<<` with something other than mappings.
    Merge = "merge",
    /// `{{ x }}` without the dollar sign.
    BareBraces = "bare-braces",
    /// A key that the format does not know.
    UnknownKey = "unknown-key",
    /// A required key is missing.
    MissingKey = "missing-key",
    /// A value of another type than the key takes.
    WrongType = "wrong-type",
    /// A value that is not one of the listed ones.
    NotOneOf = "not-one-of",
    /// A number or length outside its limits.
    OutOfRange = "out-of-range",
    /// A text of another form than the key takes.
    WrongForm = "wrong-form",
    /// A duration without a unit.
    DurationUnit = "duration-unit",
    /// Two keys that exclude each other, or one that lacks its partner.
    Conflict = "conflict",
    /// A key of the format that this version of sortie cannot yet carry out.
    NotInThisVersion = "not-in-this-version",
    /// An expression stands where none may.
    ExpressionPlace = "expression-place",
    /// An expression that cannot be parsed.
    ExpressionSyntax = "expression-syntax",
    /// A shell's variable, which nothing expands.
    ShellVariable = "shell-variable",
    /// A name that no context has.
    UnknownName = "unknown-name",
    /// An expression that failed, ran out of fuel, or gave an undefined result.
    ExpressionFailed = "expression-failed",
    /// Variables that need each other.
    Cycle = "cycle",
    /// A parameter without value, with a value of another type, or that nobody declared.
    Parameter = "parameter",
    /// A data file that cannot be had: outside of the manifest's folder, missing, unreadable or too large.
    DataFile = "data-file",
    /// Data that are not of their format, or that lack a column.
    DataForm = "data-form",
    /// A row that does not fit the others: too few cells, or no object.
    RowForm = "row-form",
    /// A cell that is not of its column's type.
    CellType = "cell-type",
    /// A row without a key, or two rows with one.
    RowKey = "row-key",
    /// Two launches with one id or one Reference.
    DuplicateLaunch = "duplicate-launch",
    /// More launches than `limits.launches` allows.
    TooManyLaunches = "too-many-launches",
    /// A field of the request that the API does not have, or that has a key of its own.
    RequestField = "request-field",
    /// Arguments above the API's limit.
    ArgumentsTooLong = "arguments-too-long",
    /// A secret where it is kept in the clear, or without a value.
    Secret = "secret",
    /// No folder by any of: job, manifest, profile.
    NoFolder = "no-folder",
    /// A release that the folder does not have.
    UnknownRelease = "unknown-release",
    /// A robot that the folder does not have.
    UnknownRobot = "unknown-robot",
    /// A machine that the folder does not have.
    UnknownMachine = "unknown-machine",
    /// A release whose package has another version than the manifest asserts.
    ReleaseVersion = "release-version",
    /// A name that fits several things.
    Ambiguous = "ambiguous",
    /// A folder that the server refuses: it is not there, or not open to this login.
    FolderRefused = "folder-refused",
    /// What was not checked, for want of a value.
    NotExpanded = "not-expanded",
    /// Two manifests of one name.
    DuplicateName = "duplicate-name",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Maximum complaints in one text for which the nearest names are looked for: among thousands of names that
/// takes long, and nobody reads so far.
pub const MAX_SUGGESTIONS: usize = 100;

/// Maximum name that is compared, in bytes: comparing takes time by the product of lengths.
const MAX_NAME_BYTES: usize = 200;

/// The candidate nearest to `typed`, where one is near enough to be worth naming.
#[must_use]
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if typed.len() > MAX_NAME_BYTES {
        return None;
    }
    let lower = typed.to_lowercase();
    let typed = typed.chars().count();
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= MAX_NAME_BYTES)
        .filter_map(|candidate| {
            let length = candidate.chars().count();
            let most = (length.max(typed) / 3).max(1);
            // So many must be added or taken away at least.
            if length.abs_diff(typed) > most {
                return None;
            }
            let distance = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
            // Nothing is near a single letter.
            (distance <= most && distance < length.max(typed)).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
