//! What conditions make of what a launch does not have, and of numbers beside text.

use expect_test::expect;
use sortie::plan::{self, Inputs};

use super::super::{HEAD, briefly, inputs};
use super::policies::said_by_rules;

/// One launch has `a: 5`, the other neither a row nor a priority.
const JOBS: &str = r#"
jobs:
  has: { release: R, priority: 50, arguments: { a: 5 }, for-each: { yaml: [{ key: K-1, a: 5, t: text, n: "7" }], key: key } }
  lacks: { release: R }
"#;

/// What is known of `has` and of `lacks`: whether the condition holds.
const TABLE: &[(&str, [bool; 2])] = &[
    ("A == 5", [true, false]),
    ("A == 6", [false, false]),
    ("A != 5", [false, false]),
    ("A != 6", [true, false]),
    ("A < 6", [true, false]),
    ("A <= 4", [false, false]),
    ("A > 6", [false, false]),
    ("A > 4", [true, false]),
    ("A >= 5", [true, false]),
    ("6 > A", [true, false]),
    ("4 < A", [true, false]),
    ("A in [5, 6]", [true, false]),
    ("A in [6]", [false, false]),
    ("A not in [6]", [true, false]),
    ("A not in [5]", [false, false]),
    ("not A == 5", [false, false]),
    ("not A == 6", [true, false]),
    ("not (A >= 60)", [true, false]),
    ("!(A < 60)", [false, false]),
    ("not not A == 5", [true, false]),
    ("A == 5 and true", [true, false]),
    ("A == 6 or true", [true, true]),
    ("true or A == 6", [true, true]),
    ("A == 5 or false", [true, false]),
    ("not (A == 6 and true)", [true, false]),
    ("not (A == 6 and false)", [true, true]),
    ("not (false and A == 6)", [true, true]),
    ("not (A == 5 or false)", [false, false]),
    ("not (A == 6 or A != 5)", [true, false]),
    ("A == none", [false, true]),
    ("A != none", [true, false]),
    ("none == A", [false, true]),
    ("A is none", [false, true]),
    ("A is not none", [true, false]),
    ("A is defined", [true, false]),
    ("A is undefined", [false, true]),
    ("not (A == none)", [true, false]),
    ("A == none or A != 6", [true, true]),
    ("A != none and A != 6", [true, false]),
    ("A < none", [false, false]),
    ("not (A > none)", [false, false]),
    ("A is lt 6", [true, false]),
    ("A is not eq 6", [true, false]),
    ("A is not in [6]", [true, false]),
    ("A is odd", [true, false]),
    ("A is not even", [true, false]),
    ("not (A is even)", [true, false]),
    ("A is number", [true, false]),
    ("not (A is string)", [true, false]),
    ("A + 1 != 7", [true, false]),
    ("(A | string) != \"6\"", [true, false]),
    ("A | default(6) == 6", [false, true]),
    ("(A if A != none else 0) < 6", [true, true]),
    ("(A != 6) == true", [true, false]),
    ("A == A", [true, false]),
    ("[A] | length != 2", [true, false]),
];

const NAMES: [(&str, &str); 2] = [("row.a", "launch.row.a"), ("arguments.a", "launch.arguments.a")];

fn taken(filter: &str) -> Result<[bool; 2], String> {
    let inputs = Inputs { filter: Some(filter.to_owned()), ..inputs(&format!("{HEAD}{JOBS}")) };
    let (sources, plan) = plan::make(&inputs);
    let said = briefly(&sources, plan.diagnostics());
    match plan.into_parts().0 {
        Some(plan) => {
            Ok(["has", "lacks"].map(|job| plan.jobs().any(|own| own.name == job && !own.ordinals.is_empty())))
        }
        None if said.starts_with("no-launch ") => Ok([false, false]),
        None => Err(said),
    }
}

#[test]
fn a_filter_takes_nothing_for_what_it_has_not() {
    for (name, _) in NAMES {
        for (condition, expected) in TABLE {
            let condition = condition.replace('A', name);
            assert_eq!(taken(&condition).as_ref(), Ok(expected), "{condition}");
        }
    }
}

#[test]
fn a_rule_refuses_what_it_cannot_compare() {
    for (_, name) in NAMES {
        for (condition, expected) in TABLE {
            let condition = condition.replace('A', name);
            let said = said_by_rules(&format!("{HEAD}{JOBS}"), &[(&condition, "")]);
            let kept = ["has", "lacks"].map(|job| !said.contains(&format!("[{job}] launch")));
            // A rule that asks for no launch is one of the plan.
            assert_eq!(&kept, expected, "{condition}: {said}");
        }
    }
}

