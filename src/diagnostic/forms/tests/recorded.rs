//! Each form, as it is written of a few findings.

use expect_test::{Expect, expect};

use super::{place, written};
use crate::diagnostic::forms::DiagnosticForm;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Sources;

fn usual() -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let bad = sources.add("m/bad.yaml", "a: 1\na: 2\nb:\n  c\n");
    let missing = sources.add("m/gone.yaml", "");
    let said = vec![
        Diagnostic::error(Code::DuplicateKey, place(bad, 5, 6), "the key `a` stands twice in one mapping")
            .label("again")
            .help("remove one: \"a\", or b")
            .related(place(bad, 0, 1), "first here"),
        Diagnostic::warning(Code::Number, place(bad, 11, 17), "hunter2-hunter2 is no number"),
        Diagnostic::note(Code::NotExpanded, place(bad, 0, 1), "not expanded: `region` has no value"),
        Diagnostic::error(Code::Unreadable, place(missing, 0, 0), "`m/gone.yaml` cannot be read"),
    ];
    (sources, said)
}

#[track_caller]
fn check(form: DiagnosticForm, expected: Expect) {
    let (sources, said) = usual();
    let texts = [("m/bad.yaml", &said[..3]), ("m/gone.yaml", &said[3..]), ("m/good.yaml", &[][..])];
    expected.assert_eq(&written(form, &sources, &texts));
}

