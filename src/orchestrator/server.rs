//! The calls that launching needs, behind which a simulation can stand.

use std::future::Future;

use super::call_error::CallError;
use super::classify::{AnswerClass, PriorAttempts};
use super::job_pages::{JobPage, JobWindow};
use super::jobs_by_reference::JobsByReference;
use crate::clock::Timestamp;
use crate::resolve::Request;

/// What came of one sending of a launch.
#[derive(Clone, Debug, PartialEq)]
pub struct StartAnswer {
    /// Its class by the protocol's table.
    pub class: AnswerClass,
    /// The server's own time, where its answer carried a `Date`.
    pub server_time: Option<Timestamp>,
}

/// The calls that launching needs.
pub trait Server {
    /// Whose server it is: what rations belong to, and what was learnt of it.
    fn tenant_identity(&self) -> &str;

    /// Sends `request` once, now, and classes what came back. Never sends twice; never fails.
    ///
    /// Ends within the profile's attempt timeout. Where a token must be fetched first, nothing is sent: the answer is
    /// [`NextSend::Now`](super::classify::NextSend::Now), so that no request leaves later than its reserved time. Dropping the future closes the
    /// connection: the launch is then in doubt.
    /// Source: Orchestrator OpenAPI, operation `Jobs_StartJobs`; `docs/exactly-once.md`, section 2.
    fn start_jobs(&self, request: &Request, history: PriorAttempts) -> impl Future<Output = StartAnswer>;

    /// Reads one page of a folder's job list, of at most `length` robot jobs, once: the caller keeps account of its calls.
    ///
    /// Errors: [`CallError`]; the page says nothing then, and may be asked for again.
    /// Source: Orchestrator OpenAPI, operation `Jobs_Get`; `docs/exactly-once.md`, step 6.
    fn list_jobs(&self, window: &JobWindow, length: usize) -> impl Future<Output = Result<JobPage, CallError>>;

    /// Reads one page of a folder's job list as [`Server::list_jobs`] does, of those robot jobs alone whose `Reference`
    /// contains `part`.
    ///
    /// Not every server carries that filter out: what it brings may be anything. Errors: [`CallError`].
    fn find_jobs(
        &self,
        window: &JobWindow,
        part: &str,
        length: usize,
    ) -> impl Future<Output = Result<JobPage, CallError>>;

    /// Asks for the robot jobs that carry some References, once: a list request like any other, of one page.
    ///
    /// Not every server carries that filter out: what it brings may be anything. Errors: [`CallError`].
    /// Source: `docs/orchestrator-api.md`, section 5; `docs/exactly-once.md`, step 6.
    fn list_jobs_by_reference(
        &self,
        query: &JobsByReference,
        length: usize,
    ) -> impl Future<Output = Result<JobPage, CallError>>;
}
