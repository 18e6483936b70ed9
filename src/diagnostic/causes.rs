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
    words
}
