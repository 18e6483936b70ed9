//! The forms in which the list is asked for.
//!
//! A new form is a variant here, a call of the server, and, where a server may ignore it, a probe (`job_list/filter.rs`).

use crate::ids::{FolderRef, JobId};
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::{ChangedJobs, JobPage, JobWindow, JobsById, JobsByReference, Server};

/// A part of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ListRequest {
    /// A part of a folder's window.
    Window(JobWindow),
    /// The same, of those alone whose Reference contains this text.
    ByPart(JobWindow, String),
    /// Robot jobs by their References.
    ByReference(JobsByReference),
    /// What ended or changed, or a window of one folder or of all.
    Changed(ChangedJobs),
    /// Robot jobs by their ids.
    ById(JobsById),
    /// One robot job by itself, where that counts as a list: a page of it alone, or an empty one where the server says that
    /// there is none.
    One(FolderRef, JobId),
}

impl ListRequest {
    /// Asks for it, once, in a page of at most `length` robot jobs.
    pub(super) async fn ask<S: Server>(&self, server: &S, length: usize) -> Result<JobPage, CallError> {
        match self {
            Self::Window(window) => server.list_jobs(window, length).await,
            Self::ByPart(window, part) => server.find_jobs(window, part, length).await,
            Self::ByReference(query) => server.list_jobs_by_reference(query, length).await,
            Self::Changed(query) => server.list_changed_jobs(query, length).await,
            Self::ById(query) => server.list_jobs_by_id(query, length).await,
            Self::One(folder, job) => {
                let jobs = server.get_job(folder, *job).await?.into_iter().collect();
                Ok(JobPage { jobs, ..JobPage::default() })
            }
        }
    }

    /// Whether every server carries it out: one that refuses it refuses something else about it.
    pub(super) fn is_understood(&self) -> bool {
        match self {
            Self::Window(_) => true,
            Self::ByPart(..) | Self::ByReference(_) | Self::Changed(_) | Self::ById(_) | Self::One(..) => false,
        }
    }
}
