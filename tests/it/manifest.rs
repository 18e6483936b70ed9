//! What the loader takes, what it refuses, and where it says so.

mod budgets;
#[cfg(feature = "sandbox")]
mod checked;
mod corpus;
mod diagnostics;
mod digits;
mod document;
mod error_budgets;
pub(crate) mod hostile_input;
mod scalars;
mod schema;
mod schema_places;
mod schema_texts;
mod spellings;
mod syntax;

use expect_test::{Expect, expect};
use sortie::diagnostic::Diagnostic;
use sortie::manifest::{self, Document};
use sortie::source::Sources;

/// Each diagnostic as `code line:column..line:column sentence | help`, or the JSON of the document.
fn read(text: &str) -> String {
    let mut sources = Sources::default();
    let id = sources.add("m.yaml", text);
    let (document, diagnostics) = manifest::parse(&sources, id).into_parts();
    let mut lines: Vec<String> = diagnostics.iter().map(|found| brief(&sources, found)).collect();
    lines.extend(document.map(|document| document.to_json(document.root()).to_string()));
    lines.join("\n") + "\n"
}

fn brief(sources: &Sources, found: &Diagnostic) -> String {
    let source = sources.get(found.place.source);
    let (start, end) = (source.line_col(found.place.span.start), source.line_col(found.place.span.end));
    assert!(found.place.span.end as usize <= source.text().len(), "the place lies in the text");
    let mut line =
        format!("{} {}:{}..{}:{} {}", found.code, start.line, start.column, end.line, end.column, found.what);
    if let Some(help) = &found.help {
        line.push_str(&format!(" | {help}"));
    }
    for (place, words) in &found.related {
        let at = source.line_col(place.span.start);
        line.push_str(&format!(" | {}:{} {words}", at.line, at.column));
    }
    line
}

#[track_caller]
pub(crate) fn check(text: &str, expected: Expect) {
    expected.assert_eq(&read(text));
}

fn load(text: &str) -> Document {
    let mut sources = Sources::default();
    let id = sources.add("m.yaml", text);
    manifest::parse(&sources, id).into_parts().0.expect("the text is good")
}

