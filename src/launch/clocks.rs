//! The clocks that time a launch: ours, the one behind a server's `Date`, and the one behind its `CreationTime`.
//!
//! The three may be hours apart, zones included: `Date` is the gateway's, `CreationTime` the database's, and ours may be
//! set at any moment. A window of the job list is cut by the third, and what is looked for was timed by the other two.
//! So each difference is learnt from whatever shows both sides of it, and its extremes are kept: a window opens at the
//! earliest reading that any of them allows. In: times from answers, lists and the ledger. Out: when a window must open.
//! Never: takes one clock's time for another's. No I/O. Source: `docs/exactly-once.md`, step 6.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::clock::{Timestamp, earlier, later};
use crate::ledger::ClockDifference;
use crate::ledger::event::Intent;

/// How much earlier than the earliest estimate windows open: requests take time, and clocks drift.
pub(super) const MARGIN: Duration = Duration::from_secs(600);
/// Where nothing shows how far the clocks are apart, windows open this much earlier still: time zones are at most 14 hours
/// apart, and the rest is for whoever set one of them wrongly.
pub(super) const WIDE: Duration = Duration::from_secs(26 * 3600);
/// Maximum age of what was learnt: what is older is not relied on.
const MAX_AGE: Duration = Duration::from_secs(24 * 3600);
/// Answers differ by their own duration, and `Date` has whole seconds: less than this is not worth a write.
const NOISE_MS: u64 = 5_000;

/// The least and the greatest of some differences, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spread {
    pub(super) least_ms: i64,
    pub(super) greatest_ms: i64,
}

impl Spread {
    fn of(ms: i64) -> Self {
        Self { least_ms: ms, greatest_ms: ms }
    }

    /// What covers both; `None` if there is neither.
    fn of_both(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        [one, other].into_iter().flatten().reduce(Self::with)
    }

    fn with(self, other: Self) -> Self {
        Self { least_ms: self.least_ms.min(other.least_ms), greatest_ms: self.greatest_ms.max(other.greatest_ms) }
    }
}

/// What is known of the three clocks.
#[derive(Clone, Debug, Default)]
pub(super) struct Clocks {
    /// `CreationTime` less `Date`: learnt by this process, or kept by the ledger within the last day.
    created_less_date: Option<Spread>,
    /// The same by answers that may be another run's: windows show what they name, and nothing else rests on them.
    perhaps_created_less_date: Option<Spread>,
    /// What was seen beside our own clock, by its eras: between two of them it may have been set.
    by_era: BTreeMap<Timestamp, OurClock>,
    /// Whether this process saw the first for itself.
    is_seen: bool,
    /// What of that the ledger was given.
    saved: Option<Spread>,
}

/// What was seen beside our own clock while it was not set.
#[derive(Clone, Copy, Debug, Default)]
struct OurClock {
    /// `CreationTime` less our own time of sending, of this run's robot jobs.
    created_less_sent: Option<Spread>,
    /// The same by answers that may be another run's.
    perhaps_created_less_sent: Option<Spread>,
    /// `Date` less our own time.
    date_less_ours: Option<Spread>,
}

/// When something was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SendTime {
    /// By our clock of then.
    pub(super) at: Timestamp,
    /// How far the server's `Date` was ahead of it, in milliseconds; `None` if that was not known.
    pub(super) ahead_ms: Option<i64>,
    /// The era of our clock; `None` if it is not known.
    pub(super) era: Option<Timestamp>,
}

impl SendTime {
    /// As `intent` has it.
    pub(super) fn of(intent: &Intent) -> Self {
        Self { at: intent.not_before, ahead_ms: intent.server_ahead_ms, era: intent.clock_era }
    }
}

/// When something may have been created, by the server's `CreationTime`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CreationEstimate {
    /// No earlier than this, by whatever is known.
    pub(super) earliest: Timestamp,
    /// How well it is known.
    pub(super) basis: Basis,
    /// When it was sent, by our clock: what a clock that is set since may be set to.
    ours: Timestamp,
}

/// What a [`CreationEstimate`] rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Basis {
    /// Our own clock alone, which anybody may have set to anything.
    OurClock,
    /// The server's `Date`.
    Date,
    /// `CreationTime` was seen beside another clock.
    Learnt,
}

impl Clocks {
    /// Takes in what the ledger kept of the tenant, if it is not too old at `now`.
    pub(super) fn recall(&mut self, kept: Option<ClockDifference>, now: Timestamp) {
        let fresh = kept.filter(|kept| {
            // A difference of the future was learnt before our clock was set back: its age is unknown.
            Duration::try_from(now.duration_since(kept.learnt)).is_ok_and(|age| age <= MAX_AGE)
        });
        if let Some(kept) = fresh {
            widen(&mut self.created_less_date, kept.least_ms);
            widen(&mut self.created_less_date, kept.greatest_ms);
        }
    }

