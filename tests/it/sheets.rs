//! CSV as spreadsheets save it: other separators, decimal commas, a first line such as `sep=;`.

use expect_test::expect;
use proptest::prelude::{ProptestConfig, Strategy, prop_assert_eq, proptest};
use serde_json::{Value, json};
use sortie::plan::RowsInput;
use sortie::source::Packed;

use crate::rows::{check, of_file, rows};

const AMOUNT: &str = "      columns: {amount: number}\n";

/// The rows of the CSV `text`; `more` are further lines of its `for-each`.
#[track_caller]
fn of_csv(text: &str, more: &str) -> Vec<Value> {
    rows(&of_file("r.csv", text, more)).into_iter().map(|(_, row)| row).collect()
}

#[test]
fn each_delimiter_separates_cells_and_the_others_are_text() {
    for (written, delimiter) in [("\",\"", ','), ("\";\"", ';'), ("tab", '\t'), ("\"\\t\"", '\t'), ("\"|\"", '|')] {
        let more = format!("      delimiter: {written}\n");
        let text = format!(
            "id{delimiter}n\r\na{delimiter}\"x{delimiter}\"\"y\"\"\r\nz\"\r\n\r\nb{delimiter}{}\r\n",
            [",", ";", "\t", "|"].concat().replace(delimiter, "")
        );
        let others = [",", ";", "\t", "|"].concat().replace(delimiter, "");
        let expected = [json!({"id": "a", "n": format!("x{delimiter}\"y\"\r\nz")}), json!({"id": "b", "n": others})];
        assert_eq!(of_csv(&text, &more), expected, "{written}");
    }
}

