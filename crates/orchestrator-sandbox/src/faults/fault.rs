//! One fault: what becomes of the robot jobs asked for, and what the client gets to see.
//!
//! The two are apart, since that is what makes a lost answer dangerous: any [`Reply`] goes with any [`Create`].

use std::fmt;
use std::time::Duration;

use serde::Deserialize;

/// What goes wrong with one request.
///
/// ```
/// use std::time::Duration;
/// use orchestrator_sandbox::faults::{Fault, Reply, Status};
/// Fault::before(Reply::Status(Status::of(503)));               // 503, and nothing is created
/// Fault::after(Reply::Reset);                                  // created, then the connection is reset
/// Fault::late(Duration::from_secs(30), Reply::Close);          // no answer, and created half a minute later
/// Fault::partial(1, Reply::AsItShould);                        // one robot job fewer than asked for, and says so
/// Fault::after(Reply::Close).unlisted_for(Duration::from_secs(5)); // and lists do not show it yet
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub(super) name: Option<String>,
    pub(crate) create: Create,
    pub(crate) stall_before: Duration,
    pub(crate) stall_after: Duration,
    pub(crate) reply: Reply,
    pub(crate) unlisted_for: Duration,
    pub(crate) tokens: Tokens,
}

/// What becomes of the work that a request asks for: robot jobs of `StartJobs`, tokens, things made on the spot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Create {
    /// Nothing is done.
    Nothing,
    /// What was asked for.
    AsAsked,
    /// So many robot jobs fewer than asked for; none where no more were asked for.
    Fewer(u32),
    /// The robot jobs asked for, twice: one Reference, two batches.
    Twice,
    /// The robot jobs asked for, so long after the request came.
    Later(Duration),
}

/// What becomes of the tokens given out so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tokens {
    /// They stay good.
    Keep,
    /// They all end, before the request's own is looked at.
    Expire,
}

/// What the client gets.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The answer of a healthy server to what was done.
    AsItShould,
    /// 201 with as many robot jobs as were asked for, whatever was created.
    Claim,
    /// The healthy answer, its rows, or the one entity that it is, without these properties.
    Without(Vec<String>),
    /// Any status.
    Status(Status),
    /// A page of HTML with this status, as a gateway, a portal or a wrong address shows one.
    Html(u16),
    /// 307 to this address.
    Redirect(String),
    /// The usual status and no body.
    EmptyBody,
    /// The usual status and `"value": []`.
    EmptyList,
    /// The usual status and text that ends in the middle of its JSON.
    Garbage,
    /// The usual status and JSON whose ids are no numbers.
    WrongIds,
    /// The usual status and bytes that are not UTF-8.
    NotUtf8,
    /// 400 `Invalid OData query options.`; only meets requests whose `$filter` holds this text.
    RefuseFilter(String),
    /// The connection is reset.
    Reset,
    /// The connection is reset as soon as the request's head was read.
    ResetUnread,
    /// The connection is closed without a byte.
    Close,
    /// Nothing, for ever; the connection stays open.
    Never,
    /// The healthy answer, cut short.
    Cut(Cut),
    /// The healthy answer, with a `Content-Length` that is so many bytes too high, or too low.
    ContentLength(i64, Then),
}

/// Where an answer is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// In its head or in its body.
    pub part: Part,
    /// How many bytes of that part still go out; half of them where absent.
    pub after_bytes: Option<usize>,
    /// What follows.
    pub then: Then,
}

/// The parts of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Status line and headers.
    Head,
    /// What follows them.
    Body,
}

/// How a broken answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// The connection is closed.
    Close,
    /// It is reset.
    Reset,
    /// It stays open, and silent.
    Never,
}

/// An answer of any status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// From 200 to 599.
    pub status: u16,
    /// `errorCode` and `message`: the body in the form of the service. None: [`body`](Self::body).
    pub error: Option<(i64, String)>,
    /// Any other body, as plain text.
    pub body: String,
    /// `Retry-After`.
    pub retry_after: Option<RetryAfter>,
}

/// The two forms of `Retry-After`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// In whole seconds.
    Seconds(u64),
    /// As a date, so long after the answer by the sandbox's clock.
    Date(Duration),
}

impl Status {
    /// `status` with an empty body.
    pub fn of(status: u16) -> Self {
        Self { status, error: None, body: String::new(), retry_after: None }
    }

    /// Answers in the form of the service.
    #[must_use]
    pub fn error(self, code: i64, message: impl Into<String>) -> Self {
        Self { error: Some((code, message.into())), ..self }
    }

    /// Names a time to come back.
    #[must_use]
    pub fn retry_after(self, retry_after: RetryAfter) -> Self {
        Self { retry_after: Some(retry_after), ..self }
    }
}

impl Fault {
    /// The fault that has this name in `docs/faults.md`; its spans are those of a storm that says nothing of its own.
    pub fn by_name(name: &str) -> Option<Self> {
        super::storm::named(name)
    }

    /// `create` happens, and the client gets `reply`.
    pub fn new(create: Create, reply: Reply) -> Self {
        let (stall_before, stall_after, unlisted_for) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
        Self { name: None, create, stall_before, stall_after, reply, unlisted_for, tokens: Tokens::Keep }
    }

    /// Nothing is created, and the client gets `reply`.
    pub fn before(reply: Reply) -> Self {
        Self::new(Create::Nothing, reply)
    }

    /// Everything is created, and the client gets `reply`.
    pub fn after(reply: Reply) -> Self {
        Self::new(Create::AsAsked, reply)
    }

