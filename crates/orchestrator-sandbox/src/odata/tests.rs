//! Filters against one row, as a table; what is refused, and why; and any text at all.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::any_filter::{Thing, check_filter, parse};
use super::rules::Rules;
use super::value::Value;
use super::{Query, Scope, render};
use crate::world::switches::Switches;

fn matches(filter: &str) -> bool {
    let parsed = parse(filter);
    parsed.unwrap_or_else(|bad| panic!("{filter}: {bad}")).matches(&Thing)
}

#[test]
fn what_is_true_of_the_row_matches_and_what_is_false_does_not() {
    let (yes, no) = (true, false);
    let cases = [
        ("Id eq 7", yes),
        ("7 eq Id", yes),
        ("8 lt Id", no),
        ("6 lt Id", yes),
        ("Id eq 7L", yes),
        ("Id eq '7'", yes),
        ("Id ne 7", no),
        ("Id gt 6 and Id ge 7 and Id lt 8 and Id le 7", yes),
        ("Id gt -1", yes),
        ("Id in (1,2, 7)", yes),
        ("Id in (1)", no),
        ("not (Id eq 1)", yes),
        ("not(Id in (7))", no),
        ("not contains(Name,'Hara')", no),
        ("Key eq b618cdfd-8714-4dbf-9a00-0586a8953c90", yes),
        ("key eq 'B618CDFD-8714-4DBF-9A00-0586A8953C90'", yes),
        ("Key in ('00000000-0000-0000-0000-000000000000','b618cdfd-8714-4dbf-9a00-0586a8953c90')", yes),
        ("Name eq 'O''Hara \"x\"'", yes),
        ("Name eq 'o''hara \"x\"'", no),
        ("startswith(Name,'O''') and endswith(Name,'\"') and contains(Name,'')", yes),
        ("State eq 'Running'", yes),
        ("State eq '1'", yes),
        ("State eq 1", yes),
        ("State in ('Pending','Faulted')", no),
        ("State eq UiPath.Server.JobState'Running'", yes),
        ("Created eq 2026-01-31T12:00:00.5Z", yes),
        ("Created eq 2026-01-31T13:00:00.500+01:00", yes),
        ("Created ge '2026-01-31'", yes),
        ("Created lt 2026-01-31", no),
        ("tolower(Name) eq 'o''hara \"x\"'", yes),
        ("toupper(Name) eq tolower('X')", no),
        ("contains(tolower(Name),tolower('HARA'))", yes),
        ("contains(Name,'Hara') eq true and contains(Name,'hara') eq false", yes),
        ("contains(Name,'Hara') ne true", no),
        ("trim(tolower(Name)) eq trim('  o''hara \"x\" ')", yes),
        ("length(Name) eq 10 and length(Name) gt length('123')", yes),
        ("length(Name) in (9,11)", no),
        ("Ended eq null", yes),
        ("Ended ne null", no),
        ("Ended gt 2020-01-01", no),
        ("Ended le 2020-01-01", no),
        ("IsLate", yes),
        ("not IsLate or IsLate eq false", no),
        ("Tags ne null", yes),
        ("robot/id eq null", yes),
        ("Id eq 1 or Id eq 7 and Name eq 'x'", no),
        ("(Id eq 1 or Id eq 7) and IsLate", yes),
    ];
    for (filter, expected) in cases {
        assert_eq!(matches(filter), expected, "{filter}");
    }
}

#[track_caller]
fn check_refused(filters: &[&str], expected: &Expect) {
    let said = |filter: &&str| match parse(filter) {
        Ok(parsed) => format!("{filter}  =>  {parsed:?}\n"),
        Err(bad) => format!("{filter}  =>  {bad}\n"),
    };
    expected.assert_eq(&filters.iter().map(said).collect::<String>());
}

