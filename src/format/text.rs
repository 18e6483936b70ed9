//! The texts with a form of their own: names, spans of time, rates and shares, each with the pattern that the schema shows.
//!
//! In: text of a manifest. Out: values that cannot hold anything else. Never: evaluates an expression.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is not of the form that its key takes.
#[derive(Debug, thiserror::Error)]
#[error("`{text}` is not {wanted}")]
pub struct TextFormatError {
    text: String,
    wanted: &'static str,
}

/// What an error says in its middle, as a sentence of its own.
fn sentence(about: &str) -> String {
    let (first, rest) = about.split_at(1);
    format!("{}{rest}.", first.to_uppercase())
}

macro_rules! patterned {
    ($name:ident, $pattern:literal, $about:literal, $examples:expr, $longest:expr) => {
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let mut schema = json_schema!({
                    "type": "string",
                    "pattern": $pattern,
                    "description": sentence($about),
                    "examples": $examples,
                });
                let longest: Option<usize> = $longest;
                if let Some(longest) = longest {
                    schema.insert("maxLength".to_owned(), longest.into());
                }
                schema
            }
        }

        impl TryFrom<String> for $name {
            type Error = TextFormatError;

            fn try_from(text: String) -> Result<Self, TextFormatError> {
                Self::parse(&text).ok_or(TextFormatError { text, wanted: $about })
            }
        }
    };
}

macro_rules! named {
    ($(#[$doc:meta])+ $name:ident, $pattern:literal, $about:literal, $examples:expr, first: $first:expr, rest: $rest:expr, longest: $longest:expr) => {
        $(#[$doc])+
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// The text as this kind of name; none where it has another form.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let first: fn(u8) -> bool = $first;
                let rest: fn(u8) -> bool = $rest;
                let longest: Option<usize> = $longest;
                let bytes = text.as_bytes();
                let fits = first(*bytes.first()?)
                    && bytes[1..].iter().all(|byte| rest(*byte))
                    && longest.is_none_or(|longest| bytes.len() <= longest);
                fits.then(|| Self(text.to_owned()))
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        patterned!($name, $pattern, $about, $examples, $longest);
    };
}

named!(
    /// A manifest's name: its identity in the ledger.
    ManifestName,
    "^[a-z0-9][a-z0-9._-]{0,63}$",
    "a manifest's name: lower-case letters, digits, `.`, `_` and `-`, at most 64 characters",
    ["invoice-backfill"],
    first: |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit(),
    rest: |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte),
    longest: Some(64)
);

named!(
    /// A job's name within its manifest.
    JobName,
    "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$",
    "a job's name: letters, digits, `.`, `_` and `-`, at most 64 characters",
    ["backfill"],
    first: |byte| byte.is_ascii_alphanumeric(),
    rest: |byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte),
    longest: Some(64)
);

named!(
    /// A name that expressions use: of a param, a variable, a secret, a matrix key or a column.
    Identifier,
    "^[A-Za-z_][A-Za-z0-9_]*$",
    "a name for expressions: letters, digits and `_`, not starting with a digit",
    ["region"],
    first: |byte| byte.is_ascii_alphabetic() || byte == b'_',
    rest: |byte| byte.is_ascii_alphanumeric() || byte == b'_',
    longest: None
);

/// A key of Orchestrator's: a GUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Guid(pub Uuid);

impl Guid {
    /// Reads the hyphenated form, in either case; none where the form is another.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() == 36 { Uuid::try_parse(text).ok().map(Self) } else { None }
    }
}

impl From<Guid> for String {
    fn from(guid: Guid) -> Self {
        guid.0.to_string()
    }
}

patterned!(
    Guid,
    "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$",
    "a GUID, such as `5b754c63-5d1a-4c37-bb9b-74b69e4934bf`",
    ["5b754c63-5d1a-4c37-bb9b-74b69e4934bf"],
    None
);