#[test]
fn a_condition_of_a_rule_excuses_only_what_it_can_compare() {
    let is_refused =
        |when: &str| said_by_rules(&format!("{HEAD}{JOBS}"), &[("launch.count == 2", when)]).contains("[lacks] launch");
    for (when, expected) in [
        ("launch.row.a == 5", true),
        ("launch.row.a != 5", true),
        ("launch.row.a > 100", true),
        ("launch.row.a != none && launch.row.a > 4", false),
        ("launch.job == 'has'", false),
    ] {
        assert_eq!(is_refused(when), expected, "{when}");
    }
}

#[test]
fn a_name_that_is_not_there_is_looked_into_by_nobody() {
    for (filter, expected) in [
        ("\"K-1\" in key", [true, false]),
        ("\"K-1\" not in key", [false, false]),
        ("\"K\" in key and job == 'has'", [true, false]),
        ("key startswith 'K'", [true, false]),
        ("not (key startswith 'L')", [true, false]),
        ("key not startswith 'L'", [true, false]),
        ("key | lower != 'x'", [true, false]),
        ("priority <= 70", [true, false]),
        ("priority == none or priority <= 70", [true, true]),
        ("row.t < 'z' and row.t | length == 4", [true, false]),
        ("once == false", [true, true]),
    ] {
        assert_eq!(taken(filter).as_ref(), Ok(&expected), "{filter}");
    }
}

#[test]
fn a_number_beside_text_is_said_at_its_place() {
    for (filter, expected) in [
        (
            "row.n > 100000000",
            expect![[r#"
                expression-syntax --filter:1:1 [row.n > 100000000] `row.n` is text and `100000000` is a number: they cannot be compared | `columns: { n: number }` makes numbers of that column's text; `row.n | float` makes one here | 6:76 in this row
            "#]],
        ),
        (
            "job == 'has' && row.a < \"9\"",
            expect![[r#"
                expression-syntax --filter:1:17 [row.a < "9"] `row.a` is a number and `"9"` is text: they cannot be compared | `| int` or `| float` makes a number of text, `| string` text of a number; `columns: { amount: number }` makes numbers of a column's text | 6:76 in this row
            "#]],
        ),
        (
            "row.t >= 5",
            expect![[r#"
                expression-syntax --filter:1:1 [row.t >= 5] `row.t` is text and `5` is a number: they cannot be compared | `columns: { t: number }` makes numbers of that column's text; `row.t | float` makes one here | 6:76 in this row
            "#]],
        ),
        (
            "row.n != 7",
            expect![[r#"
                expression-syntax --filter:1:1 [row.n != 7] `row.n` is text and `7` is a number: they cannot be compared | `columns: { n: number }` makes numbers of that column's text; `row.n | float` makes one here | 6:76 in this row
            "#]],
        ),
        (
            "row.n == 7",
            expect![[r#"
                expression-syntax --filter:1:1 [row.n == 7] `row.n` is text and `7` is a number: they cannot be compared | `columns: { n: number }` makes numbers of that column's text; `row.n | float` makes one here | 6:76 in this row
            "#]],
        ),
        (
            "row.n in [6, 7]",
            expect![[r#"
                expression-syntax --filter:1:1 [row.n in [6, 7]] `row.n` is text and `[6, 7]` is a list: they cannot be compared | `columns: { n: number }` makes numbers of that column's text; `row.n | float` makes one here | 6:76 in this row
            "#]],
        ),
        (
            "not (5 in key)",
            expect![[r#"
                expression-syntax --filter:1:6 [5 in key] `in` cannot look for a number in text | it looks for a value in a list, for text in text | 6:76 in this row
            "#]],
        ),
        (
            "row.a < true",
            expect![[r#"
                expression-syntax --filter:1:1 [row.a < true] `row.a` is a number and `true` is true or false: they cannot be compared | numbers are compared with numbers, and text with text | 6:76 in this row
            "#]],
        ),
        (
            "(row.a > 4) | string == 'true'",
            expect![[r#"
                expression-syntax --filter:1:8 [>] `>` cannot stand inside of a value here | compare values by themselves, and join comparisons with `and`, `or`, `not`
            "#]],
        ),
        (
            "row.t and row.a == 5",
            expect![[r#"
                expression-syntax --filter:1:1 [row.t] it gives neither true nor false | compare: `row.region == "emea"` | 6:76 in this row
            "#]],
        ),
    ] {
        let said = taken(filter).err().unwrap_or_else(|| panic!("{filter} is taken"));
        expected.assert_eq(&said);
    }
    // Text that is no number is another value, and so it can be told.
    assert_eq!(taken("row.t != 7"), Ok([true, false]));
    assert_eq!(taken("row.n | int == 7"), Ok([true, false]));
}
