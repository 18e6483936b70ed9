//! What a run learns of the clocks while it works: the server's two, and whether ours was set.
//!
//! In: times of answers and lists, and the present. Out: how far the clocks are apart, and in which era of ours it is now.
//! No I/O; the present is handed in.

use std::time::Duration;

use crate::clock::{TimePoint, Timestamp, later};
use crate::ids::JobId;
use crate::launch::clocks::{Clocks, SendTime};
use crate::launch::notice::Notice;
use crate::ledger::ClockDifference;
use crate::ledger::event::Intent;
use crate::robot_job::RobotJob;

/// Our own clock was set, and did not only run, if it is so far from where it should be.
const CLOCK_SET: Duration = Duration::from_secs(2);
/// From this difference of the server's clocks on it is worth a word.
const CLOCKS_APART_MS: u64 = 300_000;

/// The clocks of a run.
pub(super) struct ClockWatch {
    clocks: Clocks,
    /// How far the server's `Date` is ahead of our clock, in milliseconds; `None` if that is not known since ours was set.
    ahead_ms: Option<i64>,
    /// Since when our own clock was not set.
    era: TimePoint,
    /// Whether anybody was told that the server's clocks are apart.
    is_told: bool,
}

impl ClockWatch {
    /// With what the ledger and the lists that were just read told.
    pub(super) fn new(
        mut clocks: Clocks,
        kept: Option<ClockDifference>,
        ahead_ms: Option<i64>,
        now: TimePoint,
    ) -> Self {
        clocks.recall(kept, now.utc);
        Self { clocks, ahead_ms, era: now, is_told: false }
    }

    /// How far the clocks are apart.
    pub(super) fn clocks(&self) -> &Clocks {
        &self.clocks
    }

    /// How far the server's `Date` is ahead of our clock, in milliseconds; `None` if that is not known.
    pub(super) fn ahead_ms(&self) -> Option<i64> {
        self.ahead_ms
    }

    /// The era of our clock.
    pub(super) fn era(&self) -> Timestamp {
        self.era.utc
    }

    /// Takes in the present, and the server's time where an answer told it.
    pub(super) fn note_server_time(&mut self, server_time: Option<Timestamp>, now: TimePoint) {
        self.note_our_time(now);
        if let Some(time) = server_time {
            let ahead = time.duration_since(now.utc).as_millis();
            self.ahead_ms = i64::try_from(ahead).ok();
            self.clocks.note_date(time, now.utc, self.era.utc);
        }
    }

    /// Our own clock may be set at any moment: what was learnt beside it holds no longer then.
    pub(super) fn note_our_time(&mut self, now: TimePoint) {
        let expected = later(self.era.utc, now.moment.since(self.era.moment));
        if now.utc.duration_since(expected).unsigned_abs() >= CLOCK_SET {
            self.era = now;
            self.ahead_ms = None;
        }
    }

    /// Takes in what an answer showed that named robot jobs; what to say of it, once.
    pub(super) fn note_answer<'j>(
        &mut self,
        mut jobs: impl Iterator<Item = &'j RobotJob>,
        date: Option<Timestamp>,
    ) -> Option<Notice> {
        let (created, date) = jobs.find_map(RobotJob::created).zip(date)?;
        self.clocks.note_answer(created, date);
        let apart = self.apart_ms().filter(|_| !self.is_told)?;
        self.is_told = true;
        Some(Notice::ClocksApart(apart))
    }

    /// Takes in what the robot jobs of `intent` show.
    pub(super) fn note_sent(&mut self, jobs: &[RobotJob], intent: &Intent) {
        if let Some(created) = jobs.iter().find_map(RobotJob::created) {
            self.clocks.note_sent(created, SendTime::of(intent));
        }
    }

    /// An answer named robot job `id` without a Reference, created at `created`, before its launch was sent; why that is
    /// in doubt.
    pub(super) fn note_earlier(
        &mut self,
        id: JobId,
        created: Timestamp,
        sent: SendTime,
        date: Option<Timestamp>,
    ) -> String {
        // Clocks may be set, and windows must show what is created by them; but none is taken to be days wrong.
        if created >= self.clocks.surely_created(sent).wide_opening() {
            self.clocks.note_doubtful(created, sent, date);
        }
        format!(
            "the answer names robot job {} without a Reference, created at {created}: before this launch was sent",
            id.0
        )
    }

    /// How far `CreationTime` is from `Date`, in milliseconds; `None` if that is not worth a word.
    pub(super) fn apart_ms(&self) -> Option<i64> {
        self.clocks.apart_ms().filter(|apart| apart.unsigned_abs() >= CLOCKS_APART_MS)
    }

    /// What the ledger should keep of the tenant; `None` if it has that.
    pub(super) fn take_unsaved(&mut self, now: Timestamp) -> Option<ClockDifference> {
        self.clocks.take_unsaved(now)
    }
}
