//! What may be odd about the simulated server: its answers, its filters, its lists and its clocks.

use std::time::Duration;

use sortie::clock::Moment;
use sortie::orchestrator::call_error::CallError;
use sortie::orchestrator::classify::AnswerClass;
use sortie::robot_job::ServerError;

/// What becomes of one request at the simulated server.
#[derive(Clone, Debug)]
pub enum Fate {
    /// Its robot jobs are created, and the answer names them.
    Served,
    /// Nothing is created, and the answer is of this class.
    Answered(AnswerClass),
    /// Its robot jobs are created, and the answer is lost.
    Lost,
    /// Its robot jobs are created, and somebody on the way puts a refusal of his own in the place of the answer.
    ServedAndRefused,
    /// The answer is lost, and nothing is created.
    Dropped,
    /// The answer is lost, and the robot jobs are created so much later.
    Late(Duration),
    /// As late, and so many robot jobs, whatever was asked for.
    LateAndMore(Duration, u32),
    /// Only so many of its robot jobs are created, and the answer is lost.
    Partial(u32),
    /// It is never answered; its robot jobs are created.
    Hangs,
    /// A gateway sends it twice, and hands on the second answer.
    Replayed,
    /// Its robot jobs are created, and the answer that comes is the one of this launch.
    AnsweredAs(u32),
    /// Its robot jobs are not created, and the answer that comes is the one of this launch.
    DroppedAndAnsweredAs(u32),
    /// The answer that comes names the server's first robot job; its own are created, or not.
    AnsweredWithTheFirst {
        /// Whether they are.
        creates: bool,
    },
}

/// What a server makes of a filter on `Reference`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceFilter {
    /// It finds what is there.
    Works,
    /// It answers 400.
    Refused,
    /// It answers as without it.
    Ignored,
    /// It finds nothing.
    FindsNothing,
    /// It carries out the first comparison alone.
    OnlyTheFirst,
    /// It finds the first hundred robot jobs alone, and so passes a probe.
    FindsTheFirst,
    /// It finds what was asked for, and once it was probed something else besides.
    TurnsBad,
    /// Every such request fails, in a way that may pass.
    Fails,
}

/// In which order a server's lists come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListOrder {
    /// By `CreationTime` and `Id`.
    AsAsked,
    /// The other way round.
    NewestFirst,
    /// By something else.
    ByReference,
}

/// The clock by which the simulated server stamps robot jobs, against the one behind its `Date`.
#[derive(Clone, Debug, Default)]
pub struct CreationClock {
    /// So far ahead from the beginning, in seconds.
    pub ahead_s: i64,
    /// So much further with each hour, in seconds.
    pub drift_s: i64,
    /// At this moment it is set, by so many seconds.
    pub set: Option<(Moment, i64)>,
}

impl CreationClock {
    pub(super) fn ahead_ms(&self, at: Moment) -> i64 {
        let drifted = self.drift_s * i64::try_from(at.0.as_millis()).unwrap() / 3_600;
        let set = self.set.filter(|(moment, _)| at >= *moment).map_or(0, |(_, by)| by);
        (self.ahead_s + set) * 1000 + drifted
    }
}

/// What a server ignores of a list's query.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ignored {
    /// `$skip`.
    pub skip: bool,
    /// Where the window begins.
    pub window: bool,
}

pub(super) fn lost() -> AnswerClass {
    AnswerClass::InDoubt { why: "connection reset".to_owned(), hold: None }
}

/// What a gateway says that lets no such answer out.
pub(super) fn unsigned() -> AnswerClass {
    let error = ServerError { status: 403, message: "a web page came back".to_owned(), ..ServerError::default() };
    AnswerClass::Unsigned(error)
}

pub(super) fn refused() -> CallError {
    let error = ServerError { status: 400, message: "Invalid OData".to_owned(), ..ServerError::default() };
    CallError::Refused { what: "listing jobs", error }
}

/// A read of the job list that failed.
pub fn failing() -> CallError {
    let error = ServerError { status: 503, message: "busy".to_owned(), ..ServerError::default() };
    CallError::Failing { what: "listing jobs", error }
}
