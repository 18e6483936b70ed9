//! The board on a socket: HTTP/1.1 for a few browsers on this machine.
//!
//! In: connections. Out: the board's answers, and streams of what has changed. Never: reads a ledger on the task that serves all
//! connections: a page is made on a thread of its own, so that a large one holds nobody else up.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, StreamExt as _};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{COOKIE, HOST};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::board::{
    Access, AccessGrant, Board, BoardAnswer, BoardError, BoardRequest, LivePart, LiveView, RequestFacts,
};
use crate::clock::SharedClock;

/// Maximum connections at once: some browsers with some tabs.
const MAX_CONNECTIONS: usize = 64;
/// Maximum pages that are made at the same time.
const MAX_PAGES: usize = 4;
/// Maximum bytes of a request's head.
const MAX_HEAD: usize = 16 * 1024;
/// Between two looks whether a page has changed: one run, and the list.
const BETWEEN_LOOKS_RUN: Duration = Duration::from_secs(1);
const BETWEEN_LOOKS_LIST: Duration = Duration::from_secs(2);
/// Looks without a change after which a word is sent all the same: so a browser that has gone away is noticed.
const MAX_SILENT_LOOKS: u32 = 15;
/// After a connection could not be taken, as where too many files are open.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// A board, and its door.
#[derive(Clone)]
pub(super) struct BoardServer {
    board: Arc<Board>,
    access: Arc<Access>,
    clock: SharedClock,
    pages: Arc<Semaphore>,
}

impl BoardServer {
    pub(super) fn new(board: Board, access: Access, clock: SharedClock) -> Self {
        let pages = Arc::new(Semaphore::new(MAX_PAGES));
        Self { board: Arc::new(board), access: Arc::new(access), clock, pages }
    }

    /// Serves whoever connects, for ever.
    pub(super) async fn serve(self, listener: TcpListener) {
        let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        loop {
            let place = Arc::clone(&places).acquire_owned().await.expect("it is never closed");
            match listener.accept().await {
                Ok((socket, _)) => {
                    let server = self.clone();
                    tokio::spawn(async move {
                        server.connection(socket).await;
                        drop(place);
                    });
                }
                Err(_) => self.clock.sleep(AFTER_FAILURE).await,
            }
        }
    }

    async fn connection(self, socket: TcpStream) {
        let service = service_fn(move |request| {
            let server = self.clone();
            async move { Ok::<_, Infallible>(server.respond(&request).await) }
        });
        let mut builder = http1::Builder::new();
        builder.max_buf_size(MAX_HEAD);
        // A browser that goes away in the middle of an answer is no event.
        let _ = builder.serve_connection(TokioIo::new(socket), service).await;
    }

    async fn respond(&self, request: &Request<Incoming>) -> Response<Body> {
        let began = self.clock.now();
        let (path, query) = (request.uri().path(), request.uri().query());
        let answer = if let Err(refusal) = self.admit(request) {
            refusal
        } else if let Some(view) = LiveView::of(path, query) {
            return response(&BoardAnswer::stream(), None, self.clone().changes(view));
        } else if let Some(wanted) = BoardRequest::of(path, query) {
            self.page(wanted).await
        } else {
            self.board.refusal(&BoardError::NoPage)
        };
        let took = self.clock.now().since(began);
        let body = Full::new(Bytes::from(answer.body.clone()));
        response(&answer, Some(took), body.boxed_unsync())
    }

    /// Whether the request is let in; else what it is answered.
    fn admit(&self, request: &Request<Incoming>) -> Result<(), BoardAnswer> {
        let texts = |name| request.headers().get_all(name).iter().map(|value| value.to_str().unwrap_or("\u{fffd}"));
        let mut hosts: Vec<&str> = texts(HOST).collect();
        // No host at all is none of ours, whatever stands in the request's line.
        if !hosts.is_empty() {
            hosts.extend(request.uri().authority().map(hyper::http::uri::Authority::as_str));
        }
        let cookies: Vec<&str> = texts(COOKIE).collect();
        let facts = RequestFacts {
            method: request.method().as_str(),
            hosts: &hosts,
            query: request.uri().query(),
            cookies: &cookies,
        };
        match self.access.check(&facts) {
            Ok(AccessGrant::Cookie) => Ok(()),
            Ok(AccessGrant::Token) => Err(BoardAnswer::welcome(self.access.cookie())),
            Err(error) => Err(BoardAnswer::words(error.status(), &error.to_string())),
        }
    }

