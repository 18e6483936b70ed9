//! Rows in batches: how they are cut, what a launch of many rows is called, and what is refused.

use expect_test::{Expect, expect};
use serde_json::Value;
use sortie::ids::Ordinal;
use sortie::plan::{self, Inputs, Launch, Plan, RowsInput};
use sortie::source::Packed;
use sortie::spec::LargeArguments;
use sortie::start_info::arguments_text;

use crate::plan::{HEAD, briefly, inputs};

const LOAD: &str = "\
jobs:
  load:
    release: L
    for-each: { csv: rows.csv, key: id, batch: { rows: 3 } }
    arguments: { ids: '${{ rows | map(attribute=\"id\") | list }}' }
";

fn with_rows(body: &str, rows: &str) -> Inputs {
    let mut inputs = inputs(&format!("{HEAD}{body}"));
    inputs.files.insert("rows.csv".to_owned(), Packed::from(rows));
    inputs
}

#[track_caller]
fn planned(inputs: &Inputs) -> Plan {
    let (sources, outcome) = plan::make(inputs);
    let (plan, said) = outcome.into_parts();
    plan.unwrap_or_else(|| panic!("{}", briefly(&sources, &said)))
}

fn launches(plan: &Plan) -> Vec<Launch> {
    (0..plan.len()).map(|index| plan.launch(Ordinal::from(index))).collect()
}

/// Each launch as its id, its key and its arguments; or what is said.
fn shown(inputs: &Inputs) -> String {
    let (sources, outcome) = plan::make(inputs);
    let (plan, said) = outcome.into_parts();
    let Some(plan) = plan else { return briefly(&sources, &said) };
    let line = |launch: Launch| {
        let arguments = launch.start_info.arguments().map(arguments_text).unwrap_or_default();
        format!("{} {} {arguments}\n", launch.id, Value::Object(launch.key))
    };
    launches(&plan).into_iter().map(line).collect()
}

#[track_caller]
fn check(inputs: &Inputs, expected: Expect) {
    expected.assert_eq(&shown(inputs));
}

fn numbered(count: usize) -> String {
    let rows: String = (1..=count).map(|number| format!("r{number}\n")).collect::<Vec<_>>().concat();
    format!("id\n{rows}")
}

