//! When robot jobs are looked at next: seldom while none can be over, often near their usual end.
//!
//! In: what is unfinished, how long it usually takes, what a look costs. Out: spans. No I/O, no clock.

use std::time::Duration;

use super::spans::Spans;
use super::survey::{ReleaseStat, Survey};

/// Lists are at least this far apart.
pub(super) const MIN_LIST_INTERVAL: Duration = Duration::from_secs(2);
/// One robot job is asked for by itself at most so often.
pub(super) const MIN_SINGLE_INTERVAL: Duration = Duration::from_millis(200);
/// Before any end was seen, and while some are sampled, windows are read at most so often.
const MIN_BLIND_INTERVAL: Duration = Duration::from_secs(20);
/// The part of its usual life after which a robot job's end is looked for.
const SHARE: f64 = 0.04;
/// The part of its age, while nothing is known of its end, or before that can be near.
const EARLY_SHARE: f64 = 0.1;
/// The same of those that the oldest of their release goes before: its end tells when theirs are near.
const FOLLOWER_SHARE: f64 = 0.5;
/// Before that one of them is asked for by itself at most so often.
const MIN_FOLLOWER_INTERVAL: Duration = Duration::from_secs(1);
/// Maximum part of the age of the oldest that passes between two looks.
const MAX_SHARE: f64 = 0.67;
/// From when on an end is near, and until when, as parts of the usual life.
const NEAR: (f64, f64) = (0.8, 1.5);
/// Maximum robot jobs that are asked for one by one, whatever the pace.
const MAX_TAIL: f64 = 200.0;
/// So many are asked for one by one at any pace.
const MIN_TAIL: f64 = 20.0;
/// A release that has at most so many is no reason to read lists more often.
const FEW: usize = 5;

/// How many robot jobs may be asked for one by one, where one call is made each `interval`.
pub(super) fn tail_length(survey: &Survey, spans: &Spans, interval: Duration) -> usize {
    let shortest = survey.releases.keys().filter_map(|number| spans.usual(*number)).min();
    let in_time = shortest.map_or(0.0, |usual| usual.mul_f64(SHARE).as_secs_f64() / interval.as_secs_f64().max(0.001));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 20 and 200")]
    let length = in_time.clamp(MIN_TAIL, MAX_TAIL) as usize;
    length
}

/// How long after its last sight a robot job of this age is asked for again by itself; `leads` says that it is the oldest of its
/// release.
pub(super) fn single_interval(age: Duration, usual: Option<Duration>, leads: bool) -> Duration {
    let early = if leads { age.mul_f64(EARLY_SHARE) } else { age.mul_f64(FOLLOWER_SHARE).max(MIN_FOLLOWER_INTERVAL) };
    let span = match usual {
        None => early,
        Some(usual) if age < usual.mul_f64(NEAR.0) => early.min(usual.mul_f64(NEAR.0).saturating_sub(age)),
        Some(usual) if age <= usual.mul_f64(NEAR.1) => usual.mul_f64(SHARE),
        Some(_) => age.mul_f64(SHARE),
    };
    span.max(MIN_SINGLE_INTERVAL)
}

/// How long after the last look at lists the next one is due; `samples` says that some are asked for one by one meanwhile.
///
/// A look that takes many pages is made less often, up to `most` times: ten times the robot jobs take at most twice the
/// requests.
pub(super) fn list_interval(survey: &Survey, spans: &Spans, (pages, most): (u32, f64), samples: bool) -> Duration {
    let is_alone = survey.releases.len() == 1;
    let counts = |release: &ReleaseStat| is_alone || !samples || release.unfinished > FEW;
    let of = |(number, release): (&u16, &ReleaseStat)| release_interval(release, spans.usual(*number), samples, spans);
    let needed = survey.releases.iter().filter(|(_, release)| counts(release)).map(of).min();
    let interval = needed.unwrap_or_else(|| survey.oldest().mul_f64(EARLY_SHARE));
    // What grows with the age must not outgrow it: it would never be due.
    let seldom = interval.mul_f64((f64::from(pages) / 2.0).clamp(1.0, most)).min(survey.oldest().mul_f64(MAX_SHARE));
    seldom.max(interval).max(MIN_LIST_INTERVAL)
}

