//! Rows of data: what each format gives, and what is said of data that are not in order, at its place in them.

use expect_test::{Expect, expect};
use serde_json::{Value, json};
use sortie::ids::Ordinal;
use sortie::plan::{self, Inputs, PlanEntry};
use sortie::source::Packed;

use crate::plan::{HEAD, briefly, inputs, render};

/// The inputs of one job whose rows are `text` in the file `name`; `more` are further lines of its `for-each`.
pub(crate) fn of_file(name: &str, text: &str, more: &str) -> Inputs {
    let format = name.rsplit_once('.').unwrap().1;
    let body = format!(
        "limits: {{launches: 100000}}\njobs:\n  load:\n    release: L\n    for-each:\n      {format}: {name}\n      key: id\n{more}    arguments:\n      row: ${{{{ row }}}}\n"
    );
    let mut inputs = inputs(&format!("{HEAD}{body}"));
    inputs.files.insert(name.to_owned(), Packed::from(text));
    inputs
}

/// The rows as expressions see them, and the launches' ids.
#[track_caller]
pub(crate) fn rows(inputs: &Inputs) -> Vec<(String, Value)> {
    let (sources, outcome) = plan::make(inputs);
    let (plan, said) = outcome.into_parts();
    let plan = plan.unwrap_or_else(|| panic!("{}", briefly(&sources, &said)));
    let mut rows = Vec::new();
    for ordinal in (0..plan.len()).map(Ordinal::from) {
        let PlanEntry::Launch(launch) = plan.planned(ordinal) else { panic!("nothing is skipped") };
        rows.push((launch.id.to_string(), launch.start_info.arguments().unwrap()["row"].clone()));
    }
    rows
}

#[track_caller]
pub(crate) fn check(name: &str, text: &str, more: &str, expected: Expect) {
    expected.assert_eq(&render(plan::make(&of_file(name, text, more))));
}

#[test]
fn every_format_gives_the_same_typed_rows() {
    let columns = "      columns: {amount: number, rush: boolean, parts: json}\n";
    let expected = [
        ("load/007".to_owned(), json!({"id": "007", "amount": 12.5, "rush": true, "parts": [1, {"a": null}]})),
        ("load/a b".to_owned(), json!({"id": "a b", "amount": 3, "rush": false, "parts": "x"})),
    ];
    for (name, text) in [
        ("r.csv", "id,amount,rush,parts\n007,12.50,TRUE,\"[1, {\"\"a\"\": null}]\"\n\na b,3,false,\"\"\"x\"\"\"\n"),
        (
            "r.json",
            "[{\"id\": \"007\", \"amount\": 12.50, \"rush\": true, \"parts\": [1, {\"a\": null}]},\n {\"id\": \"a b\", \"amount\": \"3\", \"rush\": \"false\", \"parts\": \"x\"}]",
        ),
        (
            "r.jsonl",
            "{\"id\": \"007\", \"amount\": 12.50, \"rush\": true, \"parts\": [1, {\"a\": null}]}\n\n{\"id\": \"a b\", \"amount\": 3, \"rush\": false, \"parts\": \"x\"}",
        ),
        (
            "r.yaml",
            "- {id: '007', amount: 12.50, rush: true, parts: [1, {a: ~}]}\n- id: a b\n  amount: 3\n  rush: false\n  parts: x\n",
        ),
    ] {
        assert_eq!(rows(&of_file(name, text, columns)), expected, "{name}");
    }
}

#[test]
fn rows_may_stand_in_the_manifest() {
    for (key, text) in [
        ("csv", "|\n        id,n\n        a,1\n        b,2"),
        ("json", "|\n        [{\"id\": \"a\", \"n\": \"1\"},\n         {\"id\": \"b\", \"n\": \"2\"}]"),
        ("jsonl", "|\n        {\"id\": \"a\", \"n\": \"1\"}\n        {\"id\": \"b\", \"n\": \"2\"}"),
        ("yaml", "[{id: a, n: '1'}, {id: b, n: '2'}]"),
    ] {
        let body = format!(
            "jobs:\n  load:\n    release: L\n    for-each:\n      {key}: {text}\n      key: id\n    arguments:\n      row: ${{{{ row }}}}\n"
        );
        let rows = rows(&inputs(&format!("{HEAD}{body}")));
        let expected = [("load/a", json!({"id": "a", "n": "1"})), ("load/b", json!({"id": "b", "n": "2"}))];
        assert_eq!(rows, expected.map(|(id, row)| (id.to_owned(), row)), "{key}");
    }
}

