//! The faults that have names, and the storm that throws them all.

use std::time::Duration;

use serde::Deserialize;

use super::fault::{Create, Cut, Fault, Part, Reply, RetryAfter, Status, Then};
use super::rule::{Operation, Position, Rule};
use crate::world::life::span;

/// How long the slowest fault of a storm takes, where it is not said.
const LONGEST: Duration = Duration::from_secs(2);

/// After so many starts all tokens end. Farther apart than starts are in flight, so that a fresh token is seen to work.
const TOKENS_END_AFTER: u64 = 500;

/// Where the redirect leads: a name that never resolves.
const ELSEWHERE: &str = "https://elsewhere.invalid/login";

/// A mix of all faults, each kind as often as the next one.
///
/// Starts meet one of [`starts`](Self::starts), lists of robot jobs one of [`lists`](Self::lists), each at the same
/// share; beside that all tokens end after every 500 starts. `docs/faults.md` lists the kinds.
///
/// ```
/// use orchestrator_sandbox::faults::Storm;
/// let storm = Storm::new(7, 0.2).without(&["late-after-503"]);
/// assert!(storm.starts().iter().all(|fault| fault.name() != "late-after-503"));
/// assert!(storm.starts().iter().any(|fault| fault.creates()));
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Storm {
    share: f64,
    #[serde(default)]
    seed: u64,
    #[serde(default = "longest", deserialize_with = "span")]
    longest: Duration,
    #[serde(default)]
    without: Vec<String>,
}

impl Storm {
    /// A storm that meets this share of the requests, from 0 to 1.
    pub fn new(seed: u64, share: f64) -> Self {
        Self { seed, share, longest: LONGEST, without: Vec::new() }
    }

    /// How long the slowest fault takes: stalls, late creations, late listings, and `Retry-After` (in whole seconds, rounded
    /// down). 2 s unless said otherwise. A client is only safe that waits longer than this before it calls a launch absent.
    #[must_use]
    pub fn longest(self, longest: Duration) -> Self {
        Self { longest, ..self }
    }

    /// Leaves out the faults with these names.
    #[must_use]
    pub fn without(mut self, names: &[&str]) -> Self {
        self.without.extend(names.iter().map(|name| (*name).to_owned()));
        self
    }

    /// What starts meet.
    pub fn starts(&self) -> Vec<Fault> {
        self.kept(starts(self.longest))
    }

    /// What lists of robot jobs meet.
    pub fn lists(&self) -> Vec<Fault> {
        self.kept(lists(self.longest))
    }

    /// The rules that make it.
    pub fn rules(&self) -> Vec<Rule> {
        let rule = |on, faults| Rule::one_of(on, faults).share(self.share, self.seed);
        let tokens = Rule::one_of(Operation::StartJobs, self.kept(vec![Fault::expire_tokens()]))
            .at(Position::Every(TOKENS_END_AFTER));
        let rules = [tokens, rule(Operation::StartJobs, self.starts()), rule(Operation::Jobs, self.lists())];
        rules.into_iter().filter(|rule| !rule.faults.is_empty()).collect()
    }

    /// A name in its `without` that no fault has.
    pub(super) fn unknown(&self) -> Option<&str> {
        self.without.iter().map(String::as_str).find(|name| named(name).is_none())
    }

    fn kept(&self, mut faults: Vec<Fault>) -> Vec<Fault> {
        faults.retain(|fault| !self.without.contains(&fault.name()));
        faults
    }
}

/// How long the slowest takes where nobody says.
fn longest() -> Duration {
    LONGEST
}

/// The fault with this name; its spans are those of a storm that says nothing of its own.
pub(super) fn named(name: &str) -> Option<Fault> {
    let mut all = starts(LONGEST);
    all.extend(lists(LONGEST));
    all.extend(apart());
    all.into_iter().find(|fault| fault.name() == name)
}

fn status(status: u16) -> Reply {
    Reply::Status(Status::of(status))
}

fn error(status: u16, code: i64, message: &str) -> Reply {
    Reply::Status(Status::of(status).error(code, message))
}

fn retry(status: u16, retry_after: RetryAfter) -> Reply {
    Reply::Status(Status::of(status).retry_after(retry_after))
}

fn cut(part: Part) -> Reply {
    Reply::Cut(Cut { part, after_bytes: None, then: Then::Close })
}