fn release_interval(release: &ReleaseStat, usual: Option<Duration>, samples: bool, spans: &Spans) -> Duration {
    // Where some are sampled one by one, windows are read when the oldest is three times as old as at the last look.
    let unknown = if samples {
        release.oldest.mul_f64(2.0 / 3.0).max(MIN_BLIND_INTERVAL)
    } else {
        release.oldest.mul_f64(EARLY_SHARE)
    };
    let Some(usual) = usual else { return unknown };
    // What earlier runs took is no reason to read whole windows: the first end is found one by one.
    if samples && !spans.has_seen_any() {
        return unknown.max(usual.mul_f64(SHARE));
    }
    let near = usual.mul_f64(NEAR.0);
    if release.oldest < near {
        near.saturating_sub(release.oldest).clamp(usual.mul_f64(SHARE), usual.mul_f64(1.5 * EARLY_SHARE))
    } else if release.youngest <= usual.mul_f64(NEAR.1) {
        usual.mul_f64(SHARE)
    } else {
        release.youngest.mul_f64(SHARE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::JobId;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn survey(unfinished: usize, youngest: u64, oldest: u64) -> Survey {
        let stat =
            ReleaseStat { unfinished, oldest: seconds(oldest), oldest_job: JobId(1), youngest: seconds(youngest) };
        Survey { unfinished, releases: [(0, stat)].into(), ..Survey::default() }
    }

    fn spans(known: Option<u64>, seen: Option<u64>) -> Spans {
        let mut spans = Spans::default();
        spans.open(0, known.map(seconds));
        if let Some(seen) = seen {
            spans.learn(0, seconds(seen));
        }
        spans
    }

    #[test]
    fn lists_are_read_seldom_until_the_usual_end_is_near() {
        let learnt = spans(None, Some(600));
        for (youngest, oldest, expected) in [(0, 10, 90), (0, 400, 80), (0, 470, 24), (0, 600, 24), (1000, 2000, 40)] {
            let interval = list_interval(&survey(1000, youngest, oldest), &learnt, (1, 16.0), true);
            assert_eq!(interval, seconds(expected), "ages {youngest} to {oldest}");
        }
        let young = survey(1000, 0, 100);
        assert_eq!(
            list_interval(&young, &spans(None, None), (1, 16.0), true),
            Duration::from_secs_f64(200.0 / 3.0),
            "samples are asked for one by one"
        );
        assert_eq!(list_interval(&young, &spans(None, None), (1, 16.0), false), seconds(10));
        assert!(list_interval(&young, &spans(Some(600), None), (1, 16.0), true) > seconds(60));
        assert_eq!(list_interval(&survey(1000, 0, 9), &spans(None, Some(3)), (1, 16.0), true), MIN_LIST_INTERVAL);
    }

    #[test]
    fn ten_times_the_pages_take_at_most_twice_the_requests() {
        let learnt = spans(None, Some(600));
        let rate = |pages: u32| {
            f64::from(pages) / list_interval(&survey(1000, 0, 600), &learnt, (pages, 16.0), true).as_secs_f64()
        };
        assert!(rate(20) <= 2.0 * rate(1) && rate(2) <= 2.0 * rate(1) && rate(32) <= 2.0 * rate(2));
    }

    #[test]
    fn so_few_are_asked_for_one_by_one_that_each_is_seen_in_time() {
        let tail = |usual| tail_length(&survey(10, 0, 1), &spans(Some(usual), None), Duration::from_millis(100));
        assert_eq!([tail(5), tail(100), tail(600)], [20, 40, 200]);
        let interval = |age, usual: Option<u64>, leads| single_interval(seconds(age), usual.map(seconds), leads);
        assert_eq!([interval(50, None, true), interval(50, None, false)], [seconds(5), seconds(25)]);
        for leads in [true, false] {
            assert_eq!(interval(50, Some(60), leads), Duration::from_millis(2400));
            assert_eq!(interval(47, Some(60), leads), seconds(1), "until its end is near");
            assert_eq!(interval(1000, Some(60), leads), seconds(40));
        }
        assert_eq!([interval(0, None, true), interval(0, None, false)], [MIN_SINGLE_INTERVAL, seconds(1)]);
    }
}
