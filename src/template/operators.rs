//! Operators that the language carries out between values of any kinds: it has each number lower than each text, and text times
//! a number is that text so many times.
//!
//! In: an expression, which compiles. Out: the same with calls of functions of ours, which fail where an operator can only be a
//! mistake. Never: changes what stands in text or how operators bind.

pub(super) mod comparison;

use std::ops::Range;

use minijinja::value::{Rest, Value};
use minijinja::{Environment, Error, ErrorKind};

use super::functions::{TO_DO, failed};
use super::references::{ReferenceToken, tokens};
use super::rewording::Rewording;
use comparison::{Comparand, Compare, ComparisonFault, ComparisonOperator};

/// The function that compares; no expression may call it by this name, since it is in no list.
const COMPARE: &str = "__compare";

/// The filter that takes numbers alone, behind what `*` multiplies; in no list either.
const FACTOR: &str = "__factor";

/// What ends what `*` multiplies, beside what ends an operand of a comparison.
const TERMS: [&str; 6] = ["+", "-", "~", "*", "/", "%"];

/// Where an operand of a comparison ends, or begins, in the brackets around it.
const BOUNDS: [&str; 8] = ["and", "or", "not", "if", "else", ",", ":", "="];

/// What stands between two values that are compared.
const COMPARING: [&str; 8] = ["==", "!=", "<", "<=", ">", ">=", "in", "not in"];

/// The tests that compare, under all of their names.
const TESTS: [(ComparisonOperator, &[&str]); 7] = [
    (ComparisonOperator::Equal, &["eq", "equalto", "=="]),
    (ComparisonOperator::Different, &["ne", "!="]),
    (ComparisonOperator::Less, &["lt", "lessthan", "<"]),
    (ComparisonOperator::LessOrEqual, &["le", "<="]),
    (ComparisonOperator::Greater, &["gt", "greaterthan", ">"]),
    (ComparisonOperator::GreaterOrEqual, &["ge", ">="]),
    (ComparisonOperator::In, &["in"]),
];

/// Gives `environment` the function and the tests that compare.
pub(super) fn add_to(environment: &mut Environment<'static>) {
    environment.add_function(COMPARE, compare);
    environment.add_filter(FACTOR, factor);
    for (operator, names) in TESTS {
        for name in names {
            environment.add_test(*name, move |left: &Value, right: &Value| holds(operator, left, right));
        }
    }
}

/// `expression`, which compiles, with calls in place of its comparisons and in what it multiplies; `None` where it has none.
pub(super) fn reword(expression: &str) -> Option<Rewording> {
    let tokens = tokens(expression);
    let start_of = |at: usize| tokens.get(at).map_or(expression.len(), |(_, range)| range.start);
    let mut found: Vec<(Range<usize>, String)> = Vec::new();
    // The expression itself, and each bracket in it that is open.
    let mut around = vec![Chain::begins(start_of(0))];
    let (mut at, mut end) = (0, 0);
    while let Some((_, range)) = tokens.get(at) {
        let chain = around.last_mut()?;
        let (sign, behind) = sign_at(expression, &tokens, at);
        match sign {
            "(" | "[" | "{" => {
                chain.has_sign = false;
                around.push(Chain::begins(start_of(at + 1)));
            }
            ")" | "]" | "}" => {
                found.extend(chain.end(end));
                around.pop();
            }
            // A sign before a value, as in `2 * -x`, ends nothing.
            sign if TERMS.contains(&sign) && chain.has_sign => {}
            sign if TERMS.contains(&sign) => {
                found.extend(chain.end_factor(end));
                if sign == "*" {
                    found.push((end..end, format!("|{FACTOR}")));
                }
                (chain.is_factor, chain.has_sign) = (sign == "*", true);
            }
            sign if COMPARING.contains(&sign) => {
                found.extend(chain.end_factor(end));
                found.extend(chain.begin());
                found.push((range.start..tokens[behind - 1].1.end, format!(", \"{sign}\", ")));
                chain.has_sign = true;
            }
            sign if BOUNDS.contains(&sign) => {
                found.extend(chain.end(end));
                *chain = Chain::begins(start_of(behind));
            }
            _ => chain.has_sign = false,
        }
        end = tokens[behind - 1].1.end;
        at = behind;
    }
    found.extend(around.last_mut()?.end(end));
    // Where the first operand begins is known once its comparison is met.
    found.sort_by_key(|(range, _)| range.start);
    (!found.is_empty()).then(|| Rewording::of(expression, found))
}

