//! What a text report of several runs says of them.
//!
//! In: the head. Out: lines, inert; none for a report of one run.

use std::collections::BTreeSet;

use crate::diagnostic::escape::escape;
use crate::report::{MergedRun, RunHead};

/// Which runs this is one report of, and what of them must not be overlooked.
pub(super) fn lines(run: &RunHead) -> Vec<String> {
    let mut lines: Vec<String> = run.merged.iter().map(line).collect();
    let distinct = |of: fn(&MergedRun) -> &str| run.merged.iter().map(of).collect::<BTreeSet<_>>().len();
    for (count, what) in [(distinct(|run| &run.tenant), "tenants"), (distinct(|run| &run.name), "manifests")] {
        if count > 1 {
            lines.push(format!("they are of {count} {what}"));
        }
    }
    if !run.started_twice.is_empty() {
        let ids: Vec<_> = run.started_twice.iter().map(|id| escape(id)).collect();
        lines.push(format!("STARTED TWICE, or perhaps: more than one of these runs sent {}", ids.join(", ")));
    }
    lines
}

fn line(run: &MergedRun) -> String {
    let of =
        |word: &str, text: Option<&String>| text.map_or(String::new(), |text| format!(", {word} {}", escape(text)));
    let exit = run.exit_code.map_or("not ended".to_owned(), |code| format!("exit code {code}"));
    let (slot, host) = (of("slot", run.slot.as_ref()), of("written on", run.host.as_ref()));
    format!("run {} of {}{slot}{host}: launches: {}, {exit}", run.id, escape(&run.name), run.launches)
}
