//! Which launches of a rerun may go by what they need, where that is not run again with them.
//!
//! In: a plan, what came of its launches over the chain, and which are chosen. Out: those that must stay behind, and why. Never:
//! looks at the ledger.

use crate::format::NeedCondition;
use crate::ids::{LaunchId, Ordinal};
use crate::ledger::event::LeftOutCause;
use crate::ledger::state::{LaunchState, Verdict};
use crate::outcome::JobOutcome;
use crate::plan::{Plan, PlannedJob};
use crate::words::Words as _;

/// What came of a launch that others need, as its latest run left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NeededFate {
    is_started: bool,
    end: NeededEnd,
    words: &'static str,
}

/// How a launch that others need ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NeededEnd {
    /// It did not, or nobody knows.
    Open,
    Successful,
    Failed,
    /// Its own `if` left it out: it counts for nothing.
    Neutral,
    /// It is over, neither well nor as a failure.
    Otherwise,
}

/// A launch that is not run again, since what it needs is neither there nor run again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftBehind {
    /// The launch.
    pub launch: LaunchId,
    /// What it needs, and what came of that.
    pub why: String,
}

impl NeededFate {
    const NOTHING: Self = Self { is_started: false, end: NeededEnd::Open, words: "not started" };
    const NEUTRAL: Self = Self { end: NeededEnd::Neutral, words: "skipped", ..Self::NOTHING };

    /// That of a launch without an event.
    pub(super) fn untouched(is_skipped: bool) -> Self {
        if is_skipped { Self::NEUTRAL } else { Self::NOTHING }
    }

    /// That of a launch in this state, whose robot jobs, and what came in their place, came to `outcome`.
    pub(super) fn of(state: &LaunchState, outcome: Option<JobOutcome>) -> Self {
        let verdict = state.verdict();
        match state {
            LaunchState::Started { .. } if verdict == Verdict::Started => {
                let started = Self { is_started: true, words: "not over, as far as is known", ..Self::NOTHING };
                outcome.map_or(started, |outcome| Self {
                    end: match outcome {
                        JobOutcome::Successful => NeededEnd::Successful,
                        JobOutcome::Suspended => NeededEnd::Otherwise,
                        JobOutcome::Faulted | JobOutcome::Stopped | JobOutcome::Gone => NeededEnd::Failed,
                        JobOutcome::Late => NeededEnd::Open,
                    },
                    words: outcome.word(),
                    ..started
                })
            }
            LaunchState::LeftOut { cause: LeftOutCause::Condition, .. } => Self::NEUTRAL,
            LaunchState::Rejected { .. } | LaunchState::LeftOut { cause: LeftOutCause::Unfit, .. } => {
                Self { end: NeededEnd::Failed, words: "rejected", ..Self::NOTHING }
            }
            LaunchState::LeftOut { cause: LeftOutCause::Needs, .. } | LaunchState::StartedElsewhere { .. } => {
                Self { end: NeededEnd::Otherwise, words: "skipped", ..Self::NOTHING }
            }
            LaunchState::Declared { .. } if verdict == Verdict::Started => {
                Self { is_started: true, words: "declared to be started", ..Self::NOTHING }
            }
            LaunchState::Planned
            | LaunchState::Due(_)
            | LaunchState::Open(_)
            | LaunchState::Unsent { .. }
            | LaunchState::InDoubt { .. }
            | LaunchState::Started { .. }
            | LaunchState::Declared { .. } => Self {
                is_started: verdict == Verdict::Duplicate,
                words: if verdict == Verdict::NotSent { "not started" } else { verdict.as_str() },
                ..Self::NOTHING
            },
        }
    }
}

/// Takes out of `chosen` whatever needs a launch that did not come as far as it must, and is not chosen itself. Returns why, by
/// launch; by place both, `fates` too.
pub(super) fn leave_behind(plan: &Plan, fates: &[NeededFate], chosen: &mut [bool]) -> Vec<LeftBehind> {
    let jobs: Vec<PlannedJob<'_>> = plan.jobs().collect();
    let mut left = Vec::new();
    // Whoever stays behind may be what others need.
    loop {
        let before = left.len();
        for job in &jobs {
            for need in job.needs {
                let other = jobs.iter().find(|other| other.number == need.job);
                let twins = other.filter(|_| need.is_same_row).map(|other| plan.twins(job, other));
                let all: Vec<Ordinal> = other.map_or(0..0, |other| other.ordinals.clone()).map(Ordinal).collect();
                let is_made_of_it = plan.uses_needs(job.number);
                let of_all =
                    twins.is_none().then(|| unmet(need.condition, &all, fates, chosen, is_made_of_it)).flatten();
                for (index, ordinal) in job.ordinals.clone().map(Ordinal).enumerate() {
                    if !chosen[ordinal.index()] {
                        continue;
                    }
                    let what = match &twins {
                        None => of_all,
                        Some(twins) => unmet(need.condition, twins[index].as_slice(), fates, chosen, is_made_of_it),
                    };
                    if let Some(what) = what {
                        chosen[ordinal.index()] = false;
                        let why = format!("needs `{}`, {what}", plan.job_name(need.job));
                        left.push(LeftBehind { launch: plan.launch_id(ordinal), why });
                    }
                }
            }
        }
        if left.len() == before {
            return left;
        }
    }
}

