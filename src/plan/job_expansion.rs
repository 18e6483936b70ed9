//! One job -> its launches by index: combinations of the matrix, and below each the rows.
//!
//! In: a job's [`FanOut`], the data that were handed in, and a scope. Out: for each index the combination and the row,
//! the launch's id, and the scope that its expressions see. Never: keeps a launch.

use serde_json::Value;

use super::complaint_groups::ComplaintGroups;
use super::field_value::value_of;
use super::inputs::Inputs;
use super::matrix::{self, MatrixCombinations};
use super::rows::{self, RowTable, RowsOrigin, TableRow};
use crate::diagnostic::{Code, Diagnosed, Diagnostic, Severity};
use crate::manifest::{self, Document, MAX_BYTES, NodeId};
use crate::source::{Packed, Place, Sources};
use crate::spec::{BatchSpec, FanOut, FieldValue, JobSpec, RowFormat, RowsFrom, RowsSpec, Spec};
use crate::template::{self, Scope};

mod launch_parts;
mod row_selection;

pub(super) use launch_parts::LaunchParts;
use launch_parts::LaunchRows;
use row_selection::RowSelection;

/// Maximum combinations of a matrix for which a batch is measured: what is longer in another one is an error of its launch.
const MAX_MEASURED_COMBINATIONS: u32 = 1_000;

/// What is missed where a table has more rows than are tried.
pub(super) const ROWS: &str = "rows";

/// The launches of one job that has more than one, or none.
#[derive(Debug)]
pub(super) struct JobExpansion {
    matrix: Option<MatrixCombinations>,
    rows: Option<RowSelection>,
}

/// What came of making a fan.
#[derive(Debug)]
pub(super) enum ExpansionResult {
    /// It.
    Expanded(Box<JobExpansion>),
    /// Complaints were made.
    Invalid,
    /// It depends on a value that is not known.
    Deferred,
}

