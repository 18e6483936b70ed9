//! What follows a job's launches: its keys over those of `defaults` and of the manifest, read and judged.
//!
//! In: a job, the defaults, the run's own follow-up, and a way to get a node's value. Out: [`JobFollowUp`], or complaints at
//! their places. Never: renders for one launch: these keys hold for all launches of a job.

use super::model::{JobFollowUp, JobNeed, RunFollowUp};
use crate::diagnostic::{Code, Diagnostic};
use crate::format::{Job, Wait, WaitLimits};
use crate::manifest::{Document, NodeId, from_node};
use crate::outcome::FaultClass;
use crate::spec::job::{JobReader, NodeValues};
use crate::spec::model::JobSpec;

/// Reads what follows the launches of the job at `spec` over `defaults`, in a run with `run`. `values` gives a node's value,
/// or complains.
///
/// What is not known yet, or not in order, is left out.
pub fn read_job_follow_up(
    document: &Document,
    spec: &JobSpec,
    defaults: Option<&Job>,
    run: &RunFollowUp,
    values: &mut NodeValues<'_>,
    complaints: &mut Vec<Diagnostic>,
) -> JobFollowUp {
    // A job that is no mapping is the schema's to report.
    let Ok(job) = from_node::<Job>(document, spec.node) else { return JobFollowUp::default() };
    let mut reader = JobReader { document, job: &job, defaults, value_of: values, complaints };
    let own_wait = reader.field("wait", |job| job.wait);
    let (wait_node, own_wait) = (own_wait.node(), own_wait.value());
    let follow_up = JobFollowUp {
        wait: None,
        outcome: reader.field("outcome", |job| job.outcome).value(),
        retry: reader.field("retry", |job| job.retry).value(),
        outputs: reader.field("outputs", |job| job.outputs).value().unwrap_or_default(),
        is_needed: spec.is_needed,
        fail_fast: reader.field("fail-fast", |job| job.fail_fast).value(),
        ramp: reader.field("ramp", |job| job.ramp).value(),
    };
    let retry_node = reader.node(|job| job.retry);
    if let Some(retry) = &follow_up.retry
        && retry.on().contains(&FaultClass::ResultLost)
        && let Some(node) = retry_node
    {
        complaints.push(
            Diagnostic::warning(
                Code::Conflict,
                document.place(node),
                "`retry` names `result-lost`: the work of such a robot job is done, and would be done twice",
            )
            .help("leave it out, unless the workflow finds out by itself that its work is done"),
        );
    }
    if let (Some(Wait::Switch(false)), Some(node)) = (own_wait, wait_node) {
        complaints.extend(unmet(document, spec, &follow_up, node));
    }
    JobFollowUp { wait: waits(own_wait, run, follow_up.asks_to_wait() || spec.is_needed || asks(spec)), ..follow_up }
}

/// Whether a job that comes behind others is waited for, as they are: a run that waits knows how all of it ended.
fn asks(spec: &JobSpec) -> bool {
    spec.needs.iter().any(JobNeed::asks_to_wait)
}

/// How long the robot jobs of a job are waited for; `None` where they are not.
///
/// A job's own `wait` comes first. Then what its keys ask for, and what others need of it; then the manifest's `wait`, and
/// what the manifest's keys ask for.
fn waits(own: Option<Wait>, run: &RunFollowUp, is_asked: bool) -> Option<WaitLimits> {
    match (own, run.wait) {
        (Some(own), _) => own.limits(),
        (None, Some(wait)) => wait.limits().or_else(|| is_asked.then(WaitLimits::default)),
        (None, None) => (is_asked || run.asks_to_wait()).then(WaitLimits::default),
    }
}

/// The complaint that a job which is not waited for has a key that needs it.
fn unmet(document: &Document, spec: &JobSpec, follow_up: &JobFollowUp, wait: NodeId) -> Option<Diagnostic> {
    let needs = match follow_up {
        JobFollowUp { outputs: true, .. } => "`outputs` needs",
        JobFollowUp { outcome: Some(_), .. } => "`outcome` needs",
        JobFollowUp { retry: Some(retry), .. } if retry.faulted > 0 => "`retry` needs",
        JobFollowUp { ramp: Some(ramp), .. } if ramp.pause_on.is_some() => "`ramp.pause-on` needs",
        _ if spec.is_needed => "jobs that need this one need",
        _ => return None,
    };
    Some(
        Diagnostic::error(
            Code::Conflict,
            document.place(wait),
            format!("`wait` is false in job `{}`, and {needs} to know how its robot jobs end", spec.name),
        )
        .help("leave `wait` out of this job, or write `wait: true`"),
    )
}
