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

impl ConditionWording {
    pub(super) fn of(typed: &str) -> Self {
        let mut wording = Self { text: String::with_capacity(typed.len() + 16), parts: Vec::new() };
        let mut copied = 0;
        for (range, words) in replacements(typed) {
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
            assert_eq!(ConditionWording::of(typed).text, expected, "{typed}");
        }
    }

    #[test]
    fn places_lead_back_to_what_was_typed() {
        let typed = "a startswith 'b' && nothing";
        let wording = ConditionWording::of(typed);
        for word in ["a", "'b'", "nothing"] {
            let at = wording.text.find(word).expect("it is there");
            assert_eq!(&typed[wording.typed(&(at..at + word.len()))], word);
        }
        let at = wording.text.find("is startingwith").expect("it is there");
        assert_eq!(&typed[wording.typed(&(at + 3..at + 8))], "startswith");
    }
}
