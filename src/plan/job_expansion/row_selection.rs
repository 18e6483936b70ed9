//! The rows of a table that are launched: those for which `where` holds, one by one or in batches.
//!
//! In: a table, the numbers of the rows that were chosen, a way to tell whether rows fit into one launch. Out: the rows of each
//! launch. Kept: 4 bytes for each row that is chosen where not all are, and for each batch.

use super::launch_parts::LaunchRows;
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::Document;
use crate::plan::complaint_groups::ComplaintGroups;
use crate::plan::rows::{RowTable, TableRow};
use crate::spec::BatchSpec;

/// The rows of a table that are launched.
#[derive(Debug)]
pub(super) struct RowSelection {
    pub(super) table: RowTable,
    /// Their numbers; `None` if all are taken.
    chosen: Option<Vec<u32>>,
    /// Whether a launch takes many.
    is_batched: bool,
    /// Where each batch ends, in rows that are taken; none before they are cut: each row is one then.
    ends: Option<Vec<u32>>,
}

impl RowSelection {
    /// All rows of `table`.
    pub(super) fn new(table: RowTable, is_batched: bool) -> Self {
        Self { table, chosen: None, is_batched, ends: None }
    }

    /// Takes the rows with the numbers `chosen` alone, before they are cut into batches.
    pub(super) fn choose(&mut self, mut chosen: Vec<u32>) {
        chosen.shrink_to_fit();
        self.chosen = Some(chosen);
    }

    /// How many launches they make.
    pub(super) fn len(&self) -> u32 {
        let ends = self.ends.as_ref().map(|ends| u32::try_from(ends.len()).expect("no more batches than rows"));
        ends.unwrap_or_else(|| self.taken())
    }

    /// How many rows are taken.
    fn taken(&self) -> u32 {
        self.chosen
            .as_ref()
            .map_or(self.table.len(), |chosen| u32::try_from(chosen.len()).expect("no more than the table has rows"))
    }

    /// The numbers of the rows of launch number `index`.
    pub(super) fn numbers(&self, index: u32) -> Vec<u32> {
        let range = match &self.ends {
            None => index..index + 1,
            Some(ends) => {
                let before = index.checked_sub(1).map_or(0, |before| ends[before as usize]);
                before..ends[index as usize]
            }
        };
        range.map(|taken| self.number(taken)).collect()
    }

    fn number(&self, taken: u32) -> u32 {
        self.chosen.as_ref().map_or(taken, |chosen| chosen[taken as usize])
    }

    /// The rows of launch number `index`.
    pub(super) fn of_launch(&self, index: u32, document: &Document) -> LaunchRows<'_> {
        let row = |number: u32| self.table.row(number, document);
        if self.is_batched {
            LaunchRows::Batch(&self.table, self.numbers(index).into_iter().map(row).collect())
        } else {
            LaunchRows::One(&self.table, row(self.number(index)))
        }
    }

    /// Cuts the rows into batches, in their order: each as long as `limits` allow, where `length` says how long the arguments of a
    /// launch of these rows are; `None` where that is not known, and allowed. The first `most` batches are measured, those behind them
    /// cut by their rows alone.
    ///
    /// Complaints: rows that do not fit by themselves.
    pub(super) fn cut(
        &mut self,
        limits: BatchSpec,
        document: &Document,
        most: u32,
        length: &mut dyn FnMut(&[TableRow]) -> Option<usize>,
    ) -> Vec<Diagnostic> {
        let (mut ends, mut start, taken) = (Vec::new(), 0, self.taken());
        let mut kinds = ComplaintGroups::default();
        let mut size = 1;
        while start < taken {
            let most_rows = limits.rows.min(taken - start);
            let mut count = most_rows;
            if ends.len() < most as usize {
                let mut rows: Vec<TableRow> = Vec::new();
                let mut measure = |count: u32| {
                    let have = u32::try_from(rows.len()).expect("no more than the table has rows");
                    rows.extend((have..count).map(|more| self.table.row(self.number(start + more), document)));
                    length(&rows[..count as usize])
                };
                count = longest(size, most_rows, limits.chars as usize, &mut measure);
                size = count.max(1);
                if count == 0 {
                    let what = format!("this row alone makes arguments of more than {} characters", limits.chars);
                    let place = || self.table.place(&rows[0], document);
                    kinds.add_row(Code::ArgumentsTooLong, what, place, |complaint| complaint.help(TOO_LONG));
                    count = 1;
                }
            }
            start += count;
            ends.push(start);
        }
        ends.shrink_to_fit();
        self.ends = Some(ends);
        kinds.into_diagnostics("rows").collect()
    }
}

const TOO_LONG: &str = "that is what `batch` allows (`chars`, at most 10000); of long data give the robot the address";

