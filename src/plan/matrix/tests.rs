//! What combinations a matrix has: the published examples of GitHub Actions, and our own rules.

use expect_test::{Expect, expect};
use serde_json::Value;

use super::*;
use crate::source::{Place, SourceId, Span};

fn place(at: usize) -> Place {
    Place { source: SourceId(0), span: Span::new(at, at + 1) }
}

/// The matrix that JSON spells; places count what was read.
fn written(json: &str) -> MatrixSource {
    let Ok(Value::Object(parts)) = serde_json::from_str(json) else { panic!("an object") };
    let mut written = MatrixSource::default();
    let mut at = 0;
    let mut next = || {
        at += 1;
        place(at)
    };
    for (name, values) in parts {
        let items = values.as_array().expect("a list").iter();
        if name == "include" || name == "exclude" {
            let entries =
                items.map(|item| MatrixEntry { values: item.as_object().expect("an object").clone(), place: next() });
            *(if name == "include" { &mut written.include } else { &mut written.exclude }) = entries.collect();
        } else {
            let values = items.map(|item| (item.clone(), next())).collect();
            written.axes.push(MatrixAxis { name: name.into(), values });
        }
    }
    written
}

#[track_caller]
fn check(json: &str, expected: Expect) {
    let mut complaints = Vec::new();
    let matrix = MatrixCombinations::new(written(json), u32::MAX, &mut complaints);
    let mut shown = String::new();
    for Diagnostic { what, help, place, severity, .. } in complaints {
        shown.push_str(&format!("{severity:?} at {}: {what} | {}\n", place.span.start, help.unwrap_or_default()));
    }
    for index in 0..matrix.as_ref().map_or(0, MatrixCombinations::len) {
        let matrix = matrix.as_ref().expect("there are combinations");
        let combination = matrix.combination(u32::try_from(index).expect("few"));
        let pairs = combination.into_iter().map(|(name, value)| format!("{}={value}", matrix.names()[name]));
        shown.push_str(&format!("{}\n", pairs.collect::<Vec<_>>().join(" ")));
    }
    expected.assert_eq(&shown);
}