#[test]
fn a_filter_that_cannot_be_followed_is_refused_with_its_reason() {
    check_refused(
        &[
            "",
            "Id",
            "Id eq",
            "Id eq 7 and",
            "Id eq 7)",
            "(Id eq 7",
            "Id EQ 7",
            "Id eq 7 AND Id eq 7",
            "Id eq 7 Id",
            "Nothing eq 1",
            "Id eq Id",
            "1 eq 1",
            "Id eq 'x'",
            "Id eq 1.5",
            "Id eq 99999999999999999999",
            "Name eq 7",
            "Name eq O'Hara'",
            "Name eq 'O'Hara'",
            "Name eq 'unterminated",
            "Key eq 'x'",
            "State eq 'Done'",
            "State eq Running",
            "State eq '3'",
            "Created eq yesterday",
            "Created eq 2026-01-31T12:00:00",
            "IsLate eq 'true'",
            "IsLate and Name",
            "Tags eq 'x'",
            "not Id eq 7",
            "Id in 7",
            "Id in ()",
            "Id in (7",
            "Id in (7,)",
            "contains(Id,'7')",
            "contains('x',Name)",
            "contains(Name,7)",
            "contains(Name)",
            "tolower(Id) eq 'x'",
            "tolower(7) eq Name",
            "tolower(Name eq 'x'",
            "length(Name) eq 'x'",
            "replace(Name) eq 'x'",
            "contains(Name,'x') eq 1",
            "Id eq 7; drop",
            "Id eq \u{1F600}",
        ],
        &expect![[r#"
              =>  the filter ends too soon
            Id  =>  the filter ends too soon
            Id eq  =>  the filter ends too soon
            Id eq 7 and  =>  the filter ends too soon
            Id eq 7)  =>  `)` stands where it cannot
            (Id eq 7  =>  the filter ends too soon
            Id EQ 7  =>  `EQ` is not an operator
            Id eq 7 AND Id eq 7  =>  `AND` stands where it cannot
            Id eq 7 Id  =>  `Id` stands where it cannot
            Nothing eq 1  =>  could not find a property named `Nothing`
            Id eq Id  =>  two properties cannot be compared with each other
            1 eq 1  =>  a comparison needs a property
            Id eq 'x'  =>  `Id` cannot be compared with `x`
            Id eq 1.5  =>  `Id` cannot be compared with `1.5`
            Id eq 99999999999999999999  =>  `Id` cannot be compared with `99999999999999999999`
            Name eq 7  =>  `Name` cannot be compared with `7`
            Name eq O'Hara'  =>  `O'..'` is not a literal of this version
            Name eq 'O'Hara'  =>  `Hara'..'` is not a literal of this version
            Name eq 'unterminated  =>  there is an unterminated string literal
            Key eq 'x'  =>  `Key` cannot be compared with `x`
            State eq 'Done'  =>  `State` cannot be compared with `Done`
            State eq Running  =>  could not find a property named `Running`
            State eq '3'  =>  `State` cannot be compared with `3`
            Created eq yesterday  =>  could not find a property named `yesterday`
            Created eq 2026-01-31T12:00:00  =>  `Created` cannot be compared with `2026-01-31T12:00:00`
            IsLate eq 'true'  =>  `IsLate` cannot be compared with `true`
            IsLate and Name  =>  the filter ends too soon
            Tags eq 'x'  =>  `Tags` cannot be compared with `x`
            not Id eq 7  =>  `not` takes a condition in parentheses
            Id in 7  =>  `7` stands where it cannot
            Id in ()  =>  `)` stands where it cannot
            Id in (7  =>  the filter ends too soon
            Id in (7,)  =>  `)` stands where it cannot
            contains(Id,'7')  =>  `contains` takes a text, which `Id` is not
            contains('x',Name)  =>  `contains` begins with a property
            contains(Name,7)  =>  `contains` ends with a quoted text
            contains(Name)  =>  `)` stands where it cannot
            tolower(Id) eq 'x'  =>  `tolower` takes a text, which `Id` is not
            tolower(7) eq Name  =>  `tolower` takes a text
            tolower(Name eq 'x'  =>  `eq` stands where it cannot
            length(Name) eq 'x'  =>  `Name` cannot be compared with `x`
            replace(Name) eq 'x'  =>  an unknown function with name `replace` was found
            contains(Name,'x') eq 1  =>  `1` stands where it cannot
            Id eq 7; drop  =>  `;` is not part of a filter
            Id eq 😀  =>  `😀` is not part of a filter
        "#]],
    );
}

#[test]
fn what_a_filter_names_is_found_for_looking_up() {
    let values = |filter: &str| {
        let filter = parse(filter).expect("a filter");
        let ids = |values: Vec<&Value<'static>>| -> Vec<i64> {
            let id = |value: &&Value<'static>| if let Value::Int(id) = value { Some(*id) } else { None };
            values.iter().filter_map(id).collect()
        };
        (filter.only(0).map(ids), ids(filter.named(0)))
    };
    let cases = [
        ("Id eq 1", (Some(vec![1]), vec![1])),
        ("Id in (1,2) and IsLate", (Some(vec![1, 2]), vec![1, 2])),
        ("Id eq 1 or Id eq 2", (Some(vec![1, 2]), vec![1, 2])),
        ("Id eq 1 or IsLate", (None, vec![1])),
        ("not (Id eq 1)", (None, vec![])),
        ("Id gt 1", (None, vec![])),
    ];
    for (filter, expected) in cases {
        assert_eq!(values(filter), expected, "{filter}");
    }
}

#[test]
fn a_row_is_shown_with_what_is_selected_and_expanded() {
    let shown = |options: &[(&str, &str)]| {
        let pairs: Vec<_> = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let query =
            Query::parse::<Thing>(&pairs, Scope::Entity, &Rules::of(&Switches::default())).expect("good options");
        let mut out = Vec::new();
        render::row(&mut out, &Thing, &query.shown);
        String::from_utf8(out).expect("JSON is UTF-8")
    };
    assert_eq!(shown(&[("$select", "id, NAME")]), r#"{"Id":7,"Name":"O'Hara \"x\""}"#);
    assert_eq!(shown(&[("$select", "Tags,Robot"), ("$expand", "robot")]), r#"{"Tags":[1],"Robot":null}"#);
    let all: serde_json::Value = serde_json::from_str(&shown(&[("$select", "*")])).expect("JSON");
    let names: Vec<_> = all.as_object().expect("an object").keys().collect();
    assert_eq!(names, ["Id", "Key", "Name", "State", "Created", "Ended", "IsLate", "Tags"]);
    assert_eq!(all["Created"], "2026-01-31T12:00:00.5000000Z");
}

/// The fuzz target's corpus: seeds, and what was once found and mended.
#[test]
fn the_corpus_holds_what_the_fuzz_target_asks() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/filter");
    let files: Vec<_> = std::fs::read_dir(folder).expect("the corpus is there").flatten().collect();
    assert!(files.len() > 4, "{files:?}");
    for file in files {
        check_filter(&std::fs::read_to_string(file.path()).expect("text"));
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,80}") {
        check_filter(&text);
    }

    /// Sentences made of a filter's own words reach far deeper than random letters.
    #[test]
    fn no_sentence_of_a_filters_words_panics(words in proptest::collection::vec(proptest::sample::select(vec![
        "Id", "Name", "State", "Created", "IsLate", "Tags", "Robot/Id", "eq", "ne", "gt", "le", "in", "and", "or", "not",
        "(", ")", ",", "'x'", "''", "'", "7", "null", "true", "2026-01-31", "contains(", "startswith(", "tolower(", "length(", "''''", ".", "-",
    ]), 0..40), joint in proptest::sample::select(vec!["", " "])) {
        check_filter(&words.join(joint));
    }

    #[test]
    fn no_options_panic(name in "\\$(select|filter|orderby|top|skip|count|expand)", value in "\\PC{0,40}") {
        let rows = |query: Query| query.page(std::iter::repeat_with(|| Thing).take(3)).rows.len();
        Query::parse::<Thing>(&[(name, value)], Scope::List, &Rules::of(&Switches::default())).map(rows).ok();
    }
}
