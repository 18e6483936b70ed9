//! The client: one method for each call of the API, and the [`Server`] trait behind which a simulation can stand.
//!
//! In: requests by id. Out: answers, already classed by the protocol's table (`orchestrator/verdict.rs`).
//! Never: sends a `StartJobs` twice; whether to send again is the launcher's decision, made from the ledger.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::{Either, select};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde::de::DeserializeOwned;

use crate::clock::{Moment, SharedClock, Timestamp};
use crate::ids::FolderRef;
use crate::resolve::{Expected, Request};
use crate::secret::Redactor;

pub mod auth;
pub mod base_url;
pub mod call_error;
pub mod error_body;
mod exchange;
pub mod folder_header;
mod http_date;
mod look_up;
mod odata;
mod repeat;
pub mod route;
pub mod seen;
pub mod verdict;
mod wire;

use auth::{Login, Source, Token, TokenStore, Tokens, UnusableToken, Use};
use base_url::{BaseUrl, Scheme, TenantIdentity};
use call_error::CallError;
use error_body::ErrorBody;
use exchange::{Exchange, Settings, Tls, Unbuildable};
use folder_header::folder_header;
use odata::{LARGEST_PAGE, Query};
use repeat::{Purpose, Repeater};
use route::{Route, RouteError};
use seen::{Body, Lack, Seen};
use verdict::{Class, History, ServerError, StartedJob, Throttled, classify};

/// What came of one sending of a launch.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Its class by the protocol's table.
    pub class: Class,
    /// The server's own time, where its answer carried a `Date`.
    pub server_time: Option<Timestamp>,
}

/// The calls that launching needs.
pub trait Server {
    /// Sends `request` once, now, and classes what came back. Never sends twice; never fails.
    ///
    /// Ends within the profile's attempt timeout. Where a token must be fetched first, nothing is sent: the answer is
    /// [`verdict::Next::Now`], so that no request leaves later than its reserved time. Dropping the future closes the
    /// connection: the launch is then in doubt.
    /// Source: Orchestrator OpenAPI, operation `Jobs_StartJobs`; launch protocol, section 2.
    fn start_jobs(&self, request: &Request, history: History) -> impl Future<Output = Answer>;

    /// Reads one page of a folder's job list, once: the caller keeps account of its calls.
    ///
    /// Errors: [`CallError`]; the page says nothing then, and may be asked for again.
    /// Source: Orchestrator OpenAPI, operation `Jobs_Get`; launch protocol, step 6.
    fn list_jobs(&self, window: &JobWindow) -> impl Future<Output = Result<JobPage, CallError>>;
}

/// A part of a folder's job list: ascending by `CreationTime` and `Id`, at most 1,000 robot jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobWindow {
    /// The folder.
    pub folder: FolderRef,
    /// The earliest `CreationTime`, as the server writes it.
    pub from: String,
    /// So many robot jobs of the window are passed over.
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
    pub job: StartedJob,
    /// `Reference`, where the server has it.
    pub reference: Option<String>,
}

/// Where and as whom to connect: a profile, ready for use.
#[derive(Clone)]
pub struct Connection {
    /// Where Orchestrator is.
    pub base: BaseUrl,
    /// `X-UIPATH-TenantName`, sent only where it is given.
    pub tenant: Option<String>,
    /// As whom to sign in.
    pub login: Login,
    /// Where tokens outlive this process; none: nowhere.
    pub tokens: Option<Arc<dyn TokenStore>>,
    /// The way there: certificates and proxy.
    pub route: Route,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// What a 429 means.
    pub throttled: Throttled,
    /// How many calls will be open at once: as many idle connections are kept.
    pub senders: usize,
    /// The seed of the jitter between repeated look-ups.
    pub seed: u64,
    /// Where time comes from.
    pub clock: SharedClock,
    /// Learns every secret that the client comes to know.
    pub redactor: Redactor,
}

/// How long one attempt may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until a connection stands, TLS included. At most half of `attempt` is used: a handshake that hangs until the
    /// end of the attempt would be in doubt, while one that is given up before is surely unsent.
    pub connect: Duration,
    /// From the start until the answer's last byte.
    pub attempt: Duration,
}

impl Default for Timeouts {
    /// 5 s and 60 s.
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), attempt: Duration::from_secs(60) }
    }
}

