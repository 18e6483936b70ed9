//! The manifest that the flags of `start` stand for, as a person would write it.
//!
//! In: flags, as they were typed. Out: YAML text in which each of them means what it says: text stays text, whatever it
//! holds. Never: judges a value; that is the manifest's own check.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value as Json;

use crate::template::exact_json;

/// Of which manifests an editor knows the schema.
pub const MODELINE: &str = "# yaml-language-server: $schema=\
                        https://raw.githubusercontent.com/sortie-rs/sortie/main/schema/sortie.schema.json";

/// What the flags of `start` give, as they were typed.
pub struct StartFields<'a> {
    /// The process: its name or key.
    pub release: &'a str,
    /// Where: a path, a number or a GUID.
    pub folder: Option<&'a str>,
    /// The robots, by name or number.
    pub robots: Vec<&'a str>,
    /// How many robot jobs.
    pub count: Option<u32>,
    /// The runtime.
    pub runtime: Option<&'a str>,
    /// The priority.
    pub priority: Option<&'a str>,
    /// The arguments, by name.
    pub arguments: Vec<(&'a str, ArgumentValue<'a>)>,
    /// Whether the robot jobs are waited for, and how long.
    pub wait: Option<StartWait>,
}

/// What the flags of `start` say of waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartWait {
    /// Nobody waits.
    Never,
    /// As long as it takes.
    Always,
    /// So long.
    For(Duration),
}

