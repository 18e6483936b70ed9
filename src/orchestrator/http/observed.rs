//! Everything that the client can see of one sending, before anybody says what it means.
//!
//! In: facts from the network (`transport.rs`) and from the login (`auth.rs`). Out: plain values that
//! [`classify`](crate::orchestrator::classify::classify) reads, so that each row of the protocol's table can be written down in a test.

use reqwest::header::{self, HeaderMap, HeaderName};

use super::http_date::http_date;
use crate::clock::Timestamp;
use crate::robot_job::ServerError;

/// What the client saw.
#[derive(Clone, Debug)]
pub enum Observed {
    /// Surely no byte of the request left: rows 1, 10 and 17.
    NotSent {
        /// What stood in the way.
        cause: NotSent,
        /// What the network said.
        detail: String,
    },
    /// Row 7: the request was refused by 401, or never left, for want of a token; the client has a fresh one now.
    Renewed {
        /// Which of the two it was.
        detail: String,
    },
    /// Row 7: the request was refused by 401, or never left, and no token could be had.
    NoToken {
        /// Whether asking again may help.
        failure: TokenFailure,
        /// What the identity server or the network said.
        error: ServerError,
    },
    /// Row 16: bytes may have left, and no whole head of an answer came back.
    Broken {
        /// What the network said.
        detail: String,
    },
    /// An answer's head came, and some or all of its body.
    Answer(HttpReply),
}

/// Why a request never left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotSent {
    /// The host's name has no address.
    UnknownHost,
    /// Refused, unreachable, or reset while connecting.
    NoConnection,
    /// No connection within the time for connecting.
    ConnectTimeout,
    /// The TLS handshake failed, for another reason than the certificate.
    Handshake,
    /// The server's certificate is not trusted.
    Certificate,
    /// The server wants a client certificate, or refused ours.
    ClientCertificate,
    /// The proxy refused to connect.
    ProxyRefused,
    /// The proxy wants credentials.
    ProxyLogin,
    /// HTTP/2 `REFUSED_STREAM`, a `GOAWAY` below our stream, or a connection that closed before it took the request.
    NotTaken,
    /// The request could not be built.
    Unbuilt,
}

/// Why there is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFailure {
    /// The identity server could not be asked: later it may.
    Unreachable,
    /// The identity server refused, or there is nothing to renew.
    Refused,
}

/// An answer, as far as it came.
#[derive(Clone, Debug)]
pub struct HttpReply {
    /// The HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: ReplyBody,
}

/// A body, as far as it came.
#[derive(Clone, Debug)]
pub enum ReplyBody {
    /// To its announced end.
    Whole(Vec<u8>),
    /// It broke off: what came before, and what the network said.
    Cut(Vec<u8>, String),
    /// It went on past the limit (in bytes) and was given up.
    TooLong(usize),
}

impl HttpReply {
    /// The text of header `name`; `None` if it is absent or no ASCII text.
    pub fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The server's own time, from `Date`.
    pub fn date(&self) -> Option<Timestamp> {
        http_date(self.header(header::DATE)?)
    }
}

impl Observed {
    /// The server's own time, where an answer told it.
    pub fn server_time(&self) -> Option<Timestamp> {
        match self {
            Self::Answer(reply) => reply.date(),
            Self::NotSent { .. } | Self::Renewed { .. } | Self::NoToken { .. } | Self::Broken { .. } => None,
        }
    }
}
