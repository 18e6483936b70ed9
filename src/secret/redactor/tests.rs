use std::fmt::Write as _;

use serde_json::json;

use super::*;

fn knowing(secrets: &[&str]) -> Redactor {
    let redactor = Redactor::default();
    for secret in secrets {
        redactor.learn(&Secret::new((*secret).to_owned()));
    }
    redactor
}

/// `text` with every byte that `escapes` names as `%XX`.
fn percent(text: &str, escapes: impl Fn(u8) -> bool, is_upper: impl Fn(usize) -> bool) -> String {
    let mut out = String::new();
    for (place, byte) in text.bytes().enumerate() {
        match escapes(byte) {
            false => out.push(char::from(byte)),
            true if is_upper(place) => write!(out, "%{byte:02X}").expect("memory"),
            true => write!(out, "%{byte:02x}").expect("memory"),
        }
    }
    out
}

#[test]
fn every_usual_spelling_is_masked() {
    let redactor = knowing(&["p\"ss w/rd€"]);
    for spelling in [
        "p\"ss w/rd€",
        "p\\\"ss w/rd€",
        "p\\\\\\\"ss w/rd€",
        "p\\\"ss w\\/rd€",
        "p\\\"ss w/rd\\u20ac",
        "p\\u0022ss w/rd\\u20AC",
        "p&quot;ss w/rd&#8364;",
        "p%22ss%20w%2Frd%E2%82%AC",
        "p%22ss+w%2Frd%E2%82%AC",
        "p%22ss%20w%2frd%e2%82%ac",
        "p%22ss%20w%2frd%E2%82%aC",
        "cCJzcyB3L3Jk4oKs",
    ] {
        let text = format!("before {spelling} after");
        assert_eq!(redactor.redact(&text), "before *** after", "{spelling}");
        assert_eq!(redactor.redact_output(&text), "before *** after", "{spelling}");
        assert!(redactor.finds_in(&text));
    }
    assert!(!redactor.finds_in("nothing here"));
}

#[test]
fn the_forms_that_senders_write_are_masked_in_either_case() {
    for secret in ["abc8Q~xYz-*'()!", "a+b&c'd\"<e>/f=g", "C:\\temp\\x%41y", "ünïcödé~pass", "AAA+++///==="] {
        let redactor = knowing(&[secret]);
        let form = |byte: u8| !(byte.is_ascii_alphanumeric() || b"*-._".contains(&byte));
        let component = |byte: u8| !(byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte));
        let unreserved = |byte: u8| !(byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
        let mut spellings = vec![STANDARD.encode(format!("app:{secret}"))];
        for escapes in [form, component, unreserved] as [fn(u8) -> bool; 3] {
            spellings.push(percent(secret, escapes, |_| true));
            spellings.push(percent(secret, escapes, |_| false));
            spellings.push(percent(secret, escapes, |place| place % 2 == 0));
        }
        // As .NET escapes JSON, and once more inside of a text.
        for is_upper in [true, false] {
            let mut escaped = String::new();
            for unit in secret.encode_utf16() {
                match char::from_u32(u32::from(unit)).filter(char::is_ascii_alphanumeric) {
                    Some(c) => escaped.push(c),
                    None if is_upper => write!(escaped, "\\u{unit:04X}").expect("memory"),
                    None => write!(escaped, "\\u{unit:04x}").expect("memory"),
                }
            }
            spellings.push(escaped.replace('\\', "\\\\"));
            spellings.push(escaped);
        }
        for spelling in spellings {
            let shown = redactor.redact(&spelling).into_owned();
            assert!(shown.contains(MASK) && shown.len() <= MASK.len() + 10, "{spelling} -> {shown}");
        }
    }
}

#[test]
fn base64_of_more_than_the_secret_is_masked_where_it_is() {
    let redactor = knowing(&["open sesame?"]);
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
    let long: Vec<String> = (0..5000).map(|number| format!("{number}/")).collect();
    let long = long.concat();
    let redactor = knowing(&[&long]);
    for spelling in [&long, &long.replace('/', "%2F"), &long.replace('/', "\\/"), &STANDARD.encode(&long)] {
        assert_eq!(redactor.redact(&format!("before {spelling} after")), "before *** after");
    }
    assert!(!redactor.finds_in(&long[1..]));
    assert!(!redactor.finds_in(&long[..long.len() - 1]));
}

#[test]
fn overlapping_secrets_leave_nothing_of_either() {
    let redactor = knowing(&["hunter", "hunter2hunter", "2hunter2go"]);
    assert_eq!(redactor.redact("hunter2hunter"), "***");
    assert_eq!(redactor.redact("a hunter2hunter2go b"), "a *** b");
}

#[test]
fn a_short_secret_and_a_word_of_ours_are_masked_as_whole_values_only() {
    for weak in ["1608", "null", "started", "launches", "robot-jobs", "{\"id\"", "Running", "abc"] {
        let redactor = knowing(&[weak]);
        assert!(Weakness::of(&Secret::new(weak.to_owned())).is_some(), "{weak}");
        assert_eq!(redactor.redact(weak), MASK);
        assert_eq!(redactor.redact(&format!(" {weak}\n")), format!(" {MASK}\n"));
        let echo = json!({ "pin": weak }).to_string();
        assert_eq!(redactor.redact(&echo), r#"{"pin":"***"}"#);
        for text in [format!("x{weak}y"), format!("job {weak} of"), format!("sortie-1{weak}0")] {
            assert_eq!(redactor.redact(&text), text);
        }
        // Among words of ours it says nothing.
        assert_eq!(redactor.redact_output(&format!("`{weak}`")), format!("`{weak}`"));
        assert!(!redactor.finds_in(weak));
    }
    assert_eq!(Weakness::of(&Secret::new("hunter".to_owned())), None);
}

#[test]
fn what_is_ours_stays_and_the_same_text_elsewhere_is_masked() {
    let redactor = knowing(&["b11608", "ending", "2026-11", "sortie-0190"]);
    let ours = "run 0190a1b2c3d4e5f60718293a4b11608e: sortie-0190a1b2c3d4e5f60718293a4b5c6d7e-dbb6e919b116080f at \
                2026-11-27T04:17:20Z";
    assert_eq!(redactor.redact_output(ours), ours);
    assert_eq!(redactor.redact_output("the PIN b11608 is wrong"), "the PIN *** is wrong");
    assert_eq!(redactor.redact_word("Pending"), "Pending");
    assert_eq!(redactor.redact_word("2026-11-27T04:17:20.5Z"), "2026-11-27T04:17:20.5Z");
    assert_eq!(redactor.redact_word("Depending"), "Dep***");
    // An id that is the secret is no accident.
    let guid = "5b754c63-5d1a-4c37-bb9b-74b69e4934bf";
    assert_eq!(knowing(&[guid]).redact_word(guid), MASK);
}

#[test]
fn values_are_masked_and_keys_are_the_structure() {
    let redactor = knowing(&["hunter2", "null"]);
    let mut value = json!({ "hunter2": ["a hunter2", 7, null, "null"], "deep": { "x": "hunter2" } });
    redactor.redact_value(&mut value);
    assert_eq!(value, json!({ "hunter2": ["a ***", 7, null, "***"], "deep": { "x": "***" } }));
}
