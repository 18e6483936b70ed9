//! JSON without loss: what expressions and params exchange with the rest.
//!
//! In: JSON text, or a value of the expression language. Out: [`serde_json::Value`]s whose numbers are those written.
//! Never: rounds; what JSON cannot hold exactly is refused.

use std::cell::Cell;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value, ValueKind};
use serde::Deserializer;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};

use crate::diagnostic::escape::escape;
use crate::manifest::keeps_digits;

/// Why a value has no exact JSON form.
#[derive(Debug, thiserror::Error)]
pub enum InexactValue {
    /// The text is not JSON.
    #[error("not JSON: {0}")]
    Syntax(#[from] serde_json::Error),
    /// An object with a key twice: which of the two is meant, nobody can tell.
    #[error("the key `{}` stands twice in one object", escape(.0))]
    Repeated(String),
    /// More values than any input holds.
    #[error("the JSON holds more than {MAX_VALUES} values: this costs too much")]
    TooMany,
    /// A computed integer beyond 64 bits.
    #[error("the integer {0} does not fit into 64 bits; put it in quotes")]
    Integer(String),
    /// A number in the text that would become another one.
    #[error(transparent)]
    Number(#[from] InexactNumber),
    /// A value is missing, alone or inside a list or mapping.
    #[error("a value is undefined")]
    Undefined,
    /// `omit` was joined to text.
    #[error("`omit` leaves a whole value out; it cannot stand inside text")]
    OmitInText,
    /// NaN or an infinity.
    #[error("the number is not finite")]
    NotFinite,
    /// A function, bytes, or a mapping with keys that are not text.
    #[error("{0} is no value that can be sent")]
    Kind(String),
}

/// How many values one JSON text may hold: each takes many times its two bytes.
const MAX_VALUES: u64 = 1_000_000;

/// A number of JSON text whose digits would not all be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.what())]
pub struct InexactNumber {
    /// As it is written, cut where it is very long.
    pub text: String,
    /// Where it stands, in bytes of the text.
    pub range: Range<usize>,
}

impl InexactNumber {
    /// The number in `range` of `text`, where its JSON form would be another number.
    pub(super) fn find(text: &str, range: Range<usize>) -> Option<Self> {
        let number = &text[range.clone()];
        let is_exact = if number.contains(['.', 'e', 'E']) {
            number.parse().is_ok_and(|value| keeps_digits(number, value))
        } else {
            number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok()
        };
        (!is_exact).then(|| Self { text: clipped(number), range })
    }

    /// What is wrong with it, as one sentence.
    #[must_use]
    pub fn what(&self) -> String {
        let Self { text, .. } = self;
        if text.contains(['.', 'e', 'E']) {
            format!("the number {text} has more digits than a JSON number keeps; put it in quotes to send every digit")
        } else {
            format!("the integer {text} does not fit into 64 bits; put it in quotes")
        }
    }
}

/// Enough of a number to find it again.
fn clipped(number: &str) -> String {
    const MAX_CHARS: usize = 60;
    if number.len() <= MAX_CHARS { number.to_owned() } else { format!("{}…", &number[..MAX_CHARS]) }
}

/// Reads JSON text. Numbers are exact or refused, and so is a key that stands twice.
pub fn parse(text: &str) -> Result<serde_json::Value, InexactValue> {
    let (repeated, values) = (Cell::new(None), Cell::new(0));
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = ExactSerializer { repeated: &repeated, values: &values }
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    if values.get() > MAX_VALUES {
        return Err(InexactValue::TooMany);
    }
    let value = value.map_err(|error| repeated.take().map_or(InexactValue::Syntax(error), InexactValue::Repeated))?;
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at += 1;
        if byte == b'"' {
            while bytes.get(at).is_some_and(|next| *next != b'"') {
                at += if bytes[at] == b'\\' { 2 } else { 1 };
            }
            at += 1;
        } else if byte.is_ascii_digit() || byte == b'-' {
            let is_number = |next: &u8| next.is_ascii_digit() || b".eE+-".contains(next);
            while bytes.get(at).is_some_and(is_number) {
                at += 1;
            }
            if let Some(number) = InexactNumber::find(text, start..at) {
                return Err(number.into());
            }
        }
    }
    Ok(value)
}

/// Makes a value, and notes the key for which it fails.
#[derive(Clone, Copy)]
struct ExactSerializer<'a> {
    repeated: &'a Cell<Option<String>>,
    /// How many values there were.
    values: &'a Cell<u64>,
}

impl<'de> DeserializeSeed<'de> for ExactSerializer<'_> {
    type Value = serde_json::Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        self.values.set(self.values.get() + 1);
        if self.values.get() > MAX_VALUES {
            return Err(serde::de::Error::custom("too many values"));
        }
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ExactSerializer<'_> {
    type Value = serde_json::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(serde_json::Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Self::Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(self)? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
        let mut values = serde_json::Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if values.contains_key(&key) {
                self.repeated.set(Some(key));
                return Err(serde::de::Error::custom("a key stands twice"));
            }
            let value = entries.next_value_seed(self)?;
            values.insert(key, value);
        }
        Ok(values.into())
    }
}

