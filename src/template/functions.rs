//! The closed list of what expressions can do: filters, tests and functions, all pure.
//!
//! In: values. Out: values. Never: clock, environment, network or disk, but for the time zone database.
//! The lists here are the documented ones (`docs/expressions.md`); a test holds every name to an example.

use std::cell::Cell;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ZonedDateTime};
use minijinja::value::{Kwargs, Rest, Serde, Value, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, UndefinedBehavior};

use crate::manifest::keeps_digits;

/// What may stand after `|`.
pub const FILTERS: &[&str] = &[
    "abs",
    "bool",
    "capitalize",
    "contains",
    "d",
    "date",
    "default",
    "first",
    "float",
    "format",
    "fromjson",
    "int",
    "items",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "select",
    "selectattr",
    "shift",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
];

/// What may stand after `is`.
pub const TESTS: &[&str] = &[
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "even",
    "false",
    "float",
    "ge",
    "gt",
    "in",
    "integer",
    "le",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sequence",
    "startingwith",
    "string",
    "true",
    "undefined",
];

/// What may be called.
pub const FUNCTIONS: &[&str] = &["range"];

/// What sortie calls a filter of another language.
pub(super) fn own_filter(name: &str) -> Option<&'static str> {
    Some(match name.to_ascii_lowercase().as_str() {
        "strftime" | "todate" | "format_date" | "dateformat" | "formatdate" => "date",
        "upcase" | "toupper" | "touppercase" | "uppercase" => "upper",
        "downcase" | "tolower" | "tolowercase" | "lowercase" => "lower",
        "strip" => "trim",
        "len" | "size" | "count" => "length",
        "tojsonstring" | "to_json" | "json" | "stringify" => "tojson",
        "from_json" | "parse_json" => "fromjson",
        "str" | "tostring" => "string",
        "integer" | "parseint" | "tointeger" => "int",
        "number" | "tonumber" => "float",
        "coalesce" | "ifempty" => "default",
        "includes" => "contains",
        _ => return None,
    })
}

/// Builtins of minijinja that are not offered. `map("name")` finds filters by text, so absence from the list is not enough.
const REMOVED: [&str; 15] = [
    "attr",
    "batch",
    "chain",
    "count",
    "dictsort",
    "e",
    "escape",
    "groupby",
    "indent",
    "lines",
    "pprint",
    "safe",
    "slice",
    "urlencode",
    "zip",
];

/// How much one expression may compute: instructions, and about 64 bytes each of what it builds.
pub(super) const FUEL: u64 = 50_000;

/// What stands before and behind an expression whose cost is told by [`last_cost`].
pub(super) const METERED_BEFORE: &str = "(";
const METERED_BEHIND: &str = "\n)|__cost";

thread_local! {
    /// An expression tells what it used only while it runs.
    static LAST_COST: Cell<u64> = const { Cell::new(0) };
}

/// The text to compile for an expression whose cost is to be told.
pub(super) fn metered(text: &str) -> String {
    format!("{METERED_BEFORE}{text}{METERED_BEHIND}")
}

/// The fuel that the expression took which this thread evaluated last.
pub(super) fn last_cost() -> u64 {
    LAST_COST.get()
}

fn cost(state: &State<'_, '_>, value: Value) -> Value {
    LAST_COST.set(state.fuel_levels().map_or(FUEL, |(consumed, _)| consumed));
    value
}

/// The environment that every expression is compiled for.
pub(super) fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    // Errors carry their range only so; it costs nothing where there is none.
    environment.set_debug(true);
    for filter in REMOVED {
        environment.remove_filter(filter);
    }
    for global in ["dict", "debug", "namespace"] {
        environment.remove_global(global);
    }
    environment.add_filter("__cost", cost);
    environment.add_filter("bool", bool);
    environment.add_filter("contains", contains);
    environment.add_filter("date", date);
    environment.add_filter("shift", shift);
    environment.add_filter("fromjson", from_json);
    environment.add_filter("tojson", to_json);
    environment.add_filter("string", string);
    environment.add_filter("float", float);
    environment.add_filter("map", map);
    environment.add_filter("sum", sum);
    environment
}

