//! Too many of the last launches faulted: nothing more goes, for good or until one of them shows that it works again.
//!
//! In: how launches ended. Out: whether anything goes, when one tries, or why the run stops. So an outage costs as many
//! launches as are looked back on, and what was under way. Never: counts a fault of another class. No I/O and no clock.

use std::collections::VecDeque;

use super::launch_ends::LaunchEnd;
use super::rule::Next;
use crate::clock::Moment;
use crate::format::{Breaker, BreakerStep};
use crate::ids::Ordinal;
use crate::outcome::{FaultClass, JobOutcome};

/// A breaker, and what it has seen.
pub(super) struct BreakerRule {
    terms: Breaker,
    /// The last launches that ended: whether each faulted by a class that counts.
    last: VecDeque<bool>,
    state: BreakerState,
}

enum BreakerState {
    /// Launches go.
    Closed,
    /// None goes; one tries then.
    Open(Moment),
    /// One tries; `None`: it is to be taken yet.
    Probing(Option<Ordinal>),
    /// None goes any more.
    Stopped,
}

/// What a breaker does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BreakerWord {
    /// The run stops; why.
    Stop(String),
    /// Nothing goes for a while; why.
    Opened(String),
    /// It works again.
    ClosedAgain,
}

impl BreakerRule {
    /// Nothing has ended yet.
    pub(super) fn new(terms: Breaker) -> Self {
        Self { terms, last: VecDeque::new(), state: BreakerState::Closed }
    }

    /// Takes in how a launch ended.
    pub(super) fn take(&mut self, end: &LaunchEnd, now: Moment) -> Option<BreakerWord> {
        let counts = |class: &FaultClass| *class == FaultClass::Quota || self.terms.classes().contains(class);
        let is_fault = end.classes.iter().any(counts);
        if end.classes.contains(&FaultClass::Quota) && !matches!(self.state, BreakerState::Stopped) {
            self.state = BreakerState::Stopped;
            return Some(BreakerWord::Stop("breaker: a robot job faulted since a quota is used up".to_owned()));
        }
        match self.state {
            BreakerState::Stopped | BreakerState::Open(_) => None,
            BreakerState::Probing(probe) => {
                if probe != Some(end.ordinal) {
                    return None;
                }
                if end.outcome == Some(JobOutcome::Successful) {
                    self.last.clear();
                    self.state = BreakerState::Closed;
                    return Some(BreakerWord::ClosedAgain);
                }
                Some(self.open("breaker: the launch that tried did not end well".to_owned(), now))
            }
            BreakerState::Closed => {
                // What was not started says nothing about robots.
                end.outcome?;
                self.last.push_back(is_fault);
                let of_last = usize::try_from(self.terms.of_last()).unwrap_or(usize::MAX);
                if self.last.len() > of_last {
                    self.last.pop_front();
                }
                let faults = self.last.iter().filter(|fault| **fault).count();
                if u64::try_from(faults).unwrap_or(u64::MAX) < self.terms.most() {
                    return None;
                }
                let why = format!("breaker: {faults} of the last {} launches faulted", self.last.len());
                match self.terms.then() {
                    BreakerStep::Probe => Some(self.open(why, now)),
                    BreakerStep::Stop => {
                        self.state = BreakerState::Stopped;
                        Some(BreakerWord::Stop(why))
                    }
                }
            }
        }
    }

    fn open(&mut self, why: String, now: Moment) -> BreakerWord {
        let after = self.terms.probe_after();
        self.state = BreakerState::Open(now.after(after));
        BreakerWord::Opened(format!("{why}: one more is tried in {} s", after.as_secs()))
    }

    /// When a launch may go, as far as it is concerned.
    pub(super) fn next(&self, now: Moment) -> Next {
        match self.state {
            BreakerState::Closed | BreakerState::Probing(None) => Next::Now,
            BreakerState::Open(due) => Next::due(Some(due), now),
            BreakerState::Probing(Some(_)) | BreakerState::Stopped => Next::Nothing,
        }
    }

    /// A launch goes.
    pub(super) fn note_taken(&mut self, ordinal: Ordinal) {
        match self.state {
            BreakerState::Open(_) | BreakerState::Probing(None) => self.state = BreakerState::Probing(Some(ordinal)),
            BreakerState::Closed | BreakerState::Probing(Some(_)) | BreakerState::Stopped => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::format::FromValue as _;

    fn at(seconds: u64) -> Moment {
        Moment(Duration::from_secs(seconds))
    }

    fn breaker(value: serde_json::Value) -> BreakerRule {
        BreakerRule::new(Breaker::from_value("breaker", &value).expect("a breaker"))
    }

    fn end(ordinal: u32, class: Option<FaultClass>) -> LaunchEnd {
        let outcome = if class.is_some() { JobOutcome::Faulted } else { JobOutcome::Successful };
        let classes = class.into_iter().collect();
        LaunchEnd { ordinal: Ordinal(ordinal), outcome: Some(outcome), verdict: None, classes }
    }

    #[test]
    fn an_outage_costs_no_more_than_what_is_looked_back_on() {
        let mut rule = breaker(serde_json::json!({ "faulted": "50%", "of-last": 20 }));
        let words: Vec<u32> =
            (0..20).filter(|n| rule.take(&end(*n, Some(FaultClass::Platform)), at(0)).is_some()).collect();
        assert_eq!((words, rule.next(at(0))), (vec![9], Next::Nothing), "at the tenth fault");
        let mut healthy = breaker(serde_json::json!({ "faulted": "50%", "of-last": 4 }));
        for n in 0..100 {
            let class = (n % 4 == 0).then_some(FaultClass::Session);
            assert_eq!(healthy.take(&end(n, class), at(0)), None);
            assert_eq!(healthy.take(&end(n, Some(FaultClass::Application)).clone(), at(0)), None, "another class");
        }
        assert_eq!(healthy.next(at(0)), Next::Now);
    }

    #[test]
    fn one_launch_tries_whether_it_works_again() {
        let terms = serde_json::json!({ "faulted": 1, "of-last": 2, "then": "probe", "probe-after": "5m" });
        let mut rule = breaker(terms);
        let opened = rule.take(&end(0, Some(FaultClass::Capacity)), at(0));
        assert!(matches!(opened, Some(BreakerWord::Opened(_))), "{opened:?}");
        assert_eq!(rule.next(at(10)), Next::At(at(300)));
        assert_eq!(rule.next(at(300)), Next::Now);
        rule.note_taken(Ordinal(7));
        assert_eq!(rule.next(at(301)), Next::Nothing);
        assert_eq!(rule.take(&end(1, None), at(302)), None, "another one that was under way");
        let opened = rule.take(&end(7, Some(FaultClass::Capacity)), at(310));
        assert!(matches!(opened, Some(BreakerWord::Opened(_))));
        assert_eq!(rule.next(at(311)), Next::At(at(610)));
        rule.note_taken(Ordinal(8));
        assert_eq!(rule.take(&end(8, None), at(620)), Some(BreakerWord::ClosedAgain));
        assert_eq!(rule.next(at(620)), Next::Now);
    }

    #[test]
    fn a_quota_stops_at_once() {
        let mut rule = breaker(serde_json::json!({ "faulted": "50%", "then": "probe" }));
        let word = rule.take(&end(0, Some(FaultClass::Quota)), at(0));
        assert!(matches!(word, Some(BreakerWord::Stop(_))) && rule.next(at(10_000)) == Next::Nothing);
    }
}
