//! What makes many launches of one job, or leaves one out, as far as the manifest alone says it.
//!
//! In: a job over the defaults. Out: [`FanOut`]: where rows come from, and the nodes of what planning evaluates.
//! Never: reads a data file, or evaluates.

use crate::diagnostic::{Code, Diagnostic};
use crate::format::{
    Batch, ColumnType, DecimalMark, Field, Fixed, ForEach, Job, Keyed as _, MAX_BATCH_CHARS, MAX_BATCH_ROWS, data_path,
};
use crate::manifest::{Document, NodeId, NodeKind, from_node};
use crate::source::Place;
use crate::template;

/// What a job says about its number of launches, and about data from outside the manifest.
#[derive(Clone, Debug)]
pub struct FanOut {
    /// One launch for each row.
    pub rows: Option<RowsSpec>,
    /// One launch for each combination: the node of `matrix`.
    pub matrix: Option<NodeId>,
    /// A launch for which this does not hold is skipped: the node of `if`.
    pub condition: Option<NodeId>,
    /// The file with arguments below those of the manifest.
    pub arguments_file: Option<NodeId>,
    /// The file that is the input.
    pub input_file: Option<NodeId>,
}

/// Where rows come from, and what they are to be.
#[derive(Clone, Debug)]
pub struct RowsSpec {
    /// The form in which they are written.
    pub format: RowFormat,
    /// The file, or the rows themselves.
    pub from: RowsFrom,
    /// The column that identifies a row.
    pub key: Box<str>,
    /// Where `key` names it.
    pub key_place: Place,
    /// The columns whose type is declared.
    pub columns: Vec<ColumnSpec>,
    /// The keys as they are written.
    pub written: ForEach,
    /// How many rows one launch takes; `None`: one.
    pub batch: Option<BatchSpec>,
}

/// How many rows one launch takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchSpec {
    /// Maximum rows.
    pub rows: u32,
    /// Maximum characters of its arguments as JSON text, in UTF-16 units, as the API counts.
    pub chars: u32,
}

/// The form in which rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFormat {
    /// Comma-separated values, RFC 4180; the first line names the columns.
    Csv,
    /// A JSON array of objects.
    Json,
    /// A JSON object in each line.
    Jsonl,
    /// A YAML sequence of mappings.
    Yaml,
}

/// Where rows are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowsFrom {
    /// In a file beside the manifest: its path as written, and where.
    File(Box<str>, Place),
    /// In the manifest, as text of the format.
    Text(NodeId),
    /// In the manifest, as YAML.
    Nodes(NodeId),
}

/// A column whose type is declared.
#[derive(Clone, Debug)]
pub struct ColumnSpec {
    /// Its name.
    pub name: Box<str>,
    /// The type of its cells.
    pub kind: ColumnType,
    /// Where it is declared.
    pub place: Place,
}

impl FanOut {
    /// Whether one launch takes many rows.
    #[must_use]
    pub fn is_batched(&self) -> bool {
        self.rows.as_ref().is_some_and(|rows| rows.batch.is_some())
    }
}

