//! The robot jobs of one folder that are known to belong to launches of this run: a small record of each.
//!
//! In: robot jobs, and when their launches were sent. Out: the same by id, and those that were sent just before and after a
//! time. Never: a text for each, or a table with holes: there may be 100,000 of them.

use std::time::Duration;

use super::ordered::{Ordered, Orderly};
use crate::clock::{Moment, Timestamp};
use crate::ids::JobId;
use crate::job_list::text_hash::TextHash;
use crate::launch::clocks::SendTime;

/// Those of one folder.
#[derive(Debug, Default)]
pub(in crate::launch) struct FolderJobs {
    by_id: Ordered<KnownJob>,
    /// Those that were sent in a known era of our clock.
    by_sent: Ordered<SentJob>,
    /// The eras of our clock, by number: each begins with a clock that was set.
    eras: Vec<Timestamp>,
}

/// A robot job that is known to be a launch's.
#[derive(Clone, Copy, Debug)]
pub(in crate::launch) struct KnownJob {
    id: JobId,
    /// `CreationTime` in microseconds, rounded down; `i64::MIN` if the server did not say it.
    created_us: i64,
    /// When its launch was sent at the earliest, in microseconds by our clock.
    sent_us: i64,
    /// The Reference that it was started with.
    reference: TextHash,
    /// Since when this process has known it, in ticks, rounded up; `u32::MAX` if an earlier one did.
    since: u32,
    /// The number of the era in which it was sent; `u16::MAX` if that is not known.
    era: u16,
}

/// Its era, when it was sent, and which it is.
type SentJob = (u16, i64, JobId);

const TICK: Duration = Duration::from_millis(100);

impl Orderly for KnownJob {
    type Key = JobId;

    fn key(&self) -> JobId {
        self.id
    }
}

impl Orderly for SentJob {
    type Key = Self;

    fn key(&self) -> Self {
        *self
    }
}

impl FolderJobs {
    /// Takes in a robot job with its `CreationTime`, of a launch that was `sent` then with this Reference, which this process
    /// has known `since`; in place of what was known of it.
    pub(super) fn insert(
        &mut self,
        (id, created): (JobId, Option<Timestamp>),
        sent: SendTime,
        since: Option<Moment>,
        reference: TextHash,
    ) {
        let era = sent.era.map_or(u16::MAX, |era| self.number_era(era));
        let ticks =
            |since: Moment| u32::try_from(since.0.as_millis().div_ceil(TICK.as_millis())).unwrap_or(u32::MAX - 1);
        let known = KnownJob {
            id,
            created_us: created.map_or(i64::MIN, Timestamp::as_microsecond),
            sent_us: sent.at.as_microsecond(),
            reference,
            since: since.map_or(u32::MAX, ticks),
            era,
        };
        if let Some(before) = self.by_id.insert(known) {
            self.by_sent.remove((before.era, before.sent_us, id));
        }
        if era != u16::MAX {
            self.by_sent.insert((era, known.sent_us, id));
        }
    }

    fn number_era(&mut self, era: Timestamp) -> u16 {
        let place = self.eras.iter().position(|known| *known == era).unwrap_or_else(|| {
            self.eras.push(era);
            self.eras.len() - 1
        });
        // Those beyond that are as good as not known.
        u16::try_from(place).unwrap_or(u16::MAX)
    }

    fn era(&self, era: Option<Timestamp>) -> Option<u16> {
        let era = era?;
        self.eras.iter().position(|known| *known == era).and_then(|place| u16::try_from(place).ok())
    }

    /// All of them, in no order.
    pub(in crate::launch) fn iter(&self) -> impl Iterator<Item = (JobId, &KnownJob)> {
        self.by_id.iter().map(|job| (job.id, job))
    }

    /// The one with this id, if it is known.
    pub(in crate::launch) fn get(&self, id: JobId) -> Option<&KnownJob> {
        self.by_id.get(id)
    }

