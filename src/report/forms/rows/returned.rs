//! The rows that are given back, and what must be known of their launches before the first is written.
//!
//! In: a plan, and the launches in its order. Out: the table that is meant, or why there is none; what some launch gave. Never:
//! writes.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

use super::cells::{has_failed, outputs};
use crate::diagnostic::escape::escape;
use crate::ids::{Ordinal, OrdinalSet};
use crate::ledger::state::Verdict;
use crate::plan::{InputTable, Plan};
use crate::report::{Head, LaunchReport, ReportWriter};

/// Maximum outputs that have a column.
const MAX_OUTPUTS: usize = 200;

/// The rows of one job that are given back.
#[derive(Clone)]
pub struct ReturnedRows<'a> {
    /// The table; `None` where the job makes no launch, so that nothing came of any row.
    pub table: Option<InputTable<'a>>,
    /// What is known of all launches.
    pub survey: RowsSurvey,
    /// Whether only rows that failed are wanted, with nothing added.
    pub only_failed: bool,
    /// The launches whose rows are wanted; `None`: all, and rows without a launch.
    pub taken: Option<Arc<OrdinalSet>>,
    /// Whether a person sees them on a terminal, which nothing in them may steer.
    pub is_shown: bool,
}

/// Why no rows can be given back.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// There are none.
    #[error("no job of this manifest takes rows (`for-each`), so there are none to give back")]
    None,
    /// Several jobs have rows.
    #[error(
        "each of the jobs {} has rows, and only those of one are given back\n  help: `sortie rows RUN --job {}`",
        jobs.join(", "),
        jobs.first().map(String::as_str).unwrap_or_default()
    )]
    Several {
        /// The jobs.
        jobs: Vec<String>,
    },
    /// The job that was named has none.
    #[error("job `{job}` takes no rows; {} does", jobs.join(", "))]
    NotThisJob {
        /// The job.
        job: String,
        /// Those that do.
        jobs: Vec<String>,
    },
    /// The rows that failed would bring back more launches than failed.
    #[error(
        "job `{job}` has each row once for each combination of its matrix: the rows that failed would launch others again\n  \
         help: `sortie rerun RUN --failed` launches what failed, and nothing else"
    )]
    Matrix {
        /// The job.
        job: String,
    },
}

impl<'a> ReturnedRows<'a> {
    /// The rows of `job`, or of the only job of `plan` that has some; nothing is known of its launches yet.
    pub fn of(plan: &'a Plan, job: Option<&str>, only_failed: bool) -> Result<Self, RowsError> {
        let (tables, jobs) = (plan.input_tables(), plan.jobs_with_rows());
        let names = |names: &[&str]| names.iter().map(|name| escape(name).into_owned()).collect();
        let table = match (job, tables.as_slice()) {
            _ if jobs.is_empty() => return Err(RowsError::None),
            (Some(job), tables) if jobs.contains(&job) => tables.iter().find(|table| table.job() == job).copied(),
            (Some(job), _) => {
                return Err(RowsError::NotThisJob { job: escape(job).into_owned(), jobs: names(&jobs) });
            }
            (None, [] | [_]) => tables.first().copied(),
            (None, several) => {
                let several: Vec<&str> = several.iter().map(InputTable::job).collect();
                return Err(RowsError::Several { jobs: names(&several) });
            }
        };
        if let Some(table) = table.filter(|table| only_failed && !table.matrix_names().is_empty()) {
            return Err(RowsError::Matrix { job: escape(table.job()).into_owned() });
        }
        Ok(Self { table, survey: RowsSurvey::default(), only_failed, is_shown: false, taken: None })
    }
}

/// What must be known of all launches before the first row is written.
#[derive(Clone, Debug, Default)]
pub struct RowsSurvey {
    /// The names of the outputs that some robot job gave.
    pub outputs: BTreeSet<String>,
    /// How many launches nobody knows the end of, or have another number of robot jobs than was asked for.
    pub in_doubt: u32,
    /// How many were not sent, which `resume` would send.
    pub not_sent: u32,
    /// How many rows failed.
    pub failed: u32,
}

/// Looks at the launches of one job before its rows are written.
pub struct RowsSurveyor {
    job: String,
    survey: Rc<RefCell<RowsSurvey>>,
    taken: Option<Arc<OrdinalSet>>,
    next: Ordinal,
}

impl RowsSurveyor {
    /// Looks at the launches of `job`, and keeps what it finds in `survey`.
    pub fn new(job: &str, survey: &Rc<RefCell<RowsSurvey>>) -> Self {
        Self { job: job.to_owned(), survey: Rc::clone(survey), taken: None, next: Ordinal(0) }
    }

    /// The same, for rows of these launches alone.
    #[must_use]
    pub fn of(self, taken: Option<Arc<OrdinalSet>>) -> Self {
        Self { taken, ..self }
    }
}

impl ReportWriter for RowsSurveyor {
    fn begin(&mut self, _: &Head) -> io::Result<()> {
        Ok(())
    }

    fn launch(&mut self, launch: &LaunchReport) -> io::Result<()> {
        let ordinal = self.next;
        self.next = Ordinal(ordinal.0 + 1);
        if launch.job != self.job || self.taken.as_ref().is_some_and(|taken| !taken.contains(ordinal)) {
            return Ok(());
        }
        let mut survey = self.survey.borrow_mut();
        for name in outputs(launch).keys() {
            if survey.outputs.len() < MAX_OUTPUTS && !survey.outputs.contains(name) {
                survey.outputs.insert(name.clone());
            }
        }
        match launch.verdict {
            Verdict::Unknown | Verdict::Partial | Verdict::Duplicate => survey.in_doubt += 1,
            Verdict::NotSent => survey.not_sent += 1,
            Verdict::Started | Verdict::Rejected | Verdict::Skipped => {}
        }
        if has_failed(launch) {
            survey.failed += launch.batch_keys().map_or(1, |keys| u32::try_from(keys.len()).unwrap_or(u32::MAX));
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        Ok(())
    }
}