#[test]
fn every_combination_comes_once_and_the_last_axis_changes_first() {
    check(
        r#"{"a": [1, 2], "b": ["x", null, true]}"#,
        expect![[r#"
            a=1 b="x"
            a=1 b=null
            a=1 b=true
            a=2 b="x"
            a=2 b=null
            a=2 b=true
        "#]],
    );
    check(r#"{"a": [1, 2], "b": []}"#, expect![""]);
    check("{}", expect![""]);
}

#[test]
fn the_published_example_of_include_holds() {
    check(
        r#"{"fruit": ["apple", "pear"], "animal": ["cat", "dog"], "include": [{"color": "green"},
            {"color": "pink", "animal": "cat"}, {"fruit": "apple", "shape": "circle"}, {"fruit": "banana"},
            {"fruit": "banana", "animal": "cat"}]}"#,
        expect![[r#"
            fruit="apple" animal="cat" color="pink" shape="circle"
            fruit="apple" animal="dog" color="green" shape="circle"
            fruit="pear" animal="cat" color="pink"
            fruit="pear" animal="dog" color="green"
            fruit="banana"
            fruit="banana" animal="cat"
        "#]],
    );
}

#[test]
fn the_published_examples_of_expanding_and_adding_hold() {
    check(
        r#"{"os": ["windows-latest", "ubuntu-latest"], "node": [14, 16],
            "include": [{"os": "windows-latest", "node": 16, "npm": 6}]}"#,
        expect![[r#"
            os="windows-latest" node=14
            os="windows-latest" node=16 npm=6
            os="ubuntu-latest" node=14
            os="ubuntu-latest" node=16
        "#]],
    );
    check(
        r#"{"os": ["macos-latest", "windows-latest"], "version": [12, 14],
            "include": [{"os": "windows-latest", "version": 17}]}"#,
        expect![[r#"
            os="macos-latest" version=12
            os="macos-latest" version=14
            os="windows-latest" version=12
            os="windows-latest" version=14
            os="windows-latest" version=17
        "#]],
    );
    check(
        r#"{"include": [{"site": "production", "datacenter": "site-a"}, {"site": "staging", "datacenter": "site-b"}]}"#,
        expect![[r#"
            site="production" datacenter="site-a"
            site="staging" datacenter="site-b"
        "#]],
    );
}

#[test]
fn the_published_example_of_exclude_holds() {
    check(
        r#"{"os": ["macos", "windows"], "version": [12, 14, 16], "environment": ["staging", "production"],
            "exclude": [{"os": "macos", "version": 12, "environment": "production"}, {"os": "windows", "version": 16}]}"#,
        expect![[r#"
            os="macos" version=12 environment="staging"
            os="macos" version=14 environment="staging"
            os="macos" version=14 environment="production"
            os="macos" version=16 environment="staging"
            os="macos" version=16 environment="production"
            os="windows" version=12 environment="staging"
            os="windows" version=12 environment="production"
            os="windows" version=14 environment="staging"
            os="windows" version=14 environment="production"
        "#]],
    );
}

#[test]
fn include_comes_after_exclude_and_can_bring_back() {
    check(
        r#"{"a": [1, 2], "exclude": [{"a": 2}], "include": [{"a": 2, "note": "back"}]}"#,
        expect![[r#"
            a=1
            a=2 note="back"
        "#]],
    );
}

#[test]
fn what_cannot_be_meant_is_said() {
    check(
        r#"{"company": [1000, 2000, "1000", 2000], "exclude": [{"compny": 1}, {"company": "2000"}, {"company": 3}]}"#,
        expect![[r#"
            Error at 3: a value of `company` stands twice | remove one of the two: launch ids do not tell a number from its text
            Error at 4: a value of `company` stands twice | remove one of the two: launch ids do not tell a number from its text
            Error at 5: the matrix has no `compny` to exclude from | did you mean `company`?
            Warning at 6: this excludes nothing: `company` has no such value | write the value without quotes
            Warning at 7: this excludes nothing: `company` has no such value | 
        "#]],
    );
}

#[test]
fn a_million_combinations_are_counted_and_none_is_made() {
    let axis =
        |name: &str| MatrixAxis { name: name.into(), values: (0..1000).map(|at| (at.into(), place(at))).collect() };
    let written = MatrixSource { axes: vec![axis("a"), axis("b")], ..MatrixSource::default() };
    let matrix = MatrixCombinations::new(written, u32::MAX, &mut Vec::new()).expect("in order");
    assert_eq!(matrix.len(), 1_000_000);
    assert_eq!(matrix.combination(999_001), [(0, 999.into()), (1, 1.into())]);
    let axes = (0..9).map(|name| axis(&name.to_string())).collect();
    let excluded = MatrixEntry { values: Map::from_iter([("0".to_owned(), 1.into())]), place: place(0) };
    let written = MatrixSource { axes, exclude: vec![excluded], ..MatrixSource::default() };
    let mut complaints = Vec::new();
    assert!(MatrixCombinations::new(written, u32::MAX, &mut complaints).is_none());
    assert_eq!(complaints[0].code, Code::Budget);
}

fn including(axis: usize, entries: impl Iterator<Item = Value>) -> MatrixSource {
    let axis = MatrixAxis { name: "a".into(), values: (0..axis).map(|at| (at.into(), place(at))).collect() };
    let entry = |(at, values): (usize, Value)| MatrixEntry {
        values: values.as_object().expect("one").clone(),
        place: place(at),
    };
    let axes = if axis.values.is_empty() { Vec::new() } else { vec![axis] };
    MatrixSource { axes, include: entries.enumerate().map(entry).collect(), ..MatrixSource::default() }
}

#[test]
fn a_combination_holds_its_own_values_and_no_room_for_those_of_others() {
    let entries = (0..20_000).map(|at| serde_json::json!({ format!("k{at}"): at }));
    let matrix = MatrixCombinations::new(including(0, entries), u32::MAX, &mut Vec::new()).expect("in order");
    assert_eq!((matrix.len(), matrix.names().len()), (20_000, 20_000));
    assert_eq!(matrix.alone.iter().map(Vec::len).sum::<usize>(), 20_000);
    assert!(matrix.alone.iter().all(|alone| alone.capacity() < 10));
    assert_eq!(matrix.combination(19_999), [(19_999, 19_999.into())]);
}

#[test]
fn values_that_include_adds_are_counted_wherever_they_are_added() {
    let all = |count: usize| {
        let mut complaints = Vec::new();
        let entries = (0..count).map(|at| serde_json::json!({ format!("k{at}"): 1 }));
        let is_made = MatrixCombinations::new(including(4_000, entries), u32::MAX, &mut complaints).is_some();
        (is_made, complaints.first().map(|complaint| (complaint.code, complaint.what.clone())))
    };
    assert_eq!(all(1_000), (true, None));
    let what = "`include` adds more than 4000000 values to the combinations: this costs too much";
    assert_eq!(all(1_001), (false, Some((Code::Budget, what.to_owned()))));
    // One each is what is usually meant.
    let each = (0..10_000).map(|at| serde_json::json!({ "a": at, "note": 1 }));
    assert!(MatrixCombinations::new(including(10_000, each), u32::MAX, &mut Vec::new()).is_some());
}
