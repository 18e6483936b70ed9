//! Whether a number keeps the digits of the text that it was read from.
//!
//! In: decimal text, and the number that was made of it. Out: whether the JSON that is sent for it is the same decimal
//! value. Never: how many digits a format should have: `10.50` and `10.5` are one value.

use serde_json::{Number, Value};

/// Whether `number`, written as JSON, reads as the same decimal value as `text`: an integer or a fraction with a decimal
/// point or an exponent, as YAML, JSON and CSV write them.
#[must_use]
pub fn keeps_digits(text: &str, number: f64) -> bool {
    let Some(sent) = Number::from_f64(number) else { return false };
    match (Decimal::of(text), Decimal::of(&sent.to_string())) {
        (Some(text), Some(sent)) => text == sent,
        (_, _) => false,
    }
}

/// Whether two JSON values are the same, numbers by their decimal value: `1` is `1.0`, and every digit of an integer counts.
#[must_use]
pub fn is_same_value(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || is_same_decimal(one, other),
        (Value::Array(some), Value::Array(others)) => {
            some.len() == others.len() && some.iter().zip(others).all(|(one, other)| is_same_value(one, other))
        }
        (Value::Object(some), Value::Object(others)) => {
            let has = |(key, one): (&String, &Value)| others.get(key).is_some_and(|other| is_same_value(one, other));
            some.len() == others.len() && some.iter().all(has)
        }
        (one, other) => one == other,
    }
}

fn is_same_decimal(one: &Number, other: &Number) -> bool {
    match (Decimal::of(&one.to_string()), Decimal::of(&other.to_string())) {
        (Some(one), Some(other)) => one == other,
        (_, _) => false,
    }
}

/// What `text` becomes in JSON: its nearest number.
pub(super) fn sent(text: &str) -> Option<String> {
    text.parse().ok().and_then(Number::from_f64).map(|number| number.to_string())
}

/// A decimal value in its one shortest form: `±digits × 10^exponent`.
#[derive(Debug, PartialEq, Eq)]
struct Decimal {
    is_negative: bool,
    /// Without zeros at either end; empty for 0, which has no sign and the exponent 0.
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// None where the exponent is beyond any number's.
    fn of(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = [whole, fraction].concat();
        let from_first = all.trim_start_matches('0');
        let digits = from_first.trim_end_matches('0');
        if digits.is_empty() {
            return Some(Self { is_negative: false, digits: String::new(), exponent: 0 });
        }
        let zeros = i64::try_from(from_first.len() - digits.len()).ok()?;
        let exponent = exponent.parse::<i64>().ok()?.checked_sub(i64::try_from(fraction.len()).ok()?)?;
        Some(Self {
            is_negative: text.starts_with('-'),
            digits: digits.to_owned(),
            exponent: exponent.checked_add(zeros)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_kept_where_what_is_sent_is_the_same_decimal_value() {
        for (text, is_kept) in [
            ("10.50", true),
            ("0.1", true),
            ("-0.0", true),
            ("0", true),
            ("+.5", true),
            ("1.", true),
            ("1e3", true),
            ("680841e1", true),
            ("100e-2", true),
            ("1e23", true),
            ("5e-324", true),
            ("1.7976931348623157e308", true),
            ("0e99999999999999999999", true),
            ("123456789012345", true),
            ("9007199254740992.0", true),
            ("99999999999999.9", true),
            ("0.30000000000000004", true),
            ("99999999999999.99", false),
            ("-99999999999999.99", false),
            ("12345678901234567.5", false),
            ("9007199254740993.0", false),
            ("0.1234567890123456789", false),
            ("0.1000000000000000055511151231257827", false),
            ("12345678901234567e3", true),
            ("12345678901234567e-1", false),
            ("123456789012345678e3", false),
            ("1e-400", false),
            ("1e400", false),
            ("1e-99999999999999999999", false),
        ] {
            assert_eq!(keeps_digits(text, text.parse().expect("a number")), is_kept, "{text}");
        }
    }

    #[test]
    fn zeros_of_any_length_cost_no_more_than_their_text() {
        let long = format!("{}.{}e-3", "0".repeat(100_000), "0".repeat(100_000));
        assert!(keeps_digits(&long, 0.0));
        let one = format!("1{}e-100000", "0".repeat(100_000));
        assert!(keeps_digits(&one, 1.0));
    }
}
