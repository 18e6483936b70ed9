//! The parts of a key that is a mapping, each read by its type once expressions are rendered.
//!
//! In: a key's value. Out: its parts, typed, or what is wrong with the first that is. Never: judges one part by another.

use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::from_value::{FieldError, FromValue, no_other_key};
use super::key::Keyed;
use super::text::{Percentage, TimeSpan};
use super::watch::CountOrShare;
use crate::diagnostic::Code;
use crate::words::Words;

/// The parts of the mapping under a key.
pub(super) struct Parts<'v> {
    key: &'v str,
    entries: &'v Map<String, Value>,
}

impl<'v> Parts<'v> {
    /// The parts of `value`, which has no others than those of `T`; `example` is how an author writes it.
    pub(super) fn of<T: Keyed>(key: &'v str, value: &'v Value, example: &str) -> Result<Self, FieldError> {
        let Value::Object(entries) = value else {
            let what = format!("`{key}` must be a mapping");
            return Err(FieldError::new(Code::WrongType, what).help(format!("write `{example}`")));
        };
        no_other_key::<T>(key, entries)?;
        Ok(Self { key, entries })
    }

    /// The part called `part`; `None` where it is left out.
    pub(super) fn part<T: FromValue>(&self, part: &str) -> Result<Option<T>, FieldError> {
        self.entries.get(part).map(|value| T::from_value(part, value)).transpose()
    }

    /// The part called `part`, which must be there; `example` is how an author writes it.
    pub(super) fn required<T: FromValue>(&self, part: &str, example: &str) -> Result<T, FieldError> {
        self.part(part)?.ok_or_else(|| self.lacks(part, example))
    }

    /// A span of time above nothing.
    pub(super) fn span(&self, part: &str) -> Result<Option<TimeSpan>, FieldError> {
        let span: Option<TimeSpan> = self.part(part)?;
        if span.is_some_and(|span| span.duration().is_zero()) {
            let what = format!("`{part}` of `{}` must be longer than nothing", self.key);
            return Err(FieldError::new(Code::OutOfRange, what).help("leave it out for what holds without it"));
        }
        Ok(span)
    }

    /// A whole number within `range`.
    pub(super) fn number(&self, part: &str, range: RangeInclusive<u32>) -> Result<Option<u32>, FieldError> {
        self.entries.get(part).map(|value| whole_number(part, value, range)).transpose()
    }

    /// A whole number within `range`, which must be there.
    pub(super) fn required_number(
        &self,
        part: &str,
        range: RangeInclusive<u32>,
        example: &str,
    ) -> Result<u32, FieldError> {
        self.number(part, range)?.ok_or_else(|| self.lacks(part, example))
    }

    /// A number from 1 to 100.
    pub(super) fn factor(&self, part: &str) -> Result<Option<f64>, FieldError> {
        let Some(value) = self.entries.get(part) else { return Ok(None) };
        match value.as_f64() {
            Some(factor) if (1.0..=100.0).contains(&factor) => Ok(Some(factor)),
            Some(_) => Err(FieldError::new(Code::OutOfRange, format!("`{part}` must be from 1 to 100"))),
            None => Err(FieldError::new(Code::WrongType, format!("`{part}` must be a number"))),
        }
    }

    /// A list of words, none twice.
    pub(super) fn words<T: Words + PartialEq>(&self, part: &str) -> Result<Option<Vec<T>>, FieldError> {
        let Some(value) = self.entries.get(part) else { return Ok(None) };
        let Value::Array(items) = value else {
            return Err(FieldError::new(Code::WrongType, format!("`{part}` must be a list"))
                .help(format!("write `{part}: [{}]`", T::NAMES[0])));
        };
        let mut words: Vec<T> = Vec::with_capacity(items.len().min(T::ALL.len()));
        for item in items {
            let word = T::from_value(part, item)?;
            if words.contains(&word) {
                let what = format!("`{}` stands twice in `{part}`", word.word());
                return Err(FieldError::new(Code::Conflict, what).help("name each once"));
            }
            words.push(word);
        }
        Ok(Some(words))
    }

    /// A list of texts, at least one.
    pub(super) fn texts(&self, part: &str) -> Result<Option<Vec<String>>, FieldError> {
        let Some(value) = self.entries.get(part) else { return Ok(None) };
        match value {
            Value::Array(items) if !items.is_empty() => {
                items.iter().map(|item| String::from_value(part, item)).collect::<Result<_, _>>().map(Some)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                Err(FieldError::new(Code::WrongType, format!("`{part}` must be a list of texts"))
                    .help(format!("write `{part}: [\"first\", \"second\"]`")))
            }
        }
    }

    /// The complaint that `part` is not there.
    pub(super) fn lacks(&self, part: &str, example: &str) -> FieldError {
        let what = format!("`{}` does not say `{part}`", self.key);
        FieldError::new(Code::MissingKey, what).help(format!("write `{example}`"))
    }
}

/// The whole number at `value`, which stands under `key`.
pub(super) fn whole_number(key: &str, value: &Value, range: RangeInclusive<u32>) -> Result<u32, FieldError> {
    let wanted = || match (*range.start(), *range.end()) {
        (start, u32::MAX) => format!("`{key}` must be a whole number, at least {start}"),
        (start, end) => format!("`{key}` must be a whole number from {start} to {end}"),
    };
    match value.as_u64().and_then(|number| u32::try_from(number).ok()) {
        Some(number) if range.contains(&number) => Ok(number),
        _ if value.is_number() => Err(FieldError::new(Code::OutOfRange, wanted())),
        _ => Err(FieldError::new(Code::WrongType, wanted()).help("`| int` makes a number of text")),
    }
}

impl FromValue for TimeSpan {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        const EXAMPLES: &str = "write `30s`, `30m` or `2h`";
        match value {
            Value::String(text) => Self::parse(text).ok_or_else(|| {
                let what = format!("`{key}` must be a span of time with its unit");
                FieldError::new(Code::WrongForm, what).help(EXAMPLES)
            }),
            Value::Number(_) => {
                Err(FieldError::new(Code::DurationUnit, format!("`{key}` needs a unit")).help(EXAMPLES))
            }
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                let what = format!("`{key}` must be a span of time");
                Err(FieldError::new(Code::WrongType, what).help(EXAMPLES))
            }
        }
    }
}

impl FromValue for String {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        match value {
            Value::String(text) => Ok(text.clone()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                Err(FieldError::new(Code::WrongType, format!("`{key}` must be text")).help("put it in quotes"))
            }
        }
    }
}

impl FromValue for CountOrShare {
    fn from_value(key: &str, value: &Value) -> Result<Self, FieldError> {
        let Value::String(text) = value else {
            return whole_number(key, value, 0..=u32::MAX).map(Self::Count).map_err(|wrong| FieldError {
                help: Some("write a count such as `5`, or a percentage such as `1%`".to_owned()),
                ..wrong
            });
        };
        Percentage::parse(text).map(Self::Share).ok_or_else(|| {
            FieldError::new(Code::WrongForm, format!("`{key}` must be a count, or a percentage from 0% to 100%"))
                .help("write a count such as `5`, or a percentage such as `1%`")
        })
    }
}
