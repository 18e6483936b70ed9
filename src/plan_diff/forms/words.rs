//! What several forms say in the same words.
//!
//! In: groups, values, totals. Out: one line of plain text each, not escaped. Never: a value longer than people read.

use serde_json::Value;

use super::compared::{DiffTotals, ManifestPair};
use crate::ids::LaunchId;
use crate::plan::moved_line;
use crate::plan_diff::{ChangeGroup, RenamedJob};

/// Maximum characters of a value.
const MAX_VALUE_CHARS: usize = 60;

/// Maximum jobs that are named for one change.
const MAX_JOBS: usize = 3;

/// Characters before the first difference that are shown of two long values.
const CHARS_BEFORE: usize = 20;

/// What was and what is, for people: text without quotes where that can be read and is not taken for a number; else JSON. Where they are
/// long, the part in which they differ.
pub(super) fn values(from: Option<&Value>, to: Option<&Value>) -> (Option<String>, Option<String>) {
    let (from, to) = (from.map(plain), to.map(plain));
    let same = match (&from, &to) {
        (Some(from), Some(to)) => from.chars().zip(to.chars()).take_while(|(one, other)| one == other).count(),
        (_, _) => 0,
    };
    let is_long = |text: &Option<String>| text.as_ref().is_some_and(|text| text.chars().count() > MAX_VALUE_CHARS);
    let start = if is_long(&from) || is_long(&to) { same.saturating_sub(CHARS_BEFORE) } else { 0 };
    (from.map(|text| part(&text, start)), to.map(|text| part(&text, start)))
}

fn plain(value: &Value) -> String {
    let is_plain = |text: &str| {
        !text.is_empty()
            && text.trim() == text
            && serde_json::from_str::<Value>(text).is_err()
            && text.parse::<f64>().is_err()
    };
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

/// `text` from the character `start` on, cut where it is long.
fn part(text: &str, start: usize) -> String {
    let before = if start > 0 { "..." } else { "" };
    let rest: Vec<char> = text.chars().skip(start).take(MAX_VALUE_CHARS + 1).collect();
    if rest.len() <= MAX_VALUE_CHARS {
        return format!("{before}{}", String::from_iter(rest));
    }
    format!("{before}{}...", rest[..MAX_VALUE_CHARS - 3].iter().collect::<String>())
}

/// `1 launch`, `2 launches`.
pub(super) fn launches(count: impl Into<u64>) -> String {
    let count = count.into();
    if count == 1 { "1 launch".to_owned() } else { format!("{count} launches") }
}

/// The first ids of a group of `count`.
pub(super) fn examples(ids: &[LaunchId], count: u32) -> String {
    let mut told: Vec<&str> = ids.iter().map(LaunchId::as_str).collect();
    if count as usize > ids.len() {
        told.push("...");
    }
    told.join(", ")
}

/// The jobs of a change, where it says more than the ids.
pub(super) fn jobs(group: &ChangeGroup) -> String {
    let shown = group.jobs.iter().take(MAX_JOBS).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = group.jobs.len().saturating_sub(MAX_JOBS);
    if more == 0 { shown } else { format!("{shown} and {more} more jobs") }
}

/// How many launches a manifest had and has.
pub(super) fn counts(pair: &ManifestPair<'_>) -> String {
    match (pair.before, pair.after) {
        (Some(before), Some(after)) if before.plan.len() == after.plan.len() => launches(after.plan.len() as u64),
        (Some(before), Some(after)) => format!("{} -> {}", before.plan.len(), launches(after.plan.len() as u64)),
        (None, Some(after)) => format!("new, {}", launches(after.plan.len() as u64)),
        (Some(before), None) => format!("gone, with {}", launches(before.plan.len() as u64)),
        (None, None) => String::new(),
    }
}

/// What a job that has another name comes to, and the line that says that it is the same.
pub(super) fn renamed(job: &RenamedJob) -> (String, String) {
    let RenamedJob { from, to, launches: count, once } = job;
    let mut what = format!("job `{from}` seems to be called `{to}` now: its {} would be new ones", launches(*count));
    if *once > 0 {
        what.push_str(&format!(", and {once} of them could be started a second time, since `once` goes by ids"));
    }
    (what, moved_line(from, to))
}

/// What `moved` comes to for a job.
pub(super) fn moved(job: &RenamedJob) -> String {
    let RenamedJob { from, to, launches: count, once: _ } = job;
    let keep =
        if *count == 1 { "1 launch keeps its id".to_owned() } else { format!("{count} launches keep their ids") };
    format!("job `{from}` is called `{to}` now, as `moved` says: its {keep}")
}

/// What a comparison comes to, in one line.
pub(super) fn totals(totals: &DiffTotals) -> String {
    let DiffTotals { manifests, differing, invalid, added, removed, changed, unchanged } = *totals;
    let compared = manifests - invalid;
    let mut words = match (differing, compared) {
        (0, 0) => "nothing was compared".to_owned(),
        (0, 1) => "nothing differs".to_owned(),
        (0, _) => format!("nothing differs in {compared} manifests"),
        (_, 1) => format!("{} added, {removed} removed, {changed} changed, {unchanged} the same", launches(added)),
        (_, _) => {
            let changes = format!("{} added, {removed} removed, {changed} changed", launches(added));
            format!("{differing} of {compared} manifests differ: {changes}")
        }
    };
    match invalid {
        0 => {}
        1 => words.push_str("; 1 manifest is not valid, and not compared"),
        _ => words.push_str(&format!("; {invalid} manifests are not valid, and not compared")),
    }
    words
}