/// `moment | date(format, zone)`: a moment (RFC 3339 text) or a day (`2026-01-31`) as text.
///
/// `format` is as in strftime, default `%Y-%m-%d`; `zone` an IANA name, default UTC. A day begins at midnight of `zone`.
#[expect(clippy::needless_pass_by_value, reason = "the form in which minijinja hands keywords over")]
fn date(moment: &str, format: Option<&str>, zone: Option<&str>, kwargs: Kwargs) -> Result<String, Error> {
    let named: Option<&str> = kwargs.get("zone")?;
    kwargs.assert_all_used()?;
    let moment = moment_in(moment, zone.or(named))?;
    let format = format.unwrap_or("%Y-%m-%d");
    if !format.contains('%') {
        return Err(failed(format!(
            "the date's form `{format}` names no part of it{TO_DO}write it as strftime does: `%Y-%m-%d`"
        )));
    }
    jiff::fmt::strtime::format(format, &moment).map_err(|error| failed(error.to_string()))
}

/// `moment | shift(days=-1, zone="Europe/Berlin")`: a moment or day, so much later, in the same form.
///
/// Takes years, months, weeks, days, hours, minutes, seconds; civil units count in `zone`, default UTC.
#[expect(clippy::needless_pass_by_value, reason = "the form in which minijinja hands keywords over")]
fn shift(moment: &str, kwargs: Kwargs) -> Result<String, Error> {
    type Add = fn(Span, i64) -> Result<Span, jiff::Error>;
    const UNITS: [(&str, Add); 7] = [
        ("years", Span::try_years),
        ("months", Span::try_months),
        ("weeks", Span::try_weeks),
        ("days", Span::try_days),
        ("hours", Span::try_hours),
        ("minutes", Span::try_minutes),
        ("seconds", Span::try_seconds),
    ];
    let zone: Option<&str> = kwargs.get("zone")?;
    let mut span = Span::new();
    for (unit, add) in UNITS {
        if let Some(amount) = kwargs.get::<Option<i64>>(unit)? {
            span = add(span, amount).map_err(|error| failed(error.to_string()))?;
        }
    }
    kwargs.assert_all_used()?;
    let shifted = moment_in(moment, zone)?.checked_add(span).map_err(|error| failed(error.to_string()))?;
    let is_day = moment.parse::<Timestamp>().is_err();
    Ok(if is_day { shifted.date().to_string() } else { shifted.timestamp().to_string() })
}

fn moment_in(text: &str, zone: Option<&str>) -> Result<ZonedDateTime, Error> {
    let zone = match zone {
        None => TimeZone::UTC,
        Some(name) => TimeZone::get(name)
            .map_err(|_| failed(format!("there is no time zone `{name}`{TO_DO}for example: `Europe/Berlin`")))?,
    };
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment.to_zoned_datetime(zone));
    }
    let wrong = || failed(format!("this is no moment and no day{TO_DO}write `2026-01-31T22:00:00Z` or `2026-01-31`"));
    text.parse::<Date>().map_err(|_| wrong())?.to_zoned_datetime(zone).map_err(|_| wrong())
}

/// `text | contains(part)`: whether the text holds the part, or the list that value, letter case and all.
fn contains(value: &Value, part: &Value) -> Result<bool, Error> {
    if let Some(text) = value.as_str() {
        let part = part.as_str().ok_or_else(|| failed("`contains` looks for text in text".to_owned()))?;
        return Ok(text.contains(part));
    }
    if !matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable) {
        return Err(failed("`contains` looks into text or a list".to_owned()));
    }
    Ok(value.try_iter()?.any(|item| item == *part))
}

/// `text | fromjson`: the value that JSON text holds.
fn from_json(text: &str) -> Result<Value, Error> {
    super::exact_json::parse(text).map(|value| Value::from(Serde(value))).map_err(|error| failed(error.to_string()))
}

/// `value | tojson`: compact JSON text, with exact integers.
fn to_json(value: &Value) -> Result<String, Error> {
    Ok(json(value)?.to_string())
}

