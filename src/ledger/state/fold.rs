//! The one function from a state and an event to the next state.
//!
//! In: what is known of a launch, and an event. Out: what is known then, or that the event cannot follow. Never: I/O or a clock.

use super::job_ends;
use super::{Attempts, DoubtOutcome, Evidence, IllegalEvent, LaunchState};
use crate::clock::Timestamp;
use crate::ids::AttemptNo;
use crate::ledger::event::{AttemptEnd, Declaration, Doubt, Finding, Intent, LaunchEvent};
use crate::ledger::verdict::Verdict;
use crate::outcome::{BegunJob, JobEnd};
use crate::robot_job::RobotJob;

/// What is known after `event`.
///
/// Errors: [`IllegalEvent`] where the event cannot follow: an outcome without its intent, or a second intent while
/// the launch may not be sent. Live, that is our bug; on recovery, damage.
pub fn fold(state: LaunchState, event: LaunchEvent) -> Result<LaunchState, IllegalEvent> {
    let illegal = IllegalEvent { state: state.name(), event: event.name(), attempt: event.attempt() };
    let of = |attempts: &Attempts, attempt| attempts.intent.attempt == attempt;
    match event {
        LaunchEvent::Intended(intent) if state.may_be_sent() && intent.attempt == state.next_attempt() => {
            Ok(LaunchState::Open(attempts_with(state, intent)))
        }
        LaunchEvent::Adopted { intent, jobs } if state.may_be_sent() && intent.attempt == state.next_attempt() => {
            Ok(LaunchState::Started {
                attempts: attempts_with(state, intent),
                jobs,
                evidence: Evidence::List,
                recounted: false,
                named: Vec::new(),
                ends: Vec::new(),
            })
        }
        LaunchEvent::Ended { attempt, end } => {
            let LaunchState::Open(attempts) = state else { return Err(illegal) };
            if of(&attempts, attempt) { Ok(close(attempts, end)) } else { Err(illegal) }
        }
        LaunchEvent::Orphaned { attempt, last } => {
            let LaunchState::Open(attempts) = state else { return Err(illegal) };
            if of(&attempts, attempt) { Ok(orphan(attempts, last)) } else { Err(illegal) }
        }
        LaunchEvent::Settled { attempt, finding } => {
            let LaunchState::InDoubt { attempts, doubt, .. } = state else { return Err(illegal) };
            if of(&attempts, attempt) { Ok(settle(attempts, doubt, finding)) } else { Err(illegal) }
        }
        LaunchEvent::Declared { attempt, answer } => {
            if !state.may_be_declared(answer) {
                return Err(illegal);
            }
            let (attempts, jobs) = match state {
                LaunchState::InDoubt { attempts, .. } => (attempts, Vec::new()),
                LaunchState::Started { attempts, jobs, .. } | LaunchState::Declared { attempts, jobs, .. } => {
                    (attempts, jobs)
                }
                LaunchState::Planned
                | LaunchState::Due(_)
                | LaunchState::Open(_)
                | LaunchState::Unsent { .. }
                | LaunchState::Rejected { .. }
                | LaunchState::StartedElsewhere { .. }
                | LaunchState::LeftOut { .. } => return Err(illegal),
            };
            if of(&attempts, attempt) { Ok(declare(attempts, jobs, answer)) } else { Err(illegal) }
        }
        LaunchEvent::Recounted { attempt, jobs } => recount(state, attempt, jobs, illegal),
        LaunchEvent::JobsEnded { attempt, ends: new } => with_ends(state, attempt, illegal, |jobs, ends| {
            // A count may have found that a robot job is another launch's, while its end was on its way.
            for end in new.into_iter().filter(|end| jobs.iter().any(|job| job.id == end.job)) {
                job_ends::note(ends, end);
            }
        }),
        LaunchEvent::JobsBegan { attempt, jobs: begun } => with_ends(state, attempt, illegal, |jobs, _| {
            for BegunJob { job, start } in begun {
                if let Some(job) = jobs.iter_mut().find(|known| known.id == job) {
                    job.note_begin(start);
                }
            }
        }),
        LaunchEvent::RobotLog { attempt, job, lines } => with_ends(state, attempt, illegal, |_, ends| {
            if let Some(end) = ends.iter_mut().find(|end| end.job == job) {
                end.log = lines;
            }
        }),
        LaunchEvent::JobNotes { attempt, job, notes } => with_ends(state, attempt, illegal, |_, ends| {
            if let Some(end) = ends.iter_mut().find(|end| end.job == job) {
                end.notes = notes;
            }
        }),
        LaunchEvent::StartedElsewhere { by, certain } if state == LaunchState::Planned => {
            Ok(LaunchState::StartedElsewhere { by, certain })
        }
        LaunchEvent::LeftOut { cause, why } if state == LaunchState::Planned => Ok(LaunchState::LeftOut { cause, why }),
        LaunchEvent::RetryDecided(origin) if state == LaunchState::Planned => Ok(LaunchState::Due(Box::new(origin))),
        LaunchEvent::Intended(_)
        | LaunchEvent::Adopted { .. }
        | LaunchEvent::StartedElsewhere { .. }
        | LaunchEvent::LeftOut { .. }
        | LaunchEvent::RetryDecided(_) => Err(illegal),
    }
}

