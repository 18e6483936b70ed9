//! One request, one answer: sent once, read to its end or its limit, under one total deadline of our own clock.
//!
//! In: a request that is ready. Out: what was [`Observed`]; never an error, never a second sending. The HTTP stack's own
//! retries, redirects and environment proxies are off. Source: `docs/exactly-once.md`, section 2.

use std::error::Error;
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::{Either, select};
use reqwest::redirect::Policy;
use reqwest::{Client, Request, Response, retry};

use super::network::{Network, NetworkError, Proxy};
use super::observed::{HttpReply, NotSent, Observed, ReplyBody};
use super::tally::{RequestKind, RequestTally};
use super::tunnel;
use crate::clock::{Moment, SharedClock};
use crate::diagnostic::causes::without_numbers;
use crate::secret::Redactor;

/// Maximum time that a connection stays idle before it is dropped: one that the server closes just then fails in doubt, although nothing was served.
const MAX_IDLE: Duration = Duration::from_secs(20);

/// Maximum wait for the answer of a proxy that is asked why it opened no tunnel.
const MAX_REFUSAL_WAIT: Duration = Duration::from_secs(2);

/// The HTTP stack, tamed; for the requests to one server.
pub(in crate::orchestrator) struct Transport {
    http: Client,
    clock: SharedClock,
    proxy: Option<Proxy>,
    /// The server has answered something, so that a connection may be one that it had accepted before.
    has_answered: AtomicBool,
    tally: RequestTally,
}

/// What the HTTP stack must know of a profile.
pub(in crate::orchestrator) struct TransportSettings<'a> {
    pub connect: Duration,
    pub senders: usize,
    pub tls: Tls,
    pub network: &'a Network,
    pub redactor: &'a Redactor,
}

/// Why there can be no HTTP stack.
#[derive(Debug, thiserror::Error)]
pub(in crate::orchestrator) enum TransportError {
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error(transparent)]
    Stack(#[from] reqwest::Error),
}

/// Whether certificates will ever be looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::orchestrator) enum Tls {
    /// The system's roots are loaded: some 10 ms.
    SystemRoots,
    /// Every address is `http://` on this machine, so that no root is wanted (nor need there be any).
    Unused,
}

impl Transport {
    /// Errors: the profile's certificates cannot be used, or the system's store cannot be read.
    pub(in crate::orchestrator) fn new(
        settings: &TransportSettings<'_>,
        clock: SharedClock,
    ) -> Result<Self, TransportError> {
        // Somebody else in this process may have installed one already, which serves as well.
        let _already_installed = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .http1_only()
            .redirect(Policy::none())
            .retry(retry::never())
            // Some gateways turn away whoever names no agent.
            .user_agent(concat!("sortie/", env!("CARGO_PKG_VERSION")))
            .referer(false)
            .pool_idle_timeout(MAX_IDLE)
            .pool_max_idle_per_host(settings.senders)
            .connect_timeout(settings.connect);
        builder = settings.network.apply(builder, settings.redactor)?;
        builder = match settings.tls {
            Tls::SystemRoots => builder,
            Tls::Unused => builder.tls_certs_only([]),
        };
        let proxy = settings.network.proxy.clone();
        Ok(Self {
            http: builder.build()?,
            clock,
            proxy,
            has_answered: AtomicBool::new(false),
            tally: RequestTally::default(),
        })
    }

    /// One for the requests to another server, over the same pool of connections.
    pub(in crate::orchestrator) fn for_another_server(&self) -> Self {
        let (http, clock, proxy) = (self.http.clone(), self.clock.clone(), self.proxy.clone());
        Self { http, clock, proxy, has_answered: AtomicBool::new(false), tally: self.tally.clone() }
    }

    /// What was sent through it, and through those that were made of it.
    pub(in crate::orchestrator) fn tally(&self) -> &RequestTally {
        &self.tally
    }

    pub(in crate::orchestrator) fn clock(&self) -> &SharedClock {
        &self.clock
    }

    /// Sends `request` once and reads its answer, up to `limit` bytes; gives up at `deadline`.
    pub(in crate::orchestrator) async fn send(&self, request: Request, limit: usize, deadline: Moment) -> Observed {
        let started = self.clock.now();
        let kind = RequestKind::of(request.method(), request.url().path());
        let observed = self.send_until(request, limit, (started, deadline)).await;
        self.tally.add(kind, &observed, self.clock.now().since(started));
        observed
    }

    async fn send_until(&self, request: Request, limit: usize, (started, deadline): (Moment, Moment)) -> Observed {
        let host = request.url().host_str().unwrap_or_default();
        let target = format!("{host}:{}", request.url().port_or_known_default().unwrap_or_default());
        let transport = pin!(self.send_and_read(request, limit));
        match select(transport, self.clock.sleep_until(deadline)).await {
            Either::Left((Observed::NotSent { cause: NotSent::ProxyRefused, detail }, _)) => {
                Observed::NotSent { cause: NotSent::ProxyRefused, detail: self.refusal(&target, detail).await }
            }
            Either::Left((observed, _)) => observed,
            // Dropping the exchange closes its connection. Whether it was ever open is not to be told from outside.
            Either::Right(((), _)) => {
                let waited = deadline.since(started).as_secs_f64();
                Observed::Broken { detail: format!("no whole answer within {waited:.0} s") }
            }
        }
    }

