//! A notice -> its event.

use std::cell::Cell;

use super::super::{MissedNotice, MissedSpan, OverReason, RunNotice};
use super::{DiagnosedText, EventLine, LaunchWords, OverWord, RunEvent, SignalWord};
use crate::clock::{Clock, Timestamp, later};
use crate::diagnostic::Severity;
use crate::ids::RunId;
use crate::launch::{Interrupt, Notice, SendMode};
use crate::run::rerun_chain::LeftBehind;

/// The version of the lines that are written.
const VERSION: u32 = 1;

impl EventLine {
    /// The line of `notice`, told now; `None` for what is no event. `run` is the one that was named last: it is told of where
    /// the notice names none.
    #[must_use]
    pub fn of(notice: &RunNotice<'_>, run: &Cell<Option<RunId>>, clock: &dyn Clock) -> Option<Self> {
        run.set(run_of(notice).or(run.get()));
        let event = RunEvent::of(notice, clock)?;
        let run = run.get().map(|run| run.to_string());
        Some(Self { version: VERSION, time: clock.utc().to_string(), run, event })
    }
}

/// The run that `notice` names as the one that is meant.
fn run_of(notice: &RunNotice<'_>) -> Option<RunId> {
    match notice {
        RunNotice::InTheWay { run, .. }
        | RunNotice::Follows { run, .. }
        | RunNotice::GoesOn { run, .. }
        | RunNotice::Repeats { run, .. }
        | RunNotice::Cancelling { run, .. }
        | RunNotice::HeldBack { run, .. }
        | RunNotice::Lifted { run, .. }
        | RunNotice::RerunGoesOn { run }
        | RunNotice::TakenOver { run, .. }
        | RunNotice::Left { run, .. }
        | RunNotice::NothingInDoubt { run }
        | RunNotice::Launching { run, .. }
        | RunNotice::Missed(MissedNotice::Begins { run, .. } | MissedNotice::Ended { run, .. })
        | RunNotice::Over { why: OverReason::Followed { run } | OverReason::Done { run, .. }, .. } => Some(*run),
        RunNotice::Launched(launched) => Some(launched.record.id),
        RunNotice::Diagnosed { .. }
        | RunNotice::Waiting { .. }
        | RunNotice::Skipped { .. }
        | RunNotice::Over { why: OverReason::TakenOver { .. } | OverReason::Skipped, .. }
        | RunNotice::LeftBehind { .. }
        | RunNotice::PlanLost { .. }
        | RunNotice::Declared { .. }
        | RunNotice::Missed(
            MissedNotice::Repeated { .. } | MissedNotice::TooLate(_) | MissedNotice::Left(_) | MissedNotice::Nothing(_),
        )
        | RunNotice::Preflight(_)
        | RunNotice::Lists(_)
        | RunNotice::Launch(_)
        | RunNotice::LaunchingEnded => None,
    }
}

impl RunEvent {
    fn of(notice: &RunNotice<'_>, clock: &dyn Clock) -> Option<Self> {
        let id = |run: &Option<RunId>| run.map(|run| run.to_string());
        Some(match notice {
            RunNotice::Diagnosed { sources, diagnostics } => {
                let shown = diagnostics.iter().map(|diagnostic| {
                    let source = sources.get(diagnostic.place.source);
                    DiagnosedText {
                        is_error: diagnostic.severity == Severity::Error,
                        code: diagnostic.code.as_str().to_owned(),
                        file: source.name().to_owned(),
                        line: source.line_col(diagnostic.place.span.start).line,
                        what: diagnostic.what.clone(),
                    }
                });
                Self::Diagnosed { diagnostics: shown.collect() }
            }
            RunNotice::Waiting { manifest, live } => {
                Self::WaitingForRun { manifest: (*manifest).to_owned(), live: id(live) }
            }
            RunNotice::Skipped { identity, live } => {
                Self::SlotSkipped { identity: identity.describe(), live: id(live) }
            }
            RunNotice::InTheWay { identity, live, .. } => {
                Self::InTheWay { identity: identity.describe(), live: id(live) }
            }
            RunNotice::Over { identity, why } => Self::Over { identity: identity.describe(), why: (*why).into() },
            RunNotice::Follows { identity, .. } => Self::Followed { identity: identity.describe() },
            RunNotice::GoesOn { identity, .. } => Self::GoesOn { identity: Some(identity.describe()) },
            RunNotice::RerunGoesOn { .. } => Self::GoesOn { identity: None },
            RunNotice::LeftBehind { launches } => {
                let words = |left: &LeftBehind| LaunchWords { launch: left.launch.to_string(), why: left.why.clone() };
                Self::LeftBehind { launches: launches.iter().map(words).collect() }
            }
            RunNotice::Repeats { launches, first, .. } => {
                Self::Repeats { launches: *launches, first: first.to_string() }
            }
            RunNotice::Cancelling { what, .. } => Self::Cancelling {
                job: what.job.clone(),
                filter: what.launches.as_ref().map(|chosen| chosen.filter.clone()),
                launches: what.launches.as_ref().map(|chosen| chosen.taken.len()),
            },
            RunNotice::HeldBack { holds, .. } => {
                Self::HeldBack { hold: holds.hold.as_ref().map_or_else(|| "held".to_owned(), ToString::to_string) }
            }
            RunNotice::Lifted { .. } => Self::Lifted,
            RunNotice::PlanLost { lost, is_settled } => {
                Self::PlanLost { why: lost.to_string(), is_settled: *is_settled }
            }
            RunNotice::TakenOver { by, .. } => Self::TakenOver { by: by.to_string() },
            RunNotice::Left { run, pending } => Self::Left { words: pending.describe(*run) },
            RunNotice::NothingInDoubt { .. } => Self::NothingInDoubt,
            RunNotice::Declared { recorded, named, verdict } => {
                Self::Declared { recorded: *recorded, named: *named, verdict: *verdict }
            }
            RunNotice::Missed(missed) => Self::of_missed(missed),
            RunNotice::Preflight(notice) | RunNotice::Launch(notice) => return Self::of_launch(notice, clock),
            RunNotice::Launching { launches, sending, .. } => {
                Self::Launching { launches: *launches, is_sent: *sending == SendMode::On }
            }
            RunNotice::Lists(lists) => Self::Lists { read: lists.read, most: lists.most },
            RunNotice::LaunchingEnded => return None,
            RunNotice::Launched(launched) => Self::RunEnded {
                exit_code: launched.end.exit.code(),
                totals: launched.end.totals,
                stop: launched.launched.stop.as_ref().map(ToString::to_string),
            },
        })
    }

