//! What of a run is cancelled, and how.
//!
//! In: a job, launches that a filter took, or neither. Out: the same in words. Never: chooses a launch.

use crate::diagnostic::escape::escape;
use crate::ids::RunId;
use crate::run::stored_run::filter::FilteredLaunches;

/// What is cancelled, and how.
#[derive(Clone, Debug, Default)]
pub struct Cancellation {
    /// The manifest's job; `None` for all of them.
    pub job: Option<String>,
    /// These launches alone, by [`crate::run::RunService::choose_to_cancel`], which looked at the job too; `None` for the whole run or job.
    pub launches: Option<FilteredLaunches>,
    /// Whether robot jobs are killed; else they are asked to stop.
    pub kill: bool,
}

impl Cancellation {
    /// It in words: `run R is`, ``job `load` of run R is``, ``3 of 12 launches of run R (--filter `..`) are``.
    #[must_use]
    pub fn describe(&self, run: RunId) -> String {
        let job = self.job.as_ref().map_or_else(String::new, |job| format!("job `{}` of ", escape(job)));
        match &self.launches {
            None => format!("{job}run {run} is"),
            Some(FilteredLaunches { filter, taken, of }) => {
                let be = if taken.len() == 1 { "is" } else { "are" };
                format!("{} of {of} launches of run {run} (--filter `{}`) {be}", taken.len(), escape(filter))
            }
        }
    }
}
