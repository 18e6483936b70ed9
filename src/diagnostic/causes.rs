//! An error and its causes, in one line.

use std::error::Error;

/// `error` and its causes. The help of our own errors is on lines of its own; the causes come before it.
#[must_use]
pub fn with_causes(error: &dyn Error) -> String {
    let text = error.to_string();
    let (head, help) = text.split_once('\n').map_or((text.as_str(), None), |(head, help)| (head, Some(help)));
    let mut words = head.to_owned();
    let mut cause = error.source();
    while let Some(error) = cause {
        words.push_str(&format!(": {error}"));
        cause = error.source();
    }
    if let Some(help) = help {
        words.push_str(&format!("\n{help}"));
    }
    without_numbers(&words)
}

/// The text without the system's numbers of errors, `(os error 2)`: the words before them say the same.
#[must_use]
pub fn without_numbers(text: &str) -> String {
    let mut parts = text.split(" (os error ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| match part.split_once(')') {
        Some((number, rest)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => text + rest,
        Some(_) | None => format!("{text} (os error {part}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_numbers_are_left_out() {
        for (text, expected) in [
            ("a: No such file or directory (os error 2)", "a: No such file or directory"),
            ("a (os error 2): b (os error 104); c", "a: b; c"),
            ("a (os error x)", "a (os error x)"),
            ("a (os error 2", "a (os error 2"),
            ("plain", "plain"),
        ] {
            assert_eq!(without_numbers(text), expected);
        }
    }
}
