//! A stand-in for UiPath Orchestrator on the loopback, for testing clients of its API: real HTTP, spelled from the
//! published description.
//!
//! In: a [`World`], a [clock](clock::Clock), [`Options`]. Out: a server that is ready when [`Sandbox::start`] returns, and
//! its own record of what it was asked. It shares no type with any client, so that a misreading of the API in one of them
//! fails a test. Never: listens beyond the loopback, or needs its caller's runtime.
//!
//! ```
//! # mod my_client {
//! #     use std::io::{Read as _, Write as _};
//! #     pub fn start(url: &str, token: &str, release: &str) -> Result<String, std::io::ErrorKind> {
//! #         let body = format!("{{\"startInfo\": {{\"ReleaseName\": \"{release}\"}}}}");
//! #         let mut stream = std::net::TcpStream::connect(url.trim_start_matches("http://")).unwrap();
//! #         write!(
//! #             stream,
//! #             "POST /odata/Jobs/UiPath.Server.Configuration.OData.StartJobs HTTP/1.1\r\nHost: localhost\r\n\
//! #              Authorization: Bearer {token}\r\nX-UIPATH-OrganizationUnitId: 7\r\nContent-Type: application/json\r\n\
//! #              Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
//! #             body.len()
//! #         )
//! #         .unwrap();
//! #         let mut answer = String::new();
//! #         stream.read_to_string(&mut answer).unwrap();
//! #         if answer.is_empty() { Err(std::io::ErrorKind::ConnectionAborted) } else { Ok(answer) }
//! #     }
//! # }
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use orchestrator_sandbox::clock::HandClock;
//! use orchestrator_sandbox::faults::{Fault, Faults, Operation, Position};
//! use orchestrator_sandbox::world::{End, Folder, Life, Release};
//! use orchestrator_sandbox::{Options, Sandbox, World};
//!
//! // A tenant with one folder and one release, whose robot jobs wait a second and run for ten minutes.
//! let world = World::new()
//!     .folder(Folder::at("Finance").id(7))
//!     .release(Release::named("Invoice Loader").folder("Finance"))
//!     .life(Life::of(Duration::from_secs(1), Duration::from_secs(600), End::Successful));
//! // The answer to the first start is lost: the robot job exists, and the client does not know.
//! let faults = Faults::new().at(Operation::StartJobs, Position::Nth(1), Fault::lose_answer());
//! // Time stands still until the test moves it.
//! let clock = HandClock::at("2026-01-31T12:00:00Z".parse()?);
//! // Port 0 takes a free one. The server is ready on return, and ends with the value.
//! let options = Options { port: 0, faults, ..Options::default() };
//! let sandbox = Sandbox::start(&world, Arc::new(clock.clone()), options)?;
//!
//! let answer = my_client::start(&sandbox.url(), sandbox.token(), "Invoice Loader");
//! assert!(answer.is_err(), "the connection was closed");
//!
//! // The record knows what the client cannot know.
//! let received = &sandbox.record()[0];
//! assert_eq!((received.operation, received.fault.as_deref()), ("StartJobs", Some("lose-answer")));
//! let jobs = sandbox.jobs();
//! assert_eq!((received.created.as_slice(), jobs[0].state), ([jobs[0].id].as_slice(), "Pending"));
//! clock.advance(Duration::from_secs(1));
//! assert_eq!(sandbox.jobs()[0].state, "Running");
//! # Ok(())
//! # }
//! ```
//!
//! Folders, releases, robots, machines, buckets and queues are a [`World`]'s; what nobody has recorded of the service is one
//! of its [`Switches`](world::Switches); what goes wrong is in [`Faults`]. Worlds and faults can be read from YAML or JSON.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use serde::Serialize;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::watch;
use uuid::Uuid;

use clock::{Clock as _, SharedClock, SystemClock};
use faults::line::{Line, Listener, Stopping};
pub use faults::{Faults, FaultsError};
#[cfg(fuzzing)]
pub use odata::any_filter::check_filter;
use record::Record;
pub use record::{Answered, ItemSeen, JobSeen, OnAnswer, Received};
use routes::Shared;
use tenant::Tenant;
use tokens::{Credentials, Tokens};
pub use world::{World, WorldError};

pub mod clock;
mod dto;
pub mod faults;
mod odata;
mod ration;
mod record;
mod refusal;
mod routes;
mod start_info;
mod tenant;
mod tokens;
pub mod world;