/// Why no client can be made of a [`Connection`]. The profile's fault, or the machine's.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// The tenant's name holds characters that no header can.
    #[error("the tenant `{tenant}` holds characters other than visible ASCII")]
    Tenant {
        /// The tenant given.
        tenant: String,
    },
    /// The ready token is no token.
    #[error(transparent)]
    Token(#[from] UnusableToken),
    /// The profile's certificates cannot be used.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// The system's certificates cannot be loaded.
    #[error("the system's certificate store cannot be read")]
    Certificates(#[source] reqwest::Error),
}

/// A client of one tenant, as one login. Cheap calls: address and headers are built once.
pub struct Client {
    base: BaseUrl,
    tenant: TenantIdentity,
    start_url: Url,
    headers: HeaderMap,
    throttled: Throttled,
    repeater: Arc<Repeater>,
    tokens: Tokens,
}

impl Client {
    /// Makes the client; connects to nothing yet.
    ///
    /// Errors: [`ConnectionError`].
    pub fn new(connection: Connection) -> Result<Self, ConnectionError> {
        let Connection { base, tenant, login, tokens, route, timeouts, throttled, senders, seed, clock, redactor } =
            connection;
        let tenant = tenant.filter(|tenant| !tenant.is_empty());
        let source = Source::of(&login, &base, tenant.as_deref(), tokens, &redactor);
        let is_plain = |scheme| scheme == Scheme::LoopbackHttp;
        let tls = if is_plain(base.scheme()) && source.scheme().is_none_or(is_plain) {
            Tls::Unused
        } else {
            Tls::SystemRoots
        };
        let connect = timeouts.connect.min(timeouts.attempt / 2);
        let settings = Settings { connect, senders, tls, route: &route, redactor: &redactor };
        let exchange = Exchange::new(&settings, clock).map_err(|error| match error {
            Unbuildable::Route(error) => ConnectionError::Route(error),
            Unbuildable::Stack(error) => ConnectionError::Certificates(error),
        })?;
        let jitter = Mutex::new(fastrand::Rng::with_seed(seed));
        let repeater = Arc::new(Repeater { exchange, attempt: timeouts.attempt, jitter, redactor });
        let asker = match source.origin() {
            Some(origin) if origin != base.origin() => Arc::new(repeater.for_another_server()),
            Some(_) | None => repeater.clone(),
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
            repeater,
        })
    }

    /// What locks, slots and rations belong to.
    pub fn tenant(&self) -> &TenantIdentity {
        &self.tenant
    }

    /// Sees to it that a token is at hand, before anything depends on it.
    ///
    /// A ready token is only tried by the first call that uses it: no operation is open to every token.
    /// Errors: [`CallError`]; nothing was started.
    pub async fn sign_in(&self) -> Result<(), CallError> {
        self.tokens.get().await.map(|_| ())
    }

    /// Reads `path` (with its query) in `folder`; repeats what may pass, and renews the token once.
    async fn get<T: DeserializeOwned>(
        &self,
        what: &'static str,
        folder: &FolderRef,
        path: &str,
    ) -> Result<T, CallError> {
        self.get_dated(repeat::TRIES, what, folder, path).await.map(|(body, _)| body)
    }

    /// As [`Client::get`] with at most `tries` tries, and with the server's own time where it told it.
    async fn get_dated<T: DeserializeOwned>(
        &self,
        tries: u32,
        what: &'static str,
        folder: &FolderRef,
        path: &str,
    ) -> Result<(T, Option<Timestamp>), CallError> {
        let purpose = Purpose { what, origin: self.base.origin(), login: self.tokens.login(), folder: Some(folder) };
        let url = self.base.join(path);
        let mut token = self.tokens.get().await?;
        let reply = loop {
            let outcome = self
                .repeater
                .call_up_to(tries, purpose, || self.message(Method::GET, url.clone(), folder, &token))
                .await;
            match outcome {
                Ok(reply) => break reply,
                Err(CallError::LoginRefused { error, .. }) => {
                    token = self.tokens.replace(&token, Use::Read, error).await?;
                }
                // A kept token may be older than a permission that was granted since.
                Err(CallError::Permission { error, .. }) if token.is_kept() => {
                    token = self.tokens.replace(&token, Use::Read, error).await?;
                }
                Err(error) => return Err(error),
            }
        };
        token.accept(Use::Read);
        let Body::Whole(bytes) = &reply.body else { unreachable!("the repeater returns whole answers only") };
        let parsed =
            wire::json_text(bytes).and_then(|text| serde_json::from_str(text).map_err(|error| error.to_string()));
        let body = parsed.map_err(|detail| {
            let detail = self.repeater.redactor.redact(&detail).into_owned();
            CallError::NotOrchestrator { what, origin: self.base.origin().clone(), status: reply.status, detail }
        })?;
        Ok((body, reply.date()))
    }

    fn message(&self, method: Method, url: Url, folder: &FolderRef, token: &Token) -> reqwest::Request {
        let mut message = reqwest::Request::new(method, url);
        let headers = message.headers_mut();
        headers.clone_from(&self.headers);
        let (name, value) = folder_header(folder);
        headers.insert(name, value);
        headers.insert(AUTHORIZATION, token.header.clone());
        message
    }

    /// Sends `request` once, if a token is at hand, and sees what came of it.
    async fn send_start(&self, request: &Request, deadline: Moment) -> Seen {
        let Some(token) = self.tokens.at_hand() else {
            let fresh = self.by(deadline, self.tokens.get()).await;
            return renewed(fresh, "the token was fetched first");
        };
        let mut message = self.message(Method::POST, self.start_url.clone(), &request.folder, &token);
        message.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *message.body_mut() = Some(hyper::body::Bytes::from_owner(SharedText(request.body.clone())).into());
        let limit = longest_answer(request);
        let seen = self.tokens.beside(self.repeater.exchange.send(message, limit, deadline)).await;
        let Seen::Answer(reply) = &seen else { return seen };
        match reply.status {
            401 | 403 if reply.status == 401 || token.is_kept() => {
                let said = self.repeater.redacted(ErrorBody::read(reply).error);
                let fresh = self.by(deadline, self.tokens.replace(&token, Use::Start, said)).await;
                renewed(fresh, "the server did not take the token")
            }
            200..300 | 400 | 403 | 404 | 409 | 422 => {
                token.accept(Use::Start);
                seen
            }
            _ => seen,
        }
    }

    /// What `work` comes to by `deadline`.
    async fn by<T>(&self, deadline: Moment, work: impl Future<Output = Result<T, CallError>>) -> Result<T, CallError> {
        match select(std::pin::pin!(work), self.repeater.exchange.clock().sleep_until(deadline)).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(((), _)) => Err(CallError::Unreachable {
                what: "asking for a token",
                origin: self.base.origin().clone(),
                detail: "no answer in time".to_owned(),
            }),
        }
    }

    /// `class` without any secret that the server may have repeated.
    fn redacted(&self, class: Class) -> Class {
        let redact = |text: String| self.repeater.redactor.redact(&text).into_owned();
        match class {
            Class::Started(mut jobs) => {
                for job in &mut jobs {
                    job.info = job.info.take().map(redact);
                    job.output = job.output.take().map(redact);
                }
                Class::Started(jobs)
            }
            Class::Rejected(error) => Class::Rejected(self.repeater.redacted(error)),
            Class::Unsent { why, next } => Class::Unsent { why: redact(why), next },
            Class::Stopped { stop, error } => Class::Stopped { stop, error: self.repeater.redacted(error) },
            Class::InDoubt { why, hold } => Class::InDoubt { why: redact(why), hold },
        }
    }
}

