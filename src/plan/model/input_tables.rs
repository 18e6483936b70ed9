//! The rows that launches were made of, for whoever gives them back with what came of each.
//!
//! In: a plan. Out: the table of each job that has one, as it was given, and which row a launch has. Never: a launch.

use serde_json::Value;

use super::{JobLaunches, Plan};
use crate::ids::Ordinal;
use crate::plan::job_expansion::JobExpansion;
use crate::plan::rows::{GivenRows, RowTable};
use crate::spec::JobSpec;

/// The rows of one job, as they were given.
#[derive(Clone, Copy)]
pub struct InputTable<'a> {
    plan: &'a Plan,
    launches: JobLaunches,
    expansion: &'a JobExpansion,
    table: &'a RowTable,
}

/// Which rows a launch has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchedRows {
    /// The number of its combination of the matrix; 0 where there is no matrix.
    pub combination: u32,
    /// The numbers of its rows in the table, in order: one, unless they are launched in batches.
    pub rows: Vec<u32>,
}

impl Plan {
    /// The tables of the jobs that have rows, in the order of jobs.
    #[must_use]
    pub fn input_tables(&self) -> Vec<InputTable<'_>> {
        let tables = self.launches.iter().filter_map(|launches| {
            let expansion = &self.fans[launches.fan? as usize];
            Some(InputTable { plan: self, launches: *launches, expansion, table: expansion.table()? })
        });
        tables.collect()
    }

    /// The jobs of the manifest that take rows, whether or not there are any.
    #[must_use]
    pub fn jobs_with_rows(&self) -> Vec<&str> {
        let takes_rows = |job: &&JobSpec| job.fan_out.as_ref().is_some_and(|fan_out| fan_out.rows.is_some());
        self.spec.jobs.iter().filter(takes_rows).map(|job| job.name.as_ref()).collect()
    }
}

impl<'a> InputTable<'a> {
    /// The job's name.
    #[must_use]
    pub fn job(&self) -> &'a str {
        &self.plan.spec.jobs[self.launches.job as usize].name
    }

    /// The names of the columns; of other data than CSV, every name that some row has.
    #[must_use]
    pub fn columns(&self) -> &'a [Box<str>] {
        self.table.columns()
    }

    /// What stands between the cells; `None` where the rows are objects.
    #[must_use]
    pub fn delimiter(&self) -> Option<u8> {
        self.table.delimiter()
    }

    /// The header of CSV with all that stands before it, and the line end behind it.
    #[must_use]
    pub fn head(&self) -> (String, &'static str) {
        let (head, line_end) = self.table.head();
        (String::from_utf8_lossy(&head).into_owned(), line_end)
    }

    /// The rows from the first on.
    #[must_use]
    pub fn rows(&self) -> GivenRows<'a> {
        self.table.given(&self.plan.spec.document)
    }

    /// The names of the matrix that has these rows below each of its combinations; none where there is no matrix.
    #[must_use]
    pub fn matrix_names(&self) -> &'a [Box<str>] {
        self.expansion.matrix_names()
    }

    /// The values of combination number `combination`, by name.
    #[must_use]
    pub fn combination(&self, combination: u32) -> Vec<(String, Value)> {
        self.expansion.combination(combination)
    }

    /// The rows of the launch at `ordinal`; `None` if it is another job's.
    #[must_use]
    pub fn rows_of(&self, ordinal: Ordinal) -> Option<LaunchedRows> {
        let index = self.plan.full(ordinal).0.checked_sub(self.launches.first)?;
        if index >= self.launches.count {
            return None;
        }
        let (combination, rows) = self.expansion.rows_of(index)?;
        Some(LaunchedRows { combination, rows })
    }
}
