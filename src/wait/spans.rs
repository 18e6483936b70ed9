//! How long robot jobs of a release usually live, from creation to end.
//!
//! In: ends, and what earlier runs learnt. Out: a median. Never: more than a few numbers for each release.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::ids::ReleaseKey;

/// How many ends count: the latest ones.
const MAX_KEPT: usize = 33;

/// How long robot jobs usually live, by release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LearntSpans(pub(crate) BTreeMap<ReleaseKey, Duration>);

/// What is learnt within a run, on top of what was known before. Releases go by the table's numbers.
#[derive(Debug, Default)]
pub(super) struct Spans {
    known: Vec<Option<Duration>>,
    seen: Vec<SpanRing>,
}

#[derive(Clone, Debug, Default)]
struct SpanRing {
    /// In milliseconds.
    spans: Vec<u32>,
    next: usize,
    median: u32,
}

impl Spans {
    /// Makes room for the release of this number, of which `known` was learnt before.
    pub(super) fn open(&mut self, release: u16, known: Option<Duration>) {
        let place = usize::from(release);
        if place >= self.seen.len() {
            self.seen.resize(place + 1, SpanRing::default());
            self.known.resize(place + 1, None);
            self.known[place] = known;
        }
    }

    /// Takes in that one lived for `span`.
    pub(super) fn learn(&mut self, release: u16, span: Duration) {
        let Some(ring) = self.seen.get_mut(usize::from(release)) else { return };
        let span = u32::try_from(span.as_millis()).unwrap_or(u32::MAX);
        if ring.spans.len() < MAX_KEPT {
            ring.spans.push(span);
        } else {
            ring.spans[ring.next] = span;
        }
        ring.next = (ring.next + 1) % MAX_KEPT;
        let mut sorted = ring.spans.clone();
        sorted.sort_unstable();
        ring.median = sorted[sorted.len() / 2];
    }

    /// How long one of the release usually lives; `None` if nothing is known.
    pub(super) fn usual(&self, release: u16) -> Option<Duration> {
        let place = usize::from(release);
        let seen = self.seen.get(place).filter(|ring| !ring.spans.is_empty());
        seen.map(|ring| Duration::from_millis(u64::from(ring.median))).or_else(|| self.known.get(place).copied()?)
    }

    /// Whether any end was seen in this run.
    pub(super) fn has_seen_any(&self) -> bool {
        self.seen.iter().any(|ring| !ring.spans.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_the_latest_counts_and_before_any_what_was_known() {
        let mut spans = Spans::default();
        spans.open(0, Some(Duration::from_secs(600)));
        spans.open(1, None);
        assert_eq!((spans.usual(0), spans.usual(1)), (Some(Duration::from_secs(600)), None));
        assert!(!spans.has_seen_any());
        for seconds in [1, 5, 5, 7, 900] {
            spans.learn(0, Duration::from_secs(seconds));
        }
        assert_eq!(spans.usual(0), Some(Duration::from_secs(5)));
        (0..40).for_each(|_| spans.learn(0, Duration::from_secs(60)));
        assert_eq!(spans.usual(0), Some(Duration::from_secs(60)));
    }
}
