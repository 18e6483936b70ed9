//! The documented list of filters, tests and functions is the whole list, and each example gives what it says.

use std::collections::BTreeSet;

use proptest::prelude::*;
use sortie::diagnostic::Diagnostic;
use sortie::ids::Ordinal;
use sortie::plan;
use sortie::template::{FILTERS, FUNCTIONS, TESTS};

use crate::plan::inputs;

const BOOK: &str = include_str!("../../../docs/expressions.md");

/// What the one argument `expression` is sent as.
fn sent(expression: &str) -> Result<String, Vec<String>> {
    let text = format!(
        "version: 1\nname: t\nfolder: F\nenv: [UNSET]\njobs:\n  a:\n    release: L\n    arguments:\n      x: >-\n        ${{{{ {expression} }}}}\n"
    );
    let (plan, diagnostics) = plan::make(&inputs(&text)).1.into_parts();
    let plan = plan.ok_or_else(|| diagnostics.iter().map(said).collect::<Vec<_>>())?;
    let arguments = plan.launch(Ordinal(0)).start_info.arguments().cloned().unwrap_or_default();
    Ok(arguments.get("x").map_or_else(|| "left out".to_owned(), ToString::to_string))
}

fn said(diagnostic: &Diagnostic) -> String {
    diagnostic.what.clone()
}

#[test]
fn every_documented_example_gives_what_it_says() {
    let mut documented = BTreeSet::new();
    for line in BOOK.lines().filter(|line| line.starts_with("| `")) {
        let line = line.replace(r"\|", "\u{1}");
        let cells: Vec<String> =
            line.split('|').map(|cell| cell.trim().trim_matches('`').replace('\u{1}', "|")).collect();
        let [_, name, _, example, gives, _] = cells.as_slice() else { continue };
        assert!(example.contains(name.as_str()), "the example of `{name}` shows it");
        assert_eq!(sent(example), Ok(gives.clone()), "{example}");
        documented.insert(name.clone());
    }
    let offered: BTreeSet<String> = [FILTERS, TESTS, FUNCTIONS].concat().into_iter().map(str::to_owned).collect();
    assert_eq!(documented, offered);
}

#[test]
fn builtins_that_are_not_offered_are_not_found_by_text_either() {
    for filter in ["attr", "safe", "pprint", "indent", "groupby", "zip"] {
        assert!(sent(&format!("[[1]] | map('{filter}') | list")).is_err(), "{filter}");
    }
}

#[test]
fn text_that_is_no_number_makes_none() {
    for (expression, what) in [
        ("'abc' | int", "the text is not a number"),
        ("'1.000,5' | float", "the text is not a number"),
        ("'' | int", "the text is empty, and no number"),
        ("'' | float", "the text is empty, and no number"),
    ] {
        assert_eq!(sent(expression), Err(vec![what.to_owned()]), "{expression}");
    }
    assert_eq!(sent("'' | default(0, true) | int"), Ok("0".to_owned()));
}

#[test]
fn what_can_only_be_a_mistake_is_not_compared() {
    for (expression, what) in [
        ("'999' > 1000", "this compares text with a number"),
        ("1000 <= '999'", "this compares a number with text"),
        ("'abc' < 5", "this compares text with a number"),
        ("'5' == 5", "this compares text with a number"),
        ("5 != ' 5 '", "this compares a number with text"),
        ("'5' in [1, 2]", "`in` looks for text among values of another kind"),
        ("5 not in ['1', '5']", "`in` looks for a number among values of another kind"),
        ("'true' == true", "this compares text with true or false"),
        ("false != 'FALSE'", "this compares true or false with text"),
        ("none < 1", "this compares none with a number"),
        ("true > 0", "this compares true or false with a number"),
        ("[1] < [2]", "this compares a list with a list"),
        ("1 in '123'", "`in` cannot look for a number in text"),
        ("'a' in 5", "`in` cannot look for text in a number"),
        ("1 < 2 < '3'", "this compares a number with text"),
        ("'5' is gt 4", "this compares text with a number"),
        ("['5', '6'] | select('gt', 4) | list", "this compares text with a number"),
        ("['5', '6'] | select('>', 4) | list", "this compares text with a number"),
        ("[{'a': '5'}] | selectattr('a', 'eq', 5) | list", "this compares text with a number"),
        ("[{'a': '5'}] | rejectattr('a', 'in', [5]) | list", "`in` looks for text among values of another kind"),
        ("(1 if '5' > 4 else 2) | string", "this compares text with a number"),
        ("env.UNSET < 1", "undefined value"),
        ("'12.50' * 2", "`*` multiplies numbers, and this is text"),
        ("2 * '12.50'", "`*` multiplies numbers, and this is text"),
        ("1 + 2 * [3]", "`*` multiplies numbers, and this is a list"),
    ] {
        assert_eq!(sent(expression), Err(vec![what.to_owned()]), "{expression}");
    }
}

