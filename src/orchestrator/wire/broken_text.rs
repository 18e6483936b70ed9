//! Texts in an answer that are none: bytes that are not UTF-8, halves of surrogate pairs.
//!
//! In: the body of an answer that may be asked for again. Out: the same with U+FFFD in their place, so that one broken text of one
//! robot job hides no other. Never: reads the answer to `StartJobs`, which says what it says or is in doubt.

/// `body` with every broken text in it mended; `None` where there is none.
pub(in crate::orchestrator) fn mended(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    let mut is_mended = std::str::from_utf8(body).is_err();
    while let Some(place) = rest.find('\\') {
        out.push_str(&rest[..place]);
        rest = &rest[place..];
        let length = match (unit(rest), rest.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push_str("\\ufffd");
                rest = &rest[6..];
                is_mended = true;
                continue;
            }
            // Whatever is escaped: the backslash, and what follows it.
            (Some(_) | None, _) => rest.chars().take(2).map(char::len_utf8).sum(),
        };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out.push_str(rest);
    is_mended.then_some(out)
}

/// The UTF-16 unit that `text` begins with, escaped as JSON escapes it.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) { u16::from_str_radix(digits, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_texts_are_mended_and_whole_ones_stay() {
        let shown = |body: &[u8]| mended(body);
        for whole in [r#"{"Info":"\ud83d\ude00 \\ud800 \"\\"}"#, r#"{"Info":"\u00e4 \uZZZZ \ud83"}"#, "\\", ""] {
            assert_eq!(shown(whole.as_bytes()), None, "{whole}");
        }
        for (broken, expected) in [
            (r#"{"Info":"a \ud800 b"}"#, r#"{"Info":"a \ufffd b"}"#),
            (r#"{"Info":"\ude00\ud83d"}"#, r#"{"Info":"\ufffd\ufffd"}"#),
            (r#"{"Info":"\ud83d\ud83d\ude00"}"#, r#"{"Info":"\ufffd\ud83d\ude00"}"#),
            (r#"{"Info":"\\\udfff"}"#, r#"{"Info":"\\\ufffd"}"#),
        ] {
            let found = shown(broken.as_bytes()).expect(broken);
            assert_eq!(found, expected);
            assert!(serde_json::from_str::<serde_json::Value>(&found).is_ok(), "{found}");
        }
        assert_eq!(shown(b"{\"Info\":\"\xff\"}").as_deref(), Some("{\"Info\":\"\u{fffd}\"}"));
    }
}
