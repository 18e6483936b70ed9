//! sortie's own part of a Reference, found in whatever text a server made of it.
//!
//! In: texts that a server shows as a robot job's `Reference`. Out: whose it is, and of what form it is. Matching is
//! lenient: a server may fold letter case, trim or escape the author's text. Proving is strict: only a text that is,
//! byte for byte, of the form that sortie sends shows that the server keeps texts of that form.

use super::{Reference, RunId};

/// What sortie's own part begins with.
const LEAD: &str = "sortie";
/// The run's digits.
const RUN: usize = 32;
/// The launch's digits.
const LAUNCH: usize = 16;
/// The whole of it: `sortie-<32 hexadecimal digits>-<16 of them>`.
const LENGTH: usize = LEAD.len() + 1 + RUN + 1 + LAUNCH;
/// What escaping for addresses and for HTML makes of the hyphens between its parts, in lower case.
const ESCAPED_HYPHENS: [&str; 3] = ["%2d", "&#45;", "&#x2d;"];

/// Whose robot job a Reference names: a run, and one of its launches by its fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReferenceMark {
    /// The run.
    pub run: RunId,
    /// [`LaunchId::fingerprint`](super::LaunchId::fingerprint) of the launch.
    pub fingerprint: u64,
}

impl ReferenceMark {
    /// The mark in `text`, in any letter case, alone or inside other text, whatever stands between its letters and digits;
    /// `None` if there is none.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        let letters = letters(text);
        let last = letters.len().checked_sub(LEAD.len() + RUN + LAUNCH)?;
        // From the end: that is where sortie puts it.
        (0..=last).rev().find_map(|at| Self::read(&letters[at..]))
    }

    /// The mark that `letters` begin with.
    fn read(letters: &[u8]) -> Option<Self> {
        let (run, rest) = letters.strip_prefix(LEAD.as_bytes())?.split_at_checked(RUN)?;
        let launch = rest.get(..LAUNCH)?;
        let number = |digits: &[u8]| {
            let text = std::str::from_utf8(digits).ok()?;
            let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
            is_hex.then(|| u128::from_str_radix(text, 16).expect("at most 32 hexadecimal digits fit"))
        };
        let run = RunId::from_bytes(number(run)?.to_be_bytes());
        let fingerprint = u64::try_from(number(launch)?).expect("16 hexadecimal digits fit");
        Some(Self { run, fingerprint })
    }
}

/// What is left of `text` by a server that drops, replaces or escapes everything but letters and digits, in lower case.
fn letters(text: &str) -> Vec<u8> {
    let text = text.to_ascii_lowercase();
    let mut rest = text.as_bytes();
    let mut letters = Vec::with_capacity(rest.len());
    while let Some((first, behind)) = rest.split_first() {
        let escaped = ESCAPED_HYPHENS.iter().find_map(|escaped| rest.strip_prefix(escaped.as_bytes()));
        if escaped.is_none() && first.is_ascii_alphanumeric() {
            letters.push(*first);
        }
        rest = escaped.unwrap_or(behind);
    }
    letters
}

/// What of References a server was seen to keep: how long they were, and which characters they held.
///
/// A server that cuts, folds or escapes texts does so to some of them only. So a Reference that came back as it was sent
/// vouches for others no longer than it, without other characters: not for those with more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReferenceShape {
    length: usize,
    /// One bit for each ASCII character that is neither a lower-case letter nor a digit; capitals share one.
    characters: u128,
}

impl ReferenceShape {
    /// The shape of `text`, if it is of the form that sortie sends: `[author's text ]sortie-<run>-<launch>`, with its
    /// digits in lower case, at its end; `None` otherwise.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let start = text.len().checked_sub(LENGTH)?;
        let own = text.get(start..)?;
        let mark = ReferenceMark::find(own)?;
        let is_own = own == format!("{LEAD}-{}-{:016x}", mark.run, mark.fingerprint);
        let author = &text[..start];
        (is_own && text.is_ascii() && (author.is_empty() || author.ends_with(' ')))
            .then(|| Self { length: text.len(), characters: text.bytes().fold(0, |set, byte| set | bit(byte)) })
    }

    /// Takes in that a text of the shape `other` was kept, too.
    pub fn add(&mut self, other: Self) {
        self.length = self.length.max(other.length);
        self.characters |= other.characters;
    }

    /// Whether what was kept vouches for `reference`.
    #[must_use]
    pub fn covers(&self, reference: &Reference) -> bool {
        Self::of(reference.as_str())
            .is_some_and(|asked| asked.length <= self.length && asked.characters & !self.characters == 0)
    }
}

