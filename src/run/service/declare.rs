//! What somebody found out about launches, as events: all or none.
//!
//! In: launches by id, by pattern or by kind, and an answer. Out: events in the ledger. Never: asks a server.

use std::collections::{BTreeMap, BTreeSet};

use crate::clock::Timestamp;
use crate::diagnostic::escape::escape;
use crate::ids::{LaunchId, Ordinal};
use crate::launch_terms::ExpectedJobs;
use crate::ledger::event::{Declaration, LaunchEvent, Record};
use crate::ledger::state::{LaunchState, Verdict};
use crate::ledger::{EventLog, LedgerError, RunStore};
use crate::report::Reason;
use crate::run::error::RunServiceError;
use crate::run::stored_run::StoredRun;

/// Which launches an answer is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LaunchSelection {
    /// These, each by its id or by a pattern, in which `*` stands for any text.
    Named(Vec<String>),
    /// Every launch that is unknown.
    AllUnknown,
    /// Every launch that is held or given up.
    AllHeld,
}

/// What somebody found out about a launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Its robot jobs exist.
    Started,
    /// Nothing of it exists: it may be sent again.
    Absent,
    /// Too few robot jobs exist, and that was dealt with.
    Partial,
    /// Too many robot jobs exist, and that was dealt with.
    Duplicate,
}

impl Answer {
    /// The verdict of a launch of which it was said.
    #[must_use]
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Started => Verdict::Started,
            Self::Absent => Verdict::NotSent,
            Self::Partial => Verdict::Partial,
            Self::Duplicate => Verdict::Duplicate,
        }
    }

    fn declaration(self) -> Declaration {
        match self {
            Self::Started => Declaration::Started,
            Self::Absent => Declaration::Absent,
            Self::Partial => Declaration::Partial,
            Self::Duplicate => Declaration::Duplicate,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Absent => "absent",
            Self::Partial => "partial",
            Self::Duplicate => "duplicate",
        }
    }

    /// Whether it means a launch that was not named by its id: only where it fits what is known.
    fn fits(self, state: &LaunchState) -> bool {
        let (verdict, reason) = (state.verdict(), Reason::of(state));
        if reason == Some(Reason::Declared) {
            return false;
        }
        match self {
            Self::Absent => verdict == Verdict::Unknown,
            Self::Started => verdict == Verdict::Unknown && !reason.is_some_and(Reason::is_absent),
            Self::Partial => verdict == Verdict::Partial,
            Self::Duplicate => verdict == Verdict::Duplicate,
        }
    }
}

/// How many launches were meant, and for how many an answer was recorded: the others had it.
pub(super) struct DeclaredLaunches {
    pub(super) recorded: usize,
    pub(super) named: usize,
}

type LaunchStates = BTreeMap<LaunchId, (Ordinal, LaunchState)>;

/// Records what somebody says of the launches that are `chosen`, all or none.
pub(super) async fn declare<S: RunStore + EventLog>(
    store: &S,
    stored: &StoredRun,
    chosen: &LaunchSelection,
    answer: Answer,
    now: Timestamp,
    ledger_flags: &str,
) -> Result<DeclaredLaunches, RunServiceError> {
    let id = stored.record.id;
    let known = launches_of(store, stored).await?;
    let launches = chosen.among(&known, answer).map_err(|what| RunServiceError::NoSuchLaunch {
        run: id,
        what,
        ledger_flags: ledger_flags.to_owned(),
    })?;
    let mut records = Vec::new();
    for launch in &launches {
        let (ordinal, state) = &known[*launch];
        let Some(attempts) = state.attempts() else { continue };
        let attempt = attempts.intent.attempt;
        let mut record = |event| records.push(Record { ordinal: *ordinal, at: now, event });
        if let LaunchState::Open(_) = state {
            // As a process that goes on with the run would find it.
            let last = attempts.intent.not_after.min(now);
            record(LaunchEvent::Orphaned { attempt, last });
        } else if !state.may_be_declared(answer.declaration()) {
            if state.verdict() == answer.verdict() {
                continue;
            }
            return Err(RunServiceError::NotDeclarable(refusal(launch, state, answer)));
        }
        record(LaunchEvent::Declared { attempt, answer: answer.declaration() });
    }
    let recorded = records.iter().filter(|record| matches!(record.event, LaunchEvent::Declared { .. })).count();
    if !records.is_empty() {
        store.reopen_run(id, now).await?;
        store.append(id, records).await?;
    }
    Ok(DeclaredLaunches { recorded, named: launches.len() })
}