/// The value `omit`: what it stands for is left out.
pub(super) struct Omit;

/// How `omit` shows in text that an operator made of it: a code point that no text holds, so that it is found again.
/// (A rendering that fails instead would panic inside minijinja.)
const OMIT_IN_TEXT: &str = "\u{fdd0}omit";

impl fmt::Debug for Omit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(OMIT_IN_TEXT)
    }
}

impl Object for Omit {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(OMIT_IN_TEXT)
    }
}

/// The JSON form of what an expression gave; none for `omit`. Omitted items and keys inside are left out, and a mapping
/// of which nothing else is left.
#[expect(clippy::wildcard_enum_match_arm, reason = "minijinja's kinds may grow; a new one has no JSON form")]
pub(super) fn to_json(value: &Value) -> Result<Option<serde_json::Value>, InexactValue> {
    use serde_json::Value as Json;
    let kind = |value: &Value| InexactValue::Kind(format!("a value of kind {}", value.kind()));
    Ok(Some(match value.kind() {
        ValueKind::Undefined => return Err(InexactValue::Undefined),
        ValueKind::None => Json::Null,
        ValueKind::Bool => Json::Bool(value.is_true()),
        ValueKind::Number if value.is_integer() => match (i64::try_from(value.clone()), u64::try_from(value.clone())) {
            (Ok(number), _) => number.into(),
            (_, Ok(number)) => number.into(),
            (Err(_), Err(_)) => return Err(InexactValue::Integer(value.to_string())),
        },
        ValueKind::Number => {
            let number = f64::try_from(value.clone()).map_err(|_| kind(value))?;
            Json::Number(serde_json::Number::from_f64(number).ok_or(InexactValue::NotFinite)?)
        }
        ValueKind::String => match value.as_str().unwrap_or_default() {
            text if text.contains(OMIT_IN_TEXT) => return Err(InexactValue::OmitInText),
            text => Json::String(text.to_owned()),
        },
        ValueKind::Seq | ValueKind::Iterable => {
            let mut items = Vec::new();
            for item in value.try_iter().map_err(|_| kind(value))? {
                items.extend(to_json(&item)?);
            }
            Json::Array(items)
        }
        ValueKind::Map => {
            let mut entries = serde_json::Map::new();
            let mut omitted = false;
            for key in value.try_iter().map_err(|_| kind(value))? {
                let name =
                    key.as_str().ok_or_else(|| InexactValue::Kind("a mapping whose keys are not text".to_owned()))?;
                let inner = value.get_item(&key).map_err(|_| kind(value))?;
                match to_json(&inner)? {
                    Some(inner) => drop(entries.insert(name.to_owned(), inner)),
                    None => omitted = true,
                }
            }
            if omitted && entries.is_empty() {
                return Ok(None);
            }
            Json::Object(entries)
        }
        ValueKind::Plain if value.downcast_object_ref::<Omit>().is_some() => return Ok(None),
        _ => return Err(kind(value)),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_holds_so_many_values_and_no_more() {
        let list = |count: u64| format!("[{}1]", "1,".repeat(usize::try_from(count - 2).expect("small")));
        assert!(parse(&list(MAX_VALUES)).is_ok());
        assert!(matches!(parse(&list(MAX_VALUES + 1)), Err(InexactValue::TooMany)));
    }

    #[test]
    fn numbers_are_exact_or_refused() {
        for (text, exact) in [
            ("18446744073709551615", true),
            ("-9223372036854775808", true),
            ("18446744073709551616", false),
            ("[1.5, 1e3, \"99999999999999999999\"]", true),
            ("{\"a\": [1, -99999999999999999999]}", false),
            ("9007199254740993", true),
            ("[10.50, 1e3, -0.0, 0.1]", true),
            ("99999999999999.99", false),
            ("[1, {\"a\": 0.1234567890123456789}]", false),
            ("1e-400", false),
            ("\"99999999999999.99\"", true),
        ] {
            assert_eq!(parse(text).is_ok(), exact, "{text}");
        }
        for (text, words) in [
            (r#"{"a": 1, "b": {"a": 1}}"#, None),
            (r#"[{"a": 1}, {"a": 1}]"#, None),
            (r#"{"a": 1, "a": 1}"#, Some("the key `a` stands twice in one object")),
            (r#"{"a": [{"b\u001b": 1, "\u0062\u001b": 2}]}"#, Some(r"the key `b\u{1b}` stands twice in one object")),
            ("[1] 2", Some("not JSON: trailing characters at line 1 column 5")),
        ] {
            assert_eq!(parse(text).err().map(|error| error.to_string()).as_deref(), words, "{text}");
        }
        let Err(InexactValue::Number(number)) = parse("{\"a\": [1,\n 12345678901234567.5]}") else { panic!("refused") };
        assert_eq!((number.text.as_str(), number.range), ("12345678901234567.5", 11..30));
        assert_eq!(parse("18446744073709551615").expect("exact").to_string(), "18446744073709551615");
    }
}
