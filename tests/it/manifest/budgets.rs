//! Manifests that are small, and stand for more than a machine holds: each is refused with a place, and soon.

use sortie::diagnostic::{Code, MAX_SHOWN};
use sortie::plan::{self, Inputs};

const HEAD: &str = "version: 1\nname: test\nfolder: Shared\n";

/// The codes and first sentence of what is said about the manifest's plan.
fn said(text: &str) -> (Vec<Code>, String) {
    let (sources, outcome) = plan::make(&Inputs::of_manifest("m.yaml", text));
    let (_, diagnostics) = outcome.into_parts();
    for found in &diagnostics {
        assert!(found.place.span.end as usize <= sources.get(found.place.source).text().len());
    }
    let first = diagnostics.first().map(|found| found.what.clone()).unwrap_or_default();
    (diagnostics.into_iter().map(|found| found.code).collect(), first)
}

fn job(arguments: &str) -> String {
    format!("jobs:\n  a:\n    release: R\n    arguments: {arguments}\n")
}

#[test]
fn variables_that_double_each_other_are_refused_before_they_fill_the_memory() {
    let doubled = |times: usize, first: &str, list: bool| {
        let mut text = format!("{HEAD}vars:\n  v0: {first}\n");
        for number in 1..40 {
            let one = format!("${{{{ vars.v{} }}}}", number - 1);
            let value =
                if list { format!("[{}]", vec![format!("\"{one}\""); times].join(", ")) } else { one.repeat(times) };
            text.push_str(&format!("  v{number}: {}\n", if list { value } else { format!("\"{value}\"") }));
        }
        text + &job("{ x: \"${{ vars.v39 }}\" }")
    };
    for text in [doubled(2, "xx", false), doubled(10, "x", false), doubled(2, "[1, 1]", true), doubled(10, "x", true)] {
        let (codes, first) = said(&text);
        assert_eq!(codes, [Code::Budget], "{first}");
    }
}

#[test]
fn variables_share_one_room() {
    let mut text = format!("{HEAD}vars:\n  v0: {}\n", "x".repeat(1 << 20));
    for number in 1..200 {
        text.push_str(&format!("  v{number}: ${{{{ vars.v0 }}}}\n"));
    }
    let (codes, first) = said(&(text + &job("{}")));
    assert_eq!((codes, first.as_str()), (vec![Code::Budget], "the variables become too large in all"));
}

#[test]
fn a_long_chain_of_variables_is_fine_and_a_deep_value_is_not() {
    let chain = |value: &dyn Fn(usize) -> String| {
        let mut text = format!("{HEAD}vars:\n  v0: a\n");
        (1..3000).for_each(|number| text.push_str(&format!("  v{number}: {}\n", value(number - 1))));
        text + &job("{ x: \"${{ vars.v2999 }}\" }")
    };
    assert_eq!(said(&chain(&|before| format!("${{{{ vars.v{before} }}}}"))).0, []);
    let (codes, first) = said(&chain(&|before| format!("[ \"${{{{ vars.v{before} }}}}\" ]")));
    assert_eq!((codes, first.as_str()), (vec![Code::ExpressionFailed], "the value becomes more than 128 levels deep"));
}

#[test]
fn a_long_text_that_aliases_multiply_is_refused_at_the_alias_that_is_too_many() {
    let aliases = vec!["*a"; 5000].join(", ");
    let text = format!("x-a: &a \"{}\"\n{HEAD}{}", "x".repeat(1_000_000), job(&format!("{{ l: [{aliases}] }}")));
    let (codes, first) = said(&text);
    assert_eq!(codes, [Code::Budget]);
    assert_eq!(first, "the text stands for more than 128 MiB, aliases counted each time");
    let nested = format!("x-a: &a \"{}\"\nx-b: &b [{aliases}]\n{HEAD}{}", "x".repeat(30_000), job("{ l: *b }"));
    assert_eq!(said(&nested).0, [Code::Budget]);
}

/// A variable of a million letters, `vars.long`.
fn long_variable() -> String {
    format!("vars: {{ long: {} }}\n", "a".repeat(1_000_000))
}

#[test]
fn one_expression_in_many_values_has_one_budget() {
    let item = "\"${{ vars.long ~ 'a' }}\"";
    let list = job(&format!("{{ l: [{}] }}", vec![item; 500].join(", ")));
    let (codes, _) = said(&format!("{HEAD}{}{list}", long_variable()));
    assert_eq!(codes, [Code::Budget]);
}

#[test]
fn the_expressions_of_a_plan_share_a_budget_that_grows_with_its_launches() {
    let fan = |rows: usize, expression: &str| {
        let row = format!("[{}]", (0..rows).map(|row| row.to_string()).collect::<Vec<_>>().join(", "));
        format!(
            "{HEAD}{}limits: {{ launches: 100000 }}\njobs:\n  a:\n    release: R\n    matrix: {{ n: {row} }}\n    arguments:\n      \
             x: ${{{{ {expression} }}}}\n",
            long_variable()
        )
    };
    let (codes, first) = said(&fan(10_000, "(vars.long ~ 'a') | length + matrix.n"));
    assert_eq!((codes, first.as_str()), (vec![Code::Budget], "all expressions together compute too much"));
    assert_eq!(said(&fan(2_000, "range(30) | map('string') | join(',') ~ matrix.n")).0, []);
    // What is wrong with each launch is told, budget or not.
    let (codes, first) = said(&fan(9_000, "matrix.n | date"));
    assert_eq!(codes.first(), Some(&Code::ExpressionFailed), "{first}");
}

#[test]
fn too_long_arguments_of_many_launches_are_not_all_made() {
    let rows = (0..5_000).map(|row| row.to_string()).collect::<Vec<_>>().join(", ");
    let text = format!(
        "{HEAD}limits: {{ launches: 100000 }}\njobs:\n  a:\n    release: R\n    matrix: {{ n: [{rows}] }}\n    arguments: {{ x: {} }}\n",
        "x".repeat(11_000)
    );
    assert_eq!(said(&text).0, [Code::ArgumentsTooLong]);
}

#[test]
fn tens_of_thousands_of_unknown_names_are_told_without_comparing_each_with_each() {
    let many = |count: usize, line: &dyn Fn(usize) -> String| (0..count).map(line).collect::<String>();
    let params = many(2000, &|n| format!("  abcdefghijklmn{n}: {{ type: integer, default: 1 }}\n"));
    let uses = many(2000, &|n| format!("      k{n}: ${{{{ params.abcdefghijklmz{n} }}}}\n"));
    let (codes, _) = said(&format!("{HEAD}params:\n{params}jobs:\n  a:\n    release: R\n    arguments:\n{uses}"));
    assert_eq!(codes.len(), MAX_SHOWN + 1);
    let keys = many(10_000, &|n| format!("    relese{n}: 1\n"));
    let (codes, _) = said(&format!("{HEAD}jobs:\n  a:\n    release: R\n{keys}"));
    assert_eq!(codes.len(), MAX_SHOWN + 1);
}
