//! Slots: the spans of time that the runs of a manifest stand for, floored in a time zone.
//!
//! In: `schedule`. Out: the slot of any moment, and the slot before another one. A slot is named by the moment at which
//! it begins. Pure, but for the zone's rules, which come from the system's database or from the one in the binary.
//! Source: `docs/exactly-once.md`, section 5.

use std::time::Duration;

use jiff::civil::{Date, Time, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ToSpan as _};

use crate::clock::Timestamp;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::format::{Fixed, Overlap, Schedule, TimeSpan};
use crate::manifest::Document;

/// Seconds of a day, by the clock on the wall.
const DAY_SECONDS: u64 = 86_400;
/// Maximum period, in days.
const MAX_PERIOD_DAYS: u64 = 366;
/// Periods of several days are counted from this Monday, so that `7d` are weeks.
const MONDAY: Date = date(1970, 1, 5);

/// When runs of a manifest are due, and what happens where they meet.
#[derive(Clone, Debug)]
pub struct RunSchedule {
    period: SlotPeriod,
    zone: TimeZone,
    /// What a run does while another slot of the manifest is being run.
    pub overlap: Overlap,
    /// A slot that began longer ago is refused.
    pub max_lateness: Option<TimeSpan>,
    /// Runs without a slot take the manifest's lock too.
    pub exclusive: bool,
}

/// The length of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SlotPeriod {
    /// A number of civil days.
    Days(i32),
    /// A number of seconds, by the clock on the wall; a divisor of a day.
    Seconds(i32),
}

impl RunSchedule {
    /// The beginning of the slot that `moment` lies in.
    ///
    /// By the clock on the wall: a time that comes twice, because clocks are set back, is in one slot both times; a slot
    /// that begins while clocks are set forward begins when they are.
    #[must_use]
    pub fn slot_of(&self, moment: Timestamp) -> Timestamp {
        let wall = self.zone.to_datetime(moment);
        let begin = match self.period {
            SlotPeriod::Days(days) => {
                let since = MONDAY.until(wall.date()).map_or(0, |span| span.get_days());
                wall.date().saturating_sub(since.rem_euclid(days).days()).to_datetime(Time::midnight())
            }
            SlotPeriod::Seconds(seconds) => {
                let second = i32::from(wall.hour()) * 3600 + i32::from(wall.minute()) * 60 + i32::from(wall.second());
                let begin = i64::from(second - second % seconds);
                wall.date().to_datetime(Time::midnight()).saturating_add(SignedDuration::from_secs(begin))
            }
        };
        // Where the wall's time comes twice: its first coming. Where it never comes: the moment that clocks are set to.
        self.zone.to_ambiguous_timestamp(begin).compatible().map_or(moment, |begin| begin.min(moment))
    }

    /// The beginning of the slot before the one that begins at `slot`; none before the first that time knows.
    #[must_use]
    pub fn before(&self, slot: Timestamp) -> Option<Timestamp> {
        slot.checked_sub(SignedDuration::from_secs(1)).ok().map(|moment| self.slot_of(moment))
    }

    /// The time before `slot` that has no slot of its own, since clocks were set back and the clock on the wall showed it
    /// twice: its beginning, and how many periods it holds. None where all of the time is in a slot.
    ///
    /// Only where a slot is shorter than what comes twice: a day has 25 hours then, and is one slot still.
    #[must_use]
    pub fn repeated_before(&self, slot: Timestamp) -> Option<(Timestamp, i64)> {
        let SlotPeriod::Seconds(seconds) = self.period else { return None };
        let before = self.before(slot)?;
        let over = slot.as_second() - before.as_second() - i64::from(seconds);
        let periods = over.div_euclid(i64::from(seconds));
        let begin = slot.checked_sub(SignedDuration::from_secs(periods * i64::from(seconds))).ok()?;
        (periods > 0).then_some((begin, periods))
    }

    /// How long a slot is, by the clock on the wall.
    #[must_use]
    pub fn length(&self) -> SignedDuration {
        match self.period {
            SlotPeriod::Days(days) => SignedDuration::from_hours(24 * i64::from(days)),
            SlotPeriod::Seconds(seconds) => SignedDuration::from_secs(i64::from(seconds)),
        }
    }

    /// Whether a slot is shorter than a day, and the clock on the wall showed the time at `moment` before, since clocks were
    /// set back.
    #[must_use]
    pub fn came_before(&self, moment: Timestamp) -> bool {
        let wall = self.zone.to_datetime(moment);
        let first = self.zone.to_ambiguous_timestamp(wall).earlier();
        matches!(self.period, SlotPeriod::Seconds(_)) && first.is_ok_and(|first| first < moment)
    }

