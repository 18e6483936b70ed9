//! The one redactor that stands before every sink.
//!
//! In: known secrets, and texts that may hold them. Out: the texts with [`MASK`] in the secrets' places. Values are
//! masked before they are written into a structure (JSON, a table), never the bytes of a structure: a secret that
//! happens to be a key of ours would break it. Never: touches what is ours where the caller says so.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock};

use aho_corasick::{AhoCorasick, packed};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::decode::each_reading;
use super::value::Secret;
use super::{shapes, words};

/// What stands in a secret's place.
pub const MASK: &str = "***";

/// Minimum length, in characters, of a secret that is searched for inside of texts: masking every `1608` would hide more
/// than it protects, and tell where it stood.
pub const MIN_SEARCHED_CHARS: usize = 6;

/// Pieces of base64 shorter than this are not searched for, for the same reason.
const MIN_PIECE_BYTES: usize = 8;

/// Secrets above this, in bytes, are searched for by so many of their first bytes: the time to build a finder is quadratic
/// in a long text that repeats itself, as what a wrong command prints may do.
const MAX_PATTERN_BYTES: usize = 1024;

/// Replaces every known secret by [`MASK`], also where it stands in base64 or escaped. Clones share what they know.
#[derive(Clone, Default)]
pub struct Redactor {
    known: Arc<RwLock<KnownSecrets>>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor")
    }
}

/// Why a secret is masked only where it is a whole value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Shorter than [`MIN_SEARCHED_CHARS`].
    #[error("is shorter than {MIN_SEARCHED_CHARS} characters")]
    Short,
    /// Such as `started`.
    #[error("is a word that sortie itself writes")]
    OurWord,
}

impl Weakness {
    /// What is weak about `secret`; none for most.
    #[must_use]
    pub fn of(secret: &Secret) -> Option<Self> {
        let text = secret.expose();
        if text.chars().count() < MIN_SEARCHED_CHARS {
            Some(Self::Short)
        } else if words::is_ours(text) {
            Some(Self::OurWord)
        } else {
            None
        }
    }
}

/// All secrets, and what finds any of them in one pass over a text.
#[derive(Default)]
struct KnownSecrets {
    /// Digests of what was learnt.
    learnt: HashSet<[u8; 32]>,
    /// Texts to search for, each with the length of what it stands for: more than its own where it is but the first part.
    patterns: Vec<Secret>,
    /// The weak ones.
    weak: Vec<Secret>,
    /// Whether a `+` may stand for a space of one.
    with_spaces: bool,
    /// None where something was learnt since.
    finders: Option<SecretFinders>,
}

#[derive(Default)]
struct SecretFinders {
    strong: Option<SecretFinder>,
    /// Weak ones in quotes.
    weak: Option<SecretFinder>,
}

struct SecretFinder {
    all: AhoCorasick,
    /// Tells much faster that a text holds none; not there on every processor.
    sieve: Option<packed::Searcher>,
}

impl SecretFinder {
    fn new<'a>(patterns: impl Iterator<Item = &'a [u8]> + Clone) -> Option<Self> {
        patterns.clone().next()?;
        let all = AhoCorasick::new(patterns.clone()).expect("secrets are far shorter than a finder's limits");
        Some(Self { all, sieve: packed::Searcher::new(patterns) })
    }

    /// Calls `visit` with the pattern's number and its place, also where places overlap.
    fn each(&self, bytes: &[u8], visit: &mut dyn FnMut(usize, Range<usize>)) {
        if self.sieve.as_ref().is_some_and(|sieve| sieve.find(bytes).is_none()) {
            return;
        }
        for found in self.all.find_overlapping_iter(bytes) {
            visit(found.pattern().as_usize(), found.range());
        }
    }
}

impl KnownSecrets {
    fn learn(&mut self, secret: &Secret) {
        let text = secret.expose();
        if text.is_empty() || !self.learnt.insert(Sha256::digest(text.as_bytes()).into()) {
            return;
        }
        self.finders = None;
        self.with_spaces |= text.contains(' ');
        if Weakness::of(secret).is_some() {
            self.weak.push(secret.clone());
            return;
        }
        let mut forms =
            vec![text.to_owned(), STANDARD.encode(text), STANDARD_NO_PAD.encode(text), URL_SAFE_NO_PAD.encode(text)];
        forms.extend((0..3).flat_map(|offset| base64_inside(text, offset)));
        forms.sort_unstable();
        forms.dedup();
        self.patterns.extend(forms.into_iter().map(Secret::new));
    }

    fn build(&mut self) -> &SecretFinders {
        let (patterns, weak) = (&self.patterns, &self.weak);
        self.finders.get_or_insert_with(|| {
            let quoted: Vec<Secret> = weak
                .iter()
                .flat_map(|secret| ['"', '\'', '`'].map(|quote| format!("{quote}{}{quote}", secret.expose())))
                .map(Secret::new)
                .collect();
            SecretFinders {
                strong: SecretFinder::new(patterns.iter().map(|pattern| head(pattern.expose()))),
                weak: SecretFinder::new(quoted.iter().map(|quoted| quoted.expose().as_bytes())),
            }
        })
    }

