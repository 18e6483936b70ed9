//! The report as `JUnit`'s XML: one suite a job, one case a launch, as build servers show them.
//!
//! In: launches in the plan's order. Out: XML through `quick-junit`, in which a launch that failed is a failure, and one of
//! which nobody knows what became is an error. Never: a character that XML 1.0 forbids. Kept meanwhile: one case a launch, since
//! a suite begins with its numbers.

use std::io::{self, Write};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestRerun, TestSuite};

use super::inert::xml_text;
use super::spans;
use crate::diagnostic::junit_text::junit_text;
use crate::exit::ExitStatus;
use crate::ledger::state::Verdict;
use crate::outcome::JobOutcome;
use crate::report::failure_groups::{jobs_in_words, rows_in_words, why};
use crate::report::not_begun::NotBegunReport;
use crate::report::{Head, LaunchReport, ReportWriter};
use crate::words::Words as _;

/// Maximum characters of a name or a message.
const MAX_NAME: usize = 500;

/// Maximum characters of what is said of one failure, while there is room.
const MAX_DETAIL: usize = 4_000;

/// Maximum bytes that are kept of all such texts; of later failures the message alone is there.
const MAX_DETAILS: usize = 8 * 1024 * 1024;

/// How the name of each report of ours begins; the manifest's name follows.
const NAME: &str = "sortie: ";

/// How the file begins.
pub(super) const FIRST_WORDS: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"sortie: ";

/// Writes the report to `out`, at its end.
pub struct JunitWriter<W> {
    out: W,
    report: Report,
    /// The manifest's name, before a job's.
    name: String,
    /// The cases of the job at hand, which is one suite.
    suite: Option<TestSuite>,
    suite_time: Duration,
    properties: Vec<(&'static str, String)>,
    detail_bytes: usize,
}

impl<W: Write> JunitWriter<W> {
    /// A writer that has written nothing yet.
    pub fn new(out: W) -> Self {
        Self {
            out,
            report: Report::new(NAME),
            name: String::new(),
            suite: None,
            suite_time: Duration::ZERO,
            properties: Vec::new(),
            detail_bytes: 0,
        }
    }

    /// The suite of `job`; the one before is over where it was another's.
    fn suite(&mut self, job: &str) -> &mut TestSuite {
        let name = xml_text(job, MAX_NAME);
        if self.suite.as_ref().is_some_and(|suite| suite.name.as_str() != name) {
            self.end_suite();
        }
        let properties = &self.properties;
        self.suite.get_or_insert_with(|| {
            let mut suite = TestSuite::new(name);
            for (name, value) in properties {
                suite.add_property((*name, value.as_str()));
            }
            suite
        })
    }

    fn end_suite(&mut self) {
        let span = std::mem::take(&mut self.suite_time);
        if let Some(mut suite) = self.suite.take() {
            suite.set_time(span);
            self.report.add_test_suite(suite);
        }
    }

    /// What is said of a failure beside its message.
    fn detail(&mut self, launch: &LaunchReport) -> Option<String> {
        if self.detail_bytes >= MAX_DETAILS {
            return None;
        }
        let mut lines = vec![format!("{}, Reference {}", jobs_in_words(launch), launch.reference)];
        if let Some(folder) = &launch.trace.folder {
            lines.push(format!("folder {folder}"));
        }
        lines.extend(rows_in_words(launch));
        for job in launch.every_robot_job().filter(|job| job.outcome != Some(JobOutcome::Successful)) {
            let state = job.state.as_deref().or(job.outcome.map(JobOutcome::word));
            let state = state.unwrap_or("is not known to be over");
            let class = job.class.map(|class| format!(", {}", class.word())).unwrap_or_default();
            lines.push(format!("robot job {} {state}{class}", job.id));
            lines.extend(job.info.iter().map(|info| info.trim().to_owned()));
            let fault = job.fault.iter().flat_map(|fault| [&fault.code, &fault.title, &fault.detail]);
            lines.extend(fault.flatten().map(|text| text.trim().to_owned()));
            lines.extend(job.notes.iter().cloned());
            lines.extend(job.log.iter().map(|line| format!("robot's log: {}", line.text)));
        }
        if let Some(trace) = launch.error.as_ref().and_then(|error| error.trace_id.as_ref()) {
            lines.push(format!("trace id {trace}"));
        }
        let text = xml_text(&lines.join("\n"), MAX_DETAIL);
        self.detail_bytes += text.len();
        Some(text)
    }

