//! Test files that are no good, and what has no tests or no manifest.

use expect_test::expect;

use super::{GOOD, NIGHT, tested};
use crate::cli::Program;

#[test]
#[expect(clippy::too_many_lines, reason = "most of them are what people read")]
fn a_file_that_is_no_good_is_told_as_a_manifest_is() {
    for (tests, expected) in [
        (
            "  []\n",
            expect![[r#"
            exit 3
            --- stdout
            FAIL  night.test.yaml: the file
            error[out-of-range]: `tests` must not be empty
             --> night.test.yaml:3:3
              |
            3 |   []
              |   ^^

            1 error

            no test was run; 1 test file not valid
        "#]],
        ),
        (
            "  - name: a\n    expect: {}\n",
            expect![[r#"
            exit 3
            --- stdout
            FAIL  night.test.yaml: the file
            error[out-of-range]: `expect` must not be empty
             --> night.test.yaml:4:13
              |
            4 |     expect: {}
              |             ^^

            1 error

            no test was run; 1 test file not valid
        "#]],
        ),
        (
            "  - name: a\n    expects: { launches: 1 }\n",
            expect![[r#"
            exit 3
            --- stdout
            FAIL  night.test.yaml: the file
            error[unknown-key]: item 1 of `tests` has no key `expects`
             --> night.test.yaml:4:5
              |
            4 |     expects: { launches: 1 }
              |     ^^^^^^^
              |
              = help: did you mean `expect`?

            1 error

            no test was run; 1 test file not valid
        "#]],
        ),
        (
            "  - name: a\n    expect: { launches: 3 }\n  - name: a\n    expect: { diagnostics: [{ code: parametre }] }\n",
            expect![[r#"
                exit 3
                --- stdout
                FAIL  night.test.yaml: the file
                error[conflict]: two tests are called `a`
                 --> night.test.yaml:5:11
                  |
                5 |   - name: a
                  |           ^
                  |
                  = help: give each a name of its own

                error[unknown-name]: there is no diagnostic `parametre`
                 --> night.test.yaml:6:37
                  |
                6 |     expect: { diagnostics: [{ code: parametre }] }
                  |                                     ^^^^^^^^^
                  |
                  = help: did you mean `parameter`?

                2 errors

                no test was run; 1 test file not valid
            "#]],
        ),
        (
            "  - name: a\n    expect: { launches: many, bodies: {} }\n",
            expect![[r#"
                exit 3
                --- stdout
                FAIL  night.test.yaml: the file
                error[wrong-type]: `launches` must be a whole number, and this is text
                 --> night.test.yaml:4:25
                  |
                4 |     expect: { launches: many, bodies: {} }
                  |                         ^^^^
                  |
                  = help: write digits, without quotes

                error[out-of-range]: `bodies` must not be empty
                 --> night.test.yaml:4:39
                  |
                4 |     expect: { launches: many, bodies: {} }
                  |                                       ^^

                2 errors

                no test was run; 1 test file not valid
            "#]],
        ),
        (
            "  - name: a\n    time: today\n    env: { HOME: x }\n    rows: { load: nowhere.csv }\n    expect: { launches: 3 }\n",
            expect![[r#"
                exit 20
                --- stdout
                FAIL  night.test.yaml: a
                error[test-failed]: this test does not expect 3 diagnostics of the manifest
                 --> night.test.yaml:3:11
                  |
                3 |   - name: a
                  |           ^

                error[wrong-form]: `time` is not a time with a zone
                 --> night.test.yaml:4:11
                  |
                4 |     time: today
                  |           ^^^^^
                  |
                  = help: write it as `TIME`

                error[unknown-name]: the manifest does not list `HOME` under `env`
                 --> night.test.yaml:5:18
                  |
                5 |     env: { HOME: x }
                  |                  ^
                  |
                  = help: leave it out: nothing can read it

                error[data-file]: `nowhere.csv` is not there
                 --> night.test.yaml:6:19
                  |
                6 |     rows: { load: nowhere.csv }
                  |                   ^^^^^^^^^^^

                error[test-failed]: the manifest has no plan here, so nothing of its launches holds
                 --> night.test.yaml:7:13
                  |
                7 |     expect: { launches: 3 }
                  |             ^^^^^^^^^^^^^^^

                5 errors

                1 test: 0 passed, 1 failed
            "#]],
        ),
    ] {
        expected.assert_eq(&tested("test", tests).run().shown());
    }
}

#[test]
fn what_has_no_tests_or_no_manifest_is_said() {
    let alone = |arguments: &str| Program::sortie(arguments).file("night.yaml", NIGHT);
    expect![[r#"
        exit 3
        --- stderr
        error: there are no tests here
          help: tests of `night.yaml` are in `night.test.yaml` beside it; `sortie help manifest-tests` shows how
    "#]]
    .assert_eq(&alone("test").run().shown());
    expect![[r#"
        exit 3
        --- stderr
        error: `night.yaml` has no tests
          help: write `night.test.yaml` beside it; `sortie help manifest-tests` shows how
    "#]]
    .assert_eq(&alone("test night.yaml").run().shown());
    expect![[r#"
        exit 3
        --- stderr
        error: `nothing.yaml` is not there
    "#]]
    .assert_eq(&alone("test nothing.yaml").run().shown());
    let orphan = "version: 1\ntests:\n  - name: a\n    expect: { launches: 1 }\n";
    expect![[r#"
        exit 3
        --- stdout
        FAIL  gone.test.yaml: the file
        error[unreadable]: `gone.yaml` is not there
         --> gone.test.yaml:1:1
          |
        1 | version: 1
          | ^^^^^^^
          |
          = help: tests of `night.yaml` are in `night.test.yaml` beside it; `manifest` names another one

        1 error

        no test was run; 1 test file not valid
    "#]]
    .assert_eq(&Program::sortie("test").file("gone.test.yaml", orphan).run().shown());
    let outside = format!("manifest: ../night.yaml\n{orphan}");
    expect![[r#"
        exit 3
        --- stdout
        FAIL  deep/x.test.yaml: the file
        error[data-file]: a manifest lies beside its tests or below
         --> deep/x.test.yaml:1:11
          |
        1 | manifest: ../night.yaml
          |           ^^^^^^^^^^^^^
          |
          = help: put the tests beside the manifest

        1 error

        no test was run; 1 test file not valid; 1 manifest has no tests (night.yaml)
    "#]]
    .assert_eq(&alone("test").file("deep/x.test.yaml", &outside).run().shown());
    let more = tested("test", GOOD).file("morning.yaml", &NIGHT.replace("night", "morning")).run();
    assert_eq!(more.code, 0, "{}", more.shown());
    assert!(more.stdout.ends_with("3 tests passed; 1 manifest has no tests (morning.yaml)\n"), "{}", more.stdout);
}
