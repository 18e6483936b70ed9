//! A run as spans, in the JSON form of OTLP: the run, its launches, and of each launch its attempts, how it was settled, and the wait
//! for its robot jobs.
//!
//! In: a report's head and launches, so that a run that several processes carried out is one trace. Out: bodies of requests. Never:
//! sends; measures a time of its own; shows what a report does not.
//!
//! Ids follow from the run's id alone: told twice, a span is the same span. Source: OpenTelemetry protocol 1.x, `OTLP/HTTP` with JSON.

mod span;

use std::io;

use crate::clock::Timestamp;
use crate::ids::RunId;
use crate::ledger::state::Verdict;
use crate::ledger::story::StepKind;
use crate::outcome::JobOutcome;
use crate::report::{Head, LaunchReport, ReportWriter, StepReport};
use crate::words::Words as _;

pub use span::TraceParent;
use span::{SpanId, SpanKind, TraceId, TraceSpan};

/// Launches of one body.
const MAX_IN_A_BODY: usize = 500;
/// Maximum launches that have spans: those beyond are counted by their run's span.
const MAX_LAUNCHES: usize = 20_000;

/// Makes spans of a report.
pub struct TraceWriter {
    service: String,
    trace: TraceId,
    parent: Option<SpanId>,
    run: RunId,
    /// The present: the end of a run that goes on.
    now: Timestamp,
    head: Option<Head>,
    spans: Vec<TraceSpan>,
    launches: usize,
    bodies: Vec<String>,
}

impl TraceWriter {
    /// Of `run`, as the service `service`; below `parent` where there is one, else the run's id is the trace's.
    #[must_use]
    pub fn new(run: RunId, service: &str, parent: Option<&TraceParent>, now: Timestamp) -> Self {
        Self {
            service: service.to_owned(),
            trace: parent.map_or_else(|| TraceId::of_run(run), |parent| parent.trace),
            parent: parent.map(|parent| parent.span),
            run,
            now,
            head: None,
            spans: Vec::new(),
            launches: 0,
            bodies: Vec::new(),
        }
    }

    /// The bodies of the requests that tell of it all, in order.
    #[must_use]
    pub fn into_bodies(self) -> Vec<String> {
        self.bodies
    }

    fn flush(&mut self) {
        if !self.spans.is_empty() {
            self.bodies.push(span::body(&self.service, self.trace, &std::mem::take(&mut self.spans)));
        }
    }

    fn id(&self, parts: &[&str]) -> SpanId {
        SpanId::of(self.run, parts)
    }

    fn of_run(&self, head: &Head) -> TraceSpan {
        let Head { run, totals, .. } = head;
        let end = run.ended.as_deref().and_then(time).unwrap_or(self.now);
        let start = time(&run.started).unwrap_or(end);
        let mut span = TraceSpan::new(self.id(&[]), self.parent, format!("run {}", run.name), (start, end));
        span.text("sortie.run.id", &run.id);
        span.text("sortie.manifest.name", &run.name);
        span.text("sortie.profile", &run.profile);
        if let Some(slot) = &run.slot {
            span.text("sortie.slot", slot);
        }
        span.number("sortie.launches", i64::from(totals.launches));
        for verdict in Verdict::ALL.into_iter().filter(|verdict| totals.of(*verdict) > 0) {
            span.number(&format!("sortie.launches.{}", verdict.as_str()), i64::from(totals.of(verdict)));
        }
        let left_out = self.launches.saturating_sub(MAX_LAUNCHES);
        if left_out > 0 {
            span.number("sortie.launches.without_span", i64::try_from(left_out).unwrap_or(i64::MAX));
        }
        match run.exit_code {
            None => {}
            Some(0) => {
                span.number("sortie.exit_code", 0);
                span.succeed();
            }
            Some(code) => {
                span.number("sortie.exit_code", i64::from(code));
                span.fail(&format!("exit code {code}"));
            }
        }
        span
    }

