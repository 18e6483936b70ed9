//! A part of a folder's list, from a time on.

use super::page::ShownFields;
use crate::ids::FolderRef;
use crate::orchestrator::odata::{Query, literal};

/// A part of a folder's job list: ascending by `CreationTime` and `Id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobWindow {
    /// The folder.
    pub folder: FolderRef,
    /// The earliest `CreationTime`, as the server writes it.
    pub from: String,
    /// How many robot jobs of the window are skipped.
    pub skip: u32,
}

/// The query of a window: one filter that every server knows, and `part` of a Reference, which not every one does.
pub(in crate::orchestrator) fn job_query(window: &JobWindow, part: Option<&str>, length: usize) -> String {
    let from = format!("CreationTime ge {}", window.from);
    let filter = match part {
        None => from,
        Some(part) => format!("{from} and contains(Reference,{})", literal(part)),
    };
    skipping(list_query(&filter, ShownFields::Few, length), window.skip)
}

/// A query of robot jobs: few fields, a stable order.
pub(in crate::orchestrator) fn list_query(filter: &str, fields: ShownFields, length: usize) -> Query {
    Query::default()
        .with("$filter", filter)
        .with("$orderby", "CreationTime,Id")
        .with("$top", &length.to_string())
        .with("$select", &fields.select())
}

/// `query` behind its first `skip` robot jobs.
pub(super) fn skipping(query: Query, skip: u32) -> String {
    let query = if skip == 0 { query } else { query.with("$skip", &skip.to_string()) };
    query.as_str().to_owned()
}
