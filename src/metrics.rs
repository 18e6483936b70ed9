//! A run in figures, in the text form of Prometheus: for the textfile collector of its node exporter.
//!
//! In: what the ledger has of a run, and the requests that this process sent. Out: text. Never: a label for each launch, a secret, or
//! a file. The names are a promise: they are added, never given another meaning; `docs/metrics.md` has all of them.

mod exposition;

use crate::clock::Timestamp;
use crate::ledger::RunEnd;
use crate::ledger::state::Verdict;
use crate::ledger::totals::Totals;
use crate::orchestrator::{RequestCount, RequestKind};
use crate::outcome::JobOutcome;
use crate::words::Words as _;

use exposition::{Exposition, FamilyKind};

/// What a file of metrics begins with: by it, a later run knows that it may replace the file.
pub const FIRST_WORDS: &str = "# HELP sortie_run_info ";

/// A run in figures.
#[derive(Clone, Debug)]
pub struct RunMetrics {
    /// The manifest's name.
    pub name: String,
    /// The run's id.
    pub run: String,
    /// The profile's name.
    pub profile: String,
    /// When the run was opened.
    pub started: Timestamp,
    /// The present.
    pub now: Timestamp,
    /// How it ended; `None` while it has not.
    pub end: Option<RunEnd>,
    /// What this process exits with, where it is over: the run's exit code, or a worse one.
    pub exit_code: Option<u8>,
    /// What has come of its launches.
    pub totals: Totals,
    /// When the last run of this manifest on this tenant ended with 0; `None` if none did.
    pub last_success: Option<Timestamp>,
    /// The requests that this process sent.
    pub requests: Vec<RequestCount>,
}

impl RunMetrics {
    /// All of it, as text of version 0.0.4 of the exposition format.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = Exposition::of_run(&self.name);
        let info =
            [("run", self.run.as_str()), ("profile", self.profile.as_str()), ("version", env!("CARGO_PKG_VERSION"))];
        text.family("sortie_run_info", FamilyKind::Gauge, "The newest run that this file is about; always 1.");
        text.sample("sortie_run_info", &info, 1.0);
        self.times(&mut text);
        self.launches(&mut text);
        self.requests(&mut text);
        text.finish()
    }

    fn times(&self, text: &mut Exposition) {
        let gauge = FamilyKind::Gauge;
        let name = "sortie_run_in_progress";
        text.family(name, gauge, "1 while a process is at the run, 0 once it is over.");
        text.sample(name, &[], f64::from(u8::from(self.exit_code.is_none())));
        let name = "sortie_run_start_timestamp_seconds";
        text.family(name, gauge, "When the run was opened.");
        text.sample(name, &[], seconds(self.started));
        let name = "sortie_run_update_timestamp_seconds";
        text.family(
            name,
            gauge,
            "When this file was written: old while a run is in progress means that its process is gone.",
        );
        text.sample(name, &[], seconds(self.now));
        if let Some(end) = self.end {
            let name = "sortie_run_end_timestamp_seconds";
            text.family(name, gauge, "When the run ended; absent while it has not.");
            text.sample(name, &[], seconds(end.ended));
        }
        let until = self.end.map_or(self.now, |end| end.ended);
        let name = "sortie_run_duration_seconds";
        text.family(name, gauge, "How long the run took, or has been going on.");
        text.sample(name, &[], (seconds(until) - seconds(self.started)).max(0.0));
        if let Some(code) = self.exit_code {
            let name = "sortie_run_exit_code";
            text.family(name, gauge, "What sortie exited with; absent while it has not.");
            text.sample(name, &[], f64::from(code));
        }
        if let Some(at) = self.last_success {
            let name = "sortie_run_last_success_timestamp_seconds";
            text.family(
                name,
                gauge,
                "When the last run of this manifest ended with exit code 0, this one or an earlier one.",
            );
            text.sample(name, &[], seconds(at));
        }
    }

    fn launches(&self, text: &mut Exposition) {
        let gauge = FamilyKind::Gauge;
        let name = "sortie_run_launches";
        text.family(
            name,
            gauge,
            "Launches by verdict; not-sent are those that are still to be sent while the run is in progress.",
        );
        for verdict in Verdict::ALL {
            text.sample(name, &[("verdict", verdict.as_str())], f64::from(self.totals.of(verdict)));
        }
        let name = "sortie_run_outcomes";
        text.family(name, gauge, "Launches that were waited for, by the worst outcome of their robot jobs.");
        let outcomes = self.totals.outcomes.unwrap_or_default();
        for outcome in JobOutcome::ALL {
            text.sample(name, &[("outcome", outcome.word())], f64::from(outcomes.of(*outcome)));
        }
        let name = "sortie_run_retries";
        text.family(name, gauge, "Launches that were made in place of robot jobs that faulted.");
        text.sample(name, &[], f64::from(self.totals.retries));
        let name = "sortie_run_flaky_launches";
        text.family(name, gauge, "Launches that ended well on a retry alone.");
        text.sample(name, &[], f64::from(self.totals.flaky));
    }

    fn requests(&self, text: &mut Exposition) {
        let name = "sortie_run_requests_total";
        text.family(
            name,
            FamilyKind::Counter,
            "Requests of this process by kind and HTTP status; none: no answer came.",
        );
        for RequestCount { kind, status, count, .. } in &self.requests {
            let status = status.map_or_else(|| "none".to_owned(), |status| status.to_string());
            text.sample(name, &[("kind", kind.word()), ("status", &status)], whole(*count));
        }
        let name = "sortie_run_list_requests_total";
        text.family(name, FamilyKind::Counter, "Lists of robot jobs that this process read, which tenants ration.");
        let lists = self.requests.iter().filter(|requests| requests.kind == RequestKind::ListJobs);
        text.sample(name, &[], whole(lists.map(|requests| requests.count).sum()));
        let name = "sortie_run_request_duration_seconds";
        text.family(name, FamilyKind::Summary, "How long requests of this process took, by kind.");
        let mut kinds: Vec<RequestKind> = self.requests.iter().map(|requests| requests.kind).collect();
        kinds.dedup();
        for kind in kinds {
            let of_kind = || self.requests.iter().filter(|requests| requests.kind == kind);
            let label = [("kind", kind.word())];
            text.sample(&format!("{name}_sum"), &label, of_kind().map(|requests| requests.took.as_secs_f64()).sum());
            text.sample(&format!("{name}_count"), &label, whole(of_kind().map(|requests| requests.count).sum()));
        }
    }
}