    /// Reads a slot as a person or a scheduler names it: a moment, or a civil day or time in the schedule's zone.
    #[must_use]
    pub fn moment(&self, text: &str) -> Option<Timestamp> {
        text.parse().ok().or_else(|| {
            let civil = text.parse::<jiff::civil::DateTime>().ok()?;
            self.zone.to_ambiguous_timestamp(civil).compatible().ok()
        })
    }
}

/// Reads `schedule`; `None` if it is not in order, and then complaints were made.
pub(super) fn lower(
    document: &Document,
    field: Fixed<Schedule>,
    complaints: &mut Vec<Diagnostic>,
) -> Option<RunSchedule> {
    let (written, node) = (field.read(document)?, field.node);
    let place = |key: &str| document.place(document.entry(node, key).map_or(node, |entry| entry.value));
    let period = period(written.slot.duration());
    if period.is_none() {
        complaints.push(
            Diagnostic::error(Code::OutOfRange, place("slot"), "a slot is a part of a day, or whole days up to 366")
                .help("write `slot: 1h`, `15m`, `1d` or `7d`: the schedule's period"),
        );
    }
    let zone = match &written.zone {
        None => Some(TimeZone::UTC),
        Some(name) => {
            let zone = TimeZone::get(name).ok();
            if zone.is_none() {
                let known: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
                let names = || known.iter().map(String::as_str);
                // People know the city, not the continent.
                let of_city = names().find(|known| known.rsplit('/').next() == Some(name.as_str()));
                let near = of_city.or_else(|| nearest(name, names()));
                complaints.push(
                    Diagnostic::error(Code::UnknownName, place("zone"), format!("there is no time zone `{name}`"))
                        .help(near.map_or_else(
                            || "for example: `Europe/Berlin`".to_owned(),
                            |near| format!("did you mean `{near}`?"),
                        )),
                );
            }
            zone
        }
    };
    Some(RunSchedule {
        period: period?,
        zone: zone?,
        overlap: written.overlap.unwrap_or_default(),
        max_lateness: written.max_lateness,
        exclusive: written.exclusive.unwrap_or(false),
    })
}

