//! What the program says about itself, and about a slip of the pen.

use expect_test::{Expect, expect, expect_file};

use super::Program;

#[track_caller]
fn check(arguments: &str, code: i32, expected: &str) {
    let ended = Program::sortie(arguments).run();
    assert_eq!(ended.code, code, "{}", ended.shown());
    let folder = super::program::project().join("tests/it/cli/help");
    expect_file![folder.join(expected)].assert_eq(&ended.shown());
}

#[test]
fn sortie_alone_shows_what_to_do_next() {
    check("", 0, "alone.txt");
}

#[test]
fn each_verb_teaches_in_its_help() {
    let verbs = [
        "",
        "validate",
        "plan",
        "diff",
        "test",
        "run",
        "start",
        "resume",
        "reconcile",
        "rerun",
        "cancel",
        "pause",
        "continue",
        "set",
        "runs",
        "runs export",
        "runs import",
        "runs prune",
        "report",
        "rows",
        "board",
        "ledger",
        "ledger migrate",
        "init",
        "import",
        "explain",
        "sandbox",
        "schema",
        "completions",
        "man",
        "help",
        "version",
    ];
    for verb in verbs {
        let name = if verb.is_empty() { "sortie" } else { verb };
        check(&format!("{verb} --help"), 0, &format!("{}.txt", name.replace(' ', "-")));
        let shown = Program::sortie(&format!("{verb} --help")).env("COLUMNS", "80").run().stdout;
        let long: Vec<&str> = shown.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(long.is_empty(), "{verb}: {long:#?}");
    }
}

#[test]
fn the_version_is_the_packages() {
    let ended = Program::sortie("--version").run();
    assert_eq!(ended.code, 0);
    assert!(ended.stdout.starts_with(concat!("sortie ", env!("CARGO_PKG_VERSION"), " (")), "{}", ended.stdout);
}

#[track_caller]
fn refused(arguments: &str, expected: Expect) {
    let ended = Program::sortie(arguments).run();
    assert!(ended.stdout.is_empty(), "{}", ended.shown());
    expected.assert_eq(&ended.shown());
}

#[test]
fn usage_errors_exit_3_and_say_what_to_type() {
    let check = refused;
    check(
        "rnu a.yaml",
        expect![[r#"
            exit 3
            --- stderr
            error: unrecognized subcommand 'rnu'

            Usage: sortie [OPTIONS] [COMMAND]

              help: `sortie --help` shows what can be written
        "#]],
    );
    check(
        "run",
        expect![[r#"
            exit 3
            --- stderr
            error: the following required arguments were not provided:
              <PATH>...

            Usage: sortie run <PATH>...

              help: `sortie run --help` shows what can be written
        "#]],
    );
    check(
        "run a.yaml --concurency 4",
        expect![[r#"
            exit 3
            --- stderr
            error: unexpected argument '--concurency' found

              help: a similar argument exists: '--concurrency'

            Usage: sortie run --concurrency <N> <PATH>...
        "#]],
    );
    check(
        "run a.yaml --burst 0",
        expect![[r#"
            exit 3
            --- stderr
            error: invalid value '0' for '--burst <N>': 0 is not from 1 to 10000

              help: `sortie run --help` shows what can be written
        "#]],
    );
    check(
        "run a.yaml --param 1x=5",
        expect![[r#"
            exit 3
            --- stderr
            error: invalid value '1x=5' for '--param <NAME=TEXT|NAME:=JSON>': a parameter's name is letters, digits and `_`, and does not begin with a digit

              help: `sortie run --help` shows what can be written
        "#]],
    );
    check(
        "run a.yaml --world w.yaml",
        expect![[r#"
            exit 3
            --- stderr
            error: the following required arguments were not provided:
              --sandbox

            Usage: sortie run --sandbox --world <FILE> <PATH>...

              help: `sortie run --help` shows what can be written
        "#]],
    );
    check(
        "cancel 0eaa",
        expect![[r#"
            exit 3
            --- stderr
            error: there is no ledger at `FOLDER/home/.local/state/sortie/ledger.db`, so no run is known
              help: name it with --ledger or SORTIE_LEDGER; runs with `--sandbox` are kept apart: add `--sandbox` here, too
        "#]],
    );
    check(
        "run a.yaml --token abc",
        expect![[r#"
        exit 3
        --- stderr
        error: there is no `--token`: a secret on the command line can be read by everyone on the machine
          help: put it into UIPATH_ACCESS_TOKEN or UIPATH_CLIENT_SECRET, or name its source in a profile
    "#]],
    );
    check(
        "plan a.yaml --format yaml",
        expect![[r#"
            exit 3
            --- stderr
            error: invalid value 'yaml' for '--format <FORMAT>'
              [possible values: text, json, markdown, curl]

              help: `sortie plan --help` shows what can be written
        "#]],
    );
}