/// Why the answer cannot be about this launch, and what can be.
fn refusal(launch: &LaunchId, state: &LaunchState, said: Answer) -> String {
    let id = escape(launch.as_str());
    let (jobs, asked) = match state {
        LaunchState::Started { attempts, jobs, .. } | LaunchState::Declared { attempts, jobs, .. } => {
            (jobs.len(), attempts.intent.expected)
        }
        LaunchState::Planned
        | LaunchState::Open(_)
        | LaunchState::Unsent { .. }
        | LaunchState::Rejected { .. }
        | LaunchState::InDoubt { .. }
        | LaunchState::StartedElsewhere { .. }
        | LaunchState::LeftOut { .. }
        | LaunchState::Due(_) => {
            return format!("`--as {}` is for unknown launches; `{id}` is {}", said.as_str(), state.verdict().as_str());
        }
    };
    let of = match asked {
        ExpectedJobs::Exactly(asked) => format!("{jobs} of {asked}"),
        ExpectedJobs::AtLeastOne => jobs.to_string(),
    };
    let help = match state.verdict() {
        Verdict::Partial => "\n  help: start what is missing by hand, then say `--as partial`",
        Verdict::Duplicate => "\n  help: stop what is too many by hand, then say `--as duplicate`",
        Verdict::Started | Verdict::Rejected | Verdict::Unknown | Verdict::Skipped | Verdict::NotSent => "",
    };
    format!("`--as {}` is for unknown launches; `{id}` started {of}{help}", said.as_str())
}

impl LaunchSelection {
    /// The launches of `known` that are meant; else what the run has not.
    fn among<'k>(&self, known: &'k LaunchStates, said: Answer) -> Result<BTreeSet<&'k LaunchId>, String> {
        let fitting = |is_meant: &dyn Fn(&LaunchId, &LaunchState) -> bool| -> BTreeSet<&'k LaunchId> {
            let fitting = known.iter().filter(|(id, (_, state))| is_meant(id, state) && said.fits(state));
            fitting.map(|(id, _)| id).collect()
        };
        let some = |found: BTreeSet<&'k LaunchId>, what: &str| {
            if found.is_empty() {
                Err(format!("no launch {what} of which `{}` can be said", said.as_str()))
            } else {
                Ok(found)
            }
        };
        let patterns = match self {
            Self::AllUnknown => return some(fitting(&|_, _| true), "in doubt"),
            Self::AllHeld => {
                let is_held = |_: &LaunchId, state: &LaunchState| Reason::of(state).is_some_and(Reason::is_absent);
                return some(fitting(&is_held), "held or given up");
            }
            Self::Named(patterns) => patterns,
        };
        let mut launches = BTreeSet::new();
        for pattern in patterns {
            // As it is, or as a report shows it.
            let exact = known.keys().find(|id| id.as_str() == pattern || escape(id.as_str()) == pattern.as_str());
            match exact {
                Some(id) => drop(launches.insert(id)),
                None if pattern.contains('*') => {
                    let what = format!("like `{}`", escape(pattern));
                    launches.extend(some(fitting(&|id, _| matches(pattern, id.as_str())), &what)?);
                }
                None => return Err(format!("sent no launch `{}`", escape(pattern))),
            }
        }
        Ok(launches)
    }
}

/// Whether `text` is what `pattern` says, in which each `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        // The first place will do: what is left is then the longest.
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(last)
}

/// The launches of a run that have events, by id.
async fn launches_of<S: EventLog>(store: &S, stored: &StoredRun) -> Result<LaunchStates, LedgerError> {
    let states = store.read_states(stored.record.id, Ordinal(0), usize::MAX).await?;
    let named = states.into_iter().filter_map(|(ordinal, state)| {
        let launch = state.attempts()?.intent.launch.clone();
        Some((launch, (ordinal, state)))
    });
    Ok(named.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, expected) in [
            ("p/*", "p/1", true),
            ("p/*", "p/1,2", true),
            ("p/*", "p", false),
            ("p/*", "q/1", false),
            ("*", "anything", true),
            ("*/1", "p/1", true),
            ("*/1", "p/11", false),
            ("*/1", "p/12", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("ab*ba", "aba", false),
            ("**", "", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }
}