/// A launch that was started, with the robot jobs that a count found.
fn recount(
    state: LaunchState,
    attempt: AttemptNo,
    mut jobs: Vec<RobotJob>,
    illegal: IllegalEvent,
) -> Result<LaunchState, IllegalEvent> {
    // What was refused is there all the same, by the server's own list.
    if let LaunchState::Rejected { attempts, .. } = state {
        if attempts.intent.attempt != attempt {
            return Err(illegal);
        }
        let (evidence, named, ends) = (Evidence::List, Vec::new(), Vec::new());
        return Ok(LaunchState::Started { attempts, jobs, evidence, recounted: true, named, ends });
    }
    let LaunchState::Started { attempts, jobs: before, evidence, named, ends, .. } = state else {
        return Err(illegal);
    };
    if attempts.intent.attempt != attempt {
        return Err(illegal);
    }
    let is_news = named.is_empty() && evidence == Evidence::Answer && before.len() != jobs.len();
    let named = if is_news { before.iter().map(|job| job.id).collect() } else { named };
    // That one ran is not undone by a list that shows it Pending, as it is once its host crashed.
    for begun in before.iter().filter(|job| job.has_begun()) {
        if let Some(job) = jobs.iter_mut().find(|job| job.id == begun.id && !job.has_begun()) {
            (job.state, job.start_time) = (begun.state.clone(), begun.start_time.clone());
        }
    }
    Ok(LaunchState::Started { attempts, jobs, evidence, recounted: true, named, ends })
}

/// A launch that was started, with what is known of its robot jobs changed.
fn with_ends(
    state: LaunchState,
    attempt: AttemptNo,
    illegal: IllegalEvent,
    change: impl FnOnce(&mut [RobotJob], &mut Vec<JobEnd>),
) -> Result<LaunchState, IllegalEvent> {
    let LaunchState::Started { attempts, mut jobs, evidence, recounted, named, mut ends } = state else {
        // Somebody answered for the launch meanwhile: that holds.
        return if matches!(state, LaunchState::Declared { .. }) { Ok(state) } else { Err(illegal) };
    };
    if attempts.intent.attempt != attempt {
        return Err(illegal);
    }
    change(&mut jobs, &mut ends);
    Ok(LaunchState::Started { attempts, jobs, evidence, recounted, named, ends })
}

fn attempts_with(state: LaunchState, intent: Intent) -> Attempts {
    let first = |retry| Attempts { intent: intent.clone(), sent: 1, absences: 0, doubted: false, retry };
    match state {
        LaunchState::Planned | LaunchState::StartedElsewhere { .. } | LaunchState::LeftOut { .. } => first(None),
        LaunchState::Due(origin) => first(Some(origin)),
        LaunchState::Open(attempts)
        | LaunchState::Unsent { attempts, .. }
        | LaunchState::Started { attempts, .. }
        | LaunchState::Rejected { attempts, .. }
        | LaunchState::InDoubt { attempts, .. }
        | LaunchState::Declared { attempts, .. } => Attempts { intent, sent: attempts.sent + 1, ..attempts },
    }
}

fn orphan(attempts: Attempts, last: Timestamp) -> LaunchState {
    let why = "no answer was recorded before sortie was cut off".to_owned();
    let doubt = Doubt {
        why,
        last,
        server_ahead_ms: attempts.intent.server_ahead_ms,
        orphaned: true,
        named: Vec::new(),
        refusal: None,
    };
    LaunchState::InDoubt { attempts: Attempts { doubted: true, ..attempts }, doubt, outcome: None }
}

fn close(attempts: Attempts, end: AttemptEnd) -> LaunchState {
    match end {
        AttemptEnd::Expired => {
            LaunchState::Unsent { attempts: Attempts { sent: attempts.sent - 1, ..attempts }, why: None }
        }
        AttemptEnd::Unsent(why) => LaunchState::Unsent { attempts, why: Some(why) },
        AttemptEnd::Started(jobs) => LaunchState::Started {
            attempts,
            jobs,
            evidence: Evidence::Answer,
            recounted: false,
            named: Vec::new(),
            ends: Vec::new(),
        },
        AttemptEnd::Rejected(error) => LaunchState::Rejected { attempts, error },
        AttemptEnd::Doubted(doubt) => {
            LaunchState::InDoubt { attempts: Attempts { doubted: true, ..attempts }, doubt, outcome: None }
        }
    }
}

fn settle(attempts: Attempts, doubt: Doubt, finding: Finding) -> LaunchState {
    match finding {
        Finding::Found(jobs) => LaunchState::Started {
            attempts,
            jobs,
            evidence: Evidence::List,
            recounted: false,
            named: Vec::new(),
            ends: Vec::new(),
        },
        Finding::Absent => {
            let attempts = Attempts { absences: attempts.absences + u32::from(!doubt.orphaned), ..attempts };
            match doubt.refusal {
                Some(error) => LaunchState::Rejected { attempts, error: *error },
                None => LaunchState::Unsent { attempts, why: Some(doubt.why) },
            }
        }
        Finding::Held(hold) => LaunchState::InDoubt { attempts, doubt, outcome: Some(DoubtOutcome::Held(hold)) },
        Finding::Undecided(why) => {
            LaunchState::InDoubt { attempts, doubt, outcome: Some(DoubtOutcome::Undecided(why)) }
        }
    }
}

fn declare(attempts: Attempts, jobs: Vec<RobotJob>, answer: Declaration) -> LaunchState {
    let declared = |verdict| LaunchState::Declared { attempts: attempts.clone(), verdict, jobs: jobs.clone() };
    match answer {
        Declaration::Started => declared(Verdict::Started),
        Declaration::Partial => declared(Verdict::Partial),
        Declaration::Duplicate => declared(Verdict::Duplicate),
        Declaration::Absent => {
            LaunchState::Unsent { attempts, why: Some("you said that nothing of it exists".to_owned()) }
        }
    }
}
