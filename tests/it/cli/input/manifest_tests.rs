//! `sortie test`: manifests held against the tests beside them.

use std::fs;
use std::path::Path;

use expect_test::{Expect, expect};

use crate::cli::Program;

mod refused;

const NIGHT: &str = "\
version: 1
name: night
folder: Finance
env: [BRANCH]
params: { region: { type: string, enum: [emea, apac], default: emea } }
jobs:
  load:
    release: Loader
    if: ${{ row.n > 0 }}
    arguments: { id: '${{ row.id }}', region: '${{ params.region }}', branch: '${{ env.BRANCH | default(\"none\") }}', at: '${{ run.time }}' }
    for-each: { csv: rows.csv, key: id, columns: { n: integer } }
  close: { release: Closer, robots: [1, 2], stop: { after: 1h } }
";

fn tested(arguments: &str, tests: &str) -> Program {
    Program::sortie(arguments)
        .file("night.yaml", NIGHT)
        .file("rows.csv", "id,n\nA,1\nB,0\nC,2\n")
        .file("night.test.yaml", &format!("version: 1\ntests:\n{tests}"))
}

#[track_caller]
fn check(arguments: &str, tests: &str, expected: Expect) {
    expected.assert_eq(&tested(arguments, tests).run().shown());
}

const GOOD: &str = "  - name: all of it
    params: { region: apac }
    env: { BRANCH: main }
    time: 2026-01-31T22:30:00Z
    expect:
      launches: 3
      jobs: { load: 2, close: 1 }
      skipped: [load/B]
      diagnostics: []
      bodies:
        load/A: { arguments: { id: A, region: apac, branch: main, at: '2026-01-31T22:30:00Z' }, release: Loader, folder: Finance }
        load/C: { InputArguments: { id: C }, ReleaseName: Loader }
        close: { robots: [1, 2], strategy: Specific }
  - name: other rows
    rows: { load: [{ id: X, n: 1 }] }
    expect: { bodies: { load/X: { arguments: { branch: none } } } }
  - name: an unknown region is refused where it is declared
    params: { region: amer }
    expect: { diagnostics: [{ code: parameter, at: 5 }] }
";