/// Since 1970.
fn seconds(at: Timestamp) -> f64 {
    at.as_duration().as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "figures are f64 in the format")]
fn whole(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::exit::ExitStatus;
    use crate::ledger::totals::OutcomeTotals;

    #[test]
    fn a_run_in_figures() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        let outcomes = OutcomeTotals { successful: 2, faulted: 1, ..OutcomeTotals::default() };
        let totals = Totals { launches: 4, started: 3, rejected: 1, outcomes: Some(outcomes), ..Totals::default() };
        let request = |kind, status, count, seconds: u64| RequestCount {
            kind,
            status,
            count,
            took: Duration::from_millis(seconds * 1000),
        };
        let ended = at("2026-01-31T02:10:00Z");
        let metrics = RunMetrics {
            name: "a \"b\" \\ c\nd".to_owned(),
            run: "0190163d8694739bb9e5c8b1a4a1d2c3".to_owned(),
            profile: "prod".to_owned(),
            started: at("2026-01-31T02:00:00Z"),
            now: at("2026-01-31T02:10:01.5Z"),
            end: Some(RunEnd { ended, exit: ExitStatus::Rejected, totals }),
            exit_code: Some(11),
            totals,
            last_success: Some(at("2026-01-30T02:07:00Z")),
            requests: vec![
                request(RequestKind::Start, Some(201), 3, 2),
                request(RequestKind::Start, Some(409), 1, 1),
                request(RequestKind::ListJobs, None, 1, 30),
            ],
        };
        expect_test::expect_file!["metrics/a_run_in_figures.prom"].assert_eq(&metrics.to_text());
        assert!(metrics.to_text().starts_with(FIRST_WORDS));
        let going_on = RunMetrics { end: None, exit_code: None, last_success: None, ..metrics };
        let text = going_on.to_text();
        assert!(text.contains("sortie_run_in_progress{name=\"a \\\"b\\\" \\\\ c\\nd\"} 1\n"), "{text}");
        for absent in ["sortie_run_exit_code", "sortie_run_end_timestamp_seconds", "sortie_run_last_success"] {
            assert!(!text.contains(absent), "{absent}");
        }
    }
}
