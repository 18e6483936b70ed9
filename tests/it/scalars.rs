//! Types: one argument as an author writes it, and the JSON that is sent.

use sortie::ids::Ordinal;
use sortie::plan;

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
        let arguments = plan.launch(Ordinal(0)).start_info.arguments_text().unwrap();
        assert_eq!(arguments, format!(r#"{{"x":{sent}}}"#), "{written}");
    }
}
