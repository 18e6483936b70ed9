//! Jobs that are named from outside of the manifest: by `--only`, `--data`, `--arguments`.
//!
//! In: inputs, and the jobs that there are. Out: complaints about names of none. Never: looks at launches.

use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::plan::inputs::Inputs;
use crate::spec::Spec;

/// Maximum jobs that a help line lists.
const MAX_LISTED: usize = 5;

/// Jobs that somebody named from outside and that are not there, or have no rows.
pub(super) fn unknown_jobs(spec: &Spec, inputs: &Inputs, complaints: &mut Vec<Diagnostic>) {
    let only = inputs.only.iter().map(|name| (name, "to run alone"));
    let data = inputs.data.keys().map(|name| (name, "to give rows to"));
    let arguments = inputs.arguments.keys().map(|name| (name, "to give arguments to"));
    for (name, purpose) in only.chain(data).chain(arguments) {
        if !spec.jobs.iter().any(|job| job.name.as_ref() == name) {
            let near = nearest(name, spec.jobs.iter().map(|job| job.name.as_ref()));
            complaints.push(
                Diagnostic::error(Code::UnknownName, spec.jobs_place, format!("there is no job `{name}` {purpose}"))
                    .help(near.map_or_else(|| listed(spec), |near| format!("did you mean `{near}`?"))),
            );
        }
    }
    for job in spec.jobs.iter().filter(|job| inputs.data.contains_key(job.name.as_ref())) {
        if job.fan_out.as_ref().is_none_or(|fan_out| fan_out.rows.is_none()) {
            let what = format!("job `{}` takes no rows", job.name);
            complaints.push(
                Diagnostic::error(Code::Conflict, job.place, what)
                    .help("give the job a `for-each`, which says what the rows are and what their key is"),
            );
        }
    }
}

/// Which jobs there are, in words.
fn listed(spec: &Spec) -> String {
    let names: Vec<String> = spec.jobs.iter().take(MAX_LISTED).map(|job| format!("`{}`", job.name)).collect();
    let rest = spec.jobs.len().saturating_sub(MAX_LISTED);
    let more = if rest == 0 { String::new() } else { format!(" and {rest} more") };
    format!("the jobs are {}{more}", names.join(", "))
}
