//! How many requests were sent, of which kind, and what came back: for metrics.
//!
//! In: each request as it is sent, and what was seen of it. Out: counts. Never: an address, or anything of a body.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Method;

use super::observed::Observed;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequestKind {
    /// `StartJobs`.
    Start,
    /// A page of a list of robot jobs.
    ListJobs,
    /// One robot job, by its id.
    GetJob,
    /// `StopJobs`.
    Stop,
    /// A robot's log.
    RobotLog,
    /// A token.
    Login,
    /// Everything else that is read: names, reasons, waits.
    LookUp,
    /// Everything else that is sent: uploads.
    Send,
}

/// What came of requests of one kind with one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestCount {
    /// What they were for.
    pub kind: RequestKind,
    /// The status of HTTP; `None` where no whole head of an answer came back.
    pub status: Option<u16>,
    /// How many there were.
    pub count: u64,
    /// How long they took together.
    pub took: Duration,
}

/// How many requests there were of each kind and status, and how long they took together.
type SumByKind = BTreeMap<(RequestKind, Option<u16>), (u64, Duration)>;

/// Counts requests. Clones share what they count.
#[derive(Clone, Default)]
pub struct RequestTally {
    counts: Arc<Mutex<SumByKind>>,
}

impl RequestKind {
    /// Its word, as metrics have it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::ListJobs => "list-jobs",
            Self::GetJob => "get-job",
            Self::Stop => "stop",
            Self::RobotLog => "robot-log",
            Self::Login => "login",
            Self::LookUp => "look-up",
            Self::Send => "send",
        }
    }

    /// The kind of a request to `path`.
    pub(super) fn of(method: &Method, path: &str) -> Self {
        let path = path.trim_end_matches('/');
        let last = path.rsplit('/').next().unwrap_or_default();
        match last {
            "Jobs" => Self::ListJobs,
            "RobotLogs" => Self::RobotLog,
            "token" | "Authenticate" | "authenticate" => Self::Login,
            _ if last.ends_with(".StartJobs") => Self::Start,
            _ if last.ends_with(".StopJobs") || last.ends_with(".StopJob") => Self::Stop,
            _ if last.starts_with("Jobs(") => Self::GetJob,
            _ if *method == Method::GET => Self::LookUp,
            _ => Self::Send,
        }
    }
}

impl RequestTally {
    /// Counts a request of this kind, of which this was seen.
    pub(super) fn add(&self, kind: RequestKind, observed: &Observed, took: Duration) {
        let status = match observed {
            Observed::Answer(reply) => Some(reply.status),
            Observed::NotSent { .. }
            | Observed::Renewed { .. }
            | Observed::NoToken { .. }
            | Observed::Broken { .. } => None,
        };
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, all) = counts.entry((kind, status)).or_default();
        *count += 1;
        *all = all.saturating_add(took);
    }

    /// What several of them counted until now, by kind and status.
    #[must_use]
    pub fn sum(tallies: &[Self]) -> Vec<RequestCount> {
        let sum = Self::default();
        for RequestCount { kind, status, count, took } in tallies.iter().flat_map(Self::counts) {
            let mut counts = sum.counts.lock().unwrap_or_else(PoisonError::into_inner);
            let (all, all_took) = counts.entry((kind, status)).or_default();
            *all += count;
            *all_took = all_took.saturating_add(took);
        }
        sum.counts()
    }

    /// What was counted until now, by kind and status.
    #[must_use]
    pub fn counts(&self) -> Vec<RequestCount> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = |(&(kind, status), &(count, took)): (&(RequestKind, Option<u16>), &(u64, Duration))| RequestCount {
            kind,
            status,
            count,
            took,
        };
        counts.iter().map(count).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_counted_by_what_it_is_for() {
        let (get, post) = (Method::GET, Method::POST);
        for (method, path, kind) in [
            (
                &post,
                "/acme/prod/orchestrator_/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs",
                RequestKind::Start,
            ),
            (&get, "/odata/Jobs", RequestKind::ListJobs),
            (&get, "/odata/Jobs(160860)", RequestKind::GetJob),
            (&post, "/odata/Jobs/UiPath.Server.Configuration.OData.StopJobs", RequestKind::Stop),
            (&get, "/odata/RobotLogs", RequestKind::RobotLog),
            (&post, "/identity_/connect/token", RequestKind::Login),
            (&post, "/api/Account/Authenticate", RequestKind::Login),
            (&get, "/odata/Releases", RequestKind::LookUp),
            (&post, "/odata/Buckets", RequestKind::Send),
        ] {
            assert_eq!(RequestKind::of(method, path), kind, "{path}");
        }
        let tally = RequestTally::default();
        let broken = Observed::Broken { detail: String::new() };
        tally.add(RequestKind::Start, &broken, Duration::from_secs(2));
        tally.clone().add(RequestKind::Start, &broken, Duration::from_secs(3));
        let took = Duration::from_secs(5);
        assert_eq!(tally.counts(), [RequestCount { kind: RequestKind::Start, status: None, count: 2, took }]);
    }
}
