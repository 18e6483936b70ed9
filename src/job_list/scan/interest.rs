//! What of a list is kept: a window may hold far more robot jobs than anybody asks for.

use crate::ids::{JobId, ReferenceMark};
use crate::orchestrator::ListedJob;

/// What of a list is kept: the rest is only counted.
pub(crate) trait Interest {
    /// Whether to keep a robot job whose Reference names this launch.
    fn wants(&self, mark: ReferenceMark, job: JobId) -> bool;

    /// Whether to keep a robot job whose Reference, if it has one, names no launch of sortie's, but may have done so.
    fn may_be_changed(&self, _: &ListedJob) -> bool {
        false
    }
}

impl<F: Fn(ReferenceMark, JobId) -> bool> Interest for F {
    fn wants(&self, mark: ReferenceMark, job: JobId) -> bool {
        self(mark, job)
    }
}
