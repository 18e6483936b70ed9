//! One head of several: what they share, what they come to together, and what each was.
//!
//! In: runs. Out: a [`Head`] whose totals are still to be counted. Never: a policy that only one of them has, without its run.

use std::collections::BTreeMap;

use super::part::{Part, have_one_manifest};
use super::places::Places;
use crate::exit::ExitStatus;
use crate::format::{CountOrShare, FailOn};
use crate::ids::{Digest, RunId};
use crate::ledger::state::chains::Chains;
use crate::outcome::Judgement;
use crate::report::{Background, Head, Hints, MergedRun, PlannedLaunches as _, RunAvailability, RunHead, Totals};
use crate::run::reporting::RepeatedFlags;
use crate::words::Words as _;

/// Maximum names that are listed as one.
const MAX_NAMES: usize = 5;

/// Maximum launches that are named as started by more than one run.
const MAX_TWICE: usize = 100;

/// The id of the report of these runs: the same for the same runs, whatever their order.
pub(super) fn id_of(parts: &[Part]) -> RunId {
    let mut ids: Vec<RunId> = parts.iter().map(|part| part.file.record.id).collect();
    ids.sort_unstable();
    let text: String = ids.iter().map(ToString::to_string).collect();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&Digest::of(text.as_bytes()).as_bytes()[..16]);
    RunId::from_bytes(bytes)
}

pub(super) fn of(parts: &[Part], places: &Places, flags: &RepeatedFlags) -> Head {
    let records = || parts.iter().map(|part| &part.file.record);
    let (policies, exit) = judged(parts, places);
    let twice = places.started_twice();
    // As of a launch that a server started twice: somebody must look.
    let exit = exit.map(|exit| if twice.is_empty() { exit } else { exit.worse(ExitStatus::Unknown) });
    let mut started_twice: Vec<String> = twice.iter().take(MAX_TWICE).map(|id| (*id).to_owned()).collect();
    if twice.len() > MAX_TWICE {
        started_twice.push(format!("and {} more", twice.len() - MAX_TWICE));
    }
    let heads = || parts.iter().map(|part| &part.head.run);
    let ends: Option<Vec<_>> = parts.iter().map(|part| part.file.end.map(|end| end.ended)).collect();
    let slot = shared(records().map(|record| record.slot.clone())).flatten();
    let holds: Vec<String> =
        heads().filter_map(|run| Some(format!("run {}: {}", run.id, run.hold.as_ref()?))).collect();
    let plan_digest = shared(records().map(|record| record.plan_digest)).unwrap_or_else(|| {
        Digest::of(records().map(|record| record.plan_digest.to_string()).collect::<String>().as_bytes())
    });
    let run = RunHead {
        id: id_of(parts).to_string(),
        name: listed(records().map(|record| record.name.as_str())),
        slot,
        profile: listed(records().map(|record| record.profile.as_str())),
        started: records().map(|record| record.started).min().expect("there is one at least").to_string(),
        ended: ends.and_then(|ends| ends.into_iter().max()).map(|ended| ended.to_string()),
        plan_digest: plan_digest.to_string(),
        filter: None,
        shown: None,
        exit_code: exit.map(ExitStatus::code),
        clocks_apart_ms: heads().filter_map(|run| run.clocks_apart_ms).max_by_key(|ms| ms.unsigned_abs()),
        uncounted: heads().flat_map(|run| run.uncounted.clone()).collect(),
        hold: (!holds.is_empty()).then(|| holds.join("; ")),
        outcome_policies: policies,
        merged: parts.iter().map(merged_run).collect(),
        rerun: places.count_rerun(),
        started_twice,
        is_of_a_sandbox: false,
    };
    let hints = Hints { ledger: flags.ledger.clone(), reach: RunAvailability::Merged, ..Hints::default() };
    Head { run, totals: Totals::default(), hints, background: Background::default() }
}

fn merged_run(part: &Part) -> MergedRun {
    let (record, end) = (&part.file.record, part.file.end);
    MergedRun {
        id: record.id.to_string(),
        name: record.name.clone(),
        slot: record.slot.clone(),
        profile: record.profile.clone(),
        tenant: record.launched_on().to_owned(),
        host: part.file.host.clone(),
        started: record.started.to_string(),
        ended: end.map(|end| end.ended.to_string()),
        plan_digest: record.plan_digest.to_string(),
        exit_code: end.map(|end| end.exit.code()),
        launches: record.launches,
    }
}

/// What all of `values` are; `None` if they are not one.
fn shared<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut distinct: Vec<&str> = Vec::new();
    for name in names {
        if !distinct.contains(&name) {
            distinct.push(name);
        }
    }
    let more = distinct.len().saturating_sub(MAX_NAMES);
    distinct.truncate(MAX_NAMES);
    let names = distinct.join(" + ");
    if more == 0 { names } else { format!("{names} and {more} more") }
}

