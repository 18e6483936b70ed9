//! The calls that launching needs, behind which a simulation can stand.

use std::future::Future;

use uuid::Uuid;

use super::call_error::CallError;
use super::classify::{AnswerClass, PriorAttempts};
use super::job_pages::{
    ChangedJobs, JobPage, JobWindow, JobsById, ListedJob, PendingReasons, ReleaseDetails, WaitEvent,
};
use super::jobs_by_reference::JobsByReference;
use crate::clock::Timestamp;
use crate::ids::{FolderRef, JobId, ReleaseKey};
use crate::launch_terms::StopStrategy;
use crate::outcome::LogLine;
use crate::resolve::Request;

/// What came of one sending of a launch.
#[derive(Clone, Debug, PartialEq)]
pub struct StartAnswer {
    /// Its class by the protocol's table.
    pub class: AnswerClass,
    /// The server's own time, where its answer carried a `Date`.
    pub server_time: Option<Timestamp>,
}

/// The calls that launching and waiting need.
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

    /// Reads one page of what ended or changed, or of a window, of one folder or of all: a list request like any other.
    ///
    /// Not every server carries such a filter out, takes a list without a folder, or has the fields: what it brings may be
    /// anything. Errors: [`CallError`]. Source: Orchestrator OpenAPI, operation `Jobs_Get`.
    fn list_changed_jobs(&self, query: &ChangedJobs, length: usize)
    -> impl Future<Output = Result<JobPage, CallError>>;

    /// Asks for robot jobs by their ids, once: a list request like any other, of one page.
    ///
    /// One that is missing may be hidden, or the filter may not be carried out. Errors: [`CallError`].
    fn list_jobs_by_id(&self, query: &JobsById, length: usize) -> impl Future<Output = Result<JobPage, CallError>>;

    /// Reads one robot job whole, once: no list, so that it does not count against the cloud's ration of lists.
    ///
    /// `None` where Orchestrator itself says that there is none (404, code 1002): it may be gone, or hidden.
    /// Errors: [`CallError`]. Source: Orchestrator OpenAPI, operation `Jobs_GetById`; `docs/orchestrator-api.md`, section 8.
    fn get_job(&self, folder: &FolderRef, job: JobId) -> impl Future<Output = Result<Option<ListedJob>, CallError>>;

    /// Asks that `jobs` of `folder` are stopped. May be repeated: stopping twice is stopping. Where the server refuses some with
    /// the others, they are asked for apart.
    ///
    /// Shape: those that it refused, and why: they are over, or are being stopped, or it may not be done. Whether the others stop
    /// is seen by looking. Errors: [`CallError`]; any of them may have been taken.
    /// Source: Orchestrator OpenAPI, operation `Jobs_StopJobs`.
    fn stop_jobs(
        &self,
        folder: &FolderRef,
        jobs: &[JobId],
        strategy: StopStrategy,
    ) -> impl Future<Output = Result<Vec<(JobId, CallError)>, CallError>>;

    /// Why `job` is still pending; `None` where the server has no such operation, or no such robot job.
    ///
    /// Errors: [`CallError`]. Source: Orchestrator OpenAPI, operation `Jobs_ValidateExistingJobById`.
    fn validate_job(
        &self,
        folder: &FolderRef,
        job: JobId,
    ) -> impl Future<Output = Result<Option<PendingReasons>, CallError>>;

    /// What a suspended robot job waits for; `None` where the server has no such operation.
    ///
    /// Errors: [`CallError`]. Source: Orchestrator OpenAPI, operation `JobTriggers_GetWithWaitEventsByJobid`.
    fn wait_events(
        &self,
        folder: &FolderRef,
        job: JobId,
    ) -> impl Future<Output = Result<Option<Vec<WaitEvent>>, CallError>>;

    /// The last errors that the robot of the robot job with this `Key` logged, the latest last: at most 20 lines, 4 KiB. Once.
    ///
    /// `None` where the server has no such operation. Errors: [`CallError`]; [`CallError::Permission`] where the login lacks the
    /// scope. Source: Orchestrator OpenAPI, operation `RobotLogs_Get`.
    fn robot_log(&self, folder: &FolderRef, key: Uuid)
    -> impl Future<Output = Result<Option<Vec<LogLine>>, CallError>>;

    /// What a release tells of its versions; `None` where the folder does not show it, or the server has no such operation. Once.
    ///
    /// No list of robot jobs, so that it does not count as one. Errors: [`CallError`]; [`CallError::Permission`] where the login
    /// lacks the scope. Source: Orchestrator OpenAPI, operations `Releases_Get` and `Releases_GetById`.
    fn release_details(
        &self,
        folder: &FolderRef,
        release: ReleaseKey,
    ) -> impl Future<Output = Result<Option<ReleaseDetails>, CallError>>;
}