    fn of_missed(missed: &MissedNotice<'_>) -> Self {
        let of_span = |span: &MissedSpan<'_>, is_too_late| Self::SlotsMissed {
            slots: span.slots.iter().map(Timestamp::to_string).collect(),
            is_too_late,
        };
        match missed {
            MissedNotice::Repeated { begin, periods } => {
                Self::SlotRepeated { begin: begin.to_string(), periods: *periods }
            }
            MissedNotice::TooLate(span) => of_span(span, true),
            MissedNotice::Left(span) => of_span(span, false),
            MissedNotice::Nothing(slot) => Self::SlotEmpty { slot: slot.to_string() },
            MissedNotice::Begins { slot, .. } => Self::SlotBegun { slot: slot.to_string() },
            MissedNotice::Ended { slot, exit, .. } => {
                Self::SlotEnded { slot: slot.to_string(), exit_code: exit.code() }
            }
        }
    }

    fn of_launch(notice: &Notice, clock: &dyn Clock) -> Option<Self> {
        Some(match notice {
            Notice::Ended(launch, verdict) => Self::LaunchEnded { launch: launch.to_string(), verdict: *verdict },
            Notice::JobEnded(job, outcome) => Self::RobotJobEnded { robot_job: job.0, outcome: *outcome },
            Notice::Retried { retry, class, wait } => {
                Self::RetryPlanned { launch: retry.to_string(), class: *class, wait_seconds: wait.as_secs_f64() }
            }
            Notice::RetryEnded(launch, verdict) => Self::RetryEnded { launch: launch.to_string(), verdict: *verdict },
            Notice::Unsent(launch, why) => Self::LaunchUnsent { launch: launch.to_string(), why: why.clone() },
            Notice::Doubted(launch, why) => Self::LaunchDoubted { launch: launch.to_string(), why: why.clone() },
            Notice::Absent(launch) => Self::LaunchAbsent { launch: launch.to_string() },
            Notice::Recounted { launch, before, after } => {
                Self::LaunchRecounted { launch: launch.to_string(), before: *before, after: *after }
            }
            Notice::ClocksApart(milliseconds) => Self::ClocksApart { milliseconds: *milliseconds },
            Notice::Looking(page) => Self::Looking { page: *page },
            Notice::Held(span) => Self::Paused { until: later(clock.utc(), *span).to_string() },
            Notice::FolderClosed(folder, why) => Self::FolderClosed { folder: folder.to_string(), why: why.clone() },
            Notice::Stopping(why) => Self::Stopping { why: why.clone() },
            Notice::Halted(why) => Self::Halted { job: None, why: why.clone() },
            Notice::JobHalted { job, why } => Self::Halted { job: Some(job.clone()), why: why.clone() },
            Notice::Interrupted { signal, requests, .. } => {
                let signal = match signal {
                    Interrupt::Interrupted => SignalWord::Interrupt,
                    Interrupt::Terminated => SignalWord::Terminate,
                };
                Self::Interrupted { signal, requests: *requests }
            }
            Notice::RobotJobsStopped { tally, .. } => {
                Self::RobotJobsStopped { asked: tally.asked, over: tally.over, refused: tally.refused }
            }
            Notice::Watched(words) | Notice::Waiting(words) | Notice::Looked(words) | Notice::Steered(words) => {
                Self::Said { words: words.clone() }
            }
            // It changes with every answer, and says nothing that is durable.
            Notice::Outlook(_) => return None,
        })
    }
}

impl From<OverReason> for OverWord {
    fn from(why: OverReason) -> Self {
        match why {
            OverReason::TakenOver { .. } => Self::TakenOver,
            OverReason::Skipped => Self::Skipped,
            OverReason::Followed { .. } => Self::Followed,
            OverReason::Done { .. } => Self::Done,
        }
    }
}
