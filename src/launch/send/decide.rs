//! What follows from one answer: a table, without clock, network or ledger.
//!
//! In: an answer's class, how often this launch failed before, and a random share. Out: what to record, and what to
//! do next. Never: decides to send again what may have been started.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::exit::ExitStatus;
use crate::launch::summary::StopReason;
use crate::launch_terms::AmbiguityPolicy;
use crate::ledger::event::{AttemptEnd, Doubt, Finding, Hold};
use crate::ledger::pause::{MAX_PAUSE, Pause};
use crate::ledger::state::LaunchState;
use crate::orchestrator::classify::{AnswerClass, NextSend, StopScope};
use crate::pauses::MAX_HOLD;
use crate::robot_job::ServerError;

/// The first back-off; it doubles with each failure.
const INITIAL_BACKOFF: Duration = Duration::from_millis(500);
/// Maximum back-off.
const MAX_BACKOFF: Duration = Duration::from_secs(30);
/// Minimum `Retry-After` that is a pause; a shorter one says no more than none, and is backed off from.
const MIN_PAUSE: Duration = Duration::from_secs(1);

/// Maximum times that a launch is sent again after an absence. Source: `docs/exactly-once.md`, step 8.
const MAX_RESENDS: u32 = 2;

/// What to record of an attempt, and what to do next.
#[derive(Debug)]
pub(in crate::launch) struct Decision {
    /// The attempt's end, for the ledger.
    pub(in crate::launch) end: AttemptEnd,
    /// What becomes of the launch.
    pub(in crate::launch) step: Step,
    /// How long nothing at all may be sent, where the server asked for it.
    pub(in crate::launch) hold: Option<Duration>,
}

/// When an answer came, or its connection was closed.
#[derive(Clone, Copy, Debug)]
pub(in crate::launch) struct Arrival {
    /// By this machine.
    pub(in crate::launch) utc: Timestamp,
    /// How far the server's clock is ahead of this machine's, in milliseconds, where it is known.
    pub(in crate::launch) server_ahead_ms: Option<i64>,
}

/// What becomes of a launch, or of the whole run.
#[derive(Debug)]
pub(in crate::launch) enum Step {
    /// The launch is over.
    Over,
    /// Whether the launch is over must be found out by asking.
    Settle,
    /// The launch may be sent again after this span, paid for by the retry budget.
    AfterBackoff(Duration),
    /// The launch may be sent again once the pause is over that the server asked for.
    AfterPause,
    /// The launch may be sent again at once, and it costs nothing: the server is well.
    Immediately,
    /// Nothing more goes to the launch's folder.
    StopFolder(ServerError),
    /// Nothing more goes anywhere.
    StopRun(StopReason),
}

/// Decides on an answer of class `class` to a launch that failed `failures` times before; it came at `at`.
///
/// `share` is a random number from 0 up to 1: back-offs take that share of their full span ("full jitter"), and
/// holds are lengthened by up to a tenth, never shortened.
pub(in crate::launch) fn decide(class: AnswerClass, failures: u32, share: f64, at: Arrival) -> Decision {
    let over = |end| Decision { end, step: Step::Over, hold: None };
    match class {
        AnswerClass::Started(jobs) => over(AttemptEnd::Started(jobs.into_iter().map(|listed| listed.job).collect())),
        AnswerClass::Rejected(error) => over(AttemptEnd::Rejected(error)),
        AnswerClass::Unsigned(error) => {
            let doubt = doubt(error.to_string(), at);
            let end = AttemptEnd::Doubted(Doubt { refusal: Some(Box::new(error)), ..doubt });
            Decision { end, step: Step::Settle, hold: None }
        }
        AnswerClass::InDoubt { why, hold } => {
            let doubt = doubt(why, at);
            let hold = hold.map(|span| lengthened(span.min(MAX_PAUSE), share).min(MAX_PAUSE));
            Decision { end: AttemptEnd::Doubted(doubt), step: Step::Settle, hold }
        }
        AnswerClass::Unsent { why, next } => {
            let backoff = backoff(failures).mul_f64(share);
            let (step, hold) = match next {
                NextSend::Backoff => (Step::AfterBackoff(backoff), None),
                NextSend::Now => (Step::Immediately, None),
                NextSend::Throttled(Some(span)) if span > MAX_HOLD => {
                    let pause = Pause::new(at.utc, span);
                    (Step::StopRun(StopReason::ThrottledTooLong(pause.until)), Some(span.min(MAX_PAUSE)))
                }
                NextSend::Throttled(Some(span)) if span >= MIN_PAUSE => {
                    (Step::AfterPause, Some(lengthened(span, share)))
                }
                NextSend::Throttled(short) => {
                    let asked = lengthened(short.unwrap_or_default(), share);
                    (Step::AfterBackoff(Duration::ZERO), Some(backoff.max(asked)))
                }
            };
            Decision { end: AttemptEnd::Unsent(why), step, hold }
        }
        AnswerClass::Stopped { stop, error } => {
            let end = AttemptEnd::Unsent(error.message.clone());
            let step = match stop {
                StopScope::Folder => Step::StopFolder(error),
                StopScope::Login => Step::StopRun(StopReason::Refused { error, exit: ExitStatus::Login }),
                StopScope::Connection => Step::StopRun(StopReason::Refused { error, exit: ExitStatus::Fault }),
            };
            Decision { end, step, hold: None }
        }
    }
}

