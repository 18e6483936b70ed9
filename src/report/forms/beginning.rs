//! How a report is known again by its first bytes, so that the next one may take its place, and nothing else loses its own.
//!
//! In: the beginning of a file. Out: whether it is a report of ours, of whichever form. Never: reads a file.

use serde_json::{Map, Value};

use super::{csv, html, jsonl, junit, markdown, rows};
use crate::report::{not_begun, text};

/// How the forms begin whose first bytes never change.
const BEGINNINGS: [&str; 4] = [csv::FIRST_WORDS, junit::FIRST_WORDS, markdown::FIRST_LINE, html::FIRST_LINE];

/// Whether a file that begins with `beginning` is a report, of whichever form, so that a report may replace it. So is one
/// that is empty.
#[must_use]
pub fn is_a_reports_beginning(beginning: &[u8]) -> bool {
    let is_fixed = BEGINNINGS.iter().any(|fixed| beginning.starts_with(fixed.as_bytes()));
    beginning.is_empty()
        || is_fixed
        || is_json(beginning)
        || is_json_lines(beginning)
        || is_rows(beginning)
        || is_text(beginning)
}

/// Whether `bytes` begin as the form for people does: what it is of, and then facts, one of which is the time.
fn is_text(bytes: &[u8]) -> bool {
    // What comes behind the first lines may be cut within a character.
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let is_ours = first.starts_with(not_begun::FIRST_WORDS) || text::is_first_line(first);
    let mut facts = lines.take_while(|line| line.starts_with("  "));
    is_ours && facts.any(|line| line.strip_prefix("  time     ").is_some_and(|time| time.starts_with("20")))
}

/// Whether `bytes` begin as every JSON report does: with its version, and then its run, whose id comes first.
fn is_json(bytes: &[u8]) -> bool {
    // Without blanks, whoever laid it out anew since: they come before no other key.
    let mut begin = bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace());
    let mut takes = |word: &[u8]| word.iter().all(|byte| begin.next() == Some(*byte));
    if !takes(b"{\"version\":") {
        return false;
    }
    let rest: Vec<u8> = begin.skip_while(u8::is_ascii_digit).take(64).collect();
    rest.strip_prefix(b",\"run\":").is_some_and(is_runs_beginning)
}

/// Whether `bytes` are a line of JSON Lines of which the first is a report's.
fn is_json_lines(bytes: &[u8]) -> bool {
    let rest = bytes.strip_prefix(jsonl::FIRST_WORDS.as_bytes()).unwrap_or_default();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && rest[digits..].strip_prefix(b",\"run\":").is_some_and(is_runs_beginning)
}

/// Whether `bytes`, without blanks, begin as a run does in JSON: by its id, or by none.
fn is_runs_beginning(bytes: &[u8]) -> bool {
    let Some(id) = bytes.strip_prefix(b"{\"id\":") else { return false };
    let has_id = || id.len() > 33 && id[0] == b'"' && id[33] == b'"' && id[1..33].iter().all(u8::is_ascii_hexdigit);
    id.starts_with(b"null,") || has_id()
}

/// Whether `bytes` begin as rows that were given back: the columns that are added stand beside each other, maybe behind one
/// prefix.
fn is_rows(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let is_added = |names: &[&str]| {
        let [first, ..] = names else { return false };
        let Some(prefix) = first.strip_suffix(rows::COLUMNS[0]) else { return false };
        let is_ours = prefix.is_empty() || prefix.starts_with("sortie-");
        is_ours && names.iter().zip(rows::COLUMNS).all(|(name, column)| name.strip_prefix(prefix) == Some(column))
    };
    let first = text.lines().next().unwrap_or_default();
    if let Ok(row) = serde_json::from_str::<Map<String, Value>>(first) {
        let names: Vec<&str> = row.keys().map(String::as_str).collect();
        return names.windows(rows::COLUMNS.len()).any(is_added);
    }
    // A header may have lines of its own.
    [',', ';', '\t', '|'].into_iter().any(|delimiter| {
        let cells: Vec<&str> =
            text.split(delimiter).map(|cell| cell.split_once(['\r', '\n']).map_or(cell, |(cell, _)| cell)).collect();
        cells.windows(rows::COLUMNS.len()).any(|cells| {
            let bare: Option<Vec<&str>> = cells.iter().map(|cell| cell.strip_prefix('"')?.strip_suffix('"')).collect();
            bare.is_some_and(|names| is_added(&names))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_known_by_their_beginning() {
        let known: [&[u8]; 11] = [
            html::FIRST_LINE.as_bytes(),
            b"",
            b"Nothing was begun of night\n  time     2026-01-31T02:30:00Z\n",
            b"3 launches of night\n  run      0\n  time     2026-01-31T02:30:00Z",
            b"3 launches of night\r\n  time     2026-01-31T02:30:00Z\r\n",
            b"1 launch of a\n  time     2026",
            b"{\"version\": 1,\n \"run\": {\"id\": null,",
            b"{\"type\":\"run\",\"version\":1,\"run\":{\"id\":\"0197f2c3b7d87cc1a5d1f4e2ab3c4d5e\",\"name\"",
            b"\xEF\xBB\xBFsep=;\nid;\"a\nb\";\"sortie-verdict\";\"sortie-outcome\";\"sortie-job\";\"sortie-fault\";\"sortie-info\"\r\n1",
            b"{\"id\":1,\"verdict\":\"started\",\"outcome\":null,\"job\":null,\"fault\":null,\"info\":null}\n",
            b"{\n  \"version\": 12,\n  \"run\": {\n    \"id\": \"0197f2c3b7d87cc1a5d1f4e2ab3c4d5e\",\n",
        ];
        for beginning in known {
            assert!(is_a_reports_beginning(beginning), "{}", String::from_utf8_lossy(beginning));
        }
        for other in [
            "version: 1\nname: m\n",
            "4 launches of SpaceX\n",
            "4 launches of SpaceX\n  Falcon 9\n  time     soon\n",
            "Nothing was begun of Rome in a day\n",
            "Started (3)\n",
            "{\"version\":1,\"run\":{\"cmd\":\"make\"}}",
            "{\"version\":1,\"run\":{\"id\":\"7\"}}",
            "{\"type\":\"run\",\"version\":1,\"run\":{\"id\":7}}",
            "{\"version\": 1, \"jobs\": {}}",
            "{\"version\": 1",
            "id,amount\n",
            "id,\"verdict\",\"outcome\",\"job\"\n",
            "{\"verdict\":1,\"id\":2}",
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