#[test]
fn annotations_are_one_command_a_line() {
    check(
        DiagnosticForm::Github,
        expect![[r#"
        ::error file=m/bad.yaml,line=2,col=1,endLine=2,endColumn=2,title=duplicate-key::the key `a` stands twice in one mapping: again%0Ahelp: remove one: "a", or b%0Afirst here: m/bad.yaml, line 1
        ::warning file=m/bad.yaml,line=3,endLine=5,title=number::*** is no number
        ::notice file=m/bad.yaml,line=1,col=1,endLine=1,endColumn=2,title=not-expanded::not expanded: `region` has no value
        ::error file=m/gone.yaml,line=1,title=unreadable::`m/gone.yaml` cannot be read
    "#]],
    );
}

#[test]
fn a_junit_case_is_a_manifest() {
    check(
        DiagnosticForm::Junit,
        expect![[r#"
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="sortie validate" tests="3" failures="2" errors="0">
                <testsuite name="m/bad.yaml" tests="1" skipped="0" errors="0" failures="1">
                    <testcase name="m/bad.yaml" classname="sortie.validate" file="m/bad.yaml">
                        <failure message="2:1: the key `a` stands twice in one mapping: again" type="duplicate-key">error[duplicate-key]: the key `a` stands twice in one mapping
             --&gt; m/bad.yaml:2:1
              |
            2 | a: 2
              | ^ again
             ::: m/bad.yaml:1:1
              |
            1 | a: 1
              | - first here
              |
              = help: remove one: &quot;a&quot;, or b

            1 error
            </failure>
                        <system-out>warning[number]: *** is no number
             --&gt; m/bad.yaml:3:2
              |
            3 | b:
              |  ^

            note[not-expanded]: not expanded: `region` has no value
             --&gt; m/bad.yaml:1:1
              |
            1 | a: 1
              | ^

            1 warning, 1 note
            </system-out>
                    </testcase>
                </testsuite>
                <testsuite name="m/gone.yaml" tests="1" skipped="0" errors="0" failures="1">
                    <testcase name="m/gone.yaml" classname="sortie.validate" file="m/gone.yaml">
                        <failure message="`m/gone.yaml` cannot be read" type="unreadable">error[unreadable]: `m/gone.yaml` cannot be read
            --&gt; m/gone.yaml:1:1

            1 error
            </failure>
                    </testcase>
                </testsuite>
                <testsuite name="m/good.yaml" tests="1" skipped="0" errors="0" failures="0">
                    <testcase name="m/good.yaml" classname="sortie.validate" file="m/good.yaml"/>
                </testsuite>
            </testsuites>
        "#]],
    );
}

#[test]
fn an_issue_of_gitlab_has_a_line_and_a_fingerprint() {
    check(
        DiagnosticForm::Gitlab,
        expect![[r#"
        [
          {
            "description": "the key `a` stands twice in one mapping: again; help: remove one: \"a\", or b; first here: m/bad.yaml, line 1",
            "check_name": "duplicate-key",
            "fingerprint": "c9442306c480a82b18dc1ee2e5cded87",
            "severity": "major",
            "location": {
              "path": "m/bad.yaml",
              "lines": {
                "begin": 2,
                "end": 2
              }
            }
          },
          {
            "description": "*** is no number",
            "check_name": "number",
            "fingerprint": "24f8ced5a2012db79895e02c6506c961",
            "severity": "minor",
            "location": {
              "path": "m/bad.yaml",
              "lines": {
                "begin": 3,
                "end": 5
              }
            }
          },
          {
            "description": "not expanded: `region` has no value",
            "check_name": "not-expanded",
            "fingerprint": "110c2e803a09f8e100bf1161c54d1d61",
            "severity": "info",
            "location": {
              "path": "m/bad.yaml",
              "lines": {
                "begin": 1,
                "end": 1
              }
            }
          },
          {
            "description": "`m/gone.yaml` cannot be read",
            "check_name": "unreadable",
            "fingerprint": "375619231cf5e3e38115485450fad008",
            "severity": "major",
            "location": {
              "path": "m/gone.yaml",
              "lines": {
                "begin": 1,
                "end": 1
              }
            }
          }
        ]
    "#]],
    );
}

#[test]
fn a_result_of_sarif_has_a_rule_and_a_range() {
    let (sources, said) = usual();
    let text = written(DiagnosticForm::Sarif, &sources, &[("m/bad.yaml", &said[..3]), ("m/gone.yaml", &said[3..])]);
    let log: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules").clone();
    assert_eq!(rules.len(), Code::ALL.len());
    for (result, said) in log["runs"][0]["results"].as_array().expect("results").iter().zip(&said) {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("small");
        assert_eq!((&rules[index]["id"], &result["ruleId"]), (&said.code.as_str().into(), &said.code.as_str().into()));
    }
    let rule = rules.iter().find(|rule| rule["id"] == "duplicate-key").expect("a rule");
    expect![[r#"
        {
          "id": "duplicate-key",
          "shortDescription": {
            "text": "A key stands twice in one mapping."
          },
          "help": {
            "text": "Remove one of the two."
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(rule).expect("plain data"));
    let results = &log["runs"][0]["results"];
    expect![[r#"
        {
          "ruleId": "duplicate-key",
          "ruleIndex": 3,
          "level": "error",
          "message": {
            "text": "the key `a` stands twice in one mapping: again\nhelp: remove one: \"a\", or b"
          },
          "locations": [
            {
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "m/bad.yaml",
                  "uriBaseId": "%SRCROOT%"
                },
                "region": {
                  "startLine": 2,
                  "startColumn": 1,
                  "endLine": 2,
                  "endColumn": 2
                }
              }
            }
          ],
          "relatedLocations": [
            {
              "message": {
                "text": "first here"
              },
              "physicalLocation": {
                "artifactLocation": {
                  "uri": "m/bad.yaml",
                  "uriBaseId": "%SRCROOT%"
                },
                "region": {
                  "startLine": 1,
                  "startColumn": 1,
                  "endLine": 1,
                  "endColumn": 2
                }
              }
            }
          ],
          "partialFingerprints": {
            "sortie/v1": "c9442306c480a82b18dc1ee2e5cded87"
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&results[0]).expect("plain data"));
    // A file that could not be read has no range.
    let place = &results[3]["locations"][0]["physicalLocation"];
    assert_eq!(*place, serde_json::json!({ "artifactLocation": { "uri": "m/gone.yaml", "uriBaseId": "%SRCROOT%" } }));
}
