//! The fields of a launch beyond release, robots and arguments: what is sent for them, and what is refused offline.

use std::collections::BTreeSet;

use expect_test::{Expect, expect};
use sortie::ids::Ordinal;
use sortie::plan::{self, Inputs};
use sortie::spec::LargeArguments;
use sortie::start_info::FIELDS;

use crate::plan::{HEAD, briefly, inputs};

#[track_caller]
fn check_with(change: impl FnOnce(&mut Inputs), body: &str, expected: Expect) {
    let mut inputs = inputs(&format!("{HEAD}{body}"));
    change(&mut inputs);
    let (sources, outcome) = plan::make(&inputs);
    let (plan, diagnostics) = outcome.into_parts();
    let mut shown = briefly(&sources, &diagnostics);
    for ordinal in (0..plan.as_ref().map_or(0, plan::Plan::len)).map(Ordinal::from) {
        let launch = plan.as_ref().unwrap().launch(ordinal).canonical();
        let version = launch.get("release-version").map_or_else(String::new, |version| format!(" version {version}"));
        shown.push_str(&format!("{}: {}{version}\n", launch["id"].as_str().unwrap(), launch["request"]));
    }
    // Long texts are all `x`.
    let short: Vec<&str> = shown.split("xxx").filter(|part| !part.is_empty()).collect();
    expected.assert_eq(&short.join("…"));
}

#[track_caller]
fn check(body: &str, expected: Expect) {
    check_with(|_| {}, body, expected);
}

