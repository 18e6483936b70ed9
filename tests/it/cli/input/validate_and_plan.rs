//! `sortie validate` and `sortie plan`: offline, all errors at once, and the same plan for the same inputs.

use expect_test::{Expect, expect};

use crate::cli::Program;

#[track_caller]
fn check(program: Program, expected: Expect) {
    expected.assert_eq(&program.run().shown());
}

#[test]
fn good_manifests_are_said_to_be_valid() {
    check(
        Program::sortie("validate specs/hello.yaml").samples(),
        expect![[r#"
        exit 0
        --- stdout
        specs/hello.yaml: valid
    "#]],
    );
    check(
        Program::sortie("validate").samples().file("compose.yaml", "services: {}\n"),
        expect![[r#"
            exit 0
            --- stdout
            note[not-expanded]: not expanded: `folder` has no value
              --> specs/seed.yaml:12:3
               |
            12 |   folder:
               |   ^^^^^^
               |
               = help: --param folder=.. gives it one; what uses it is checked then

            1 note
            25 of 25 valid; 3 other YAML files passed over
            `sortie explain not-expanded` says more.
        "#]],
    );
    check(
        Program::sortie("validate -q specs").samples(),
        expect![[r#"
        exit 0
    "#]],
    );
    let later =
        "version: 1\nname: m\nreports: [{ format: junit, path: a.xml }]\njobs:\n  a: { release: R, outputs: true }\n";
    check(
        Program::sortie("validate -").stdin(later),
        expect![[r#"
            exit 0
            --- stdout
            warning[no-folder]: job `a` has no folder: the profile's folder is used
             --> <stdin>:5:3
              |
            5 |   a: { release: R, outputs: true }
              |   ^
              |
              = help: write `folder:` in the manifest or in the job: then it is the same with every profile

            1 warning
            <stdin>: valid
            `sortie explain no-folder` says more.
        "#]],
    );
}

#[test]
fn every_error_of_every_file_is_told() {
    let program = |command: &str| {
        Program::sortie(command)
            .file("a.yaml", "version: 1\nname: a\njobs:\n  load: { relaese: R }\n")
            .file("b.yaml", "version: 1\nname: B\njobs:\n  load: { release: R, strategy: specific }\n")
    };
    check(
        program("validate"),
        expect![[r#"
            exit 3
            --- stdout
            error[unknown-key]: job `load` has no key `relaese`
             --> a.yaml:4:11
              |
            4 |   load: { relaese: R }
              |           ^^^^^^^
              |
              = help: did you mean `release`?

            error[wrong-form]: `name` must be a manifest's name: lower-case letters, digits, `.`, `_` and `-`, at most 64 characters
             --> b.yaml:2:7
              |
            2 | name: B
              |       ^
              |
              = help: write `b`

            error[not-one-of]: `strategy` must be `All`, `Specific`, `RobotCount`, `JobsCount` or `ModernJobsCount`
             --> b.yaml:4:33
              |
            4 |   load: { release: R, strategy: specific }
              |                                 ^^^^^^^^
              |
              = help: did you mean `Specific`?

            3 errors
            0 of 2 valid
            `sortie explain unknown-key` says more.
        "#]],
    );
    check(
        program("validate a.yaml --format json"),
        expect![[r#"
            exit 3
            --- stdout
            {
              "version": 1,
              "diagnostics": [
                {
                  "file": "a.yaml",
                  "line": 4,
                  "column": 11,
                  "end": {
                    "line": 4,
                    "column": 18
                  },
                  "code": "unknown-key",
                  "severity": "error",
                  "message": "job `load` has no key `relaese`",
                  "label": null,
                  "help": "did you mean `release`?",
                  "related": []
                }
              ]
            }
        "#]],
    );
    check(
        program("validate nowhere.yaml"),
        expect![[r#"
        exit 3
        --- stderr
        error: `nowhere.yaml` is not there
    "#]],
    );
}

#[test]
fn a_plan_shows_what_would_be_sent() {
    let seed = "plan specs/seed.yaml --param folder:=7 --logical-time 2026-01-31T00:00:00Z";
    for format in ["text", "json", "markdown", "curl"] {
        let folder = crate::cli::program::project().join("tests/it/cli/input/plan");
        let ended = Program::sortie(&format!("{seed} --format {format}")).samples().run();
        expect_test::expect_file![folder.join(format!("seed.{format}.txt"))].assert_eq(&ended.shown());
    }
}

#[test]
fn the_curl_command_of_the_seed_is_the_seeds() {
    let ended = Program::sortie("plan specs/seed.yaml --param folder:=7 --format curl").samples().run();
    for line in [
        "-H \"Authorization: Bearer $TOKEN\"",
        "-H 'Content-Type: application/json'",
        "-H 'X-UIPATH-OrganizationUnitId: 7'",
        "/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs",
        "\"ReleaseKey\":\"5b754c63-5d1a-4c37-bb9b-74b69e4934bf\",\"Strategy\":\"Specific\",\"RobotIds\":[1553]",
        r#""InputArguments":"{\"message\":\"Aloha\"}""#,
    ] {
        assert!(ended.stdout.contains(line), "{line}: {}", ended.stdout);
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let command = "plan specs/regions.yaml --logical-time 2026-01-31T12:00:00+01:00 --format json";
    let one = Program::sortie(command).samples().run();
    let other = Program::sortie(command).samples().env("TZ", "Asia/Tokyo").env("LANG", "de_DE.UTF-8").run();
    assert_eq!(one.stdout, other.stdout);
    assert_eq!(one.json()["inputs"]["time"], "2026-01-31T11:00:00Z");
}

#[test]
fn inputs_come_from_flags_files_and_allowed_variables() {
    let manifest = "version: 1\nname: m\nfolder: F\nparams:\n  n: { type: integer }\n  t: { type: string }\nenv: [BRANCH]\njobs:\n  a:\n    release: R\n    arguments: { n: '${{ params.n }}', t: '${{ params.t }}', b: '${{ env.BRANCH }}' }\n";
    let plan = |flags: &str, text: &str| {
        let program = Program::sortie(&format!("plan m.yaml --format json {flags}"))
            .file("m.yaml", manifest)
            .file("p.yaml", text);
        program.env("BRANCH", "main").env("OTHER", "x").run()
    };
    let arguments = |ended: crate::cli::program::Ended| {
        assert_eq!(ended.code, 0, "{}", ended.shown());
        assert!(!ended.stdout.contains("OTHER"));
        ended.json()["launches"][0]["body"]["startInfo"]["InputArguments"].as_str().unwrap().to_owned()
    };
    assert_eq!(arguments(plan("--param n=5 --param t=5", "{}")), r#"{"n":5,"t":"5","b":"main"}"#);
    assert_eq!(
        arguments(plan("--params-file p.yaml", "n: 9007199254740993\nt: '007'\n")),
        r#"{"n":9007199254740993,"t":"007","b":"main"}"#
    );
    assert_eq!(arguments(plan("--params-file p.yaml --param n:=6", "n: 5\nt: x\n")), r#"{"n":6,"t":"x","b":"main"}"#);
    expect![[r#"
        exit 3
        --- stderr
        error[duplicate-key]: the key `n` stands twice in one mapping
         --> p.yaml:2:1
          |
        2 | n: 2
          | ^ again here
         ::: p.yaml:1:1
          |
        1 | n: 1
          | - first here
          |
          = help: remove one of the two, or give it another name

        1 error
    "#]]
    .assert_eq(&plan("--params-file p.yaml", "n: 1\nn: 2\n").shown());
    expect![[r#"
        exit 3
        --- stderr
        error[wrong-type]: a params file is a mapping
         --> p.yaml:1:3
          |
        1 | - n
          |   ^
          |
          = help: write `name: value`, one parameter a line

        1 error
    "#]]
    .assert_eq(&plan("--params-file p.yaml", "- n\n").shown());
    expect![[r#"
        exit 3
        --- stderr
        error: --param n is given twice
    "#]]
    .assert_eq(&plan("--param n=1 --param n=2", "{}").shown());
    expect![[r#"
        exit 3
        --- stderr
        error[parameter]: the value given for param `n` does not fit: it must be an integer
         --> m.yaml:5:3
          |
        5 |   n: { type: integer }
          |   ^
          |
          = help: its type is declared here: give it as in `--param n=5`

        1 error
    "#]]
    .assert_eq(&plan("--param t=x --param n=many", "{}").shown());
    expect![[r#"
        exit 3
        --- stderr
        error: --logical-time is not a valid time
          help: write it as TIME, or with an offset
    "#]]
    .assert_eq(&plan("--param n=1 --param t=x --logical-time noon", "{}").shown());
}

#[test]
fn a_secret_among_the_inputs_is_refused_and_not_shown() {
    let manifest = "version: 1\nname: m\nfolder: F\njobs:\n  a: { release: R, arguments: { key: canary-4711 } }\n";
    let ended = Program::sortie("plan m.yaml").file("m.yaml", manifest).env("UIPATH_PAT", "canary-4711").run();
    assert!(!ended.shown().contains("4711"), "{}", ended.shown());
    expect![[r#"
        exit 3
        --- stderr
        error: the manifest holds the value of a secret, and the ledger keeps what a plan depends on
          help: take it out, and change the secret
    "#]]
    .assert_eq(&ended.shown());
}
