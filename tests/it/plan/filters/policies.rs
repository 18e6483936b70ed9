//! Policies: which launches break which rule, where that is said, and what is wrong with rules themselves.

use std::fmt::Write as _;

use expect_test::{Expect, expect};
use sortie::plan::{self, Inputs};
use sortie::policy::{PolicySet, PolicyText, SCHEMA};
use sortie::source::Sources;
use sortie::{manifest, spec};

use crate::plan::{HEAD, briefly, inputs};

const JOBS: &str = r#"
jobs:
  load:
    release: Loader
    folder: HR/Intake
    priority: 90
    for-each: { yaml: [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }], key: id }
    arguments: { amount: "${{ row.id * 100 }}" }
  every: { release: Company, strategy: All, folder: Finance/AP }
  never: { release: Company, strategy: All, if: "${{ 1 > 2 }}" }
"#;

/// What is said of the plan of `text` under these rules: the text of a policy file.
fn said_of(text: &str, policies: &str) -> String {
    let mut sources = Sources::default();
    let source = sources.add("m.yaml", text);
    let spec = manifest::parse(&sources, source).and_then(spec::lower).into_parts().0.expect("a valid manifest");
    let texts = [PolicyText::of_file("p.yaml", policies)];
    let (set, said) = PolicySet::read(&texts, &mut sources).into_parts();
    let Some(set) = set else { return briefly(&sources, &said) };
    let inputs: Inputs = inputs(text);
    let plan = plan::expand_under(spec, &inputs, &mut sources, &set);
    // What is checked afterwards says the same.
    if let Some(plan) = plan::make(&inputs).1.value() {
        let later = plan.check_policies(&set, &inputs, &|_| true);
        assert_eq!(later.len(), plan_errors(&plan_diagnostics(&plan_under(text, &set, &inputs))), "{text}");
    }
    briefly(&sources, plan.diagnostics())
}

fn plan_under(text: &str, set: &PolicySet, inputs: &Inputs) -> Vec<sortie::diagnostic::Diagnostic> {
    let mut sources = Sources::default();
    let source = sources.add("m.yaml", text);
    let spec = manifest::parse(&sources, source).and_then(spec::lower).into_parts().0.expect("a valid manifest");
    plan::expand_under(spec, inputs, &mut sources, set).diagnostics().to_vec()
}

fn plan_diagnostics(said: &[sortie::diagnostic::Diagnostic]) -> Vec<String> {
    said.iter().map(|said| said.code.to_string()).collect()
}

fn plan_errors(codes: &[String]) -> usize {
    codes.iter().filter(|code| *code == "policy").count()
}

fn policies(rules: &[(&str, &str)]) -> String {
    let mut text = "version: 1\npolicies:\n".to_owned();
    for (number, (rule, when)) in rules.iter().enumerate() {
        write!(text, "  - name: rule-{number}\n    rule: '{}'\n    message: ask us\n", rule.replace('\'', "''"))
            .unwrap();
        if !when.is_empty() {
            writeln!(text, "    when: '{}'", when.replace('\'', "''")).unwrap();
        }
    }
    text
}

/// What these rules say of a manifest.
pub(super) fn said_by_rules(manifest: &str, rules: &[(&str, &str)]) -> String {
    said_of(manifest, &policies(rules))
}

#[track_caller]
fn check(rules: &[(&str, &str)], expected: Expect) {
    expected.assert_eq(&said_of(&format!("{HEAD}{JOBS}"), &policies(rules)));
}

