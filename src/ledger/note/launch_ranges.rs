//! Launches of a run by their places in its plan, as a note keeps them.
//!
//! In: places, or what a note holds. Out: whether a launch is among them. Never: takes more memory than the note's text.

use std::iter;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::ids::{Ordinal, OrdinalSet};

/// Launches by their places, in ranges.
///
/// Shape in a note: numbers in pairs, how many launches are passed over and how many are taken then: `[2, 3, 1, 1]` are the places 2,
/// 3, 4 and 6. Exact, and a few bytes for each range.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<u32>", into = "Vec<u32>")]
pub struct LaunchRanges {
    /// Ascending, none empty, none beside the next.
    ranges: Vec<Range<u32>>,
}

impl LaunchRanges {
    /// Whether the launch at `ordinal` is among them.
    #[must_use]
    pub fn contains(&self, ordinal: Ordinal) -> bool {
        let behind = self.ranges.partition_point(|range| range.end <= ordinal.0);
        self.ranges.get(behind).is_some_and(|range| range.contains(&ordinal.0))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.ranges.iter().map(|range| range.end - range.start).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Takes those of `others` in.
    pub fn add(&mut self, others: &Self) {
        self.combine(others, |one, other| one || other);
    }

    /// Takes those of `others` out.
    pub fn remove(&mut self, others: &Self) {
        self.combine(others, |one, other| one && !other);
    }

    /// Keeps the places of which `keeps` says so, by whether they are here and among `others`.
    fn combine(&mut self, others: &Self, keeps: fn(bool, bool) -> bool) {
        if others.is_empty() {
            return;
        }
        let edges = |ranges: &Self| ranges.ranges.iter().flat_map(|range| [range.start, range.end]).collect::<Vec<_>>();
        let mut bounds = [edges(self), edges(others)].concat();
        bounds.sort_unstable();
        bounds.dedup();
        let parts = iter::zip(&bounds, bounds.iter().skip(1));
        let kept = parts.filter(|(start, _)| {
            let at = Ordinal(**start);
            keeps(self.contains(at), others.contains(at))
        });
        self.ranges = joined(kept.map(|(start, end)| *start..*end));
    }
}

/// Ranges that touch each other are one.
fn joined(ranges: impl Iterator<Item = Range<u32>>) -> Vec<Range<u32>> {
    let mut joined: Vec<Range<u32>> = Vec::new();
    for range in ranges {
        match joined.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            Some(_) | None => joined.push(range),
        }
    }
    joined
}

impl From<&OrdinalSet> for LaunchRanges {
    fn from(set: &OrdinalSet) -> Self {
        Self { ranges: joined(set.iter().map(|Ordinal(at)| at..at + 1)) }
    }
}

impl From<LaunchRanges> for Vec<u32> {
    fn from(ranges: LaunchRanges) -> Self {
        let mut end = 0;
        let pairs = ranges.ranges.into_iter().map(|range| {
            let pair = [range.start - end, range.end - range.start];
            end = range.end;
            pair
        });
        pairs.flatten().collect()
    }
}

/// Numbers that are no ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("they are not pairs of how many launches are passed over and taken")]
pub struct NoRanges;

impl TryFrom<Vec<u32>> for LaunchRanges {
    type Error = NoRanges;

    fn try_from(numbers: Vec<u32>) -> Result<Self, NoRanges> {
        let (pairs, rest) = numbers.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(NoRanges);
        }
        let (mut ranges, mut end) = (Vec::with_capacity(pairs.len()), 0_u32);
        for [passed, taken] in pairs {
            let is_apart = *passed > 0 || ranges.is_empty();
            let start = end.checked_add(*passed).ok_or(NoRanges)?;
            end = start.checked_add(*taken).filter(|end| *end > start && is_apart).ok_or(NoRanges)?;
            ranges.push(start..end);
        }
        Ok(Self { ranges })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(places: impl IntoIterator<Item = u32>) -> LaunchRanges {
        let mut set = OrdinalSet::default();
        places.into_iter().for_each(|at| set.insert(Ordinal(at)));
        LaunchRanges::from(&set)
    }

    fn places(ranges: &LaunchRanges) -> Vec<u32> {
        (0..300).filter(|at| ranges.contains(Ordinal(*at))).collect()
    }

    #[test]
    fn what_is_noted_is_read_again_as_the_same_launches() {
        for (taken, noted) in [
            (vec![], "[]"),
            (vec![0], "[0,1]"),
            (vec![2, 3, 4, 6], "[2,3,1,1]"),
            (vec![0, 1, 63, 64, 65, 128], "[0,2,61,3,62,1]"),
        ] {
            let ranges = of(taken.clone());
            assert_eq!((serde_json::to_string(&ranges).unwrap(), places(&ranges)), (noted.to_owned(), taken));
            let read: LaunchRanges = serde_json::from_str(noted).unwrap();
            assert_eq!((read.len() as usize, &read), (places(&ranges).len(), &ranges));
        }
        let every_second = of((0..50_000).map(|at| at * 2));
        assert_eq!(every_second.len(), 50_000);
        assert!(serde_json::to_string(&every_second).unwrap().len() <= 50_000 * 4 + 2);
    }

    #[test]
    fn numbers_that_are_no_ranges_are_refused() {
        for noted in ["[1]", "[0,0]", "[0,1,0,1]", "[4294967295,1]", "[1,1,1]", "[-1,1]", "[1,4294967295]"] {
            assert!(serde_json::from_str::<LaunchRanges>(noted).is_err(), "{noted}");
        }
        let most: LaunchRanges = serde_json::from_str("[0,4294967295]").unwrap();
        assert!(most.contains(Ordinal(0)) && most.contains(Ordinal(u32::MAX - 1)) && !most.contains(Ordinal(u32::MAX)));
    }

    #[test]
    fn ranges_are_added_and_taken_out_as_sets_are() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..200 {
            let mut some = || (0..300).filter(|_| random.u8(..) < 90).collect::<Vec<u32>>();
            let (one, other) = (some(), some());
            let (mut both, mut left) = (of(one.clone()), of(one.clone()));
            both.add(&of(other.clone()));
            left.remove(&of(other.clone()));
            assert_eq!(both, of(one.iter().chain(&other).copied()));
            assert_eq!(left, of(one.into_iter().filter(|at| !other.contains(at))));
        }
    }
}