/// How long a stopping sandbox waits for answers that are under way.
const GRACE: Duration = Duration::from_secs(1);

/// Maximum size of the record in memory, in bytes: some 150,000 requests.
const MAX_RECORD_BYTES: usize = 256 * 1024 * 1024;

/// Maximum wait for the head of a request, as usual servers have it.
const MAX_HEAD_WAIT: Duration = Duration::from_secs(30);

/// How to serve, beside what is served.
#[derive(Clone)]
pub struct Options {
    /// The port; 0 takes a free one.
    pub port: u16,
    /// Added to every answer, by the sandbox's clock. The work is done before the wait.
    pub latency: Duration,
    /// The lifetime of tokens from the token endpoint.
    pub token_lifetime: Duration,
    /// The ready token; a random one where absent.
    pub token: Option<String>,
    /// The id of the one external application.
    pub client_id: String,
    /// Its secret; a random one where absent.
    pub client_secret: Option<String>,
    /// What goes wrong.
    pub faults: Faults,
    /// The name of the one user who signs in by password.
    pub user: String,
    /// The user's password; a random one where absent.
    pub password: Option<String>,
    /// The key of the old cloud's login (`/oauth/token`); a random one where absent.
    pub user_key: Option<String>,
    /// How much of the record is kept, in bytes; the oldest lines go first.
    pub max_record_bytes: usize,
    /// A connection whose request's head is not there by then is closed; by the machine's own clock.
    pub max_head_wait: Duration,
    /// Hears of each answer, on the sandbox's own thread, which goes on when it returns.
    pub on_answer: Option<OnAnswer>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            latency: Duration::ZERO,
            token_lifetime: Duration::from_secs(3600),
            token: None,
            client_id: "sandbox".to_owned(),
            client_secret: None,
            faults: Faults::new(),
            user: "sandbox".to_owned(),
            password: None,
            user_key: None,
            max_record_bytes: MAX_RECORD_BYTES,
            max_head_wait: MAX_HEAD_WAIT,
            on_answer: None,
        }
    }
}