/// The value of an argument.
pub enum ArgumentValue<'a> {
    /// Text.
    Text(&'a str),
    /// JSON text.
    Json(&'a str),
}

/// The manifest's text.
pub fn manifest(given: &StartFields<'_>) -> String {
    let mut out = format!("{MODELINE}\nversion: 1\nname: {}\n", name(given.release));
    if let Some(folder) = given.folder {
        line(&mut out, 0, "folder", &folder_by(folder));
    }
    if let Some(wait) = given.wait {
        let value = match wait {
            StartWait::Never => "false".to_owned(),
            StartWait::Always => "true".to_owned(),
            StartWait::For(span) if span.subsec_millis() == 0 => format!("{{ timeout: {}s }}", span.as_secs()),
            StartWait::For(span) => format!("{{ timeout: {}ms }}", span.as_millis()),
        };
        line(&mut out, 0, "wait", &value);
    }
    out.push_str("jobs:\n  start:\n");
    line(&mut out, 2, "release", &text(given.release));
    if !given.robots.is_empty() && given.count.is_some() {
        // Robots alone would mean one robot job on each.
        line(&mut out, 2, "strategy", "ModernJobsCount");
    }
    if let Some(count) = given.count {
        line(&mut out, 2, "count", &count.to_string());
    }
    if !given.robots.is_empty() {
        let robots: Vec<String> = given.robots.iter().map(|robot| number_or_text(robot)).collect();
        line(&mut out, 2, "robots", &format!("[{}]", robots.join(", ")));
    }
    if let Some(runtime) = given.runtime {
        line(&mut out, 2, "runtime", &text(runtime));
    }
    if let Some(priority) = given.priority {
        line(&mut out, 2, "priority", &number_or_text(priority));
    }
    if !given.arguments.is_empty() {
        out.push_str("    arguments:\n");
        for (name, value) in &given.arguments {
            let value = match value {
                ArgumentValue::Text(value) => text(value),
                ArgumentValue::Json(json) => flow(json),
            };
            // Keys hold no expressions, so nothing in them is escaped.
            line(&mut out, 3, &scalar(name), &value);
        }
    }
    out
}

fn line(out: &mut String, depth: usize, key: &str, value: &str) {
    writeln!(out, "{:1$}{key}: {value}", "", depth * 2).expect("a string takes all that is written");
}

/// A manifest's name, of which runs of one release find each other in the ledger.
fn name(release: &str) -> String {
    let mut name = "start-".to_owned();
    for c in release.chars() {
        let c = c.to_ascii_lowercase();
        let c = if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' };
        if name.len() < 64 && !(c == '-' && name.ends_with('-')) {
            name.push(c);
        }
    }
    name.trim_end_matches('-').to_owned()
}

/// A folder by number or GUID, else by path: the value of `folder`.
#[must_use]
pub fn folder_by(folder: &str) -> String {
    if folder.parse::<i64>().is_ok() {
        format!("{{ id: {folder} }}")
    } else if folder.len() == 36 && uuid::Uuid::try_parse(folder).is_ok() {
        format!("{{ key: {folder} }}")
    } else {
        text(folder)
    }
}

fn number_or_text(given: &str) -> String {
    if given.parse::<i64>().is_ok_and(|number| number.to_string() == given) { given.to_owned() } else { text(given) }
}

/// `value` as a scalar that is this text: no expression, no number, no boolean.
#[must_use]
pub fn text(value: &str) -> String {
    scalar(&literal(value))
}

/// `value` without anything that would be evaluated, or taken for an expression that lacks its dollar sign.
#[must_use]
pub fn literal(value: &str) -> String {
    let is_bare = |(at, _)| !value[..at].ends_with('$');
    if value.match_indices("{{").any(is_bare) && value.contains("}}") {
        let text = Json::from(value).to_string();
        return format!("${{{{ {text} }}}}");
    }
    value.replace("${{", "$${{")
}

/// `value` as one scalar in a block or a flow: plain where that is plainly text, else in quotes.
#[must_use]
pub fn scalar(value: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || "_-./ ".contains(c);
    let is_plain = value.starts_with(|c: char| c.is_alphabetic())
        && !value.ends_with(' ')
        && value.chars().all(is_word)
        && !["true", "false", "null"].contains(&value.to_ascii_lowercase().as_str());
    if is_plain { value.to_owned() } else { quoted(value) }
}

/// JSON text as a flow of YAML: the same, but for characters that YAML forbids in the open.
fn flow(json: &str) -> String {
    match exact_json(json) {
        Ok(value) => flow_of(&value),
        // A number beyond what JSON readers keep: the manifest's own check says what is wrong with it.
        Err(_) => json.to_owned(),
    }
}

fn flow_of(value: &Json) -> String {
    match value {
        Json::Null | Json::Bool(_) | Json::Number(_) => value.to_string(),
        Json::String(value) => quoted(&literal(value)),
        Json::Array(items) => format!("[{}]", items.iter().map(flow_of).collect::<Vec<_>>().join(", ")),
        Json::Object(entries) if entries.is_empty() => "{}".to_owned(),
        Json::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{}: {}", quoted(key), flow_of(value)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A double-quoted scalar of YAML.
#[must_use]
pub fn quoted(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || "\u{61c}\u{feff}\u{fffe}\u{ffff}".contains(c) || is_direction(c) => {
                write!(out, "\\u{:04x}", u32::from(c)).expect("a string takes all that is written");
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Whether `c` ends a line or turns its direction: a reader would see another text.
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use proptest::prelude::*;

    use super::*;
    use crate::ids::Ordinal;
    use crate::plan::{self, Inputs};

    fn given<'a>(release: &'a str, arguments: Vec<(&'a str, ArgumentValue<'a>)>) -> StartFields<'a> {
        StartFields {
            release,
            folder: Some("F"),
            robots: Vec::new(),
            count: None,
            runtime: None,
            priority: None,
            arguments,
            wait: None,
        }
    }

    #[test]
    fn it_reads_as_a_person_would_write_it() {
        let all = StartFields {
            release: "Invoice Loader",
            folder: Some("Finance/AP"),
            robots: vec!["ETL-01", "1553", r"ACME\etl"],
            count: Some(2),
            runtime: Some("Unattended"),
            priority: Some("65"),
            wait: Some(StartWait::For(Duration::from_secs(5400))),
            arguments: vec![
                ("message", ArgumentValue::Text("Aloha, world")),
                ("id", ArgumentValue::Text("007")),
                ("on", ArgumentValue::Text("true")),
                ("n", ArgumentValue::Json("3")),
                ("deep", ArgumentValue::Json(r#"{"a": [1, 2.50, {}], "b": "x"}"#)),
                ("sum total", ArgumentValue::Text("${{ 1 }}")),
                ("template", ArgumentValue::Json(r#"["{{ params.x }}"]"#)),
            ],
        };
        expect![[r##"
            # yaml-language-server: $schema=https://raw.githubusercontent.com/sortie-rs/sortie/main/schema/sortie.schema.json
            version: 1
            name: start-invoice-loader
            folder: Finance/AP
            wait: { timeout: 5400s }
            jobs:
              start:
                release: Invoice Loader
                strategy: ModernJobsCount
                count: 2
                robots: [ETL-01, 1553, "ACME\\etl"]
                runtime: Unattended
                priority: 65
                arguments:
                  message: "Aloha, world"
                  id: "007"
                  on: "true"
                  n: 3
                  deep: { "a": [1, 2.5, {}], "b": "x" }
                  sum total: "$${{ 1 }}"
                  template: ["${{ \"{{ params.x }}\" }}"]
        "##]].assert_eq(&manifest(&all));
        let by_number = StartFields { folder: Some("7"), ..given("5b754c63-5d1a-4c37-bb9b-74b69e4934bf", Vec::new()) };
        expect![[r##"
            # yaml-language-server: $schema=https://raw.githubusercontent.com/sortie-rs/sortie/main/schema/sortie.schema.json
            version: 1
            name: start-5b754c63-5d1a-4c37-bb9b-74b69e4934bf
            folder: { id: 7 }
            jobs:
              start:
                release: "5b754c63-5d1a-4c37-bb9b-74b69e4934bf"
        "##]].assert_eq(&manifest(&by_number));
    }

    #[test]
    fn names_are_those_of_manifests() {
        for (release, expected) in [
            ("Ping", "start-ping"),
            ("Invoice Loader (v2)!", "start-invoice-loader-v2"),
            ("Büro/Übersicht", "start-b-ro-bersicht"),
            ("---", "start"),
            (&"x".repeat(100), &format!("start-{}", "x".repeat(58))),
        ] {
            assert_eq!(name(release), expected, "{release}");
        }
    }

    #[test]
    fn what_looks_like_an_expression_is_text_too() {
        for value in
            ["${{ run.name }}", "{{ params.x }}", "$${{ 1 }}", "{{", "}} {{", "${{ {{ env.X }} \"'\\ }}", "$${{{{ 1 }}"]
        {
            let text = manifest(&given("R", vec![("a", ArgumentValue::Text(value))]));
            let (_, outcome) = plan::make(&Inputs::of_manifest("m.yaml", &text));
            let plan = outcome.into_parts().0.unwrap_or_else(|| panic!("{text}"));
            assert_eq!(plan.launch(Ordinal(0)).start_info.arguments().unwrap()["a"], value);
        }
    }

    proptest! {
        #[test]
        fn text_stays_text_whatever_it_holds(release in "\\PC{1,20}", key in "\\PC{1,12}", value in any::<String>()) {
            prop_assume!(uuid::Uuid::try_parse(&release).is_err());
            let json = serde_json::to_string(&value).unwrap();
            let arguments = vec![(key.as_str(), ArgumentValue::Text(&value)), ("other key", ArgumentValue::Json(&json))];
            let text = manifest(&given(&release, arguments));
            let (_, outcome) = plan::make(&Inputs::of_manifest("m.yaml", &text));
            let (plan, said) = outcome.into_parts();
            if let Some(plan) = plan {
                let launch = plan.launch(Ordinal(0));
                let arguments = launch.start_info.arguments().unwrap();
                prop_assert_eq!(arguments[&key].as_str(), Some(value.as_str()));
                prop_assert_eq!(arguments["other key"].as_str(), Some(value.as_str()));
                prop_assert_eq!(launch.release.to_string(), release);
            } else {
                // NUL is the one character that no text of YAML holds, and an expression in a key is refused.
                prop_assert!(value.contains('\0') || key.contains("${{"), "{:?} in {}", said, text);
            }
        }
    }
}
