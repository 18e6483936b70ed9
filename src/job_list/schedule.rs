//! When a run may read the next list: within its own share, and not while the server asked to be left alone.
//!
//! In: reads, pages and pauses. Out: moments. The tenant's ration, which other processes use too, comes on top of it
//! (`job_list/reader.rs`). Never: waits; no I/O and no clock.

use std::time::Duration;

use crate::clock::Moment;
use crate::pace::Stream;
use crate::pauses::{MAX_HOLD, PauseStreak};

/// The turns of one run, or of whoever reads for one.
pub(crate) struct ReadSchedule {
    /// Its own share (`limits.poll`).
    share: Stream,
    held_until: Moment,
    paused: PauseStreak,
}

impl ReadSchedule {
    /// After the reads that `share` has counted.
    pub(crate) fn new(share: Stream) -> Self {
        Self { share, held_until: Moment::default(), paused: PauseStreak::default() }
    }

    /// When the next list may be read, at the earliest; not before `now`.
    pub(crate) fn next(&self, now: Moment) -> Moment {
        self.by_share(now).max(self.held_until)
    }

    /// The same by its own share alone.
    pub(super) fn by_share(&self, now: Moment) -> Moment {
        self.share.next(now)
    }

    /// Until when the server asked to be left alone.
    pub(super) fn held_until(&self) -> Moment {
        self.held_until
    }

    /// Counts a list that was asked for at `asked`.
    pub(crate) fn note_read(&mut self, asked: Moment) {
        self.share.take(asked);
    }

    /// A page came: pauses in a row are over.
    pub(crate) fn note_page(&mut self) {
        self.paused.end();
    }

    /// No list is read for `span` from `now` on; whether that is longer than a run waits, or one pause too many.
    pub(crate) fn pause(&mut self, span: Duration, now: Moment) -> bool {
        let until = now.after(span);
        let goes_on = self.paused.add(self.held_until, until, now);
        self.held_until = self.held_until.max(until);
        goes_on || span > MAX_HOLD
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::pace::Pace;

    fn at(seconds: u64) -> Moment {
        Moment(Duration::from_secs(seconds))
    }

    fn schedule() -> ReadSchedule {
        let one = NonZeroU32::MIN;
        ReadSchedule::new(Stream::idle(Pace::new(one, Duration::from_secs(10), one)))
    }

    #[test]
    fn a_list_is_read_when_both_the_share_and_the_last_pause_allow_it() {
        let mut schedule = schedule();
        assert_eq!(schedule.next(at(0)), at(0));
        schedule.note_read(at(0));
        assert_eq!(schedule.next(at(1)), at(10), "by its share");
        assert!(!schedule.pause(Duration::from_secs(60), at(2)));
        assert_eq!(schedule.next(at(3)), at(62), "by the pause");
        assert!(!schedule.pause(Duration::from_secs(5), at(4)), "a shorter one changes nothing");
        assert_eq!(schedule.next(at(70)), at(70));
    }

    #[test]
    fn a_pause_is_too_long_by_itself_or_with_those_before_it_as_long_as_no_page_came() {
        let ten_minutes = Duration::from_secs(600);
        let mut schedule = schedule();
        assert!(schedule.pause(ten_minutes + Duration::from_secs(1), at(0)));
        schedule.note_page();
        let in_a_row = |schedule: &mut ReadSchedule, from: u64| -> Vec<bool> {
            (0..7).map(|pause| schedule.pause(ten_minutes, at(from + pause * 600))).collect()
        };
        assert_eq!(in_a_row(&mut schedule, 1_000), [false, false, false, false, false, false, true]);
        schedule.note_page();
        assert!(!in_a_row(&mut schedule, 10_000)[5]);
    }
}