    /// The one that was sent last before `sent`, in its era of our clock.
    pub(in crate::launch) fn last_before(&self, sent: SendTime) -> Option<(JobId, &KnownJob)> {
        let era = self.era(sent.era)?;
        let before = self.by_sent.last_before((era, sent.at.as_microsecond(), JobId(i64::MIN)))?;
        self.of_era(*before, era)
    }

    /// The one that was sent first after `time` in `era` of our clock.
    pub(in crate::launch) fn first_after(&self, era: Option<Timestamp>, time: Timestamp) -> Option<(JobId, &KnownJob)> {
        let era = self.era(era)?;
        let after = self.by_sent.first_from((era, time.as_microsecond(), JobId(i64::MIN)))?;
        self.of_era(*after, era)
    }

    fn of_era(&self, (found, _, id): SentJob, era: u16) -> Option<(JobId, &KnownJob)> {
        if found == era { self.get(id).map(|job| (id, job)) } else { None }
    }
}

impl KnownJob {
    /// `CreationTime`; `None` if the server did not say it.
    pub(in crate::launch) fn created(&self) -> Option<Timestamp> {
        if self.created_us == i64::MIN { None } else { Timestamp::from_microsecond(self.created_us).ok() }
    }

    /// Since when this process has known it; `None` if an earlier one did.
    pub(in crate::launch) fn since(&self) -> Option<Moment> {
        (self.since != u32::MAX).then(|| Moment(TICK * self.since))
    }

    /// Whether a list shows it with the Reference that it was started with.
    pub(in crate::launch) fn is_intact(&self, reference: Option<TextHash>) -> bool {
        reference == Some(self.reference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn sent(second: u32, era: Option<&str>) -> SendTime {
        SendTime { at: at(&format!("2026-01-31T12:00:{second:02}Z")), ahead_ms: None, era: era.map(at) }
    }

    const MORNING: Option<&str> = Some("2026-01-31T08:00:00Z");
    const NOON: Option<&str> = Some("2026-01-31T12:00:00Z");

    #[test]
    fn a_record_is_small() {
        assert!(size_of::<KnownJob>() <= 40 && size_of::<SentJob>() <= 24, "{}", size_of::<KnownJob>());
    }

    #[test]
    fn those_sent_just_before_and_after_a_time_are_of_its_era() {
        let mut jobs = FolderJobs::default();
        for (id, second, era) in [(7, 10, NOON), (3, 30, NOON), (5, 20, NOON), (9, 25, MORNING), (8, 26, None)] {
            jobs.insert((JobId(id), None), sent(second, era), None, TextHash::of("a"));
        }
        let before = |second, era| jobs.last_before(sent(second, era)).map(|(id, _)| id.0);
        let after = |second, era: Option<&str>| jobs.first_after(era.map(at), sent(second, era).at).map(|(id, _)| id.0);
        assert_eq!([before(10, NOON), before(25, NOON), before(59, NOON)], [None, Some(7 - 2), Some(3)]);
        assert_eq!([after(10, NOON), after(21, NOON), after(31, NOON)], [Some(7), Some(3), None]);
        assert_eq!((before(59, MORNING), before(59, None), after(0, None)), (Some(9), None, None));
    }

    #[test]
    fn what_is_known_last_holds_and_an_earlier_sending_is_forgotten() {
        let mut jobs = FolderJobs::default();
        let created = Some(at("2026-01-31T12:00:11.5Z"));
        let since = Some(Moment(Duration::from_millis(1_234)));
        jobs.insert((JobId(7), None), sent(10, NOON), None, TextHash::of("a"));
        jobs.insert((JobId(7), created), sent(40, NOON), since, TextHash::of("b"));
        let known = jobs.get(JobId(7)).expect("it is known");
        assert_eq!((known.created(), known.since()), (created, Some(Moment(Duration::from_millis(1_300)))));
        assert!(known.is_intact(Some(TextHash::of("b"))) && !known.is_intact(None));
        assert!(jobs.last_before(sent(30, NOON)).is_none());
        assert_eq!(jobs.iter().count(), 1);
    }
}
