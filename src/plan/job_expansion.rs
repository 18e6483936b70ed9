//! One job -> its launches by index: combinations of the matrix, and below each the rows.
//!
//! In: a job's [`FanOut`], the data that were handed in, and a scope. Out: for each index the combination and the row,
//! the launch's id, and the scope that its expressions see. Never: keeps a launch.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::complaint_groups::ComplaintGroups;
use super::field_value::value_of;
use super::inputs::Inputs;
use super::matrix::{self, Combination, MatrixCombinations, matrix_text};
use super::rows::{self, RowTable, RowsOrigin, TableRow, key_text};
use crate::diagnostic::{Code, Diagnosed, Diagnostic, Severity};
use crate::ids::LaunchId;
use crate::manifest::{self, Document, MAX_BYTES, NodeId};
use crate::source::{Packed, Place, Sources};
use crate::spec::{FanOut, FieldValue, JobSpec, RowFormat, RowsFrom, RowsSpec, Spec};
use crate::template::{self, Scope};

/// What is missed where a table has more rows than are tried.
pub(super) const ROWS: &str = "rows";

/// The launches of one job that has more than one, or none.
#[derive(Debug)]
pub(super) struct JobExpansion {
    matrix: Option<MatrixCombinations>,
    rows: Option<RowSelection>,
}

/// The rows of a table for which `where` holds.
#[derive(Debug)]
struct RowSelection {
    table: RowTable,
    /// Their numbers; `None` if all are taken.
    chosen: Option<Vec<u32>>,
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

/// What tells one launch from its job's others.
#[derive(Debug, Default)]
pub(super) struct LaunchParts<'a> {
    combination: Option<(&'a MatrixCombinations, Combination)>,
    row: Option<(&'a RowTable, TableRow)>,
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
            fan.rows = table.map(|table| RowSelection { table, chosen: None });
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
        let row = self.rows.as_ref().map(|rows| (&rows.table, rows.table.row(rows.number(index % count), document)));
        LaunchParts { combination, row }
    }

    /// Its rows, where it has some.
    pub(super) fn table(&self) -> Option<&RowTable> {
        self.rows.as_ref().map(|rows| &rows.table)
    }

    /// The numbers of the combination and of the row that launch number `index` has; `None` if there are no rows.
    pub(super) fn row_of(&self, index: u32) -> Option<(u32, u32)> {
        let rows = self.rows.as_ref()?;
        let count = rows.len();
        Some((index / count, rows.number(index % count)))
    }

    /// The names of the matrix; none where there is none.
    pub(super) fn matrix_names(&self) -> &[Box<str>] {
        self.matrix.as_ref().map_or(&[], MatrixCombinations::names)
    }

    /// The values of combination number `number`, by name.
    pub(super) fn combination(&self, number: u32) -> Vec<(String, Value)> {
        let combination = self.matrix.as_ref().map(|matrix| (matrix, matrix.combination(number)));
        LaunchParts { combination, row: None }.combination_values().collect()
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
            let parts = LaunchParts { combination: None, row: Some((&rows.table, row)) };
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
        complaints.extend(kinds.into_diagnostics("rows"));
        if chosen.len() < rows.table.len() as usize {
            chosen.shrink_to_fit();
            rows.chosen = Some(chosen);
        }
        true
    }
}

impl RowSelection {
    fn len(&self) -> u32 {
        self.chosen
            .as_ref()
            .map_or(self.table.len(), |chosen| u32::try_from(chosen.len()).expect("no more than the table has rows"))
    }

    fn number(&self, index: u32) -> u32 {
        self.chosen.as_ref().map_or(index, |chosen| chosen[index as usize])
    }
}

impl LaunchParts<'_> {
    /// The id: the job's name, the values of the matrix, and the row's key as the data have it.
    pub(super) fn id(&self, job: &str) -> LaunchId {
        let combination = self.combination.iter().flat_map(|(_, values)| values).map(|(_, value)| matrix_text(value));
        let key = self.row.iter().filter_map(|(_, row)| key_text(&row.key)).map(Cow::into_owned);
        let values: Vec<String> = combination.chain(key).collect();
        LaunchId::new(job, values.iter().map(String::as_str))
    }

    /// The same values by name, as reports have them.
    pub(super) fn key(&self) -> Map<String, Value> {
        let row = self.row.iter().map(|(table, row)| (table.key().to_owned(), row.key.clone()));
        self.combination_values().chain(row).collect()
    }

    /// The row's cells, where there is a row.
    pub(super) fn cells(&self) -> Option<&Map<String, Value>> {
        self.row.as_ref().map(|(_, row)| &row.cells)
    }

    /// The row's key, where there is a row.
    pub(super) fn row_key(&self) -> Option<&Value> {
        self.row.as_ref().map(|(_, row)| &row.key)
    }

    /// The values of the combination by name, where there is one.
    pub(super) fn combination(&self) -> Option<Map<String, Value>> {
        self.combination.is_some().then(|| self.combination_values().collect())
    }

    /// Where the row stands.
    pub(super) fn row_place(&self, document: &Document) -> Option<Place> {
        self.row.as_ref().map(|(table, row)| table.place(row, document))
    }

    /// What the launch's expressions see.
    pub(super) fn scope(&self, scope: &Scope) -> Scope {
        scope.clone().with_launch(self.cells().cloned(), self.combination())
    }

    fn combination_values(&self) -> impl Iterator<Item = (String, Value)> {
        let named =
            self.combination.iter().flat_map(|(matrix, values)| values.iter().map(|value| (matrix.names(), value)));
        named.map(|(names, (name, value))| (names[*name].to_string(), value.clone()))
    }
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
