//! What expressions may name at each place of a manifest: the closed contexts.
//!
//! In: what is declared. Out: [`KnownNames`] by place. Never: looks into an expression.

use super::fan_out;
use super::follow_up::needs_of;
use crate::format::{Job, Placement};
use crate::manifest::{Document, NodeId, NodeKind};
use crate::template::{ExpressionContext, KnownNames, NameSet};

/// The declared names of one manifest.
#[derive(Debug, Default)]
pub(super) struct DeclaredNames {
    pub(super) params: NameSet,
    pub(super) vars: NameSet,
    pub(super) env: NameSet,
    pub(super) secrets: Vec<Box<str>>,
    /// What is known of a robot job that faulted.
    pub(super) fault: Vec<Box<str>>,
}

/// The names that only one job knows.
#[derive(Debug, Default)]
pub(super) struct JobNames {
    /// Whether a launch has a row, or a list of them.
    has_row: bool,
    has_batch: bool,
    matrix: Option<Vec<Box<str>>>,
    matrix_is_computed: bool,
    needs: Vec<Box<str>>,
}

const NO_SECRETS: ExpressionContext<'static> = ExpressionContext::Elsewhere(
    "secrets may stand in `arguments`, `environment` and `on-finish` only, so that none is planned or logged",
);
const NO_NEEDS: ExpressionContext<'static> =
    ExpressionContext::Elsewhere("what needed jobs gave may stand in `arguments`, `environment` and `if` only");
const NO_ROW: ExpressionContext<'static> = ExpressionContext::Elsewhere("`row` is known in a job with `for-each` only");
const NO_ROW_IN_BATCH: ExpressionContext<'static> = ExpressionContext::Elsewhere(
    "a launch of a `batch` has many rows, and `rows` is their list: `${{ rows }}`, `${{ rows | map(attribute=\"id\") | list }}`",
);
const NO_ROWS: ExpressionContext<'static> = ExpressionContext::Elsewhere(
    "`rows` is known in a job with `for-each.batch` only; `row` is the one row of a launch",
);
const NO_ROW_OF_ALL: ExpressionContext<'static> =
    ExpressionContext::Elsewhere("this holds for all launches of the job; what differs by row belongs into two jobs");
const NO_FAULT: ExpressionContext<'static> =
    ExpressionContext::Elsewhere("`fault` is known in `when` of `fault-classes` only");
const NO_MATRIX: ExpressionContext<'static> =
    ExpressionContext::Elsewhere("`matrix` is known in a job with `matrix` only");

impl DeclaredNames {
    /// A place of the manifest; `job` is the one that it is in.
    pub(super) fn at<'a>(&'a self, placement: Placement, job: &'a JobNames) -> KnownNames<'a> {
        let row = match (job.has_row, job.has_batch) {
            (true, _) => ExpressionContext::Open,
            (false, true) => NO_ROW_IN_BATCH,
            (false, false) => NO_ROW,
        };
        let rows = if job.has_batch { ExpressionContext::Open } else { NO_ROWS };
        // `where` looks at them one by one.
        let has_rows = job.has_row || job.has_batch;
        let each = if has_rows { ExpressionContext::Open } else { NO_ROW };
        let matrix = match &job.matrix {
            _ if job.matrix_is_computed => ExpressionContext::Open,
            Some(names) => ExpressionContext::Of(names),
            None => NO_MATRIX,
        };
        let needs = ExpressionContext::Of(&job.needs);
        let secrets = ExpressionContext::Of(&self.secrets);
        let outside = KnownNames {
            params: &self.params,
            vars: &self.vars,
            env: &self.env,
            secrets: NO_SECRETS,
            needs: NO_NEEDS,
            row: NO_ROW,
            rows: NO_ROWS,
            matrix: NO_MATRIX,
            fault: NO_FAULT,
            has_run_id: false,
        };
        match placement {
            Placement::Finish => KnownNames { secrets, has_run_id: true, ..outside },
            Placement::Payload => KnownNames { secrets, needs, row, rows, matrix, ..outside },
            Placement::Condition => KnownNames { needs, row, rows, matrix, ..outside },
            Placement::Filter => KnownNames { row: each, ..outside },
            Placement::Field => KnownNames { row, rows, matrix, ..outside },
            Placement::Policy if has_rows || job.matrix.is_some() => {
                KnownNames { row: NO_ROW_OF_ALL, rows: NO_ROW_OF_ALL, matrix: NO_ROW_OF_ALL, ..outside }
            }
            Placement::Fixed | Placement::Parts | Placement::Outside | Placement::Matrix | Placement::Policy => outside,
            Placement::Fault => KnownNames { fault: ExpressionContext::Of(&self.fault), ..outside },
        }
    }
}

impl JobNames {
    /// Reads which contexts `job` over `defaults` offers.
    pub(super) fn of(document: &Document, job: &Job, defaults: Option<&Job>) -> Self {
        let mut matrix_is_computed = false;
        let matrix = fan_out::matrix(job, defaults).map(|node| {
            let NodeKind::Map(entries) = document.kind(node) else {
                matrix_is_computed = true;
                return Vec::new();
            };
            let mut names: Vec<Box<str>> = Vec::new();
            for entry in entries {
                match entry.key {
                    "exclude" => {}
                    free if free.starts_with("x-") => {}
                    "include" if document.items(entry.value).is_empty() => matrix_is_computed = true,
                    "include" => {
                        let further = document.items(entry.value).iter().flat_map(|item| document.entries(*item));
                        names.extend(further.map(|entry| Box::from(entry.key)));
                    }
                    name => names.push(name.into()),
                }
            }
            names
        });
        let needs = needs_of(job, defaults).map_or_else(Vec::new, |node| needed(document, node));
        let has_batch = fan_out::is_batched(document, job, defaults);
        let has_row = !has_batch && fan_out::for_each(job, defaults).is_some();
        Self { has_row, has_batch, matrix, matrix_is_computed, needs }
    }

    /// For `defaults`: whatever some job may offer.
    pub(super) fn any(jobs: impl IntoIterator<Item = Self>) -> Self {
        jobs.into_iter().fold(Self::default(), |mut any, job| {
            any.has_row |= job.has_row;
            any.has_batch |= job.has_batch;
            any.matrix_is_computed |= job.matrix_is_computed || job.matrix.is_some();
            for name in job.needs {
                if !any.needs.contains(&name) {
                    any.needs.push(name);
                }
            }
            any
        })
    }
}

/// The jobs that a `needs` names, as text.
pub(super) fn needed(document: &Document, node: NodeId) -> Vec<Box<str>> {
    let items = document.items(node).iter().filter_map(|item| document.text(*item).map(Box::from));
    items.chain(document.entries(node).map(|entry| Box::from(entry.key))).collect()
}
