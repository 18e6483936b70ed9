//! A value that breaks a rule of the schema.
//!
//! In: what `validation` found. Out: what `explain` puts into words. Never: holds the value; only names of keys.

use serde_json::Value;

use super::rules::ValueType;
use crate::manifest::NodeId;

/// One violation, with what it speaks of.
#[derive(Debug)]
pub(super) struct Violation<'s> {
    pub(super) kind: ViolationKind<'s>,
    pub(super) node: NodeId,
    /// Where the value stands, as a JSON Pointer.
    pub(super) path: String,
    /// The schema whose keyword is violated.
    pub(super) schema: &'s Value,
    /// Its name under `$defs`, where it stands there itself.
    pub(super) definition: Option<&'s str>,
}

/// What is wrong.
#[derive(Debug)]
pub(super) enum ViolationKind<'s> {
    /// It is none of these types.
    Type(Vec<ValueType>),
    /// It is none of these choices.
    Choice(&'s [Value]),
    /// It is as none of the branches of `anyOf` has it: what each of them says.
    Alternatives(Vec<Vec<Violation<'s>>>),
    /// Keys that may not stand there.
    UnknownKeys(Vec<String>),
    /// A key whose name has another form.
    WrongKey(String),
    /// A key that is not there.
    MissingKey(&'s str),
    /// A text of another form.
    Pattern,
    /// A number that is too small or too great.
    Range,
    /// A text that is too short: the schema asks for one character at least, wherever it asks.
    TooShort,
    /// A text of more than so many characters.
    TooLong(u64),
    /// A list of fewer than so many items.
    TooFewItems(u64),
    /// A mapping of fewer than so many keys.
    TooFewKeys(u64),
}

impl Violation<'_> {
    /// How many complaints it would be.
    pub(super) fn weight(&self) -> u64 {
        if let ViolationKind::UnknownKeys(keys) = &self.kind { keys.len() as u64 } else { 1 }
    }
}
