//! The client of one tenant.
//!
//! In: a [`Connection`]. Out: the server's answers; each call has a file of its own in `calls/`. Never: sends a `StartJobs` twice.

use std::sync::{Arc, Mutex};

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use uuid::Uuid;

use super::auth::{AccessToken, TokenSource, Tokens};
use super::base_url::{BaseUrl, Scheme, TenantIdentity};
use super::call_error::CallError;
use super::classify::{PriorAttempts, ThrottlePolicy};
use super::connection::{Connection, ConnectionError};
use super::folder_header::folder_header;
use super::http::retrying_client::RetryingClient;
use super::http::tally::RequestTally;
use super::http::transport::{Tls, Transport, TransportError, TransportSettings};
use super::job_pages::{
    ChangedJobs, JobPage, JobWindow, JobsById, ListedJob, PendingReasons, ReleaseDetails, WaitEvent, job_query,
};
use super::jobs_by_reference::JobsByReference;
use super::server::{Server, StartAnswer};
use super::wire;
use crate::ids::{FolderRef, JobId, ReleaseKey};
use crate::launch_terms::StopStrategy;
use crate::outcome::LogLine;
use crate::resolve::Request;

/// A client of one tenant, as one login. Cheap calls: address and headers are built once.
pub struct Client {
    pub(super) base: BaseUrl,
    pub(super) tenant: TenantIdentity,
    pub(super) start_url: Url,
    pub(super) headers: HeaderMap,
    pub(super) throttled: ThrottlePolicy,
    pub(super) retrying: Arc<RetryingClient>,
    pub(super) tokens: Tokens,
}

impl Client {
    /// Makes the client; connects to nothing yet.
    ///
    /// Errors: [`ConnectionError`].
    pub fn new(connection: Connection) -> Result<Self, ConnectionError> {
        let Connection { base, tenant, login, tokens, network, timeouts, throttled, senders, seed, clock, redactor } =
            connection;
        let tenant = tenant.filter(|tenant| !tenant.is_empty());
        let source = TokenSource::of(&login, &base, tenant.as_deref(), tokens, &redactor);
        let is_plain = |scheme| scheme == Scheme::LoopbackHttp;
        let tls = if is_plain(base.scheme()) && source.scheme().is_none_or(is_plain) {
            Tls::Unused
        } else {
            Tls::SystemRoots
        };
        let connect = timeouts.connect.min(timeouts.attempt / 2);
        let settings = TransportSettings { connect, senders, tls, network: &network, redactor: &redactor };
        let transport = Transport::new(&settings, clock).map_err(|error| match error {
            TransportError::Network(error) => ConnectionError::Network(error),
            TransportError::Stack(error) => ConnectionError::Certificates(error),
        })?;
        let jitter = Mutex::new(fastrand::Rng::with_seed(seed));
        let retrying = Arc::new(RetryingClient { transport, attempt: timeouts.attempt, jitter, redactor });
        let asker = match source.origin() {
            Some(origin) if origin != base.origin() => Arc::new(retrying.for_another_server()),
            Some(_) | None => retrying.clone(),
        };

        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(tenant) = &tenant {
            let value =
                HeaderValue::from_str(tenant).map_err(|_| ConnectionError::Tenant { tenant: tenant.clone() })?;
            headers.insert(HeaderName::from_static("x-uipath-tenantname"), value);
        }
        Ok(Self {
            start_url: base.join("/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs"),
            tenant: base.tenant_identity(tenant.as_deref()),
            tokens: Tokens::new(&login, source, asker)?,
            base,
            headers,
            throttled,
            retrying,
        })
    }

    /// What locks, slots and rations belong to.
    pub fn tenant(&self) -> &TenantIdentity {
        &self.tenant
    }

    /// What was sent until now, to whichever of its servers.
    pub fn requests(&self) -> &RequestTally {
        self.retrying.transport.tally()
    }

