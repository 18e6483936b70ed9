use super::*;

const HOUR_MS: i64 = 3_600_000;

fn noon() -> Timestamp {
    "2026-01-31T12:00:00Z".parse().expect("a time")
}

/// At noon, by a clock that was last set at noon.
fn sent(ahead_ms: Option<i64>) -> SendTime {
    SendTime { at: noon(), ahead_ms, era: Some(noon()) }
}

fn hours(hours: i64) -> Timestamp {
    shifted(noon(), hours * HOUR_MS)
}

#[test]
fn a_window_opens_by_the_earliest_of_what_is_known() {
    let opening = |clocks: &Clocks, ahead_ms| clocks.created(sent(ahead_ms)).opening();
    let unknown = Clocks::default();
    assert_eq!(opening(&unknown, None), earlier(noon(), MARGIN + WIDE));
    assert_eq!(opening(&unknown, Some(HOUR_MS)), earlier(noon(), MARGIN + WIDE), "our own clock may be right");
    assert_eq!(opening(&unknown, Some(-HOUR_MS)), earlier(hours(-1), MARGIN + WIDE));

    let mut behind = Clocks::default();
    behind.note_answer(hours(-3), noon());
    assert_eq!(opening(&behind, Some(0)), earlier(hours(-3), MARGIN));
    assert_eq!(opening(&behind, Some(2 * HOUR_MS)), earlier(hours(-1), MARGIN));
    assert_eq!(behind.created(sent(None)).basis, Basis::OurClock, "it says nothing of our own clock");

    let mut ahead = Clocks::default();
    ahead.note_answer(hours(3), noon());
    assert_eq!(opening(&ahead, Some(0)), earlier(noon(), MARGIN), "never later than `Date` says");

    let mut without_date = Clocks::default();
    without_date.note_sent(hours(-5), sent(None));
    assert_eq!(opening(&without_date, None), earlier(hours(-5), MARGIN));
}

#[test]
fn what_is_created_hours_ahead_of_date_may_be_as_late_as_that() {
    let mut ahead = Clocks::default();
    assert_eq!(ahead.latest_created(sent(Some(0))), None);
    ahead.note_answer(hours(3), noon());
    assert_eq!(ahead.latest_created(sent(None)), None, "it says nothing of our own clock");
    assert_eq!(ahead.latest_created(sent(Some(HOUR_MS))), Some(hours(4)));
    let settle = Duration::from_secs(120);
    let (earliest, latest) = ahead.created_between(sent(Some(0)), noon(), settle);
    assert!(earliest < noon() && latest > later(hours(3), settle), "{earliest} to {latest}");
    ahead.note_sent(hours(5), sent(None));
    assert_eq!(ahead.latest_created(sent(Some(0))), Some(hours(5)));
}

#[test]
fn what_was_seen_before_our_clock_was_set_says_nothing_of_what_was_sent_after() {
    let mut clocks = Clocks::default();
    clocks.note_sent(noon(), sent(None));
    clocks.note_date(noon(), noon(), noon());
    let later_era = SendTime { era: Some(hours(47)), at: hours(47), ahead_ms: None };
    assert_eq!(clocks.created(later_era).basis, Basis::OurClock);
    assert_eq!(clocks.created(SendTime { era: None, ..sent(None) }).basis, Basis::OurClock);
    assert_eq!(clocks.created(sent(None)).basis, Basis::Learnt);
}

#[test]
fn of_two_gateways_the_earlier_counts() {
    let mut clocks = Clocks::default();
    clocks.note_answer(noon(), noon());
    clocks.note_date(noon(), noon(), noon());
    clocks.note_date(hours(1), noon(), noon());
    let by_the_later = clocks.created(sent(Some(HOUR_MS)));
    assert_eq!(by_the_later.opening(), earlier(noon(), MARGIN));
}

#[test]
fn what_the_ledger_kept_counts_for_a_day() {
    let kept = |learnt| {
        let mut clocks = Clocks::default();
        clocks.recall(Some(ClockDifference { least_ms: -HOUR_MS, greatest_ms: 0, learnt }), noon());
        clocks.created(sent(Some(0))).basis
    };
    assert_eq!(kept(hours(-23)), Basis::Learnt);
    assert_eq!(kept(hours(-25)), Basis::Date);
    assert_eq!(kept(hours(1)), Basis::Date, "our clock was set back since");
}

#[test]
fn only_news_is_saved() {
    let mut clocks = Clocks::default();
    clocks.note_answer(noon(), noon());
    assert_eq!(clocks.take_unsaved(noon()).map(|kept| (kept.least_ms, kept.greatest_ms)), Some((0, 0)));
    clocks.note_answer(shifted(noon(), 900), noon());
    assert_eq!(clocks.take_unsaved(noon()), None);
    let mut again = Clocks::default();
    again.recall(Some(ClockDifference { least_ms: 0, greatest_ms: 0, learnt: noon() }), noon());
    assert_eq!(again.take_unsaved(noon()), None, "nothing was seen yet");
    again.note_answer(noon(), noon());
    assert!(again.take_unsaved(noon()).is_some(), "it is known to be so still");
}
