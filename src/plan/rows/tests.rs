//! What faulty rows cost: counted in blocks that are inflated, and in complaints.

use super::columns::MAX_COLUMNS;
use super::json::MAX_ROW_BYTES;
use super::{RowsOrigin, build};
use crate::diagnostic::Diagnostic;
use crate::format::{ColumnType, ForEach};
use crate::manifest;
use crate::source::{INFLATED, Packed, Sources};
use crate::spec::{ColumnSpec, RowFormat, RowsFrom, RowsSpec};

const ROWS: usize = 50_000;

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

/// The complaints about `text`, and how many blocks were inflated for them; `text` has so many blocks.
fn told(format: RowFormat, text: &str) -> (Vec<Diagnostic>, usize, usize) {
    let mut sources = Sources::default();
    let document = sources.add("m.yaml", "a: 1\n");
    let document = manifest::parse(&sources, document).into_parts().0.expect("a document");
    let place = document.place(document.root());
    let rows = RowsSpec {
        format,
        from: RowsFrom::File("d".into(), place),
        key: "id".into(),
        key_place: place,
        columns: vec![ColumnSpec { name: "n".into(), kind: ColumnType::Number, place }],
        written: ForEach::default(),
        batch: None,
    };
    let packed = Packed::from(text);
    let source = sources.add_packed("d", packed.clone());
    let blocks = packed.blocks().count();
    let mut complaints = Vec::new();
    INFLATED.set(0);
    build(&rows, format, RowsOrigin::File(source, packed), &document, &mut complaints);
    (complaints, INFLATED.get(), blocks)
}

#[test]
fn a_fault_in_every_row_is_read_as_often_as_no_fault() {
    let csv = |row: &dyn Fn(usize) -> String| format!("id,n\n{}", super::tests::lines(ROWS, row));
    let lines = |row: &dyn Fn(usize) -> String| super::tests::lines(ROWS, row);
    for (name, format, text, count) in [
        ("ragged rows", RowFormat::Csv, csv(&|row| format!("{row},1,2\n")), ROWS),
        ("bad numbers", RowFormat::Csv, csv(&|row| format!("{row},x\n")), ROWS),
        ("lost digits", RowFormat::Csv, csv(&|row| format!("{row},99999999999999.99\n")), ROWS),
        ("empty keys", RowFormat::Csv, csv(&|_| ",1\n".to_owned()), ROWS),
        ("equal keys", RowFormat::Csv, csv(&|row| format!("{},1\n", row / 2)), ROWS / 2),
        (
            "rows without a key",
            RowFormat::Jsonl,
            "{\"id\": 0}\n".to_owned() + &lines(&|_| "{\"n\": 1}\n".to_owned()),
            ROWS,
        ),
        ("rows that are no JSON", RowFormat::Jsonl, lines(&|_| "{\"id\": 1,}\n".to_owned()), ROWS),
        (
            "long integers",
            RowFormat::Jsonl,
            lines(&|row| format!("{{\"id\": {row}, \"m\": 99999999999999999999}}\n")),
            ROWS,
        ),
    ] {
        let (complaints, inflated, blocks) = told(format, &text);
        assert_eq!(complaints.len(), 1, "{name}: {:?}", complaints.first());
        let label = &complaints[0].label;
        assert!(label.starts_with(&format!("in {count} ")), "{name}: {label}");
        // The encoding, the rows, and the rows again where keys are compared; and some for the few places that are shown.
        assert!(inflated <= 3 * blocks + 40, "{name}: {inflated} of {blocks}");
    }
}

#[test]
fn rows_of_many_faults_are_told_by_a_hundred_kinds_and_counted() {
    let text = lines(5_000, |row| format!("{{\"id\": {row}, \"id\": {row}, \"k{row}\": 1}}\n"));
    assert_eq!(told(RowFormat::Jsonl, &text).0.len(), 1, "one kind");
    // Each of another length is of another kind.
    let ragged = lines(300, |row| format!("x{}\n", ",".repeat(row + 2)));
    let (complaints, ..) = told(RowFormat::Csv, &format!("id,n\n{ragged}"));
    assert_eq!(complaints.len(), 101);
    assert_eq!(complaints[100].unshown.as_ref().map(|unshown| unshown.count), Some(200));
}

#[test]
fn a_row_that_is_too_long_is_not_read_to_its_end() {
    let long = "x".repeat(3 * MAX_ROW_BYTES);
    let blocks_of = |bytes: usize| bytes / (64 * 1024) + 2;
    for (name, format, text, starts) in [
        ("a cell", RowFormat::Csv, format!("id,n\n1,2\n\"{long}\",1\n"), 9),
        ("a header", RowFormat::Csv, long.clone(), 0),
        ("a quote that is never closed", RowFormat::Csv, format!("id,n\n\"1,2\n{}", "3,4\n".repeat(MAX_ROW_BYTES)), 5),
        ("a line", RowFormat::Jsonl, format!("{{\"id\": 1, \"n\": 1}}\n{{\"id\": \"{long}\"}}\n"), 18),
        ("an element", RowFormat::Json, format!("[{{\"id\": 1, \"n\": 1}}, {{\"id\": \"{long}\"}}]"), 20),
    ] {
        let (complaints, inflated, blocks) = told(format, &text);
        assert_eq!(complaints.len(), 1, "{name}");
        let said = &complaints[0];
        assert_eq!((said.what.as_str(), said.place.span.start), ("a row is longer than 4 MiB", starts), "{name}");
        assert!(inflated <= blocks + blocks_of(MAX_ROW_BYTES) + 20, "{name}: {inflated} of {blocks}");
    }
}

#[test]
fn a_table_has_so_many_columns_and_no_more() {
    let header = |count: usize| (0..count).map(|name| format!("c{name}")).collect::<Vec<_>>().join(",") + ",id,n\n";
    assert_eq!(told(RowFormat::Csv, &header(MAX_COLUMNS - 2)).0, []);
    assert!(told(RowFormat::Csv, &header(MAX_COLUMNS - 1)).0[0].what.contains("more than 10000 columns"));
    let rows = lines(MAX_COLUMNS + 1, |row| format!("{{\"id\": {row}, \"k{row}\": 1}}\n"));
    assert!(told(RowFormat::Jsonl, &rows).0[0].what.contains("more than 10000 different names"));
    let empty = format!("id{}\n", ",".repeat(5_000));
    let (complaints, ..) = told(RowFormat::Csv, &empty);
    assert!(complaints.len() <= 103, "{}", complaints.len());
}