    /// What there is to say of a proxy that opened no tunnel to `target`: its address, and its answer, for which it is
    /// asked once more.
    async fn refusal(&self, target: &str, detail: String) -> String {
        let Some(proxy) = &self.proxy else { return detail };
        let asked = pin!(tunnel::refusal(proxy, target));
        let answer = match select(asked, self.clock.sleep(MAX_REFUSAL_WAIT)).await {
            Either::Left((Ok(line), _)) => format!("it answers `{line}`"),
            Either::Left((Err(_), _)) | Either::Right(_) => detail,
        };
        format!("the proxy `{}` opens no tunnel to `{target}`: {answer}", proxy.address())
    }

    async fn send_and_read(&self, request: Request, limit: usize) -> Observed {
        match self.http.execute(request).await {
            Ok(mut response) => {
                self.has_answered.store(true, Ordering::Relaxed);
                let status = response.status().as_u16();
                let headers = std::mem::take(response.headers_mut());
                let body = read(response, limit).await;
                Observed::Answer(HttpReply { status, headers, body })
            }
            Err(error) => broken(&error, self.has_answered.load(Ordering::Relaxed)),
        }
    }
}

async fn read(mut response: Response, limit: usize) -> ReplyBody {
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() > limit => return ReplyBody::TooLong(limit),
            Ok(Some(chunk)) if bytes.is_empty() => bytes = chunk.into(),
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return ReplyBody::Whole(bytes),
            Err(error) => return ReplyBody::Cut(bytes, causes(&error)),
        }
    }
}

/// Sorts an error that came in the place of an answer. Anything not surely unsent is in doubt.
///
/// Source: `docs/exactly-once.md`, section 2; `is_request()` is true of nearly all of them and says nothing.
fn broken(error: &reqwest::Error, has_answered: bool) -> Observed {
    let detail = causes(error);
    let unsent = |cause| Observed::NotSent { cause, detail: detail.clone() };
    if error.is_builder() {
        return unsent(NotSent::Unbuilt);
    }
    let tls = chain(error).find_map(tls_error).map_or(TlsFault::None, tls_fault);
    if error.is_connect() {
        return unsent(unconnected(error, tls, &detail));
    }
    let is_ours = tls == TlsFault::ClientCertificate;
    if chain(error).any(|cause| cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_canceled)) {
        return unsent(if is_ours { NotSent::ClientCertificate } else { NotSent::NotTaken });
    }
    // In TLS 1.3 a client has done its part before the server looks at the client's certificate, and the request may
    // be under way when the refusal comes. It is read only behind a handshake that the server finished, and there was
    // none: had there been one, on this connection or another, the server would have answered something.
    if is_ours && !has_answered {
        return unsent(NotSent::ClientCertificate);
    }
    Observed::Broken { detail }
}

fn unconnected(error: &reqwest::Error, tls: TlsFault, detail: &str) -> NotSent {
    if error.is_dns() {
        return NotSent::UnknownHost;
    }
    if error.is_timeout() {
        return NotSent::ConnectTimeout;
    }
    // The tunnel's errors have no type of their own in the stack: these are their texts.
    if detail.contains("proxy authorization required") {
        return NotSent::ProxyLogin;
    }
    if detail.contains("tunnel error") {
        return NotSent::ProxyRefused;
    }
    match tls {
        TlsFault::Certificate => NotSent::Certificate,
        TlsFault::ClientCertificate => NotSent::ClientCertificate,
        TlsFault::Other => NotSent::Handshake,
        TlsFault::None => NotSent::NoConnection,
    }
}

/// What TLS has against a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TlsFault {
    /// The server's certificate.
    Certificate,
    /// Our certificate, or that we have none.
    ClientCertificate,
    Other,
    None,
}

fn tls_fault(error: &rustls::Error) -> TlsFault {
    use rustls::AlertDescription as Alert;
    let is_ours = matches!(
        error,
        rustls::Error::AlertReceived(
            Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::CertificateRevoked
                | Alert::CertificateExpired
                | Alert::CertificateUnknown
                | Alert::UnknownCA
                | Alert::CertificateRequired
        )
    );
    let is_theirs = matches!(
        error,
        rustls::Error::InvalidCertificate(_)
            | rustls::Error::NoCertificatesPresented
            | rustls::Error::UnsupportedNameType
            | rustls::Error::InvalidCertRevocationList(_)
    );
    match (is_ours, is_theirs) {
        (true, _) => TlsFault::ClientCertificate,
        (false, true) => TlsFault::Certificate,
        (false, false) => TlsFault::Other,
    }
}

/// `error` and its causes, outermost first.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The TLS error that `error` is, or holds: what an `io::Error` holds is not its source, and it may hold another one.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    if let Some(tls) = error.downcast_ref() {
        return Some(tls);
    }
    tls_error(error.downcast_ref::<io::Error>()?.get_ref()?)
}

/// The causes below the HTTP stack's own wording, each once, outermost first.
fn causes(error: &reqwest::Error) -> String {
    let mut words: Vec<String> = Vec::new();
    for cause in chain(error).skip(1) {
        let text = without_numbers(&cause.to_string());
        // Where in the stack it happened helps nobody: what happened comes below.
        let is_place = text.starts_with("client error (") || text == "connection error";
        if !is_place && !words.iter().any(|known| known.contains(&text)) {
            words.push(text.strip_prefix("connection error: ").map(str::to_owned).unwrap_or(text));
        }
    }
    if words.is_empty() {
        // The text of a `reqwest::Error` ends in the address, which is no secret here, but is long.
        words.push(error.to_string().split(" for url ").next().unwrap_or_default().to_owned());
    }
    words.join(": ")
}