/// Why a launch that needs `launches` cannot be run again; `None` if it can.
fn unmet(
    condition: NeedCondition,
    launches: &[Ordinal],
    fates: &[NeededFate],
    chosen: &[bool],
    is_made_of_it: bool,
) -> Option<Unmet> {
    let others = || launches.iter().filter(|at| !chosen[at.index()]).map(|at| fates[at.index()]);
    if launches.is_empty() || others().next().is_none() {
        return None;
    }
    let are_all_others = others().count() == launches.len();
    let falls_short = |fate: &NeededFate| match condition {
        NeedCondition::Succeeded => !matches!(fate.end, NeededEnd::Successful | NeededEnd::Neutral),
        NeedCondition::Started => !fate.is_started && fate.end != NeededEnd::Neutral,
        NeedCondition::Finished | NeedCondition::Failed => fate.end == NeededEnd::Open,
    };
    if let Some(fate) = others().find(falls_short) {
        return Some(Unmet::Fate(fate.words));
    }
    let is_decided = match condition {
        NeedCondition::Succeeded | NeedCondition::Started => others().any(|fate| fate.end != NeededEnd::Neutral),
        NeedCondition::Finished => true,
        NeedCondition::Failed => others().any(|fate| fate.end == NeededEnd::Failed),
    };
    if are_all_others && !is_decided {
        return Some(if condition == NeedCondition::Failed { Unmet::NothingFailed } else { Unmet::Fate("skipped") });
    }
    is_made_of_it.then_some(Unmet::ValuesUnknown)
}

/// Why what a launch needs does not let it be run again.
#[derive(Clone, Copy)]
enum Unmet {
    Fate(&'static str),
    NothingFailed,
    /// Counts and outputs of an earlier run are not known in a rerun.
    ValuesUnknown,
}

impl std::fmt::Display for Unmet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fate(words) => write!(f, "which is not run again, and is {words}"),
            Self::NothingFailed => f.write_str("of which nothing failed"),
            Self::ValuesUnknown => f.write_str("and is made of what that came to, of which not all is run again"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{self, Inputs};

    const WELL: NeededFate = NeededFate { is_started: true, end: NeededEnd::Successful, words: "successful" };
    const LATE: NeededFate = NeededFate { is_started: true, end: NeededEnd::Open, words: "late" };
    const GONE: NeededFate = NeededFate { is_started: true, end: NeededEnd::Failed, words: "gone" };

    /// What stays behind of launches with these fates, of which those that have none are chosen.
    #[track_caller]
    fn check(jobs: &str, fates: &[Option<NeededFate>], expected: &[&str]) {
        let text = format!("version: 1\nname: n\nfolder: F\ndefaults: {{ release: R }}\njobs: {jobs}\n");
        let (_, plan) = plan::make(&Inputs::of_manifest("m.yaml", &text));
        let plan = plan.into_parts().0.expect("a plan");
        let mut chosen: Vec<bool> = fates.iter().map(Option::is_none).collect();
        let fates: Vec<NeededFate> = fates.iter().map(|fate| fate.unwrap_or(NeededFate::NOTHING)).collect();
        let left = leave_behind(&plan, &fates, &mut chosen);
        let told: Vec<String> = left.iter().map(|left| format!("{} {}", left.launch, left.why)).collect();
        assert_eq!(told, expected, "{jobs}");
        for (at, is_chosen) in chosen.iter().enumerate() {
            let id = plan.launch_id(Ordinal::from(at)).to_string();
            assert!(!is_chosen || !left.iter().any(|left| left.launch.to_string() == id), "{id}");
        }
    }

    #[test]
    fn a_rerun_leaves_out_whatever_needs_launches_that_did_not_come_so_far_and_are_not_run_again() {
        let two = "{ a: {}, b: { needs: [a] } }";
        check(two, &[Some(WELL), None], &[]);
        check(two, &[None, None], &[]);
        check(two, &[Some(LATE), None], &["b needs `a`, which is not run again, and is late"]);
        check(two, &[Some(GONE), None], &["b needs `a`, which is not run again, and is gone"]);
        check(two, &[Some(NeededFate::NOTHING), None], &["b needs `a`, which is not run again, and is not started"]);
        check(two, &[Some(NeededFate::NEUTRAL), None], &["b needs `a`, which is not run again, and is skipped"]);
        let finished = "{ a: {}, b: { needs: { a: finished } } }";
        check(finished, &[Some(GONE), None], &[]);
        check(finished, &[Some(LATE), None], &["b needs `a`, which is not run again, and is late"]);
        let failed = "{ a: {}, b: { needs: { a: failed } } }";
        check(failed, &[Some(GONE), None], &[]);
        check(failed, &[Some(WELL), None], &["b needs `a`, of which nothing failed"]);
        let started = "{ a: {}, b: { needs: { a: started } } }";
        check(started, &[Some(LATE), None], &[]);
        check(
            started,
            &[Some(NeededFate::NOTHING), None],
            &["b needs `a`, which is not run again, and is not started"],
        );
    }

    #[test]
    fn whoever_needs_one_that_stays_behind_stays_behind_too_and_of_twins_only_its_own() {
        check(
            "{ c: { needs: [b] }, b: { needs: [a] }, a: {} }",
            &[None, None, Some(LATE)],
            &[
                "b needs `a`, which is not run again, and is late",
                "c needs `b`, which is not run again, and is not started",
            ],
        );
        check(
            "{ a: { matrix: { n: [1, 2, 3] } }, b: { matrix: { n: [1, 2, 3] }, needs: { a: same-row } }, c: { needs: [a] } }",
            &[None, Some(LATE), Some(WELL), None, None, None, None],
            &["b/2 needs `a`, which is not run again, and is late", "c needs `a`, which is not run again, and is late"],
        );
    }

    #[test]
    fn what_is_made_of_launches_that_are_not_run_again_stays_behind() {
        let made = "{ a: { matrix: { n: [1, 2] } }, b: { needs: [a], arguments: { n: '${{ needs.a.successful }}' } } }";
        check(made, &[None, None, None], &[]);
        check(
            made,
            &[None, Some(WELL), None],
            &["b needs `a`, and is made of what that came to, of which not all is run again"],
        );
    }
}
