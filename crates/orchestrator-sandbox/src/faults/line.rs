//! The sandbox's listener and its connections: what no HTTP library lets a server do to one.
//!
//! In: accepted connections, and what a fault wants said on one. Out: bytes other than HTTP's own, a reset, a close,
//! silence. Never: what a request means.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::fault::Then;
use crate::clock::{Clock as _, Sleep, SystemClock};

/// Accepts connections, each with its [`Line`].
pub(crate) struct Listener<G> {
    inner: TcpListener,
    stopping: Stopping,
    max_head_wait: Duration,
    /// What a new connection meets before anything of it is read.
    greet: G,
}

/// So many times as long as for a head that has begun is waited for one that has not: servers close what is idle, too.
const IDLE_WAITS: u32 = 4;

/// An accepted connection.
pub(crate) struct Connection {
    stream: TcpStream,
    line: Line,
    greeting: Option<Then>,
    /// Ends a silence.
    stopping: Sleep,
    max_head_wait: Duration,
    /// Ends the wait for a request's head; `None` once the head is there. Between two requests it is longer.
    head_due: Option<Sleep>,
    /// How many heads had been read when that was looked at last.
    heads: u64,
    /// Whether nothing of the next request came yet.
    is_idle: bool,
}

/// What a request's handler has in hand of its connection.
#[derive(Clone)]
pub(crate) struct Line {
    instead: Arc<Mutex<Option<Instead>>>,
    has_head: Arc<AtomicBool>,
    /// How many heads were read.
    heads: Arc<AtomicU64>,
}

/// A request that is worked on.
pub(crate) struct InHand(Arc<AtomicBool>);

impl Drop for InHand {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// What goes out instead of the answer that HTTP writes.
struct Instead {
    bytes: Vec<u8>,
    sent: usize,
    then: Then,
}

/// Resolves once the sandbox stops, so that nothing it does for ever outlives it.
#[derive(Clone)]
pub(crate) struct Stopping(watch::Receiver<()>);

impl Stopping {
    /// The signal, and those who wait for it: dropping the sender is the signal.
    pub(crate) fn new() -> (watch::Sender<()>, Self) {
        let (sender, receiver) = watch::channel(());
        (sender, Self(receiver))
    }

    pub(crate) async fn wait(mut self) {
        // Nothing is ever sent, so this ends with the sender alone.
        self.0.changed().await.ok();
    }
}

impl Line {
    /// A request's head was read; what is read once the value is dropped is the head of the next.
    pub(crate) fn in_hand(&self) -> InHand {
        self.has_head.store(true, Ordering::Relaxed);
        self.heads.fetch_add(1, Ordering::Relaxed);
        InHand(Arc::clone(&self.has_head))
    }

    /// Sends `bytes` in place of the answer that is about to be written, then ends as `then` says.
    pub(crate) fn say_instead(&self, bytes: Vec<u8>, then: Then) {
        *self.instead() = Some(Instead { bytes, sent: 0, then });
    }

