//! What two calls that stand for one run, or a saved plan and today, disagree in: the words beside exit code 13.
//!
//! In: the inputs then, and those of now. Out: lines for a person. Shows of a manifest one line, and values of params and variables
//! only where whoever reads has them before them: a saved plan shows its own.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::escape::escape;
use crate::ids::{LaunchId, Ordinal};
use crate::plan::{Inputs, ParamValue, Plan};

/// Maximum launches that are named.
const MAX_NAMED_LAUNCHES: usize = 5;
/// Maximum characters of a line that are shown.
const MAX_LINE_CHARS: usize = 80;

/// Maximum characters of a value that are shown.
const MAX_VALUE_CHARS: usize = 60;

/// Whether values of params and variables are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueView {
    /// Only that they differ.
    Hidden,
    /// What they were, and what they are.
    Shown,
}

/// What differs, one line each.
#[must_use]
pub fn between(begun: &Inputs, now: &Inputs, values: ValueView) -> Vec<String> {
    let mut lines = Vec::new();
    if begun.manifest != now.manifest {
        lines.push(format!("the manifest: was `{}`, is `{}`", escape(&begun.manifest), escape(&now.manifest)));
    }
    if begun.text != now.text {
        lines.push(text(&begun.text, &now.text));
    }
    match values {
        ValueView::Hidden => {
            lines.extend(named("param", &begun.params, &now.params));
            lines.extend(named("environment variable", &begun.env, &now.env));
        }
        ValueView::Shown => {
            lines.extend(valued("param", &begun.params, &now.params, param));
            lines.extend(valued("environment variable", &begun.env, &now.env, |value| shortened(value)));
        }
    }
    lines.extend(named_files("data file", &begun.files, &now.files));
    lines.extend(named_files("--data", &begun.data, &now.data));
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
    lines.extend(worded("slot", &option(begun.slot.as_ref()), &option(now.slot.as_ref())));
    lines.extend(worded("profile", &begun.profile, &now.profile));
    lines.extend(worded("the profile's address", &begun.origin, &now.origin));
    lines.extend(worded("the profile's tenant", &begun.tenant, &now.tenant));
    lines.extend(worded("the profile's folder", &option(begun.folder.as_ref()), &option(now.folder.as_ref())));
    if begun.large_arguments != now.large_arguments {
        lines.push("what the profile does with long arguments is something else".to_owned());
    }
    if begun.sortie != now.sortie {
        lines.push(format!("sortie: was {}, is {}", escape(&begun.sortie), now.sortie));
    }
    lines
}

/// The line about a text, where it is another one.
fn worded(what: &str, begun: &str, now: &str) -> Option<String> {
    (begun != now).then(|| format!("{what}: was {}, is {}", quoted(begun), quoted(now)))
}

fn quoted(text: &str) -> String {
    if text.is_empty() { "none".to_owned() } else { format!("`{}`", escape(text)) }
}

fn option<T: ToString>(value: Option<&T>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

fn param(value: &ParamValue) -> String {
    match value {
        ParamValue::Text(text) | ParamValue::Json(text) => shortened(text),
    }
}

fn shortened(value: &str) -> String {
    let short: String = value.chars().take(MAX_VALUE_CHARS).collect();
    let more = if short.len() < value.len() { ".." } else { "" };
    format!("`{}{more}`", escape(&short))
}

/// The lines about values that may be shown.
fn valued<T: PartialEq>(
    what: &str,
    begun: &BTreeMap<String, T>,
    now: &BTreeMap<String, T>,
    shown: impl Fn(&T) -> String,
) -> Vec<String> {
    let value = |value: Option<&T>| value.map_or("not given".to_owned(), &shown);
    let names: BTreeSet<&String> = begun.keys().chain(now.keys()).collect();
    let differs = names.into_iter().filter(|name| begun.get(*name) != now.get(*name));
    differs
        .map(|name| format!("{what} `{}`: was {}, is {}", escape(name), value(begun.get(name)), value(now.get(name))))
        .collect()
}

fn named_files<T: PartialEq>(what: &str, begun: &BTreeMap<String, T>, now: &BTreeMap<String, T>) -> Vec<String> {
    named(what, begun, now).into_iter().map(|line| line.replace("has another value", "has other content")).collect()
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

/// The line about launches that come, go or change.
#[must_use]
pub fn launches(begun: &Plan, now: &Plan) -> String {
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