impl JobExpansion {
    /// The launches of `job`. `scope` is `None` if it could not be made; then nothing is evaluated.
    pub(super) fn make(
        spec: &Spec,
        job: &JobSpec,
        fan_out: &FanOut,
        scope: Option<&Scope>,
        inputs: &Inputs,
        sources: &mut Sources,
        complaints: &mut Vec<Diagnostic>,
    ) -> ExpansionResult {
        let before = complaints.len();
        let mut is_open = false;
        let is_in_order =
            |complaints: &[Diagnostic]| complaints[before..].iter().all(|it| it.severity != Severity::Error);
        let mut fan = Self { matrix: None, rows: None };
        if let Some(rows) = &fan_out.rows {
            let table = table(spec, job, rows, inputs, sources, complaints);
            fan.rows = table.map(|table| RowSelection::new(table, rows.batch.is_some()));
        }
        if let Some(node) = fan_out.matrix {
            let is_computed = template::has_expressions(&spec.document, node);
            let mut value = |node, complaints: &mut _| match scope {
                Some(scope) => value_of(spec, scope, node, complaints),
                None => FieldValue::Value(spec.document.to_json(node)),
            };
            if scope.is_some() || !is_computed {
                let told = complaints.len();
                let written = matrix::read(&spec.document, node, &mut value, complaints);
                is_open = written.is_none() && complaints.len() == told;
                fan.matrix =
                    written.and_then(|written| MatrixCombinations::new(written, spec.limits.launches, complaints));
            }
        }
        fan.check_names(spec, job, complaints);
        if let (Some(filter), Some(scope)) = (fan_out.rows.as_ref().and_then(|rows| rows.written.r#where), scope)
            && is_in_order(complaints)
        {
            let is_chosen = fan.choose(spec, filter.node, scope, complaints);
            if !is_chosen && is_in_order(complaints) {
                let too_many = fan.rows.as_ref().is_some_and(|rows| scope.are_too_many(rows.table.len()));
                if too_many {
                    scope.miss(ROWS, &job.name);
                }
                is_open = true;
            }
        }
        match (is_in_order(complaints), is_open) {
            (false, _) => ExpansionResult::Invalid,
            (true, true) => ExpansionResult::Deferred,
            (true, false) => ExpansionResult::Expanded(Box::new(fan)),
        }
    }

    /// How many launches there are.
    pub(super) fn len(&self) -> u64 {
        let combinations = self.matrix.as_ref().map_or(1, MatrixCombinations::len);
        combinations.saturating_mul(self.rows.as_ref().map_or(1, RowSelection::len).into())
    }

    /// What tells launch number `index` from the others.
    pub(super) fn parts(&self, index: u32, document: &Document) -> LaunchParts<'_> {
        let count = self.rows.as_ref().map_or(1, RowSelection::len);
        let combination = self.matrix.as_ref().map(|matrix| (matrix, matrix.combination(index / count)));
        LaunchParts::new(combination, self.rows.as_ref().map(|rows| rows.of_launch(index % count, document)))
    }

    /// Cuts its rows into batches within `limits`, each of which fits every combination of the matrix. `length` is that of the
    /// arguments of a launch with what it is handed, `None` where that is not known. At most `most` batches are measured.
    pub(super) fn cut(
        &mut self,
        limits: BatchSpec,
        document: &Document,
        most: u32,
        scope: &Scope,
        length: &mut dyn FnMut(&Scope) -> Option<usize>,
    ) -> Vec<Diagnostic> {
        let Some(rows) = &mut self.rows else { return Vec::new() };
        let combinations = self.matrix.as_ref().map_or(1, MatrixCombinations::len);
        let scopes: Vec<Scope> = (0..u32::try_from(combinations).unwrap_or(u32::MAX).min(MAX_MEASURED_COMBINATIONS))
            .map(|number| {
                let combination = self.matrix.as_ref().map(|matrix| (matrix, matrix.combination(number)));
                LaunchParts::new(combination, None).scope(scope)
            })
            .collect();
        // The longest of what is known: what is not is said when the launch is rendered.
        let mut longest = |rows: &[TableRow]| {
            let list = || rows.iter().map(|row| Value::Object(row.cells.clone())).collect();
            scopes.iter().filter_map(|scope| length(&scope.clone().with_rows(list()))).max()
        };
        rows.cut(limits, document, most, &mut longest)
    }

    /// Its rows, where it has some.
    pub(super) fn table(&self) -> Option<&RowTable> {
        self.rows.as_ref().map(|rows| &rows.table)
    }

    /// The number of the combination and those of the rows that launch number `index` has, in order; `None` if there are no rows.
    pub(super) fn rows_of(&self, index: u32) -> Option<(u32, Vec<u32>)> {
        let rows = self.rows.as_ref()?;
        let count = rows.len();
        Some((index / count, rows.numbers(index % count)))
    }

    /// The names of the matrix; none where there is none.
    pub(super) fn matrix_names(&self) -> &[Box<str>] {
        self.matrix.as_ref().map_or(&[], MatrixCombinations::names)
    }

    /// The values of combination number `number`, by name.
    pub(super) fn combination(&self, number: u32) -> Vec<(String, Value)> {
        let combination = self.matrix.as_ref().map(|matrix| (matrix, matrix.combination(number)));
        LaunchParts::new(combination, None).combination_values().collect()
    }

    /// Names of columns and of the matrix that only data tell: those that the job's expressions use must be there.
    fn check_names(&self, spec: &Spec, job: &JobSpec, complaints: &mut Vec<Diagnostic>) {
        let mut contexts: Vec<(&str, &[Box<str>])> = Vec::new();
        contexts.extend(self.matrix.as_ref().map(|matrix| ("matrix", matrix.names())));
        let columns = self.rows.as_ref().map(|rows| rows.table.columns()).filter(|columns| !columns.is_empty());
        contexts.extend(columns.map(|columns| ("row", columns)));
        for (context, names) in contexts {
            for entry in spec.document.entries(job.node) {
                template::check_members(&spec.document, entry.value, context, names, &spec.expressions, complaints);
            }
        }
        if let (Some(matrix), Some(rows)) = (&self.matrix, &self.rows)
            && matrix.names().iter().any(|name| name.as_ref() == rows.table.key())
        {
            let what = format!("`{}` names both a value of the matrix and the key of the rows", rows.table.key());
            complaints.push(
                Diagnostic::error(Code::Conflict, job.place, what)
                    .help("a launch's key has one value for each name: give the matrix another one"),
            );
        }
    }

    /// Takes the rows for which the expression at `filter` holds. False where that depends on a value that is not known,
    /// or would take too long to say.
    fn choose(&mut self, spec: &Spec, filter: NodeId, scope: &Scope, complaints: &mut Vec<Diagnostic>) -> bool {
        let Some(rows) = &mut self.rows else { return true };
        if scope.are_too_many(rows.table.len()) {
            return false;
        }
        let mut chosen = Vec::new();
        let mut kinds = ComplaintGroups::default();
        scope.allow(rows.table.len().into());
        for index in 0..rows.table.len() {
            let row = rows.table.row(index, &spec.document);
            let parts = LaunchParts::new(None, Some(LaunchRows::One(&rows.table, row)));
            let mut failed = Vec::new();
            match holds(spec, filter, &parts.scope(scope), "where", &mut failed) {
                Some(true) => chosen.push(index),
                None if failed.is_empty() => {
                    complaints.extend(kinds.into_diagnostics("rows"));
                    return false;
                }
                Some(false) | None => {}
            }
            let is_over = !failed.is_empty() && scope.is_spent();
            for complaint in failed {
                kinds.add_launch(complaint, || parts.row_place(&spec.document));
            }
            if is_over {
                break;
            }
        }
        let failed: Vec<Diagnostic> = kinds.into_diagnostics("rows").collect();
        // What is tried out is true of some other day, and is no slip.
        if chosen.is_empty() && failed.is_empty() && rows.table.len() > 0 && !scope.has_gaps() {
            complaints.push(takes_no_row(rows.table.len(), spec.document.place(filter)));
        }
        complaints.extend(failed);
        if chosen.len() < rows.table.len() as usize {
            rows.choose(chosen);
        }
        true
    }
}

/// A table may well have nothing for today; a condition that can never hold looks the same.
fn takes_no_row(rows: u32, place: Place) -> Diagnostic {
    let of = if rows == 1 { "the only row".to_owned() } else { format!("any of the {rows} rows") };
    Diagnostic::warning(Code::NoLaunch, place, format!("`where` does not take {of}: this job has no launch"))
        .help("where rows were meant, compare with what the columns hold, in the same letter case")
}

/// Whether the condition at `node` holds; `None` if a complaint was made, or a value is not known. An omitted condition
/// holds.
pub(super) fn holds(
    spec: &Spec,
    node: NodeId,
    scope: &Scope,
    key: &str,
    complaints: &mut Vec<Diagnostic>,
) -> Option<bool> {
    match value_of(spec, scope, node, complaints) {
        FieldValue::Deferred => None,
        FieldValue::Omitted => Some(true),
        FieldValue::Value(Value::Bool(holds)) => Some(holds),
        FieldValue::Value(_) => {
            complaints.push(
                Diagnostic::error(Code::WrongType, spec.document.place(node), format!("`{key}` must be true or false"))
                    .help("compare: `${{ row.kind == \"late\" }}`; a column of the type `boolean` needs no comparison"),
            );
            None
        }
    }
}

/// Why a launch is skipped whose condition at `node` does not hold.
pub(super) fn why_skipped(document: &Document, node: NodeId) -> String {
    document.text(node).map_or_else(
        || "`if` is false".to_owned(),
        |text| format!("`if` does not hold: {}", text.split_whitespace().collect::<Vec<_>>().join(" ")),
    )
}

/// The rows of `job`, from where they were given, else from where the manifest says.
fn table(
    spec: &Spec,
    job: &JobSpec,
    rows: &RowsSpec,
    inputs: &Inputs,
    sources: &mut Sources,
    complaints: &mut Vec<Diagnostic>,
) -> Option<RowTable> {
    let document = &spec.document;
    let (format, origin) = match (inputs.data.get(job.name.as_ref()), &rows.from) {
        (Some(given), _) => {
            let format = RowFormat::of_file(&given.name).unwrap_or(rows.format);
            (format, file(format, &given.name, &given.text, sources, complaints)?)
        }
        (None, RowsFrom::File(path, place)) => {
            let Some(text) = inputs.files.get(path.as_ref()) else {
                complaints.push(missing(path, *place));
                return None;
            };
            (rows.format, file(rows.format, &beside(inputs, path), text, sources, complaints)?)
        }
        (None, RowsFrom::Text(node)) => {
            let text = document.text(*node).unwrap_or_default();
            (rows.format, RowsOrigin::Scalar(*node, Packed::from(text)))
        }
        (None, RowsFrom::Nodes(node)) => (rows.format, RowsOrigin::Nodes(*node)),
    };
    rows::build(rows, format, origin, document, complaints)
}

/// A file of rows. YAML becomes a document; any other form stays packed.
fn file(
    format: RowFormat,
    name: &str,
    text: &Packed,
    sources: &mut Sources,
    complaints: &mut Vec<Diagnostic>,
) -> Option<RowsOrigin> {
    if format != RowFormat::Yaml {
        return Some(RowsOrigin::File(sources.add_packed(name, text.clone()), text.clone()));
    }
    let read = manifest::decode(sources, name, text.slice(0..text.len().min(MAX_BYTES + 1)));
    let document: Diagnosed<Document> = read.and_then(|source| manifest::parse(sources, source));
    let (document, said) = document.into_parts();
    complaints.extend(said);
    document.map(|document| RowsOrigin::Document(Box::new(document)))
}

/// The name under which people know the file at `path` beside the manifest: from where they are.
pub(super) fn beside(inputs: &Inputs, path: &str) -> String {
    inputs.manifest.rsplit_once('/').map_or_else(|| path.to_owned(), |(folder, _)| format!("{folder}/{path}"))
}

/// What is said of a file whose text was not handed in.
pub(super) fn missing(path: &str, place: Place) -> Diagnostic {
    Diagnostic::error(Code::DataFile, place, format!("the data file `{path}` was not read"))
}