/// A span of time with its unit: `1800s`, `30m`, `2h`, `1d`, `1h 30m`, `250ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct TimeSpan(Duration);

const SPAN_UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

impl TimeSpan {
    /// Reads one or more `NUMBER UNIT` pairs; none where the form is another, or the sum is beyond 2^64 ms.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text;
        let mut total_ms = 0_u64;
        loop {
            let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let amount: u64 = rest[..digits].parse().ok()?;
            rest = &rest[digits..];
            let letters = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_lowercase()).len();
            let (_, unit_ms) = SPAN_UNITS.iter().find(|(unit, _)| *unit == &rest[..letters])?;
            total_ms = total_ms.checked_add(amount.checked_mul(*unit_ms)?)?;
            rest = &rest[letters..];
            if rest.is_empty() {
                return Some(Self(Duration::from_millis(total_ms)));
            }
            rest = rest.strip_prefix(' ').unwrap_or(rest);
        }
    }

    /// The span.
    #[must_use]
    pub fn duration(self) -> Duration {
        self.0
    }
}

impl From<TimeSpan> for String {
    fn from(span: TimeSpan) -> Self {
        let mut rest_ms = u64::try_from(span.0.as_millis()).expect("a span was read as a u64 of milliseconds");
        let mut text = Self::new();
        for (unit, unit_ms) in SPAN_UNITS {
            if rest_ms >= unit_ms {
                text.push_str(&format!("{}{}{unit}", if text.is_empty() { "" } else { " " }, rest_ms / unit_ms));
                rest_ms %= unit_ms;
            }
        }
        if text.is_empty() { "0s".to_owned() } else { text }
    }
}

patterned!(
    TimeSpan,
    "^[0-9]+(ms|s|m|h|d)( ?[0-9]+(ms|s|m|h|d))*$",
    "a span of time with its unit: `ms`, `s`, `m`, `h` or `d`",
    ["30m", "1800s", "1h 30m"],
    None
);

/// So many requests in a second, a minute or an hour: `10/s`, `60/min`, `5/h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Rate {
    /// How many, at least 1.
    pub amount: u32,
    /// In which time: a second, a minute or an hour.
    pub per: Duration,
}

const RATE_UNITS: [(&str, u64); 3] = [("s", 1), ("min", 60), ("h", 3600)];

impl Rate {
    /// So many in a second.
    #[must_use]
    pub const fn per_second(amount: u32) -> Self {
        Self { amount, per: Duration::from_secs(1) }
    }

    /// Reads `NUMBER/UNIT`; none where the form is another, or the number is 0 or beyond 2^32.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (amount, unit) = text.split_once('/')?;
        let (_, seconds) = RATE_UNITS.iter().find(|(name, _)| *name == unit)?;
        let starts_well = amount.starts_with(|c: char| ('1'..='9').contains(&c));
        let amount = amount.parse().ok().filter(|_| starts_well)?;
        Some(Self { amount, per: Duration::from_secs(*seconds) })
    }
}

impl From<Rate> for String {
    fn from(rate: Rate) -> Self {
        let unit = RATE_UNITS.iter().find(|(_, seconds)| Duration::from_secs(*seconds) == rate.per);
        format!("{}/{}", rate.amount, unit.expect("a rate is built per second, minute or hour").0)
    }
}

patterned!(
    Rate,
    "^[1-9][0-9]*/(s|min|h)$",
    "a rate: a number above 0 for each `s`, `min` or `h`",
    ["10/s", "60/min", "5/h"],
    None
);

/// A share of a hundred: `1%`, `0.5%`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Percentage(f64);