#[test]
fn each_key_becomes_its_field() {
    check(
        "
jobs:
  machines: {release: L, machines: [VM-01, 12]}
  pairs: {release: L, machine-robots: [{machine: VM-01, robot: ETL-01}, {machine: 5, robot: 7}]}
  sessions: {release: L, machine-sessions: [70031, 70032]}
  stop: {release: L, stop: {after: 2h, strategy: SoftStop, kill-after: 1m 30s}}
  kill: {release: L, stop: {after: 30s, strategy: Kill}}
  environment: {release: L, environment: {REGION: emea, N: 5, DEBUG: true, 'ProgramFiles(x86)': ' a=b '}}
  file: {release: L, input-file: 5B754C63-5d1a-4c37-bb9b-74b69e4934bf}
",
        expect![[r#"
            machines: {"ReleaseName":"L","Strategy":"ModernJobsCount","MachineRobots":[{"MachineId":"VM-01"},{"MachineId":12}],"JobsCount":1,"Reference":""}
            pairs: {"ReleaseName":"L","Strategy":"ModernJobsCount","MachineRobots":[{"MachineId":"VM-01","RobotId":"ETL-01"},{"MachineId":5,"RobotId":7}],"JobsCount":1,"Reference":""}
            sessions: {"ReleaseName":"L","Strategy":"ModernJobsCount","MachineSessionIds":[70031,70032],"JobsCount":1,"Reference":""}
            stop: {"ReleaseName":"L","Strategy":"ModernJobsCount","JobsCount":1,"StopProcessExpression":"7200","StopStrategy":"SoftStop","KillProcessExpression":"90","Reference":""}
            kill: {"ReleaseName":"L","Strategy":"ModernJobsCount","JobsCount":1,"StopProcessExpression":"30","StopStrategy":"Kill","Reference":""}
            environment: {"ReleaseName":"L","Strategy":"ModernJobsCount","JobsCount":1,"EnvironmentVariables":"REGION=emea\nN=5\nDEBUG=true\nProgramFiles(x86)= a=b ","Reference":""}
            file: {"ReleaseName":"L","Strategy":"ModernJobsCount","JobsCount":1,"InputFile":"5b754c63-5d1a-4c37-bb9b-74b69e4934bf","Reference":""}
        "#]],
    );
}

#[test]
fn releases_are_named_in_four_ways() {
    check(
        "
jobs:
  a: {release: {name: Loader, version: 1.2.0}}
  b: {release: {key: 5b754c63-5d1a-4c37-bb9b-74b69e4934bf}}
  c: {release: {package: Acme.Loader}}
  d: {release: {package: Acme.Loader, version: \"1.10\"}}
",
        expect![[r#"
            a: {"ReleaseName":"Loader","Strategy":"ModernJobsCount","JobsCount":1,"Reference":""} version "1.2.0"
            b: {"ReleaseKey":"5b754c63-5d1a-4c37-bb9b-74b69e4934bf","Strategy":"ModernJobsCount","JobsCount":1,"Reference":""}
            c: {"ReleaseKey":"of package Acme.Loader","Strategy":"ModernJobsCount","JobsCount":1,"Reference":""}
            d: {"ReleaseKey":"of package Acme.Loader","Strategy":"ModernJobsCount","JobsCount":1,"Reference":""} version "1.10"
        "#]],
    );
    check(
        "
jobs:
  a: {release: {name: Loader, version: 1.10}}
  b: {release: {key: 5b754c63-5d1a-4c37-bb9b-74b69e4934bf, version: 1.2.0}}
  c: {release: {package: P, name: N}}
  d: {release: {version: 1.2.0}}
",
        expect![[r#"
            wrong-type 6:40 [1.10] `version` must be text, and this is a number with a fraction | put it in quotes
            conflict 7:16 [{key: 5b754c63-5d1a-4c37-bb9b-74b69e4934bf, version: 1.2.0}] `version` of `release` stands beside `key` | a version is asserted of a `name` or a `package`
            conflict 8:16 [{package: P, name: N}] `release` takes exactly one of `name`, `key`, `package` | write `release: { name: ... }`
            conflict 9:16 [{version: 1.2.0}] `release` takes exactly one of `name`, `key`, `package` | write `release: { name: ... }`
        "#]],
    );
}

#[test]
fn defaults_merge_by_key_and_omit_leaves_out() {
    check(
        "
params: {debug: {type: boolean, default: false}}
defaults:
  environment: {REGION: emea, LEVEL: info}
  machines: [VM-01]
  stop: {after: 1h}
jobs:
  a: {release: L}
  b: {release: L, environment: {LEVEL: debug, X: y}, machines: [VM-02], stop: {after: 2h}}
  c: {release: L, environment: {REGION: \"${{ omit }}\", LEVEL: \"${{ 'debug' if params.debug else omit }}\"}, machines: \"${{ omit }}\", stop: \"${{ omit }}\"}
  d: {release: L, environment: \"${{ {'A': 1, 'B': true} }}\", machine-sessions: \"${{ [1, 2] }}\", machines: \"${{ omit }}\", stop: \"${{ {'after': '90s'} }}\"}
",
        expect![[r#"
            a: {"ReleaseName":"L","Strategy":"ModernJobsCount","MachineRobots":[{"MachineId":"VM-01"}],"JobsCount":1,"StopProcessExpression":"3600","EnvironmentVariables":"REGION=emea\nLEVEL=info","Reference":""}
            b: {"ReleaseName":"L","Strategy":"ModernJobsCount","MachineRobots":[{"MachineId":"VM-02"}],"JobsCount":1,"StopProcessExpression":"7200","EnvironmentVariables":"REGION=emea\nLEVEL=debug\nX=y","Reference":""}
            c: {"ReleaseName":"L","Strategy":"ModernJobsCount","JobsCount":1,"Reference":""}
            d: {"ReleaseName":"L","Strategy":"ModernJobsCount","MachineSessionIds":[1,2],"JobsCount":1,"StopProcessExpression":"90","EnvironmentVariables":"REGION=emea\nLEVEL=info\nA=1\nB=true","Reference":""}
        "#]],
    );
}

#[test]
fn what_does_not_go_together_is_found_offline() {
    check(
        "
jobs:
  a: {release: L, machines: [VM-01], machine-robots: [{machine: VM-01, robot: R}]}
  b: {release: L, strategy: JobsCount, machines: [VM-01]}
  c: {release: L, strategy: RobotCount, machine-robots: [{machine: VM-01, robot: R}]}
  d: {release: L, input-file: 5b754c63-5d1a-4c37-bb9b-74b69e4934bf, arguments: {a: 1}}
  e: {release: L, stop: {after: 1h, strategy: Kill, kill-after: 60s}}
  f: {release: L, machines: [VM-01, VM-01], machine-sessions: [1, 1]}
  g: {release: L, stop: {after: 500ms}}
",
        expect![[r#"
            conflict 6:54 [[{machine: VM-01, robot: R}]] `machine-robots` stands beside `machines` | write every machine as a pair, or none | 6:29 the machines
            conflict 7:50 [[VM-01]] strategy `JobsCount` takes no machines | it is for classic folders; in a modern folder use `ModernJobsCount`
            conflict 8:57 [[{machine: VM-01, robot: R}]] strategy `RobotCount` takes no machines | it is for classic folders; in a modern folder use `ModernJobsCount`
            conflict 9:31 [5b754c63-5d1a-4c37-bb9b-74b69e4934bf] `input-file` stands beside `arguments` | the input file is the arguments: write one of the two, also in `defaults` | 9:80 the arguments
            conflict 10:25 [{after: 1h, strategy: Kill, kill-after: 60s}] `kill-after` stands beside `strategy: Kill`, which kills at once | drop one of the two; `SoftStop` gives the robot job time to end
            conflict 11:29 [[VM-01, VM-01]] a machine stands twice in `machines` | name each once
            conflict 11:63 [[1, 1]] a session stands twice in `machine-sessions` | name each once
            out-of-range 12:25 [{after: 500ms}] `after` of `stop` must be whole seconds, at least 1s
        "#]],
    );
}

#[test]
fn a_variable_is_one_line_of_at_most_four_thousand_characters_in_all() {
    let long = "x".repeat(3998);
    let (_, outcome) = plan::make(&inputs(&format!("{HEAD}jobs:\n  a: {{release: L, environment: {{A: {long}}}}}\n")));
    let launch = outcome.into_parts().0.unwrap().launch(Ordinal(0));
    assert_eq!(launch.start_info.environment.unwrap().len(), 4000);
    check(
        &format!(
            "jobs:\n  a: {{release: L, environment: {{A: {long}, B: ''}}}}\n  b: {{release: L, environment: {{'A=B': x, 'C ': y, D: \"a\\nb\", E: null, F: [1]}}}}\n"
        ),
        expect![[r#"
            out-of-range 5:32 [{A: …xx, B: ''}] the environment variables are 4003 characters as `KEY=VALUE` lines; the API takes 4000
            wrong-form 6:33 ['A=B'] `A=B` is no name of an environment variable | it has no `=`, no line end and no space around it
            wrong-form 6:43 ['C '] `C ` is no name of an environment variable | it has no `=`, no line end and no space around it
            wrong-form 6:55 ["a\nb"] environment variable `D` holds a line end; the API takes one line for each | pass it in `arguments`, or encode it
            wrong-type 6:66 [null] `E` has no value | write a value, or remove the key
            wrong-type 6:75 [[1]] `F` must be `true` or `false`, a number or text, and this is a list
        "#]],
    );
}

#[test]
fn long_arguments_and_input_files_go_where_the_profile_says_so() {
    let long = "x".repeat(10_000);
    let body = format!(
        "jobs:\n  a: {{release: L, arguments: {{text: {long}}}}}\n  b: {{release: L, input-file: data/in.json}}\n"
    );
    let with_file = |when: Option<LargeArguments>| {
        move |inputs: &mut Inputs| {
            inputs.large_arguments = when;
            inputs.files.insert("data/in.json".to_owned(), r#"{"n": 1.50, "s": "é"}"#.into());
        }
    };
    check_with(
        with_file(Some(LargeArguments::Attach)),
        &body,
        expect![[r#"
        a: {"ReleaseName":"L","Strategy":"ModernJobsCount","JobsCount":1,"InputFile":"arguments of 10011 characters, SHA-256 5e5d022e530c51eb309c63a9e2834b923eea3e37e4a87a6233f86109a43c88c9","Reference":""}
        b: {"ReleaseName":"L","Strategy":"ModernJobsCount","JobsCount":1,"InputFile":"data/in.json, SHA-256 c08cac2311443ac0018dd7fe4f2218ae7666cbc8e8868f4f88f768c64edc8588","Reference":""}
    "#]],
    );
    check_with(
        with_file(Some(LargeArguments::Refuse)),
        &body,
        expect![[r#"
            arguments-too-long 5:30 [{text: …x}] the arguments are 10011 characters of JSON; the API takes 10000 | pass the address of the data instead; a newer server takes them as a file, where the profile says `large-arguments: attach`
            conflict 6:31 [data/in.json] the profile does not say that its server takes input files | where it does (older servers do not), write `large-arguments: attach` in the profile
        "#]],
    );
    check_with(
        with_file(None),
        &body,
        expect![[r#"
            arguments-too-long 5:30 [{text: …x}] the arguments are 10011 characters of JSON; the API takes 10000 | pass the address of the data instead; a newer server takes them as a file, where the profile says `large-arguments: attach`
        "#]],
    );
    let bad = "jobs:\n  a: {release: L, input-file: data/in.json}\n  b: {release: L, input-file: ../in.json}\n";
    check_with(
        |inputs| drop(inputs.files.insert("data/in.json".to_owned(), "[1]".into())),
        bad,
        expect![[r#"
        data-file 6:31 [../in.json] a manifest reads no file outside of its own folder | put the file beside the manifest or below; `--data JOB=FILE` and `--arguments JOB=FILE` take any file
    "#]],
    );
    check_with(
        |inputs| drop(inputs.files.insert("data/in.json".to_owned(), "[1]".into())),
        bad.split_once("  b").unwrap().0,
        expect![[r#"
            data-form data/in.json:1:1 [[] arguments are an object: names with values | write `name: value` in each line, or a JSON object
        "#]],
    );
}

/// The sample `many.yaml` shows each field of the published description that a manifest may set.
#[test]
fn one_sample_shows_every_field() {
    let specs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    let read = |name: &str| std::fs::read_to_string(specs.join(name)).unwrap();
    let mut inputs = inputs(&read("many.yaml"));
    let file = "data/ledger-accounts.json";
    inputs.files.insert(file.to_owned(), read(file).as_str().into());
    let (sources, outcome) = plan::make(&inputs);
    let (plan, said) = outcome.into_parts();
    let plan = plan.unwrap_or_else(|| panic!("{}", briefly(&sources, &said)));
    let requests = (0..plan.len()).map(|index| plan.launch(Ordinal::from(index)).canonical()["request"].take());
    let shown: BTreeSet<String> =
        requests.flat_map(|request| request.as_object().unwrap().keys().cloned().collect::<Vec<_>>()).collect();
    let missing: Vec<&str> = FIELDS.iter().map(|field| field.name).filter(|name| !shown.contains(*name)).collect();
    // A plan names the release, whose key is sent; `BatchExecutionKey` is not a manifest's to set.
    assert_eq!(missing, ["ReleaseKey", "BatchExecutionKey"]);
}
