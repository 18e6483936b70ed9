//! What the head of a report says of what it is of, for people: of several runs, or of some launches of one.
//!
//! In: the head. Out: sentences with foreign names in them, to be made inert by each form; none for a report of one whole run.

use std::collections::BTreeSet;

use crate::report::{MergedRun, RunHead, ShownLaunches};

/// Maximum runs that are named; the JSON report has all.
const MAX_RUNS: usize = 50;

/// Which runs this is one report of, and which launches.
pub(in crate::report) fn lines(run: &RunHead) -> Vec<String> {
    let mut lines: Vec<String> = run.merged.iter().take(MAX_RUNS).map(line).collect();
    lines.extend(run.filter.iter().map(|filter| format!("run with --filter {filter}")));
    if run.merged.len() > MAX_RUNS {
        lines.push(format!("and {} runs more", run.merged.len() - MAX_RUNS));
    }
    lines
}

/// What of them must not be overlooked.
pub(in crate::report) fn warnings(run: &RunHead) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(ShownLaunches { filter, launches, of }) = &run.shown {
        lines.push(format!("FILTERED: {launches} of {of} launches, and totals of these alone: --filter {filter}"));
    }
    let distinct = |of: fn(&MergedRun) -> &str| run.merged.iter().map(of).collect::<BTreeSet<_>>().len();
    for (count, what) in [(distinct(|run| &run.tenant), "tenants"), (distinct(|run| &run.name), "manifests")] {
        if count > 1 {
            lines.push(format!("they are of {count} {what}"));
        }
    }
    if run.rerun > 0 {
        let launches = if run.rerun == 1 { "1 launch was".to_owned() } else { format!("{} launches were", run.rerun) };
        lines.push(format!("{launches} rerun, and counted once: as the last rerun left them"));
    }
    if !run.started_twice.is_empty() {
        let ids = run.started_twice.join(", ");
        lines.push(format!("STARTED TWICE, or perhaps: more than one of these runs sent {ids}"));
    }
    lines
}

fn line(run: &MergedRun) -> String {
    let of = |word: &str, text: Option<&String>| text.map_or(String::new(), |text| format!(", {word} {text}"));
    let exit = run.exit_code.map_or("not ended".to_owned(), |code| format!("exit code {code}"));
    let (slot, host) = (of("slot", run.slot.as_ref()), of("written on", run.host.as_ref()));
    format!("run {} of {}{slot}{host}: launches: {}, {exit}", run.id, run.name, run.launches)
}
