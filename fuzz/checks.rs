//! What must hold whatever is read. Each check panics where it does not; the fuzz targets and the tests share them.
//!
//! In: bytes or text of anybody. Out: nothing. Never: judges whether something is an error, only how it is told.

#![allow(dead_code, reason = "each fuzz target takes its own check")]

use serde_json::{Map, Value, json};
use sortie::diagnostic::render::render;
use sortie::diagnostic::styles::Styles;
use sortie::diagnostic::{Diagnostic, Severity};
use sortie::ids::{FolderRef, Ordinal};
use sortie::manifest::{self, Document};
use sortie::plan::{self, Inputs, Plan, PlanEntry};
use sortie::source::{Packed, Sources};
use sortie::spec;

/// A manifest's bytes: read whole or refused with places, and what was read is what its JSON reads as.
pub(crate) fn yaml(bytes: &[u8]) {
    let mut sources = Sources::default();
    let (id, mut found) = manifest::decode(&mut sources, "m.yaml", bytes.to_vec()).into_parts();
    assert!(id.is_some() || has_error(&found));
    if let Some(id) = id {
        let (document, said) = manifest::parse(&sources, id).into_parts();
        assert_eq!(document.is_none(), has_error(&said));
        found.extend(said);
        // Aliases multiply: a small text may stand for more than is worth writing out.
        if bytes.split(|byte| *byte == b'*').count() < 4 {
            document.iter().for_each(reads_as_its_own_json);
        }
        let source = sources.get(id);
        let inputs = inputs(source.name(), source.text());
        let spec = document.map(spec::lower);
        let plan = spec.map(|spec| spec.and_then(|spec| plan::expand(spec, &inputs, &mut sources)));
        if let Some(plan) = plan {
            let (plan, said) = plan.into_parts();
            assert_eq!(plan.is_none(), has_error(&said));
            found.extend(said);
            plan.iter().for_each(can_be_rendered);
        }
    }
    can_be_shown(&sources, &found);
}

/// A manifest of four launches, without the value of its argument `x`.
const AROUND: &str = "version: 1
name: t
params:
  n: { type: integer, default: 5 }
  s: { type: string, default: '007' }
  b: { type: boolean, default: true }
  f: { type: number, default: 1.5 }
  o: { type: json, default: { k: [1, null, x] } }
