//! How a report is known again by its first bytes, so that the next one may take its place, and nothing else loses its own.
//!
//! In: the beginning of a file. Out: whether it is a report of ours, of whichever form. Never: reads a file.

use super::html;
use crate::report::{not_begun, text};

/// Whether a file that begins with `beginning` is a report, of whichever form, so that a report may replace it. So is one
/// that is empty.
#[must_use]
pub fn is_a_reports_beginning(beginning: &[u8]) -> bool {
    beginning.is_empty() || is_json(beginning) || {
        // What comes behind the first line may be cut within a character.
        let first = beginning.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let first = String::from_utf8_lossy(first);
        first.starts_with(not_begun::FIRST_WORDS)
            || first.starts_with(html::FIRST_LINE)
            || text::is_first_line(first.trim_end_matches('\r'))
    }
}

/// Whether `bytes` begin as every JSON report does: with its version, and then its run.
fn is_json(bytes: &[u8]) -> bool {
    // Without blanks, whoever laid it out anew since: they come before no other key.
    let mut begin = bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
    let mut takes = |word: &[u8]| word.iter().all(|byte| begin.next() == Some(*byte));
    if !takes(b"{\"version\":") {
        return false;
    }
    let rest = begin.skip_while(u8::is_ascii_digit).take(8).collect::<Vec<u8>>();
    rest == b",\"run\":{"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_known_by_their_beginning() {
        let known: [&[u8]; 10] = [
            html::FIRST_LINE.as_bytes(),
            b"",
            b"Nothing was begun of night\n",
            b"3 launches of night\n",
            b"3 launches of night\r\n",
            b"1 launch of a",
            b"Started (3)\n",
            b"Given up after 3 tries: nothing exists (12)\n",
            b"{\"version\": 1,\n \"run\": {\"id\"",
            b"{\n  \"version\": 12,\n  \"run\": {\n",
        ];
        for beginning in known {
            assert!(is_a_reports_beginning(beginning), "{}", String::from_utf8_lossy(beginning));
        }
        for other in [
            "version: 1\nname: m\n",
            "{\"version\": 1, \"jobs\": {}}",
            "{\"version\": 1",
            "id,amount\n",
            "3 launches",
            "#!/bin/sh",
            "Started",
            "Bread (2)",
            "<!doctype html><html lang=\"en\">",
        ] {
            assert!(!is_a_reports_beginning(other.as_bytes()), "{other}");
        }
    }
}
