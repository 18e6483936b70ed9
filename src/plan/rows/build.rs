//! A text, or a sequence of nodes -> a [`RowTable`] whose every row is in order; or everything that is wrong with it.
//!
//! In: where the rows are, and what they are to be. Out: a table, or complaints. A second pass looks for equal keys, only
//! where two keys may be equal. Never: stops at the first fault, unless the rest cannot be read.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Mutex;

use super::columns::{MAX_COLUMNS, TableColumns};
use super::form::CsvForm;
use super::json::JsonElements;
use super::record::{RawRow, RowError, RowRecords, key_text};
use super::row_text::RowText;
use super::spot::{RowPlace, TextStorage};
use super::table::{MAX_ROWS, RowStore, RowTable, STRIDE, TextStore};
use super::unique::KeyHashes;
use super::{csv, header};
use crate::diagnostic::{Code, Diagnostic, MAX_SUGGESTIONS, extend, nearest};
use crate::manifest::{Document, NodeId, NodeKind};
use crate::plan::complaint_groups::ComplaintGroups;
use crate::source::{Packed, Place, SourceId};
use crate::spec::{RowFormat, RowsSpec};

/// Where rows come from.
pub(in crate::plan) enum RowsOrigin {
    /// A file's text.
    File(SourceId, Packed),
    /// Text in a scalar of the manifest.
    Scalar(NodeId, Packed),
    /// A YAML sequence in the manifest.
    Nodes(NodeId),
    /// A YAML sequence in a document of its own.
    Document(Box<Document>),
}

/// Builds the table of `rows` from `origin`, whose text has the form `format`. `manifest` holds the nodes of `rows`.
pub(in crate::plan) fn build(
    rows: &RowsSpec,
    format: RowFormat,
    origin: RowsOrigin,
    manifest: &Document,
    complaints: &mut Vec<Diagnostic>,
) -> Option<RowTable> {
    let before = complaints.len();
    let table = match origin {
        RowsOrigin::File(source, text) => {
            RowText { rows, format, text, home: TextStorage::File(source), manifest }.table(complaints)
        }
        RowsOrigin::Scalar(node, text) => {
            RowText { rows, format, text, home: TextStorage::Scalar(node), manifest }.table(complaints)
        }
        RowsOrigin::Nodes(list) => of_nodes(rows, None, list, manifest, complaints),
        RowsOrigin::Document(document) => {
            let list = document.root();
            of_nodes(rows, Some(document), list, manifest, complaints)
        }
    };
    table.filter(|_| complaints.len() == before)
}

/// What is found on the way through the rows.
struct RowCheck<'a> {
    rows: &'a RowsSpec,
    columns: TableColumns,
    /// Names that were seen, where no header tells them.
    seen: Option<HashSet<Box<str>>>,
    keys: KeyHashes,
    kinds: ComplaintGroups,
}

