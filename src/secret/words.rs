//! The words that sortie's own output is made of: keys and enumerations of reports, plans and manifests, Orchestrator's
//! states. A secret that equals one of them says nothing where it stands inside of a text.
//!
//! In: a text. Out: whether it is such a word, in whatever case of letters. Never: decides what is masked.

use std::collections::HashSet;
use std::sync::LazyLock;

/// The keys, enumerations and types of the published schemas, in small letters, one a line: `schema/words.txt`, which a test
/// keeps in step.
const DESCRIBED: &str = include_str!("../../schema/words.txt");

/// What else our output says, sorted, in small letters.
const WORDS: &[&str] = &[
    "absent",
    "agent",
    "apitrigger",
    "body",
    "column",
    "data",
    "debug",
    "diagnostics",
    "digest",
    "environmentvariables",
    "errors",
    "failure",
    "false",
    "files",
    "folders",
    "help",
    "http",
    "https",
    "inputarguments",
    "inputs",
    "interval-ns",
    "items",
    "jobpriority",
    "label",
    "large-arguments",
    "ledger",
    "line",
    "localhost",
    "login",
    "machinerobots",
    "manifest",
    "manifests",
    "manual",
    "minitems",
    "no",
    "none",
    "noofrobots",
    "null",
    "omit",
    "only",
    "orchestrator",
    "origin",
    "plan",
    "planned",
    "process",
    "profiles",
    "queue",
    "reconcile",
    "related",
    "release-version",
    "releasekey",
    "releasename",
    "releases",
    "report",
    "rerun",
    "resume",
    "resumed",
    "robotids",
    "running",
    "runs",
    "runtimetype",
    "sandbox",
    "schema",
    "secret",
    "server",
    "severity",
    "sortie",
    "standing",
    "start",
    "startinfo",
    "stopping",
    "success",
    "successful",
    "tenant",
    "terminating",
    "time",
    "token",
    "tokens",
    "trace",
    "trigger",
    "true",
    "uipath",
    "validate",
    "warning",
    "warnings",
    "yes",
];

/// All of them. Each value of each launch is asked about.
static OURS: LazyLock<HashSet<&str>> = LazyLock::new(|| WORDS.iter().copied().chain(DESCRIBED.lines()).collect());

/// Whether `text` is one of our words.
pub(super) fn is_ours(text: &str) -> bool {
    OURS.contains(text.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    /// Every key, every enumerated text and every type that `schema` describes.
    fn described(schema: &Value, found: &mut BTreeSet<String>) {
        match schema {
            Value::Object(entries) => {
                for (key, value) in entries {
                    match (key.as_str(), value) {
                        ("properties" | "$defs", Value::Object(named)) => found.extend(named.keys().cloned()),
                        ("enum", Value::Array(words)) => {
                            found.extend(words.iter().filter_map(Value::as_str).map(str::to_owned));
                        }
                        ("const", Value::String(word)) => drop(found.insert(word.clone())),
                        _ => {}
                    }
                    described(value, found);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| described(item, found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    #[test]
    fn every_key_and_enumeration_of_the_published_forms_is_a_word_of_ours() {
        let mut found = BTreeSet::new();
        for schema in [include_str!("../../schema/report.schema.json"), include_str!("../../schema/sortie.schema.json")]
        {
            described(&serde_json::from_str(schema).expect("a schema is JSON"), &mut found);
        }
        assert!(found.len() > 150, "{}", found.len());
        // Signs, such as `;`, are no words.
        let is_word = |text: &&String| text.contains(|c: char| c.is_ascii_alphanumeric());
        let words: BTreeSet<String> = found.iter().filter(is_word).map(|word| word.to_lowercase()).collect();
        let lines: String = words.iter().flat_map(|word| [word.as_str(), "\n"]).collect();
        expect_test::expect_file!["../../schema/words.txt"].assert_eq(&lines);
    }

    #[test]
    fn the_list_is_sorted_and_letter_case_does_not_matter() {
        assert!(WORDS.is_sorted());
        assert!(is_ours("Pending") && is_ours("robot-jobs") && is_ours("NULL"));
        assert!(!is_ours("hunter2"));
    }
}
