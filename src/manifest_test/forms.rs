//! What came of tests: text for people, JSON for programs, `JUnit` for build servers.
//!
//! In: files with their tests, and what did not hold. Out: one text. Never: a character that the form cannot hold, or foreign text
//! that means something where it is shown; masking is the console's.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;
use crate::diagnostic::escape::escape;
use crate::diagnostic::junit_text::junit_text;
use crate::diagnostic::render::render;
use crate::diagnostic::styles::{Styles, paint};
use crate::source::Sources;

/// The class of every case: Jenkins shows what is before the point as a package.
const CLASS: &str = "sortie.test";

/// Maximum manifests without tests that are named.
const MAX_UNTESTED: usize = 5;

/// A form of what came of tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestForm {
    /// For people.
    Text,
    /// For programs, version 1.
    Json,
    /// `JUnit`'s XML.
    Junit,
}

/// What came of one test.
#[derive(Debug)]
pub struct TestOutcome {
    /// The test's name.
    pub name: String,
    /// What did not hold; empty where it passed.
    pub failures: Vec<Diagnostic>,
    /// The texts that they are about.
    pub sources: Sources,
}

/// What came of a test file.
#[derive(Debug)]
pub struct TestedFile {
    /// Its path.
    pub name: String,
    /// Whether its tests could be run; else the one outcome says what is wrong with it.
    pub is_valid: bool,
    /// What came of its tests, in their order.
    pub tests: Vec<TestOutcome>,
}

/// What all tests come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct TestTotals {
    /// The tests that were run.
    pub tests: usize,
    /// Those that failed.
    pub failed: usize,
    /// The test files that are not valid, whose tests were not run.
    pub invalid: usize,
    /// The manifests that have no tests.
    pub untested: usize,
}

impl TestTotals {
    /// What `files` come to, beside which `untested` manifests have no tests.
    #[must_use]
    pub fn of(files: &[TestedFile], untested: usize) -> Self {
        let valid = || files.iter().filter(|file| file.is_valid).flat_map(|file| &file.tests);
        Self {
            tests: valid().count(),
            failed: valid().filter(|test| !test.failures.is_empty()).count(),
            invalid: files.iter().filter(|file| !file.is_valid).count(),
            untested,
        }
    }
}

/// What came of the tests of `files` in `form`; the manifests `untested` have none. `is_quiet` leaves out what passed.
#[must_use]
pub fn write(form: TestForm, files: &[TestedFile], untested: &[String], is_quiet: bool, styles: Styles) -> String {
    let totals = TestTotals::of(files, untested.len());
    match form {
        TestForm::Text => text(files, untested, totals, is_quiet, styles),
        TestForm::Json => format!("{:#}\n", json(files, untested, totals)),
        TestForm::Junit => junit(files),
    }
}

fn text(files: &[TestedFile], untested: &[String], totals: TestTotals, is_quiet: bool, styles: Styles) -> String {
    let mut text = String::new();
    for file in files {
        for test in &file.tests {
            let name = format!("{}: {}", escape(&file.name), escape(&test.name));
            if test.failures.is_empty() {
                if !is_quiet {
                    text.push_str(&format!("{}  {name}\n", paint(styles.good, "ok  ")));
                }
                continue;
            }
            text.push_str(&format!(
                "{}  {name}\n{}\n",
                paint(styles.error, "FAIL"),
                render(&test.failures, &test.sources, styles)
            ));
        }
    }
    if is_quiet && totals.failed == 0 && totals.invalid == 0 {
        return text;
    }
    let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let passed = totals.tests - totals.failed;
    let mut words = match (totals.failed, totals.tests) {
        (0, 0) => "no test was run".to_owned(),
        (0, tests) => format!("{} passed", counted(tests, "test")),
        (failed, tests) => format!("{}: {passed} passed, {failed} failed", counted(tests, "test")),
    };
    if totals.invalid > 0 {
        words.push_str(&format!("; {} not valid", counted(totals.invalid, "test file")));
    }
    if !untested.is_empty() {
        let named: Vec<String> = untested.iter().take(MAX_UNTESTED).map(|name| escape(name).into_owned()).collect();
        let more = if untested.len() > MAX_UNTESTED { ", .." } else { "" };
        let have = if untested.len() == 1 { "has" } else { "have" };
        words.push_str(&format!(
            "; {} {have} no tests ({}{more})",
            counted(untested.len(), "manifest"),
            named.join(", ")
        ));
    }
    text.push_str(&format!("{}\n", paint(styles.strong, words)));
    text
}

fn json(files: &[TestedFile], untested: &[String], totals: TestTotals) -> Value {
    let failure = |test: &TestOutcome, failure: &Diagnostic| {
        let source = test.sources.get(failure.place.source);
        let at = source.line_col(failure.place.span.start);
        json!({
            "code": failure.code.as_str(),
            "what": failure.what,
            "help": failure.help,
            "file": source.name(),
            "line": at.line,
            "column": at.column,
        })
    };
    let tests = files.iter().flat_map(|file| {
        file.tests.iter().map(move |test| {
            let state = match (file.is_valid, test.failures.is_empty()) {
                (false, _) => "invalid",
                (true, true) => "passed",
                (true, false) => "failed",
            };
            let failures: Vec<Value> = test.failures.iter().map(|found| failure(test, found)).collect();
            json!({ "file": file.name, "name": test.name, "state": state, "failures": failures })
        })
    });
    json!({ "version": 1, "tests": tests.collect::<Vec<_>>(), "untested": untested, "totals": totals })
}

fn junit(files: &[TestedFile]) -> String {
    let mut report = Report::new("sortie test");
    for file in files {
        let mut suite = TestSuite::new(fit(&escape(&file.name)));
        for test in &file.tests {
            let status = match test.failures.first() {
                None => TestCaseStatus::success(),
                Some(first) => {
                    let kind = if file.is_valid { NonSuccessKind::Failure } else { NonSuccessKind::Error };
                    let mut status = TestCaseStatus::non_success(kind);
                    status.set_message(fit(&escape(&first.what)));
                    status.set_type(first.code.as_str());
                    status.set_description(fit(&render(&test.failures, &test.sources, Styles::PLAIN)));
                    status
                }
            };
            let mut case = TestCase::new(fit(&escape(&test.name)), status);
            case.set_classname(CLASS);
            case.extra.insert("file".into(), fit(&escape(&file.name)).into());
            suite.add_test_case(case);
        }
        report.add_test_suite(suite);
    }
    junit_text(&report).expect("memory takes every text")
}

/// `text`, whose controls are visible already, without the two other characters that XML 1.0 forbids.
fn fit(text: &str) -> String {
    text.replace('\u{fffe}', r"\u{fffe}").replace('\u{ffff}', r"\u{ffff}")
}