impl Percentage {
    /// Reads `NUMBER%`, from 0 to 100; none where the form is another.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = text.strip_suffix('%')?;
        let plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let ends_in_digits = number.starts_with(|c: char| c.is_ascii_digit()) && !number.ends_with('.');
        let share: f64 = number.parse().ok().filter(|_| plain && ends_in_digits)?;
        (share <= 100.0).then_some(Self(share))
    }

    /// The share as a number from 0 to 1.
    #[must_use]
    pub fn fraction(self) -> f64 {
        self.0 / 100.0
    }

    /// How many of `all` that are, rounded down: in decimals, since 29 % of 100 are 29 and not a fraction less.
    #[must_use]
    pub fn of(self, all: u64) -> u64 {
        let text = self.0.to_string();
        let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
        // Shares that are smaller forgive nothing of what a plan can hold.
        let part = &part[..part.len().min(12)];
        let digits: u128 = format!("{whole}{part}").parse().unwrap_or(0);
        let scale = 100 * 10_u128.pow(u32::try_from(part.len()).unwrap_or(0));
        u64::try_from(u128::from(all) * digits / scale).unwrap_or(all)
    }
}

impl fmt::Display for Percentage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

impl From<Percentage> for String {
    fn from(share: Percentage) -> Self {
        format!("{}%", share.0)
    }
}

patterned!(Percentage, "^(100(\\.0+)?|[0-9]{1,2}(\\.[0-9]+)?)%$", "a percentage from 0% to 100%", ["1%", "0.5%"], None);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time_carry_units() {
        for (text, ms) in [
            ("1800s", Some(1_800_000)),
            ("30m", Some(1_800_000)),
            ("2h", Some(7_200_000)),
            ("1d", Some(86_400_000)),
            ("1h 30m", Some(5_400_000)),
            ("1h30m", Some(5_400_000)),
            ("250ms", Some(250)),
            ("30", None),
            ("", None),
            ("30 m", None),
            ("1h  30m", None),
            ("1h ", None),
            ("30min", None),
            ("-5s", None),
            ("99999999999999999999d", None),
        ] {
            assert_eq!(TimeSpan::parse(text).map(|span| span.duration().as_millis()), ms, "{text}");
        }
        assert_eq!(String::from(TimeSpan::parse("90m").expect("a span")), "1h 30m");
        assert_eq!(String::from(TimeSpan::parse("0s").expect("a span")), "0s");
    }

    #[test]
    fn rates_name_their_period() {
        for (text, rate) in [
            ("10/s", Some(Rate::per_second(10))),
            ("60/min", Some(Rate { amount: 60, per: Duration::from_secs(60) })),
            ("5/h", Some(Rate { amount: 5, per: Duration::from_secs(3600) })),
            ("0/s", None),
            ("10", None),
            ("10/m", None),
            ("+1/s", None),
            ("1.5/s", None),
        ] {
            assert_eq!(Rate::parse(text), rate, "{text}");
        }
    }

    #[test]
    fn percentages_stay_within_a_hundred() {
        for (text, share) in
            [("1%", Some(1.0)), ("0.5%", Some(0.5)), ("100%", Some(100.0)), ("101%", None), ("5", None), ("1.%", None)]
        {
            assert_eq!(Percentage::parse(text).map(|share| share.0), share, "{text}");
        }
        for (text, all, expected) in [
            ("29%", 100, 29),
            ("1%", 199, 1),
            ("1%", 99, 0),
            ("0.5%", 200, 1),
            ("0.1%", 3000, 3),
            ("100%", u64::MAX, u64::MAX),
            ("0%", 1000, 0),
            ("0.0000000000000000000001%", 1000, 0),
        ] {
            let share = Percentage::parse(text).expect("a percentage");
            assert_eq!((share.of(all), share.to_string().len() <= 26), (expected, true), "{text} of {all}");
        }
    }

    #[test]
    fn names_have_their_alphabets() {
        assert!(ManifestName::parse("a.b_c-9").is_some() && ManifestName::parse("A").is_none());
        assert!(JobName::parse("Load-X").is_some() && JobName::parse("-x").is_none());
        assert!(Identifier::parse("_x9").is_some() && Identifier::parse("9x").is_none());
        assert!(JobName::parse(&"x".repeat(65)).is_none() && Identifier::parse("").is_none());
    }
}
