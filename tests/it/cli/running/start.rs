//! `sortie start`: one launch from flags, by the same stages as a manifest.

use expect_test::{Expect, expect};

use crate::cli::Program;

const ALL: &str = "start Greeter --folder Shared --robot ETL-01 --robot 7 --count 2 --runtime Unattended --priority High \
                   --arg message=Aloha --arg times:=3";

#[track_caller]
fn check(program: Program, expected: Expect) {
    expected.assert_eq(&program.run().shown());
}

#[test]
fn one_launch_is_started() {
    check(
        Program::sortie("start Ping --folder Shared --sandbox"),
        expect![[r#"
            exit 0
            --- stdout
            1 launch of start-ping
              run      RUN with profile sandbox
              time     TIME to TIME (SPAN)

            Started (1)
                start  robot job 160856

            Result
              verdicts 1 started
              exit     0: success
        "#]],
    );
    let run = Program::sortie(&format!("{ALL} --sandbox --format json --report json=r.json")).run();
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{}", run.shown());
    let launch = &run.json()["launches"][0];
    assert_eq!(launch["arguments"], serde_json::json!({ "message": "Aloha", "times": 3 }));
    assert_eq!(launch["robot-jobs"].as_array().map(Vec::len), Some(2));
    assert!(run.folder.path().join("r.json").is_file());
}

#[test]
fn what_is_printed_is_a_manifest_that_means_the_same() {
    let printed = Program::sortie(&format!("{ALL} --print")).run();
    assert_eq!((printed.code, printed.stderr.as_str()), (0, ""));
    expect![[r#"
        # yaml-language-server: $schema=https://raw.githubusercontent.com/sortie-rs/sortie/main/schema/sortie.schema.json
        version: 1
        name: start-greeter
        folder: Shared
        jobs:
          start:
            release: Greeter
            strategy: ModernJobsCount
            count: 2
            robots: [ETL-01, 7]
            runtime: Unattended
            priority: High
            arguments:
              message: Aloha
              times: 3
    "#]].assert_eq(&printed.stdout);
    let time = "--logical-time 2026-01-31T00:00:00Z --format json";
    let of_manifest = Program::sortie(&format!("plan m.yaml {time}")).file("m.yaml", &printed.stdout).run();
    let of_flags = Program::sortie(&format!("{ALL} --dry-run --format json")).run();
    assert_eq!(of_manifest.json()["digest"], of_flags.json()["digest"]);
    let ran = Program::sortie("run m.yaml --sandbox").file("m.yaml", &printed.stdout).run();
    assert_eq!(ran.code, 0, "{}", ran.shown());
}

#[test]
fn mistakes_are_told_as_those_of_a_manifest() {
    check(
        Program::sortie("start Ping")
            .env("UIPATH_URL", "https://x.example/o/t")
            .env("UIPATH_ACCESS_TOKEN", "token-of-a-test"),
        expect![[r#"
            exit 3
            --- stderr
            error[no-folder]: the launch has no folder
             --> <start>:5:3
              |
            5 |   start:
              |   ^^^^^
              |
              = help: pass --folder FOLDER (a path, a number or a GUID), or set the profile's `folder`

            1 error
        "#]],
    );
    check(
        Program::sortie("start Ping --folder F --count 0 --runtime Unatended --priority 101 --print"),
        expect![[r#"
            exit 3
            --- stderr
            error[out-of-range]: `count` must be between 1 and 10000
             --> <start>:8:12
              |
            8 |     count: 0
              |            ^

            error[not-one-of]: `runtime` does not have this value
             --> <start>:9:14
              |
            9 |     runtime: Unatended
              |              ^^^^^^^^^
              |
              = help: did you mean `Unattended`?

            error[out-of-range]: `priority` must be between 1 and 100
              --> <start>:10:15
               |
            10 |     priority: 101
               |               ^^^

            3 errors
        "#]],
    );
}

#[test]
fn arguments_that_cannot_be_read_are_told() {
    check(
        Program::sortie("start Ping --folder F --arg a=1 --arg a=2"),
        expect![[r#"
        exit 3
        --- stderr
        error: --arg a is given twice
    "#]],
    );
    check(
        Program::sortie("start Ping --folder F --arg a:=x"),
        expect![[r#"
            exit 3
            --- stderr
            error: invalid value 'a:=x' for '--arg <NAME=TEXT|NAME:=JSON>': what stands after `:=` is not JSON (column 1)

              help: `sortie start --help` shows what can be written
        "#]],
    );
    check(
        Program::sortie("start Ping --folder F --arg a:=99999999999999999999 --print"),
        expect![[r#"
        exit 3
        --- stderr
        error[number]: the number lies outside 64 bits and would have to be rounded
         --> <start>:9:10
          |
        9 |       a: 99999999999999999999
          |          ^^^^^^^^^^^^^^^^^^^^
          |
          = help: if it is an identifier, quote it: `"99999999999999999999"`

        1 error
    "#]],
    );
    check(
        Program::sortie("start Ping --folder F --wait"),
        expect![[r#"
            exit 3
            --- stderr
            error: nothing says where to connect
              help: set UIPATH_URL and UIPATH_ACCESS_TOKEN, or write `FOLDER/home/.config/sortie/config.yaml`, or try `--sandbox`
        "#]],
    );
    check(
        Program::sortie("start"),
        expect![[r#"
            exit 3
            --- stderr
            error: the following required arguments were not provided:
              <RELEASE>

            Usage: sortie start <RELEASE>

              help: `sortie start --help` shows what can be written
        "#]],
    );
    check(
        Program::sortie("start Ping --folder F --arg key=canary-4711").env("UIPATH_PAT", "canary-4711"),
        expect![[r#"
            exit 3
            --- stderr
            error: an argument holds the value of a secret: the command line can be read by everyone on the machine
              help: put it into an environment variable or a file with mode 0600; profiles read both
        "#]],
    );
}
