//! Diagnostics -> `JUnit`'s XML, which Jenkins, GitLab and `Azure DevOps` show as tests.
//!
//! In: findings. Out: a suite with one case for each manifest: cases keep their names from one build to the next, so that "newly
//! failed" and "mended" mean manifests. Errors are its failure; warnings and notes are its output. Never: what XML cannot hold.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::diagnostic::findings::{CheckedText, Findings};
use crate::diagnostic::junit_text::junit_text;
use crate::diagnostic::render::render;
use crate::diagnostic::styles::Styles;
use crate::diagnostic::{Diagnostic, Severity};

/// The class of every case: Jenkins shows what is before the point as a package.
const CLASS: &str = "sortie.validate";

/// The whole document.
pub(super) fn report(findings: &Findings) -> String {
    let mut report = Report::new("sortie validate");
    for text in findings.texts {
        report.add_test_suite(suite(findings, text));
    }
    junit_text(&report).expect("memory takes every text")
}

fn suite(findings: &Findings, text: &CheckedText) -> TestSuite {
    let name = fit(&findings.words(&findings.path_of(text.name)));
    let of = |is_wanted: fn(&Diagnostic) -> bool| -> Vec<&Diagnostic> {
        text.said.iter().copied().filter(|said| is_wanted(said)).collect()
    };
    let errors = of(|said| said.severity == Severity::Error);
    let others = of(|said| said.severity != Severity::Error);
    let status = match errors.first() {
        None => TestCaseStatus::success(),
        Some(first) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let place = match findings.range(first.place) {
                Some(range) => format!("{}:{}: ", range.start.line, range.start.column),
                None => String::new(),
            };
            let more = match errors.len() - 1 {
                0 => String::new(),
                1 => " (and 1 more error)".to_owned(),
                more => format!(" (and {more} more errors)"),
            };
            status.set_message(fit(&format!("{place}{}{more}", findings.what(first))));
            status.set_type(first.code.as_str());
            status.set_description(shown(findings, &errors));
            status
        }
    };
    let mut case = TestCase::new(name.as_str(), status);
    case.set_classname(CLASS);
    case.extra.insert("file".into(), name.as_str().into());
    if !others.is_empty() {
        case.set_system_out(shown(findings, &others));
    }
    let mut suite = TestSuite::new(name);
    suite.add_test_case(case);
    suite
}

/// As a terminal shows them.
fn shown(findings: &Findings, said: &[&Diagnostic]) -> String {
    let said: Vec<Diagnostic> = said.iter().copied().cloned().collect();
    fit(&findings.lines(&render(&said, findings.sources, Styles::PLAIN)))
}

/// `text`, whose controls are visible already, without the two other characters that XML 1.0 forbids.
fn fit(text: &str) -> String {
    text.replace('\u{fffe}', r"\u{fffe}").replace('\u{ffff}', r"\u{ffff}")
}