vars: { day: \"${{ run.time | date('%Y-%m-%d') }}\" }
env: [UNSET]
jobs:
  a:
    release: L
    matrix: { m: [1, two] }
    for-each:
      csv: |
        id,text,typed
        1,é,[1]
        2,,
      key: id
      columns: { typed: json }
    arguments:
      x: ";

/// An argument's text: the same launches or complaints each time, and text without expressions is sent as it is.
pub(crate) fn expressions(text: &str) {
    let inputs = inputs("m.yaml", &format!("{AROUND}{}\n", quoted(text)));
    let make = || {
        let (sources, outcome) = plan::make(&inputs);
        let (plan, found) = outcome.into_parts();
        assert_eq!(plan.is_none(), has_error(&found));
        (plan, can_be_shown(&sources, &found))
    };
    let (plan, told) = make();
    let (again, told_again) = make();
    assert_eq!(told, told_again);
    assert_eq!(plan.as_ref().map(Plan::digest), again.as_ref().map(Plan::digest));
    let Some(plan) = plan else { return };
    can_be_rendered(&plan);
    if !text.contains("${{") {
        for (_, arguments) in launches(&plan) {
            assert_eq!(arguments["x"], text);
        }
    }
}

/// A data file: launches that can be had in any order, and the same rows as JSON make the same launches.
///
/// The first byte chooses the form, the second the type of the column `a`.
pub(crate) fn rows(bytes: &[u8]) {
    let [form, kind, data @ ..] = bytes else { return };
    let form = ["csv", "json", "jsonl", "yaml"][usize::from(form % 4)];
    let kind = ["", "string", "number", "integer", "boolean", "json"][usize::from(kind % 6)];
    let (Some(plan), _) = of_rows(form, kind, data) else { return };
    let forward = launches(&plan);
    let mut backward: Vec<_> = (0..plan.len()).rev().map(|at| launch(&plan, at)).collect();
    backward.reverse();
    assert_eq!(forward, backward);

    let rows = (0..plan.len()).map(|at| {
        let launch = plan.launch(Ordinal::from(at));
        let mut row: Map<String, Value> = launch.key;
        row.extend(launch.start_info.arguments().cloned().unwrap_or_default());
        Value::Object(row)
    });
    let rows: Vec<Value> = rows.collect();
    // Where no row has the column, nothing says that there is one.
    if rows.iter().any(|row| row.get("a").is_some()) {
        let (plan, told) = of_rows("json", "", Value::from(rows).to_string().as_bytes());
        let plan = plan.unwrap_or_else(|| panic!("{told}"));
        assert_eq!(launches(&plan), forward);
    }
}

fn of_rows(form: &str, kind: &str, data: &[u8]) -> (Option<Plan>, String) {
    let columns = if kind.is_empty() { String::new() } else { format!("      columns: {{ a: {kind} }}\n") };
    let mut inputs = inputs(
        "m.yaml",
        &format!(
            "version: 1\nname: t\njobs:\n  j:\n    release: L\n    for-each:\n      {form}: rows.{form}\n      \
             key: id\n{columns}    arguments:\n      a: ${{{{ row.a | default(omit) }}}}\n"
        ),
    );
    let data = Packed::read(data, u32::MAX).expect("memory").expect("fewer bytes than that");
    inputs.files.insert(format!("rows.{form}"), data);
    let (sources, outcome) = plan::make(&inputs);
    let (plan, found) = outcome.into_parts();
    assert_eq!(plan.is_none(), has_error(&found));
    (plan, can_be_shown(&sources, &found))
}

/// Each launch's id and arguments, in order.
fn launches(plan: &Plan) -> Vec<(String, Value)> {
    (0..plan.len()).map(|at| launch(plan, at)).collect()
}

fn launch(plan: &Plan, at: usize) -> (String, Value) {
    let launch = plan.launch(Ordinal::from(at));
    (launch.id.to_string(), launch.start_info.arguments().map_or(Value::Null, |arguments| json!(arguments)))
}

/// Whatever was planned is made without a panic, and has an id of its own.
fn can_be_rendered(plan: &Plan) {
    let mut ids: Vec<_> = (0..plan.len().min(1000))
        .map(|at| match plan.planned(Ordinal::from(at)) {
            PlanEntry::Launch(launch) => {
                assert!(launch.canonical()["request"].is_object());
                launch.id
            }
            PlanEntry::Skipped(skipped) => skipped.id,
        })
        .collect();
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

/// Everything that is said has a place in a text, and is shown without what would steer a terminal.
fn can_be_shown(sources: &Sources, found: &[Diagnostic]) -> String {
    for diagnostic in found {
        for place in std::iter::once(&diagnostic.place).chain(diagnostic.related.iter().map(|(place, _)| place)) {
            let text = sources.get(place.source).text();
            let shown = text.get(place.span.start as usize..place.span.end as usize);
            assert!(shown.is_some(), "{diagnostic:?}");
        }
        assert!(!diagnostic.what.is_empty());
    }
    let shown = render(found, sources, Styles::PLAIN);
    assert!(!shown.contains(['\u{1b}', '\u{202E}', '\0', '\r']), "{shown:?}");
    shown
}

fn has_error(found: &[Diagnostic]) -> bool {
    found.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

fn inputs(name: &str, text: &str) -> Inputs {
    Inputs {
        time: "2026-01-31T22:30:00Z".parse().expect("a timestamp"),
        profile: "test".to_owned(),
        folder: Some(FolderRef::Path("Shared".to_owned())),
        ..Inputs::of_manifest(name, text)
    }
}

/// JSON is YAML: the document's values, written in flow form, are read as the same values.
fn reads_as_its_own_json(document: &Document) {
    let value = document.to_json(document.root());
    let mut text = String::new();
    if !write(&value, &mut text) {
        return;
    }
    let mut sources = Sources::default();
    let id = sources.add("again.yaml", text.as_str());
    let (again, found) = manifest::parse(&sources, id).into_parts();
    let again = again.unwrap_or_else(|| panic!("{text}: {}", can_be_shown(&sources, &found)));
    assert_eq!(again.to_json(again.root()), value, "{text}");
}

/// Writes `value` in flow form; `false` where YAML has no such form.
fn write(value: &Value, text: &mut String) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => text.push_str(&value.to_string()),
        Value::String(string) => text.push_str(&quoted(string)),
        Value::Array(items) => {
            text.push('[');
            let is_written = items.iter().all(|item| {
                let is_written = write(item, text);
                text.push(',');
                is_written
            });
            text.push(']');
            return is_written;
        }
        Value::Object(entries) => {
            text.push('{');
            let is_written = entries.iter().all(|(key, value)| {
                let key = quoted(key);
                text.push_str(&key);
                text.push(':');
                // A key before its colon has at most 1024 characters.
                let is_written = key.len() < 1000 && write(value, text);
                text.push(',');
                is_written
            });
            text.push('}');
            return is_written;
        }
    }
    true
}

/// `text` in double quotes, with all but printable ASCII escaped.
fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' => format!("\\{c}"),
        ' '..='~' => c.to_string(),
        _ => format!("\\U{:08X}", u32::from(c)),
    });
    format!("\"{}\"", escaped.collect::<String>())
}
