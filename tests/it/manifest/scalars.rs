//! Types: one argument as an author writes it, and the JSON that is sent.

use sortie::ids::Ordinal;
use sortie::plan;
use sortie::source::Packed;
use sortie::start_info::arguments_text;

use crate::plan::{briefly, inputs};

#[test]
fn each_scalar_is_sent_by_its_type() {
    let head = "version: 1\nname: t\nfolder: F\nparams:\n  n: {type: integer, default: 5}\n  s: {type: string, default: '007'}\n  b: {type: boolean, default: true}\n  f: {type: number, default: 12.50}\n  big: {type: integer, default: 18446744073709551615}\n  o: {type: json, default: {k: [1, null]}}\nenv: [UNSET]\njobs:\n  a:\n    release: L\n    arguments:\n      x: ";
    for (written, sent) in [
        ("5", "5"),
        ("'5'", r#""5""#),
        ("007", "7"),
        ("no", r#""no""#),
        ("true", "true"),
        ("~", "null"),
        ("12:30", r#""12:30""#),
        ("1e3", "1000.0"),
        ("9007199254740993", "9007199254740993"),
        ("${{ params.n }}", "5"),
        ("'${{ params.n }}'", "5"),
        ("\"${{ params.n }}\"", "5"),
        ("'${{ params.n }} '", r#""5 ""#),
        ("n=${{ params.n }}", r#""n=5""#),
        ("'${{ params.n }}${{ params.n }}'", r#""55""#),
        ("${{ params.s }}", r#""007""#),
        ("${{ params.s | int }}", "7"),
        ("${{ params.b }}", "true"),
        ("is ${{ params.b }}", r#""is true""#),
        ("${{ params.f }}", "12.5"),
        ("${{ params.n / 2 }}", "2.5"),
        ("${{ params.n // 2 }}", "2"),
        ("${{ params.n + 1 }}", "6"),
        ("${{ params.big }}", "18446744073709551615"),
        ("${{ params.big - 1 }}", "18446744073709551614"),
        ("${{ params.o }}", r#"{"k":[1,null]}"#),
        ("as ${{ params.o }}", r#""as {\"k\":[1,null]}""#),
        ("${{ params.o.k }}", "[1,null]"),
        ("${{ none }}", "null"),
        ("${{ env.UNSET | default('') }}", r#""""#),
        ("['${{ omit }}', 1]", "[1]"),
        ("{a: '${{ omit }}', b: 1}", r#"{"b":1}"#),
        ("${{ [1, omit, 2] }}", "[1,2]"),
        ("$${{ params.n }}", r#""${{ params.n }}""#),
        ("'{{ handlebars }}'", r#""{{ handlebars }}""#),
        ("${{ '}}' }}", r#""}}""#),
        (r#"'${{ {"a": {"b": params.n}} }}'"#, r#"{"a":{"b":5}}"#),
        ("${{ run.time | date('%Y-%m-%d') }}", r#""2026-01-31""#),
        ("${{ run.time | date('%Y-%m-%d', 'Asia/Tokyo') }}", r#""2026-02-01""#),
        ("${{ run.time | shift(days=-31) | date('%Y-%m') }}", r#""2025-12""#),
        ("${{ '2026-03-31' | shift(months=-1) }}", r#""2026-02-28""#),
        ("${{ run.time }}", r#""2026-01-31T22:30:00Z""#),
        ("${{ run.name }}", r#""t""#),
        ("${{ '[1, 2]' | fromjson | sum }}", "3"),
        ("|-\n        a\n        ${{ params.n }}", r#""a\n5""#),
        ("${{ 'big' if params.n > 3 else 'small' }}", r#""big""#),
        ("${{ range(3) | list }}", "[0,1,2]"),
    ] {
        let (sources, outcome) = plan::make(&inputs(&format!("{head}{written}\n")));
        let (plan, diagnostics) = outcome.into_parts();
        let plan = plan.unwrap_or_else(|| panic!("{written}: {}", briefly(&sources, &diagnostics)));
        let arguments = plan.launch(Ordinal(0)).start_info.arguments().map(arguments_text).unwrap();
        assert_eq!(arguments, format!(r#"{{"x":{sent}}}"#), "{written}");
    }
}

/// A cell of a CSV file as it is written, quoted or not, its column's type, the argument, and the JSON that is sent.
#[test]
fn each_cell_is_sent_by_its_columns_type() {
    for (kind, cell, written, sent) in [
        ("", "007", "${{ row.x }}", r#""007""#),
        ("", "\"007\"", "${{ row.x }}", r#""007""#),
        ("", "12.50", "'${{ row.x }}'", r#""12.50""#),
        ("", "true", "\"${{ row.x }}\"", r#""true""#),
        ("", "no", "${{ row.x }}", r#""no""#),
        ("", "null", "${{ row.x }}", r#""null""#),
        ("", "", "${{ row.x }}", r#""""#),
        ("", "\"\"", "${{ row.x }}", r#""""#),
        ("", "\" a \"", "${{ row.x }}", r#"" a ""#),
        ("", "\"say \"\"hi\"\", ok\"", "${{ row.x }}", r#""say \"hi\", ok""#),
        ("", "${{ 1 + 1 }}", "${{ row.x }}", r#""${{ 1 + 1 }}""#),
        ("", "5", "n=${{ row.x }}", r#""n=5""#),
        ("", "5", "${{ row.x | int }}", "5"),
        ("", "5", "${{ row.x | int + 1 }}", "6"),
        ("", "", "${{ row.x or omit }}", ""),
        ("string", "1e3", "${{ row.x }}", r#""1e3""#),
        ("integer", "007", "${{ row.x }}", "7"),
        ("integer", "\"7\"", "'${{ row.x }}'", "7"),
        ("integer", "7", "no. ${{ row.x }}", r#""no. 7""#),
        ("integer", "18446744073709551615", "${{ row.x }}", "18446744073709551615"),
        ("integer", "", "${{ row.x | default(omit) }}", ""),
        ("integer", "", "${{ row.x | default(none) }}", "null"),
        ("integer", "", "${{ row.x | default('') }}", r#""""#),
        ("number", "12.50", "${{ row.x }}", "12.5"),
        ("number", "\"12\"", "${{ row.x }}", "12"),
        ("number", "1e3", "${{ row.x }}", "1000.0"),
        ("number", "0.1", "${{ row.x }}", "0.1"),
        ("number", "12.50", "${{ row.x }} EUR", r#""12.5 EUR""#),
        ("boolean", "TRUE", "${{ row.x }}", "true"),
        ("boolean", "false", "'${{ row.x }}'", "false"),
        ("boolean", "true", "is ${{ row.x }}", r#""is true""#),
        ("boolean", "true", "${{ 'yes' if row.x else 'no' }}", r#""yes""#),
        ("json", "[1]", "${{ row.x }}", "[1]"),
        ("json", "\"{\"\"a\"\": [1, null]}\"", "${{ row.x }}", r#"{"a":[1,null]}"#),
        ("json", "\"{\"\"a\"\": 1}\"", "${{ row.x.a }}", "1"),
        ("json", "\"{\"\"a\"\": 1}\"", "as ${{ row.x }}", r#""as {\"a\":1}""#),
        ("json", "null", "${{ row.x }}", "null"),
        ("json", "", "${{ row.x | default(omit) }}", ""),
    ] {
        let columns = if kind.is_empty() { String::new() } else { format!("      columns: {{x: {kind}}}\n") };
        let text = format!(
            "version: 1\nname: t\nfolder: F\njobs:\n  a:\n    release: L\n    for-each:\n      csv: r.csv\n      key: id\n{columns}    arguments:\n      x: {written}\n"
        );
        let mut inputs = inputs(&text);
        inputs.files.insert("r.csv".to_owned(), Packed::from(format!("id,x\nk,{cell}\n").as_str()));
        let (sources, outcome) = plan::make(&inputs);
        let (plan, diagnostics) = outcome.into_parts();
        let plan = plan.unwrap_or_else(|| panic!("{kind} {cell}: {}", briefly(&sources, &diagnostics)));
        let arguments = plan.launch(Ordinal(0)).start_info.arguments().map(arguments_text).unwrap_or_default();
        let expected = if sent.is_empty() { String::new() } else { format!(r#"{{"x":{sent}}}"#) };
        assert_eq!(arguments, expected, "{kind} {cell} {written}");
    }
}