#[test]
fn an_empty_cell_is_empty_text_or_undefined() {
    let columns = "      columns: {n: integer}\n";
    assert_eq!(rows(&of_file("r.csv", "id,n,t\na,,\n", columns)), [("load/a".to_owned(), json!({"id": "a", "t": ""}))]);
    let mut inputs = of_file("r.csv", "id,n\na,1\nb,\nc,\n", columns);
    inputs.text = inputs.text.replace("row: ${{ row }}", "n: ${{ row.n }}");
    expect![[r#"
        expression-failed 13:14 [row.n] a value is undefined | `| default(...)` gives a value for that case, `| default(omit)` leaves the key out | in 2 launches | r.csv:3:1 in this row | r.csv:4:1 in this row
    "#]]
    .assert_eq(&render(plan::make(&inputs)));
    inputs.text = inputs.text.replace("row.n", "row.n | default(omit)");
    expect![[r#"
        load/a in Shared: {"ReleaseName":"L","Strategy":"ModernJobsCount","JobsCount":1,"InputArguments":"{\"n\":1}","Reference":""}
        load/b in Shared: {"ReleaseName":"L","Strategy":"ModernJobsCount","JobsCount":1,"Reference":""}
        load/c in Shared: {"ReleaseName":"L","Strategy":"ModernJobsCount","JobsCount":1,"Reference":""}
    "#]]
    .assert_eq(&render(plan::make(&inputs)));
}

#[test]
fn a_spreadsheets_mark_and_line_ends_do_not_matter() {
    let expected = [("load/ä".to_owned(), json!({"id": "ä", "n": "1"}))];
    for text in ["\u{FEFF}id,n\r\nä,1\r\n", "id,n\rä,1", "id,n\nä,1\n\n\n", "\"id\",\"n\"\n\"ä\",\"1\"\n"] {
        assert_eq!(rows(&of_file("r.csv", text, "")), expected, "{text:?}");
    }
}

#[test]
fn no_rows_are_no_launches() {
    for (name, text) in [("r.csv", "id,n\n"), ("r.json", "[]"), ("r.jsonl", "\n"), ("r.yaml", "[]")] {
        assert_eq!(rows(&of_file(name, text, "")), [], "{name}");
    }
}

#[test]
fn faults_are_shown_in_the_data_file() {
    let columns = "      columns: {n: number, b: boolean}\n";
    check(
        "r.csv",
        "id,n,b\na,1\n,2,true\nb,\"1,5\",true\nc,x,yes\nb,1,true\n",
        columns,
        expect![[r#"
            row-form r.csv:2:1 [a,1] this row has 2 cells for 3 columns | a cell with a comma in it stands in quotes: "a, b"
            row-key r.csv:3:1 [] the key `id` is empty | each row needs a key of its own: it makes the launch's id
            cell-type r.csv:4:3 ["1,5"] `n` must be a number | in CSV a decimal comma is declared, `decimal: ","`; else write a decimal point, and nothing between thousands: `1200.50` | in 2 rows | r.csv:5:3 here too
            cell-type r.csv:5:5 [yes] `b` must be true or false | write `true` or `false`
            row-key r.csv:6:1 [b] two rows have one key `id` | a key identifies its row, and makes the launch's id: choose a column without repetitions | r.csv:4:1 the other row
        "#]],
    );
    check(
        "r.json",
        "[{\"id\": \"a\", \"n\": \"x\"},\n {\"n\": 1},\n {\"id\": \"b\", \"n\": 1,},\n 5,\n {\"id\": [1]},\n {\"id\": null},\n {\"id\": 7, \"n\": 99999999999999999999},\n {\"id\": \"7\", \"b\": 1},\n {\"id\": 7, \"b\": true}]",
        columns,
        expect![[r#"
            cell-type r.json:1:14 ["n"] `n` must be a number | write digits with a decimal point and nothing between thousands: `1200.50`
            row-key r.json:2:2 [{"n": 1}] this row has no key `id` | each row needs a key of its own: it makes the launch's id | in 2 rows | r.json:6:2 here too
            data-form r.json:3:21 [}] this row is not JSON: trailing comma | names and texts stand in double quotes, and no comma stands before `}` or `]`
            row-form r.json:4:2 [5] a row must be an object | write each row as names with values
            row-key r.json:5:3 ["id"] the key `id` must be text, a number or a boolean | each row needs a key of its own: it makes the launch's id
            number r.json:7:17 [99999999999999999999] an integer of this row does not fit into 64 bits | put it in quotes to keep every digit
            cell-type r.json:8:14 ["b"] `b` must be true or false | write `true` or `false`
            row-key r.json:9:3 ["id"] two rows have one key `id` | a key identifies its row, and makes the launch's id: choose a column without repetitions | r.json:8:3 the other row
        "#]],
    );
    check(
        "r.yaml",
        "- {id: a, n: x}\n- text\n- {n: 1}\n- {id: a, n: 1, b: no}\n",
        columns,
        expect![[r#"
            cell-type r.yaml:1:14 [x] `n` must be a number | write digits with a decimal point and nothing between thousands: `1200.50`
            row-form r.yaml:2:3 [text] a row must be an object | write each row as names with values
            row-key r.yaml:3:3 [{n: 1}] this row has no key `id` | each row needs a key of its own: it makes the launch's id
            row-key r.yaml:4:8 [a] two rows have one key `id` | a key identifies its row, and makes the launch's id: choose a column without repetitions | r.yaml:1:8 the other row
            cell-type r.yaml:4:20 [no] `b` must be true or false | write `true` or `false`
        "#]],
    );
}

#[test]
fn no_place_cuts_a_character() {
    check(
        "r.json",
        "[{\"id\"é: 1}, {\"id\": 1} 😀]",
        "",
        expect![[r#"
        data-form r.json:1:7 [é] this row is not JSON: expected `:` | names and texts stand in double quotes, and no comma stands before `}` or `]`
        data-form r.json:1:24 [😀] this row is not JSON: trailing characters | names and texts stand in double quotes, and no comma stands before `}` or `]`
    "#]],
    );
    check(
        "r.jsonl",
        "{\"id\": 1} 😀\n",
        "",
        expect![[r#"
        data-form r.jsonl:1:11 [😀] this row is not JSON: trailing characters | names and texts stand in double quotes, and no comma stands before `}` or `]`
    "#]],
    );
    check(
        "r.json",
        "é",
        "",
        expect![[r#"
        data-form r.json:1:1 [é] a list of rows is wanted | begin with `[` and end with `]`
    "#]],
    );
}

#[test]
fn data_of_another_form_are_told_apart() {
    let check = |name, text, expected: Expect| check(name, text, "", expected);
    check(
        "r.csv",
        "id;n\na;1\n",
        expect![[r#"
            data-form r.csv:1:1 [id;n] the cells stand between semicolons, not between commas | write `delimiter: ";"` in `for-each`, or save the file with commas
        "#]],
    );
    check(
        "r.csv",
        "invoice_id,n,,n\n1,2,3,4\n",
        expect![[r#"
            unknown-name 10:12 [id] the data have no column `id` | the columns are `invoice_id`, `n`, ``, `n`
            data-form r.csv:1:14 [] column 3 has no name | name it, or remove it with its cells
            data-form r.csv:1:15 [n] two columns are called `n` | give one of them another name, or remove it with its cells | r.csv:1:12 the other one
        "#]],
    );
    check(
        "r.csv",
        "id,n\na,\"1\nb,2\nc,3\n",
        expect![[r#"
            data-form r.csv:2:3 ["] this quote is never closed | close it; a quote inside a quoted cell is written twice: ""
        "#]],
    );
    check(
        "r.csv",
        "",
        expect![[r#"
            data-form r.csv:1:1 [] the data have no first line that names the columns | write the names of the columns into the first line
        "#]],
    );
    check(
        "r.json",
        "{\"id\": 1}",
        expect![[r#"
            data-form r.json:1:1 [{] a list of rows is wanted, and this is one object | put it into `[` and `]`; objects in lines of their own are `jsonl`
        "#]],
    );
    check(
        "r.json",
        "[{\"id\": 1}",
        expect![[r#"
            data-form r.json:1:11 [] the list of rows has no end | add the `]`; is the file whole?
        "#]],
    );
    check(
        "r.jsonl",
        "{\"id\": 1}\n{\"id\": 2\n",
        expect![[r#"
            data-form r.jsonl:2:8 [2] this row is not JSON: EOF while parsing an object | names and texts stand in double quotes, and no comma stands before `}` or `]`
        "#]],
    );
    check(
        "r.yaml",
        "a: 1\n",
        expect![[r#"
            data-form r.yaml:1:1 [a] a list of rows is wanted | begin each row with `- `
        "#]],
    );
    check(
        "r.yaml",
        "- {id: 1\n",
        expect![[r#"
            syntax r.yaml:1:3 [{] `{` is never closed | close it
        "#]],
    );
}

#[test]
fn bytes_that_are_no_text_are_shown_where_they_stand() {
    let mut inputs = of_file("r.csv", "", "");
    let latin = Packed::read(&b"id,n\na,M\xFCller\n"[..], 100).unwrap().unwrap();
    inputs.files.insert("r.csv".to_owned(), latin);
    expect![[r#"
        encoding r.csv:2:4 [�] byte 0xFC is not UTF-8 | save the file as UTF-8; it looks like Latin-1, Windows-1252 or binary data
    "#]]
    .assert_eq(&render(plan::make(&inputs)));
    inputs.files.insert("r.csv".to_owned(), Packed::from("id\n\0\n"));
    let said = render(plan::make(&inputs));
    assert!(said.starts_with("encoding r.csv:2:1") && said.contains("a NUL byte stands in the data"), "{said}");
    let utf16 = Packed::read(&b"\xFF\xFEi\0d\0"[..], 100).unwrap().unwrap();
    inputs.files.insert("r.csv".to_owned(), utf16);
    expect![[r#"
        encoding r.csv:1:1 [] the data are UTF-16, not UTF-8 | save the file as UTF-8
    "#]]
    .assert_eq(&render(plan::make(&inputs)));
}

#[test]
fn a_thousand_rows_with_one_fault_are_one_message() {
    let lines: Vec<String> = (0..1000).map(|row| format!("k{row},x")).collect();
    let text = format!("id,n\n{}\n", lines.join("\n"));
    check(
        "r.csv",
        &text,
        "      columns: {n: integer}\n",
        expect![[r#"
            cell-type r.csv:2:4 [x] `n` must be a whole number | write digits only, with or without a sign: `1200` | in 1000 rows | r.csv:3:4 here too | r.csv:4:4 here too | r.csv:5:4 here too
        "#]],
    );
}

#[test]
fn faults_of_inline_data_are_shown_in_the_manifest() {
    let body = "jobs:\n  load:\n    release: L\n    for-each:\n      csv: |\n        id,amount\n        a,1\n        b,one\n      key: id\n      columns: {amount: number}\n";
    expect![[r#"
        cell-type 11:11 [one] `amount` must be a number | write digits with a decimal point and nothing between thousands: `1200.50`
    "#]]
    .assert_eq(&render(plan::make(&inputs(&format!("{HEAD}{body}")))));
}

#[test]
fn names_that_the_data_lack_get_a_suggestion() {
    let mut inputs = of_file(
        "r.csv",
        "id,region\na,emea\n",
        "      columns: {amuont: number}\n      where: ${{ row.regoin == 'emea' }}\n",
    );
    inputs.text = inputs.text.replace("row: ${{ row }}", "n: ${{ row.Region }}");
    expect![[r#"
        unknown-name 11:17 [amuont] the data have no column `amuont` | the columns are `id`, `region`
    "#]]
    .assert_eq(&render(plan::make(&inputs)));
    inputs.text = inputs.text.replace("amuont", "region").replace("number", "string");
    expect![[r#"
        unknown-name 12:18 [row.regoin] `row.regoin` is not a column of the rows | did you mean `row.region`?
        unknown-name 14:14 [row.Region] `row.Region` is not a column of the rows | did you mean `row.region`?
    "#]]
    .assert_eq(&render(plan::make(&inputs)));
}

#[test]
fn rows_can_be_had_in_any_order() {
    let lines: Vec<String> = (0..20_000).map(|row| format!("k{row},\"{row}\n{}\"", "x".repeat(row % 50))).collect();
    let inputs = of_file("r.csv", &format!("id,n\n{}\n", lines.join("\n")), "");
    let (_, outcome) = plan::make(&inputs);
    let plan = outcome.into_parts().0.unwrap();
    assert_eq!(plan.len(), 20_000);
    for at in [19_999_usize, 0, 1, 63, 64, 65, 12_345, 12_346, 12_344, 19_999] {
        let launch = plan.launch(Ordinal::from(at));
        assert_eq!(launch.id.as_str(), format!("load/k{at}"));
        let cell = &launch.start_info.arguments().unwrap()["row"]["n"];
        assert_eq!(*cell, format!("{at}\n{}", "x".repeat(at % 50)));
    }
}
