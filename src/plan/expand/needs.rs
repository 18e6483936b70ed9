//! Whether what launches need can be met at all: jobs that are left out, rows without a twin.
//!
//! In: a plan whose launches are known. Out: complaints at the places of needs. Never: knows what came of a launch.

use super::super::complaint_groups::ComplaintGroups;
use super::super::inputs::Inputs;
use super::super::model::{Plan, PlannedJob};
use crate::diagnostic::{Code, Diagnostic};
use crate::ids::Ordinal;
use crate::spec::JobNeed;

/// The needs of `plan` that nothing can meet.
pub(super) fn unmet(plan: &Plan, inputs: &Inputs) -> Vec<Diagnostic> {
    let jobs: Vec<PlannedJob<'_>> = plan.jobs().collect();
    let mut complaints = Vec::new();
    let mut kinds = ComplaintGroups::default();
    for job in jobs.iter().filter(|job| !job.needs.is_empty()) {
        for need in job.needs {
            let name = &plan.spec.jobs[need.job as usize].name;
            if !inputs.only.is_empty() && !inputs.only.iter().any(|only| only.as_str() == name.as_ref()) {
                let what = format!("job `{}` needs `{name}`, which is not among the jobs to run", job.name);
                complaints.push(Diagnostic::error(Code::Conflict, need.place, what).help(format!("add --only {name}")));
                continue;
            }
            if let Some(complaint) = left_out_by_filter(plan, job, need, &jobs, inputs) {
                complaints.push(complaint);
                continue;
            }
            // A part of a plan has what did not go well yet: what it lacks went well before.
            if !need.is_same_row || inputs.launches.is_some() {
                continue;
            }
            let twins = match jobs.iter().find(|other| other.number == need.job) {
                Some(other) => plan.twins(job, other),
                None => vec![None; job.ordinals.len()],
            };
            for (at, _) in job.ordinals.clone().zip(&twins).filter(|(_, twin)| twin.is_none()) {
                let id = plan.launch_id(Ordinal(at));
                let complaint = Diagnostic::error(
                    Code::UnknownName,
                    need.place,
                    format!("job `{name}` has no launch of the same row for launches of `{}`", job.name),
                )
                .help(format!("`{id}` waits for one: both jobs need the same keys, of the same matrix and rows"));
                kinds.add_launch(complaint, || plan.parts(Ordinal(at)).row_place(&plan.spec.document));
            }
        }
    }
    complaints.extend(kinds.into_diagnostics("launches"));
    complaints
}

/// What is wrong where the filter leaves out launches of the job that `need` of `job` names.
fn left_out_by_filter(
    plan: &Plan,
    job: &PlannedJob<'_>,
    need: &JobNeed,
    jobs: &[PlannedJob<'_>],
    inputs: &Inputs,
) -> Option<Diagnostic> {
    if inputs.filter.is_none() || inputs.launches.is_some() || need.is_same_row {
        return None;
    }
    let name = &plan.spec.jobs[need.job as usize].name;
    let all = plan.launches.iter().find(|part| part.job == need.job).map_or(0, |part| part.count);
    let taken = jobs.iter().find(|other| other.number == need.job).map_or(0, |other| other.ordinals.len());
    let left_out = (all as usize).saturating_sub(taken);
    (left_out > 0).then(|| {
        let what =
            format!("job `{}` needs `{name}`, of whose {all} launches the filter leaves out {left_out}", job.name);
        Diagnostic::error(Code::Conflict, need.place, what)
            .help(format!("let the filter take all of them: `(...) || job == \"{name}\"`"))
    })
}