    /// Takes in a `Date` that was read at `ours`, in `era`.
    pub(super) fn note_date(&mut self, date: Timestamp, ours: Timestamp, era: Timestamp) {
        let spread = &mut self.by_era.entry(era).or_default().date_less_ours;
        widen(spread, difference_ms(date, ours));
    }

    /// Takes in the `CreationTime` that an answer showed beside its own `Date`.
    pub(super) fn note_answer(&mut self, created: Timestamp, date: Timestamp) {
        widen(&mut self.created_less_date, difference_ms(created, date));
        self.is_seen = true;
    }

    /// Takes in the `CreationTime` of a robot job.
    pub(super) fn note_sent(&mut self, created: Timestamp, sent: SendTime) {
        if let Some(era) = sent.era {
            let spread = &mut self.by_era.entry(era).or_default().created_less_sent;
            widen(spread, difference_ms(created, sent.at));
        }
    }

    /// Takes in the `CreationTime` of a robot job that an answer named and that may be another run's: of what was sent
    /// then, and answered at `date`.
    pub(super) fn note_doubtful(&mut self, created: Timestamp, sent: SendTime, date: Option<Timestamp>) {
        if let Some(date) = date {
            widen(&mut self.perhaps_created_less_date, difference_ms(created, date));
        }
        if let Some(era) = sent.era {
            let spread = &mut self.by_era.entry(era).or_default().perhaps_created_less_sent;
            widen(spread, difference_ms(created, sent.at));
        }
    }

    /// Whether it is known what the server's `Date` was when something was sent.
    pub(super) fn know_date(&self, sent: SendTime) -> bool {
        sent.ahead_ms.is_some() || self.of_era(sent).date_less_ours.is_some()
    }

    fn of_era(&self, sent: SendTime) -> OurClock {
        sent.era.and_then(|era| self.by_era.get(&era)).copied().unwrap_or_default()
    }

    /// What the ledger should keep of the tenant; `None` if it has that, but for what every answer differs by.
    pub(super) fn take_unsaved(&mut self, now: Timestamp) -> Option<ClockDifference> {
        let spread = self.created_less_date.filter(|_| self.is_seen);
        let spread = Spread::of_both(spread, self.perhaps_created_less_date)?;
        let is_near = |one: i64, other: i64| one.abs_diff(other) < NOISE_MS;
        let is_saved = self.saved.is_some_and(|saved| {
            is_near(saved.least_ms, spread.least_ms) && is_near(saved.greatest_ms, spread.greatest_ms)
        });
        if is_saved {
            return None;
        }
        self.saved = Some(spread);
        Some(ClockDifference { least_ms: spread.least_ms, greatest_ms: spread.greatest_ms, learnt: now })
    }

    /// How far `CreationTime` is from `Date`, in milliseconds, at the most either way; `None` if that was not learnt.
    pub(super) fn apart_ms(&self) -> Option<i64> {
        let spread = self.created_less_date?;
        let is_behind = spread.least_ms.unsigned_abs() > spread.greatest_ms.unsigned_abs();
        Some(if is_behind { spread.least_ms } else { spread.greatest_ms })
    }

    /// Whether all that was seen of the three clocks agrees to within `span`, so that none was set: then what is created
    /// later is stamped later.
    pub(super) fn are_steady(&self, span: Duration) -> bool {
        let is_narrow = |spread: Spread| u128::from(spread.greatest_ms.abs_diff(spread.least_ms)) <= span.as_millis();
        let Some(created) = Spread::of_both(self.created_less_date, self.perhaps_created_less_date) else {
            return false;
        };
        let ours = self.by_era.values().flat_map(|ours| [ours.date_less_ours, ours.created_less_sent]);
        is_narrow(created) && self.by_era.len() == 1 && ours.flatten().all(is_narrow)
    }

    /// When what was sent then, or later, can have been created at the earliest.
    pub(super) fn created(&self, sent: SendTime) -> CreationEstimate {
        let ours = self.of_era(sent);
        let by_date = Spread::of_both(self.created_less_date, self.perhaps_created_less_date);
        let by_sent = Spread::of_both(ours.created_less_sent, ours.perhaps_created_less_sent);
        Self::reading(sent, ours, by_date, by_sent)
    }