    async fn page(&self, wanted: BoardRequest) -> BoardAnswer {
        let (board, now) = (Arc::clone(&self.board), self.clock.utc());
        let made = self.apart(move |handle| handle.block_on(board.answer(&wanted, now))).await;
        made.unwrap_or_else(|| BoardAnswer::words(500, "this page could not be made: see what `sortie board` says"))
    }

    async fn part(&self, view: LiveView) -> Option<Result<LivePart, BoardError>> {
        let (board, now) = (Arc::clone(&self.board), self.clock.utc());
        self.apart(move |handle| handle.block_on(board.part(&view, now))).await
    }

    /// Carries `work` out on a thread of its own; `None` if it panicked, which has been said.
    async fn apart<T: Send + 'static>(&self, work: impl FnOnce(Handle) -> T + Send + 'static) -> Option<T> {
        let _turn = self.pages.acquire().await.expect("it is never closed");
        let handle = Handle::current();
        spawn_blocking(move || work(handle)).await.ok()
    }

    /// The part of a page that `view` is of, whenever it has changed: `event: part` with the markup as JSON, and `event: end` where
    /// it changes no more.
    fn changes(self, view: LiveView) -> Body {
        let between = match &view {
            LiveView::Runs(_) => BETWEEN_LOOKS_LIST,
            LiveView::Run(_) => BETWEEN_LOOKS_RUN,
        };
        let watch = Watch { server: self, view, between, shown: None, silent: 0, is_over: false };
        let changes = stream::unfold(watch, Watch::next);
        StreamBody::new(changes.map(|text| Ok(Frame::data(Bytes::from(text))))).boxed_unsync()
    }
}

/// One browser that watches one page.
struct Watch {
    server: BoardServer,
    view: LiveView,
    between: Duration,
    shown: Option<String>,
    silent: u32,
    is_over: bool,
}

impl Watch {
    /// What to send next; `None` at the end.
    async fn next(mut self) -> Option<(String, Self)> {
        if self.is_over {
            return None;
        }
        loop {
            if self.shown.is_some() {
                self.server.clock.sleep(self.between).await;
            }
            // A browser asks again by itself where a stream ends.
            let part = self.server.part(self.view.clone()).await?.ok()?;
            self.is_over = part.is_over;
            self.silent += 1;
            let has_changed = self.shown.as_ref() != Some(&part.html);
            if has_changed || part.is_over {
                let markup = serde_json::to_string(&part.html).expect("a text is JSON");
                let end = if part.is_over { "event: end\ndata: end\n\n" } else { "" };
                self.shown = Some(part.html);
                self.silent = 0;
                return Some((format!("event: part\ndata: {markup}\n\n{end}"), self));
            }
            if self.silent >= MAX_SILENT_LOOKS {
                self.silent = 0;
                return Some((": still here\n\n".to_owned(), self));
            }
        }
    }
}

fn response(answer: &BoardAnswer, took: Option<Duration>, body: Body) -> Response<Body> {
    let mut builder = Response::builder()
        .status(answer.status)
        .header("content-type", answer.content_type)
        .header("content-security-policy", &answer.policy);
    for (name, value) in BoardAnswer::HEADERS {
        builder = builder.header(name, value);
    }
    if let Some(cookie) = &answer.cookie {
        builder = builder.header("set-cookie", cookie);
    }
    if let Some(took) = took {
        builder = builder.header("server-timing", format!("total;dur={:.1}", took.as_secs_f64() * 1000.0));
    }
    builder.body(body).expect("its headers are this crate's own")
}
