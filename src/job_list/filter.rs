//! Whether the server finds robot jobs by a filter on their References: probed, never assumed.
//!
//! In: what one probe brought, and what later answers did. Out: whether the filter may be used. A server that refuses
//! it, ignores it or finds nothing by it is not asked again by this process. Never: lets an absence follow from it.

use crate::ids::{JobId, Reference};
use crate::orchestrator::JobPage;

/// Maximum failures of requests by Reference, in ways that pass, before the windows are read instead.
const MAX_FAILURES: u32 = 3;
/// Maximum robot jobs of a sample, so that its page is never cut.
const MAX_SAMPLE: usize = 10;
/// A Reference that no launch has: its digits are a hash's, and a run's are never all nought.
const NOBODYS: &str = "sortie-00000000000000000000000000000000-0000000000000000";

/// What is known of the filter.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    support: FilterSupport,
    failures: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum FilterSupport {
    /// Nothing yet.
    #[default]
    Unprobed,
    /// A probe found what was there, and nothing else.
    Works,
    /// It cannot be used.
    Lacking,
}

impl Filter {
    /// Whether it may work.
    pub(crate) fn may_work(&self) -> bool {
        self.support != FilterSupport::Lacking
    }

    /// Whether a probe showed that it works.
    pub(crate) fn works(&self) -> bool {
        self.support == FilterSupport::Works
    }

    /// Takes in what a probe, or a later answer, showed.
    pub(crate) fn showed(&mut self, is_carried_out: bool) {
        self.support = if is_carried_out { FilterSupport::Works } else { FilterSupport::Lacking };
        self.failures = 0;
    }

    /// A request by the filter failed, in a way that `may_pass` or not.
    pub(crate) fn failed(&mut self, may_pass: bool) {
        self.failures += 1;
        if !may_pass || self.failures >= MAX_FAILURES {
            self.support = FilterSupport::Lacking;
        }
    }
}

/// Robot jobs of sortie's that a list showed with their Reference: what a probe must bring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReferenceSample {
    reference: Reference,
    jobs: Vec<JobId>,
}

impl ReferenceSample {
    /// Takes in that a list showed `job` with `reference`.
    pub(crate) fn take(sample: &mut Option<Self>, reference: &str, job: JobId) {
        match sample {
            Some(sample) if sample.reference.as_str() == reference => sample.jobs.push(job),
            Some(sample) if sample.jobs.len() <= MAX_SAMPLE => {}
            Some(_) | None => *sample = Some(Self { reference: Reference::from_server(reference), jobs: vec![job] }),
        }
    }

    /// The References that a probe asks for: one that is there, and one that is nobody's.
    pub(crate) fn probe(&self) -> [Reference; 2] {
        [self.reference.clone(), Reference::from_server(NOBODYS)]
    }

    /// Whether `page` is what the probe asked for: these robot jobs, and none with another Reference.
    pub(crate) fn is_answered_by(&self, page: &JobPage) -> bool {
        let is_its = |reference: &Option<String>| reference.as_deref() == Some(self.reference.as_str());
        page.jobs.iter().all(|listed| is_its(&listed.reference))
            && self.jobs.iter().all(|job| page.jobs.iter().any(|listed| listed.job.id == *job))
    }
}
