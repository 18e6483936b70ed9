//! What a run asked of its server over time, against what it was allowed: launches, and lists of robot jobs.
//!
//! In: send times, limits, lists by the minute. Out: drawings, each with its numbers as a table. Never: judges.

use serde::Serialize;

use super::axis::{TimeAxis, lossy};
use super::fact::LaunchFact;
use super::page::Figure;
use super::svg::Drawing;
use super::timeline::{across, bucket_of, buckets, share};
use super::words::{counted, number, second, span};
use crate::clock::Timestamp;
use crate::ledger::ListMinute;
use crate::pace::Pace;

/// Maximum buckets of a drawing, and so rows of its table.
const MAX_BUCKETS: i64 = 60;
/// Pixels of a drawing.
const HEIGHT: u32 = 96;
const MINUTE: i64 = 60_000;
/// A limit that is so many times the highest bar would flatten the bars: it is told in words alone.
const MAX_HEADROOM: usize = 5;

/// A drawing of counts against a limit, and its numbers.
#[derive(Debug, Serialize)]
pub(super) struct LoadFigure {
    pub(super) figure: Figure,
    /// What the limit is.
    pub(super) limit: String,
    /// What one row stands for: `minute` or `10 s`.
    pub(super) unit: String,
    pub(super) rows: Vec<LoadRow>,
}

/// One bucket.
#[derive(Debug, Serialize)]
pub(super) struct LoadRow {
    pub(super) from: String,
    pub(super) count: String,
    pub(super) most: String,
}

/// A bucket before it is words.
struct Bucket {
    from: i64,
    count: usize,
    most: Option<usize>,
}

/// Launches by the time at which they were sent, against the pace that held; `None` if nothing was sent.
pub(super) fn launches(facts: &[LaunchFact], paces: &[(Timestamp, Pace)]) -> Option<LoadFigure> {
    let sends = || facts.iter().filter_map(|fact| fact.sent);
    let axis = TimeAxis::new(sends().min()?, sends().max()?).since_whole_second();
    // Shorter ones say little of a rate.
    let length = axis.bucket(MAX_BUCKETS).max(1_000);
    let axis = axis.in_whole(length);
    let mut counted_sends = vec![0_usize; buckets(axis, length)];
    let last = counted_sends.len();
    sends().for_each(|sent| counted_sends[bucket_of(sent, axis, length, last)] += 1);
    let bucket = |(place, count)| {
        let from = axis.from() + length * i64::try_from(place).unwrap_or_default();
        Bucket { from, count, most: most_between(paces, from, from + length) }
    };
    let all: Vec<Bucket> = counted_sends.into_iter().enumerate().map(bucket).collect();
    let limit = match paces {
        [] => "The limit is not known: the plan cannot be made again.".to_owned(),
        paces => {
            let told = |(at, pace): &(Timestamp, Pace)| {
                let (rate, burst) = (rate_words(*pace), pace.burst());
                if paces.len() == 1 {
                    format!("{rate}, {burst} at once after an idle spell")
                } else {
                    format!("since {} {rate}, {burst} at once after an idle spell", second(at.as_millisecond()))
                }
            };
            format!("Limit: {}.", paces.iter().map(told).collect::<Vec<_>>().join("; "))
        }
    };
    let unit = span(length);
    let words = format!("Launches sent in each {unit}");
    Some(draw("rate", &words, axis, length, &all, limit, unit))
}

/// Lists that were read, by the minute, against the run's share and its tenant's ration; `None` if none was.
pub(super) fn lists(lists: &[ListMinute], share_of_run: Option<u32>) -> Option<LoadFigure> {
    let at = |minute: &ListMinute| minute.minute.as_millisecond();
    let (first, last) = (lists.first()?, lists.last()?);
    let axis = TimeAxis::new(at(first), at(last) + MINUTE);
    let length = axis.bucket(MAX_BUCKETS).max(MINUTE);
    let axis = axis.in_whole(length);
    let whole = |place: i64| Bucket { from: axis.from() + length * place, count: 0, most: None };
    let count = i64::try_from(buckets(axis, length)).unwrap_or(1);
    let mut all: Vec<Bucket> = (0..count).map(whole).collect();
    let end = all.len();
    for minute in lists {
        let bucket = &mut all[bucket_of(at(minute), axis, length, end)];
        // The fullest minute: a limit by the minute says nothing of longer spans.
        bucket.count = bucket.count.max(minute.lists as usize);
        let most = minute.most.into_iter().chain(share_of_run).min().map(|most| most as usize);
        bucket.most = bucket.most.or(most).min(most.or(bucket.most));
    }
    let total: usize = lists.iter().map(|minute| minute.lists as usize).sum();
    let ration = lists.iter().rev().find_map(|minute| minute.most);
    let limit = match (share_of_run, ration) {
        (Some(share), Some(ration)) => {
            format!("Limit: {share} in a minute for this run (limits.poll), {ration} for all that read for its tenant.")
        }
        (Some(share), None) => format!("Limit: {share} in a minute for this run (limits.poll)."),
        (None, Some(ration)) => format!("Limit: {ration} in a minute for all that read for its tenant."),
        (None, None) => "The limit is not known.".to_owned(),
    };
    let unit = if length == MINUTE { "minute".to_owned() } else { format!("fullest minute of {}", span(length)) };
    let words = format!("Lists of robot jobs read in each {unit}");
    let mut figure = draw("lists", &words, axis, length, &all, limit, unit);
    figure.figure.caption = format!("{} in all. {}", counted(total, "list", "lists"), figure.figure.caption);
    Some(figure)
}

