//! A condition as people type it, in the words of the language: `&&`, `||`, `!` and infix `startswith` are known elsewhere.
//!
//! In: a condition's text. Out: the same for the language, and the way back to the typed text's places. Never: looks into text
//! that stands in quotes, or judges.

use std::ops::Range;

use crate::template::references::{ReferenceToken, tokens};

/// A condition in the words of the language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ConditionWording {
    /// What the language reads.
    pub(super) text: String,
    /// Parts of `text` with the parts of the typed text that they stand for, in order, without gaps.
    parts: Vec<(Range<usize>, Range<usize>)>,
}

/// Words that no value ends with.
const NO_VALUES: [&str; 7] = ["and", "or", "not", "in", "is", "if", "else"];

/// What people type for a test, and what the language calls it.
const INFIX: [(&str, &str); 2] = [("startswith", "startingwith"), ("endswith", "endingwith")];

/// What a comparison such as `row.amount < 60` is where there is no such value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbsentValue {
    /// It does not hold, whichever way it is written.
    FailsComparisons,
    /// The value is lower than any other.
    IsLowest,
}

/// What stands beside a value that is computed with, before it is compared.
const COMPUTING: [&str; 8] = ["+", "-", "*", "/", "%", "~", "|", "("];

impl ConditionWording {
    pub(super) fn of(typed: &str, absent: AbsentValue) -> Self {
        let mut wording = Self { text: String::with_capacity(typed.len() + 16), parts: Vec::new() };
        let mut copied = 0;
        let mut replaced = replacements(typed);
        if absent == AbsentValue::FailsComparisons {
            replaced.extend(compared(typed));
            replaced.sort_by_key(|(range, _)| range.start);
        }
        for (range, words) in replaced {
            wording.add(copied..range.start, &typed[copied..range.start]);
            wording.add(range.clone(), &words);
            copied = range.end;
        }
        wording.add(copied..typed.len(), &typed[copied..]);
        wording
    }

    fn add(&mut self, typed: Range<usize>, words: &str) {
        let start = self.text.len();
        self.text.push_str(words);
        self.parts.push((start..self.text.len(), typed));
    }

    /// Where in the typed text the bytes `range` of the language's text stand.
    pub(super) fn typed(&self, range: &Range<usize>) -> Range<usize> {
        let start = self.place(range.start, |typed| typed.start);
        let end = self.place(range.end, |typed| typed.end);
        start..end.max(start)
    }

    /// The place of `at`; in a part that was worded otherwise, the side of it that `side` takes.
    fn place(&self, at: usize, side: impl Fn(&Range<usize>) -> usize) -> usize {
        let part = self.parts.iter().find(|(own, _)| at < own.end).or(self.parts.last());
        let Some((own, typed)) = part else { return 0 };
        if own.len() == typed.len() { (typed.start + at - own.start).min(typed.end) } else { side(typed) }
    }
}

