//! Two manifests as an author would have them before and after a change.

use expect_test::{Expect, expect};

use super::{DiffForm, DiffHead, DiffSide, DiffWriter, ManifestPair, PlanDiff};
use crate::diagnostic::styles::Styles;
use crate::plan::{self, Inputs, LaunchMarks, Plan};
use crate::secret::{Redactor, Secret};
use crate::source::Sources;
use crate::{manifest, spec};

const HEAD: &str = "version: 1\nname: night\nfolder: Finance\n";

fn planned(text: &str) -> (Plan, LaunchMarks) {
    let inputs = Inputs::of_manifest("night.yaml", text);
    let mut sources = Sources::default();
    let source = sources.add("night.yaml", text);
    let spec = manifest::parse(&sources, source).and_then(spec::lower);
    let planned = spec.and_then(|spec| plan::expand_marked(spec, &inputs, &mut sources));
    let (planned, said) = planned.into_parts();
    planned.unwrap_or_else(|| panic!("{said:?}"))
}

fn written(form: DiffForm, before: Option<&str>, after: Option<&str>) -> String {
    written_with(form, before, after, &Redactor::default())
}

fn written_with(form: DiffForm, before: Option<&str>, after: Option<&str>, redactor: &Redactor) -> String {
    let (before, after) = (before.map(planned), after.map(planned));
    let pair = ManifestPair {
        name: "night.yaml",
        before: before.as_ref().map(|(plan, marks)| DiffSide { plan, marks }),
        after: after.as_ref().map(|(plan, marks)| DiffSide { plan, marks }),
    };
    let diff = PlanDiff::between(pair.before, pair.after, redactor);
    let mut out = Vec::new();
    let head = DiffHead { form, from: "main", to: "this folder", redactor, styles: Styles::PLAIN };
    let mut writer = DiffWriter::begin(head, &mut out).expect("begun");
    writer.add(&pair, &diff).expect("written");
    writer.end().expect("ended");
    String::from_utf8(out).expect("text")
}

fn check(form: DiffForm, before: &str, after: &str, expected: &Expect) {
    expected.assert_eq(&written(form, Some(&format!("{HEAD}{before}")), Some(&format!("{HEAD}{after}"))));
}

const BEFORE: &str = "\
limits: { launch: { rate: 10/s } }
jobs:
  load:
    release: Loader
    arguments: { invoice: '${{ row.id }}', region: emea, amount: '${{ row.amount }}' }
    for-each:
      yaml: [{ id: A, amount: 1 }, { id: B, amount: 2 }, { id: C, amount: 3 }]
      key: id
  old: { release: Old }
";

const AFTER: &str = "\
limits: { launch: { rate: 50/s } }
jobs:
  load:
    release: Loader
    retry: { faulted: 1 }
    arguments: { invoice: '${{ row.id }}', region: apac, amount: '${{ row.amount }}' }
    for-each:
      yaml: [{ id: A, amount: 1 }, { id: B, amount: 20 }, { id: D, amount: 4 }]
      key: id
  new: { release: New, priority: High }
";