    fn status(&mut self, launch: &LaunchReport) -> TestCaseStatus {
        let (class, message) = why(launch);
        let bad = |kind, of: &str| {
            let mut status = TestCaseStatus::non_success(kind);
            status.set_type(of);
            status
        };
        let is_well = matches!(launch.outcome, None | Some(JobOutcome::Successful | JobOutcome::Suspended));
        if let Some(doubt) = launch.doubtful().filter(|_| is_well) {
            let mut status = bad(NonSuccessKind::Error, "doubtful");
            status.set_message(xml_text(doubt, MAX_NAME));
            if let Some(detail) = self.detail(launch) {
                status.set_description(detail);
            }
            return status;
        }
        let mut status = match (launch.verdict, launch.outcome) {
            (Verdict::Started, None | Some(JobOutcome::Successful | JobOutcome::Suspended)) => {
                let mut status = TestCaseStatus::success();
                status.add_reruns(replaced(launch));
                return status;
            }
            (Verdict::Skipped, _) => TestCaseStatus::skipped(),
            (Verdict::Started, Some(outcome @ (JobOutcome::Faulted | JobOutcome::Stopped | JobOutcome::Late))) => {
                bad(NonSuccessKind::Failure, class.map_or(outcome.word(), |class| class.word()))
            }
            (Verdict::Rejected, _) => bad(NonSuccessKind::Failure, launch.verdict.as_str()),
            (Verdict::Started, Some(JobOutcome::Gone)) => bad(NonSuccessKind::Error, JobOutcome::Gone.word()),
            (Verdict::Unknown | Verdict::Partial | Verdict::Duplicate | Verdict::NotSent, _) => {
                bad(NonSuccessKind::Error, launch.reason.map_or(launch.verdict.as_str(), |reason| reason.word()))
            }
        };
        let outcome = launch.outcome.filter(|_| launch.verdict == Verdict::Started);
        let word = outcome.map_or(launch.verdict.as_str(), |outcome| outcome.word());
        let message = if message.is_empty() { word.to_owned() } else { format!("{word}: {message}") };
        status.set_message(xml_text(&message, MAX_NAME));
        if launch.verdict != Verdict::Skipped
            && let Some(detail) = self.detail(launch)
        {
            status.set_description(detail);
        }
        status.add_reruns(replaced(launch));
        status
    }
}

impl<W: Write> ReportWriter for JunitWriter<W> {
    fn begin(&mut self, head: &Head) -> io::Result<()> {
        let run = &head.run;
        self.name = xml_text(&run.name, MAX_NAME);
        self.report = Report::new(format!("{NAME}{}", self.name));
        if let Some(span) = spans::of_run(run) {
            self.report.set_time(span);
        }
        let exit = run.exit_code.map(|code| code.to_string());
        let policies: Vec<String> = run.outcome_policies.iter().map(ToString::to_string).collect();
        self.properties = [
            ("run", Some(run.id.clone())),
            ("slot", run.slot.clone()),
            ("profile", Some(run.profile.clone())),
            ("started", Some(run.started.clone())),
            ("ended", run.ended.clone()),
            ("exit-code", exit),
            (
                "filter",
                run.shown
                    .as_ref()
                    .map(|shown| format!("{} of {} launches: {}", shown.launches, shown.of, shown.filter)),
            ),
            ("verdicts", Some(head.totals.to_string())),
            ("outcome-policy", (!policies.is_empty()).then(|| policies.join("; "))),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, xml_text(&value?, MAX_NAME))))
        .collect();
        Ok(())
    }

    fn launch(&mut self, launch: &LaunchReport) -> io::Result<()> {
        let status = self.status(launch);
        let mut case = TestCase::new(xml_text(&launch.id, MAX_NAME), status);
        case.set_classname(format!("{}.{}", self.name, xml_text(&launch.job, MAX_NAME)));
        let span = spans::of_launch(launch).unwrap_or_default();
        case.set_time(span);
        self.suite(&launch.job).add_test_case(case);
        self.suite_time += span;
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        self.end_suite();
        write_whole(&self.report, &mut self.out)
    }
}

/// The robot jobs of a launch that faulted and in whose place another was started: as nextest marks what was tried again.
fn replaced(launch: &LaunchReport) -> Vec<TestRerun> {
    let is_replaced = |id: i64| launch.retries.iter().any(|retry| retry.replaces == Some(id));
    let jobs = launch.every_robot_job().filter(|job| is_replaced(job.id));
    let rerun = jobs.map(|job| {
        let mut rerun = TestRerun::new(NonSuccessKind::Failure);
        let said = job.info.as_deref().unwrap_or_default().trim();
        rerun.set_type(job.class.map_or(JobOutcome::Faulted.word(), |class| class.word()));
        rerun.set_message(xml_text(&format!("robot job {}: {said}", job.id), MAX_NAME));
        rerun
    });
    rerun.collect()
}

/// Writes one case that says why nothing was begun: an error, unless nothing was wrong.
pub(super) fn write_not_begun(report: &NotBegunReport, mut out: impl Write) -> io::Result<()> {
    let name = xml_text(report.run.name.as_deref().unwrap_or_default(), MAX_NAME);
    let mut status = if report.run.exit_code == ExitStatus::Success.code() {
        TestCaseStatus::skipped()
    } else {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
        status.set_type("not-begun");
        status.set_description(xml_text(&report.not_begun.reason, MAX_DETAIL));
        status
    };
    let first = report.not_begun.reason.lines().next().unwrap_or_default();
    status.set_message(xml_text(&format!("nothing was begun: {first}"), MAX_NAME));
    let mut case = TestCase::new("the run is begun", status);
    case.set_classname(name.as_str());
    let mut suite = TestSuite::new("sortie");
    suite.add_test_case(case);
    let mut whole = Report::new(format!("{NAME}{name}"));
    whole.add_test_suite(suite);
    write_whole(&whole, &mut out)
}

fn write_whole(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(junit_text(report).map_err(io::Error::other)?.as_bytes())?;
    out.flush()
}
