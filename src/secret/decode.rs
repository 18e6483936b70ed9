//! Texts with their escapes undone, so that a secret is found however somebody wrote it.
//!
//! In: a text's bytes. Out: the same with escapes of JSON, of addresses and forms, or of HTML resolved, and for each byte
//! where it stood. Any mixture of letter cases, and of characters escaped and not, comes to the same. Never: an error;
//! what is no escape stays.

use std::ops::Range;

/// Which escapes are undone in one pass.
#[derive(Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "a set of four kinds, each by its name")]
struct EscapeKinds {
    json: bool,
    percent: bool,
    plus: bool,
    html: bool,
}

const NONE: EscapeKinds = EscapeKinds { json: false, percent: false, plus: false, html: false };
const JSON: EscapeKinds = EscapeKinds { json: true, ..NONE };
const PERCENT: EscapeKinds = EscapeKinds { percent: true, ..NONE };
const FORM: EscapeKinds = EscapeKinds { plus: true, ..PERCENT };
const HTML: EscapeKinds = EscapeKinds { html: true, ..NONE };
const ALL: EscapeKinds = EscapeKinds { json: true, percent: true, plus: false, html: true };
const ALL_AND_PLUS: EscapeKinds = EscapeKinds { plus: true, ..ALL };

/// What is undone, pass by pass. Kinds apart first, since a secret may itself hold what looks like another kind's escape;
/// then all together, as deep as text inside of text inside of text.
const PASSES: [&[EscapeKinds]; 8] = [
    &[JSON, JSON, JSON],
    &[PERCENT, PERCENT],
    &[FORM, FORM],
    &[HTML],
    &[JSON, PERCENT],
    &[PERCENT, JSON],
    &[ALL, ALL, ALL],
    &[ALL_AND_PLUS, ALL, ALL],
];

/// A text with some escapes undone.
pub(super) struct DecodedText {
    /// The bytes.
    pub(super) bytes: Vec<u8>,
    /// Where each byte began in the text it was made from, and at the end that text's length.
    starts: Vec<usize>,
}

impl DecodedText {
    /// The part of the original text that the bytes at `range` stand for.
    pub(super) fn origin(&self, range: Range<usize>) -> Range<usize> {
        self.starts[range.start]..self.starts[range.end]
    }
}

/// Calls `visit` for each way to read `text` that differs from `text` itself. `with_spaces`: a `+` may be a space.
pub(super) fn each_reading(text: &[u8], with_spaces: bool, visit: &mut dyn FnMut(&DecodedText)) {
    let may_hold = |escapes: EscapeKinds, bytes: &[u8]| {
        bytes.iter().any(|byte| match byte {
            b'\\' => escapes.json,
            b'%' => escapes.percent,
            b'+' => escapes.plus,
            b'&' => escapes.html,
            _ => false,
        })
    };
    if !(may_hold(ALL, text) || with_spaces && may_hold(FORM, text)) {
        return;
    }
    for passes in PASSES {
        if passes.iter().any(|escapes| escapes.plus) && !with_spaces {
            continue;
        }
        let mut before: Option<DecodedText> = None;
        for escapes in passes {
            let bytes = before.as_ref().map_or(text, |decoded| &decoded.bytes);
            if !may_hold(*escapes, bytes) {
                break;
            }
            let Some(mut decoded) = undo(bytes, *escapes) else { break };
            if let Some(before) = &before {
                decoded.starts.iter_mut().for_each(|start| *start = before.starts[*start]);
            }
            visit(&decoded);
            before = Some(decoded);
        }
    }
}

/// `bytes` with `escapes` undone; `None` if there are none.
fn undo(bytes: &[u8], escapes: EscapeKinds) -> Option<DecodedText> {
    let mut decoded =
        DecodedText { bytes: Vec::with_capacity(bytes.len()), starts: Vec::with_capacity(bytes.len() + 1) };
    let mut at = 0;
    let mut is_changed = false;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let escape = match rest[0] {
            b'\\' if escapes.json => json(rest),
            b'%' if escapes.percent => hex(rest, 1, 2).map(|code| (EscapeMeaning::Byte(code.to_be_bytes()[3]), 3)),
            b'+' if escapes.plus => Some((EscapeMeaning::Byte(b' '), 1)),
            b'&' if escapes.html => html(rest),
            _ => None,
        };
        let Some((plain, length)) = escape else {
            decoded.bytes.push(rest[0]);
            decoded.starts.push(at);
            at += 1;
            continue;
        };
        is_changed = true;
        let mut buffer = [0; 4];
        let made = match plain {
            EscapeMeaning::Byte(byte) => {
                buffer[0] = byte;
                &buffer[..1]
            }
            EscapeMeaning::Char(c) => c.encode_utf8(&mut buffer).as_bytes(),
        };
        decoded.bytes.extend_from_slice(made);
        decoded.starts.extend(std::iter::repeat_n(at, made.len()));
        at += length;
    }
    decoded.starts.push(bytes.len());
    is_changed.then_some(decoded)
}

