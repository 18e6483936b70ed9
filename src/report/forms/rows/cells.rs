//! What came of a launch, as its row says it: whether it failed, and the outputs of its robot jobs.
//!
//! In: a launch. Out: values as text, to the last digit as they were written. Never: a value that was rounded.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::ledger::state::Verdict;
use crate::outcome::JobOutcome;
use crate::plan::minified;
use crate::report::LaunchReport;
use crate::report::forms::inert::{csv_cell, cut};

/// Maximum characters of an added cell that are written: a spreadsheet takes 32,767, escapes counted.
pub(super) const MAX_CELL: usize = 8_000;

/// A value that is added to a row.
#[derive(Clone, Debug)]
pub(super) enum AddedCell {
    Nothing,
    Text(String),
    /// A number, `true`, a list or an object, as it was written: no digit of it is lost.
    Json(String),
}

impl AddedCell {
    /// The value whose JSON text this is.
    pub(super) fn of(json: String) -> Self {
        match serde_json::from_str(&json) {
            Ok(Value::String(text)) => Self::Text(cut(&text, MAX_CELL).into_owned()),
            Ok(Value::Null) => Self::Nothing,
            Ok(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) | Err(_) => Self::Json(json),
        }
    }

    /// It as a cell of CSV: a number, which computes nothing, as it is.
    pub(super) fn csv(&self) -> String {
        match self {
            Self::Nothing => "\"\"".to_owned(),
            Self::Text(text) => csv_cell(text, MAX_CELL),
            Self::Json(json) if json.starts_with(['[', '{']) => csv_cell(json, MAX_CELL),
            Self::Json(json) => format!("\"{json}\""),
        }
    }
}

/// Whether the work of `launch` surely was not done, or not to its end, and nothing of it may be started by somebody else:
/// what is in doubt and what `resume` sends is not meant.
pub(super) fn has_failed(launch: &LaunchReport) -> bool {
    match launch.verdict {
        Verdict::Rejected => true,
        Verdict::Started => matches!(launch.outcome, Some(JobOutcome::Faulted | JobOutcome::Stopped)),
        Verdict::Unknown | Verdict::Partial | Verdict::Duplicate | Verdict::Skipped | Verdict::NotSent => false,
    }
}

/// The outputs of the last robot job of `launch` that gave some, each as JSON text.
pub(super) fn outputs(launch: &LaunchReport) -> BTreeMap<String, String> {
    let jobs: Vec<_> = launch.every_robot_job().collect();
    let mut given = jobs.iter().rev().filter_map(|job| members(job.output.as_deref()?));
    given.find(|outputs| !outputs.is_empty()).unwrap_or_default()
}

/// The members of an object's JSON text, each as it was written, without the blanks between its parts; `None` if it is none.
fn members(text: &str) -> Option<BTreeMap<String, String>> {
    let _: Map<String, Value> = serde_json::from_str(text).ok()?;
    let text = minified(text.as_bytes());
    let inner = text.strip_prefix(b"{")?.strip_suffix(b"}")?;
    let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
    let mut members = BTreeMap::new();
    let mut member = Vec::new();
    for byte in inner.iter().chain(b",") {
        if *byte == b',' && depth == 0 && !is_text {
            let written = String::from_utf8(std::mem::take(&mut member)).ok()?;
            let mut name = serde_json::Deserializer::from_str(&written).into_iter::<String>();
            if let Some(Ok(key)) = name.next() {
                let value = written[name.byte_offset()..].strip_prefix(':')?.to_owned();
                members.insert(key, value);
            }
            continue;
        }
        match byte {
            b'"' if !is_escaped => is_text = !is_text,
            b'[' | b'{' if !is_text => depth += 1,
            b']' | b'}' if !is_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        is_escaped = is_text && *byte == b'\\' && !is_escaped;
        member.push(*byte);
    }
    Some(members)
}
