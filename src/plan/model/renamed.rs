//! Jobs that seem to have another name now: what that would start again, said where the name is.
//!
//! In: a plan, and the name that a job of it had. Out: the warning, and the line that says that it is the same job. Never: decides
//! that it is the same job: that is the author's.

use std::collections::HashSet;

use super::Plan;
use crate::diagnostic::{Code, Diagnostic};
use crate::ids::{LaunchId, Ordinal};

impl Plan {
    /// The names that the ids of its manifest's jobs begin with, those of jobs without launches too.
    #[must_use]
    pub fn id_names(&self) -> HashSet<&str> {
        self.spec.jobs.iter().map(crate::spec::JobSpec::id_name).collect()
    }

    /// Whether some of its launches are started by no run where another run may have started them.
    #[must_use]
    pub fn starts_any_once(&self) -> bool {
        !self.once.is_empty()
    }

    /// Each job that has launches which no run starts where another run may have started them, unless `moved` says what it was
    /// called; with the ids of those launches.
    #[must_use]
    pub fn jobs_to_start_once(&self) -> Vec<(&str, Vec<LaunchId>)> {
        let jobs = self.jobs().filter(|job| self.spec.jobs[job.number as usize].earlier_names.is_empty());
        jobs.filter_map(|job| {
            let once = job.ordinals.map(Ordinal).filter(|ordinal| self.is_once(*ordinal));
            let ids: Vec<LaunchId> = once.map(|ordinal| self.launch_id(ordinal)).collect();
            (!ids.is_empty()).then_some((job.name, ids))
        })
        .collect()
    }

    /// The ids that the launch at `ordinal` would have under the names that its job had later than the one that its id keeps: it may have
    /// been started under each of them, before `moved` said that it is the same job.
    #[must_use]
    pub fn ids_under_later_names(&self, ordinal: Ordinal) -> Vec<LaunchId> {
        let full = self.full(ordinal);
        let job = &self.spec.jobs[self.job_number(ordinal) as usize];
        let later = job.earlier_names.iter().chain([&job.name]).skip(1);
        later.map(|name| self.parts(full).id(name)).collect()
    }

    /// Says that job `to` of this plan seems to be the one that was called `from`, and that `launches` of it, which were started
    /// under that name, would be started again.
    #[must_use]
    pub fn renamed_once(&self, from: &str, to: &str, launches: usize) -> Option<Diagnostic> {
        let job = self.spec.jobs.iter().find(|job| job.name.as_ref() == to)?;
        let them = if launches == 1 {
            "1 launch that `once` keeps"
        } else {
            &format!("{launches} launches that `once` keeps")
        };
        let what = format!(
            "job `{to}` seems to be the one that was called `{from}`: {them} from being started twice would be started again"
        );
        let help = format!("if it is the same job, write `{}`: its launches keep their ids", moved_line(from, to));
        Some(Diagnostic::warning(Code::RenamedJob, job.place, what).help(help))
    }
}

/// The line of a manifest that says that job `to` was called `from`.
#[must_use]
pub fn moved_line(from: &str, to: &str) -> String {
    format!("moved: [{{ from: {from}, to: {to} }}]")
}
