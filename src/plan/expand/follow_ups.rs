//! What follows once launches are sent, rendered for a plan: of the whole run, and of each of its jobs.
//!
//! In: a valid spec, its scope, and the jobs of a plan. Out: [`FollowUps`], or complaints. Never: looks at a launch.

use super::super::field_value::value_of;
use super::super::model::{FollowUps, JobLaunches};
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::NodeId;
use crate::spec::{self, JobFollowUp, Spec};
use crate::template::{Scope, SecretView};

/// Maximum number of ways in which the jobs of one manifest differ in what follows.
const MAX_FOLLOW_UPS: usize = 1000;

/// The follow-ups of `spec`, and their numbers in `launches`.
pub(super) fn follow_ups(
    spec: &Spec,
    scope: &Scope,
    launches: &mut [JobLaunches],
    complaints: &mut Vec<Diagnostic>,
) -> FollowUps {
    let mut values = |node: NodeId, complaints: &mut Vec<Diagnostic>| value_of(spec, scope, node, complaints);
    let run = spec::read_run_follow_up(&spec.document, &spec.follow_up, &mut values, complaints);
    on_finish(spec, scope, complaints);
    let outputs = spec::outputs_used(spec, complaints);
    let mut jobs: Vec<JobFollowUp> = Vec::new();
    for part in launches {
        let job = &spec.jobs[part.job as usize];
        let mut found = Vec::new();
        let mut follow_up =
            spec::read_job_follow_up(&spec.document, job, spec.defaults.as_ref(), &run, &mut values, &mut found);
        follow_up.outputs |= outputs.contains(&part.job);
        // What is wrong in `defaults` is wrong in each job.
        complaints.extend(
            found.into_iter().filter(|it| !complaints.iter().any(|told| told.place == it.place)).collect::<Vec<_>>(),
        );
        let known = jobs.iter().position(|known| *known == follow_up);
        let number = known.unwrap_or_else(|| {
            jobs.push(follow_up);
            jobs.len() - 1
        });
        if number >= MAX_FOLLOW_UPS {
            let what =
                format!("more than {MAX_FOLLOW_UPS} jobs say something of their own about what follows a launch");
            complaints.push(
                Diagnostic::error(Code::Budget, job.place, what)
                    .help("say it once in `defaults` or in the manifest, and in a job only where it differs"),
            );
            break;
        }
        part.follow_up = u16::try_from(number).expect("below the limit");
    }
    FollowUps { run, jobs }
}

/// Tries `on-finish` out: with a run's id that stands for any, and secrets as they are written.
fn on_finish(spec: &Spec, scope: &Scope, complaints: &mut Vec<Diagnostic>) {
    let scope = scope.clone().with_run_id("00000000-0000-0000-0000-000000000000").with_secrets(SecretView::AsWritten);
    let mut values = |node: NodeId, complaints: &mut Vec<Diagnostic>| value_of(spec, &scope, node, complaints);
    spec::read_on_finish(&spec.document, &spec.follow_up, &mut values, complaints);
}