    /// Where secrets stand in `text`, in no order.
    fn places(&self, finders: &SecretFinders, text: &str, what: SecretSelection) -> Vec<Range<usize>> {
        let mut places = Vec::new();
        self.add_places(finders, text.as_bytes(), what, &mut |place| places.push(place));
        each_reading(text.as_bytes(), self.with_spaces, &mut |decoded| {
            self.add_places(finders, &decoded.bytes, what, &mut |place| places.push(decoded.origin(place)));
        });
        places
    }

    fn add_places(
        &self,
        finders: &SecretFinders,
        bytes: &[u8],
        what: SecretSelection,
        add: &mut dyn FnMut(Range<usize>),
    ) {
        if let Some(finder) = &finders.strong {
            finder.each(bytes, &mut |number, place| {
                let whole = self.patterns[number].expose().as_bytes();
                if bytes[place.start..].starts_with(whole) {
                    add(place.start..place.start + whole.len());
                }
            });
        }
        if what == SecretSelection::Strong {
            return;
        }
        if let Some(finder) = &finders.weak {
            finder.each(bytes, &mut |_, place| add(place.start + 1..place.end - 1));
        }
        let trimmed = bytes.trim_ascii();
        if self.weak.iter().any(|weak| weak.expose().as_bytes() == trimmed) {
            let start = bytes.len() - bytes.trim_ascii_start().len();
            add(start..start + trimmed.len());
        }
    }
}

/// Which secrets are searched for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SecretSelection {
    Strong,
    /// Also the weak ones, as whole values.
    All,
}

/// What of a pattern is searched for.
fn head(pattern: &str) -> &[u8] {
    let bytes = pattern.as_bytes();
    &bytes[..bytes.len().min(MAX_PATTERN_BYTES)]
}

impl Redactor {
    /// Learns `secret`: its text is masked from now on, plain, in base64 alone or inside of more, and with any of its
    /// characters escaped as JSON, addresses, forms and HTML do it. One with a [`Weakness`]: only as a whole value.
    pub fn learn(&self, secret: &Secret) {
        self.known.write().unwrap_or_else(PoisonError::into_inner).learn(secret);
    }

    /// Returns `text`, which somebody else wrote, with every known secret masked; borrowed where there was none.
    #[must_use]
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        masked(text, self.places(text, SecretSelection::All))
    }

    /// Returns `text`, in which values of somebody else stand among words and ids of ours, with every known secret masked.
    /// Ids, digests, References and times stay whole: a secret that is a part of one is there by chance. Weak secrets stay.
    #[must_use]
    pub fn redact_output<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut places = self.places(text, SecretSelection::Strong);
        places.retain(|place| !shapes::is_part_of_id(text, place));
        masked(text, places)
    }

    /// Returns `text`, which should be an id, a time or a word of an enumeration, as it is where it is one; else redacted.
    #[must_use]
    pub fn redact_word<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if words::is_ours(text) { Cow::Borrowed(text) } else { self.redact_output(text) }
    }

    /// Masks every text in `value`. Keys stay: they are the structure.
    pub fn redact_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(masked) = self.redact(text) {
                    *text = masked;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact_value(item)),
            Value::Object(entries) => entries.values_mut().for_each(|value| self.redact_value(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Masks every text in `value`, which holds words and ids of ours as well: each as [`Redactor::redact_word`] does.
    pub fn redact_output_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(masked) = self.redact_word(text) {
                    *text = masked;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact_output_value(item)),
            Value::Object(entries) => entries.values_mut().for_each(|value| self.redact_output_value(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Whether `text` holds a known secret in any spelling. Weak ones do not count.
    #[must_use]
    pub fn finds_in(&self, text: &str) -> bool {
        !self.places(text, SecretSelection::Strong).is_empty()
    }

    fn places(&self, text: &str, what: SecretSelection) -> Vec<Range<usize>> {
        {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            if known.learnt.is_empty() {
                return Vec::new();
            }
            if let Some(finders) = &known.finders {
                return known.places(finders, text, what);
            }
        }
        self.known.write().unwrap_or_else(PoisonError::into_inner).build();
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(finders) = &known.finders {
            return known.places(finders, text, what);
        }
        // Another thread has learnt something in between.
        drop(known);
        self.places(text, what)
    }
}

/// `text` with a mask in each of `places`; in one where they overlap.
fn masked(text: &str, mut places: Vec<Range<usize>>) -> Cow<'_, str> {
    places.retain(|place| !place.is_empty());
    if places.is_empty() {
        return Cow::Borrowed(text);
    }
    places.sort_unstable_by_key(|place| (place.start, place.end));
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    let mut open: Option<Range<usize>> = None;
    for place in places {
        match &mut open {
            Some(before) if place.start < before.end => before.end = before.end.max(place.end),
            Some(_) | None => {
                if let Some(before) = open.replace(place) {
                    out.push_str(&text[done..before.start]);
                    out.push_str(MASK);
                    done = before.end;
                }
            }
        }
    }
    if let Some(last) = open {
        out.push_str(&text[done..last.start]);
        out.push_str(MASK);
        done = last.end;
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
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
        .filter(|piece| piece.len() >= MIN_PIECE_BYTES)
        .collect()
}

#[cfg(test)]
mod tests;