/// What to record of a launch in doubt of which nothing exists: that it may be sent again, or why it may not.
pub(in crate::launch) fn after_absence(state: &LaunchState, policy: AmbiguityPolicy) -> Finding {
    // A crash was ours and says nothing against the server: such an absence is not counted.
    let ours = matches!(state, LaunchState::InDoubt { doubt, .. } if doubt.orphaned);
    // It was refused, and so it stays: there is nothing to send again, or to hold.
    if matches!(state, LaunchState::InDoubt { doubt, .. } if doubt.refusal.is_some()) {
        return Finding::Absent;
    }
    let absences = state.attempts().map_or(0, |attempts| attempts.absences);
    match policy {
        AmbiguityPolicy::Hold => Finding::Held(Hold::Asked),
        AmbiguityPolicy::Resend if !ours && absences >= MAX_RESENDS => Finding::Held(Hold::Exhausted),
        AmbiguityPolicy::Resend => Finding::Absent,
    }
}

/// An attempt whose connection was closed at `at`.
fn doubt(why: String, at: Arrival) -> Doubt {
    let Arrival { utc: last, server_ahead_ms } = at;
    Doubt { why, last, server_ahead_ms, orphaned: false, named: Vec::new(), refusal: None }
}

fn backoff(failures: u32) -> Duration {
    INITIAL_BACKOFF.saturating_mul(1 << failures.min(10)).min(MAX_BACKOFF)
}

fn lengthened(span: Duration, share: f64) -> Duration {
    span + span.mul_f64(share / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn unsent(next: NextSend) -> AnswerClass {
        AnswerClass::Unsent { why: "why".to_owned(), next }
    }

    #[track_caller]
    fn check(class: AnswerClass, failures: u32, share: f64, expected: Expect) {
        let at = Arrival { utc: Timestamp::UNIX_EPOCH, server_ahead_ms: None };
        let Decision { end, step, hold } = decide(class, failures, share, at);
        let end = match end {
            AttemptEnd::Expired => "expired",
            AttemptEnd::Unsent(_) => "unsent",
            AttemptEnd::Started(_) => "started",
            AttemptEnd::Rejected(_) => "rejected",
            AttemptEnd::Doubted(_) => "doubted",
        };
        let step = match step {
            Step::Over => "over".to_owned(),
            Step::Settle => "settle".to_owned(),
            Step::AfterBackoff(span) => format!("again after {span:?}"),
            Step::AfterPause => "held".to_owned(),
            Step::Immediately => "now".to_owned(),
            Step::StopFolder(_) => "stop the folder".to_owned(),
            Step::StopRun(reason) => format!("stop, exit {}", reason.exit().code()),
        };
        expected.assert_eq(&format!("{end}; {step}; hold {hold:?}"));
    }

    #[test]
    fn what_may_have_been_started_is_never_sent_again() {
        let doubt = |hold| AnswerClass::InDoubt { why: "reset".to_owned(), hold };
        check(doubt(None), 0, 0.5, expect!["doubted; settle; hold None"]);
        check(doubt(Some(Duration::from_secs(10))), 0, 0.5, expect!["doubted; settle; hold Some(10.5s)"]);
        check(doubt(Some(Duration::MAX)), 0, 0.5, expect!["doubted; settle; hold Some(3600s)"]);
        check(AnswerClass::Started(Vec::new()), 0, 0.5, expect!["started; over; hold None"]);
        check(AnswerClass::Rejected(ServerError::default()), 0, 0.5, expect!["rejected; over; hold None"]);
    }

    #[test]
    fn what_was_surely_not_sent_goes_again_later_and_later() {
        check(unsent(NextSend::Backoff), 0, 1.0, expect!["unsent; again after 500ms; hold None"]);
        check(unsent(NextSend::Backoff), 3, 0.5, expect!["unsent; again after 2s; hold None"]);
        check(unsent(NextSend::Backoff), 99, 1.0, expect!["unsent; again after 30s; hold None"]);
        check(unsent(NextSend::Now), 5, 1.0, expect!["unsent; now; hold None"]);
    }

    #[test]
    fn a_throttled_launch_holds_all_others() {
        let throttled = |seconds| unsent(NextSend::Throttled(Some(Duration::from_secs(seconds))));
        check(throttled(20), 0, 0.0, expect!["unsent; held; hold Some(20s)"]);
        check(throttled(20), 0, 1.0, expect!["unsent; held; hold Some(22s)"]);
        check(throttled(601), 0, 0.0, expect!["unsent; stop, exit 16; hold Some(601s)"]);
        check(throttled(u64::MAX), 0, 1.0, expect!["unsent; stop, exit 16; hold Some(3600s)"]);
        check(unsent(NextSend::Throttled(None)), 1, 1.0, expect!["unsent; again after 0ns; hold Some(1s)"]);
    }

    #[test]
    fn a_pause_of_less_than_a_second_is_backed_off_from_as_none_is() {
        let throttled = |millis| unsent(NextSend::Throttled(Some(Duration::from_millis(millis))));
        check(throttled(0), 0, 1.0, expect!["unsent; again after 0ns; hold Some(500ms)"]);
        check(throttled(0), 6, 0.5, expect!["unsent; again after 0ns; hold Some(15s)"]);
        check(throttled(999), 0, 0.0, expect!["unsent; again after 0ns; hold Some(999ms)"]);
        check(throttled(1000), 6, 0.0, expect!["unsent; held; hold Some(1s)"]);
    }

    #[test]
    fn a_stop_reaches_as_far_as_its_cause() {
        let stopped = |stop| AnswerClass::Stopped { stop, error: ServerError::default() };
        check(stopped(StopScope::Folder), 0, 0.5, expect!["unsent; stop the folder; hold None"]);
        check(stopped(StopScope::Login), 0, 0.5, expect!["unsent; stop, exit 2; hold None"]);
        check(stopped(StopScope::Connection), 0, 0.5, expect!["unsent; stop, exit 1; hold None"]);
    }
}
