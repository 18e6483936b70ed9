//! A run as spans on its way to a collector, where `OTEL_EXPORTER_OTLP_ENDPOINT` names one.
//!
//! In: variables of OpenTelemetry, and the ledger. Out: requests, after the run's end. Never: changes how a run ends; what is not taken
//! is a warning. Nothing is sent while launches are: a collector that does not answer holds nobody up.

use std::sync::Arc;
use std::time::Duration;

use crate::cli::connect::connector::RunConnector;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::clock::SharedClock;
use crate::exit::ExitStatus;
use crate::ledger::AnyStore;
use crate::orchestrator::network::Network;
use crate::orchestrator::notification::Notifier;
use crate::profile::Environment;
use crate::report::delivery;
use crate::report::redacted::RedactingReportWriter;
use crate::report::{Head, LaunchReport, ReportWriter};
use crate::run::{FinishedRun, reporting};
use crate::secret::{Redactor, Secret};
use crate::traces::{TraceParent, TraceWriter};

/// Maximum wait for one answer, where `OTEL_EXPORTER_OTLP_TIMEOUT` says nothing. Source: the specification's default.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// Where spans go.
struct TraceTarget {
    address: String,
    headers: Vec<(String, Secret)>,
    timeout: Duration,
    service: String,
    parent: Option<TraceParent>,
}

/// Sends `finished` as spans, where a collector is named.
pub(crate) async fn export<L>(
    context: &CommandContext,
    connector: &RunConnector<'_>,
    clock: &SharedClock,
    store: &AnyStore,
    finished: &FinishedRun<L>,
) {
    let Some(target) = TraceTarget::of(&context.environment, context.console.redactor()) else { return };
    if let Err(words) = target.send(context, connector, clock, store, finished).await {
        context.warn(&format!("traces: {words}; the run's exit code stays what it is"));
    }
}

impl TraceTarget {
    /// What the variables say; `None` if they name no collector, or switch all of it off. Source: OpenTelemetry's specification,
    /// "OTLP exporter configuration". What is in headers is a secret.
    fn of(environment: &Environment, redactor: &Redactor) -> Option<Self> {
        let get = |name: &str| environment.get(name).map(str::trim).filter(|text| !text.is_empty());
        if get("OTEL_SDK_DISABLED").is_some_and(|text| text.eq_ignore_ascii_case("true")) {
            return None;
        }
        let address = match get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") {
            Some(address) => address.to_owned(),
            None => format!("{}/v1/traces", get("OTEL_EXPORTER_OTLP_ENDPOINT")?.trim_end_matches('/')),
        };
        let headers =
            get("OTEL_EXPORTER_OTLP_TRACES_HEADERS").or(get("OTEL_EXPORTER_OTLP_HEADERS")).unwrap_or_default();
        let headers = headers.split(',').filter_map(|pair| pair.split_once('=')).map(|(name, value)| {
            let value = Secret::new(value.trim().to_owned());
            redactor.learn(&value);
            (name.trim().to_owned(), value)
        });
        let timeout = get("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT").or(get("OTEL_EXPORTER_OTLP_TIMEOUT"));
        Some(Self {
            address,
            headers: headers.collect(),
            timeout: timeout.and_then(|text| text.parse().ok()).map_or(MAX_WAIT, Duration::from_millis),
            service: get("OTEL_SERVICE_NAME").unwrap_or("sortie").to_owned(),
            parent: get("TRACEPARENT").and_then(TraceParent::parse),
        })
    }

    async fn send<L>(
        &self,
        context: &CommandContext,
        connector: &RunConnector<'_>,
        clock: &SharedClock,
        store: &AnyStore,
        finished: &FinishedRun<L>,
    ) -> Result<(), String> {
        // Of a run that needed nothing more, an earlier process has told.
        let Some(ended) = &finished.ended else { return Ok(()) };
        let redactor = context.console.redactor();
        let words = |failure: Failure| failure.message.unwrap_or_default();
        let (record, launches) = (&finished.record, &finished.launches);
        let mut spans = TraceWriter::new(record.id, &self.service, self.parent.as_ref(), clock.utc());
        let head = reporting::head_of(store, record, Some(ended.end), ended.totals, launches, &context.repeated).await;
        let writer = Box::new(RedactingReportWriter::new(Borrowed(&mut spans), redactor));
        let told = delivery::write(store, record.id, &head, launches, &mut [writer]).await;
        told.map_err(|error| words(Failure::new(ExitStatus::Fault, &error)))?;
        let notifier = match connector.notice_route().map_err(words)?.notifier {
            Some(notifier) => notifier,
            None => Arc::new(
                Notifier::new(&Network::default(), redactor)
                    .map_err(|error| words(Failure::new(ExitStatus::Fault, &error)))?,
            ),
        };
        for body in spans.into_bodies() {
            let sent = notifier.post(&self.address, &self.headers, body, self.timeout, &**clock).await;
            sent.map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

/// Writes to a writer that is wanted afterwards.
struct Borrowed<'a>(&'a mut TraceWriter);

impl ReportWriter for Borrowed<'_> {
    fn begin(&mut self, head: &Head) -> std::io::Result<()> {
        self.0.begin(head)
    }

    fn launch(&mut self, launch: &LaunchReport) -> std::io::Result<()> {
        self.0.launch(launch)
    }

    fn end(&mut self) -> std::io::Result<()> {
        self.0.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_named_by_the_variables_of_opentelemetry() {
        let redactor = Redactor::default();
        let check = |pairs: &[(&str, &str)], expected: Option<(&str, u64, &str)>| {
            let target = TraceTarget::of(&pairs.iter().copied().collect(), &redactor);
            let found = target.as_ref().map(|target| {
                let ms = u64::try_from(target.timeout.as_millis()).expect("a short span");
                (target.address.as_str(), ms, target.service.as_str())
            });
            assert_eq!(found, expected, "{pairs:?}");
        };
        let base = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318/");
        check(&[], None);
        check(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")], None);
        check(&[base], Some(("http://localhost:4318/v1/traces", 10_000, "sortie")));
        check(&[base, ("OTEL_SDK_DISABLED", "true")], None);
        let own = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://c.example/in");
        let more = [base, own, ("OTEL_EXPORTER_OTLP_TIMEOUT", "1500"), ("OTEL_SERVICE_NAME", "night")];
        check(&more, Some(("https://c.example/in", 1500, "night")));
        let headers = [base, ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=hunter2-hunter2, x=y")];
        let target = TraceTarget::of(&headers.into_iter().collect(), &redactor).expect("a target");
        let names: Vec<&str> = target.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["api-key", "x"]);
        assert_eq!(redactor.redact("sent hunter2-hunter2"), "sent ***", "a header is a secret");
    }
}