    fn instead(&self) -> MutexGuard<'_, Option<Instead>> {
        self.instead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<G: FnMut() -> Option<Then>> Listener<G> {
    pub(crate) fn new(inner: TcpListener, stopping: Stopping, max_head_wait: Duration, greet: G) -> Self {
        Self { inner, stopping, max_head_wait, greet }
    }
}

impl<G: FnMut() -> Option<Then> + Send + 'static> axum::serve::Listener for Listener<G> {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        // By the trait, which waits and tries again where the system is out of file handles.
        let (stream, address) = axum::serve::Listener::accept(&mut self.inner).await;
        // Answers are small and written at once: waiting for more to send with them would cost each 40 ms.
        stream.set_nodelay(true).ok();
        let line = Line { instead: Arc::default(), has_head: Arc::default(), heads: Arc::default() };
        let (greeting, stopping) = ((self.greet)(), Box::pin(self.stopping.clone().wait()));
        let max_head_wait = self.max_head_wait;
        let head_due = Some(head_wait(max_head_wait));
        (Connection { stream, line, greeting, stopping, max_head_wait, head_due, heads: 0, is_idle: false }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}

impl<G: FnMut() -> Option<Then> + Send + 'static> Connected<IncomingStream<'_, Listener<G>>> for Line {
    fn connect_info(stream: IncomingStream<'_, Listener<G>>) -> Self {
        stream.io().line.clone()
    }
}

/// A wait by the machine's own clock: a hand-driven one may never move again.
fn head_wait(max: Duration) -> Sleep {
    let clock = SystemClock::new();
    clock.sleep_until(clock.now().after(max))
}

impl Connection {
    /// Ends the connection as `then` says, by the error that makes HTTP drop it.
    fn poll_end(&mut self, then: Then, context: &mut Context<'_>) -> Poll<io::Error> {
        match then {
            Then::Close => Poll::Ready(io::ErrorKind::ConnectionAborted.into()),
            Then::Reset => {
                // Without lingering the system answers a close with a reset.
                self.stream.set_zero_linger().ok();
                Poll::Ready(io::ErrorKind::ConnectionReset.into())
            }
            Then::Never => {
                let has_left = self.stream.poll_peek(context, &mut ReadBuf::new(&mut [0]));
                match (has_left, self.stopping.as_mut().poll(context)) {
                    (Poll::Ready(Ok(0) | Err(_)), _) | (_, Poll::Ready(())) => {
                        Poll::Ready(io::ErrorKind::ConnectionAborted.into())
                    }
                    (Poll::Ready(Ok(_)) | Poll::Pending, Poll::Pending) => Poll::Pending,
                }
            }
        }
    }

    /// Reads on, unless the head of a request is awaited for too long.
    fn poll_request(&mut self, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // A request may have been answered since the last look: its head was there all the same.
        let heads = self.line.heads.load(Ordering::Relaxed);
        let is_answered = std::mem::replace(&mut self.heads, heads) != heads;
        if self.line.has_head.load(Ordering::Relaxed) {
            (self.head_due, self.is_idle) = (None, false);
        } else if is_answered || self.head_due.is_none() {
            // A part of the next one may have come with it.
            (self.head_due, self.is_idle) = (Some(head_wait(self.max_head_wait * IDLE_WAITS)), true);
        }
        if let Some(due) = &mut self.head_due
            && due.as_mut().poll(context).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        if self.is_idle && buffer.filled().len() > before {
            (self.head_due, self.is_idle) = (Some(head_wait(self.max_head_wait)), false);
        }
        Poll::Ready(Ok(()))
    }

    /// Writes what goes out instead of the answer, and then ends; none where nothing does.
    fn poll_instead(&mut self, context: &mut Context<'_>) -> Option<Poll<io::Error>> {
        let line = self.line.clone();
        let mut instead = line.instead();
        let instead = instead.as_mut()?;
        while let Some(rest) = instead.bytes.get(instead.sent..).filter(|rest| !rest.is_empty()) {
            match Pin::new(&mut self.stream).poll_write(context, rest) {
                Poll::Pending => return Some(Poll::Pending),
                Poll::Ready(Err(error)) => return Some(Poll::Ready(error)),
                Poll::Ready(Ok(count)) => instead.sent += count,
            }
        }
        Some(self.poll_end(instead.then, context))
    }
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match this.greeting {
            None => this.poll_request(context, buffer),
            // Not before the client has said something: its connecting would else seem to have failed.
            Some(Then::Reset) => {
                ready!(this.stream.poll_peek(context, &mut ReadBuf::new(&mut [0])))?;
                this.poll_end(Then::Reset, context).map(Err)
            }
            // What came is taken off the line: a close with something unread is a reset.
            Some(Then::Close) => {
                ready!(Pin::new(&mut this.stream).poll_read(context, &mut ReadBuf::new(&mut [0; 4096])))?;
                this.poll_end(Then::Close, context).map(Err)
            }
            Some(Then::Never) => this.poll_end(Then::Never, context).map(Err),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match this.poll_instead(context) {
            Some(end) => end.map(Err),
            None => Pin::new(&mut this.stream).poll_write(context, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match this.poll_instead(context) {
            Some(end) => end.map(Err),
            None => Pin::new(&mut this.stream).poll_write_vectored(context, bytes),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
