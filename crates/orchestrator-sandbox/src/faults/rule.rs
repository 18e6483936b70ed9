//! One rule: which requests it picks, and what they meet.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::fault::{Create, Fault, Reply, Status};
use super::picker::Stage;
use crate::routes::endpoint::Endpoint;

/// Picks requests, and says what goes wrong with them.
///
/// All conditions must hold. Positions count the requests that operation, marker and time window select, from 1,
/// whether or not another rule took them.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub(super) on: Operation,
    /// Numbers; any where empty.
    pub(super) nth: Vec<u64>,
    pub(super) every: Option<u64>,
    pub(super) range: Option<RangeInclusive<u64>>,
    /// Share and seed.
    pub(super) share: Option<(f64, u64)>,
    pub(super) marker: Option<String>,
    pub(super) times: Option<u64>,
    /// Since the sandbox's start.
    pub(super) from: Duration,
    pub(super) until: Option<Duration>,
    /// One of them each time, never none.
    pub(super) faults: Vec<Fault>,
}

/// Which requests a rule looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `POST /odata/Jobs/..StartJobs`.
    StartJobs,
    /// `GET /odata/Jobs`, the list.
    Jobs,
    /// The identity server's token endpoint.
    Token,
    /// Any GET.
    Get,
    /// Any request of the API.
    Any,
    /// A connection, before anything of it is read.
    Connection,
    /// Any other operation, by its name in the record.
    Named(String),
}

/// Where in the row of requests a rule picks, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Position {
    /// All of them.
    Always,
    /// This one.
    Nth(u64),
    /// The one with this number, twice this number, and so on.
    Every(u64),
    /// From the first number to the second one.
    Within(RangeInclusive<u64>),
}

impl Rule {
    /// A rule for every request of `on`, which then meets `fault`.
    pub fn new(on: Operation, fault: Fault) -> Self {
        Self::one_of(on, vec![fault])
    }

    /// A rule for every request of `on`, which then meets one of `faults`: drawn in equal parts, like a share.
    pub fn one_of(on: Operation, faults: Vec<Fault>) -> Self {
        let (nth, from) = (Vec::new(), Duration::ZERO);
        let (every, range, share, marker, times, until) = (None, None, None, None, None, None);
        Self { on, nth, every, range, share, marker, times, from, until, faults }
    }

    /// Picks by position: by all that are given, except that any of several [`Position::Nth`] will do.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        match position {
            Position::Always => self,
            Position::Nth(nth) => {
                self.nth.push(nth);
                self
            }
            Position::Every(every) => Self { every: Some(every), ..self },
            Position::Within(range) => Self { range: Some(range), ..self },
        }
    }

    /// Picks this share of the requests, from 0 to 1.
    ///
    /// A start with a Reference is drawn by seed, Reference, and how many starts with that Reference came before, so that
    /// neither concurrency nor order changes what a launch meets; any other request by seed and its number.
    #[must_use]
    pub fn share(self, share: f64, seed: u64) -> Self {
        Self { share: Some((share, seed)), ..self }
    }

    /// Picks requests with this text: in `Reference`, `InputArguments` or the release's name of a start, in the decoded
    /// address of any other request.
    #[must_use]
    pub fn marker(self, text: impl Into<String>) -> Self {
        Self { marker: Some(text.into()), ..self }
    }

    /// Picks so many requests at most.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self { times: Some(times), ..self }
    }

    /// Picks requests that come no sooner than `from` after the sandbox's start, by its clock.
    #[must_use]
    pub fn from(self, from: Duration) -> Self {
        Self { from, ..self }
    }

    /// Picks requests that come sooner than `until` after the sandbox's start, by its clock.
    #[must_use]
    pub fn until(self, until: Duration) -> Self {
        Self { until: Some(until), ..self }
    }

    /// When the rule acts.
    pub(super) fn stage(&self) -> Stage {
        if self.on == Operation::Connection {
            Stage::Connection
        } else if self.faults.iter().all(|fault| fault.reply == Reply::ResetUnread) {
            Stage::Head
        } else {
            Stage::Whole
        }
    }

    /// What is wrong with the rule, in the words of its file.
    pub(super) fn complaint(&self) -> Option<String> {
        let on_start = matches!(self.on, Operation::StartJobs | Operation::Any);
        let on_connection = self.on == Operation::Connection;
        if let Operation::Named(name) = &self.on
            && !Endpoint::NAMES.contains(&name.as_str())
        {
            let likeness = |known: &str| strsim::jaro_winkler(&known.to_lowercase(), &name.to_lowercase());
            let nearest = Endpoint::NAMES.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
            return Some(match nearest.filter(|known| likeness(known) > 0.8) {
                Some(nearest) => format!("`{name}` is no operation; did you mean `{nearest}`?"),
                None => format!("`{name}` is no operation: `docs/sandbox.md` lists their names"),
            });
        }
        if self.nth.contains(&0)
            || self.every == Some(0)
            || self.range.as_ref().is_some_and(|range| *range.start() == 0)
        {
            return Some("positions count from 1".to_owned());
        }
        if self.range.as_ref().is_some_and(RangeInclusive::is_empty) {
            return Some("the range ends before it begins".to_owned());
        }
        if self.share.is_some_and(|(share, _)| !(0.0..=1.0).contains(&share)) {
            return Some("a share is from 0 to 1".to_owned());
        }
        if self.faults.is_empty() {
            return Some("no fault is named".to_owned());
        }
        if on_connection && self.marker.is_some() {
            return Some("a connection has no text before it is read".to_owned());
        }
        let on_the_head = |fault: &Fault| fault.reply == Reply::ResetUnread;
        if self.faults.iter().any(on_the_head) && (self.marker.is_some() || self.stage() == Stage::Whole) {
            return Some("`reset-unread` goes with no marker and no other fault: the body is not read".to_owned());
        }
        let fault_complaint = |fault: &Fault| fault_complaint(fault, on_start, on_connection);
        self.faults.iter().find_map(fault_complaint)
    }
}

/// What is wrong with a fault in such a rule.
fn fault_complaint(fault: &Fault, on_start: bool, on_connection: bool) -> Option<String> {
    let is_healthy = matches!(fault.reply, Reply::AsItShould | Reply::Claim | Reply::Without(_));
    let departs = matches!(fault.create, Create::Fewer(_) | Create::Twice | Create::Later(_));
    let status = if let Reply::Status(Status { status, .. }) | Reply::Html(status) = &fault.reply {
        Some(*status)
    } else {
        None
    };
    let why = if on_connection {
        let is_possible = fault.reply.silence().is_some() && fault.reply != Reply::ResetUnread;
        (!is_possible).then_some("a connection can be reset, closed, or left without an answer")
    } else if !on_start && (departs || fault.reply == Reply::Claim || !fault.unlisted_for.is_zero()) {
        Some("only StartJobs creates")
    } else if matches!(fault.create, Create::Later(_)) && is_healthy {
        Some("what is created later cannot be in the answer: stall, or reply otherwise")
    } else if fault.create == Create::Nothing && is_healthy && fault.reply != Reply::Claim {
        Some("there is no healthy answer where nothing is done")
    } else if status.is_some_and(|status| !(200..=599).contains(&status)) {
        Some("a status is from 200 to 599")
    } else {
        None
    };
    why.map(|why| format!("{why} ({fault})"))
}
