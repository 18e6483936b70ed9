//! `where` and `if`: the rows that become launches, the launches that are skipped, and what is no condition.

use expect_test::expect;
use sortie::plan::ParamValue;

use super::{check, with_rows};

#[test]
fn where_chooses_rows_and_if_skips_launches() {
    let body = "params: {region: {type: string, default: emea}}\njobs:\n  load:\n    release: L\n    for-each:\n      csv: rows.csv\n      key: id\n      columns: {rush: boolean}\n      where: ${{ row.region == params.region }}\n    if: ${{ row.rush }}\n    arguments: {id: '${{ row.id }}'}\n  other: {release: L, if: '${{ params.region == \"apac\" }}'}\n  never: {if: false, strategy: Specific}\n";
    let rows = "id,region,rush\na,emea,true\nb,apac,true\nc,emea,false\n";
    check(
        &with_rows(body, rows),
        expect![[r#"
        load/a {"id":"a"} {"id":"a"}
        load/c {"id":"c"} skipped: `if` does not hold: ${{ row.rush }}
        other {} skipped: `if` does not hold: ${{ params.region == "apac" }}
        never {} skipped: `if` is false
    "#]],
    );
    let mut apac = with_rows(body, rows);
    apac.params.insert("region".to_owned(), ParamValue::Text("apac".to_owned()));
    check(
        &apac,
        expect![[r#"
        load/b {"id":"b"} {"id":"b"}
        other {} 
        never {} skipped: `if` is false
    "#]],
    );
    let mut nowhere = with_rows(body, rows);
    nowhere.params.insert("region".to_owned(), ParamValue::Text("amer".to_owned()));
    check(
        &nowhere,
        expect![[r#"
            no-launch 12:14 [${{ row.region == params.region }}] `where` does not take any of the 3 rows: this job has no launch | where rows were meant, compare with what the columns hold, in the same letter case
            other {} skipped: `if` does not hold: ${{ params.region == "apac" }}
            never {} skipped: `if` is false
        "#]],
    );
}

#[test]
fn conditions_are_true_or_false() {
    let body = "jobs:\n  load:\n    release: L\n    for-each: {csv: rows.csv, key: id, where: '${{ row.id }}'}\n";
    check(
        &with_rows(body, "id\na\nb\n"),
        expect![[r#"
        wrong-type 7:47 ['${{ row.id }}'] `where` must be true or false | compare: `${{ row.kind == "late" }}`; a column of the type `boolean` needs no comparison | in 2 rows | rows.csv:2:1 in this row | rows.csv:3:1 in this row
    "#]],
    );
    let body = "jobs:\n  load:\n    release: L\n    for-each: {csv: rows.csv, key: id}\n    if: ${{ row.id }}\n";
    check(
        &with_rows(body, "id\na\nb\n"),
        expect![[r#"
        wrong-type 8:9 [${{ row.id }}] `if` must be true or false | compare: `${{ row.kind == "late" }}`; a column of the type `boolean` needs no comparison | in 2 launches | rows.csv:2:1 in this row | rows.csv:3:1 in this row
    "#]],
    );
}

#[test]
fn numbers_that_are_text_choose_no_rows() {
    let body =
        "jobs:\n  load:\n    release: L\n    for-each: {csv: rows.csv, key: id, where: '${{ row.amount > 1000 }}'}\n";
    check(
        &with_rows(body, "id,amount\na,999\nb,1500\n"),
        expect![[r#"
        expression-failed 7:52 [row.amount > 1000] this compares text with a number | `| int` or `| float` makes a number of text, `| string` text of a number; `columns: { amount: number }` makes numbers of a column's text | in 2 rows | rows.csv:2:1 in this row | rows.csv:3:1 in this row
    "#]],
    );
    let body = "jobs:\n  load:\n    release: L\n    for-each: {csv: rows.csv, key: id, columns: {amount: number}, where: '${{ row.amount > 1000 }}'}\n";
    check(
        &with_rows(body, "id,amount\na,999\nb,1500\n"),
        expect![[r#"
        load/b {"id":"b"} 
    "#]],
    );
    let body = "jobs:\n  load:\n    release: L\n    for-each: {csv: rows.csv, key: id}\n    if: ${{ row.id!='b' and  row.amount|trim>4 }}\n";
    check(
        &with_rows(body, "id,amount\na,999\nb,1500\n"),
        expect![[r#"
        expression-failed 8:30 [row.amount|trim>4] this compares text with a number | `| int` or `| float` makes a number of text, `| string` text of a number; `columns: { amount: number }` makes numbers of a column's text | rows.csv:2:1 in this row
    "#]],
    );
}
