//! Budgets of the error path: a hundred complaints of a file are made and shown, the rest counted; and what a small text
//! stands for is refused before it is made.

use sortie::diagnostic::json::listing;
use sortie::diagnostic::render::render;
use sortie::diagnostic::styles::Styles;
use sortie::diagnostic::{Code, Diagnostic, MAX_SHOWN, Severity};
use sortie::manifest::{MAX_NODES, MAX_VALUE_NODES};
use sortie::plan::{self, Inputs, ParamValue};
use sortie::source::{Packed, Sources};

const HEAD: &str = "version: 1\nname: test\nfolder: Shared\n";

fn said_of(inputs: &Inputs) -> (Sources, Vec<Diagnostic>) {
    let (sources, outcome) = plan::make(inputs);
    (sources, outcome.into_parts().1)
}

fn said(text: &str) -> (Sources, Vec<Diagnostic>) {
    said_of(&Inputs::of_manifest("m.yaml", text))
}

fn many(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

/// What is said of all beyond the first hundred, which are of `code`.
#[track_caller]
fn check(text: &str, code: Code, more: &str) {
    let (sources, diagnostics) = said(text);
    assert_eq!(diagnostics.len(), MAX_SHOWN + 1, "{more}: {:?}", diagnostics.first());
    let last = &diagnostics[MAX_SHOWN];
    assert_eq!((last.code, last.what.as_str()), (Code::More, more));
    assert!(diagnostics[..MAX_SHOWN].iter().all(|found| found.code == code), "{code}");
    assert_eq!(listing(&diagnostics, &sources).diagnostics.len(), MAX_SHOWN + 1);
    let shown = render(&diagnostics, &sources, Styles::PLAIN);
    assert!(shown.matches("--> m.yaml:").count() >= MAX_SHOWN, "each with its place");
    assert!(shown.contains(more));
}

#[test]
fn errors_of_a_kind_are_shown_a_hundred_times_and_counted() {
    let jobs = |count, job: &'static str| format!("{HEAD}jobs:\n{}", many(count, |n| format!("  j{n}: {job}\n")));
    let one = |lines: &str| format!("{HEAD}jobs:\n  a:\n    release: R\n{lines}");
    check(&jobs(10_000, "{}"), Code::MissingKey, "and 9,900 more errors in this file");
    check(&one(&many(10_000, |n| format!("    key{n}: 1\n"))), Code::UnknownKey, "and 9,900 more errors in this file");
    check(&jobs(3_000, "{ release: R, priority: 500 }"), Code::OutOfRange, "and 2,900 more errors in this file");
    check(
        &jobs(3_000, "{ release: R, wait: 5 }").replace("wait: 5", "count: x"),
        Code::WrongType,
        "and 2,900 more errors in this file",
    );
    let duplicates = format!("{HEAD}x-a:\n{}jobs: {{ a: {{ release: R }} }}\n", many(2_000, |_| "  k: 1\n".to_owned()));
    check(&duplicates, Code::DuplicateKey, "and 1,899 more errors in this file");
    let numbers = format!("{HEAD}x-a:\n{}jobs: {{ a: {{ release: R }} }}\n", many(2_000, |_| "- 1e999\n".to_owned()));
    check(&numbers, Code::Number, "and 1,900 more errors in this file");
    let unknown = one(&format!("    arguments:\n{}", many(2_000, |n| format!("      k{n}: ${{{{ params.p{n} }}}}\n"))));
    check(&unknown, Code::UnknownName, "and 1,900 more errors in this file");
    let misplaced =
        format!("{HEAD}env:\n{}jobs: {{ a: {{ release: R }} }}\n", many(2_000, |_| "- ${{ 1 }}\n".to_owned()));
    check(&misplaced, Code::ExpressionPlace, "and 1,900 more errors in this file");
}

#[test]
fn warnings_are_counted_too_and_hide_no_error() {
    let head = format!("{HEAD}x-a:\n{}", many(5_000, |_| "- 0100\n".to_owned()));
    let fine = format!("{head}jobs: {{ a: {{ release: R }} }}\n");
    check(&fine, Code::Number, "and 4,900 more warnings in this file");
    assert!(plan::make(&Inputs::of_manifest("m.yaml", &fine)).1.value().is_some());
    let (_, found) = said(&format!("{head}jobs: {{ a: {{ relese: R }} }}\n"));
    assert!(found.iter().any(|found| found.severity == Severity::Error && found.code == Code::UnknownKey));
    assert!(found.len() <= MAX_SHOWN + 1);
}

#[test]
fn params_that_nobody_declared_are_counted() {
    let text = format!("{HEAD}jobs: {{ a: {{ release: R }} }}\n");
    let mut inputs = Inputs::of_manifest("m.yaml", &text);
    inputs.params = (0..5_000).map(|n| (format!("p{n}"), ParamValue::Json("1".to_owned()))).collect();
    let (_, found) = said_of(&inputs);
    assert_eq!(found.len(), MAX_SHOWN + 1);
    assert_eq!(found[MAX_SHOWN].what, "and 4,900 more errors in this file");
}

#[test]
fn a_small_text_that_stands_for_much_is_refused_where_it_does() {
    let nested = |first: &str, width: usize, levels: usize| {
        let mut text = format!("x-0: &l0 {first}\n");
        for level in 1..=levels {
            let items = vec![format!("*l{}", level - 1); width].join(", ");
            text.push_str(&format!("x-{level}: &l{level} [{items}]\n"));
        }
        format!("{text}{HEAD}jobs:\n  a:\n    release: R\n    arguments: {{ x: *l{levels} }}\n")
    };
    for text in [
        // Fewer than the whole text may stand for, and more than one value may.
        nested("1", 110, 3),
        nested("\"${{ 'a' * 100 }}\"", 110, 3),
        nested("1", 100, 5),
        nested(&format!("\"{}\"", "x".repeat(40_000)), 30, 2),
    ] {
        assert!(text.len() < 100_000);
        let (_, found) = said(&text);
        assert_eq!(found.iter().map(|found| found.code).collect::<Vec<_>>(), [Code::Budget]);
        assert!(found[0].place.span.start > 0 && found[0].help.is_some());
    }
    let (_, found) = said(&nested("1", 90, 2));
    assert!(found.iter().all(|found| found.code == Code::ArgumentsTooLong), "so much is read: {found:?}");
}

#[test]
fn a_text_has_so_many_values_and_no_more() {
    let list = |count: u64| {
        format!("x-a: [{}1]\n{HEAD}jobs: {{ a: {{ release: R }} }}\n", "1,".repeat(usize::try_from(count).unwrap()))
    };
    assert_eq!(said(&list(MAX_VALUE_NODES + 10)).1, [], "the manifest's own lists may be long");
    let (_, found) = said(&list(MAX_NODES));
    assert_eq!(found[0].what, format!("the text stands for more than {MAX_NODES} values, aliases counted each time"));
}

#[test]
fn files_of_arguments_hold_so_many_values_and_no_more() {
    let text = format!(
        "{HEAD}jobs:\n  a: {{ release: R, arguments-file: d.json }}\n  b: {{ release: R, arguments-file: d.yaml }}\n"
    );
    let list = "1,".repeat(usize::try_from(MAX_VALUE_NODES).unwrap());
    let mut inputs = Inputs::of_manifest("m.yaml", &text);
    inputs.files.insert("d.json".to_owned(), Packed::from(format!("{{\"a\": [{list}1]}}").as_str()));
    inputs.files.insert("d.yaml".to_owned(), Packed::from(format!("a: [{list}1]").as_str()));
    let (sources, found) = said_of(&inputs);
    let shown: Vec<(&str, Code)> =
        found.iter().map(|found| (sources.get(found.place.source).name(), found.code)).collect();
    assert_eq!(shown, [("d.json", Code::Budget), ("d.yaml", Code::Budget)]);
}
