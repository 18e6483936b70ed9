//! Mutated manifests: whatever is done to a good one, reading it ends without a panic, with places inside the file.

use std::path::Path;

use proptest::prelude::*;
use sortie::diagnostic::render::render;
use sortie::diagnostic::styles::Styles;
use sortie::diagnostic::{Severity, json};
use sortie::source::Sources;

use crate::manifest::diagnostics::diagnostics;

/// A manifest with every construct that the reader treats in its own way.
const RICH: &str = r#"# yaml-language-server: $schema=../schema/sortie.schema.json
version: 1
name: invoice-backfill
folder: Finance/AP
params:
  region: { type: string, enum: [emea, amer], default: emea }
vars:
  period: ${{ run.time | date("%Y-%m") }}
env: [BRANCH]
x-base: &base
  runtime: Unattended
  priority: High
limits:
  launch: { rate: 10/s, burst: 20 }
jobs:
  backfill:
    <<: *base
    release: Invoice Loader
    robots: [1553, 'ETL-01', "DOMAIN\\robot"]
    arguments:
      invoice: "INV ${{ params.region }}"
      amount: 12.50
      note: |
        two
        lines
      folded: >-
        one
        line
      nested: { list: [1, 0x1F, ~, true], empty: {} }
      tagged: !!str 12
"#;

/// Bits that have broken readers before.
const HOSTILE: &[&str] = &[
    "\t",
    "\0",
    "\u{FEFF}",
    "\r",
    "\u{85}",
    "\u{2028}",
    "\u{202E}",
    "\u{1b}[2J",
    "{{ x }}",
    "${{",
    "}}",
    "$${{ x }}",
    "&a ",
    "*a",
    "*base",
    "<<: *base",
    "!x ",
    "!!int ",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "? ",
    ": ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "#",
    "\"",
    "'",
    "|",
    ">",
    "@",
    "`",
    "\\",
    "99999999999999999999999",
    ".inf",
    "1e999",
    "007",
    "- - - - - - - -",
    "[[[[[[[[[[[[",
    "é",
    "🦀",
    "x: 1\nx: 2\n",
    "${{ 'é",
    "${{ params.region | ",
    "${{ 1 // 0 }}",
    "${{ 'a' * 99999999 }}",
    "${{ range(99999999) | list }}",
    "${{ \"}}\" ~ é }}",
    "${{ ((((((((((((((((((((((((((((((((((((((((1 }}",
    "${{ vars.period }}",
    "${{ {'a': [1, {}]} }}",
    "${{ omit }}",
    "$${{ literal }}",
];

#[derive(Clone, Debug)]
pub(crate) enum Change {
    DeleteBytes(usize, usize),
    ReplaceByte(usize, u8),
    Insert(usize, &'static str),
    DeleteLine(usize),
    RepeatLine(usize, usize),
    SwapLines(usize, usize),
    Indent(usize, usize),
    Truncate(usize),
}

pub(crate) fn change() -> impl Strategy<Value = Change> {
    let at = || any::<prop::sample::Index>().prop_map(|index| index.index(1 << 20));
    prop_oneof![
        (at(), 1..20_usize).prop_map(|(from, count)| Change::DeleteBytes(from, count)),
        (at(), any::<u8>()).prop_map(|(from, byte)| Change::ReplaceByte(from, byte)),
        (at(), prop::sample::select(HOSTILE)).prop_map(|(from, text)| Change::Insert(from, text)),
        at().prop_map(Change::DeleteLine),
        (at(), 1..50_usize).prop_map(|(line, times)| Change::RepeatLine(line, times)),
        (at(), at()).prop_map(|(first, second)| Change::SwapLines(first, second)),
        (at(), 1..9_usize).prop_map(|(line, spaces)| Change::Indent(line, spaces)),
        at().prop_map(Change::Truncate),
    ]
}

pub(crate) fn apply(mut bytes: Vec<u8>, change: &Change) -> Vec<u8> {
    if bytes.is_empty() {
        return bytes;
    }
    let length = bytes.len();
    let mut lines: Vec<Vec<u8>> = bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let count = lines.len();
    match *change {
        Change::DeleteBytes(from, many) => {
            bytes.drain(from % length..(from % length + many).min(length));
            return bytes;
        }
        Change::ReplaceByte(at, byte) => {
            bytes[at % length] = byte;
            return bytes;
        }
        Change::Insert(at, text) => {
            bytes.splice(at % length..at % length, text.bytes());
            return bytes;
        }
        Change::Truncate(at) => {
            bytes.truncate(at % length);
            return bytes;
        }
        Change::DeleteLine(line) => drop(lines.remove(line % count)),
        Change::RepeatLine(line, times) => {
            let line = lines[line % count].clone();
            lines.extend(std::iter::repeat_n(line, times));
        }
        Change::SwapLines(first, second) => lines.swap(first % count, second % count),
        Change::Indent(line, spaces) => drop(lines[line % count].splice(0..0, vec![b' '; spaces])),
    }
    lines.concat()
}

pub(crate) fn samples() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    let entries =
        std::fs::read_dir(folder).expect("specs is there").map(|entry| entry.expect("a readable folder").path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|ending| ending == "yaml")).collect();
    files.sort();
    let mut samples = vec![RICH.as_bytes().to_vec()];
    samples.extend(files.iter().map(|path| std::fs::read(path).expect("a readable file")));
    samples
}

#[test]
fn the_rich_manifest_is_good() {
    let mut sources = Sources::default();
    let found = diagnostics(&mut sources, "m.yaml", RICH.as_bytes().to_vec());
    assert!(found.iter().all(|diagnostic| diagnostic.severity != Severity::Error), "{found:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mutation_makes_the_reader_panic(
        sample in any::<prop::sample::Index>(),
        changes in prop::collection::vec(change(), 1..6),
    ) {
        let samples = samples();
        let bytes = changes.iter().fold(sample.get(&samples).clone(), apply);
        let mut sources = Sources::default();
        let found = diagnostics(&mut sources, "m.yaml", bytes);
        for diagnostic in &found {
            for place in std::iter::once(&diagnostic.place).chain(diagnostic.related.iter().map(|(place, _)| place)) {
                let text = sources.get(place.source).text();
                prop_assert!(text.get(place.span.start as usize..place.span.end as usize).is_some(), "{diagnostic:?}");
            }
            prop_assert!(!diagnostic.what.is_empty());
        }
        let shown = render(&found, &sources, Styles::PLAIN);
        let steers = shown.contains(['\u{1b}', '\u{202E}', '\0', '\r']);
        prop_assert!(!steers, "what would steer a terminal is made visible");
        prop_assert!(serde_json::to_string(&json::listing(&found, &sources)).is_ok());
        prop_assert_eq!(found.is_empty(), shown.is_empty());
    }
}
