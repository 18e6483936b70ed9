//! Time on a chart: where a moment lies between its two ends, and what stands below them.
//!
//! In: moments in milliseconds since 1970. Out: places in percent of the width, so that a chart fits any screen while its
//! letters keep their size. Never: draws.

use serde::Serialize;

use crate::clock::Timestamp;

/// Below this many times stand below an axis; each second one is left out where there is no room.
const MAX_TICKS: i64 = 6;

/// The lengths that a bucket may have, in milliseconds: those that people count in.
const BUCKETS: [i64; 20] = [
    100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000,
    3_600_000, 7_200_000, 21_600_000, 43_200_000, 86_400_000,
];

/// A span of time, as wide as a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeAxis {
    from: i64,
    to: i64,
}

/// What stands below an axis at one place.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct AxisTick {
    /// In percent.
    pub(crate) x: f64,
    /// `start`, `middle` or `end`: which part of the words stands there.
    pub(crate) anchor: &'static str,
    /// Whether it gives way on a narrow screen.
    pub(crate) is_minor: bool,
    /// The words.
    pub(crate) label: String,
}

impl TimeAxis {
    /// The axis that shows everything between `from` and `to`; a second at least.
    pub(crate) fn new(from: i64, to: i64) -> Self {
        Self { from, to: to.max(from.saturating_add(1_000)) }
    }

    /// The same from the whole second before its beginning, so that a round time stands there.
    pub(crate) fn since_whole_second(self) -> Self {
        Self { from: self.from.div_euclid(1_000) * 1_000, ..self }
    }

    /// Where it begins.
    pub(crate) fn from(self) -> i64 {
        self.from
    }

    /// How long it is.
    pub(crate) fn span(self) -> i64 {
        self.to.saturating_sub(self.from)
    }

    /// Where `at` lies, in percent; what lies beyond stands at the end.
    pub(crate) fn x(self, at: i64) -> f64 {
        let share = lossy(at.saturating_sub(self.from)) / lossy(self.span());
        (share * 100.0).clamp(0.0, 100.0)
    }

    /// The length of buckets of which at most `most` fit on it.
    pub(crate) fn bucket(self, most: i64) -> i64 {
        let fits = |length: &&i64| self.span() / **length < most;
        BUCKETS.iter().find(fits).copied().unwrap_or_else(|| {
            // Whole days.
            let days = self.span() / 86_400_000 / most + 1;
            days * 86_400_000
        })
    }

    /// The same, as much longer as its last bucket is cut.
    pub(crate) fn in_whole(self, bucket: i64) -> Self {
        let buckets = self.span() / bucket + i64::from(self.span() % bucket > 0);
        Self { to: self.from.saturating_add(buckets.max(1) * bucket), ..self }
    }

    /// What stands below it: round times.
    pub(crate) fn ticks(self) -> Vec<AxisTick> {
        let step = self.bucket(MAX_TICKS);
        let first = self.from.div_euclid(step) + i64::from(self.from.rem_euclid(step) > 0);
        let places = (0..).map(|index| (first + index) * step).take_while(|at| *at <= self.to);
        places.enumerate().map(|(index, at)| self.tick(index, at, step)).collect()
    }

    fn tick(self, index: usize, at: i64, step: i64) -> AxisTick {
        let x = self.x(at);
        let anchor = match x {
            ..5.0 => "start",
            5.0..95.0 => "middle",
            _ => "end",
        };
        let form = match step {
            ..1_000 => "%H:%M:%S%.1f",
            1_000..60_000 => "%H:%M:%S",
            60_000..86_400_000 if self.span() < 86_400_000 => "%H:%M",
            60_000..86_400_000 => "%d %b %H:%M",
            86_400_000.. => "%d %b",
        };
        let label = Timestamp::from_millisecond(at).map(|time| time.strftime(form).to_string()).unwrap_or_default();
        AxisTick { x, anchor, is_minor: index % 2 == 1, label }
    }
}

/// `value` as a number for drawing.
#[expect(clippy::cast_precision_loss, reason = "a pixel more or less is not seen")]
pub(crate) fn lossy(value: i64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_is_cut_into_buckets_that_people_count_in() {
        for (span, bucket) in
            [(1_000, 100), (10_000, 200), (60_000, 1_000), (5_400_000, 120_000), (6_000_000_000, 86_400_000)]
        {
            let axis = TimeAxis::new(0, span);
            assert_eq!(axis.bucket(90), bucket, "{span}");
            assert!(axis.span() / bucket < 90);
        }
        assert_eq!(TimeAxis::new(0, 90 * 86_400_000 * 3).bucket(90), 4 * 86_400_000);
    }

    #[test]
    fn places_are_in_percent_and_never_beyond_the_ends() {
        let axis = TimeAxis::new(1_000, 3_000);
        let places = [(1_000, 0.0), (2_000, 50.0), (3_000, 100.0), (0, 0.0), (9_000, 100.0)];
        for (at, x) in places {
            assert!((axis.x(at) - x).abs() < 1e-9, "{at}");
        }
        assert!((TimeAxis::new(5, 5).x(5)).abs() < 1e-9, "an axis is never empty");
        let labels: Vec<(String, &str)> =
            TimeAxis::new(1_100, 5_000).ticks().into_iter().map(|tick| (tick.label, tick.anchor)).collect();
        let round = ["00:00:02", "00:00:03", "00:00:04", "00:00:05"].map(str::to_owned);
        assert_eq!(labels, round.into_iter().zip(["middle", "middle", "middle", "end"]).collect::<Vec<_>>());
        assert_eq!(axis.in_whole(1_500), TimeAxis::new(1_000, 4_000), "the last bucket is whole");
        assert_eq!(axis.in_whole(500), axis);
    }
}
