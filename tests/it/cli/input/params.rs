//! Where the values of params come from, and which of them rules.

use expect_test::{Expect, expect};

use crate::cli::Program;

const MANIFEST: &str = "version: 1\nname: m\nfolder: F\nparams:\n  region: { type: string, enum: [emea, amer, apac], default: emea }\n  n: { type: integer, default: 1 }\n  list: { type: json, default: [] }\njobs:\n  a:\n    release: R\n    arguments: { region: '${{ params.region }}', n: '${{ params.n }}', list: '${{ params.list }}' }\n";

fn plan(flags: &str, variables: &[(&str, &str)]) -> Program {
    let program = Program::sortie(&format!("plan m.yaml --format json {flags}"))
        .file("m.yaml", MANIFEST)
        .file("p.yaml", "region: amer\nn: 2\n")
        .file("p.json", r#"{"region": "a\u006der", "list": [1.0, "\ud83d\ude00"]}"#);
    variables.iter().fold(program, |program, (name, value)| program.env(name, value))
}

#[track_caller]
fn check(flags: &str, variables: &[(&str, &str)], expected: &str) {
    let ended = plan(flags, variables).run();
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{}", ended.shown());
    let body = &ended.json()["launches"][0]["body"]["startInfo"];
    assert_eq!(body["InputArguments"], expected, "{flags} {variables:?}");
}

#[test]
fn flags_rule_over_files_and_files_over_variables_and_those_over_defaults() {
    let variables = [("SORTIE_PARAM_REGION", "apac"), ("SORTIE_PARAM_n", "3"), ("SORTIE_PARAM_list", "[true]")];
    check("", &[], r#"{"region":"emea","n":1,"list":[]}"#);
    check("", &variables, r#"{"region":"apac","n":3,"list":[true]}"#);
    check("--params-file p.yaml", &variables, r#"{"region":"amer","n":2,"list":[true]}"#);
    check("--params-file p.json", &variables, r#"{"region":"amer","n":3,"list":[1.0,"😀"]}"#);
    check("--params-file p.yaml --param n=4", &variables, r#"{"region":"amer","n":4,"list":[true]}"#);
    check("--param list:=[null]", &[("SORTIE_PARAM_LIST", "")], r#"{"region":"emea","n":1,"list":[null]}"#);
}

#[track_caller]
fn told(program: Program, expected: Expect) {
    let ended = program.run();
    expected.assert_eq(&format!("exit {}\n{}", ended.code, ended.stderr));
}

#[test]
fn a_variable_that_does_not_fit_is_told() {
    told(
        plan("", &[("SORTIE_PARAM_REGOIN", "apac")]),
        expect![[r#"
        exit 0
        warning: SORTIE_PARAM_REGOIN is set, and this manifest declares no such param; did you mean SORTIE_PARAM_region?
    "#]],
    );
    told(
        plan("--quiet", &[("SORTIE_PARAM_REGOIN", "apac")]),
        expect![[r#"
        exit 0
    "#]],
    );
    told(
        plan("", &[("SORTIE_PARAM_REGION", "mars")]),
        expect![[r#"
        exit 3
        error[parameter]: the value given for param `region` is not one of its choices
         --> m.yaml:5:3
          |
        5 |   region: { type: string, enum: [emea, amer, apac], default: emea }
          |   ^^^^^^
          |
          = help: one of "emea", "amer", "apac"

        1 error
    "#]],
    );
    told(
        plan("", &[("SORTIE_PARAM_N", "many")]),
        expect![[r#"
            exit 3
            error[parameter]: the value given for param `n` does not fit: it must be an integer
             --> m.yaml:6:3
              |
            6 |   n: { type: integer, default: 1 }
              |   ^
              |
              = help: its type is declared here: give it as in `--param n=5`

            1 error
        "#]],
    );
}
