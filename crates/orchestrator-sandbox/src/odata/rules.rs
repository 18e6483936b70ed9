//! What this server takes of query options, beside the columns of an entity: the world's switches, for one entity.

use crate::world::switches::{DateOrder, Offered, PropertyFilter, QueryLimits, Switches, UnaskedCount};

/// Parentheses, functions and `not`, one inside the other. Ours: the API states no figure.
pub(super) const DEPTH: usize = 64;

/// The rules for the query options of one entity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules<'w> {
    pub(super) limits: &'w QueryLimits,
    pub(super) counts_unasked: bool,
    has_release_versions: bool,
    /// Only robot jobs lack what the world lacks, and only theirs are the filters that may not work.
    jobs: Option<&'w Switches>,
}

impl<'w> Rules<'w> {
    /// The rules for any entity but robot jobs.
    pub(crate) fn of(switches: &'w Switches) -> Self {
        let counts_unasked = switches.unasked_count == UnaskedCount::Present;
        let has_release_versions = switches.release_versions == Offered::Present;
        Self { limits: &switches.query_limits, counts_unasked, has_release_versions, jobs: None }
    }

    /// The rules for robot jobs.
    pub(crate) fn of_jobs(switches: &'w Switches) -> Self {
        Self { jobs: Some(switches), ..Self::of(switches) }
    }

    /// Whether the server knows the property.
    pub(super) fn has(self, name: &str) -> bool {
        self.jobs.is_none_or(|jobs| !jobs.lacks.iter().any(|lacking| lacking.eq_ignore_ascii_case(name)))
    }

    /// Whether the server shows the navigation property where it is asked to.
    pub(super) fn expands(self, entity: &str) -> bool {
        self.has_release_versions || entity != "ReleaseVersions"
    }

    /// What becomes of a filter that names the property.
    pub(super) fn filter_on(self, name: &str) -> PropertyFilter {
        match (self.jobs, name) {
            (Some(jobs), "Reference") => jobs.reference_filter,
            (Some(jobs), "BatchExecutionKey") => jobs.batch_execution_key_filter,
            (Some(jobs), "EndTime") => jobs.end_time_filter,
            (Some(jobs), "LastModificationTime") => jobs.last_modification_filter,
            (Some(_) | None, _) => PropertyFilter::Works,
        }
    }

    /// What becomes of an order by the property.
    pub(super) fn order_by(self, name: &str) -> DateOrder {
        match (self.jobs, name) {
            (Some(jobs), "EndTime" | "LastModificationTime") => jobs.date_order,
            (Some(_) | None, _) => DateOrder::Works,
        }
    }

    /// The most rows of a page, whatever is asked for.
    pub(super) fn most_rows(self) -> usize {
        self.jobs.and_then(|jobs| jobs.query_limits.rows).unwrap_or(usize::MAX)
    }
}
