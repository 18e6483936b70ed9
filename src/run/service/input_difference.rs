//! What two calls that stand for one run disagree in: the words beside exit code 13.
//!
//! In: the inputs that a run was begun with, and those of a later call. Out: lines for a person. Shows no value of a
//! variable, and of a manifest one line.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::escape::escape;
use crate::ids::{LaunchId, Ordinal};
use crate::plan::{Inputs, Plan};

/// Maximum launches that are named.
const MAX_NAMED_LAUNCHES: usize = 5;
/// Maximum characters of a line that are shown.
const MAX_LINE_CHARS: usize = 80;

/// What differs, one line each.
pub(super) fn between(begun: &Inputs, begun_plan: Option<&Plan>, now: &Inputs, plan: &Plan) -> Vec<String> {
    let mut lines = Vec::new();
    if begun.manifest != now.manifest {
        lines.push(format!("the manifest: was `{}`, is `{}`", escape(&begun.manifest), escape(&now.manifest)));
    }
    if begun.text != now.text {
        lines.push(text(&begun.text, &now.text));
    }
    lines.extend(named("param", &begun.params, &now.params));
    lines.extend(named("environment variable", &begun.env, &now.env));
    lines.extend(named("data file", &begun.files, &now.files));
    lines.extend(named("--data", &begun.data, &now.data));
    lines.extend(named("--arguments", &begun.arguments, &now.arguments));
    if begun.only != now.only {
        lines.push(format!("--only: was {}, is {}", jobs(&begun.only), jobs(&now.only)));
    }
    if begun.filter != now.filter {
        let filter = |filter: &Option<String>| filter.as_deref().map_or("none".to_owned(), shown);
        lines.push(format!("--filter: was {}, is {}", filter(&begun.filter), filter(&now.filter)));
    }
    if begun.time != now.time {
        lines.push(format!("run.time: was {}, is {}", begun.time, now.time));
    }
    if begun.profile != now.profile {
        lines.push(format!("profile: was `{}`, is `{}`", escape(&begun.profile), escape(&now.profile)));
    }
    if begun.folder != now.folder {
        lines.push("the profile's folder is another one".to_owned());
    }
    if begun.sortie != now.sortie {
        lines.push(format!("sortie: was {}, is {}", escape(&begun.sortie), now.sortie));
    }
    lines.extend(begun_plan.map(|begun| launches(begun, plan)));
    lines
}

fn named<T: PartialEq>(what: &str, begun: &BTreeMap<String, T>, now: &BTreeMap<String, T>) -> Vec<String> {
    let names: BTreeSet<&String> = begun.keys().chain(now.keys()).collect();
    let differs = names.into_iter().filter(|name| begun.get(*name) != now.get(*name));
    let line = |name: &String| {
        let how = match (begun.contains_key(name), now.contains_key(name)) {
            (true, true) => "has another value",
            (true, false) => "is not given any more",
            (false, _) => "was not given at the first start",
        };
        format!("{what} `{}` {how}", escape(name))
    };
    differs.map(line).collect()
}

fn text(begun: &str, now: &str) -> String {
    let mut then = begun.lines();
    for (number, line) in now.lines().enumerate() {
        let before = then.next();
        if before != Some(line) {
            let was = before.map_or("nothing".to_owned(), shown);
            return format!("the manifest's line {}: was {was}, is {}", number + 1, shown(line));
        }
    }
    match then.next() {
        Some(line) => format!("the manifest's end: was {}, is gone", shown(line)),
        None => "the manifest's line ends".to_owned(),
    }
}

fn shown(line: &str) -> String {
    let short: String = line.trim().chars().take(MAX_LINE_CHARS).collect();
    format!("`{}`", escape(&short))
}

fn jobs(only: &[String]) -> String {
    if only.is_empty() { "every job".to_owned() } else { format!("`{}`", escape(&only.join("`, `"))) }
}

fn launches(begun: &Plan, now: &Plan) -> String {
    let canonical = |plan: &Plan| -> BTreeMap<LaunchId, String> {
        let planned = (0..plan.len()).map(|index| plan.planned(Ordinal::from(index)));
        planned.map(|planned| (planned.id().clone(), planned.canonical().to_string())).collect()
    };
    let (then, now) = (canonical(begun), canonical(now));
    let gone = then.keys().filter(|id| !now.contains_key(*id));
    let new = now.keys().filter(|id| !then.contains_key(*id));
    let changed = now.iter().filter(|(id, text)| then.get(*id).is_some_and(|before| before != *text)).map(|(id, _)| id);
    let mut parts = Vec::new();
    for (what, ids) in [("gone", gone.collect::<Vec<_>>()), ("new", new.collect()), ("changed", changed.collect())] {
        if !ids.is_empty() {
            let first: Vec<String> =
                ids.iter().take(MAX_NAMED_LAUNCHES).map(|id| format!("`{}`", escape(id.as_str()))).collect();
            let more = if ids.len() > MAX_NAMED_LAUNCHES { ", ..." } else { "" };
            parts.push(format!("{} {what} ({}{more})", ids.len(), first.join(", ")));
        }
    }
    format!("launches: {}", if parts.is_empty() { "in another order".to_owned() } else { parts.join(", ") })
}
