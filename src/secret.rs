//! Secrets, and the one redactor that stands before every sink.
//!
//! In: a secret's text, from the environment or a file. Out: a value that nothing can print, and a [`Redactor`]
//! that takes known secrets out of any text. Never: where a secret comes from, or who may use it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aho_corasick::{AhoCorasick, MatchKind, packed};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use secrecy::ExposeSecret as _;

/// A secret's text: no `Debug`, no `Display`, no `Serialize`; wiped from memory when dropped.
#[derive(Clone)]
pub struct Secret(secrecy::SecretString);

impl Secret {
    /// Takes `text` out of sight.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that must send it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

/// Secrets by name. What shows it shows the names only.
#[derive(Clone, Default)]
pub struct Secrets {
    secrets_by_name: BTreeMap<String, Secret>,
}

impl Secrets {
    /// The secret called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.secrets_by_name.get(name)
    }

    /// Their names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.secrets_by_name.keys().map(String::as_str)
    }
}

impl FromIterator<(String, Secret)> for Secrets {
    fn from_iter<I: IntoIterator<Item = (String, Secret)>>(secrets: I) -> Self {
        Self { secrets_by_name: secrets.into_iter().collect() }
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// What stands in a secret's place.
pub const MASK: &str = "***";

/// Secrets shorter than this (in bytes) are not searched for: masking every `a` would hide more than it protects.
pub const SHORTEST: usize = 4;

/// Pieces of base64 shorter than this are not searched for, for the same reason.
const SHORTEST_PIECE: usize = 8;

/// Replaces every known secret, in each of its usual spellings, by [`MASK`]. Clones share what they know.
#[derive(Clone, Default)]
pub struct Redactor {
    known: Arc<RwLock<Known>>,
}

/// The spellings of all secrets, and what finds any of them in one pass over a text.
#[derive(Default)]
struct Known {
    spellings: Vec<Secret>,
    finder: Option<AhoCorasick>,
    /// Tells much faster than the finder that a text holds none; not there on every processor.
    sieve: Option<packed::Searcher>,
    /// Longer ones, the longest first, which are looked for one by one.
    long_spellings: Vec<Secret>,
}

impl Known {
    /// Whether one of the spellings in `finder` stands in `text`.
    fn stands_in(&self, text: &str, finder: &AhoCorasick) -> bool {
        self.sieve.as_ref().map_or_else(|| finder.is_match(text), |sieve| sieve.find(text).is_some())
    }
}

/// Spellings above this, in bytes, stay out of the finder: the time to build it is quadratic in a long text that repeats
/// itself, which a secret hardly is, but what a wrong command prints may be (64 KiB of `y` took an hour).
const LONGEST_TO_FIND: usize = 1024;

impl Redactor {
    /// Learns `secret`: its text, and that text in base64, URL-escaped and JSON-escaped, alone or inside of more.
    pub fn learn(&self, secret: &Secret) {
        let text = secret.expose();
        if text.len() < SHORTEST {
            return;
        }
        let mut forms = vec![
            text.to_owned(),
            percent_encoded(text, false),
            percent_encoded(text, true),
            STANDARD.encode(text),
            STANDARD_NO_PAD.encode(text),
            URL_SAFE_NO_PAD.encode(text),
        ];
        forms.extend(forms[1..3].iter().map(|escaped| lower_case_escapes(escaped)).collect::<Vec<_>>());
        // Arguments are JSON text inside of JSON, so that a server's echo of them is escaped twice.
        for ascii_only in [false, true] {
            let once = json_escaped(text, ascii_only);
            forms.extend([json_escaped(&once, ascii_only), once.replace('/', "\\/"), once]);
        }
        forms.extend((0..3).flat_map(|offset| base64_inside(text, offset)));
        forms.sort_unstable();
        forms.dedup();
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let (long, short): (Vec<_>, Vec<_>) = forms.into_iter().partition(|form| form.len() > LONGEST_TO_FIND);
        known.long_spellings.extend(long.into_iter().map(Secret::new));
        known.long_spellings.sort_by_key(|spelling| std::cmp::Reverse(spelling.expose().len()));
        known.spellings.extend(short.into_iter().map(Secret::new));
        // Of spellings that begin at one place the longest: an escaped form may hold the plain one.
        let finder = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(known.spellings.iter().map(Secret::expose));
        known.finder = Some(finder.expect("secrets are far shorter than a finder's limits"));
        known.sieve = packed::Searcher::new(known.spellings.iter().map(Secret::expose));
    }

    /// Returns `text` with every known secret masked; borrowed where there was none.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut text = Cow::Borrowed(text);
        for spelling in &known.long_spellings {
            if text.contains(spelling.expose()) {
                text = Cow::Owned(text.replace(spelling.expose(), MASK));
            }
        }
        if let Some(finder) = known.finder.as_ref().filter(|finder| known.stands_in(&text, finder)) {
            let mut masked = String::with_capacity(text.len());
            finder.replace_all_with(&text, &mut masked, |_, _, masked| {
                masked.push_str(MASK);
                true
            });
            text = Cow::Owned(masked);
        }
        text
    }

    /// Whether `text` holds a known secret in any spelling.
    #[must_use]
    pub fn finds_in(&self, text: &str) -> bool {
        matches!(self.redact(text), Cow::Owned(_))
    }
}

/// `text` as it stands inside of a JSON string.
fn json_escaped(text: &str, ascii_only: bool) -> String {
    let json = serde_json::to_string(text).expect("a string has a JSON form");
    let inner = &json[1..json.len() - 1];
    if !ascii_only {
        return inner.to_owned();
    }
    let mut out = String::with_capacity(inner.len());
    for c in inner.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            let mut units = [0; 2];
            c.encode_utf16(&mut units).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        }
    }
    out
}