#[test]
fn people_read_what_comes_goes_and_changes_equal_changes_together() {
    check(
        DiffForm::Text,
        BEFORE,
        AFTER,
        &expect![[r#"
        night.yaml: 4 launches
          + load/D
          + new
          - load/C
          - old
          ~ arguments.region: emea -> apac in 2 launches of load (load/A, load/B)
          ~ arguments.amount: 2 -> 20 in load/B
          ~ limits.launch.rate: 10/s -> 50/s
          + jobs.load.retry.faulted: 1

        2 launches added, 2 removed, 2 changed, 0 the same
    "#]],
    );
}

#[test]
fn a_pull_request_shows_what_it_comes_to_first() {
    check(
        DiffForm::Markdown,
        BEFORE,
        AFTER,
        &expect![[r#"
        ### Launches: 2 launches added, 2 removed, 2 changed, 0 the same

        From main to this folder.

        #### night.yaml (4 launches)

        | | launches | field | before | after | such as |
        | --- | ---: | --- | --- | --- | --- |
        | added | 1 | job load |  |  | load/D |
        | added | 1 | job new |  |  | new |
        | removed | 1 | job load |  |  | load/C |
        | removed | 1 | job old |  |  | old |
        | changed | 2 | arguments.region | <code>emea</code> | <code>apac</code> | load/A, load/B |
        | changed | 1 | arguments.amount | <code>2</code> | <code>20</code> | load/B |
        | setting |  | limits.launch.rate | <code>10/s</code> | <code>50/s</code> |  |
        | setting |  | jobs.load.retry.faulted |  | <code>1</code> |  |
    "#]],
    );
}

#[test]
fn machines_read_each_launch_that_differs() {
    check(
        DiffForm::Json,
        BEFORE,
        AFTER,
        &expect![[r#"
        {"version":1,"from":"main","to":"this folder","manifests":[
        {"name":"night.yaml","before":{"launches":4,"plan-digest":"07bd672c212cc49718cc46e921ec464c059f83db5be5faac6d4624abd02dab29"},"after":{"launches":4,"plan-digest":"4ac38f68648b03cd5fa54773a387c6ad1d20a311442d5071b3f515664a511cc8"},"added":["load/D","new"],"removed":["load/C","old"],"changed":[
        {"id":"load/A","changes":[{"path":"arguments.region","from":"emea","to":"apac"}]},
        {"id":"load/B","changes":[{"path":"arguments.region","from":"emea","to":"apac"},{"path":"arguments.amount","from":2,"to":20}]}],"settings":[{"path":"limits.launch.rate","from":"10/s","to":"50/s"},{"path":"jobs.load.retry.faulted","to":1}],"moved":[],"renamed":[],"unchanged":0}],"invalid":[],"totals":{"manifests":1,"differing":1,"invalid":0,"added":2,"removed":2,"changed":2,"unchanged":0}}
    "#]],
    );
}

#[test]
fn what_is_written_otherwise_and_means_the_same_is_no_difference() {
    let before = format!("{HEAD}jobs:\n  a: {{ release: R, arguments: {{ n: 1 }} }}\n");
    let after = format!(
        "# A remark.\n{HEAD}description: New words.\njobs:\n  a:\n    arguments: {{ \"n\": 1 }}\n    release: 'R'\n"
    );
    let shown = written(DiffForm::Text, Some(&before), Some(&after));
    assert_eq!(shown, "nothing differs\n");
}

#[test]
fn a_manifest_that_comes_or_goes_shows_all_of_its_launches() {
    let text = format!("{HEAD}jobs:\n  a: {{ release: R }}\n");
    assert_eq!(
        written(DiffForm::Text, None, Some(&text)),
        "night.yaml: new, 1 launch\n  + a\n\n1 launch added, 0 removed, 0 changed, 0 the same\n"
    );
    assert_eq!(
        written(DiffForm::Text, Some(&text), None),
        "night.yaml: gone, with 1 launch\n  - a\n\n0 launches added, 1 removed, 0 changed, 0 the same\n"
    );
}

#[test]
fn a_job_under_another_name_is_told_with_what_keeps_its_ids() {
    let job = |name: &str| format!("{HEAD}jobs:\n  {name}: {{ release: R, once: true, matrix: {{ n: [1, 2] }} }}\n");
    let shown = written(DiffForm::Text, Some(&job("load")), Some(&job("load-invoices")));
    assert!(
        shown.contains(
            "job `load` seems to be called `load-invoices` now: its 2 launches would be new ones, and 2 of them could"
        ),
        "{shown}"
    );
    assert!(shown.contains("moved: [{ from: load, to: load-invoices }]"), "{shown}");
    let other = format!("{HEAD}jobs:\n  other: {{ release: Q, matrix: {{ n: [1, 2] }} }}\n");
    let shown = written(DiffForm::Text, Some(&job("load")), Some(&other));
    assert!(!shown.contains("seems"), "another release is another job: {shown}");
}

#[test]
fn a_job_that_moved_is_told_in_a_line_and_its_settings_are_compared_all_the_same() {
    let job = |name: &str, moved: &str, retry: u32| {
        format!(
            "{HEAD}{moved}jobs:\n  {name}: {{ release: R, retry: {{ faulted: {retry} }}, matrix: {{ n: [1, 2] }} }}\n"
        )
    };
    let moved = "moved: [{ from: load, to: fetch }]\n";
    let shown = written(DiffForm::Text, Some(&job("load", "", 1)), Some(&job("fetch", moved, 2)));
    assert_eq!(
        shown,
        "night.yaml: 2 launches\n  ~ jobs.load.retry.faulted: 1 -> 2\n  = job `load` is called `fetch` now, as `moved` says: its 2 launches keep their ids\n\n0 launches added, 0 removed, 0 changed, 2 the same\n"
    );
    let shown = written(DiffForm::Text, Some(&job("fetch", moved, 2)), Some(&job("fetch", moved, 2)));
    assert_eq!(shown, "nothing differs\n");
}

#[test]
fn a_secret_that_is_known_is_in_no_form() {
    let text = |value: &str| {
        format!(
            "{HEAD}limits: {{ launch: {{ rate: 1/s }} }}\njobs:\n  a: {{ release: R, arguments: {{ a: {value}, b: {{ c: [x-{value}] }} }} }}\n"
        )
    };
    for form in [DiffForm::Text, DiffForm::Json, DiffForm::Markdown] {
        let redactor = Redactor::default();
        redactor.learn(&Secret::new("hunter2hunter2".to_owned()));
        let shown = written_with(form, Some(&text("one")), Some(&text("hunter2hunter2")), &redactor);
        assert!(shown.contains("one") && !shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn a_field_that_changes_otherwise_in_each_launch_is_one_line() {
    let rows = |offset: u32| {
        let rows: Vec<String> = (0..100).map(|id| format!("{{ id: r{id}, n: {} }}", id + offset)).collect();
        format!(
            "{HEAD}jobs:\n  a:\n    release: R\n    arguments: {{ n: '${{{{ row.n }}}}' }}\n    for-each: {{ key: id, yaml: [{}] }}\n",
            rows.join(", ")
        )
    };
    let shown = written(DiffForm::Text, Some(&rows(0)), Some(&rows(7)));
    assert!(
        shown.contains("~ arguments.n: various, such as 0 -> 7 in 100 launches of a (a/r0, a/r1, a/r2, ...)"),
        "{shown}"
    );
}

#[test]
fn a_comment_holds_no_more_than_a_pull_request_takes_and_says_what_is_left_out() {
    let jobs = |value: &str| {
        let job =
            |n: u32| format!("  j{n}: {{ release: R, arguments: {{ a{n}: \"{value}{n} {}\" }} }}\n", "|@<".repeat(20));
        let jobs = (0..2_000).fold(String::new(), |text, n| text + &job(n));
        format!("{HEAD}jobs:\n{jobs}")
    };
    let shown = written(DiffForm::Markdown, Some(&jobs("x")), Some(&jobs("y")));
    assert!(shown.chars().count() <= 65_536, "{}", shown.chars().count());
    assert!(shown.contains("left out here**: a comment holds no more."), "{}", &shown[shown.len() - 300..]);
}

#[test]
fn values_that_differ_never_look_the_same() {
    let job = |argument: &str| format!("{HEAD}jobs:\n  load: {{ release: L, arguments: {{ x: {argument} }} }}\n");
    for (before, after, expected) in [
        ("1", "'1'", "1 -> \"1\""),
        ("'null'", "null", "\"null\" -> null"),
        ("'true'", "yes", "\"true\" -> yes"),
        ("'1e3'", "1e3", "\"1e3\" -> 1000.0"),
    ] {
        let shown = written(DiffForm::Text, Some(&job(before)), Some(&job(after)));
        assert!(shown.contains(&format!("arguments.x: {expected} in")), "{shown}");
    }
    let long = |end: &str| format!("'{}{end}{}'", "a".repeat(100), "b".repeat(100));
    let shown = written(DiffForm::Text, Some(&job(&long("one"))), Some(&job(&long("two"))));
    let part = |word: &str| format!("...{}{word}{}...", "a".repeat(20), "b".repeat(34));
    assert!(shown.contains(&format!("{} -> {}", part("one"), part("two"))), "{shown}");
}

#[test]
fn where_a_secret_comes_from_is_part_of_what_differs() {
    let text = |origin: &str| {
        format!(
            "{HEAD}secrets: {{ token: {origin} }}\njobs:\n  load: {{ release: L, environment: {{ T: '${{{{ secrets.token }}}}' }} }}\n"
        )
    };
    let shown = written(DiffForm::Text, Some(&text("{ env: TOKEN }")), Some(&text("{ command: [curl, evil] }")));
    assert!(shown.contains("- secrets.token.env: TOKEN"), "{shown}");
    assert!(shown.contains("+ secrets.token.command: [\"curl\",\"evil\"]"), "{shown}");
}