fn bit(byte: u8) -> u128 {
    match byte {
        b'a'..=b'z' | b'0'..=b'9' => 0,
        b'A'..=b'Z' => 1 << b'A',
        _ => 1 << (byte & 0x7f),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::LaunchId;

    fn reference(author: Option<&str>) -> Reference {
        Reference::new(author, RunId::from_bytes([0xab; 16]), &LaunchId::from("load"))
    }

    #[test]
    fn a_mark_is_found_in_whatever_a_server_made_of_it() {
        let sent = reference(Some("R&D  pay"));
        let mark = ReferenceMark::find(sent.as_str()).expect("it is there");
        assert_eq!(mark.run, RunId::from_bytes([0xab; 16]));
        assert_eq!(mark.fingerprint, LaunchId::from("load").fingerprint());
        for changed in [
            sent.as_str().to_uppercase(),
            sent.as_str().replace('&', "&amp;"),
            sent.as_str().replace("  ", " "),
            sent.as_str().replace('-', "%2D"),
            sent.as_str().replace('-', "&#45;"),
            sent.as_str().replace('-', "&#x2D;"),
            sent.as_str().replace('-', "_"),
            sent.as_str().replace('-', ""),
            sent.as_str().replace('-', "\u{2013}"),
            sent.as_str().replace("sortie-", "Sortie: "),
            sent.as_str().replace("abababababababababababababababab", "abababab-abab-abab-abab-abababababab"),
            format!("{sent} (copy)"),
            reference(None).to_string(),
        ] {
            assert_eq!(ReferenceMark::find(&changed), Some(mark), "{changed}");
        }
        for other in ["", "sortie-", "payroll", &sent.as_str()[..sent.as_str().len() - 1], &"é".repeat(60)] {
            assert_eq!(ReferenceMark::find(other), None, "{other}");
        }
    }

    #[test]
    fn only_what_came_back_unchanged_has_a_shape() {
        let whole = |text: &str| ReferenceShape::of(text).is_some();
        assert!(whole(reference(None).as_str()) && whole(reference(Some("pay")).as_str()));
        let sent = reference(Some("pay"));
        for changed in [
            sent.as_str().to_uppercase(),
            sent.as_str().replace("sortie", "Sortie"),
            sent.as_str().replace("pay ", "pay"),
            format!("{sent} "),
            sent.as_str()[..40].to_owned(),
            format!("ä {sent}"),
        ] {
            assert!(!whole(&changed), "{changed}");
        }
    }

    #[test]
    fn a_reference_vouches_for_shorter_ones_of_its_own_characters() {
        let kept = |authors: &[Option<&str>]| {
            let mut shape = ReferenceShape::default();
            for author in authors {
                shape.add(ReferenceShape::of(reference(*author).as_str()).expect("of our form"));
            }
            shape
        };
        let cases = [
            (vec![], None, false),
            (vec![None], None, true),
            (vec![None], Some("pay"), false),
            (vec![Some("pay")], None, true),
            (vec![Some("INV-001")], Some("INV-002"), true),
            (vec![Some("inv-001")], Some("INV-002"), false),
            (vec![Some("research")], Some("R&D"), false),
            (vec![Some("research"), Some("R&D")], Some("R&D two"), true),
            (vec![Some("short")], Some("a longer one"), false),
        ];
        for (seen, asked, expected) in cases {
            assert_eq!(kept(&seen).covers(&reference(asked)), expected, "{seen:?} for {asked:?}");
        }
    }
}