/// The parts of `typed` that are worded otherwise, in order.
fn replacements(typed: &str) -> Vec<(Range<usize>, String)> {
    let tokens = tokens(typed);
    let text = |at: usize| tokens.get(at).map_or("", |(_, range)| &typed[range.clone()]);
    let before = |at: usize, back: usize| at.checked_sub(back).map_or("", &text);
    let ends_value = |at: Option<usize>| {
        at.and_then(|at| tokens.get(at)).is_some_and(|(token, range)| match token {
            ReferenceToken::Name => !NO_VALUES.contains(&&typed[range.clone()]),
            ReferenceToken::Text => true,
            ReferenceToken::Other => {
                let sign = &typed[range.clone()];
                sign == ")" || sign == "]" || sign.starts_with(|c: char| c.is_ascii_digit())
            }
        })
    };
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((token, range)) = tokens.get(at) {
        let sign = text(at);
        let next = tokens.get(at + 1).filter(|(_, next)| next.start == range.end).map(|(_, next)| next);
        let twice = next.filter(|next| &typed[(*next).clone()] == sign);
        let test = INFIX.iter().find(|(typed, _)| *typed == sign).map(|(_, test)| *test);
        match (token, sign, twice, test) {
            (ReferenceToken::Other, "&" | "|", Some(second), _) => {
                found.push((range.start..second.end, if sign == "&" { " and " } else { " or " }.to_owned()));
                at += 1;
            }
            (ReferenceToken::Other, "!", ..) => found.push((range.clone(), " not ".to_owned())),
            (ReferenceToken::Name, _, _, Some(test)) if before(at, 1) == "is" => {
                found.push((range.clone(), test.to_owned()));
            }
            (ReferenceToken::Name, _, _, Some(test)) if before(at, 1) == "not" && before(at, 2) == "is" => {
                found.push((range.clone(), test.to_owned()));
            }
            (ReferenceToken::Name, _, _, Some(test)) if before(at, 1) == "not" && ends_value(at.checked_sub(2)) => {
                let (_, not) = &tokens[at - 1];
                found.push((not.start..range.end, format!("is not {test}")));
            }
            (ReferenceToken::Name, _, _, Some(test)) if ends_value(at.checked_sub(1)) => {
                found.push((range.clone(), format!("is {test}")));
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Names in `typed` that stand where a value that is not there would hold for being lower than any other: each with words that
/// make it higher.
fn compared(typed: &str) -> Vec<(Range<usize>, String)> {
    let tokens = tokens(typed);
    let text = |at: usize| tokens.get(at).map_or("", |(_, range)| &typed[range.clone()]);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((token, range)) = tokens.get(at) {
        let before = at.checked_sub(1).map_or("", text);
        let is_name = *token == ReferenceToken::Name && !NO_VALUES.contains(&text(at));
        if !is_name || matches!(before, "." | "|" | "is") {
            at += 1;
            continue;
        }
        let (start, mut end) = (range.start, range.end);
        at += 1;
        loop {
            at += match (text(at), tokens.get(at + 1), text(at + 2)) {
                (".", Some((ReferenceToken::Name, member)), _) => {
                    end = member.end;
                    2
                }
                ("[", Some((ReferenceToken::Text, _)), "]") => {
                    end = tokens[at + 2].1.end;
                    3
                }
                _ => break,
            };
        }
        // `||` is no filter.
        let behind = if text(at) == "|" && text(at + 1) == "|" { "||" } else { text(at) };
        let is_low = matches!(behind, "<" | "<=") && (before == "(" || !COMPUTING.contains(&before));
        let is_high = matches!(before, ">" | ">=") && !COMPUTING.contains(&behind);
        if is_low || is_high {
            let name = &typed[start..end];
            found.push((start..end, format!("({name} if {name} is not none else {{}})")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_other_languages_become_those_of_this_one() {
        for (typed, expected) in [
            ("a == 'b' && !c", "a == 'b'  and   not c"),
            ("a||b", "a or b"),
            ("a != 'x && !y' | upper", "a != 'x && !y' | upper"),
            ("launch.folder startswith \"Finance/\"", "launch.folder is startingwith \"Finance/\""),
            ("x not endswith 'z'", "x is not endingwith 'z'"),
            ("x is startswith 'z' or y is not endswith 'z'", "x is startingwith 'z' or y is not endingwith 'z'"),
            ("row.startswith == 1", "row.startswith == 1"),
            ("startswith == 1", "startswith == 1"),
            ("a | startswith", "a | startswith"),
        ] {
            assert_eq!(ConditionWording::of(typed, AbsentValue::IsLowest).text, expected, "{typed}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_lower_than_anything() {
        let high = |name: &str| format!("({name} if {name} is not none else {{}})");
        for (typed, expected) in [
            ("row.a < 6 and b", format!("{} < 6 and b", high("row.a"))),
            ("5 >= row['b-c'].d", format!("5 >= {}", high("row['b-c'].d"))),
            ("(a <= b)", format!("({} <= b)", high("a"))),
            ("a >= b || c", format!("a >= {}  or  c", high("b"))),
            ("a > b", format!("a > {}", high("b"))),
            (
                "a - b < 6 or x | length < 6 or range(3) < 6 or 'a < b'",
                "a - b < 6 or x | length < 6 or range(3) < 6 or 'a < b'".to_owned(),
            ),
        ] {
            assert_eq!(ConditionWording::of(typed, AbsentValue::FailsComparisons).text, expected, "{typed}");
        }
    }

    #[test]
    fn places_lead_back_to_what_was_typed() {
        let typed = "a startswith 'b' && nothing";
        let wording = ConditionWording::of(typed, AbsentValue::FailsComparisons);
        for word in ["a", "'b'", "nothing"] {
            let at = wording.text.find(word).expect("it is there");
            assert_eq!(&typed[wording.typed(&(at..at + word.len()))], word);
        }
        let at = wording.text.find("is startingwith").expect("it is there");
        assert_eq!(&typed[wording.typed(&(at + 3..at + 8))], "startswith");
    }
}