/// Every kind that a start can meet and a careful client lives through.
fn starts(longest: Duration) -> Vec<Fault> {
    let seconds = RetryAfter::Seconds(longest.as_secs());
    let date = RetryAfter::Date(Duration::from_secs(longest.as_secs()));
    let half = longest / 2;
    let kinds = [
        ("refuse", Fault::before(error(400, 1000, "Invalid request!"))),
        ("reset-before", Fault::before(Reply::Reset)),
        ("reset-after", Fault::after(Reply::Reset)),
        ("close-before", Fault::before(Reply::Close)),
        ("lose-answer", Fault::after(Reply::Close)),
        ("cut-head", Fault::after(cut(Part::Head))),
        ("cut-body", Fault::after(cut(Part::Body))),
        ("cut-body-before", Fault::before(cut(Part::Body))),
        ("length-too-high", Fault::after(Reply::ContentLength(7, Then::Close))),
        ("length-too-low", Fault::after(Reply::ContentLength(-7, Then::Close))),
        ("never-before", Fault::before(Reply::Never)),
        ("never-after", Fault::after(Reply::Never)),
        ("slow-before", Fault::nothing().stalled_before(longest)),
        ("slow-after", Fault::nothing().stalled_after(longest)),
        ("throttled", Fault::before(error(429, 0, "Too many requests"))),
        ("throttled-seconds", Fault::before(retry(429, seconds))),
        ("throttled-date", Fault::before(retry(429, date))),
        ("500-before", Fault::before(error(500, 0, "An error has occurred."))),
        ("500-after", Fault::after(error(500, 0, "An error has occurred."))),
        ("502-before", Fault::before(Reply::Html(502))),
        ("502-after", Fault::after(Reply::Html(502))),
        ("503-before", Fault::before(status(503))),
        ("503-after", Fault::after(status(503))),
        ("503-retry-before", Fault::before(retry(503, seconds))),
        ("503-retry-after", Fault::after(retry(503, date))),
        ("504-before", Fault::before(status(504))),
        ("504-after", Fault::after(status(504))),
        ("520-before", Fault::before(status(520))),
        ("520-after", Fault::after(status(520))),
        ("late-after-503", Fault::late(longest, status(503))),
        ("late-after-reset", Fault::late(longest, Reply::Reset)),
        ("late-after-close", Fault::late(half, Reply::Close)),
        ("partial", Fault::partial(1, Reply::AsItShould)),
        ("partial-lost", Fault::partial(1, Reply::Close)),
        ("twice", Fault::twice(Reply::AsItShould)),
        ("twice-lost", Fault::twice(Reply::Close)),
        ("html-200", Fault::after(Reply::Html(200))),
        ("html-404", Fault::before(Reply::Html(404))),
        ("html-403-after", Fault::after(Reply::Html(403))),
        ("garbage", Fault::after(Reply::Garbage)),
        ("empty-body", Fault::after(Reply::EmptyBody)),
        ("empty-list", Fault::after(Reply::EmptyList)),
        ("empty-list-before", Fault::before(Reply::EmptyList)),
        ("wrong-ids", Fault::after(Reply::WrongIds)),
        ("not-utf8", Fault::after(Reply::NotUtf8)),
        ("unlisted", Fault::nothing().unlisted_for(longest)),
        ("unlisted-lost", Fault::after(Reply::Close).unlisted_for(half)),
    ];
    kinds.map(|(name, fault)| fault.named(name)).into()
}

/// Every kind that a list can meet.
fn lists(longest: Duration) -> Vec<Fault> {
    let seconds = RetryAfter::Seconds(longest.as_secs());
    let kinds = [
        ("list-throttled", Fault::before(retry(429, seconds))),
        ("list-500", Fault::before(error(500, 0, "An error has occurred."))),
        ("list-503", Fault::before(retry(503, seconds))),
        ("list-reset", Fault::before(Reply::Reset)),
        ("list-close", Fault::before(Reply::Close)),
        ("list-never", Fault::before(Reply::Never)),
        ("list-cut-body", Fault::after(cut(Part::Body))),
        ("list-html", Fault::before(Reply::Html(200))),
        ("list-garbage", Fault::before(Reply::Garbage)),
        ("list-empty", Fault::before(Reply::EmptyList)),
        ("list-without-reference", Fault::after(Reply::Without(vec!["Reference".to_owned()]))),
        ("list-refuses-reference", Fault::before(Reply::RefuseFilter("Reference".to_owned()))),
    ];
    kinds.map(|(name, fault)| fault.named(name)).into()
}

/// Kinds that have a name and are in no storm: they end a run, or no client can see through them.
fn apart() -> Vec<Fault> {
    vec![
        Fault::expire_tokens(),
        Fault::before(status(401)).named("unauthorized"),
        Fault::before(Reply::Redirect(ELSEWHERE.to_owned())).named("redirect"),
        Fault::before(Reply::ResetUnread).named("reset-unread"),
        Fault::partial(1, Reply::Claim).named("partial-claimed"),
        Fault::twice(Reply::Claim).named("twice-claimed"),
        Fault::new(Create::Nothing, Reply::Claim).named("nothing-claimed"),
    ]
}