    /// The client gets `reply`, and everything is created `span` after the request.
    pub fn late(span: Duration, reply: Reply) -> Self {
        Self::new(Create::Later(span), reply)
    }

    /// So many robot jobs fewer than asked for are created, and the client gets `reply`.
    pub fn partial(fewer: u32, reply: Reply) -> Self {
        Self::new(Create::Fewer(fewer), reply)
    }

    /// Everything is created twice, and the client gets `reply`.
    pub fn twice(reply: Reply) -> Self {
        Self::new(Create::Twice, reply)
    }

    /// Everything is created, and the connection is closed without an answer.
    pub fn lose_answer() -> Self {
        Self::after(Reply::Close).named("lose-answer")
    }

    /// Nothing goes wrong: to be combined with a stall, or with [`unlisted_for`](Self::unlisted_for).
    pub fn nothing() -> Self {
        Self::after(Reply::AsItShould)
    }

    /// All tokens end, so that this request and all others under way are answered with 401.
    pub fn expire_tokens() -> Self {
        Self { tokens: Tokens::Expire, ..Self::nothing() }.named("expire-tokens")
    }

    /// Waits so long, by the sandbox's clock, before anything is done; the client's leaving does not prevent it.
    #[must_use]
    pub fn stalled_before(self, span: Duration) -> Self {
        Self { stall_before: span, ..self }
    }

    /// Waits so long, by the sandbox's clock, between the work and its answer.
    #[must_use]
    pub fn stalled_after(self, span: Duration) -> Self {
        Self { stall_after: span, ..self }
    }

    /// Keeps the robot jobs out of lists until so long after their creation; by their own address they are found.
    #[must_use]
    pub fn unlisted_for(self, span: Duration) -> Self {
        Self { unlisted_for: span, ..self }
    }

    /// Gives it a name for the record.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Its name: the one given, or what it does.
    pub fn name(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.to_string())
    }

    /// Whether robot jobs come to be, now or later.
    pub fn creates(&self) -> bool {
        match (self.create, &self.reply) {
            (Create::Nothing, _) | (_, Reply::RefuseFilter(_) | Reply::ResetUnread) => false,
            (Create::AsAsked | Create::Fewer(_) | Create::Twice | Create::Later(_), _) => self.tokens == Tokens::Keep,
        }
    }
}

impl Reply {
    /// How the connection ends, where nothing is said at all.
    pub(crate) fn silence(&self) -> Option<Then> {
        match self {
            Self::Reset | Self::ResetUnread => Some(Then::Reset),
            Self::Close => Some(Then::Close),
            Self::Never => Some(Then::Never),
            Self::AsItShould
            | Self::Claim
            | Self::Without(_)
            | Self::Status(_)
            | Self::Html(_)
            | Self::Redirect(_)
            | Self::EmptyBody
            | Self::EmptyList
            | Self::Garbage
            | Self::WrongIds
            | Self::NotUtf8
            | Self::RefuseFilter(_)
            | Self::Cut(_)
            | Self::ContentLength(..) => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.create {
            Create::Nothing => f.write_str("create nothing")?,
            Create::AsAsked => f.write_str("create as asked")?,
            Create::Fewer(fewer) => write!(f, "create {fewer} fewer")?,
            Create::Twice => f.write_str("create twice")?,
            Create::Later(span) => write!(f, "create {span:?} later")?,
        }
        for (word, span) in [
            ("stall before", self.stall_before),
            ("stall after", self.stall_after),
            ("unlisted for", self.unlisted_for),
        ] {
            if !span.is_zero() {
                write!(f, ", {word} {span:?}")?;
            }
        }
        if self.tokens == Tokens::Expire {
            f.write_str(", expire tokens")?;
        }
        write!(f, ", {}", self.reply)
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AsItShould => f.write_str("answer as it should"),
            Self::Claim => f.write_str("claim what was asked for"),
            Self::Without(names) => write!(f, "answer without {}", names.join(" and ")),
            Self::Status(status) => match status.retry_after {
                None => write!(f, "answer {}", status.status),
                Some(RetryAfter::Seconds(seconds)) => write!(f, "answer {} (Retry-After: {seconds})", status.status),
                Some(RetryAfter::Date(span)) => write!(f, "answer {} (Retry-After: a date {span:?} on)", status.status),
            },
            Self::Html(status) => write!(f, "answer {status} with HTML"),
            Self::Redirect(to) => write!(f, "redirect to {to}"),
            Self::EmptyBody => f.write_str("answer without a body"),
            Self::EmptyList => f.write_str("answer with an empty list"),
            Self::Garbage => f.write_str("answer with broken JSON"),
            Self::WrongIds => f.write_str("answer with ids that are no numbers"),
            Self::NotUtf8 => f.write_str("answer with bytes that are not UTF-8"),
            Self::RefuseFilter(text) => write!(f, "refuse the filter on {text}"),
            Self::Reset => f.write_str("reset"),
            Self::ResetUnread => f.write_str("reset with the body unread"),
            Self::Close => f.write_str("close"),
            Self::Never => f.write_str("never answer"),
            Self::Cut(Cut { part: Part::Head, .. }) => f.write_str("cut the answer in its head"),
            Self::Cut(Cut { part: Part::Body, .. }) => f.write_str("cut the answer in its body"),
            Self::ContentLength(off, _) => write!(f, "answer with a Content-Length off by {off:+}"),
        }
    }
}
