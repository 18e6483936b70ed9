//! The published schema is in step with the types, and each violation is one sentence at the right place.

use std::path::Path;

use expect_test::{Expect, expect, expect_file};
use sortie::manifest;
use sortie::schema;
use sortie::source::Sources;

/// `line:column code sentence | help` for each violation.
#[track_caller]
pub(crate) fn check(text: &str, expected: Expect) {
    expected.assert_eq(&violations(text));
}

/// As [`check`], with the keys that every manifest needs.
#[track_caller]
pub(crate) fn check_job(job: &str, expected: Expect) {
    check(&format!("version: 1\nname: a\njobs:\n  load:\n    release: R\n    {job}\n"), expected);
}

pub(crate) fn violations(text: &str) -> String {
    let mut sources = Sources::default();
    let id = sources.add("m.yaml", text);
    let document = manifest::parse(&sources, id).into_parts().0.expect("the text is YAML");
    let mut lines = String::new();
    for found in schema::check(&document) {
        let at = sources.get(id).line_col(found.place.span.start);
        lines.push_str(&format!("{}:{} {} {}", at.line, at.column, found.code, found.what));
        if let Some(help) = &found.help {
            lines.push_str(&format!(" | {help}"));
        }
        for (place, words) in &found.related {
            let at = sources.get(id).line_col(place.span.start);
            lines.push_str(&format!(" | {}:{} {words}", at.line, at.column));
        }
        lines.push('\n');
    }
    lines
}

#[test]
fn the_published_schema_is_generated_from_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/sortie.schema.json");
    let text = serde_json::to_string_pretty(&schema::generate()).expect("a schema is JSON") + "\n";
    expect_file![path].assert_eq(&text);
}

#[test]
fn the_published_schema_says_what_it_is() {
    let schema = schema::generate();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["$id"], schema::ID);
    assert!(schema["title"].is_string() && schema["description"].is_string());
}

#[test]
fn a_good_manifest_violates_nothing() {
    check("version: 1\nname: hello\njobs:\n  greet:\n    release: Hello\n", expect![[""]]);
    check_job("arguments: {a: [1, {b: null}], c: \"${{ params.x }}\"}", expect![[""]]);
    check_job("count: ${{ params.n }}", expect![[""]]);
    check_job("x-note: anything", expect![[""]]);
}