#[test]
fn each_launch_must_keep_each_rule_and_what_breaks_one_is_told_once_for_its_job() {
    check(
        &[("launch.folder startswith 'Finance/'", "")],
        expect![[r#"
        policy 6:3 [load] 4 launches of `load` break the policy `rule-0`: ask us | `launch.folder` is "HR/Intake"; the rule stands in p.yaml | `load/1`, `load/2`, `load/3`, ... | p.yaml:4:11 this rule
    "#]],
    );
    check(
        &[("launch.priority <= 70", "")],
        expect![[r#"
            policy 6:3 [load] 4 launches of `load` break the policy `rule-0`: ask us | `launch.priority` is 90; the rule stands in p.yaml | `load/1`, `load/2`, `load/3`, ... | p.yaml:4:11 this rule
            policy 12:3 [every] launch `every` breaks the policy `rule-0`: ask us | `launch.priority` is none; the rule stands in p.yaml | p.yaml:4:11 this rule
        "#]],
    );
    check(
        &[("launch.strategy != 'All'", "")],
        expect![[r#"
        policy 12:3 [every] launch `every` breaks the policy `rule-0`: ask us | `launch.strategy` is "All"; the rule stands in p.yaml | p.yaml:4:11 this rule
    "#]],
    );
    check(
        &[("launch.arguments.amount <= 300", "launch.job == 'load'")],
        expect![[r#"
        policy 6:3 [load] launch `load/4` breaks the policy `rule-0`: ask us | `launch.arguments.amount` is 400; the rule stands in p.yaml | p.yaml:4:11 this rule
    "#]],
    );
    check(
        &[("plan.launches <= 4", "")],
        expect![[r#"
        policy 6:3 [load] the plan breaks the policy `rule-0`: ask us | `plan.launches` is 5; the rule stands in p.yaml | p.yaml:4:11 this rule
    "#]],
    );
    check(
        &[("launch.priority <= 45", "plan.launches > 4 && launch.folder startswith 'HR'")],
        expect![[r#"
        policy 6:3 [load] 4 launches of `load` break the policy `rule-0`: ask us | `launch.priority` is 90; the rule stands in p.yaml | `load/1`, `load/2`, `load/3`, ... | p.yaml:4:11 this rule
    "#]],
    );
    check(
        &[("false", "plan.name == 'test'")],
        expect![[r#"
        policy 6:3 [load] the plan breaks the policy `rule-0`: ask us | the rule stands in p.yaml | p.yaml:4:11 this rule
    "#]],
    );
}

#[test]
fn rules_that_are_kept_say_nothing() {
    check(
        &[
            ("launch.folder in ['HR/Intake', 'Finance/AP', 'Shared']", ""),
            ("launch.priority <= 90 && launch.count == 1 || launch.strategy == 'All'", ""),
            ("plan.launches == 5 && plan.name == 'test' && plan.profile == 'prod'", ""),
            ("false", "launch.job == 'nothing'"),
            ("launch.row.id < 5 or launch.job != 'load'", ""),
        ],
        expect![[""]],
    );
}

#[test]
fn a_rule_that_nobody_can_ask_refuses_the_plan() {
    check(
        &[("launch.row.id + 'x' == 'y'", "")],
        expect![[r#"
            policy 12:3 [every] launch `every` breaks the policy `rule-0`: ask us | `launch.row.id` is none; the rule stands in p.yaml | p.yaml:4:11 this rule
            policy p.yaml:4:11 ['launch.row.id + ''x'' == ''y'''] the policy `rule-0` cannot be asked: `+` cannot work on a number and a string, for launch `load/1` | `| int` or `| float` makes a number of text; `~` joins text; a column's type stands in `columns`
        "#]],
    );
    check(
        &[("launch.priority", "")],
        expect![[r#"
        policy 12:3 [every] launch `every` breaks the policy `rule-0`: ask us | `launch.priority` is none; the rule stands in p.yaml | p.yaml:4:11 this rule
        policy p.yaml:4:11 ['launch.priority'] the policy `rule-0` cannot be asked: it gives neither true nor false, for launch `load/1` | compare: `row.region == "emea"`
    "#]],
    );
}

#[test]
fn mistakes_in_rules_are_said_at_their_places() {
    check(
        &[("folder == 'x'", ""), ("launch.foldr == 'x'", ""), ("launch.verdict == 'x'", "")],
        expect![[r#"
        unknown-name p.yaml:4:12 [folder] nothing is called `folder` | write `launch.folder`
        unknown-name p.yaml:7:12 [launch.foldr] `launch.foldr` is not known of a launch | did you mean `launch.folder`?
        unknown-name p.yaml:10:12 [launch.verdict] `launch.verdict` is not known of a launch | known are `id`, `job`, `key`, `row`, `rows`, `matrix`, `arguments`, `params`, `folder`, `release`, `strategy`, `count`, `priority`, `runtime`, `reference`, `retry`, `once`
    "#]],
    );
    check(
        &[("launch.folder = 'x'", ""), ("launch == 1", "plan.launchs > 1")],
        expect![[r#"
        expression-syntax p.yaml:4:26 [=] unexpected input after expression | compare with `==`
        unknown-name p.yaml:7:12 [launch] `launch` by itself is nothing to compare | name what is meant of it: `launch.folder`; known are `id`, `job`, `key`, `row`, `rows`, `matrix`, `arguments`, `params`, `folder`, `release`, `strategy`, `count`, `priority`, `runtime`, `reference`, `retry`, `once`
        unknown-name p.yaml:9:12 [plan.launchs] `plan.launchs` is not known of a plan | did you mean `plan.launches`?
    "#]],
    );
    let text = format!("{HEAD}{JOBS}");
    let file = |policies: &str| said_of(&text, policies);
    expect![[r#"
        wrong-type p.yaml:1:3 [name] a policy file is a mapping with `version` and `policies` | write `version: 1` and `policies:` at the top, the rules as a list below
    "#]].assert_eq(&file("- name: a\n"));
    expect![[r#"
        not-one-of p.yaml:1:10 [2] `version` must be 1 | this sortie reads version 1
        missing-key p.yaml:3:5 [{ nmae: a, rule: 1 }] `name` is missing in this rule | a name such as `finance-only`, by which people speak of the rule
        missing-key p.yaml:3:5 [{ nmae: a, rule: 1 }] `message` is missing in this rule | what is said where it does not hold, and whom to ask
        unknown-key p.yaml:3:7 [nmae] there is no key `nmae` here | did you mean `name`?
        wrong-type p.yaml:3:22 [1] `rule` must be text
        wrong-type p.yaml:4:5 [x] a rule is a mapping with `name`, `rule` and `message`
    "#]].assert_eq(&file("version: 2\npolicies:\n  - { nmae: a, rule: 1 }\n  - x\n"));
    expect![[r#"
        missing-key p.yaml:2:11 [[]] there is no rule in this list | write one, or leave the list out: rules that are not there forbid nothing
    "#]].assert_eq(&file("version: 1\npolicies: []\n"));
    expect![[r#"
        conflict p.yaml:4:22 ['true'] two rules are named `a` | p.yaml:3:22 the other one
    "#]]
    .assert_eq(&file(
        "version: 1\npolicies:\n  - { name: a, rule: 'true', message: m }\n  - { name: a, rule: 'true', message: m }\n",
    ));
}

#[test]
fn the_sample_keeps_the_published_schema_and_so_does_every_rule_that_is_read() {
    let schema: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let sample = include_str!("../../../../specs/policies/finance.yaml");
    for (text, is_valid) in [
        (sample, true),
        ("version: 1\npolicies: [{ name: a, rule: 'true', message: m }]\n", true),
        ("version: 1\npolicies: []\n", false),
        ("version: 2\npolicies: [{ name: a, rule: 'true', message: m }]\n", false),
        ("version: 1\npolicies: [{ name: a, rule: 'true', message: m, wehn: x }]\n", false),
        ("version: 1\npolicies: [{ name: a, rule: 'true' }]\n", false),
    ] {
        let mut sources = Sources::default();
        let read = PolicySet::read(&[PolicyText::of_file("p.yaml", text)], &mut sources);
        assert_eq!(read.value().is_some(), is_valid, "{text}: {}", briefly(&sources, read.diagnostics()));
        let source = sources.add("p.yaml", text);
        let document = manifest::parse(&sources, source).into_parts().0.unwrap();
        assert_eq!(validator.is_valid(&document.to_json(document.root())), is_valid, "{text}");
    }
}

/// What is said of the text where its params have no values.
fn said_without_params(text: &str, rules: &[(&str, &str)]) -> String {
    let mut sources = Sources::default();
    let source = sources.add("m.yaml", text);
    let spec = manifest::parse(&sources, source).and_then(spec::lower).into_parts().0.expect("a valid manifest");
    let (set, _) = PolicySet::read(&[PolicyText::of_file("p.yaml", policies(rules))], &mut sources).into_parts();
    let inputs = Inputs { profile: String::new(), ..inputs(text) };
    let tried = plan::try_out_under(spec, &inputs, &mut sources, &set.expect("rules"));
    briefly(&sources, tried.diagnostics())
}

#[test]
fn no_rule_judges_a_value_that_was_made_up_for_a_param_without_one() {
    let text = "version: 1\nname: test\nfolder: '${{ vars.w }}'\nparams: { f: { type: string } }\nvars: { w: 'X/${{ params.f }}' }\njobs:\n  open: { release: R, priority: 90 }\n  known: { release: R, folder: Shared, priority: 90 }\n  rows: { release: R, folder: Shared, priority: 90, for-each: { yaml: [{ id: 1 }], key: id, where: '${{ params.f }}' } }\n";
    for (rule, when, broken, untold) in [
        ("launch.folder startswith 'Finance/'", "", &["known", "rows"][..], &["open"][..]),
        ("launch.folder == 'X'", "launch.job == 'open'", &[], &["open"]),
        ("launch.priority < 5", "launch.folder == '0'", &[], &["open"]),
        ("launch.priority < 5", "", &["open", "known", "rows"], &[]),
        ("launch.params.f == 'x'", "launch.job == 'open'", &[], &["open"]),
        ("launch.row.id == 2", "launch.job == 'rows'", &[], &["rows", "open"]),
    ] {
        let said = said_without_params(text, &[(rule, when)]);
        let is_broken = |job: &&str| said.contains(&format!("[{job}] launch"));
        let of: Vec<&str> = ["open", "known", "rows"].into_iter().filter(is_broken).collect();
        assert_eq!(of, broken, "{rule} {when}: {said}");
        let told = said.lines().find(|line| line.contains("the policy `rule-0` is not checked for launch `"));
        let is_told = told.is_some_and(|told| untold.iter().any(|job| told.contains(&format!("launch `{job}`"))));
        assert_eq!(is_told, !untold.is_empty(), "{rule} {when}: {said}");
    }
}

#[test]
fn no_rule_judges_the_folder_of_a_profile_that_nobody_gave() {
    let text = "version: 1\nname: test\njobs:\n  a: { release: R }\n";
    let said = said_without_params(text, &[("launch.folder != 'Shared'", "")]);
    assert!(said.contains("not checked for launch `a`: `launch.folder` is not known"), "{said}");
}