impl Server for Client {
    async fn start_jobs(&self, request: &Request, history: History) -> Answer {
        let clock = self.repeater.exchange.clock();
        let deadline = clock.now().after(self.repeater.attempt);
        let seen = self.send_start(request, deadline).await;
        let class = classify(&seen, history, self.throttled, clock.utc());
        Answer { class: self.redacted(class), server_time: seen.server_time() }
    }

    async fn list_jobs(&self, window: &JobWindow) -> Result<JobPage, CallError> {
        let path = format!("/odata/Jobs{}", job_query(window));
        let (page, server_time) =
            self.get_dated::<wire::Page<wire::ListedJobDto>>(1, "listing jobs", &window.folder, &path).await?;
        Ok(JobPage { jobs: page.value.into_iter().map(ListedJob::from).collect(), server_time })
    }
}

/// The query of a window: one filter that every server knows, few fields, a stable order.
fn job_query(window: &JobWindow) -> String {
    const FIELDS: &str = "Id,Key,State,Reference,BatchExecutionKey,CreationTime,StartTime,EndTime,ReleaseName,Source,\
                          SourceType,Type,Info";
    let query = Query::default()
        .with("$filter", &format!("CreationTime ge {}", window.from))
        .with("$orderby", "CreationTime,Id")
        .with("$top", &LARGEST_PAGE.to_string())
        .with("$select", FIELDS);
    let query = if window.skip == 0 { query } else { query.with("$skip", &window.skip.to_string()) };
    query.as_str().to_owned()
}

fn renewed(token: Result<Arc<Token>, CallError>, detail: &str) -> Seen {
    match token {
        Ok(_) => Seen::Renewed { detail: detail.to_owned() },
        Err(CallError::LoginRefused { error, .. }) => Seen::NoToken { lack: Lack::Refused, error },
        Err(error) => Seen::NoToken { lack: error.lack(), error: ServerError::of_network(error.to_string()) },
    }
}

/// The longest answer to `request` that is read, in bytes: each robot job repeats the arguments, escaped once more.
fn longest_answer(request: &Request) -> usize {
    const SHORTEST: usize = 1 << 20;
    const JOB: usize = 4 << 10;
    /// The most robot jobs that one call can start. Source: Orchestrator API notes, section 4.1.
    const MOST_JOBS: usize = 10_000;
    let jobs = match request.expected {
        Expected::Exactly(count) => usize::try_from(count).unwrap_or(MOST_JOBS).min(MOST_JOBS),
        Expected::AtLeastOne => MOST_JOBS,
    };
    SHORTEST.max(jobs * (JOB + 2 * request.body.len()))
}

/// A shared text as the bytes of a body, without a copy.
struct SharedText(Arc<str>);

impl AsRef<[u8]> for SharedText {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