/// After so many measures by proportion the rest is halved each time: rows may be of very different lengths.
const MAX_SHARES: u32 = 2;

/// How many of the first rows fit into one launch, of at most `most`: `measure` says how long the arguments of so many are, which are
/// longer for more rows. Begins at `size`, as many as fitted before, and never measures more than twice what was seen to fit: so all
/// measures together are of a few times as many rows as there are.
fn longest(size: u32, most: u32, chars: usize, measure: &mut dyn FnMut(u32) -> Option<usize>) -> u32 {
    // What fits, and what is too much, or was never tried.
    let (mut fitting, mut too_many) = (0, most + 1);
    let (mut next, mut measures) = (size.clamp(1, most), 0);
    loop {
        let length = measure(next);
        if length.is_none_or(|length| length <= chars) {
            fitting = next;
        } else {
            too_many = next;
        }
        if too_many - fitting <= 1 {
            return fitting;
        }
        measures += 1;
        // As many as would be just as long each.
        let share = length
            .filter(|length| *length > 0)
            .map_or(u64::MAX, |length| u64::from(next) * chars as u64 / length as u64);
        let share = u32::try_from(share).unwrap_or(u32::MAX);
        let guess = if too_many > most {
            share.min(next.saturating_mul(2))
        } else if measures <= MAX_SHARES {
            share
        } else {
            fitting.midpoint(too_many)
        };
        next = guess.clamp(fitting + 1, too_many - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cuts rows of these lengths, each behind another and a comma; the batches, and how many rows were measured in all.
    fn cut(lengths: &[usize], most: u32) -> (Vec<u32>, usize) {
        let sums: Vec<usize> = std::iter::once(0)
            .chain(lengths.iter().scan(0, |sum, length| {
                *sum += length + 1;
                Some(*sum)
            }))
            .collect();
        let (mut batches, mut measured, mut start, mut size) = (Vec::new(), 0, 0, 1);
        while start < lengths.len() {
            let left = u32::try_from(lengths.len() - start).expect("few");
            let mut measure = |count: u32| {
                measured += count as usize;
                Some(20 + sums[start + count as usize] - sums[start])
            };
            let count = longest(size, most.min(left), 10_000, &mut measure);
            size = count.max(1);
            batches.push(count);
            start += size as usize;
        }
        (batches, measured)
    }

    /// The same by trying each number of rows in turn.
    fn one_by_one(lengths: &[usize], most: u32) -> Vec<u32> {
        let (mut batches, mut start) = (Vec::new(), 0);
        while start < lengths.len() {
            let (mut count, mut chars) = (0, 20);
            for length in lengths[start..].iter().take(most as usize) {
                chars += length + 1;
                if chars > 10_000 {
                    break;
                }
                count += 1;
            }
            batches.push(count);
            start += count.max(1) as usize;
        }
        batches
    }

    #[test]
    fn each_batch_is_as_long_as_it_can_be_and_each_row_is_measured_a_few_times() {
        let mut random = fastrand::Rng::with_seed(9);
        let alike = vec![100; 100_000];
        let unlike: Vec<usize> = (0..100_000).map(|_| random.usize(20..180)).collect();
        // Most are short, and now and then one is nearly all that fits, or does not.
        let rough: Vec<usize> = (0..100_000)
            .map(|_| if random.u8(..) < 2 { random.usize(5000..11_000) } else { random.usize(2..60) })
            .collect();
        // Thousands of short ones, then long ones, and again.
        let waves: Vec<usize> = (0..100_000).map(|at| if at % 5000 < 4000 { 1 } else { 3000 }).collect();
        for (name, lengths, most, times) in [
            ("alike", &alike, 10_000, 3),
            ("unlike", &unlike, 10_000, 4),
            // Where a long row ends a batch, only halving finds it: as often as that takes.
            ("rough", &rough, 10_000, 12),
            ("waves", &waves, 10_000, 15),
            ("few in each", &alike, 50, 2),
            ("one by one", &alike, 1, 2),
        ] {
            let (batches, measured) = cut(lengths, most);
            assert_eq!(batches, one_by_one(lengths, most), "{name}");
            assert!(measured <= lengths.len() * times, "{name}: {measured} rows measured");
        }
    }

    #[test]
    fn what_is_not_known_or_does_not_grow_takes_all_rows_that_are_allowed() {
        for length in [None, Some(0), Some(7)] {
            let mut measured = 0;
            let mut measure = |count: u32| {
                measured += count;
                length
            };
            assert_eq!(longest(1, 10_000, 10_000, &mut measure), 10_000);
            assert!(measured < 30_000, "{measured}");
        }
        assert_eq!(longest(5, 10, 3, &mut |_| Some(4)), 0, "nor one alone");
    }
}
