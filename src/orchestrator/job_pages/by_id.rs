//! Robot jobs asked for by their ids.
//!
//! In: ids. Out: one request's worth of them, and its query. Never: takes one that is missing for gone.

use super::page::ShownFields;
use super::window::list_query;
use crate::ids::{FolderRef, JobId};

/// Maximum ids of one request. Source: `docs/orchestrator-api.md`, section 9.
pub const MAX_IDS: usize = 50;

/// Robot jobs by their ids, of one folder or of all that the login sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobsById {
    /// The folder; `None` for all that the login sees, which not every server takes.
    pub folder: Option<FolderRef>,
    /// At least one, and at most [`MAX_IDS`].
    pub ids: Vec<JobId>,
    /// How much of each is shown.
    pub fields: ShownFields,
}

impl JobsById {
    pub(in crate::orchestrator) fn query(&self, length: usize) -> String {
        let ids: Vec<String> = self.ids.iter().map(|id| id.0.to_string()).collect();
        list_query(&format!("Id in ({})", ids.join(",")), self.fields, length).as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifty_ids_stay_short_enough_for_iis() {
        let ids = (0..50).map(|number| JobId(9_000_000_000 + number)).collect();
        let query = JobsById { folder: None, ids, fields: ShownFields::WithOutput }.query(1000);
        assert!(query.starts_with("?$filter=Id%20in%20(9000000000,9000000001,"), "{query}");
        assert!(query.len() < 2_000, "{} bytes", query.len());
    }
}
