//! What went wrong with an expression, in words for its author.
//!
//! In: the language's errors. Out: a sentence, its range and what to do. Never: repeats a secret's value.

use std::ops::Range;

use minijinja::ErrorKind;

use super::functions;

/// What went wrong with an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ExpressionError {
    /// Where, in bytes of the expression's text; all of it where nobody knows.
    pub(super) range: Range<usize>,
    /// What, as the middle of a sentence.
    pub(super) what: String,
    /// What to do.
    pub(super) help: Option<String>,
    /// Who is at fault.
    pub(super) cause: ExpressionErrorCause,
}

/// What an expression fails by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExpressionErrorCause {
    /// Itself.
    Itself,
    /// All expressions of the plan together.
    Plan,
    /// A value that is not known yet: nothing is wrong.
    Gap,
}

impl ExpressionError {
    pub(super) fn whole(text: &str, what: impl Into<String>) -> Self {
        Self { range: 0..text.len(), what: what.into(), help: None, cause: ExpressionErrorCause::Itself }
    }

    /// The plan has no budget left.
    pub(super) fn spent(text: &str) -> Self {
        let help = "what is the same for many launches is computed once in `vars`; lists and texts of many thousands \
                    belong into data files";
        Self {
            help: Some(help.to_owned()),
            cause: ExpressionErrorCause::Plan,
            ..Self::whole(text, "all expressions together compute too much")
        }
    }

    /// A value is not known yet.
    pub(super) fn gap(text: &str) -> Self {
        Self { cause: ExpressionErrorCause::Gap, ..Self::whole(text, "a value is not known yet") }
    }

    /// A method of another language: `detail` is `string has no method named upper`.
    fn method(text: &str, detail: &str) -> Self {
        let name = detail.rsplit(' ').next().unwrap_or_default();
        let filter = functions::own_filter(name).unwrap_or(name);
        let help = if functions::FILTERS.contains(&filter) {
            format!("values have no methods; a filter stands behind `|`: write `VALUE | {filter}`")
        } else {
            "values have no methods; filters stand behind `|`: `sortie help expressions` lists them".to_owned()
        };
        Self { help: Some(help), ..Self::whole(text, format!("there is no method `{name}`")) }
    }

    /// `typed` leads from a place in what was compiled to that in `text`.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the list of the language's errors is open")]
    pub(super) fn of(error: &minijinja::Error, text: &str, typed: impl Fn(Range<usize>) -> Range<usize>) -> Self {
        let range = error.range().map(typed).filter(|range| range.end <= text.len() && range.start < range.end);
        let (detail, to_do) = error.detail().map_or(("", None), |detail| match detail.rsplit_once(functions::TO_DO) {
            Some((what, to_do)) => (what, Some(to_do)),
            None => (detail, None),
        });
        let kind = error.kind();
        let what = if kind == ErrorKind::OutOfFuel {
            "the expression computes too much".to_owned()
        } else if detail.contains("recursion limit") {
            "the expression nests too deeply".to_owned()
        } else if kind == ErrorKind::SyntaxError && !detail.is_empty() {
            detail.to_owned()
        } else if kind == ErrorKind::InvalidOperation && !detail.is_empty() {
            match detail.strip_prefix("tried to use ") {
                Some(rest) => operands(rest),
                None if detail.ends_with(" literal") => "the text is not a number".to_owned(),
                None if detail.ends_with(" from empty string") => "the text is empty, and no number".to_owned(),
                None => detail.to_owned(),
            }
        } else {
            format!("{kind}{}{detail}", if detail.is_empty() { "" } else { ": " })
        };
        if kind == ErrorKind::UnknownMethod {
            let range = range.unwrap_or(0..text.len());
            return Self { range, ..Self::method(text, detail) };
        }
        let range = range.unwrap_or(0..text.len());
        let help = match kind {
            ErrorKind::InvalidOperation if to_do.is_some() => to_do,
            ErrorKind::UndefinedError => Some("`| default(...)` gives a value for that case"),
            ErrorKind::SyntaxError if text[..range.start].ends_with('|') => Some("write `or`"),
            ErrorKind::SyntaxError if what.contains("end of input") => Some("complete it, or remove what comes last"),
            ErrorKind::SyntaxError => instead_of(&text[range.start..])
                .or_else(|| what.contains("after expression").then_some("text stands in quotes, and `~` joins text")),
            ErrorKind::InvalidOperation if what.contains("cannot work on") => {
                Some("`| int` or `| float` makes a number of text; `~` joins text; a column's type stands in `columns`")
            }
            ErrorKind::InvalidOperation if what == "the text is empty, and no number" => {
                Some("`| default(0, true)` in front gives a number in its place")
            }
            ErrorKind::InvalidOperation if what == "the text is not a number" => {
                Some("`| int` and `| float` take digits; nothing stands between thousands")
            }
            _ => None,
        };
        Self { range, what, help: help.map(str::to_owned), cause: ExpressionErrorCause::Itself }
    }
}

/// `+ operator on unsupported types string and number`, as a sentence.
fn operands(detail: &str) -> String {
    detail.split_once(" operator on unsupported types ").map_or_else(
        || detail.to_owned(),
        |(sign, types)| format!("`{sign}` cannot work on a {}", types.replace(" and ", " and a ")),
    )
}

/// What sortie's expressions have in place of the sign at the start of `rest`, which other languages have.
pub(super) fn instead_of(rest: &str) -> Option<&'static str> {
    let instead = [
        ("&", "write `and`"),
        ("||", "write `or`"),
        ("!", "write `not`"),
        ("=", "compare with `==`"),
        ("?", "write `A if CONDITION else B`"),
        ("`", "text stands in quotes"),
    ];
    instead.into_iter().find(|(sign, _)| rest.starts_with(sign)).map(|(_, help)| help)
}