/// The period of this length: whole days, or a part of a day in whole minutes or seconds.
fn period(length: Duration) -> Option<SlotPeriod> {
    let seconds = length.as_secs();
    if length.subsec_nanos() != 0 || seconds == 0 || seconds > DAY_SECONDS * MAX_PERIOD_DAYS {
        return None;
    }
    if seconds.is_multiple_of(DAY_SECONDS) {
        return i32::try_from(seconds / DAY_SECONDS).ok().map(SlotPeriod::Days);
    }
    if DAY_SECONDS.is_multiple_of(seconds) { i32::try_from(seconds).ok().map(SlotPeriod::Seconds) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(slot: &str, zone: &str) -> RunSchedule {
        RunSchedule {
            period: period(TimeSpan::parse(slot).expect("a span").duration()).expect("a period"),
            zone: TimeZone::get(zone).expect("a zone"),
            overlap: Overlap::Skip,
            max_lateness: None,
            exclusive: false,
        }
    }

    #[track_caller]
    fn check(slot: &str, zone: &str, moment: &str, expected: &str) {
        let schedule = schedule(slot, zone);
        let found = schedule.slot_of(moment.parse().expect("a moment"));
        assert_eq!(found.to_string(), expected, "{moment} in {zone} by {slot}");
        assert_eq!(schedule.slot_of(found), found, "a slot's beginning is in the slot");
    }

    #[test]
    fn slots_are_floored_in_their_zone() {
        check("1d", "UTC", "2026-01-31T02:30:00Z", "2026-01-31T00:00:00Z");
        check("1d", "Europe/Berlin", "2026-01-31T02:30:00Z", "2026-01-30T23:00:00Z");
        check("1d", "Europe/Berlin", "2026-01-30T22:59:59.9Z", "2026-01-29T23:00:00Z");
        check("1h", "Asia/Kolkata", "2026-01-31T02:45:00Z", "2026-01-31T02:30:00Z");
        check("15m", "UTC", "2026-01-31T02:59:59Z", "2026-01-31T02:45:00Z");
        check("6h", "America/New_York", "2026-01-31T02:30:00Z", "2026-01-30T23:00:00Z");
        // 2026-01-31 is a Saturday: its week began on Monday the 26th.
        check("7d", "Europe/Berlin", "2026-01-31T02:30:00Z", "2026-01-25T23:00:00Z");
        check("2d", "UTC", "1969-12-31T12:00:00Z", "1969-12-30T00:00:00Z");
    }

    #[test]
    fn a_time_that_comes_twice_is_one_slot() {
        // Clocks in Berlin went from 03:00 back to 02:00 at 01:00 UTC on 25 October 2026.
        for period in ["1d", "1h", "30m"] {
            let schedule = schedule(period, "Europe/Berlin");
            let slot = |text: &str| schedule.slot_of(text.parse().expect("a moment"));
            assert_eq!(slot("2026-10-25T00:30:00Z"), slot("2026-10-25T01:30:00Z"), "{period}");
            assert_ne!(slot("2026-10-24T00:30:00Z"), slot("2026-10-25T00:30:00Z"), "{period}: the day before");
        }
        check("1h", "Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25T00:00:00Z");
        check("1d", "Europe/Berlin", "2026-10-25T22:59:00Z", "2026-10-24T22:00:00Z");
    }

    #[test]
    fn what_comes_twice_is_counted_in_periods() {
        let repeated = |period: &str, zone: &str, slot: &str| {
            let found = schedule(period, zone).repeated_before(slot.parse().expect("a moment"));
            found.map(|(begin, periods)| format!("{periods} from {begin}"))
        };
        // The hour from 02:00 in Berlin came again at 01:00 UTC.
        let begin = "from 2026-10-25T01:00:00Z";
        for (period, expected) in [("1h", "1"), ("30m", "2"), ("15m", "4"), ("1m", "60")] {
            let found = repeated(period, "Europe/Berlin", "2026-10-25T02:00:00Z");
            assert_eq!(found, Some(format!("{expected} {begin}")), "{period}");
            assert_eq!(repeated(period, "UTC", "2026-10-25T02:00:00Z"), None, "{period}");
            assert_eq!(repeated(period, "Europe/Berlin", "2026-10-26T02:00:00Z"), None, "{period}");
        }
        for (period, slot) in
            [("2h", "2026-10-25T03:00:00Z"), ("6h", "2026-10-25T05:00:00Z"), ("1d", "2026-10-25T23:00:00Z")]
        {
            assert_eq!(repeated(period, "Europe/Berlin", slot), None, "{period} is longer than what comes twice");
        }
        assert_eq!(repeated("1h", "Europe/Berlin", "2026-03-29T01:00:00Z"), None, "clocks are set forward");
        // Lord Howe sets its clocks by half an hour.
        assert_eq!(
            repeated("30m", "Australia/Lord_Howe", "2026-04-04T15:30:00Z"),
            Some("1 from 2026-04-04T15:00:00Z".to_owned())
        );
    }

    #[test]
    fn a_time_that_never_comes_begins_when_clocks_are_set_forward() {
        // Clocks in Berlin went from 02:00 to 03:00 at 01:00 UTC on 29 March 2026.
        check("2h", "Europe/Berlin", "2026-03-29T01:30:00Z", "2026-03-29T01:00:00Z");
        check("1h", "Europe/Berlin", "2026-03-29T01:30:00Z", "2026-03-29T01:00:00Z");
        check("1d", "Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z");
        // In Beirut clocks go forward at midnight: the day begins at one.
        check("1d", "Asia/Beirut", "2026-03-29T10:00:00Z", "2026-03-28T22:00:00Z");
        // In Havana midnight comes twice.
        check("1d", "America/Havana", "2026-11-01T05:30:00Z", "2026-11-01T04:00:00Z");
    }

    #[test]
    fn one_slot_follows_another_without_a_gap() {
        for (period, zone, count) in [("1h", "Europe/Berlin", 48), ("1d", "America/Havana", 2), ("8h", "UTC", 6)] {
            let schedule = schedule(period, zone);
            let mut slot = schedule.slot_of("2026-03-30T12:00:00Z".parse().expect("a moment"));
            let until = schedule.slot_of("2026-03-28T12:00:00Z".parse().expect("a moment"));
            let mut steps = 0;
            while slot > until {
                let before = schedule.before(slot).expect("there is one");
                assert!(before < slot);
                slot = before;
                steps += 1;
            }
            assert_eq!((slot, steps), (until, count), "{period} in {zone}");
        }
    }

    #[test]
    fn a_slot_is_a_part_of_a_day_or_whole_days() {
        let period = |text: &str| period(TimeSpan::parse(text).expect("a span").duration());
        assert_eq!(period("90m"), Some(SlotPeriod::Seconds(5400)));
        assert_eq!(period("24h"), Some(SlotPeriod::Days(1)));
        for text in ["0s", "7h", "25h", "500ms", "367d", "36h"] {
            assert_eq!(period(text), None, "{text}");
        }
    }

    #[test]
    fn a_slot_is_named_by_moment_or_by_day() {
        let schedule = schedule("1d", "Europe/Berlin");
        let named = |text: &str| schedule.moment(text).map(|moment| moment.to_string());
        assert_eq!(named("2026-01-31"), Some("2026-01-30T23:00:00Z".to_owned()));
        assert_eq!(named("2026-01-31T02:30"), Some("2026-01-31T01:30:00Z".to_owned()));
        assert_eq!(named("2026-01-31T02:30:00+01:00"), Some("2026-01-31T01:30:00Z".to_owned()));
        assert_eq!(named("yesterday"), None);
    }
}
