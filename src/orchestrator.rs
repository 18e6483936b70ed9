//! The client: one method for each call of the API, and the [`Server`] trait behind which a simulation can stand.
//!
//! In: requests by id. Out: answers, already classed by the protocol's table (`orchestrator/classify.rs`).
//! Never: sends a `StartJobs` twice; whether to send again is the launcher's decision, made from the ledger.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};

use crate::clock::Timestamp;
use crate::ids::FolderRef;
use crate::resolve::Request;

mod attachments;
pub mod auth;
pub mod base_url;
mod call;
pub mod call_error;
pub mod classify;
mod connection;
pub mod error_body;
pub mod folder_header;
mod folders;
mod http_date;
mod jobs_by_reference;
mod look_up;
pub mod network;
pub mod observed;
mod odata;
mod retrying_client;
mod start;
mod transport;
mod tunnel;
mod wire;

use crate::robot_job::RobotJob;
use auth::{AccessToken, TokenSource, Tokens};
use base_url::{BaseUrl, Scheme, TenantIdentity};
use call_error::CallError;
use classify::{AnswerClass, History, ThrottlePolicy};
pub use connection::{Connection, ConnectionError, Timeouts};
use folder_header::folder_header;
pub use jobs_by_reference::JobsByReference;
use odata::{MAX_PAGE, Query, literal};
use retrying_client::RetryingClient;
use transport::{Tls, Transport, TransportError, TransportSettings};

/// How many robot jobs a page is asked for where a server refuses longer ones.
///
/// Source: `docs/orchestrator-api.md`, section 9.
pub const SHORT_JOB_PAGE: usize = 100;

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
    /// Sends `request` once, now, and classes what came back. Never sends twice; never fails.
    ///
    /// Ends within the profile's attempt timeout. Where a token must be fetched first, nothing is sent: the answer is
    /// [`classify::NextSend::Now`], so that no request leaves later than its reserved time. Dropping the future closes the
    /// connection: the launch is then in doubt.
    /// Source: Orchestrator OpenAPI, operation `Jobs_StartJobs`; `docs/exactly-once.md`, section 2.
    fn start_jobs(&self, request: &Request, history: History) -> impl Future<Output = StartAnswer>;

    /// Reads one page of a folder's job list, once: the caller keeps account of its calls.
    ///
    /// Errors: [`CallError`]; the page says nothing then, and may be asked for again.
    /// Source: Orchestrator OpenAPI, operation `Jobs_Get`; `docs/exactly-once.md`, step 6.
    fn list_jobs(&self, window: &JobWindow) -> impl Future<Output = Result<JobPage, CallError>>;

    /// Reads one page of a folder's job list as [`Server::list_jobs`] does, of those robot jobs alone whose `Reference`
    /// contains `part`.
    ///
    /// Not every server carries that filter out: what it brings may be anything. Errors: [`CallError`].
    fn find_jobs(&self, window: &JobWindow, part: &str) -> impl Future<Output = Result<JobPage, CallError>>;

    /// Asks for the robot jobs that carry some References, once: a list request like any other, of one page.
    ///
    /// Not every server carries that filter out: what it brings may be anything. Errors: [`CallError`].
    /// Source: `docs/orchestrator-api.md`, section 5; `docs/exactly-once.md`, step 6.
    fn list_jobs_by_reference(&self, query: &JobsByReference) -> impl Future<Output = Result<JobPage, CallError>>;
}

/// A part of a folder's job list: ascending by `CreationTime` and `Id`, at most 1,000 robot jobs.
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
}

/// A robot job of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedJob {
    /// The robot job.
    pub job: RobotJob,
    /// `Reference`, where the server has it.
    pub reference: Option<String>,
}

/// A client of one tenant, as one login. Cheap calls: address and headers are built once.
pub struct Client {
    base: BaseUrl,
    tenant: TenantIdentity,
    start_url: Url,
    headers: HeaderMap,
    throttled: ThrottlePolicy,
    retrying: Arc<RetryingClient>,
    tokens: Tokens,
    job_page: AtomicUsize,
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
            job_page: AtomicUsize::new(MAX_PAGE),
        })
    }

    /// What locks, slots and rations belong to.
    pub fn tenant(&self) -> &TenantIdentity {
        &self.tenant
    }

    /// How many robot jobs a page of their list is asked for.
    pub fn job_page(&self) -> usize {
        self.job_page.load(Ordering::Relaxed)
    }

    /// Asks for pages of `length` robot jobs from now on, as was learnt of the tenant.
    pub fn set_job_page(&self, length: usize) {
        self.job_page.store(length, Ordering::Relaxed);
    }

    /// Sees to it that a token is at hand, before anything depends on it.
    ///
    /// A ready token is only tried by the first call that uses it: no operation is open to every token.
    /// Errors: [`CallError`]; nothing was started.
    pub async fn sign_in(&self) -> Result<(), CallError> {
        self.tokens.get().await.map(|_| ())
    }

    /// Reads one page of a folder's robot jobs, with one try.
    async fn read_jobs(&self, folder: &FolderRef, query: &str) -> Result<JobPage, CallError> {
        let path = format!("/odata/Jobs{query}");
        let (page, server_time) =
            self.get_dated::<wire::ListPage<wire::JobDto>>(1, "listing jobs", folder, &path).await?;
        let mut jobs: Vec<ListedJob> = page.value.into_iter().map(ListedJob::from).collect();
        for listed in &mut jobs {
            // Its Reference is ours, and matched as it came.
            listed.job.redact(&self.retrying.redactor);
        }
        Ok(JobPage { jobs, server_time })
    }

    fn message(&self, method: Method, url: Url, folder: &FolderRef, token: &AccessToken) -> reqwest::Request {
        let mut message = reqwest::Request::new(method, url);
        let headers = message.headers_mut();
        headers.clone_from(&self.headers);
        let (name, value) = folder_header(folder);
        headers.insert(name, value);
        headers.insert(AUTHORIZATION, token.header.clone());
        message
    }
}

impl Server for Client {
    async fn start_jobs(&self, request: &Request, history: History) -> StartAnswer {
        self.start(request, history).await
    }

    async fn list_jobs(&self, window: &JobWindow) -> Result<JobPage, CallError> {
        let length = self.job_page();
        match self.read_jobs(&window.folder, &job_query(window, None, length)).await {
            // It may be for the length alone: a shorter page tells.
            Err(CallError::Refused { what, error }) if error.status == 400 && length > SHORT_JOB_PAGE => {
                self.set_job_page(SHORT_JOB_PAGE);
                Err(CallError::PageRefused { what, error })
            }
            read => read,
        }
    }

    async fn find_jobs(&self, window: &JobWindow, part: &str) -> Result<JobPage, CallError> {
        self.read_jobs(&window.folder, &job_query(window, Some(part), self.job_page())).await
    }

    async fn list_jobs_by_reference(&self, query: &JobsByReference) -> Result<JobPage, CallError> {
        self.read_jobs(&query.folder, &query.query(self.job_page())).await
    }
}

/// The query of a window: one filter that every server knows, and `part` of a Reference, which not every one does.
fn job_query(window: &JobWindow, part: Option<&str>, length: usize) -> String {
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
fn list_query(filter: &str, length: usize) -> Query {
    const FIELDS: &str = "Id,Key,State,Reference,BatchExecutionKey,CreationTime,StartTime,EndTime,ReleaseName,Source,\
                          SourceType,Type,Info";
    Query::default()
        .with("$filter", filter)
        .with("$orderby", "CreationTime,Id")
        .with("$top", &length.to_string())
        .with("$select", FIELDS)
}
