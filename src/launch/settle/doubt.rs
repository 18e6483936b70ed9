//! A doubt, what is known beside the list, and what becomes of it.

use std::time::Duration;

use crate::clock::{Moment, TimePoint, Timestamp};
use crate::ids::{AttemptNo, JobId, LaunchId, Ordinal, Reference, ReferenceMark, ReleaseKey, RunId};
use crate::job_list::scan::complete::CompleteScan;
use crate::launch::clocks::{Clocks, SendTime, shifted};
use crate::launch::known_jobs::KnownJobs;
use crate::launch_terms::ExpectedJobs;
use crate::ledger::event::Intent;
use crate::robot_job::RobotJob;

/// A launch of which nobody knows whether its latest attempt started robot jobs.
#[derive(Clone, Debug)]
pub(in crate::launch) struct OpenDoubt {
    pub(in crate::launch) ordinal: Ordinal,
    pub(in crate::launch) launch: LaunchId,
    pub(in crate::launch) attempt: AttemptNo,
    pub(in crate::launch) reference: Reference,
    /// The part of the Reference that is sortie's own.
    pub(in crate::launch) mark: ReferenceMark,
    pub(in crate::launch) release: ReleaseKey,
    pub(in crate::launch) expected: ExpectedJobs,
    /// Robot jobs that its answer named, and that may be its own.
    pub(in crate::launch) named: Vec<JobId>,
    pub(in crate::launch) purpose: DoubtPurpose,
    /// Before this time nothing of it can exist.
    pub(in crate::launch) sent: SendTime,
    /// When its connection was closed, in our monotonic time, by what our clock says.
    pub(in crate::launch) last: Moment,
    /// The same by our clock of then.
    pub(in crate::launch) last_utc: Timestamp,
    /// The same in the server's time; `None` if that is not known.
    pub(in crate::launch) last_on_server: Option<Timestamp>,
    /// When this process took it up, if another one had sent it; `None` if it was sent by this one.
    pub(in crate::launch) taken_up: Option<TimePoint>,
}

impl OpenDoubt {
    /// What is asked of `intent`, whose connection was closed as `closed` says.
    pub(in crate::launch) fn of(
        ordinal: Ordinal,
        intent: &Intent,
        purpose: DoubtPurpose,
        closed: ConnectionEnd,
        now: TimePoint,
    ) -> Self {
        let ConnectionEnd { at, ahead_ms, taken_up } = closed;
        // What an earlier process sent was closed when its time was over, though our clock was set back since.
        let at = if taken_up.is_some() { at.max(intent.not_after) } else { at };
        Self {
            ordinal,
            launch: intent.launch.clone(),
            attempt: intent.attempt,
            mark: ReferenceMark::find(intent.reference.as_str()).expect("each Reference of ours has its mark"),
            reference: intent.reference.clone(),
            release: intent.release,
            expected: intent.expected,
            named: Vec::new(),
            purpose,
            sent: SendTime { ahead_ms: intent.server_ahead_ms.or(ahead_ms), ..SendTime::of(intent) },
            last: now.moment_at(at).min(now.moment),
            last_utc: at,
            last_on_server: ahead_ms.map(|ahead| shifted(at, ahead)),
            taken_up,
        }
    }

    /// How long after its connection was closed the moment `at` is, at the least; `server_time` is the server's time then.
    ///
    /// Of what this process sent itself it has lived through the time: the server's clock may only shorten it. Of what
    /// another process sent, time that nobody lived through counts only as far as both the server's clock and ours say
    /// so: either may have been set meanwhile, and of two gateways one may be wrong.
    fn elapsed(&self, at: Moment, server_time: Option<Timestamp>) -> Duration {
        let by_server = server_time.zip(self.last_on_server).map(|(now, last)| span(last, now));
        match self.taken_up {
            None => at.since(self.last).min(by_server.unwrap_or(Duration::MAX)),
            Some(taken_up) => {
                let lived = at.since(taken_up.moment);
                let by_ours = span(self.last_utc, taken_up.utc) + lived;
                by_server.map_or(lived, |by_server| lived.max(by_server.min(by_ours)))
            }
        }
    }

    /// How long after its connection was closed `scan` began, at the least.
    pub(super) fn elapsed_at(&self, scan: &CompleteScan) -> Duration {
        self.elapsed(scan.began, scan.server_time)
    }

    /// How old its intent was when `scan` began, at the most, by whatever clock there is.
    pub(super) fn age_at(&self, scan: &CompleteScan) -> Duration {
        let sent = shifted(self.sent.at, self.sent.ahead_ms.unwrap_or_default());
        let by_server = scan.server_time.map(|now| span(sent, now));
        by_server.unwrap_or_default().max(scan.began.since(self.last))
    }

    /// What to say where nothing can be told.
    pub(super) fn inconclusive(&self, why: String) -> Settlement {
        match self.purpose {
            DoubtPurpose::Settle => Settlement::Undecided(why),
            DoubtPurpose::Recount(_) => Settlement::Uncounted,
        }
    }
}

/// When a connection was closed that an attempt had.
#[derive(Clone, Copy)]
pub(in crate::launch) struct ConnectionEnd {
    /// By our clock of then.
    at: Timestamp,
    /// How far the server's `Date` was ahead of it, in milliseconds; `None` if that was not known.
    ahead_ms: Option<i64>,
    /// When this process took it up, if another one had the connection.
    taken_up: Option<TimePoint>,
}

impl ConnectionEnd {
    /// Just now, by this process.
    pub(in crate::launch) fn now(now: TimePoint, ahead_ms: Option<i64>) -> Self {
        Self { at: now.utc, ahead_ms, taken_up: None }
    }

    /// By an earlier process.
    pub(in crate::launch) fn before(now: TimePoint, at: Timestamp, ahead_ms: Option<i64>) -> Self {
        Self { at, ahead_ms, taken_up: Some(now) }
    }
}

/// What is asked about a launch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::launch) enum DoubtPurpose {
    /// Whether its latest attempt started something.
    Settle,
    /// Whether there are more robot jobs of it than these: it was sent more than once.
    Recount(Vec<RobotJob>),
}

/// What the job list proves of a doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::launch) enum Settlement {
    /// These robot jobs carry its Reference.
    Jobs(Vec<RobotJob>),
    /// None does, and none will.
    Absent,
    /// It cannot be told; why.
    Undecided(String),
    /// Counted once more, these are all its robot jobs.
    Counted(Vec<RobotJob>),
    /// They could not be counted once more.
    Uncounted,
}

/// How a list could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::launch) enum ReadFailure {
    /// It may well be read soon.
    Transient,
    /// The server refuses it, as it may go on to do.
    Refused,
    /// Nobody will ask again.
    Final,
}

/// What settling knows beside the list.
#[derive(Clone, Copy)]
pub(in crate::launch) struct Knowledge<'a> {
    pub(in crate::launch) run: RunId,
    pub(in crate::launch) settle: Duration,
    /// The robot jobs of this run that are known.
    pub(in crate::launch) jobs: &'a KnownJobs,
    /// How far the clocks are apart.
    pub(in crate::launch) clocks: &'a Clocks,
}

fn span(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}