impl RowCheck<'_> {
    fn row(&mut self, raw: RawRow<'_>, spot: &RowPlace<'_>) {
        let Self { rows, columns, seen, keys, kinds } = self;
        let parsed = match raw.parse(columns) {
            Ok(parsed) => parsed,
            Err(RowError { code, range, what, help }) => {
                let place = || range.map_or_else(|| spot.row(), |range| spot.part(range));
                return kinds.add_row(code, what, place, |complaint| complaint.help(help));
            }
        };
        let name = &rows.key;
        let key = parsed.key.as_ref().map(key_text);
        match &key {
            Some(Some(text)) if !text.is_empty() => keys.add(text),
            Some(text) => {
                let index = columns.key_index.unwrap_or_default();
                let wrong = if text.is_some() { "is empty" } else { "must be text, a number or a boolean" };
                let what = format!("the key `{name}` {wrong}");
                kinds.add_row(Code::RowKey, what, || spot.cell(name, index), |complaint| complaint.help(KEY_HELP));
            }
            None => {
                let what = format!("this row has no key `{name}`");
                kinds.add_row(Code::RowKey, what, || spot.row(), |complaint| complaint.help(KEY_HELP));
            }
        }
        let mut new_names: Vec<Box<str>> = Vec::new();
        for (index, (name, cell)) in parsed.cells.into_iter().enumerate() {
            if let Some(seen) = seen
                && !seen.contains(name.as_ref())
            {
                seen.insert(name.as_ref().into());
                new_names.push(name.as_ref().into());
            }
            if let Err(misfit) = cell {
                let what = format!("`{name}` must be {}", misfit.wanted);
                let place = || spot.cell(&name, index);
                kinds.add_row(Code::CellType, what, place, |complaint| complaint.help(misfit.help));
            }
        }
        columns.names.extend(new_names);
    }

    /// The complaints about names that no row has, and those about rows, unless the former explain the latter.
    fn told(&mut self, complaints: &mut Vec<Diagnostic>) {
        let columns = &self.columns;
        // Where there are no rows and no header, nobody can tell a name that is wrong.
        let has_names = self.seen.is_none() || !columns.names.is_empty();
        let is_keyless = has_names && !columns.has(&self.rows.key);
        if is_keyless {
            complaints.push(unknown_column(&self.rows.key, self.rows.key_place, &columns.names, true));
        }
        let names: HashSet<&str> = columns.names.iter().map(AsRef::as_ref).collect();
        let declared = self.rows.columns.iter().filter(|column| has_names && !names.contains(column.name.as_ref()));
        let unknown = declared.enumerate().map(|(number, column)| {
            unknown_column(&column.name, column.place, &columns.names, number < MAX_SUGGESTIONS)
        });
        extend(complaints, unknown);
        let kinds = std::mem::take(&mut self.kinds);
        complaints.extend(kinds.into_diagnostics("rows").filter(|told| !(is_keyless && told.code == Code::RowKey)));
    }
}

const KEY_HELP: &str = "each row needs a key of its own: it makes the launch's id";

fn unknown_column(name: &str, place: Place, names: &[Box<str>], is_read: bool) -> Diagnostic {
    let near = if is_read { nearest(name, names.iter().map(AsRef::as_ref)) } else { None };
    let help = if let Some(near) = near {
        format!("did you mean `{near}`?")
    } else {
        let names: Vec<String> = names.iter().take(12).map(|name| format!("`{name}`")).collect();
        format!("the columns are {}", names.join(", "))
    };
    Diagnostic::error(Code::UnknownName, place, format!("the data have no column `{name}`")).help(help)
}

impl RowText<'_> {
    /// The table of its rows.
    fn table(self, complaints: &mut Vec<Diagnostic>) -> Option<RowTable> {
        let (mut records, columns) = open(&self, complaints)?;
        let delimiter = columns.form.delimiter;
        let seen = (self.format != RowFormat::Csv).then(HashSet::new);
        let mut check =
            RowCheck { rows: self.rows, columns, seen, keys: KeyHashes::default(), kinds: ComplaintGroups::default() };
        let mut beginnings = Vec::new();
        let (mut count, mut last) = (0, 0..0);
        while let Some(read) = records.next() {
            let (raw, range) = match read {
                Ok(read) => read,
                Err(broken) => {
                    complaints.push(self.broken(broken));
                    break;
                }
            };
            if (count as usize).is_multiple_of(STRIDE) {
                beginnings.push(u32::try_from(range.start).expect("a text of less than 4 GiB"));
            }
            count += 1;
            if count > MAX_ROWS {
                let what = format!("the data have more than {MAX_ROWS} rows");
                let place = self.spot(delimiter, range).row();
                complaints.push(Diagnostic::error(Code::Budget, place, what).help("split them over several runs"));
                return None;
            }
            check.row(raw, &self.spot(delimiter, range.clone()));
            if check.columns.names.len() > MAX_COLUMNS {
                let what = format!("the rows have more than {MAX_COLUMNS} different names");
                let complaint = Diagnostic::error(Code::Budget, self.spot(delimiter, range).row(), what);
                complaints.push(complaint.help("the rows of one list have the same names"));
                return None;
            }
            last = range;
        }
        if self.format == RowFormat::Csv {
            complaints.extend(self.unclosed_quote(delimiter, last));
        }
        check.told(complaints);
        let RowCheck { columns, keys, .. } = check;
        if let (Some(mut suspects), Some(first)) = (keys.suspects(), beginnings.first()) {
            let mut records = RowRecords::at(self.format, delimiter, &self.text, *first as usize);
            while let Some(Ok((raw, range))) = records.next() {
                let key = raw.parse(&columns).ok().and_then(|parsed| parsed.key);
                if let Some(key) = key.as_ref().and_then(key_text) {
                    let index = columns.key_index.unwrap_or_default();
                    let place = |range: &Range<usize>| self.spot(delimiter, range.clone()).cell(&columns.key, index);
                    suspects.see(&columns.key, &key, range, place);
                }
            }
            complaints.extend(suspects.told());
        }
        let Self { format, text, home, .. } = self;
        let store = TextStore { text, home, format, beginnings, cursor: Mutex::new(None) };
        Some(RowTable { columns, store: RowStore::Text(Box::new(store)), count })
    }
}