/// Values with comparisons between them, as far as they were read.
struct Chain {
    /// Where the first value begins.
    start: usize,
    is_compared: bool,
    /// Whether what is read is multiplied with what stands before it.
    is_factor: bool,
    /// Whether a sign was read last, or nothing yet: another one belongs to the value behind it.
    has_sign: bool,
}

impl Chain {
    fn begins(start: usize) -> Self {
        Self { start, is_compared: false, is_factor: false, has_sign: true }
    }

    /// What stands before the first value, if a comparison behind it is the first.
    fn begin(&mut self) -> Option<(Range<usize>, String)> {
        let is_first = !std::mem::replace(&mut self.is_compared, true);
        is_first.then(|| (self.start..self.start, format!("{COMPARE}(")))
    }

    /// What stands behind a value that is multiplied, and ends at `end`.
    fn end_factor(&mut self, end: usize) -> Option<(Range<usize>, String)> {
        std::mem::take(&mut self.is_factor).then(|| (end..end, format!("|{FACTOR}")))
    }

    /// What stands behind the last value, which ends at `end`.
    fn end(&mut self, end: usize) -> impl Iterator<Item = (Range<usize>, String)> + use<> {
        let factor = self.end_factor(end);
        factor.into_iter().chain(self.is_compared.then(|| (end..end, ")".to_owned())))
    }
}

/// The sign or word of the language at `at`, empty where a part of a value stands there, and the token behind it.
fn sign_at<'t>(text: &'t str, tokens: &[(ReferenceToken, Range<usize>)], at: usize) -> (&'t str, usize) {
    let word = |at: usize| tokens.get(at).map_or("", |(_, range)| &text[range.clone()]);
    let before = |back: usize| at.checked_sub(back).map_or("", word);
    let is_text = tokens.get(at).is_some_and(|(token, _)| *token == ReferenceToken::Text);
    let is_member = before(1) == "." && word(at) != "(";
    // A test's name, or the `not` before it; a member may be called `is`, too.
    let is_asked = |back: usize| before(back) == "is" && before(back + 1) != ".";
    let is_test = is_asked(1) || (before(1) == "not" && is_asked(2));
    let is_twice = |at: usize| match (tokens.get(at), tokens.get(at + 1)) {
        (Some((_, one)), Some((_, other))) => one.end == other.start && text[one.clone()] == text[other.clone()],
        (_, _) => false,
    };
    match word(at) {
        _ if is_text || is_member || is_test => ("", at + 1),
        "not" if word(at + 1) == "in" => ("not in", at + 2),
        // `**` binds closer than `*`, and `//` as `/`.
        "*" if is_twice(at) => ("**", at + 2),
        "/" if is_twice(at) => ("/", at + 2),
        word => (word, at + 1),
    }
}