/// `value | bool`: minijinja's, but for the text `false`, which is not taken for true because it is not empty.
fn bool(state: &State<'_, '_>, value: &Value) -> Result<bool, Error> {
    let is_false = value.as_str().is_some_and(|text| text.trim().eq_ignore_ascii_case("false"));
    Ok(!is_false && minijinja::filters::bool(state, value)?)
}

/// `value | float`: minijinja's, but for a number that would lose digits, which fails.
fn float(state: &State<'_, '_>, value: &Value, default: Option<Value>, kwargs: Kwargs) -> Result<Value, Error> {
    let float = minijinja::filters::float(state, value, default, kwargs)?;
    let written = match value.as_str() {
        Some(text) => text.to_owned(),
        None if value.is_integer() && !value.is_undefined() => value.to_string(),
        None => return Ok(float),
    };
    let is_decimal = written.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let is_changed = |number| is_decimal && !keeps_digits(&written, number);
    if f64::try_from(float.clone()).is_ok_and(is_changed) {
        let what = "the number has more digits than a JSON number keeps";
        return Err(failed(format!("{what}{TO_DO}without `| float` it is sent with every digit")));
    }
    Ok(float)
}

/// `list | map(attribute="x")`: minijinja's, but for an item without that attribute, which fails: it would vanish from a sum or a text.
fn map(state: &mut State<'_, '_>, value: Value, args: Rest<ValueOrKwargs>) -> Result<Vec<Value>, Error> {
    let items = minijinja::filters::map(state, value, args)?;
    match items.iter().position(Value::is_undefined) {
        None => Ok(items),
        Some(at) => Err(failed(format!(
            "`map` finds no such value in item {} of the list{TO_DO}`map(attribute=\"x\", default=0)` gives one in its place; \
             `selectattr(\"x\", \"defined\")` before it leaves such items out",
            at + 1
        ))),
    }
}

/// `list | sum(attribute="x")`: minijinja's, with the same exception.
fn sum(
    state: &State<'_, '_>,
    values: Value,
    attribute: Option<&str>,
    start: Option<Value>,
    kwargs: Kwargs,
) -> Result<Value, Error> {
    let named = match attribute {
        Some(named) => Some(named),
        None => kwargs.get::<Option<&str>>("attribute")?,
    };
    if let Some(first) = named.and_then(|named| named.split('.').next()) {
        for (at, item) in values.try_iter()?.enumerate() {
            if item.get_attr(first)?.is_undefined() {
                return Err(failed(format!(
                    "`sum` finds no `{first}` in item {} of the list{TO_DO}`selectattr(\"{first}\", \"defined\")` before it leaves \
                     such items out",
                    at + 1
                )));
            }
        }
    }
    minijinja::filters::sum(state, values, attribute, start, kwargs)
}

/// `value | string`: text as it is, anything else as JSON: `true`, not minijinja's `True`.
fn string(value: &Value) -> Result<String, Error> {
    value.as_str().map_or_else(|| to_json(value), |text| Ok(text.to_owned()))
}

fn json(value: &Value) -> Result<serde_json::Value, Error> {
    let json = super::exact_json::to_json(value).map_err(|error| failed(error.to_string()))?;
    json.ok_or_else(|| failed("`omit` has no text".to_owned()))
}

/// Stands in a failure of ours between what went wrong and what to do.
pub(super) const TO_DO: char = '\u{1f}';

pub(super) fn failed(detail: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_tells_what_it_cost() {
        let environment = environment();
        for (text, least, most) in [
            ("1", 1, 10),
            ("('a' * 1000000) | length", 15_000, 40_000),
            ("range(100) | list | length", 50, 500),
            ("range(1000) | map('string') | unique | length", 5_000, 20_000),
        ] {
            let compiled = environment.compile_expression_owned(metered(text)).expect("it compiles");
            compiled.eval(()).expect("it evaluates");
            assert!((least..=most).contains(&last_cost()), "{text}: {}", last_cost());
        }
    }
}
