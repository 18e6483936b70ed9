//! The forms of what is ours: ids, digests, References and times.
//!
//! In: a text and a place in it. Out: whether the place is a part of such a thing. Never: what the thing means.

use std::ops::Range;

/// Whether the text at `place` is a part, and not all, of an id, a digest, a Reference or a time in `text`.
pub(super) fn is_part_of_id(text: &str, place: &Range<usize>) -> bool {
    let bytes = text.as_bytes();
    let is_of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:.+".contains(&byte);
    if !bytes[place.clone()].iter().all(|byte| is_of_token(*byte)) {
        return false;
    }
    let before = bytes[..place.start].iter().rev().take_while(|byte| is_of_token(**byte)).count();
    let after = bytes[place.end..].iter().take_while(|byte| is_of_token(**byte)).count();
    // A sentence may end or go on behind it.
    let token = text[place.start - before..place.end + after].trim_end_matches(['.', ':', '-']);
    token.len() > place.len() && (is_hex_id(token) || is_reference(token) || is_time(token))
}

fn is_hex(text: &str, lengths: &[usize]) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A run id, a fingerprint, a digest (`sha256:..` too) or a GUID.
fn is_hex_id(token: &str) -> bool {
    let token = token.rsplit_once(':').map_or(token, |(_, last)| last);
    let is_guid = || {
        let parts: Vec<&str> = token.split('-').collect();
        parts.len() == 5 && parts.iter().zip([8, 4, 4, 4, 12]).all(|(part, length)| is_hex(part, &[length]))
    };
    is_hex(token, &[16, 32, 64]) || is_guid()
}

/// `sortie-RUN-FINGERPRINT`.
fn is_reference(token: &str) -> bool {
    let Some((run, fingerprint)) = token.strip_prefix("sortie-").and_then(|rest| rest.split_once('-')) else {
        return false;
    };
    (is_hex(run, &[32]) || run == "RUN") && is_hex(fingerprint, &[16])
}

/// `2026-01-31T12:00:00.5Z`, also without its zone or its time of day.
fn is_time(token: &str) -> bool {
    let bytes = token.as_bytes();
    bytes.len() >= 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            10 => *byte == b'T',
            0..=9 => byte.is_ascii_digit(),
            _ => byte.is_ascii_digit() || b":.Z+-".contains(byte),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, part: &str, expected: bool) {
        let start = text.find(part).expect("it is there");
        assert_eq!(is_part_of_id(text, &(start..start + part.len())), expected, "{part} in {text}");
    }

    #[test]
    fn what_is_ours_is_known_by_its_form() {
        check("see dbb6e919b116080f.", "b11608", true);
        check("Reference pay sortie-0190a1b2c3d4e5f60718293a4b5c6d7e-dbb6e919b116080f", "sortie", true);
        check("Reference sortie-RUN-dbb6e919b116080f", "116080", true);
        check("`sortie report 0190a1b2c3d4e5f60718293a4b5c6d7e`", "0718293a", true);
        check("key 5b754c63-5d1a-4c37-bb9b-74b69e4934bf", "5d1a-4c37", true);
        check("slot 2026-11-27T04:17:20Z is", "2026-11", true);
        check("from 2026-11-27T04:17:20.123+02:00", "17:20.1", true);
        // The whole of one is the secret itself.
        check("key 5b754c63-5d1a-4c37-bb9b-74b69e4934bf", "5b754c63-5d1a-4c37-bb9b-74b69e4934bf", false);
        check("password hunter2-hunter2", "hunter2", false);
        check("code dbb6e919b116080f0", "b11608", false);
        check("an 160856 and", "160856", false);
    }
}
