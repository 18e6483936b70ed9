//! A careful start: so many launches first, then more and more; too many faults stop it.
//!
//! In: launches that go, and how they ended. Out: whether one more may go, when the next step opens, or why it stops. Where it
//! says which faults stop it, the second step opens only once the first launches are over: until then nobody knows. No I/O
//! and no clock.

use super::launch_ends::LaunchEnd;
use super::rule::Next;
use crate::clock::Moment;
use crate::format::{CountOrShare, Ramp};

/// A ramp, and how far it is.
pub(super) struct RampRule {
    terms: Ramp,
    /// Since when its steps are counted; `None` before the first step is over.
    since: Option<Moment>,
    /// How many launches have gone.
    gone: u32,
    /// How many of them are over.
    over: u32,
    /// How many of those faulted.
    faulted: u32,
    is_stopped: bool,
}

impl RampRule {
    /// None has gone yet.
    pub(super) fn new(terms: Ramp) -> Self {
        Self { terms, since: None, gone: 0, over: 0, faulted: 0, is_stopped: false }
    }

    /// The faults that stop it.
    fn limit(&self) -> Option<CountOrShare> {
        self.terms.pause_on.and_then(|pause| pause.faulted)
    }

    fn first(&self) -> u32 {
        self.terms.first
    }

    /// Whether the first step is over, so that further ones open by time.
    fn begins(&self) -> bool {
        self.limit().is_none() || self.over >= self.first()
    }

    /// How many launches may have gone at `now`.
    fn allowed(&self, now: Moment) -> f64 {
        let Some(since) = self.since else { return self.terms.first.into() };
        let every = self.terms.then.every.duration().as_secs_f64().max(f64::MIN_POSITIVE);
        let steps = (now.since(since).as_secs_f64() / every).floor();
        let (first, factor) = (f64::from(self.terms.first), self.terms.then.factor);
        // Each step lets some go: a run must come to its end.
        let least = if factor > 1.0 { first + steps } else { first * (steps + 1.0) };
        (first * factor.powf(steps)).floor().max(least)
    }

    /// When the next launch may go, as far as it is concerned.
    pub(super) fn next(&self, now: Moment) -> Next {
        if self.is_stopped {
            return Next::Nothing;
        }
        if f64::from(self.gone) < self.allowed(now) {
            return Next::Now;
        }
        match self.since {
            // Its first launches must be over.
            None => Next::Nothing,
            Some(since) => {
                let every = self.terms.then.every.duration();
                let steps = now.since(since).as_nanos() / every.as_nanos().max(1);
                let steps = u32::try_from(steps + 1).unwrap_or(u32::MAX);
                Next::At(since.after(every.saturating_mul(steps)))
            }
        }
    }

    /// A launch goes.
    pub(super) fn note_taken(&mut self, now: Moment) {
        self.gone += 1;
        if self.begins() {
            self.since.get_or_insert(now);
        }
    }

