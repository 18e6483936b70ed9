//! What a run is at, at one moment: the line of its progress, and what each launch that is not over waits for.
//!
//! In: the ledger of a run that goes on. Out: lines for whoever asked by SIGUSR1. Never: writes, or asks the server.

use crate::clock::Timestamp;
use crate::diagnostic::escape::escape;
use crate::ids::{Ordinal, RunId};
use crate::ledger::state::{DoubtOutcome, LaunchState};
use crate::ledger::{EventLog, LedgerError};

/// Maximum launches that are named.
const MAX_NAMED: usize = 40;

/// States that are read at once.
const PAGE: usize = 1000;

/// What `run` is at; `line` says how far it is, and `waits_for_jobs` whether the ends of robot jobs count. Without a run nothing is sent or settled yet, or any more.
pub(crate) async fn describe<L: EventLog>(
    ledger: &L,
    run: Option<RunId>,
    line: Option<String>,
    waits_for_jobs: bool,
    now: Timestamp,
) -> String {
    let Some(run) = run else { return format!("{now:.0}: no launch is being sent or settled at this moment") };
    let mut words = format!("run {run} at {now:.0}: {}", line.as_deref().unwrap_or("its launches are being looked at"));
    match waits(ledger, run, waits_for_jobs).await {
        Ok(mut waits) => {
            waits.sort_by_key(|wait| wait.urgency);
            let more = waits.len().saturating_sub(MAX_NAMED);
            for wait in waits.iter().take(MAX_NAMED) {
                words.push_str(&format!("\n    {}: {}", escape(&wait.launch), escape(&wait.why)));
            }
            if more > 0 {
                words.push_str(&format!("\n    and {more} more"));
            }
        }
        Err(error) => words.push_str(&format!("\n    the ledger cannot be read: {error}")),
    }
    words
}

/// A launch that is not over.
struct LaunchWait {
    /// What nobody can tell yet comes first.
    urgency: u8,
    launch: String,
    why: String,
}

async fn waits<L: EventLog>(ledger: &L, run: RunId, for_jobs: bool) -> Result<Vec<LaunchWait>, LedgerError> {
    let (mut waits, mut from) = (Vec::new(), Ordinal::from(0_usize));
    loop {
        let states = ledger.read_states(run, from, PAGE).await?;
        let Some((last, _)) = states.last() else { return Ok(waits) };
        from = Ordinal::from(last.index() + 1);
        waits.extend(states.iter().filter_map(|(_, state)| wait(state, for_jobs)));
    }
}

/// What a launch in this state waits for; `None` if it is over, or was never sent.
fn wait(state: &LaunchState, for_jobs: bool) -> Option<LaunchWait> {
    let (urgency, why) = match state {
        LaunchState::Planned
        | LaunchState::Rejected { .. }
        | LaunchState::Declared { .. }
        | LaunchState::StartedElsewhere { .. }
        | LaunchState::LeftOut { .. } => return None,
        LaunchState::InDoubt { doubt, outcome: None, .. } => {
            (0, format!("in doubt since {:.0}: {}", doubt.last, doubt.why))
        }
        LaunchState::InDoubt { outcome: Some(DoubtOutcome::Undecided(why)), .. } => {
            (0, format!("unknown, and looked for no longer: {why}"))
        }
        LaunchState::InDoubt { outcome: Some(DoubtOutcome::Held(_)), .. } => {
            (0, "held: nothing of it exists, and only you may have it sent".to_owned())
        }
        LaunchState::Open(attempts) => (1, format!("sent after {:.0}, no answer yet", attempts.intent.not_before)),
        LaunchState::Unsent { why, .. } => {
            (2, format!("goes again: {}", why.as_deref().unwrap_or("its time to be sent ran out")))
        }
        LaunchState::Due(origin) => {
            return Some(LaunchWait {
                urgency: 3,
                launch: origin.launch.to_string(),
                why: format!("a retry, sent after {:.0}", origin.due),
            });
        }
        LaunchState::Started { attempts, jobs, ends, .. } => {
            let is_open = |id| !ends.iter().any(|end| end.job == id);
            let open: Vec<String> =
                jobs.iter().map(|job| job.id).filter(|id| is_open(*id)).map(|id| id.0.to_string()).collect();
            if open.is_empty() || !for_jobs {
                return None;
            }
            let noun = if open.len() == 1 { "robot job" } else { "robot jobs" };
            (4, format!("started; {noun} {} not over, folder {}", open.join(", "), attempts.intent.folder))
        }
    };
    let launch = state.attempts().map(|attempts| attempts.intent.launch.to_string()).unwrap_or_default();
    Some(LaunchWait { urgency, launch, why })
}