#[test]
fn the_top_is_a_mapping_with_its_required_keys() {
    check(
        "",
        expect![[r#"
        1:1 wrong-type the manifest is empty | begin with `version: 1` and `name: NAME`
    "#]],
    );
    check(
        "[]",
        expect![[r#"
        1:1 wrong-type a manifest is a mapping of keys, and this is a list | begin with `version: 1` and `name: NAME`
    "#]],
    );
    check(
        "jobs: {}\n",
        expect![[r#"
        1:1 missing-key the manifest lacks `name` | add `name: invoice-backfill`
        1:1 missing-key the manifest lacks `version` | add `version: 1`
        1:7 out-of-range `jobs` must not be empty
    "#]],
    );
    check(
        "version: 2\nname: Bad Name\njobs: {a b: {release: R}}\n",
        expect![[r#"
            1:10 not-one-of `version` must be `1`
            2:7 wrong-form `name` must be a manifest's name: lower-case letters, digits, `.`, `_` and `-`, at most 64 characters | write `bad-name`
            3:8 wrong-form the key `a b` must be a job's name: letters, digits, `.`, `_` and `-`, at most 64 characters | for example: `a-b`
        "#]],
    );
    check(
        "version: '1'\nname: 12\njobs: [a]\n",
        expect![[r#"
            1:10 wrong-type `version` must be a whole number, and this is text | remove the quotes
            2:7 wrong-type `name` must be a manifest's name: lower-case letters, digits, `.`, `_` and `-`, at most 64 characters, and this is a whole number | put it in quotes
            3:7 wrong-type `jobs` must be a mapping, and this is a list | jobs are keys, without dashes: write `NAME:`, and what belongs to it indented below
        "#]],
    );
}

#[test]
fn unknown_keys_are_told_with_the_nearest_or_the_right_level() {
    check_job(
        "cuont: 1",
        expect![[r#"
        6:5 unknown-key job `load` has no key `cuont` | did you mean `count`?
    "#]],
    );
    check_job(
        "ReleaseKey: 1",
        expect![[r#"
        6:5 unknown-key job `load` has no key `ReleaseKey` | the manifest calls it `release`
    "#]],
    );
    check_job(
        "limits: {}",
        expect![[r#"
        6:5 unknown-key job `load` has no key `limits` | `limits` belongs at the top of the manifest
    "#]],
    );
    check_job(
        "zzzzzz: 1",
        expect![[r#"
        6:5 unknown-key job `load` has no key `zzzzzz` | remove it; a key of your own begins with `x-`: `x-zzzzzz`
    "#]],
    );
    check(
        "version: 1\nname: a\nrelease: R\nforEach: 1\njobs: {a: {release: R}}\nlimits: {launch: {speed: 1}}\n",
        expect![[r#"
            3:1 unknown-key the manifest has no key `release` | `release` belongs below a job (`jobs: NAME: release:`) or `defaults`
            4:1 unknown-key the manifest has no key `forEach` | `for-each` belongs below a job (`jobs: NAME: for-each:`) or `defaults`
            6:19 unknown-key `launch` has no key `speed` | `launch` takes `rate`, `burst` or `concurrency`
        "#]],
    );
    check(
        "version: 1\nname: a\nx-b: &b {cuont: 1}\njobs: {a: {release: R, <<: *b}}\n",
        expect![[r#"
        3:10 unknown-key job `a` has no key `cuont` | did you mean `count`? | 4:24 merged in here
    "#]],
    );
}

#[test]
fn types_are_told_in_words() {
    check_job(
        "count: five",
        expect![[r#"
            6:12 wrong-type `count` must be a whole number, and this is text | for example: `3`
        "#]],
    );
    check_job(
        "count: '5'",
        expect![[r#"
        6:12 wrong-type `count` must be a whole number, and this is text | remove the quotes
    "#]],
    );
    check_job(
        "count: 1.5",
        expect![[r#"
        6:12 wrong-type `count` must be a whole number, and this is a number with a fraction | write it without a fraction
    "#]],
    );
    check_job(
        "count:",
        expect![[r#"
        6:10 wrong-type `count` has no value | write a value, or remove the key
    "#]],
    );
    check_job(
        "outputs: yes",
        expect![[r#"
        6:14 wrong-type `outputs` must be `true` or `false`, and this is text | write `true` or `false` without quotes; `yes`, `no`, `on` and `off` are text
    "#]],
    );
    check_job(
        "robots: ETL-01",
        expect![[r#"
            6:13 wrong-type `robots` must be a list, and this is text | put it into brackets, `[` before it and `]` behind it; or one line with a dash for each item
        "#]],
    );
    check_job(
        "robots: [[1]]",
        expect![[r#"
        6:14 wrong-type item 1 of `robots` takes a whole number or text, and this is a list
    "#]],
    );
    check_job(
        "arguments: text",
        expect![[r#"
            6:16 wrong-type `arguments` must be a mapping, and this is text | for example: `{ invoice: INV-001, amount: 12.5 }`
        "#]],
    );
    check_job(
        "description: 5",
        expect![[r#"
        6:18 wrong-type `description` must be text, and this is a whole number | put it in quotes
    "#]],
    );
    check_job(
        "environment: {A: [1]}",
        expect![[r#"
        6:22 wrong-type `A` must be `true` or `false`, a number or text, and this is a list
    "#]],
    );
    check_job(
        "machines: {a: 1}",
        expect![[r#"
            6:15 wrong-type `machines` must be a list, and this is a mapping | for example: `[VM-01]`
        "#]],
    );
}

#[test]
fn choices_and_limits_are_told() {
    check_job(
        "strategy: specific",
        expect![[r#"
        6:15 not-one-of `strategy` must be `All`, `Specific`, `RobotCount`, `JobsCount` or `ModernJobsCount` | did you mean `Specific`?
    "#]],
    );
    check_job(
        "strategy: Nope",
        expect![[r#"
        6:15 not-one-of `strategy` must be `All`, `Specific`, `RobotCount`, `JobsCount` or `ModernJobsCount`
    "#]],
    );
    check_job(
        "runtime: Unatended",
        expect![[r#"
            6:14 not-one-of `runtime` does not have this value | did you mean `Unattended`?
        "#]],
    );
    check_job(
        "count: 0",
        expect![[r#"
        6:12 out-of-range `count` must be between 1 and 10000
    "#]],
    );
    check_job(
        "priority: 0",
        expect![[r#"
        6:15 out-of-range `priority` must be between 1 and 100
    "#]],
    );
    check_job(
        "priority: Hihg",
        expect![[r#"
            6:15 not-one-of `priority` must be `Low`, `Normal` or `High`, or a number from 1 to 100 | did you mean `High`?
        "#]],
    );
    check_job(
        "reference: ''",
        expect![[r#"
        6:16 out-of-range `reference` must not be empty
    "#]],
    );
    check_job(
        "reference: naïve",
        expect![[r#"
            6:16 wrong-form `reference` must be ASCII text, without line breaks | for example: `payroll`
        "#]],
    );
    check_job(
        &format!("reference: {}", "x".repeat(72)),
        expect![[r#"
        6:16 out-of-range `reference` must have at most 71 characters
    "#]],
    );
}

#[test]
fn spans_of_time_need_a_unit() {
    check_job(
        "wait: {timeout: 30}",
        expect![[r#"
        6:21 duration-unit `timeout` needs a unit | write `30s` for seconds, or `30m` for minutes
    "#]],
    );
    check_job(
        "wait: {timeout: '30', pending: 5 minutes}",
        expect![[r#"
            6:21 duration-unit `timeout` needs a unit | write `30s` for seconds, or `30m` for minutes
            6:36 wrong-form `pending` must be a span of time with its unit: `ms`, `s`, `m`, `h` or `d` | for example: `15m`
        "#]],
    );
    check(
        "version: 1\nname: a\nlimits: {launch: {rate: 10}, poll: {rate: 5/m}}\njobs: {a: {release: R}}\n",
        expect![[r#"
            3:25 duration-unit `rate` needs a unit | write `10/s` for each second, or `10/min` for each minute
            3:43 wrong-form `rate` must be a rate: a number above 0 for each `s`, `min` or `h` | for example: `10/s`
        "#]],
    );
    check(
        "version: 1\nname: a\nschedule: {slot: 1}\noutcome: {tolerate: '5'}\njobs: {a: {release: R}}\n",
        expect![[r#"
            3:18 duration-unit `slot` needs a unit | write `1s` for seconds, or `1m` for minutes
            4:21 duration-unit `tolerate` needs a unit | write `5%`
        "#]],
    );
}

#[test]
fn alternatives_are_named() {
    check_job(
        "folder: 7",
        expect![[r#"
            6:13 wrong-type `folder` as text is a path; a number is an id | write `folder: { id: 7 }`
        "#]],
    );
    check_job(
        "folder: {ID: 7}",
        expect![[r#"
        6:14 unknown-key `folder` has no key `ID` | did you mean `id`?
    "#]],
    );
    check_job(
        "folder: {id: seven}",
        expect![[r#"
            6:18 wrong-type `id` must be a whole number, and this is text | for example: `7`
        "#]],
    );
    check_job(
        "needs: extract",
        expect![[r#"
            6:12 wrong-type `needs` takes a list or a mapping, and this is text | for example: `[extract]`
        "#]],
    );
    check_job(
        "needs: {extract: done}",
        expect![[r#"
            6:22 wrong-form `extract` takes `succeeded`, `finished`, `failed` or `started` or `same-row`, and this is neither
        "#]],
    );
    check_job(
        "wait: 30m",
        expect![[r#"
            6:11 wrong-type `wait` takes `true` or `false` or a mapping with `timeout`, `on-timeout`, `pending` or `until`, and this is text | for example: `{ timeout: 2h }`
        "#]],
    );
    check(
        "version: 1\nname: a\njobs: {a: {release: {nmae: x}}, b: {release: [x]}}\n",
        expect![[r#"
            3:22 unknown-key `release` has no key `nmae` | did you mean `name`?
            3:46 wrong-type `release` takes text or a mapping with `name`, `version`, `key` or `package`, and this is a list | for example: `Invoice Loader`
        "#]],
    );
    check_job(
        "matrix: {company: 1000, 'a b': [1], exclude: [{company: [1]}]}",
        expect![[r#"
            6:23 wrong-type `company` must be a list, and this is a whole number | put it into brackets, `[` before it and `]` behind it; or one line with a dash for each item
            6:29 wrong-form the key `a b` must be a name for expressions: letters, digits and `_`, not starting with a digit | for example: `a_b`
            6:61 wrong-type `company` must be `null`, `true` or `false`, a number or text, and this is a list
        "#]],
    );
    check_job(
        "for-each: {yaml: 5, key: id}",
        expect![[r#"
            6:22 wrong-type `yaml` takes text or a list, and this is a whole number | for example: `data/invoices.yaml`
        "#]],
    );
}

#[test]
fn the_form_of_csv_is_one_of_a_few_words() {
    for form in ["delimiter: ';'", "delimiter: tab", "delimiter: \"\\t\", decimal: ','", "delimiter: '|', decimal: '.'"]
    {
        let text = format!(
            "version: 1\nname: a\njobs:\n  load:\n    release: R\n    for-each: {{csv: r.csv, key: id, {form}}}\n"
        );
        assert_eq!(violations(&text), "", "{form}");
    }
    check_job(
        "for-each: {csv: r.csv, key: id, delimiter: ':', decimal: 1}",
        expect![[r#"
        6:48 not-one-of `delimiter` must be `,`, `;`, `tab`, `\t` or `|`
        6:62 wrong-type `decimal` must be text, and this is a whole number | put it in quotes
    "#]],
    );
    check_job(
        "for-each: {csv: r.csv, key: id, delimter: ';', decimal: '${{ params.mark }}'}",
        expect![[r#"
        6:37 unknown-key `for-each` has no key `delimter` | did you mean `delimiter`?
        6:62 expression-place no expression may stand in `for-each` | write the value itself
    "#]],
    );
}