/// A running sandbox; dropping it stops the server and waits for its end.
pub struct Sandbox {
    address: SocketAddr,
    shared: Arc<Shared>,
    credentials: Credentials,
    stop: Option<watch::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Where a sandbox is and how to get in: the one JSON line of `sortie sandbox --format json`.
///
/// It holds the secrets in the clear, for the one who asked for them.
#[derive(Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Announcement {
    /// The base address of the API.
    pub url: String,
    /// The base address of the identity server.
    pub identity_url: String,
    /// A token that is good at once.
    pub token: String,
    /// The id of the external application.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The name of the user who signs in by password.
    pub user: String,
    /// The user's password.
    pub password: String,
    /// The key of the old cloud's login.
    pub user_key: String,
}

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The world contradicts itself. The author's fault.
    #[error(transparent)]
    World(#[from] WorldError),
    /// The faults contradict themselves. The author's fault.
    #[error(transparent)]
    Faults(#[from] FaultsError),
    /// The port is taken, or may not be had.
    #[error("port {port} of the loopback cannot be listened on")]
    Listen {
        /// The port asked for.
        port: u16,
        /// The system's answer.
        #[source]
        source: std::io::Error,
    },
    /// The system gave no thread or no event queue.
    #[error("the sandbox's thread cannot be started")]
    Thread(#[source] std::io::Error),
}

impl Sandbox {
    /// Serves `world` on a thread of its own until the value is dropped.
    ///
    /// Errors: [`SandboxError`]. Requests are accepted from the moment of return.
    pub fn start(world: &World, clock: SharedClock, options: Options) -> Result<Self, SandboxError> {
        let tenant = Tenant::open(world, (clock.now(), clock.utc()))?;
        options.faults.check()?;
        let random = || format!("sandbox-{}", Uuid::new_v4().simple());
        let credentials = Credentials {
            ready: options.token.unwrap_or_else(random),
            client_id: options.client_id,
            client_secret: options.client_secret.unwrap_or_else(random),
            user: options.user,
            password: options.password.unwrap_or_else(random),
            user_key: options.user_key.unwrap_or_else(random),
        };
        let tokens = Tokens::new(credentials.clone(), options.token_lifetime);
        let (stop, stopping) = Stopping::new();
        let live = (tenant, tokens, options.faults.picker(), Record::new(options.max_record_bytes));
        let shared = Shared::new(clock, options.latency, stopping.clone(), live).with_listener(options.on_answer);
        let shared = Arc::new(shared);

        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(SandboxError::Thread)?;
        let listening = {
            let _entered = runtime.enter();
            listen(options.port).and_then(|listener| Ok((listener.local_addr()?, listener)))
        };
        let (address, listener) = match listening {
            Ok(listening) => listening,
            Err(source) => {
                // A runtime may not be dropped inside another one, where our caller may well be.
                runtime.shutdown_background();
                return Err(SandboxError::Listen { port: options.port, source });
            }
        };
        let serving = Arc::clone(&shared);
        let head_wait = options.max_head_wait;
        let serve = move || runtime.block_on(serve_until(stopping, listener, head_wait, serving));
        let thread = std::thread::Builder::new().name("sandbox".to_owned()).spawn(serve);
        let thread = Some(thread.map_err(SandboxError::Thread)?);
        Ok(Self { address, shared, credentials, stop: Some(stop), thread })
    }

    /// The base address of the API, without a final slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The base address of the identity server; `/connect/token` follows.
    pub fn identity_url(&self) -> String {
        format!("{}/identity_", self.url())
    }

    /// A token that is good at once, for everything.
    pub fn token(&self) -> &str {
        &self.credentials.ready
    }

    /// The id of the external application.
    pub fn client_id(&self) -> &str {
        &self.credentials.client_id
    }

    /// Its secret.
    pub fn client_secret(&self) -> &str {
        &self.credentials.client_secret
    }

    /// The name of the user who signs in by password.
    pub fn user(&self) -> &str {
        &self.credentials.user
    }

    /// The user's password.
    pub fn password(&self) -> &str {
        &self.credentials.password
    }

    /// The key of the old cloud's login.
    pub fn user_key(&self) -> &str {
        &self.credentials.user_key
    }

    /// Everything that a client needs, to be printed.
    pub fn announcement(&self) -> Announcement {
        Announcement {
            url: self.url(),
            identity_url: self.identity_url(),
            token: self.token().to_owned(),
            client_id: self.client_id().to_owned(),
            client_secret: self.client_secret().to_owned(),
            user: self.user().to_owned(),
            password: self.password().to_owned(),
            user_key: self.user_key().to_owned(),
        }
    }

    /// Every request so far and its answer, in the order in which they took effect; the last of them where they are
    /// more than [`Options::max_record_bytes`].
    pub fn record(&self) -> Vec<Received> {
        self.shared.live().record.lines().cloned().collect()
    }

    /// Every robot job so far, in the order of ids, in its present state.
    pub fn jobs(&self) -> Vec<JobSeen> {
        self.shared.jobs()
    }

    /// Every queue item so far, in the order of addition.
    pub fn queue_items(&self) -> Vec<ItemSeen> {
        self.shared.queue_items()
    }

    /// Ends every token given out so far, the ready one too: the next call with one of them is answered with 401.
    pub fn expire_tokens(&self) {
        self.shared.live().tokens.expire();
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Dropping the sender is the signal.
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the server's thread was printed by it, and has no further to go in a destructor.
            thread.join().ok();
        }
    }
}

/// Listens on the loopback, with room for a thousand clients that connect at once.
fn listen(port: u16) -> std::io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    // A fixed port can be had again at once after a sandbox that used it has ended.
    socket.set_reuseaddr(true)?;
    socket.bind((Ipv4Addr::LOCALHOST, port).into())?;
    socket.listen(1024)
}

/// Serves until it is to stop, then lets the answers under way go out, for [`GRACE`] at most.
async fn serve_until(stopping: Stopping, listener: TcpListener, max_head_wait: Duration, shared: Arc<Shared>) {
    let service = Router::new().fallback(routes::serve).with_state(Arc::clone(&shared));
    let listener = Listener::new(listener, stopping.clone(), max_head_wait, move || shared.greet());
    let grace = {
        let stopping = stopping.clone();
        async {
            stopping.wait().await;
            // The machine's own clock: a hand-driven one may never move again.
            let clock = SystemClock::new();
            clock.sleep_until(clock.now().after(GRACE)).await;
        }
    };
    let served = axum::serve(listener, service.into_make_service_with_connect_info::<Line>());
    tokio::select! {
        served = served.with_graceful_shutdown(stopping.wait()) => drop(served),
        () = grace => {}
    }
}