#[test]
fn scalars_follow_the_core_schema() {
    check(
        "[no, on, yes, 12:30, 0o14, 1e3, 0b11, 1_000, '12', !!str 12, ~, '', \"a\\tb\"]",
        expect![[r#"
            number 1:22..1:26 this is the number 12, which is not how it is written | if it is an identifier or a version, quote it: `"0o14"`
            number 1:28..1:31 this is the number 1000.0, which is not how it is written | if it is an identifier or a version, quote it: `"1e3"`
            number 1:39..1:44 this is text, not a number: YAML 1.2 takes no `_` between digits | quote it if that is meant; as a number write 1000
            control-character 1:71..1:73 `\t` in double quotes is a tab | for a backslash, as in Windows paths, use single quotes; for several lines, a block: `|`
            ["no","on","yes","12:30",12,1000.0,"0b11","1_000","12","12",null,"","a\tb"]
        "#]],
    );
    check(
        "a: 12345678901234567890\nb: -9223372036854775808\nc: 9007199254740993",
        expect![[r#"
        {"a":12345678901234567890,"b":-9223372036854775808,"c":9007199254740993}
    "#]],
    );
    check(
        "a: 014",
        expect![[r#"
            number 1:4..1:7 the zeros in front are lost: this is the number 14 | if it is an identifier or a version, quote it: `"014"`
            {"a":14}
        "#]],
    );
    check(
        "a: 18446744073709551616\nb: .inf\nc: -.inf\nd: .nan\ne: 1e999",
        expect![[r#"
        number 1:4..1:24 the number lies outside 64 bits and would have to be rounded | if it is an identifier, quote it: `"18446744073709551616"`
        number 2:4..2:8 JSON has no infinite numbers and no not-a-number | as text, quote it: `".inf"`
        number 3:4..3:9 JSON has no infinite numbers and no not-a-number | as text, quote it: `"-.inf"`
        number 4:4..4:8 JSON has no infinite numbers and no not-a-number | as text, quote it: `".nan"`
        number 5:4..5:9 JSON has no infinite numbers and no not-a-number | as text, quote it: `"1e999"`
    "#]],
    );
    check(
        "a: |\n  two\n  lines\nb: >-\n  one\n  line\nc: plain\n  on two\nd: '''q'''\ne:",
        expect![[r#"
        {"a":"two\nlines\n","b":"one line","c":"plain on two","d":"'q'","e":null}
    "#]],
    );
}

#[test]
fn a_text_without_values_is_null() {
    check(
        "",
        expect![[r#"
        null
    "#]],
    );
    check(
        "# only a comment\n",
        expect![[r#"
        null
    "#]],
    );
}

#[test]
fn duplicate_keys_name_both_places() {
    check(
        "a: 1\nb: {c: 1, c: 2}\na: 3\n",
        expect![[r#"
        duplicate-key 2:11..2:12 the key `c` stands twice in one mapping | remove one of the two, or give it another name | 2:5 first here
        duplicate-key 3:1..3:2 the key `a` stands twice in one mapping | remove one of the two, or give it another name | 1:1 first here
    "#]],
    );
    check(
        "1: a\n\"1\": b\n",
        expect![[r#"
        duplicate-key 2:1..2:4 the key `1` stands twice in one mapping | remove one of the two, or give it another name | 1:1 first here
    "#]],
    );
    check(
        "a: {a: 1}\nb: {a: 2}\n",
        expect![[r#"
        {"a":{"a":1},"b":{"a":2}}
    "#]],
    );
}

#[test]
fn keys_are_plain_text() {
    check(
        "? [a, b]\n: 1\n",
        expect![[r#"
        key-form 1:3..1:9 a key must be text, not a list or mapping | write the key as one word, or in quotes
    "#]],
    );
    check(
        "{a: 1}: 2\n",
        expect![[r#"
        key-form 1:1..1:7 a key must be text, not a list or mapping | write the key as one word, or in quotes
    "#]],
    );
    check(
        ": 1\n",
        expect![[r#"
        key-form 1:1..1:1 a key is missing here | write a key in front of the colon, or `""` for an empty one
    "#]],
    );
    check(
        "a: &x k\n*x : 1\n",
        expect![[r#"
        key-form 2:1..2:3 a key cannot be an alias | write the key out
    "#]],
    );
    check(
        "no: 1\n1.5: 2\nnull: 3\n",
        expect![[r#"
        {"no":1,"1.5":2,"null":3}
    "#]],
    );
}

#[test]
fn only_core_tags_are_known() {
    check(
        "a: !!int '3'\nb: !!float 1\nc: !!str ~\nd: ! 12\ne: !!map {}\nf: !!seq []\ng: !!null ~",
        expect![[r#"
        {"a":3,"b":1.0,"c":"~","d":"12","e":{},"f":[],"g":null}
    "#]],
    );
    check(
        "a: !secret x\nb: !!binary aGk=\nc: !!int x\nd: !!map [1]\ne: !<tag:x,2000:y> {a: 1}\n",
        expect![[r#"
        tag 1:4..1:11 the tag `!secret` is not known here | remove it; text that begins with `!` needs quotes
        tag 2:4..2:12 the tag `!!binary` is not known here | remove it; text that begins with `!` needs quotes
        tag 3:4..3:9 the value after `!!int` is of another type | remove the tag, or write a value that fits it
        tag 4:4..4:9 the value after `!!map` is of another type | remove the tag, or write a value that fits it
        tag 5:4..5:19 the tag `!<tag:x,2000:y>` is not known here | remove it; text that begins with `!` needs quotes
    "#]],
    );
}

#[test]
fn merge_keys_are_applied() {
    check(
        "x: &x {a: 1, b: 2}\ny: {b: 3, <<: *x, c: 4}\n",
        expect![[r#"
        {"x":{"a":1,"b":2},"y":{"b":3,"a":1,"c":4}}
    "#]],
    );
    check(
        "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  <<: [*x, *y]\n  d: 3\n",
        expect![[r#"
        {"x":{"a":1,"b":1},"y":{"b":2,"c":2},"z":{"a":1,"b":1,"c":2,"d":3}}
    "#]],
    );
    check(
        "a: {'<<': 1}\n",
        expect![[r#"
        {"a":{"<<":1}}
    "#]],
    );
    check(
        "x: &x [1]\na: {<<: *x}\nb: {<<: text}\n",
        expect![[r#"
        merge 2:5..2:7 `<<` merges mappings only | write `<<: *name`, where `&name` stands at a mapping, or quote the key: `"<<"` | 1:8 this is not a mapping
        merge 3:5..3:7 `<<` merges mappings only | write `<<: *name`, where `&name` stands at a mapping, or quote the key: `"<<"` | 3:9 this is not a mapping
    "#]],
    );
    check(
        "x: &x {a: 1}\nb: {<<: *x, <<: *x}\n",
        expect![[r#"
        duplicate-key 2:13..2:15 the key `<<` stands twice in one mapping | merge several mappings by one `<<: [*first, *second]`
    "#]],
    );
}

#[test]
fn aliases_are_shared() {
    let document = load("a: &a [1, 2]\nb: *a\n");
    assert_eq!(document.at("/a"), document.at("/b"));
    check(
        "a: *nowhere\n",
        expect![[r#"
        syntax 1:4..1:5 no `&` of this name stands above | text that begins with `*` needs quotes; an alias needs its `&name` further up
    "#]],
    );
    check(
        "a: &a\n  b: *a\n",
        expect![[r#"
        budget 2:6..2:8 an alias stands inside the value that it names | write the value out
    "#]],
    );
}
