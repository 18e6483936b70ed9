//! Each form, of findings as they come and of hostile ones.

mod recorded;

use expect_test::expect;

use super::DiagnosticForm;
use crate::diagnostic::{CheckedText, Code, Diagnostic, Findings};
use crate::secret::{Redactor, Secret};
use crate::source::{Place, SourceId, Sources, Span};

/// Every text that could do harm somewhere, in one.
const HOSTILE: &str =
    "a]]>b<script>x</script>\u{1b}[31m\u{202e}%0A::error::c\r\n::error::d##vso[e] [f](https://g) &\u{fffe}\u{0}=cmd|h";

fn written(form: DiagnosticForm, sources: &Sources, texts: &[(&str, &[Diagnostic])]) -> String {
    let texts: Vec<CheckedText> =
        texts.iter().map(|(name, said)| CheckedText { name, said: said.iter().collect() }).collect();
    let redactor = Redactor::default();
    redactor.learn(&Secret::new("hunter2-hunter2".to_owned()));
    form.write(&Findings { texts: &texts, sources, redactor: &redactor, path: &|name| name.to_owned() })
}

fn place(source: SourceId, start: usize, end: usize) -> Place {
    Place { source, span: Span::new(start, end) }
}

#[test]
fn nothing_found_is_a_whole_and_empty_result() {
    let sources = Sources::default();
    let of = |form| written(form, &sources, &[("good.yaml", &[])]);
    assert_eq!(of(DiagnosticForm::Github), "");
    assert_eq!(of(DiagnosticForm::Gitlab), "[]\n");
    let log: serde_json::Value = serde_json::from_str(&of(DiagnosticForm::Sarif)).expect("JSON");
    assert_eq!(log["runs"][0]["results"], serde_json::json!([]));
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="sortie validate" tests="1" failures="0" errors="0">
            <testsuite name="good.yaml" tests="1" skipped="0" errors="0" failures="0">
                <testcase name="good.yaml" classname="sortie.validate" file="good.yaml"/>
            </testsuite>
        </testsuites>
    "#]]
    .assert_eq(&of(DiagnosticForm::Junit));
}

#[test]
fn hostile_words_are_inert_in_every_form() {
    let mut sources = Sources::default();
    let source = sources.add(HOSTILE, format!("{HOSTILE}\n"));
    let said = [
        Diagnostic::error(Code::UnknownKey, place(source, 0, 3), HOSTILE)
            .label(HOSTILE)
            .help(HOSTILE)
            .related(place(source, 4, 5), HOSTILE),
        Diagnostic::warning(Code::Tag, place(source, 0, 3), HOSTILE),
    ];
    for form in DiagnosticForm::ALL {
        let text = written(form, &sources, &[(HOSTILE, &said)]);
        let has = |part: &str| text.contains(part);
        for raw in ["\u{1b}", "\u{202e}", "\u{0}", "\r", "##vso["] {
            assert!(!has(raw), "{form:?} holds {raw:?}: {text}");
        }
        for line in text.lines() {
            let own = match form {
                DiagnosticForm::Github => ["::error file=", "::warning file="].as_slice(),
                // The arrow of a further place: no command has such a name.
                DiagnosticForm::Junit => &[" ::: "],
                DiagnosticForm::Sarif | DiagnosticForm::Gitlab => &[],
            };
            let is_ours = own.iter().any(|own| line.starts_with(own));
            assert!(!line.trim_start().starts_with("::") || is_ours, "{form:?}: {line}");
        }
        match form {
            DiagnosticForm::Github => {
                assert_eq!(text.lines().count(), 2, "{text}");
                let (properties, message) = text["::error ".len()..].split_once("::").expect("a message");
                assert_eq!(properties.split(',').count(), 6, "{properties}");
                assert!(
                    message.starts_with("a]]>b") && !message.contains("%0A::") && message.contains("%250A"),
                    "{message}"
                );
            }
            DiagnosticForm::Sarif => {
                let log: serde_json::Value = serde_json::from_str(&text).expect("JSON");
                let result = &log["runs"][0]["results"][0];
                assert!(!result["message"]["text"].as_str().expect("text").contains("[f]("), "{result}");
                let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().expect("text");
                assert!(uri.starts_with("a%5D%5D%3Eb%3Cscript%3Ex%3C/script%3E%1B%5B31m%E2%80%AE"), "{uri}");
            }
            DiagnosticForm::Junit => {
                assert!(!has("]]>") && !has("<script>") && !has("\u{fffe}"), "{text}");
                let report = quick_junit::Report::deserialize_from_str(&text).expect("a JUnit report");
                let case = &report.test_suites[0].test_cases[0];
                assert!(case.name.as_str().starts_with("a]]>b<script>x</script>\\u{1b}[31m\\u{202e}"), "{case:?}");
            }
            DiagnosticForm::Gitlab => {
                let issues: serde_json::Value = serde_json::from_str(&text).expect("JSON");
                assert_eq!(issues.as_array().map(Vec::len), Some(2));
            }
        }
    }
}

#[test]
fn a_secret_is_masked_in_every_form() {
    let mut sources = Sources::default();
    let secret = "hunter2-hunter2";
    let source = sources.add(format!("m/{secret}.yaml"), format!("a: {secret}\n"));
    let said = [
        Diagnostic::error(Code::UnknownKey, place(source, 3, 5), format!("`{secret}` is wrong"))
            .label(secret)
            .help(secret)
            .related(place(source, 0, 1), secret),
        Diagnostic::note(Code::NotExpanded, place(source, 3, 5), secret),
    ];
    for form in DiagnosticForm::ALL {
        let text = written(form, &sources, &[(secret, &said)]);
        assert!(!text.contains("hunter2") && text.contains("***") || text.contains("%2A%2A%2A"), "{form:?}: {text}");
    }
}

#[test]
fn a_fingerprint_stays_where_lines_move_and_tells_equals_apart() {
    let fingerprints = |before: &str| -> Vec<String> {
        let mut sources = Sources::default();
        let source = sources.add("m.yaml", format!("{before}a: 1\nb: 2\n"));
        let at = before.len();
        let found =
            |start: usize| Diagnostic::error(Code::Number, place(source, at + start, at + start + 1), "no number");
        let more = |count| Diagnostic {
            what: format!("and {count} more"),
            ..Diagnostic::error(Code::More, place(source, 0, 1), "")
        };
        let said = [found(0), found(5), more(before.len())];
        let issues = written(DiagnosticForm::Gitlab, &sources, &[("m.yaml", &said)]);
        let issues: serde_json::Value = serde_json::from_str(&issues).expect("JSON");
        let texts = issues.as_array().expect("a list").iter().map(|issue| issue["fingerprint"].as_str().expect("text"));
        texts.map(str::to_owned).collect()
    };
    let (one, moved) = (fingerprints(""), fingerprints("# moved\n\n"));
    assert_eq!(one, moved);
    assert!(one[0] != one[1] && one[0].len() == 32, "{one:?}");
}