#[test]
fn a_launch_takes_as_many_rows_as_it_may_in_their_order() {
    check(
        &with_rows(LOAD, &numbered(7)),
        expect![[r#"
        load/r1..r3~a25d52a0 {"id":["r1","r2","r3"]} {"ids":["r1","r2","r3"]}
        load/r4..r6~e6cadc11 {"id":["r4","r5","r6"]} {"ids":["r4","r5","r6"]}
        load/r7..r7~959ebd70 {"id":["r7"]} {"ids":["r7"]}
    "#]],
    );
}

#[test]
fn rows_that_are_added_at_the_end_leave_full_batches_as_they_are() {
    let ids = |count| -> Vec<String> {
        launches(&planned(&with_rows(LOAD, &numbered(count)))).iter().map(|launch| launch.id.to_string()).collect()
    };
    let (before, after) = (ids(7), ids(10));
    assert_eq!(before[..2], after[..2], "full batches stay");
    assert!(!after.contains(&before[2]), "and the last one is another launch: {before:?} {after:?}");
}

#[test]
fn batches_with_the_same_ends_and_other_rows_between_are_not_the_same_launch() {
    let ids = |rows: &str| launches(&planned(&with_rows(LOAD, rows)))[0].id.to_string();
    let (one, other) = (ids("id\na\nb\nd\n"), ids("id\na\nc\nd\n"));
    assert_eq!(one.split('~').next(), other.split('~').next(), "{one}");
    assert_ne!(one, other);
    // What joins keys may stand in keys.
    assert_ne!(ids("id\na..b\nx\nc\n"), ids("id\na\nx\nb..c\n"));
    assert_ne!(ids("id\n\"a,b\"\nc\n"), ids("id\na\n\"b,c\"\n"));
}

#[test]
fn where_comes_before_the_cut_and_sees_each_row() {
    let body = LOAD.replace("batch: { rows: 3 }", "where: '${{ row.kind == \"x\" }}', batch: { rows: 2 }");
    check(
        &with_rows(&body, "id,kind\n1,x\n2,y\n3,x\n4,y\n5,x\n"),
        expect![[r#"
        load/1..3~de94d569 {"id":["1","3"]} {"ids":["1","3"]}
        load/5..5~5e3322c6 {"id":["5"]} {"ids":["5"]}
    "#]],
    );
}

#[test]
fn each_combination_of_a_matrix_has_each_batch() {
    let body = LOAD.replace("    arguments:", "    matrix: { zone: [eu, us] }\n    arguments:");
    let body = body.replace("arguments: { ", "arguments: { zone: '${{ matrix.zone }}', ");
    check(
        &with_rows(&body, &numbered(4)),
        expect![[r#"
        load/eu,r1..r3~a25d52a0 {"zone":"eu","id":["r1","r2","r3"]} {"zone":"eu","ids":["r1","r2","r3"]}
        load/eu,r4..r4~f2a72116 {"zone":"eu","id":["r4"]} {"zone":"eu","ids":["r4"]}
        load/us,r1..r3~a25d52a0 {"zone":"us","id":["r1","r2","r3"]} {"zone":"us","ids":["r1","r2","r3"]}
        load/us,r4..r4~f2a72116 {"zone":"us","id":["r4"]} {"zone":"us","ids":["r4"]}
    "#]],
    );
}

#[test]
fn arguments_are_as_long_as_they_may_be_and_never_longer_whatever_they_are_made_of() {
    let wide = |count: usize| -> String {
        let mut random = fastrand::Rng::with_seed(7);
        let row = |number| format!("r{number},{}\n", "ä\u{1f600}x\"".repeat(random.usize(0..120)));
        let rows: String = (0..count).map(row).map(|row| row.replace('"', "'")).collect();
        format!("id,note\n{rows}")
    };
    for (arguments, chars) in [
        ("{ all: '${{ rows }}' }", 2_000),
        ("{ all: '${{ rows }}', twice: '${{ rows }}' }", 9_000),
        ("{ text: '${{ rows | map(attribute=\"note\") | join(\";\") }}', of: '${{ matrix.zone }}' }", 10_000),
    ] {
        let body = LOAD.replace("batch: { rows: 3 }", &format!("batch: {{ rows: 50, chars: {chars} }}"));
        let body = body.replace("{ ids: '${{ rows | map(attribute=\"id\") | list }}' }", arguments);
        let body = body.replace("    arguments:", "    matrix: { zone: [e, a-longer-one] }\n    arguments:");
        let plan = planned(&with_rows(&body, &wide(300)));
        let lengths: Vec<usize> = launches(&plan)
            .iter()
            .map(|launch| arguments_text(launch.start_info.arguments().unwrap()).encode_utf16().count())
            .collect();
        assert!(lengths.iter().all(|length| *length <= chars), "{chars}: {lengths:?}");
        assert!(lengths.len() > 4 && lengths.len() < 300, "{chars}: {lengths:?}");
        let keys: Vec<Value> = launches(&plan)
            .iter()
            .filter(|launch| launch.key["zone"] == "e")
            .flat_map(|launch| launch.key["id"].as_array().unwrap().clone())
            .collect();
        let expected: Vec<Value> = (0..300).map(|number| format!("r{number}").into()).collect();
        assert_eq!(keys, expected, "each row once, in order");
    }
}

#[test]
fn batches_are_cut_alike_where_long_arguments_are_uploaded() {
    let body = LOAD.replace("batch: { rows: 3 }", "batch: { rows: 5000 }");
    let refused = with_rows(&body, &numbered(5000));
    let attached = Inputs { large_arguments: Some(LargeArguments::Attach), ..refused.clone() };
    assert_eq!(planned(&refused).digest(), planned(&attached).digest());
    assert!(planned(&refused).len() > 3);
}

#[test]
fn a_row_that_is_too_long_by_itself_is_an_error_at_the_row() {
    let body = LOAD
        .replace("batch: { rows: 3 }", "batch: { rows: 3, chars: 40 }")
        .replace("map(attribute=\"id\") | list", "list");
    let long = "x".repeat(60);
    check(
        &with_rows(&body, &format!("id,note\n1,a\n2,{long}\n3,b\n4,{long}\n")),
        expect![[r#"
            arguments-too-long rows.csv:3:1 [2,xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx] this row alone makes arguments of more than 40 characters | that is what `batch` allows (`chars`, at most 10000); of long data give the robot the address | in 2 rows | rows.csv:5:1 here too
        "#]],
    );
}

#[test]
fn rows_given_at_run_time_and_arguments_laid_over_are_counted_too() {
    let body = LOAD.replace("batch: { rows: 3 }", "batch: { rows: 50, chars: 200 }");
    let mut given = with_rows(&body, &numbered(1));
    given.data.insert(
        "load".to_owned(),
        RowsInput { name: "r.jsonl".to_owned(), text: Packed::from("{\"id\":1}\n{\"id\":2}\n") },
    );
    let long: Value = "y".repeat(150).into();
    given.arguments.insert("load".to_owned(), [("extra".to_owned(), long)].into_iter().collect());
    let plan = planned(&given);
    assert_eq!(plan.len(), 1);
    assert_eq!(launches(&plan)[0].key["id"], serde_json::json!([1, 2]));
    given
        .data
        .insert("load".to_owned(), RowsInput { name: "r.csv".to_owned(), text: Packed::from(numbered(20).as_str()) });
    assert!(planned(&given).len() > 2, "what is laid over takes room");
}

#[test]
fn what_a_batch_cannot_mean_is_refused_where_it_is_written() {
    let check = |from: &str, to: &str, expected: Expect| {
        assert!(LOAD.contains(from), "{from}");
        check(&with_rows(&LOAD.replace(from, to), &numbered(4)), expected);
    };
    check(
        "${{ rows | map(attribute=\"id\") | list }}",
        "${{ row.id }}",
        expect![[r#"
        expression-place 8:28 [row] `row` is not known here | a launch of a `batch` has many rows, and `rows` is their list: `${{ rows }}`, `${{ rows | map(attribute="id") | list }}`
    "#]],
    );
    check(
        ", batch: { rows: 3 }",
        "",
        expect![[r#"
        expression-place 8:28 [rows] `rows` is not known here | `rows` is known in a job with `for-each.batch` only; `row` is the one row of a launch
    "#]],
    );
    check(
        "    arguments:",
        "    once: true\n    arguments:",
        expect![[r#"
        conflict 8:11 [true] `once` goes by launch, and `batch` makes launches of many rows | rows that are added make other batches, which would start rows again: leave `batch` out, or write `once: false`
    "#]],
    );
    check(
        "batch: { rows: 3 }",
        "batch: {}",
        expect![[r#"
        out-of-range 7:48 [{}] `batch` must not be empty
    "#]],
    );
    check(
        "batch: { rows: 3 }",
        "batch: { rows: 0 }",
        expect![[r#"
        out-of-range 7:56 [0] `rows` must be between 1 and 10000
    "#]],
    );
    check(
        "batch: { rows: 3 }",
        "batch: { chars: 10001 }",
        expect![[r#"
        out-of-range 7:57 [10001] `chars` must be between 1 and 10000
    "#]],
    );
    check(
        "batch: { rows: 3 }",
        "batch: { lines: 3 }",
        expect![[r#"
        unknown-key 7:50 [lines] `batch` has no key `lines` | `batch` takes `rows` or `chars`
    "#]],
    );
    check(
        "batch: { rows: 3 }",
        "batch: 50",
        expect![[r#"
        wrong-type 7:48 [50] `batch` must be a mapping, and this is a whole number | for example: `{ rows: 50 }`
    "#]],
    );
    let same = format!(
        "{LOAD}    needs: {{ other: same-row }}\n  other:\n    release: O\n    for-each: {{ csv: rows.csv, key: id }}\n"
    );
    super::batches::check(
        &with_rows(&same, &numbered(4)),
        expect![[r#"
        conflict 9:14 [other] `same-row`, and one launch of job `load` takes many rows | name the condition alone, which waits for all launches of the job; or leave `batch` out
    "#]],
    );
    check(
        "    arguments:",
        "    once: false\n    arguments:",
        expect![[r#"
        load/r1..r3~a25d52a0 {"id":["r1","r2","r3"]} {"ids":["r1","r2","r3"]}
        load/r4..r4~f2a72116 {"id":["r4"]} {"ids":["r4"]}
    "#]],
    );
}

#[test]
fn no_rows_make_no_launch_and_one_row_makes_one() {
    assert_eq!(planned(&with_rows(LOAD, "id\n")).len(), 0);
    let one = planned(&with_rows(LOAD, "id\n7\n"));
    assert!(launches(&one)[0].id.as_str().starts_with("load/7..7~"), "{}", launches(&one)[0].id);
}

#[test]
fn a_column_that_no_row_has_is_no_empty_list() {
    let of = |expression: &str, rows: &str| {
        let body = format!(
            "jobs:\n  load:\n    release: L\n    for-each: {{ csv: rows.csv, key: id, columns: {{ amt: integer }}, batch: {{ rows: 3 }} }}\n    arguments: {{ s: '${{{{ {expression} }}}}' }}\n"
        );
        shown(&with_rows(&body, rows))
    };
    let (full, gap) = ("id,amt\na,1\nb,2\n", "id,amt\na,1\nb,\n");
    for misspelled in [
        "rows | map(attribute=\"amount\") | sum",
        "rows | map(attribute=\"amount\", default=0) | sum",
        "rows | map(attribute=\"amount\") | join(\",\")",
        "rows | selectattr(\"amount\", \"gt\", 1) | list | length",
        "rows | rejectattr(\"id\", \"eq\", \"x\") | map(attribute=\"amount\") | list",
        "rows | sum(attribute=\"amount\")",
    ] {
        let said = of(misspelled, full);
        assert!(
            said.starts_with("unknown-name ") && said.contains("`amount` is not a column of the rows"),
            "{misspelled}: {said}"
        );
    }
    for (expression, rows, sum) in [
        ("rows | map(attribute=\"amt\") | sum", full, Some(3)),
        ("rows | sum(attribute=\"amt\")", full, Some(3)),
        ("rows | map(attribute=\"amt\") | sum", gap, None),
        ("rows | sum(attribute=\"amt\")", gap, None),
        ("rows | map(attribute=\"amt\", default=0) | sum", gap, Some(1)),
        ("rows | selectattr(\"amt\", \"defined\") | map(attribute=\"amt\") | sum", gap, Some(1)),
        ("rows | selectattr(\"amt\", \"defined\") | sum(attribute=\"amt\")", gap, Some(1)),
    ] {
        let said = of(expression, rows);
        match sum {
            Some(sum) => assert!(said.contains(&format!("{{\"s\":{sum}}}")), "{expression}: {said}"),
            None => assert!(said.contains("item 2 of the list"), "{expression}: {said}"),
        }
    }
}