#[test]
fn comparisons_of_one_kind_are_those_of_the_language() {
    for (expression, gives) in [
        ("'abc' != 5", "true"),
        ("'yes' == true", "false"),
        ("none == none", "true"),
        ("none != 1", "true"),
        ("1 == 1.0 and 2 > 1.5", "true"),
        ("9007199254740993 == 9007199254740992", "false"),
        ("9007199254740993 > 9007199254740992", "true"),
        ("1 < 2 <= 2 < 3", "true"),
        ("1 < 2 > 3", "false"),
        ("3 > 2 == 2", "true"),
        ("'b' > 'a' and 'B' < 'a'", "true"),
        ("'2026-09-01' <= '2026-10-01'", "true"),
        ("[1, 'a'] == [1, 'a'] and {'a': 1} != {'a': 2}", "true"),
        ("'a' in {'a': 1} and 'b' not in {'a': 1}", "true"),
        ("'1' in [1, '1']", "true"),
        ("not 1 > 2 and not 3 in [1]", "true"),
        ("(1 < 2) == (2 < 3)", "true"),
        ("'x < 1' ~ ('y' if 1 + 1 == 2 else 'z')", "\"x < 1y\""),
        ("[3, 1, 2] | select('gt', 1) | list", "[3,2]"),
        ("{'in': 1}.in == 1 and {'lt': 2}['lt'] is lt(3)", "true"),
        ("env.UNSET is undefined or env.UNSET < 1", "true"),
        ("[1 < 2, 2 in [3], 'a' == 'b']", "[true,false,false]"),
        ("2 * -3 + 2 ** 3 * 2 - 7 // 2 * 2", "4"),
        ("('3' | int) * 2 * 1.5 == 9", "true"),
        ("'False' | bool", "false"),
        ("'0' | bool", "true"),
    ] {
        assert_eq!(sent(expression), Ok(gives.to_owned()), "{expression}");
    }
}

#[test]
fn expressions_that_could_hang_or_overflow_are_refused() {
    for expression in [
        "'a' * 100000000".to_owned(),
        "'%1000000000d' | format(1)".to_owned(),
        "[1] * 1000000000".to_owned(),
        "range(1000000000)".to_owned(),
        "range(100000) | map('string') | join(',')".to_owned(),
        "2 ** 1000000000".to_owned(),
        "-".repeat(8000) + "1",
        "not ".repeat(1500) + "1",
        "(".repeat(900) + "1",
        format!("{}1{}", "[".repeat(450), "]".repeat(450)),
        format!("1{}", " + 1".repeat(1900)),
        "x".repeat(9000),
    ] {
        assert!(sent(&expression).is_err(), "{}", &expression[..expression.len().min(40)]);
    }
    // Just below the limit on parts, on the small stack of a test's thread.
    for expression in ["-".repeat(998) + "1", "not ".repeat(998) + "1", format!("1{}", " + 1".repeat(499))] {
        assert!(sent(&expression).is_ok(), "{}", &expression[..40]);
    }
}

#[test]
fn omit_has_no_text() {
    for expression in ["omit ~ params", "[omit] ~ 'x'", "omit | string", "[omit, 1] | join('-')", "'%s' | format(omit)"]
    {
        let complaints = sent(expression).expect_err(expression);
        assert!(complaints[0].contains("`omit`"), "{expression}: {complaints:?}");
    }
    assert_eq!(sent("omit"), Ok("left out".to_owned()));
}

#[test]
fn a_hyphen_in_a_needed_jobs_name_is_explained() {
    let text = "version: 1\nname: t\njobs:\n  load-x: {release: L}\n  b: {release: L, needs: [load-x], arguments: {n: '${{ needs.load-x.count }}'}}\n";
    let (_, diagnostics) = plan::make(&inputs(text)).1.into_parts();
    let help: Vec<_> = diagnostics.iter().filter_map(|found| found.help.as_deref()).collect();
    assert_eq!(help, ["a hyphen subtracts; write `needs[\"load-x\"]`"]);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands between the braces gives a value or a complaint.
    #[test]
    fn no_expression_panics(expression in r#"([a-z]{1,4}|params|vars|run\.time|[0-9]{1,3}|[.|'"(){}\[\]+*/%~ ,:<>=!\\$-]|é| (and|or|not|in|is|if|else|none|omit) ){0,24}"#) {
        let _ = sent(&expression);
    }
}