/// What is certain of the base64 text of a longer text, in which `text` begins `offset` bytes behind a group of three:
/// the characters that depend on `text` alone. Such is `user:password` in a header. In both alphabets.
fn base64_inside(text: &str, offset: usize) -> Vec<String> {
    let padded = [&[0; 2][..offset], text.as_bytes()].concat();
    let from = (offset * 8).div_ceil(6);
    let to = padded.len() * 8 / 6;
    [STANDARD_NO_PAD.encode(&padded), URL_SAFE_NO_PAD.encode(&padded)]
        .into_iter()
        .filter_map(|whole| whole.get(from..to).map(str::to_owned))
        .filter(|piece| piece.len() >= SHORTEST_PIECE)
        .collect()
}

/// `%2F` as `%2f`.
fn lower_case_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, part) in text.split('%').enumerate() {
        let code = if index == 0 { 0 } else { part.len().min(2) };
        out.push_str(if index == 0 { "" } else { "%" });
        out.push_str(&part[..code].to_ascii_lowercase());
        out.push_str(&part[code..]);
    }
    out
}

fn percent_encoded(text: &str, plus_for_space: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            b' ' if plus_for_space => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_spelling_is_masked() {
        let redactor = Redactor::default();
        redactor.learn(&Secret::new("p\"ss w/rd€".to_owned()));
        for spelling in [
            "p\"ss w/rd€",
            "p\\\"ss w/rd€",
            "p\\\\\\\"ss w/rd€",
            "p\\\"ss w\\/rd€",
            "p\\\"ss w/rd\\u20ac",
            "p%22ss%20w%2Frd%E2%82%AC",
            "p%22ss+w%2Frd%E2%82%AC",
            "p%22ss%20w%2frd%e2%82%ac",
            "cCJzcyB3L3Jk4oKs",
        ] {
            let text = format!("before {spelling} after");
            assert_eq!(redactor.redact(&text), "before *** after", "{spelling}");
        }
        assert!(!redactor.finds_in("nothing here"));
    }

    #[test]
    fn base64_of_more_than_the_secret_is_masked_where_it_is() {
        let redactor = Redactor::default();
        redactor.learn(&Secret::new("open sesame?".to_owned()));
        for before in ["", "u", "us", "usr", "user:"] {
            for after in ["", "!", "!!", " and more"] {
                for encoded in [
                    STANDARD.encode(format!("{before}open sesame?{after}")),
                    URL_SAFE_NO_PAD.encode(format!("{before}open sesame?{after}")),
                ] {
                    let shown = redactor.redact(&encoded).into_owned();
                    assert!(shown.contains(MASK), "{encoded}");
                    // What is left holds less than a byte of the secret at each end.
                    let left: usize = shown.split(MASK).map(str::len).sum();
                    assert!(left * 6 < (before.len() + after.len()) * 8 + 24, "{encoded} -> {shown}");
                }
            }
        }
    }

    #[test]
    fn a_long_secret_is_masked_too() {
        let redactor = Redactor::default();
        let parts: Vec<String> = (0..5000).map(|number| format!("{number}/")).collect();
        let long = parts.concat();
        redactor.learn(&Secret::new(long.clone()));
        for spelling in [&long, &percent_encoded(&long, false), &STANDARD.encode(&long)] {
            assert_eq!(redactor.redact(&format!("before {spelling} after")), "before *** after");
        }
        assert!(!redactor.finds_in(&long[1..]));
    }

    #[test]
    fn what_shows_secrets_shows_their_names() {
        let secrets = Secrets::from_iter([("api".to_owned(), Secret::new("hunter2".to_owned()))]);
        assert_eq!(format!("{secrets:?}"), "{\"api\"}");
        assert_eq!(secrets.get("api").map(Secret::expose), Some("hunter2"));
    }

    #[test]
    fn a_secret_inside_a_longer_secret_leaves_nothing_of_it() {
        let redactor = Redactor::default();
        redactor.learn(&Secret::new("hunter".to_owned()));
        redactor.learn(&Secret::new("hunter2hunter".to_owned()));
        assert_eq!(redactor.redact("hunter2hunter"), "***");
    }
}