/// A value, then as often as it is compared an operator and another value: whether each comparison of two neighbours holds.
fn compare(values: Rest<Value>) -> Result<bool, Error> {
    for three in values.windows(3).step_by(2) {
        let [left, sign, right] = three else { continue };
        let operator = sign.as_str().and_then(ComparisonOperator::of);
        let operator = operator.ok_or_else(|| failed("this is no comparison".to_owned()))?;
        if !holds(operator, left, right)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// `value`, which is multiplied: a number, or true or false, as the language counts them.
fn factor(value: Value) -> Result<Value, Error> {
    match value.comparand() {
        Comparand::Number | Comparand::Boolean => Ok(value),
        _ if value.is_undefined() => Err(Error::from(ErrorKind::UndefinedError)),
        other @ (Comparand::Null | Comparand::Text(_) | Comparand::List | Comparand::Mapping | Comparand::Other) => {
            let (what, help) = (other.words(), ComparisonFault::NumberAsText.help());
            Err(failed(format!("`*` multiplies numbers, and this is {what}{TO_DO}{help}")))
        }
    }
}

fn holds(operator: ComparisonOperator, left: &Value, right: &Value) -> Result<bool, Error> {
    if left.is_undefined() || right.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    operator.holds(left, right).map_err(|fault| {
        let (one, other) = (left.comparand().words(), right.comparand().words());
        let is_search = matches!(operator, ComparisonOperator::In | ComparisonOperator::NotIn);
        let what = match fault {
            ComparisonFault::NotInside => format!("`in` cannot look for {one} in {other}"),
            ComparisonFault::NumberAsText | ComparisonFault::BooleanAsText if is_search => {
                format!("`in` looks for {one} among values of another kind")
            }
            ComparisonFault::NumberAsText | ComparisonFault::BooleanAsText | ComparisonFault::NoOrder => {
                format!("this compares {one} with {other}")
            }
        };
        failed(format!("{what}{TO_DO}{}", fault.help()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_multiplied_passes_a_filter() {
        for (expression, expected) in [
            ("a * 2", "a|__factor * 2|__factor"),
            ("a ** 2", "a ** 2"),
            ("a // 2 - b / 3", "a // 2 - b / 3"),
            ("2 * -a.b | int + c", "2|__factor * -a.b | int|__factor + c"),
            ("(a + b) * c[0] * d ~ e", "(a + b)|__factor * c[0]|__factor|__factor * d|__factor ~ e"),
            ("a * b ** 2 < c", "__compare(a|__factor * b ** 2|__factor , \"<\",  c)"),
            ("x if a * 2 else [b * c]", "x if a|__factor * 2|__factor else [b|__factor * c|__factor]"),
            ("-a * +1", "-a|__factor * +1|__factor"),
            ("'a * b'", "'a * b'"),
        ] {
            assert_eq!(
                reword(expression).map_or_else(|| expression.to_owned(), |it| it.text),
                expected,
                "{expression}"
            );
        }
    }

    #[test]
    fn comparisons_become_calls_and_the_rest_stays() {
        for (expression, expected) in [
            ("a", None),
            ("a | default(1) ~ 'b < c'", None),
            ("a < b", Some("__compare(a , \"<\",  b)")),
            ("a<b and not c.d|int >= 1+2", Some("__compare(a, \"<\", b) and not __compare(c.d|int , \">=\",  1+2)")),
            (
                "(a < b) != c[d == 1]",
                Some("__compare((__compare(a , \"<\",  b)) , \"!=\",  c[__compare(d , \"==\",  1)])"),
            ),
            (
                "1 < a <= 2 or 'x' not in b",
                Some("__compare(1 , \"<\",  a , \"<=\",  2) or __compare('x' , \"not in\",  b)"),
            ),
            ("a is not in [1] and b is gt 3", None),
            ("a.in == a.lt", Some("__compare(a.in , \"==\",  a.lt)")),
            ("lt in eq", Some("__compare(lt , \"in\",  eq)")),
            ("x if a > 1 else y == 2", Some("x if __compare(a , \">\",  1) else __compare(y , \"==\",  2)")),
            ("a | f(x=b < 1, y=[c >= 2])", Some("a | f(x=__compare(b , \"<\",  1), y=[__compare(c , \">=\",  2)])")),
            ("{'k': a == 1}", Some("{'k': __compare(a , \"==\",  1)}")),
            ("a.is == b.is.not and c.is", Some("__compare(a.is , \"==\",  b.is.not) and c.is")),
            ("a == not_in", Some("__compare(a , \"==\",  not_in)")),
        ] {
            assert_eq!(reword(expression).map(|reworded| reworded.text), expected.map(str::to_owned), "{expression}");
        }
    }
}
