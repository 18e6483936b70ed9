//! Robot jobs that ended or changed since a time, of one folder or of all that the login sees.
//!
//! In: a time. Out: one page's query. Never: asks whether the server is to be believed; that is the reader's.

use super::page::ShownFields;
use super::window::{list_query, skipping};
use crate::clock::Timestamp;
use crate::ids::FolderRef;

/// A part of a list: ascending by `CreationTime` and `Id`, from a `CreationTime` on, of what changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedJobs {
    /// The folder; `None` for all that the login sees, which not every server takes.
    pub folder: Option<FolderRef>,
    /// What changed since; `None` for every robot job.
    pub since: Option<ChangeFilter>,
    /// The earliest `CreationTime`, as the server writes it.
    pub from: String,
    /// How many robot jobs of that are skipped.
    pub skip: u32,
    /// How much of each is shown.
    pub fields: ShownFields,
}

/// What changed, by a time of the server's own. Not every server may filter by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeFilter {
    /// What ended at that time or later, by `EndTime`.
    Ended(Timestamp),
    /// What changed at all at that time or later, by `LastModificationTime`.
    Modified(Timestamp),
}

impl ChangedJobs {
    pub(in crate::orchestrator) fn query(&self, length: usize) -> String {
        let from = format!("CreationTime ge {}", self.from);
        let filter = match self.since {
            None => from,
            Some(ChangeFilter::Ended(since)) => format!("EndTime ge {since} and {from}"),
            Some(ChangeFilter::Modified(since)) => format!("LastModificationTime ge {since} and {from}"),
        };
        skipping(list_query(&filter, self.fields, length), self.skip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_asked_for_beside_the_window() {
        let noon: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        let query = |since, fields, skip| {
            let query = ChangedJobs { folder: None, since, from: "2026-01-31T11:00:00.5Z".to_owned(), skip, fields };
            query.query(100).replace("%20", " ").replace("%3A", ":")
        };
        let few = query(Some(ChangeFilter::Ended(noon)), ShownFields::Few, 0);
        let start = "?$filter=EndTime ge 2026-01-31T12:00:00Z and CreationTime ge 2026-01-31T11:00:00.5Z&$orderby=\
                     CreationTime,Id&$top=100&$select=Id,";
        assert!(few.starts_with(start) && few.ends_with(",Info"), "{few}");
        let all = query(Some(ChangeFilter::Modified(noon)), ShownFields::WithOutput, 7);
        assert!(all.starts_with("?$filter=LastModificationTime ge 2026-01-31T12:00:00Z and CreationTime ge "), "{all}");
        assert!(all.contains(",SubState,JobError,ErrorCode,OrganizationUnitId,") && all.ends_with("&$skip=7"), "{all}");
        assert!(query(None, ShownFields::Detailed, 0).starts_with("?$filter=CreationTime ge 2026"));
    }
}