    fn add(&mut self, launch: &LaunchReport) {
        let Some(sent) = launch.sent.as_deref().and_then(time) else { return };
        let answered = launch.answered.as_deref().and_then(time);
        let over = launch.every_robot_job().filter_map(|job| job.end_time.as_deref().and_then(time)).max();
        let last = launch.story.last().and_then(|step| time(&step.at));
        let end = [answered, over, last].into_iter().flatten().fold(sent, Timestamp::max);
        let id = self.id(&[&launch.id]);
        let mut span = TraceSpan::new(id, Some(self.id(&[])), format!("launch {}", launch.job), (sent, end));
        span.text("sortie.launch.id", &launch.id);
        span.text("sortie.launch.verdict", launch.verdict.as_str());
        span.text("sortie.launch.reference", &launch.reference);
        span.number("sortie.launch.attempts", i64::from(launch.attempts));
        if let Some(first) = launch.robot_jobs.first() {
            span.number("uipath.job.id", first.id);
        }
        if let Some(outcome) = launch.outcome {
            span.text("sortie.launch.outcome", outcome.word());
        }
        if let Some(error) = &launch.error {
            span.text("sortie.launch.error", &error.message);
        }
        match (launch.verdict, launch.outcome) {
            (Verdict::Started, None | Some(JobOutcome::Successful | JobOutcome::Suspended)) => span.succeed(),
            (Verdict::Started, Some(outcome)) => span.fail(outcome.word()),
            (Verdict::Skipped | Verdict::NotSent, _) => {}
            (verdict, _) => span.fail(verdict.as_str()),
        }
        self.spans.push(span);
        self.attempts(launch, id, (sent, answered));
        if let (Some(from), Some(over)) = (answered, over) {
            let mut span = TraceSpan::new(self.id(&[&launch.id, "wait"]), Some(id), "wait".to_owned(), (from, over));
            if let Some(outcome) = launch.outcome {
                span.text("sortie.launch.outcome", outcome.word());
            }
            self.spans.push(span);
        }
    }

    /// Each sending, and how each that was in doubt was settled.
    fn attempts(&mut self, launch: &LaunchReport, parent: SpanId, (sent, answered): (Timestamp, Option<Timestamp>)) {
        if launch.story.is_empty() {
            self.attempt(launch, parent, 1, (sent, answered.unwrap_or(sent)), None);
            return;
        }
        let (mut open, mut doubt) = (None, None);
        for StepReport { at, attempt, step, why, .. } in &launch.story {
            let Some(at) = time(at) else { continue };
            match step {
                StepKind::Sent => open = Some(at),
                StepKind::Answered | StepKind::NotStarted | StepKind::Refused => {
                    let from = open.take().unwrap_or(at);
                    let failed = (*step != StepKind::Answered).then_some(*step);
                    self.attempt(launch, parent, *attempt, (from, at), failed);
                }
                StepKind::Lost | StepKind::CutOff => {
                    let from = open.take().unwrap_or(at);
                    self.attempt(launch, parent, *attempt, (from, at), Some(*step));
                    doubt = Some((at, *attempt));
                }
                StepKind::Found | StepKind::Absent | StepKind::Held | StepKind::Undecided | StepKind::Declared => {
                    if let Some((from, attempt)) = doubt.take() {
                        let id = self.id(&[&launch.id, "settle", &attempt.to_string()]);
                        let mut span = TraceSpan::new(id, Some(parent), "settle".to_owned(), (from, at));
                        span.number("sortie.attempt", i64::from(attempt));
                        span.text("sortie.finding", step.word());
                        if let Some(why) = why {
                            span.text("sortie.why", why);
                        }
                        self.spans.push(span);
                    }
                }
                StepKind::Counted | StepKind::Ended | StepKind::LeftOut | StepKind::Decided => {}
            }
        }
    }

    fn attempt(
        &mut self,
        launch: &LaunchReport,
        parent: SpanId,
        number: u32,
        span: (Timestamp, Timestamp),
        failed: Option<StepKind>,
    ) {
        let id = self.id(&[&launch.id, "attempt", &number.to_string()]);
        let mut span = TraceSpan::new(id, Some(parent), "attempt".to_owned(), span).of_kind(SpanKind::Client);
        span.number("sortie.attempt", i64::from(number));
        if let Some(failed) = failed {
            span.fail(failed.word());
        }
        self.spans.push(span);
    }
}

impl ReportWriter for TraceWriter {
    fn begin(&mut self, head: &Head) -> io::Result<()> {
        self.head = Some(head.clone());
        Ok(())
    }

    fn launch(&mut self, launch: &LaunchReport) -> io::Result<()> {
        self.launches += 1;
        if self.launches <= MAX_LAUNCHES {
            self.add(launch);
            if self.launches.is_multiple_of(MAX_IN_A_BODY) {
                self.flush();
            }
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        if let Some(head) = self.head.take() {
            let span = self.of_run(&head);
            self.spans.push(span);
        }
        self.flush();
        Ok(())
    }
}

/// The moment that a report has as text.
fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}