/// What an escape stands for.
enum EscapeMeaning {
    Byte(u8),
    Char(char),
}

/// The number that `digits` hexadecimal digits at `from` are, in either case.
fn hex(bytes: &[u8], from: usize, digits: usize) -> Option<u32> {
    let digits = bytes.get(from..from + digits)?;
    digits.iter().try_fold(0, |sum, digit| Some(sum * 16 + char::from(*digit).to_digit(16)?))
}

/// An escape of JSON, .NET, JavaScript, Python or Rust, and its length.
fn json(rest: &[u8]) -> Option<(EscapeMeaning, usize)> {
    let byte = |byte| Some((EscapeMeaning::Byte(byte), 2));
    match rest.get(1)? {
        b'n' => byte(b'\n'),
        b't' => byte(b'\t'),
        b'r' => byte(b'\r'),
        b'b' => byte(8),
        b'f' => byte(12),
        b'x' => hex(rest, 2, 2).and_then(char::from_u32).map(|c| (EscapeMeaning::Char(c), 4)),
        b'u' if rest.get(2) == Some(&b'{') => {
            let digits = rest[3..].iter().take(7).position(|byte| *byte == b'}')?;
            let c = hex(rest, 3, digits).and_then(char::from_u32)?;
            Some((EscapeMeaning::Char(c), digits + 4))
        }
        b'u' => {
            let unit = hex(rest, 2, 4)?;
            if let Some(c) = char::from_u32(unit) {
                return Some((EscapeMeaning::Char(c), 6));
            }
            let low = hex(rest, 8, 4).filter(|_| rest.get(6..8) == Some(br"\u"))?;
            let pair = [u16::try_from(unit).ok()?, u16::try_from(low).ok()?];
            let c = char::decode_utf16(pair).next()?.ok()?;
            Some((EscapeMeaning::Char(c), 12))
        }
        sign @ (b'"' | b'\\' | b'/' | b'\'') => byte(*sign),
        _ => None,
    }
}

/// A character reference of HTML, and its length.
fn html(rest: &[u8]) -> Option<(EscapeMeaning, usize)> {
    const NAMED: [(&[u8], u8); 5] =
        [(b"&amp;", b'&'), (b"&lt;", b'<'), (b"&gt;", b'>'), (b"&quot;", b'"'), (b"&apos;", b'\'')];
    if let Some((name, byte)) = NAMED.iter().find(|(name, _)| rest.starts_with(name)) {
        return Some((EscapeMeaning::Byte(*byte), name.len()));
    }
    let digits = rest.get(2..)?;
    let end = digits.iter().take(9).position(|byte| *byte == b';')?;
    let digits = std::str::from_utf8(&digits[..end]).ok().filter(|_| rest[1] == b'#')?;
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    Some((EscapeMeaning::Char(char::from_u32(code.ok()?)?), end + 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether some reading of `text` is `expected`, and stands for all of `text`.
    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut found = false;
        each_reading(text.as_bytes(), true, &mut |decoded| {
            if decoded.bytes == expected.as_bytes() {
                found = true;
                assert_eq!(decoded.origin(0..decoded.bytes.len()), 0..text.len(), "{text}");
            }
        });
        assert!(found, "{text} is not read as {expected}");
    }

    #[test]
    fn every_escape_is_undone_in_either_case_and_within_another() {
        check(r"a\u0026b\u002Bc\u002b", "a&b+c+");
        check(r"\ud83d\uDE00\u00E4\u00e4", "😀ää");
        check("%7e%7E~%c3%A4", "~~~ä");
        check("a+b%20c", "a b c");
        check(r"\\u0026\\\\", r"\u0026\\");
        check("&amp;&#39;&#x27;&quot;", "&''\"");
        check("%5Cu0026", "&");
        check(r"\u00257E", "~");
        check(r"\u{202e}x\x41", "\u{202e}xA");
    }

    #[test]
    fn what_is_no_escape_stays() {
        for text in ["plain", "50%", "a % b %zz", r"\", r"\u00", r"\ud83d alone", "a & b &nope; &#;", "&#xffffffff;"] {
            each_reading(text.as_bytes(), false, &mut |decoded| {
                panic!("{text} is read as {}", String::from_utf8_lossy(&decoded.bytes))
            });
        }
    }
}