#[test]
fn what_is_as_expected_passes_whatever_this_machine_is_like() {
    let ended = tested("test", GOOD).env("BRANCH", "other").env("SORTIE_PARAM_region", "emea").run();
    expect![[r#"
        exit 0
        --- stdout
        ok    night.test.yaml: all of it
        ok    night.test.yaml: other rows
        ok    night.test.yaml: an unknown region is refused where it is declared
        3 tests passed
    "#]]
    .assert_eq(&ended.shown());
    check(
        "test night.yaml -q",
        GOOD,
        expect![[r#"
        exit 0
    "#]],
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "most of them are what people read")]
fn what_is_not_as_expected_is_shown_with_the_difference_at_its_place() {
    check(
        "test night.test.yaml",
        "  - name: counts
    expect:
      launches: 9
      jobs: { load: 1, clsoe: 1 }
      skipped: [load/A]
  - name: bodies
    expect:
      bodies:
        load/A: { arguments: { id: B, more: 1 }, priority: High }
        load/B: { release: Loader }
        load/D: {}
        close: { robots: [1], stop: 3 }
  - name: diagnostics
    params: { region: amer }
    expect: { launches: 1 }
  - name: others
    params: { region: amer }
    expect: { diagnostics: [{ code: parameter, at: 99 }] }
",
        expect![[r#"
            exit 20
            --- stdout
            FAIL  night.test.yaml: counts
            error[test-failed]: 3 launches are planned, not 9
             --> night.test.yaml:5:17
              |
            5 |       launches: 9
              |                 ^ it is 3
              |
              = help: by job: close 1, load 2

            error[test-failed]: there is no job `clsoe`
             --> night.test.yaml:6:31
              |
            6 |       jobs: { load: 1, clsoe: 1 }
              |                               ^
              |
              = help: did you mean `close`?

            error[test-failed]: 2 launches of `load` are planned, not 1
             --> night.test.yaml:6:21
              |
            6 |       jobs: { load: 1, clsoe: 1 }
              |                     ^ it is 2

            error[test-failed]: not skipped: `load/A`
             --> night.test.yaml:7:16
              |
            7 |       skipped: [load/A]
              |                ^^^^^^^^

            error[test-failed]: skipped, too: `load/B`
             --> night.test.yaml:7:16
              |
            7 |       skipped: [load/A]
              |                ^^^^^^^^

            5 errors

            FAIL  night.test.yaml: bodies
            error[test-failed]: `close`: `robots` has 2 items, not 1
              --> night.test.yaml:14:26
               |
            14 |         close: { robots: [1], stop: 3 }
               |                          ^^^ it is `[1,2]`

            error[test-failed]: `close` has no `stop`
              --> night.test.yaml:14:37
               |
            14 |         close: { robots: [1], stop: 3 }
               |                                     ^ expected `3`

            error[test-failed]: `load/A`: `arguments.id` is `"A"`, not `"B"`
              --> night.test.yaml:11:36
               |
            11 |         load/A: { arguments: { id: B, more: 1 }, priority: High }
               |                                    ^ it is `"A"`

            error[test-failed]: `load/A` has no `arguments.more`
              --> night.test.yaml:11:45
               |
            11 |         load/A: { arguments: { id: B, more: 1 }, priority: High }
               |                                             ^ expected `1`

            error[test-failed]: `load/A` has no `priority`
              --> night.test.yaml:11:60
               |
            11 |         load/A: { arguments: { id: B, more: 1 }, priority: High }
               |                                                            ^^^^ expected `"High"`

            error[test-failed]: `load/B` is skipped: `if` does not hold: ${{ row.n > 0 }}
              --> night.test.yaml:12:17
               |
            12 |         load/B: { release: Loader }
               |                 ^^^^^^^^^^^^^^^^^^^

            error[test-failed]: there is no launch `load/D`
              --> night.test.yaml:13:17
               |
            13 |         load/D: {}
               |                 ^^
               |
               = help: did you mean `load/A`?

            7 errors

            FAIL  night.test.yaml: diagnostics
            error[test-failed]: this test does not expect 1 diagnostic of the manifest
              --> night.test.yaml:15:11
               |
            15 |   - name: diagnostics
               |           ^^^^^^^^^^^

            error[parameter]: the value given for param `region` is not one of its choices
             --> night.yaml:5:11
              |
            5 | params: { region: { type: string, enum: [emea, apac], default: emea } }
              |           ^^^^^^
              |
              = help: one of "emea", "apac"

            error[test-failed]: the manifest has no plan here, so nothing of its launches holds
              --> night.test.yaml:17:13
               |
            17 |     expect: { launches: 1 }
               |             ^^^^^^^^^^^^^^^

            3 errors

            FAIL  night.test.yaml: others
            error[test-failed]: `parameter at 99` is not said
              --> night.test.yaml:20:29
               |
            20 |     expect: { diagnostics: [{ code: parameter, at: 99 }] }
               |                             ^^^^^^^^^^^^^^^^^^^^^^^^^^^
               |
               = help: `parameter` is said at 5:11

            error[test-failed]: this test does not expect 1 diagnostic of the manifest
              --> night.test.yaml:20:28
               |
            20 |     expect: { diagnostics: [{ code: parameter, at: 99 }] }
               |                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

            error[parameter]: the value given for param `region` is not one of its choices
             --> night.yaml:5:11
              |
            5 | params: { region: { type: string, enum: [emea, apac], default: emea } }
              |           ^^^^^^
              |
              = help: one of "emea", "apac"

            3 errors

            4 tests: 0 passed, 4 failed
        "#]],
    );
}

#[test]
fn programs_and_build_servers_read_what_came_of_each_test() {
    let failing = "  - name: <one>\n    expect: { launches: 3 }\n  - name: two\n    expect: { launches: 4 }\n";
    let ended = tested("test --format json", failing).run();
    assert_eq!(ended.code, 20, "{}", ended.shown());
    let shown: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(shown["totals"], serde_json::json!({ "tests": 2, "failed": 1, "invalid": 0, "untested": 0 }));
    assert_eq!((&shown["tests"][0]["state"], &shown["tests"][1]["state"]), (&"passed".into(), &"failed".into()));
    let failure = &shown["tests"][1]["failures"][0];
    assert_eq!((&failure["code"], &failure["line"]), (&"test-failed".into(), &6.into()), "{shown}");
    let ended = tested("test --format junit", failing).run();
    assert!(
        ended.stdout.contains("name=\"&lt;one&gt;\"") && ended.stdout.contains("3 launches are planned, not 4"),
        "{}",
        ended.stdout
    );
}

#[test]
fn the_sample_passes_and_folders_of_manifests_do_not_trip_over_its_tests() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs/tested");
    let mut program = Program::sortie("test");
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        program = program.file(path.file_name().unwrap().to_str().unwrap(), &fs::read_to_string(&path).unwrap());
    }
    let ended = program.run();
    assert!(ended.code == 0 && ended.stdout.ends_with("3 tests passed\n"), "{}", ended.shown());
    let validated = tested("validate .", GOOD).run();
    assert!(validated.code == 0 && !validated.shown().contains("test.yaml"), "{}", validated.shown());
}

#[test]
fn the_published_schema_of_tests_is_generated_from_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/sortie-tests.schema.json");
    let text = serde_json::to_string_pretty(&sortie::manifest_test::schema()).unwrap() + "\n";
    expect_test::expect_file![path].assert_eq(&text);
    assert!(text.len() > 1000 && sortie::schema::TESTS_TEXT.contains("manifest-tests"), "{text}");
}

#[test]
fn numbers_are_compared_by_their_decimal_value_and_text_is_no_number() {
    let sent = "big: 12345678901234567, deep: [18446744073709551615], half: 1.50, whole: 3, text: '3'";
    let manifest = format!(
        "version: 1\nname: night\nfolder: S\njobs:\n  load: {{ release: Loader, arguments: {{ {sent} }} }}\n  in-text: {{ release: Loader, arguments: {{ o: '${{{{ {{\"n\": [12345678901234567]}} }}}}' }} }}\n"
    );
    for (id, expected, is_same) in [
        ("load", "big: 12345678901234567", true),
        ("load", "big: 12345678901234568", false),
        ("load", "big: 12345678901234568.0", false),
        ("load", "deep: [18446744073709551615]", true),
        ("load", "deep: [18446744073709551614]", false),
        ("load", "half: 1.5", true),
        ("load", "half: 1.51", false),
        ("load", "whole: 3.0", true),
        ("load", "whole: 3e0", true),
        ("load", "whole: -3", false),
        ("load", "whole: '3'", false),
        ("load", "text: 3", false),
        ("in-text", "o: { n: [12345678901234567] }", true),
        ("in-text", "o: { n: [12345678901234568] }", false),
    ] {
        let tests = format!(
            "version: 1\ntests:\n  - name: t\n    expect: {{ bodies: {{ {id}: {{ arguments: {{ {expected} }} }} }} }}\n"
        );
        let ended = Program::sortie("test").file("night.yaml", &manifest).file("night.test.yaml", &tests).run();
        let has_failed = ended.shown().starts_with("exit 20\n");
        assert_eq!(!has_failed, is_same, "{expected}: {}", ended.shown());
    }
}