impl RowFormat {
    /// Every format with its key in `for-each`.
    pub const ALL: [(&'static str, Self); 4] =
        [("csv", Self::Csv), ("json", Self::Json), ("jsonl", Self::Jsonl), ("yaml", Self::Yaml)];

    /// The format that a file of this name is likely to have; `None` if its ending says nothing.
    #[must_use]
    pub fn of_file(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }
}

/// The node of a field, of the job itself or else of the defaults.
fn merged<T>(job: &Job, defaults: Option<&Job>, field: fn(&Job) -> Option<Field<T>>) -> Option<NodeId> {
    field(job).or_else(|| defaults.and_then(field)).map(|field| field.node)
}

/// The node of `for-each`, of the job itself or else of the defaults.
pub(super) fn for_each(job: &Job, defaults: Option<&Job>) -> Option<NodeId> {
    job.for_each.or_else(|| defaults.and_then(|job| job.for_each)).map(|Fixed { node, .. }| node)
}

/// Whether one launch of the job takes many rows.
pub(super) fn is_batched(document: &Document, job: &Job, defaults: Option<&Job>) -> bool {
    for_each(job, defaults).is_some_and(|node| document.entry(node, "batch").is_some())
}

/// The node of `matrix`, of the job itself or else of the defaults.
pub(super) fn matrix(job: &Job, defaults: Option<&Job>) -> Option<NodeId> {
    merged(job, defaults, |job| job.matrix)
}

/// What `job` over `defaults` says; `None` if it is one launch of nothing but the manifest.
pub(super) fn lower(
    document: &Document,
    job: &Job,
    defaults: Option<&Job>,
    complaints: &mut Vec<Diagnostic>,
) -> Option<Box<FanOut>> {
    let for_each = for_each(job, defaults);
    let fan_out = FanOut {
        rows: for_each.and_then(|node| rows(document, node, complaints)),
        matrix: matrix(job, defaults),
        condition: merged(job, defaults, |job| job.r#if),
        arguments_file: merged(job, defaults, |job| job.arguments_file),
        input_file: merged(job, defaults, |job| job.input_file),
    };
    if let Some(node) = fan_out.arguments_file
        && let NodeKind::Text(path) = document.kind(node)
        && !template::has_expressions(document, node)
        && let Err(wrong) = data_path(path)
    {
        complaints.push(wrong.at(document.place(node)));
    }
    if fan_out.is_batched()
        && let Some(node) = merged(job, defaults, |job| job.once)
        && !matches!(document.kind(node), NodeKind::Bool(false))
    {
        complaints.push(
            Diagnostic::error(Code::Conflict, document.place(node), "`once` goes by launch, and `batch` makes launches of many rows")
                .help("rows that are added make other batches, which would start rows again: leave `batch` out, or write `once: false`"),
        );
    }
    let is_plain = for_each.is_none()
        && fan_out.matrix.is_none()
        && fan_out.condition.is_none()
        && fan_out.arguments_file.is_none()
        && fan_out.input_file.is_none();
    (!is_plain).then(|| Box::new(fan_out))
}

fn rows(document: &Document, node: NodeId, complaints: &mut Vec<Diagnostic>) -> Option<RowsSpec> {
    let sources: Vec<_> = RowFormat::ALL
        .into_iter()
        .filter_map(|(key, format)| document.entry(node, key).map(|entry| (entry, format)))
        .collect();
    let [(source, format)] = sources.as_slice() else {
        let (place, what) = match sources.as_slice() {
            // A mapping without any of them, or something that the schema complains about.
            [] => (document.place(node), "`for-each` does not say where its rows are"),
            [_, (second, _), ..] => (second.key_place, "`for-each` takes its rows from one place only"),
            [_] => return None,
        };
        let is_known = |key: &str| ForEach::key(key).is_some() || key.starts_with("x-");
        // An unknown key is what is wrong then, and the schema says so.
        let is_misspelled = document.entries(node).any(|entry| !is_known(entry.key));
        if matches!(document.kind(node), NodeKind::Map(_)) && !is_misspelled {
            complaints.push(
                Diagnostic::error(Code::Conflict, place, what)
                    .help("write exactly one of `csv`, `json`, `jsonl` and `yaml`"),
            );
        }
        return None;
    };
    let place = document.place(source.value);
    let from = match document.kind(source.value) {
        NodeKind::Text(text) if text.contains('\n') => RowsFrom::Text(source.value),
        NodeKind::Text(path) => {
            if let Err(wrong) = data_path(path) {
                complaints.push(wrong.at(place));
                return None;
            }
            RowsFrom::File(path.into(), place)
        }
        NodeKind::Seq(_) => RowsFrom::Nodes(source.value),
        // The schema's to report.
        NodeKind::Null
        | NodeKind::Bool(_)
        | NodeKind::Int(_)
        | NodeKind::UInt(_)
        | NodeKind::Float(_)
        | NodeKind::Map(_) => return None,
    };
    let written: ForEach = from_node(document, node).ok()?;
    let key = written.key?.node;
    let declared = written.columns.into_iter().flat_map(|field| document.entries(field.node));
    let columns = declared.filter_map(|entry| {
        let kind = from_node::<ColumnType>(document, entry.value).ok()?;
        Some(ColumnSpec { name: entry.key.into(), kind, place: entry.key_place })
    });
    let rows = RowsSpec {
        format: *format,
        from,
        key: document.text(key)?.into(),
        key_place: document.place(key),
        columns: columns.collect(),
        written,
        batch: written.batch.and_then(|batch| batch.read(document)).map(|Batch { rows, chars }| BatchSpec {
            rows: rows.unwrap_or(MAX_BATCH_ROWS).clamp(1, MAX_BATCH_ROWS),
            chars: chars.unwrap_or(MAX_BATCH_CHARS).clamp(1, MAX_BATCH_CHARS),
        }),
    };
    form_of_csv(document, &rows, source.key, complaints);
    Some(rows)
}

/// `delimiter` and `decimal` where they mean nothing.
fn form_of_csv(document: &Document, rows: &RowsSpec, format: &str, complaints: &mut Vec<Diagnostic>) {
    let ForEach { delimiter, decimal, .. } = rows.written;
    let nodes = [("delimiter", delimiter.map(|field| field.node)), ("decimal", decimal.map(|field| field.node))];
    if rows.format != RowFormat::Csv {
        let written = nodes.into_iter().filter_map(|(key, node)| Some((key, document.place(node?))));
        complaints.extend(written.map(|(key, place)| {
            Diagnostic::error(Code::Conflict, place, format!("`{key}` is of CSV, and these rows are `{format}`"))
                .help("leave it out: such rows have a form of their own")
        }));
        return;
    }
    let has_numbers = rows.columns.iter().any(|column| column.kind == ColumnType::Number);
    if let Some(field) = decimal.filter(|field| !has_numbers && field.read(document) == Some(DecimalMark::Comma)) {
        let what = "`decimal` changes nothing: no column is declared as a `number`";
        complaints.push(
            Diagnostic::warning(Code::Conflict, document.place(field.node), what)
                .help("declare those with a decimal comma: `columns: { amount: number }`"),
        );
    }
}
