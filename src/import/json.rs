//! JSON as people paste it: with variables of Postman or a shell where numbers stand.
//!
//! In: text. Out: a value whose numbers are those written; a bare variable is a text that [`BARE`] marks. Never: shows a part
//! of the text in an error.

use serde_json::Value;
use serde_json::error::Category;

use super::error::JsonProblem;
use super::placeholders;
use crate::template::{InexactValue, exact_json};

/// Marks a text that stood without quotes: of a private area, in which nobody writes.
pub(super) const BARE: char = '\u{e000}';

/// The value of `text`.
pub(super) fn parse(text: &str) -> Result<Value, JsonProblem> {
    exact_json(&with_quotes(text)).map_err(|error| problem(&error))
}

fn problem(error: &InexactValue) -> JsonProblem {
    match error {
        InexactValue::Syntax(error) => {
            let what = match error.classify() {
                Category::Eof => "it ends too early",
                Category::Io | Category::Syntax | Category::Data if error.to_string().contains("recursion") => {
                    "it is nested too deep"
                }
                Category::Io | Category::Syntax | Category::Data => "this is not JSON",
            };
            JsonProblem::Syntax { line: error.line(), column: error.column(), what }
        }
        InexactValue::Repeated(_) => JsonProblem::Kind("a key stands twice in one object"),
        InexactValue::TooMany => JsonProblem::Kind("it holds more than a million values"),
        InexactValue::Number(_) | InexactValue::Integer(_) | InexactValue::NotFinite => {
            JsonProblem::Kind("a number in it has more digits than a JSON number keeps; put it in quotes")
        }
        InexactValue::Undefined | InexactValue::OmitInText | InexactValue::Kind(_) => {
            JsonProblem::Kind("it holds what is no value")
        }
    }
}

/// `text` with each variable that stands outside of quotes made a text.
fn with_quotes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_text = false;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if in_text && c == '\\' {
            let next = text[at + 1..].chars().next().map_or(0, char::len_utf8);
            out.push_str(&text[at..at + 1 + next]);
            at += 1 + next;
            continue;
        }
        if !in_text && let Some(length) = placeholders::variable_at(&text[at..]) {
            out.push_str(&format!("\"{BARE}{}\"", &text[at..at + length]));
            at += length;
            continue;
        }
        in_text ^= c == '"';
        out.push(c);
        at += c.len_utf8();
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn variables_stand_where_numbers_do() {
        assert_eq!(
            parse(r#"{"a": {{count}}, "b": "{{x}} \" {{y}}", "c": [$N, ${M}]}"#),
            Ok(json!({"a": "\u{e000}{{count}}", "b": "{{x}} \" {{y}}", "c": ["\u{e000}$N", "\u{e000}${M}"]}))
        );
    }

    #[test]
    fn what_is_wrong_is_said_without_the_text() {
        for (text, expected) in [
            ("{\"hunter2\": }", "line 1, column 13: this is not JSON"),
            ("{\"a\":\n 1", "line 2, column 2: it ends too early"),
            ("{\"hunter2\": 1, \"hunter2\": 2}", "a key stands twice in one object"),
            (&"[".repeat(500), "line 1, column 128: it is nested too deep"),
        ] {
            assert_eq!(parse(text).expect_err("refused").to_string(), expected);
        }
    }
}