    /// Takes in how a launch ended that it let go; why it stops, where it does.
    pub(super) fn take(&mut self, end: &LaunchEnd, now: Moment) -> Option<String> {
        self.over += 1;
        self.faulted += u32::from(end.is_faulted());
        if self.begins() {
            self.since.get_or_insert(now);
        }
        if self.is_stopped || self.faulted == 0 {
            return None;
        }
        let is_too_many = match self.limit()? {
            CountOrShare::Count(count) => self.faulted >= count.max(1),
            // Of the first one or two a share says nothing.
            share @ CountOrShare::Share(_) => {
                (self.over >= self.first() || self.over >= self.gone)
                    && u64::from(self.faulted) >= share.of(self.over.into()).max(1)
            }
        };
        is_too_many.then(|| {
            self.is_stopped = true;
            format!("ramp: {} of {} launches faulted", self.faulted, self.over)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::format::FromValue as _;
    use crate::ids::Ordinal;
    use crate::outcome::{FaultClass, JobOutcome};

    fn at(seconds: u64) -> Moment {
        Moment(Duration::from_secs(seconds))
    }

    fn ramp(pause_on: Option<&str>) -> RampRule {
        ramp_by(2.0, pause_on)
    }

    fn ramp_by(factor: f64, pause_on: Option<&str>) -> RampRule {
        let mut terms = serde_json::json!({ "first": 5, "then": { "factor": factor, "every": "1m" } });
        if let Some(share) = pause_on {
            terms["pause-on"] = serde_json::json!({ "faulted": share });
        }
        RampRule::new(Ramp::from_value("ramp", &terms).expect("a ramp"))
    }

    fn end(is_faulted: bool) -> LaunchEnd {
        let outcome = if is_faulted { JobOutcome::Faulted } else { JobOutcome::Successful };
        let classes = is_faulted.then_some(FaultClass::Application).into_iter().collect();
        LaunchEnd { ordinal: Ordinal(0), outcome: Some(outcome), verdict: None, classes }
    }

    /// How many launches go at `now`.
    fn gone(ramp: &mut RampRule, now: Moment) -> u32 {
        let mut gone = 0;
        while ramp.next(now) == Next::Now && gone < 1000 {
            ramp.note_taken(now);
            gone += 1;
        }
        gone
    }

    #[test]
    fn each_step_allows_so_many_times_what_the_one_before_did() {
        let mut ramp = ramp(None);
        assert_eq!(gone(&mut ramp, at(0)), 5);
        assert_eq!(ramp.next(at(30)), Next::At(at(60)));
        assert_eq!((gone(&mut ramp, at(60)), gone(&mut ramp, at(119)), gone(&mut ramp, at(120))), (5, 0, 10));
        assert_eq!(gone(&mut ramp, at(86_400)), 1000, "a day later it lets everything go");
    }

    #[test]
    fn a_factor_of_one_lets_the_same_go_with_each_step_and_none_lets_nothing_go() {
        let mut same = ramp_by(1.0, None);
        let steps = [0, 60, 120, 180].map(|second| gone(&mut same, at(second)));
        assert_eq!(steps, [5; 4]);
        let mut slow = ramp_by(1.01, None);
        let steps = [0, 60, 120, 180].map(|second| gone(&mut slow, at(second)));
        assert_eq!(steps, [5, 1, 1, 1]);
    }

    #[test]
    fn with_a_limit_for_faults_the_first_launches_are_awaited() {
        let mut ramp = ramp(Some("20%"));
        assert_eq!((gone(&mut ramp, at(0)), ramp.next(at(600))), (5, Next::Nothing));
        for _ in 0..5 {
            assert_eq!(ramp.take(&end(false), at(600)), None);
        }
        assert_eq!((gone(&mut ramp, at(600)), gone(&mut ramp, at(660))), (0, 5));
    }

    #[test]
    fn a_release_that_always_faults_costs_the_first_launches_alone() {
        let mut ramp = ramp(Some("20%"));
        assert_eq!(gone(&mut ramp, at(0)), 5);
        let told: Vec<Option<String>> = (0..5).map(|_| ramp.take(&end(true), at(10))).collect();
        assert_eq!(told[..4], [None, None, None, None], "of the first ones a share says nothing");
        assert_eq!(told[4].as_deref(), Some("ramp: 5 of 5 launches faulted"));
        assert_eq!((gone(&mut ramp, at(10_000)), ramp.next(at(10_000))), (0, Next::Nothing));
    }

    #[test]
    fn a_share_of_faults_below_the_limit_stops_nothing() {
        let mut ramp = ramp(Some("40%"));
        gone(&mut ramp, at(0));
        for n in 0..5 {
            assert_eq!(ramp.take(&end(n == 0), at(10)), None);
        }
        assert_eq!(gone(&mut ramp, at(70)), 5);
    }
}
