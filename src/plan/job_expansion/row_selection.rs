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

    /// Cuts the rows into batches, in their order: each as long as `limits` and `fits` allow. The first `most` batches are measured,
    /// those behind them cut by their rows alone.
    ///
    /// Complaints: rows that do not fit by themselves.
    pub(super) fn cut(
        &mut self,
        limits: BatchSpec,
        document: &Document,
        most: u32,
        fits: &mut dyn FnMut(&[TableRow]) -> bool,
    ) -> Vec<Diagnostic> {
        let (mut ends, mut start, taken) = (Vec::new(), 0, self.taken());
        let mut kinds = ComplaintGroups::default();
        while start < taken {
            let most_rows = limits.rows.min(taken - start);
            let mut count = most_rows;
            if ends.len() < most as usize {
                let rows: Vec<TableRow> =
                    (start..start + most_rows).map(|taken| self.table.row(self.number(taken), document)).collect();
                count = longest(&rows, fits);
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

/// How many of the first of `rows` fit into one launch.
fn longest(rows: &[TableRow], fits: &mut dyn FnMut(&[TableRow]) -> bool) -> u32 {
    let (mut fitting, mut too_many) = (0, rows.len());
    if fits(rows) {
        fitting = rows.len();
    } else {
        // More rows are longer arguments: what fits lies between.
        while too_many - fitting > 1 {
            let middle = fitting.midpoint(too_many);
            if fits(&rows[..middle]) { fitting = middle } else { too_many = middle }
        }
    }
    u32::try_from(fitting).expect("no more than the table has rows")
}
