//! Keys that are unknown, missing or of another form.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::explainer::{Explainer, MAX_LISTED, form, subject};
use crate::diagnostic::{Code, Diagnostic, MAX_SHOWN, nearest};
use crate::manifest::MappingEntry;
use crate::schema::violation::Violation;
use crate::schema::words;

/// Among so many keys the one is looked for that was meant by a missing one.
const MAX_COMPARED: usize = 1000;

impl Explainer<'_> {
    /// The first of the `unexpected` keys.
    pub(super) fn unknown_keys(&self, violation: &Violation<'_>, unexpected: &[String]) -> Vec<Diagnostic> {
        let told = &unexpected[..unexpected.len().min(MAX_SHOWN)];
        // In one walk: a mapping may have a million keys.
        let is_told: HashSet<&str> = told.iter().map(String::as_str).collect();
        let entries = self.document.entries(violation.node).filter(|entry| is_told.contains(entry.key));
        let entry_by_key: HashMap<&str, MappingEntry<'_>> = entries.map(|entry| (entry.key, entry)).collect();
        told.iter().map(|key| self.unknown_key(violation, key, entry_by_key.get(key.as_str()).copied())).collect()
    }

    fn unknown_key(&self, violation: &Violation<'_>, key: &str, entry: Option<MappingEntry<'_>>) -> Diagnostic {
        let place = entry.map_or_else(|| self.document.place(violation.node), |entry| entry.key_place);
        let known = property_names(violation.schema);
        let is_job = violation.path.strip_prefix("/jobs/").is_some_and(|name| !name.contains('/'));
        let help = match (nearest(key, known.iter().copied()), words::own_word(key)) {
            _ if is_job && matches!(key, "steps" | "tasks" | "run" | "script") => Some(
                "a job starts one release, and has no steps: write a job for each, and their order by `needs`"
                    .to_owned(),
            ),
            (_, Some(word)) if known.contains(&word) => Some(format!("the manifest calls it `{word}`")),
            (Some(near), _) => Some(format!("did you mean `{near}`?")),
            (None, _) if key == "cron" && known.contains(&"slot") => {
                Some("cron keeps the times; the manifest has its period: `slot: 1d`".to_owned())
            }
            (None, _) => self.elsewhere(violation, key).or_else(|| {
                let listed: Vec<String> = known.iter().map(|key| format!("`{key}`")).collect();
                let is_short = !listed.is_empty() && listed.len() <= MAX_LISTED;
                is_short.then(|| format!("{} takes {}", subject(&violation.path), words::any_of(&listed)))
            }),
        };
        let help = help.unwrap_or_else(|| format!("remove it; a key of your own begins with `x-`: `x-{key}`"));
        let what = format!("{} has no key `{key}`", subject(&violation.path));
        merged(Diagnostic::error(Code::UnknownKey, place, what).help(help), entry)
    }

    /// Where the format has this key, if it stands at the wrong level of `schema`.
    fn elsewhere(&self, violation: &Violation<'_>, key: &str) -> Option<String> {
        let schema = violation.schema;
        let word = words::own_word(key).unwrap_or(key);
        // Inside of a key's own value, a key of the same name elsewhere is chance.
        let is_outer = match violation.path.split('/').skip(1).collect::<Vec<_>>().as_slice() {
            [] | ["jobs", _] => true,
            [key] => *key == "defaults" || *key == "limits",
            _ => false,
        };
        let has = |pointer: &str| is_outer && self.schema.pointer(pointer).is_some_and(|keys| keys.get(word).is_some());
        if has("/$defs/Job/properties") {
            return Some(format!("`{word}` belongs below a job (`jobs: NAME: {word}:`) or `defaults`"));
        }
        if let Some(path) = self.below(schema, word, 2) {
            return Some(format!("`{word}` belongs below `{path}`"));
        }
        has("/properties").then(|| format!("`{word}` belongs at the top of the manifest"))
    }

    /// The path of the property of `schema`, at most `levels` down, that takes `key`.
    fn below(&self, schema: &Value, key: &str, levels: usize) -> Option<String> {
        let properties = schema.get("properties")?.as_object()?;
        let objects = properties.iter().flat_map(|(name, property)| {
            let branches = property.get("anyOf").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            let targets = branches.iter().chain([property]).map(|branch| self.target(branch));
            // A choice refers to a definition that may be a choice itself.
            targets
                .flat_map(|target| {
                    let inner = target.get("anyOf").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                    inner.iter().map(|branch| self.target(branch)).chain([target])
                })
                .map(move |target| (name, target))
        });
        let objects: Vec<(&String, &Value)> = objects.collect();
        let direct = objects
            .iter()
            .find(|(_, object)| object.pointer("/properties").is_some_and(|keys| keys.get(key).is_some()));
        if let Some((name, _)) = direct {
            return Some((*name).clone());
        }
        let deeper = levels.checked_sub(1).filter(|levels| *levels > 0)?;
        objects.iter().find_map(|(name, object)| Some(format!("{name}.{}", self.below(object, key, deeper)?)))
    }

    /// Whether a key of the mapping is what was meant by `missing`.
    pub(super) fn is_misspelled(&self, violation: &Violation<'_>, missing: &str) -> bool {
        let known = property_names(violation.schema);
        self.document.entries(violation.node).take(MAX_COMPARED).any(|entry| {
            !known.contains(&entry.key)
                && !entry.key.starts_with("x-")
                && (words::own_word(entry.key) == Some(missing)
                    || (entry.key == "cron" && missing == "slot")
                    || nearest(entry.key, known.iter().copied()) == Some(missing))
        })
    }

    pub(super) fn missing_key(&self, violation: &Violation<'_>, key: &str) -> Diagnostic {
        let what = format!("{} lacks `{key}`", subject(&violation.path));
        let schema = violation.schema.pointer(&format!("/properties/{key}"));
        let example = schema.and_then(|schema| self.example_value(schema));
        let help = match example {
            Some(example) => format!("add `{key}: {example}`"),
            None => format!("add `{key}`"),
        };
        Diagnostic::error(Code::MissingKey, self.document.place(violation.node), what).help(help)
    }

    /// A key of another form than this mapping's keys have.
    pub(super) fn wrong_key(&self, violation: &Violation<'_>, key: &str) -> Diagnostic {
        let entry = self.document.entry(violation.node, key);
        let place = entry.map_or_else(|| self.document.place(violation.node), |entry| entry.key_place);
        let names = violation.schema.get("propertyNames").unwrap_or(violation.schema);
        let pattern = names.get("pattern").or_else(|| names.pointer("/anyOf/1/$ref"));
        // The names' own type says in words what the pattern says in signs.
        let described = self.schema.get("$defs").and_then(Value::as_object).and_then(|definitions| {
            definitions.iter().find(|(name, definition)| {
                pattern.is_some_and(|to| definition.get("pattern") == Some(to) || *to == format!("#/$defs/{name}"))
            })
        });
        let wanted = described.map_or_else(|| "of another form".to_owned(), |(_, definition)| form(definition));
        let what = format!("the key `{key}` must be {wanted}");
        // A job's name may hold a hyphen, a name for expressions may not.
        let joint = if violation.path == "/jobs" { '-' } else { '_' };
        let mended: String =
            key.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { joint }).collect();
        let mended = mended.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
        let help = (!mended.is_empty() && mended != key && key.is_ascii()).then(|| format!("for example: `{mended}`"));
        merged(Diagnostic::error(Code::WrongForm, place, what).maybe_help(help), entry)
    }
}

/// The complaint, with the `<<` that brought its key here.
fn merged(complaint: Diagnostic, entry: Option<MappingEntry<'_>>) -> Diagnostic {
    match entry.and_then(|entry| entry.merged_by) {
        Some(site) => complaint.related(site, "merged in here"),
        None => complaint,
    }
}

fn property_names(schema: &Value) -> Vec<&str> {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.map(|properties| properties.keys().map(String::as_str).collect()).unwrap_or_default()
}
