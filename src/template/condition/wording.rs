//! A condition as people type it, in the words of the language: `&&`, `||`, `!` and infix `startswith` are known elsewhere.
//!
//! In: a condition's text. Out: the same for the language, and the way back to the typed text's places. Never: looks into text
//! that stands in quotes, or judges.

use std::ops::Range;

use crate::template::references::{ReferenceToken, tokens};
use crate::template::rewording::Rewording;

/// Words that no value ends with.
const NO_VALUES: [&str; 7] = ["and", "or", "not", "in", "is", "if", "else"];

/// What people type for a test, and what the language calls it.
const INFIX: [(&str, &str); 2] = [("startswith", "startingwith"), ("endswith", "endingwith")];

/// The condition `typed` in the words of the language.
pub(super) fn reword(typed: &str) -> Rewording {
    Rewording::of(typed, replacements(typed))
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
            assert_eq!(reword(typed).text, expected, "{typed}");
        }
    }

    #[test]
    fn places_lead_back_to_what_was_typed() {
        let typed = "a startswith 'b' && nothing";
        let wording = reword(typed);
        for word in ["a", "'b'", "nothing"] {
            let at = wording.text.find(word).expect("it is there");
            assert_eq!(&typed[wording.typed(&(at..at + word.len()))], word);
        }
        let at = wording.text.find("is startingwith").expect("it is there");
        assert_eq!(&typed[wording.typed(&(at + 3..at + 8))], "startswith");
    }
}