    /// The same by what surely was this run's.
    pub(super) fn surely_created(&self, sent: SendTime) -> CreationEstimate {
        let ours = self.of_era(sent);
        Self::reading(sent, ours, self.created_less_date, ours.created_less_sent)
    }

    fn reading(
        sent: SendTime,
        ours: OurClock,
        created_less_date: Option<Spread>,
        created_less_sent: Option<Spread>,
    ) -> CreationEstimate {
        let least = |spread: Option<Spread>| spread.map(|spread| spread.least_ms);
        let ahead = sent.ahead_ms.into_iter().chain(least(ours.date_less_ours)).min();
        let by_date = ahead.map(|ahead| shifted(sent.at, ahead));
        let by_difference = by_date.zip(least(created_less_date)).map(|(date, least)| shifted(date, least));
        let by_sent = least(created_less_sent).map(|least| shifted(sent.at, least));
        let basis = match (by_date, by_difference.or(by_sent)) {
            (_, Some(_)) => Basis::Learnt,
            (Some(_), None) => Basis::Date,
            (None, None) => Basis::OurClock,
        };
        let earliest = [by_date, by_difference, by_sent].into_iter().flatten().min().unwrap_or(sent.at);
        CreationEstimate { earliest, basis, ours: sent.at }
    }
}

impl Clocks {
    /// When what was sent then, and carried out at once, can have been created at the latest, by all that was seen beside
    /// `CreationTime`; `None` if nothing was.
    pub(super) fn latest_created(&self, sent: SendTime) -> Option<Timestamp> {
        let ours = self.of_era(sent);
        let greatest = |one, other| Spread::of_both(one, other).map(|spread: Spread| spread.greatest_ms);
        let ahead = sent.ahead_ms.into_iter().chain(ours.date_less_ours.map(|spread| spread.greatest_ms)).max();
        let by_difference = ahead.zip(greatest(self.created_less_date, self.perhaps_created_less_date));
        let by_date = by_difference.map(|(ahead, greatest)| shifted(sent.at, ahead.saturating_add(greatest)));
        let by_sent = greatest(ours.created_less_sent, ours.perhaps_created_less_sent);
        [by_date, by_sent.map(|greatest| shifted(sent.at, greatest))].into_iter().flatten().max()
    }

    /// Between which times something can have been created whose connection was closed at `last` of our clock, and which
    /// the server did up to `settle` later; a minute is left at either end.
    pub(super) fn created_between(&self, sent: SendTime, last: Timestamp, settle: Duration) -> (Timestamp, Timestamp) {
        const SLACK: Duration = Duration::from_secs(60);
        let width = |spread: Option<Spread>| spread.map_or(0, |spread| spread.greatest_ms.abs_diff(spread.least_ms));
        let ours = self.of_era(sent);
        let spreads = [
            Spread::of_both(self.created_less_date, self.perhaps_created_less_date),
            Spread::of_both(ours.created_less_sent, ours.perhaps_created_less_sent),
            ours.date_less_ours,
        ];
        let unsure = Duration::from_millis(spreads.into_iter().map(width).sum());
        let earliest = self.created(sent).earliest;
        let latest = self.latest_created(sent).unwrap_or(earliest).max(later(earliest, unsure));
        let under_way = Duration::try_from(last.duration_since(sent.at)).unwrap_or_default();
        (earlier(earliest, SLACK), later(latest, under_way + settle + SLACK))
    }
}

impl CreationEstimate {
    /// When a window must open that is to show what was created then.
    pub(super) fn opening(&self) -> Timestamp {
        match self.basis {
            Basis::Learnt => earlier(self.earliest, MARGIN),
            Basis::Date | Basis::OurClock => self.wide_opening(),
        }
    }

    /// The same, were any of the clocks set since they were compared.
    pub(super) fn wide_opening(&self) -> Timestamp {
        earlier(self.earliest.min(self.ours), MARGIN + WIDE)
    }
}

fn widen(spread: &mut Option<Spread>, ms: i64) {
    let one = Spread::of(ms);
    *spread = Some(spread.map_or(one, |spread| spread.with(one)));
}

fn difference_ms(time: Timestamp, other: Timestamp) -> i64 {
    i64::try_from(time.duration_since(other).as_millis()).expect("times of one calendar are not that far apart")
}

/// `time`, `ms` milliseconds later.
pub(super) fn shifted(time: Timestamp, ms: i64) -> Timestamp {
    match u64::try_from(ms) {
        Ok(ms) => later(time, Duration::from_millis(ms)),
        Err(_) => earlier(time, Duration::from_millis(ms.unsigned_abs())),
    }
}

#[cfg(test)]
mod tests;
