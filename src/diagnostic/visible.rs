//! Names told apart: what is invisible becomes visible, and two spellings of one letter are one.
//!
//! In: names from people and servers. Out: texts to show, and to compare. Never: changes a name that is sent.
//! Source: Unicode Standard Annex #15 (normal forms).

use std::borrow::Cow;

use icu_normalizer::{ComposingNormalizer, ComposingNormalizerBorrowed};

const COMPOSING: ComposingNormalizerBorrowed<'static> = ComposingNormalizer::new_nfc();

/// `name` with what nobody sees written as `\u{..}`: blanks other than a space, characters without width, and what
/// steers a terminal.
#[must_use]
pub fn visible(name: &str) -> Cow<'_, str> {
    shown(name, is_invisible)
}

/// `name` composed (NFC): `u` with a combining diaeresis and `ü` are the same then.
#[must_use]
pub fn composed(name: &str) -> Cow<'_, str> {
    COMPOSING.normalize(name)
}

/// Whether two names differ in nothing but how their letters are composed.
#[must_use]
pub fn are_one(name: &str, other: &str) -> bool {
    name == other || composed(name) == composed(other)
}

/// `near` as a suggestion for `typed`: in backticks, and where the two look the same with the characters that differ.
#[must_use]
pub fn suggestion(typed: &str, near: &str) -> String {
    if typed != near && are_one(typed, near) {
        let (typed, apart) = (shown(typed, |c| !c.is_ascii()), shown(near, |c| !c.is_ascii()));
        return format!("`{near}`, composed otherwise: `{apart}`, where this is `{typed}`");
    }
    format!("`{}`", visible(near))
}

fn shown(name: &str, is_shown: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !name.contains(&is_shown) {
        return Cow::Borrowed(name);
    }
    let escaped = name.chars().fold(String::new(), |mut text, c| {
        if is_shown(c) {
            text.extend(c.escape_unicode());
        } else {
            text.push(c);
        }
        text
    });
    Cow::Owned(escaped)
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(
            c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'
                ..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
                | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{E0000}'..='\u{E0FFF}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_shown() {
        for (name, expected) in [
            ("Invoice Loader", "Invoice Loader"),
            ("Müller Lauf 東京", "Müller Lauf 東京"),
            ("Invoice\u{a0}Loader", "Invoice\\u{a0}Loader"),
            ("Loader\u{200b}", "Loader\\u{200b}"),
            ("\u{feff}A\u{ad}B\u{3000}C\tD", "\\u{feff}A\\u{ad}B\\u{3000}C\\u{9}D"),
        ] {
            assert_eq!(visible(name), expected);
        }
    }

    #[test]
    fn one_letter_in_two_spellings_is_one() {
        assert!(are_one("Mu\u{308}ller", "M\u{fc}ller"));
        assert!(!are_one("Muller", "M\u{fc}ller"));
        assert_eq!(
            suggestion("Mu\u{308}ller", "M\u{fc}ller"),
            "`M\u{fc}ller`, composed otherwise: `M\\u{fc}ller`, where this is `Mu\\u{308}ller`"
        );
        assert_eq!(suggestion("Loadr", "Loader"), "`Loader`");
    }
}
