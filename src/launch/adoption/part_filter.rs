//! Earlier starts asked for by a part of their Reference, where the server shows that it finds by it. Pure.
//!
//! In: what windows have shown, and the answers of a probe. Out: whether the filter may be used, and whether what it
//! brought agrees with the windows. A server that refuses it, ignores it, misreads it or contradicts itself is read
//! whole. Used for adoption alone: no absence that settles a launch follows from it.

use std::collections::BTreeSet;

use super::own_launches::run_of;
use crate::ids::JobId;
use crate::orchestrator::JobPage;

/// A run that nobody has: a run's digits are a time's or a hash's, and never all nought.
pub(super) const NOBODYS: &str = "00000000000000000000000000000000";

/// Robot jobs of one run of sortie's, any run, that windows have shown with their References intact: what a probe must
/// bring.
#[derive(Clone, Debug, Default)]
pub(super) struct RunSample {
    run: Option<String>,
    jobs: Vec<JobId>,
}

impl RunSample {
    /// Takes in a page of a window. The first run that is seen is the sample.
    pub(super) fn take(&mut self, page: &JobPage) {
        for listed in &page.jobs {
            let Some(run) = listed.reference.as_deref().and_then(run_of) else { continue };
            if self.run.get_or_insert_with(|| run.to_owned()) == run {
                self.jobs.push(listed.job.id);
            }
        }
    }

    /// The part of a Reference to probe with; `None` if no window has shown one.
    pub(super) fn part(&self) -> Option<&str> {
        self.run.as_deref()
    }

    /// Whether `found` is what the server has of the sample, as far as the page goes, and `nothing` is empty.
    pub(super) fn is_answered_by(&self, found: &JobPage, nothing: &JobPage) -> bool {
        let Some(run) = self.part() else { return false };
        let ids: BTreeSet<JobId> = found.jobs.iter().map(|listed| listed.job.id).collect();
        // Both ascend, so that a page that is cut holds the first ones.
        let mut expected = self.jobs.iter().take(found.jobs.len().max(1));
        is_filtered(found, run) && expected.all(|job| ids.contains(job)) && nothing.jobs.is_empty()
    }
}

/// Whether each robot job of `page` has `part` in its Reference, in any letter case.
pub(super) fn is_filtered(page: &JobPage, part: &str) -> bool {
    page.jobs.iter().all(|listed| {
        listed.reference.as_deref().is_some_and(|reference| reference.to_ascii_lowercase().contains(part))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{LaunchId, Reference, RunId};
    use crate::orchestrator::ListedJob;
    use crate::robot_job::RobotJob;

    /// Robot jobs as `(id, run)`; run 0: without a Reference.
    fn page(jobs: &[(i64, u8)]) -> JobPage {
        let jobs = jobs.iter().map(|(id, run)| {
            let run_id = RunId::from_bytes([*run; 16]);
            let reference = Reference::new(None, run_id, &LaunchId::from(id.to_string().as_str())).to_string();
            let job = RobotJob { id: JobId(*id), ..RobotJob::default() };
            ListedJob { job, reference: (*run != 0).then_some(reference), ..ListedJob::default() }
        });
        JobPage { jobs: jobs.collect(), ..JobPage::default() }
    }

    #[test]
    fn a_probe_is_believed_where_it_brings_what_windows_have_shown_and_nothing_else() {
        let mut sample = RunSample::default();
        sample.take(&page(&[(1, 0), (2, 3), (3, 4), (4, 3)]));
        sample.take(&page(&[(4, 3), (5, 0), (6, 3)]));
        assert_eq!(sample.part(), Some("03030303030303030303030303030303"));
        let whole: &[(i64, u8)] = &[(2, 3), (4, 3), (6, 3), (9, 3)];
        let nothing: &[(i64, u8)] = &[];
        for (case, found, nobodys, expected) in [
            ("all of it", whole, nothing, true),
            ("cut at a page's end", &whole[..2], nothing, true),
            ("nothing", nothing, nothing, false),
            ("everything", &[(1, 0), (2, 3), (3, 4), (4, 3), (6, 3)], nothing, false),
            ("another one", &[(3, 4)], nothing, false),
            ("some of it", &[(4, 3), (6, 3), (9, 3)], nothing, false),
            ("something for nobody", whole, &[(2, 3)], false),
        ] {
            assert_eq!(sample.is_answered_by(&page(found), &page(nobodys)), expected, "{case}");
        }
        assert!(!RunSample::default().is_answered_by(&page(nothing), &page(nothing)), "there is nothing to probe with");
    }
}