#[test]
fn a_first_line_names_the_separator_behind_a_mark_or_in_quotes() {
    for text in [
        "sep=;\r\nid;amount\r\na;12\r\n",
        "\u{FEFF}sep=;\nid;amount\na;12\n",
        "\u{FEFF}SEP=;\r\n\u{22}id\u{22};amount\r\na;12",
        "\"sep=;\"\nid;amount\na;12\n",
        "sep=\t\nid\tamount\na\t12\n",
        "sep=,\nid,amount\na,12\n",
        "sep=;\n\nid;amount\n\na;12\n",
    ] {
        assert_eq!(of_csv(text, AMOUNT), [json!({"id": "a", "amount": 12})], "{text:?}");
    }
    let agreeing = format!("{AMOUNT}      delimiter: \";\"\n");
    assert_eq!(of_csv("sep=;\nid;amount\na;12\n", &agreeing), [json!({"id": "a", "amount": 12})]);
    assert_eq!(of_csv("sep=;\nid;amount\n", AMOUNT), [] as [Value; 0]);
    check(
        "r.csv",
        "sep=;\n",
        "",
        expect![[r#"
            data-form r.csv:1:1 [] the data have no first line that names the columns | write the names of the columns into the first line
        "#]],
    );
}

#[test]
fn a_decimal_comma_gives_numbers_whose_every_digit_is_kept() {
    let more = "      delimiter: \";\"\n      decimal: \",\"\n      columns: {amount: number, pieces: integer}\n";
    let text = "id;amount;pieces;price\na;1200,50;7;1,5\nb;-0,1;;2,25\nc;30;1;\nd;;2;x\n";
    let expected = [
        json!({"id": "a", "amount": 1200.5, "pieces": 7, "price": "1,5"}),
        json!({"id": "b", "amount": -0.1, "price": "2,25"}),
        json!({"id": "c", "amount": 30, "pieces": 1, "price": ""}),
        json!({"id": "d", "pieces": 2, "price": "x"}),
    ];
    assert_eq!(of_csv(text, more), expected);
    // Between commas, such a number stands in quotes.
    let commas = format!("{AMOUNT}      decimal: \",\"\n");
    assert_eq!(
        of_csv("id,amount\na,\"1,5\"\nb,2\n", &commas),
        [json!({"id": "a", "amount": 1.5}), json!({"id": "b", "amount": 2})]
    );
    check(
        "r.csv",
        "id,amount\na,1,5\n",
        &commas,
        expect![[r#"
            row-form r.csv:2:1 [a,1,5] this row has 3 cells for 2 columns | a cell with a comma in it stands in quotes: "a, b"
        "#]],
    );
}

#[test]
fn thousands_and_lost_digits_are_refused_at_their_cells() {
    check(
        "r.csv",
        "sep=;\r\nid;amount\r\na;1.200,50\r\nb;\"1200.50\"\r\nc;99999999999999,99\r\nd;1;2\r\n",
        "      decimal: \",\"\n      columns: {amount: number}\n",
        expect![[r#"
            cell-type r.csv:3:3 [1.200,50] `amount` must be a number | write digits with a decimal comma and nothing between thousands: `1200,50` | in 2 rows | r.csv:4:3 here too
            cell-type r.csv:5:3 [99999999999999,99] `amount` must be a number whose every digit can be sent, 15 of them at least | declare the column as `string` to keep every digit
            row-form r.csv:6:1 [d;1;2] this row has 3 cells for 2 columns | a cell with a semicolon in it stands in quotes: "a; b"
        "#]],
    );
    check(
        "r.csv",
        "id,amount\na,\"12,50\"\nb,\"1,200\"\n",
        AMOUNT,
        expect![[r#"
        cell-type r.csv:2:3 ["12,50"] `amount` must be a number | in CSV a decimal comma is declared, `decimal: ","`; else write a decimal point, and nothing between thousands: `1200.50` | in 2 rows | r.csv:3:3 here too
    "#]],
    );
}

#[test]
fn a_header_that_stands_between_other_signs_names_the_key_to_write() {
    check(
        "r.csv",
        "id;n\na;1\n",
        "",
        expect![[r#"
        data-form r.csv:1:1 [id;n] the cells stand between semicolons, not between commas | write `delimiter: ";"` in `for-each`, or save the file with commas
    "#]],
    );
    check(
        "r.csv",
        "id\tn\na\t1\n",
        "",
        expect![[r#"
        data-form r.csv:1:1 [id	n] the cells stand between tabs, not between commas | write `delimiter: tab` in `for-each`, or save the file with commas
    "#]],
    );
    check(
        "r.csv",
        "id,n\na,1\n",
        "      delimiter: \"|\"\n",
        expect![[r#"
        data-form r.csv:1:1 [id,n] the cells stand between commas, not between bars | write `delimiter: ","` in `for-each`, or save the file with bars
    "#]],
    );
    check(
        "r.csv",
        "sep=|\nid,n\na,1\n",
        "",
        expect![[r#"
        data-form r.csv:2:1 [id,n] the cells stand between commas, not between bars | correct the first line of the data, or leave it out
    "#]],
    );
}

#[test]
fn a_first_line_that_contradicts_the_manifest_is_shown_with_the_key() {
    check(
        "r.csv",
        "\u{FEFF}sep=,\nid,n\na,1\n",
        "      delimiter: \";\"\n",
        expect![[r#"
        conflict r.csv:1:1 [sep=,] the first line of the data names another separator than `delimiter` does | drop one of the two: the line is understood without the key | 11:18 the delimiter
    "#]],
    );
    check(
        "r.csv",
        "sep=ab\nid,n\na,1\n",
        "",
        expect![[r#"
        data-form r.csv:1:1 [sep=ab] the first line says that something else than `,`, `;`, `|` or a tab separates the cells | save the file with semicolons: `sep=;`
    "#]],
    );
}

#[test]
fn data_that_are_given_in_another_form_have_no_delimiter() {
    let more = "      delimiter: \";\"\n      decimal: \",\"\n      columns: {amount: number}\n";
    let mut inputs = of_file("r.csv", "id;amount\na;1,5\n", more);
    let given = |name: &str, text: &str| RowsInput { name: name.to_owned(), text: Packed::from(text) };
    inputs.data.insert("load".to_owned(), given("r.json", "[{\"id\": \"b\", \"amount\": 2.5}]"));
    assert_eq!(rows(&inputs), [("load/b".to_owned(), json!({"id": "b", "amount": 2.5}))]);
    inputs.data.insert("load".to_owned(), given("-", "id;amount\nc;3,5\n"));
    assert_eq!(rows(&inputs), [("load/c".to_owned(), json!({"id": "c", "amount": 3.5}))]);
}

#[test]
fn keys_of_csv_beside_other_rows_are_refused_offline() {
    check(
        "r.jsonl",
        "{\"id\": \"a\"}\n",
        "      delimiter: \";\"\n      decimal: \".\"\n",
        expect![[r#"
        conflict 11:18 [";"] `delimiter` is of CSV, and these rows are `jsonl` | leave it out: such rows have a form of their own
        conflict 12:16 ["."] `decimal` is of CSV, and these rows are `jsonl` | leave it out: such rows have a form of their own
    "#]],
    );
    check(
        "r.csv",
        "id,n\na,1\n",
        "      decimal: \",\"\n",
        expect![[r#"
        conflict 11:16 [","] `decimal` changes nothing: no column is declared as a `number` | declare those with a decimal comma: `columns: { amount: number }`
        load/a in Shared: {"ReleaseName":"L","Strategy":"ModernJobsCount","JobsCount":1,"InputArguments":"{\"row\":{\"id\":\"a\",\"n\":\"1\"}}","Reference":""}
    "#]],
    );
}

fn cell() -> impl Strategy<Value = String> {
    "[a-zäß ;,|\"\t\r\n.0-9]{0,6}"
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_a_sheet_saves_comes_back_cell_for_cell(
        cells in proptest::collection::vec((cell(), cell()), 1..12),
        (written, delimiter) in proptest::sample::select(vec![("\";\"", b';'), ("tab", b'\t'), ("\"|\"", b'|'), ("\",\"", b',')]),
        has_line in proptest::bool::ANY,
    ) {
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
        writer.write_record(["id", "a", "b"]).unwrap();
        for (index, (a, b)) in cells.iter().enumerate() {
            writer.write_record([&index.to_string(), a, b]).unwrap();
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let line = if has_line { format!("sep={}\r\n", char::from(delimiter)) } else { String::new() };
        let more = if has_line { String::new() } else { format!("      delimiter: {written}\n") };
        let expected: Vec<Value> = cells
            .iter()
            .enumerate()
            .map(|(index, (a, b))| json!({"id": index.to_string(), "a": a, "b": b}))
            .collect();
        prop_assert_eq!(of_csv(&format!("{line}{text}"), &more), expected);
    }
}
