//! The names of the situations that people are told of.
//!
//! In: nothing. Out: [`Code`]s whose text never changes. Never: says how bad a situation is.

use std::fmt;

mod advice;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $text:literal,)+) => {
        /// The closed list of situations. Their names are stable: scripts and `explain` rely on them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[doc = $doc])+ $variant,)+ }

        impl Code {
            /// Every code, in the order of the stages that raise them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name that people and scripts see.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// What the situation is, in a sentence.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)+ }
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
    /// A filter that takes none of the launches that there are. Where `where` takes no row of its table, it is a warning.
    NoLaunch = "no-launch",
    /// A launch or a plan that breaks a rule of a policy.
    Policy = "policy",
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
    /// A job that seems to have another name now, so that `once` no longer knows what was started.
    RenamedJob = "renamed-job",
    /// A manifest that is not as a test of it expects.
    TestFailed = "test-failed",
    /// Two manifests of one name.
    DuplicateName = "duplicate-name",
    /// A file that cannot be read.
    Unreadable = "unreadable",
    /// Flags, or files that they name, with which nothing can be checked.
    Input = "input",
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