fn draw(id: &str, title: &str, axis: TimeAxis, length: i64, all: &[Bucket], limit: String, unit: String) -> LoadFigure {
    let highest = all.iter().map(|bucket| bucket.count).max().unwrap_or_default();
    let limits = || all.iter().filter_map(|bucket| bucket.most);
    let reach = highest.saturating_mul(MAX_HEADROOM);
    let drawn = limits().filter(|most| *most <= reach).max().unwrap_or_default();
    let top = highest.max(drawn);
    let inner = f64::from(HEIGHT - 6);
    let y = |count: usize| f64::from(HEIGHT) - share(count, top) * inner;
    let mut drawing = Drawing::new(HEIGHT);
    drawing.axis(&axis.ticks());
    for (place, bucket) in all.iter().enumerate() {
        let (x, wide) = across(place, axis, length);
        let whole = lossy(length) / lossy(axis.span()) * 100.0;
        if bucket.count > 0 {
            let height = share(bucket.count, top) * inner;
            drawing.bar("sent", (x, wide), (y(bucket.count), height));
        }
        if let Some(most) = bucket.most.filter(|most| *most <= reach) {
            drawing.level("limit", (x, whole), y(most));
        }
    }
    let off = limits().any(|most| most > reach);
    let beyond = if off { " The limit is far above, and not drawn." } else { "" };
    let caption = format!("Highest bar: {}.{beyond}", number(highest));
    let rows = all.iter().map(|bucket| LoadRow {
        from: second(bucket.from),
        count: number(bucket.count),
        most: bucket.most.map_or_else(|| "not known".to_owned(), number),
    });
    let description = format!("{title}, as bars, with the limit as a line. {caption} {limit}");
    LoadFigure {
        rows: rows.collect(),
        figure: Figure { heading: None, svg: drawing.finish(id, title, &description), caption },
        limit,
        unit,
    }
}

/// How many launches the paces allow from `from` to `to` at most; `None` if none is known.
fn most_between(paces: &[(Timestamp, Pace)], from: i64, to: i64) -> Option<usize> {
    let wide = |from: i64, to: i64| std::time::Duration::from_millis(u64::try_from(to - from).unwrap_or_default());
    let mut most = 0;
    let mut seen = false;
    for (index, (since, pace)) in paces.iter().enumerate() {
        // The first one holds from the beginning, whatever the clock says.
        let begins = if index == 0 { from } else { since.as_millisecond().max(from) };
        let ends = paces.get(index + 1).map_or(to, |(next, _)| next.as_millisecond().min(to));
        if begins < ends {
            seen = true;
            most += pace.most_in(wide(begins, ends)) as usize;
        }
    }
    seen.then_some(most)
}

/// `60 launches a minute`.
fn rate_words(pace: Pace) -> String {
    let nanos = pace.interval().as_nanos().max(1);
    let per = |span: u128| (span + nanos / 2) / nanos;
    let told = |count: u128, unit: &str| {
        counted(usize::try_from(count).unwrap_or(usize::MAX), "launch", "launches") + " " + unit
    };
    match nanos {
        ..1_000_000_000 => told(per(1_000_000_000), "a second"),
        1_000_000_000..60_000_000_000 => told(per(60_000_000_000), "a minute"),
        _ => told(per(3_600_000_000_000), "an hour"),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use super::super::fact::Tone;
    use super::*;

    fn pace(count: u32, seconds: u64, burst: u32) -> Pace {
        let some = |count| NonZeroU32::new(count).expect("not zero");
        Pace::new(some(count), Duration::from_secs(seconds), some(burst))
    }

    #[test]
    fn a_limit_that_changed_is_told_and_drawn_as_it_held() {
        let at = |second: i64| Timestamp::from_second(second).expect("fits");
        let fact = |sent| LaunchFact {
            job: 0,
            tone: Tone::Good,
            sent: Some(sent),
            answered: None,
            is_doubted: false,
            began: None,
            over: None,
        };
        let facts: Vec<LaunchFact> = (0..60).map(|second| fact(second * 1000)).collect();
        let drawn = launches(&facts, &[(at(0), pace(60, 60, 2)), (at(30), pace(20, 60, 1))]).expect("sent");
        assert_eq!(drawn.unit, "1 s");
        assert_eq!(drawn.rows.len(), 60);
        let most: Vec<&str> = [0, 29, 30, 59].iter().map(|row: &usize| drawn.rows[*row].most.as_str()).collect();
        assert_eq!(most, ["2", "2", "1", "1"]);
        assert!(drawn.limit.contains("since 1970-01-01 00:00:30 20 launches a minute"), "{}", drawn.limit);
        assert!(launches(&[], &[]).is_none());
    }

    #[test]
    fn lists_are_held_against_the_smaller_of_share_and_ration() {
        let minute = |minute: i64, lists, most| ListMinute {
            minute: Timestamp::from_second(minute * 60).expect("fits"),
            lists,
            most,
        };
        let drawn =
            lists(&[minute(0, 7, None), minute(1, 3, Some(100)), minute(5, 1, Some(5))], Some(50)).expect("some");
        let rows: Vec<(&str, &str)> = drawn.rows.iter().map(|row| (row.count.as_str(), row.most.as_str())).collect();
        let unknown = ("0", "not known");
        assert_eq!(rows[..6], [("7", "50"), ("3", "50"), unknown, unknown, unknown, ("1", "5")]);
        assert!(drawn.figure.caption.starts_with("11 lists in all."), "{}", drawn.figure.caption);
        assert!(lists(&[], None).is_none());
    }
}