/// What the outcome policies come to over all launches, and the exit status; `None` while a run has not ended. Runs of one manifest
/// are judged together, those of several each by its own.
///
/// A run that others among them reran does not exit by what these did again.
fn judged(parts: &[Part], places: &Places) -> (Vec<Judgement>, Option<ExitStatus>) {
    let exit = |part: &Part| {
        let is_rerun = parts.iter().any(|other| other.rerun_of() == Some(part.file.record.id));
        part.file.end.map(|end| if is_rerun { without_launches(end.exit) } else { end.exit })
    };
    let exits: Option<Vec<ExitStatus>> = parts.iter().map(exit).collect();
    let worst = |exits: Vec<ExitStatus>| exits.into_iter().fold(ExitStatus::Success, ExitStatus::worse);
    let together = have_one_manifest(parts).then(|| judged_together(parts, places)).flatten();
    let Some(policies) = together else {
        let each = |part: &Part| {
            let named = |policy: &Judgement| Judgement { run: Some(part.file.record.id.to_string()), ..policy.clone() };
            part.head.run.outcome_policies.iter().map(named).collect::<Vec<_>>()
        };
        return (parts.iter().flat_map(each).collect(), exits.map(worst));
    };
    // What a policy of a part came to is judged anew; a deadline that passed shows in it as `late`, or as robot jobs that are not over.
    let is_late = |policy: &Judgement| policy.failed.get(FailOn::Late.word()).is_some_and(|late| *late > 0);
    let status = |policy: &Judgement| if is_late(policy) { ExitStatus::Deadline } else { ExitStatus::Outcome };
    let missed =
        policies.iter().filter(|policy| !policy.is_met).map(status).fold(ExitStatus::Success, ExitStatus::worse);
    let exits = exits.map(|exits| exits.into_iter().filter(|exit| *exit != ExitStatus::Outcome).collect());
    (policies, exits.map(|exits| worst(exits).worse(missed)))
}

/// What is left of an exit status once what came of launches is not counted.
fn without_launches(exit: ExitStatus) -> ExitStatus {
    match exit {
        ExitStatus::Outcome
        | ExitStatus::Rejected
        | ExitStatus::Unknown
        | ExitStatus::NotSent
        | ExitStatus::Interrupted
        | ExitStatus::Terminated => ExitStatus::Success,
        ExitStatus::Success
        | ExitStatus::Fault
        | ExitStatus::Login
        | ExitStatus::Usage
        | ExitStatus::Deadline
        | ExitStatus::Stale
        | ExitStatus::Held
        | ExitStatus::Report
        | ExitStatus::Different => exit,
    }
}

/// The policies of the run at `number`, without its launches that a rerun among all started again.
fn own_policies(parts: &[Part], places: &Places, number: usize) -> Vec<Judgement> {
    let part = &parts[number];
    let mut policies = part.head.run.outcome_policies.clone();
    for ordinal in places.superseded(number) {
        let state = part.store.story(ordinal).state;
        let retries = part.retries.of(ordinal);
        let chains = Chains { state: &state, retries };
        let Some(planned) = part.launches.planned(ordinal, &state) else { continue };
        let is_of_job = |policy: &&mut Judgement| policy.job.as_ref() == Some(&planned.job);
        let Some(outcome) = chains.outcome() else { continue };
        let policy = match policies.iter_mut().find(is_of_job) {
            Some(policy) => policy,
            None => match policies.iter_mut().find(|policy| policy.job.is_none()) {
                Some(policy) => policy,
                None => continue,
            },
        };
        policy.launches = policy.launches.saturating_sub(1);
        let word = if chains.is_flaky() { FailOn::Flaky.word() } else { outcome.word() };
        if let Some(count) = policy.failed.get_mut(word) {
            *count = count.saturating_sub(1);
        }
        policy.failed.retain(|_, count| *count > 0);
    }
    policies
}

/// The policies over the launches of all `parts`; `None` where they are not the same policies.
fn judged_together(parts: &[Part], places: &Places) -> Option<Vec<Judgement>> {
    let mut order: Vec<Judgement> = Vec::new();
    for policy in (0..parts.len()).flat_map(|number| own_policies(parts, places, number)) {
        match order.iter_mut().find(|known| known.job == policy.job) {
            None => order.push(policy),
            Some(known) if known.tolerate != policy.tolerate => return None,
            Some(known) => {
                known.launches = known.launches.saturating_add(policy.launches);
                let failed: &mut BTreeMap<String, u32> = &mut known.failed;
                for (word, count) in &policy.failed {
                    *failed.entry(word.clone()).or_default() += count;
                }
            }
        }
    }
    for policy in &mut order {
        let tolerate = match policy.tolerate.parse::<u32>() {
            Ok(count) => CountOrShare::Count(count),
            Err(_) => serde_json::from_value(policy.tolerate.as_str().into()).ok()?,
        };
        policy.tolerated = u32::try_from(tolerate.of(policy.launches.into())).unwrap_or(u32::MAX);
        policy.is_met = policy.all_failed() <= policy.tolerated;
    }
    // That of the manifest stands first, as in the report of one run.
    order.sort_by_key(|policy| policy.job.is_some());
    Some(order)
}