/// The rows behind the header, and the columns that it names; for other formats all rows, and no names yet.
fn open(text: &RowText<'_>, complaints: &mut Vec<Diagnostic>) -> Option<(RowRecords, TableColumns)> {
    let (form, header) = CsvForm::of(text).map_err(|complaint| complaints.push(complaint)).ok()?;
    let columns = TableColumns::of(text.rows);
    Some(match text.format {
        RowFormat::Csv => {
            let mut records = csv::CsvRecords::at(&text.text, form.delimiter, header);
            let (record, range) = match records.next() {
                Some(Ok(read)) => read,
                Some(Err(broken)) => {
                    complaints.push(text.broken(broken));
                    return None;
                }
                None => {
                    let what = "the data have no first line that names the columns";
                    let complaint = Diagnostic::error(Code::DataForm, text.home.place(0..0, text.manifest), what);
                    complaints.push(complaint.help("write the names of the columns into the first line"));
                    return None;
                }
            };
            let spot = text.spot(form.delimiter, range);
            if let Some((what, help)) = form.misfit(record, &spot.bytes(), text) {
                complaints.push(Diagnostic::error(Code::DataForm, spot.row(), what).help(help));
                return None;
            }
            let columns = header::read(record, text.rows, form, &spot, complaints)?;
            (RowRecords::Csv(records), columns)
        }
        RowFormat::Json | RowFormat::Yaml => (RowRecords::Json(JsonElements::of_array(&text.text)), columns),
        RowFormat::Jsonl => (RowRecords::Json(JsonElements::of_lines_at(&text.text, 0)), columns),
    })
}

fn of_nodes(
    rows: &RowsSpec,
    document: Option<Box<Document>>,
    list: NodeId,
    manifest: &Document,
    complaints: &mut Vec<Diagnostic>,
) -> Option<RowTable> {
    let home = document.as_deref().unwrap_or(manifest);
    if !matches!(home.kind(list), NodeKind::Seq(_)) {
        complaints.push(
            Diagnostic::error(Code::DataForm, home.place(list), "a list of rows is wanted")
                .help("begin each row with `- `"),
        );
        return None;
    }
    let items = home.items(list);
    let columns = TableColumns::of(rows);
    let mut check = RowCheck {
        rows,
        columns,
        seen: Some(HashSet::new()),
        keys: KeyHashes::default(),
        kinds: ComplaintGroups::default(),
    };
    for item in items {
        check.row(RawRow::Node(home, *item), &RowPlace::Node(home, *item));
    }
    check.told(complaints);
    let RowCheck { columns, keys, .. } = check;
    if let Some(mut suspects) = keys.suspects() {
        for item in items {
            let key = RawRow::Node(home, *item).parse(&columns).ok().and_then(|parsed| parsed.key);
            if let Some(key) = key.as_ref().and_then(key_text) {
                suspects.see(&columns.key, &key, *item, |item| RowPlace::Node(home, *item).cell(&columns.key, 0));
            }
        }
        complaints.extend(suspects.told());
    }
    let count = u32::try_from(items.len()).expect("a document holds fewer than 2^32 nodes");
    Some(RowTable { columns, store: RowStore::Nodes { document, list }, count })
}
