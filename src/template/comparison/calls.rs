//! Comparisons in expressions, which the language would answer between values of any kinds: it has each number lower than each text.
//!
//! In: an expression, which compiles. Out: the same with its comparisons as calls of a function of ours, which fails where two values
//! cannot be compared. Never: changes what stands in text or how operators bind.

use std::ops::Range;

use minijinja::value::{Rest, Value};
use minijinja::{Environment, Error, ErrorKind};

use super::{Compare, ComparisonFault, ComparisonOperator};
use crate::template::functions::{TO_DO, failed};
use crate::template::references::{ReferenceToken, tokens};
use crate::template::rewording::Rewording;

/// The function that compares; no expression may call it by this name, since it is in no list.
const COMPARE: &str = "__compare";

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
pub(in crate::template) fn add_to(environment: &mut Environment<'static>) {
    environment.add_function(COMPARE, compare);
    for (operator, names) in TESTS {
        for name in names {
            environment.add_test(*name, move |left: &Value, right: &Value| holds(operator, left, right));
        }
    }
}

/// `expression`, which compiles, with calls in place of its comparisons; `None` where it has none.
pub(in crate::template) fn reword(expression: &str) -> Option<Rewording> {
    let tokens = tokens(expression);
    let start_of = |at: usize| tokens.get(at).map_or(expression.len(), |(_, range)| range.start);
    let mut found: Vec<(Range<usize>, String)> = Vec::new();
    // The expression itself, and each bracket in it that is open.
    let mut around = vec![Chain { start: start_of(0), is_compared: false }];
    let (mut at, mut end) = (0, 0);
    while let Some((_, range)) = tokens.get(at) {
        let chain = around.last_mut()?;
        let (sign, behind) = sign_at(expression, &tokens, at);
        match sign {
            "(" | "[" | "{" => around.push(Chain { start: start_of(at + 1), is_compared: false }),
            ")" | "]" | "}" => {
                found.extend(chain.end(end));
                around.pop();
            }
            sign if COMPARING.contains(&sign) => {
                found.extend(chain.begin());
                found.push((range.start..tokens[behind - 1].1.end, format!(", \"{sign}\", ")));
            }
            sign if BOUNDS.contains(&sign) => {
                found.extend(chain.end(end));
                *chain = Chain { start: start_of(behind), is_compared: false };
            }
            _ => {}
        }
        end = tokens[behind - 1].1.end;
        at = behind;
    }
    found.extend(around.last()?.end(end));
    // Where the first operand begins is known once its comparison is met.
    found.sort_by_key(|(range, _)| range.start);
    (!found.is_empty()).then(|| Rewording::of(expression, found))
}

/// Values with comparisons between them, as far as they were read.
struct Chain {
    /// Where the first value begins.
    start: usize,
    is_compared: bool,
}

impl Chain {
    /// What stands before the first value, if a comparison behind it is the first.
    fn begin(&mut self) -> Option<(Range<usize>, String)> {
        let is_first = !std::mem::replace(&mut self.is_compared, true);
        is_first.then(|| (self.start..self.start, format!("{COMPARE}(")))
    }

    /// What stands behind the last value, which ends at `end`.
    fn end(&self, end: usize) -> Option<(Range<usize>, String)> {
        self.is_compared.then(|| (end..end, ")".to_owned()))
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
    match word(at) {
        _ if is_text || is_member || is_test => ("", at + 1),
        "not" if word(at + 1) == "in" => ("not in", at + 2),
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