    /// Sees to it that a token is at hand, before anything depends on it.
    ///
    /// A ready token is only tried by the first call that uses it: no operation is open to every token.
    /// Errors: [`CallError`]; nothing was started.
    pub async fn sign_in(&self) -> Result<(), CallError> {
        self.tokens.get().await.map(|_| ())
    }

    /// Reads one page of robot jobs, of a folder or of all, with one try.
    async fn read_jobs(&self, folder: Option<&FolderRef>, query: &str) -> Result<JobPage, CallError> {
        let path = format!("/odata/Jobs{query}");
        let (page, server_time) =
            self.get_dated::<wire::ListPage<wire::JobDto>>(1, "listing jobs", folder, &path).await?;
        let mut jobs: Vec<ListedJob> = page.value.into_iter().map(ListedJob::from).collect();
        for listed in &mut jobs {
            listed.redact(&self.retrying.redactor);
        }
        Ok(JobPage { jobs, server_time, asked: 0 })
    }

    pub(super) fn message(
        &self,
        method: Method,
        url: Url,
        folder: Option<&FolderRef>,
        token: &AccessToken,
    ) -> reqwest::Request {
        let mut message = reqwest::Request::new(method, url);
        let headers = message.headers_mut();
        headers.clone_from(&self.headers);
        if let Some(folder) = folder {
            let (name, value) = folder_header(folder);
            headers.insert(name, value);
        }
        headers.insert(AUTHORIZATION, token.header.clone());
        message
    }
}

impl Server for Client {
    fn tenant_identity(&self) -> &str {
        self.tenant.as_str()
    }

    async fn start_jobs(&self, request: &Request, history: PriorAttempts) -> StartAnswer {
        self.start(request, history).await
    }

    async fn list_jobs(&self, window: &JobWindow, length: usize) -> Result<JobPage, CallError> {
        self.read_jobs(Some(&window.folder), &job_query(window, None, length)).await
    }

    async fn find_jobs(&self, window: &JobWindow, part: &str, length: usize) -> Result<JobPage, CallError> {
        self.read_jobs(Some(&window.folder), &job_query(window, Some(part), length)).await
    }

    async fn list_jobs_by_reference(&self, query: &JobsByReference, length: usize) -> Result<JobPage, CallError> {
        self.read_jobs(Some(&query.folder), &query.query(length)).await
    }

    async fn list_changed_jobs(&self, query: &ChangedJobs, length: usize) -> Result<JobPage, CallError> {
        self.read_jobs(query.folder.as_ref(), &query.query(length)).await
    }

    async fn list_jobs_by_id(&self, query: &JobsById, length: usize) -> Result<JobPage, CallError> {
        self.read_jobs(query.folder.as_ref(), &query.query(length)).await
    }

    async fn get_job(&self, folder: &FolderRef, job: JobId) -> Result<Option<ListedJob>, CallError> {
        self.read_job(folder, job).await
    }

    async fn stop_jobs(
        &self,
        folder: &FolderRef,
        jobs: &[JobId],
        strategy: StopStrategy,
    ) -> Result<Vec<(JobId, CallError)>, CallError> {
        self.stop(folder, jobs, strategy).await
    }

    async fn validate_job(&self, folder: &FolderRef, job: JobId) -> Result<Option<PendingReasons>, CallError> {
        self.pending_reasons(folder, job).await
    }

    async fn wait_events(&self, folder: &FolderRef, job: JobId) -> Result<Option<Vec<WaitEvent>>, CallError> {
        self.awaited(folder, job).await
    }

    async fn robot_log(&self, folder: &FolderRef, key: Uuid) -> Result<Option<Vec<LogLine>>, CallError> {
        self.read_robot_log(folder, key).await
    }

    async fn release_details(
        &self,
        folder: &FolderRef,
        release: ReleaseKey,
    ) -> Result<Option<ReleaseDetails>, CallError> {
        self.read_release(folder, release).await
    }
}
