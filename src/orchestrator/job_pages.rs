//! Pages of a folder's job list: what is asked for, and what they hold.

use super::odata::{Query, literal};
use crate::clock::Timestamp;
use crate::ids::FolderRef;
use crate::robot_job::RobotJob;

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

/// What a [`JobWindow`] held.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobPage {
    /// The robot jobs, in the list's order.
    pub jobs: Vec<ListedJob>,
    /// The server's own time, where its answer carried a `Date`.
    pub server_time: Option<Timestamp>,
    /// How many were asked for at most; 0 if that is not known. A page as long as that may have been cut.
    pub asked: usize,
}

/// A robot job of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedJob {
    /// The robot job.
    pub job: RobotJob,
    /// `Reference`, where the server has it.
    pub reference: Option<String>,
}

/// The query of a window: one filter that every server knows, and `part` of a Reference, which not every one does.
pub(super) fn job_query(window: &JobWindow, part: Option<&str>, length: usize) -> String {
    let from = format!("CreationTime ge {}", window.from);
    let query = list_query(
        &match part {
            None => from,
            Some(part) => format!("{from} and contains(Reference,{})", literal(part)),
        },
        length,
    );
    let query = if window.skip == 0 { query } else { query.with("$skip", &window.skip.to_string()) };
    query.as_str().to_owned()
}

/// A query of robot jobs: few fields, a stable order.
pub(super) fn list_query(filter: &str, length: usize) -> Query {
    const FIELDS: &str = "Id,Key,State,Reference,BatchExecutionKey,CreationTime,StartTime,EndTime,ReleaseName,Source,\
                          SourceType,Type,Info";
    Query::default()
        .with("$filter", filter)
        .with("$orderby", "CreationTime,Id")
        .with("$top", &length.to_string())
        .with("$select", FIELDS)
}
