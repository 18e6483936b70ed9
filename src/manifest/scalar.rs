//! What a plain scalar means by the YAML 1.2 core schema (section 10.3.2), narrowed to what JSON holds exactly.
//!
//! In: the text of a plain scalar. Out: its value, or why it is refused. `no`, `on` and `12:30` are text.

use super::decimal;

/// A plain scalar's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum PlainScalar {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
    Text,
}

/// Why a scalar that looks like a number is none that we can keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NumberRefusal {
    /// An integer below i64 or above u64, which would have to be rounded.
    TooLarge,
    /// Infinity or not-a-number, or a number so large that it becomes infinite.
    NotFinite,
    /// A number with more digits than JSON's readers keep.
    Digits,
}

/// The value of plain `text`.
pub(super) fn resolve(text: &str) -> Result<PlainScalar, NumberRefusal> {
    let Some(first) = text.bytes().next() else { return Ok(PlainScalar::Null) };
    match first {
        b'~' | b'n' | b'N' if matches!(text, "~" | "null" | "Null" | "NULL") => Ok(PlainScalar::Null),
        b't' | b'T' if matches!(text, "true" | "True" | "TRUE") => Ok(PlainScalar::Bool(true)),
        b'f' | b'F' if matches!(text, "false" | "False" | "FALSE") => Ok(PlainScalar::Bool(false)),
        b'0'..=b'9' | b'+' | b'-' | b'.' => number(text),
        _ => Ok(PlainScalar::Text),
    }
}

/// The form in which a plain number is sent, where it is another than `text`: `1.10` is sent as `1.1`.
pub(super) fn spelled_otherwise(text: &str, number: PlainScalar) -> Option<String> {
    let sent = match number {
        PlainScalar::Int(value) => value.to_string(),
        PlainScalar::UInt(value) => value.to_string(),
        PlainScalar::Float(_) => decimal::sent(text)?,
        PlainScalar::Null | PlainScalar::Bool(_) | PlainScalar::Text => return None,
    };
    (sent != text).then_some(sent)
}

/// True where plain text would be a number but for `_` between its digits, as in YAML 1.1.
pub(super) fn is_grouped_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_digital = unsigned.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_' || byte == b'.');
    is_digital
        && unsigned.starts_with(|c: char| c.is_ascii_digit())
        && unsigned.contains('_')
        && unsigned.matches('.').count() <= 1
}

/// True where a plain integer is written with zeros in front, which the value does not keep.
pub(super) fn loses_zeros(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn number(text: &str) -> Result<PlainScalar, NumberRefusal> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return Err(NumberRefusal::NotFinite);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return radix(digits, 8);
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return radix(digits, 16);
    }
    if !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return integer(text);
    }
    if is_float(unsigned) {
        return float(text);
    }
    Ok(PlainScalar::Text)
}

/// The number that `text`, a decimal number, is; refused where what is sent for it would be another.
pub(super) fn float(text: &str) -> Result<PlainScalar, NumberRefusal> {
    let value: f64 = text.parse().map_err(|_| NumberRefusal::NotFinite)?;
    if !value.is_finite() {
        return Err(NumberRefusal::NotFinite);
    }
    if decimal::keeps_digits(text, value) { Ok(PlainScalar::Float(value)) } else { Err(NumberRefusal::Digits) }
}

fn radix(digits: &str, radix: u32) -> Result<PlainScalar, NumberRefusal> {
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Ok(PlainScalar::Text);
    }
    let value = u64::from_str_radix(digits, radix).map_err(|_| NumberRefusal::TooLarge)?;
    Ok(i64::try_from(value).map_or(PlainScalar::UInt(value), PlainScalar::Int))
}

fn integer(text: &str) -> Result<PlainScalar, NumberRefusal> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    if let Ok(value) = digits.parse() {
        return Ok(PlainScalar::Int(value));
    }
    digits.parse().map(PlainScalar::UInt).map_err(|_| NumberRefusal::TooLarge)
}

/// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`, without its sign.
fn is_float(unsigned: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_schema_decides() {
        let table: &[(&str, Result<PlainScalar, NumberRefusal>)] = &[
            ("", Ok(PlainScalar::Null)),
            ("~", Ok(PlainScalar::Null)),
            ("nULL", Ok(PlainScalar::Text)),
            ("True", Ok(PlainScalar::Bool(true))),
            ("no", Ok(PlainScalar::Text)),
            ("on", Ok(PlainScalar::Text)),
            ("yes", Ok(PlainScalar::Text)),
            ("12:30", Ok(PlainScalar::Text)),
            ("1_000", Ok(PlainScalar::Text)),
            ("2026-11-23", Ok(PlainScalar::Text)),
            ("1.2.3", Ok(PlainScalar::Text)),
            ("-", Ok(PlainScalar::Text)),
            (".", Ok(PlainScalar::Text)),
            ("+1", Ok(PlainScalar::Int(1))),
            ("0o14", Ok(PlainScalar::Int(12))),
            ("0x1F", Ok(PlainScalar::Int(31))),
            ("0b11", Ok(PlainScalar::Text)),
            ("0o8", Ok(PlainScalar::Text)),
            ("014", Ok(PlainScalar::Int(14))),
            ("1e3", Ok(PlainScalar::Float(1000.0))),
            ("1.", Ok(PlainScalar::Float(1.0))),
            ("-.5E-1", Ok(PlainScalar::Float(-0.05))),
            ("1e", Ok(PlainScalar::Text)),
            ("-9223372036854775808", Ok(PlainScalar::Int(i64::MIN))),
            ("-9223372036854775809", Err(NumberRefusal::TooLarge)),
            ("9223372036854775808", Ok(PlainScalar::UInt(9_223_372_036_854_775_808))),
            ("12345678901234567890", Ok(PlainScalar::UInt(12_345_678_901_234_567_890))),
            ("18446744073709551616", Err(NumberRefusal::TooLarge)),
            ("0xFFFFFFFFFFFFFFFFF", Err(NumberRefusal::TooLarge)),
            (".inf", Err(NumberRefusal::NotFinite)),
            ("-.Inf", Err(NumberRefusal::NotFinite)),
            (".nan", Err(NumberRefusal::NotFinite)),
            ("1e999", Err(NumberRefusal::NotFinite)),
            ("99999999999999.99", Err(NumberRefusal::Digits)),
            ("0.1234567890123456789", Err(NumberRefusal::Digits)),
            ("1e-999", Err(NumberRefusal::Digits)),
            ("10.50", Ok(PlainScalar::Float(10.5))),
            ("inf", Ok(PlainScalar::Text)),
            ("nan", Ok(PlainScalar::Text)),
        ];
        for (text, expected) in table {
            assert_eq!(resolve(text), *expected, "{text}");
        }
    }

    #[test]
    fn a_number_that_is_sent_otherwise_than_it_is_written_is_noticed() {
        for (text, sent) in [
            ("1.10", Some("1.1")),
            ("680841e1", Some("6808410.0")),
            ("0100", Some("100")),
            ("+5", Some("5")),
            ("0x1F", Some("31")),
            ("1e3", Some("1000.0")),
            (".5", Some("0.5")),
            ("1.", Some("1.0")),
            ("2.0", None),
            ("12.5", None),
            ("-7", None),
            ("18446744073709551615", None),
            ("no", None),
        ] {
            let number = resolve(text).expect("kept");
            assert_eq!(spelled_otherwise(text, number).as_deref(), sent, "{text}");
        }
        assert!(is_grouped_number("1_000") && is_grouped_number("-1_000.25"));
        assert!(
            !is_grouped_number("2026")
                && !is_grouped_number("a_1")
                && !is_grouped_number("_1")
                && !is_grouped_number("1_a")
        );
    }

    #[test]
    fn zeros_in_front_are_noticed() {
        assert!(loses_zeros("007") && loses_zeros("-01"));
        assert!(!loses_zeros("0") && !loses_zeros("0.5") && !loses_zeros("0x01") && !loses_zeros("10"));
    }
}
