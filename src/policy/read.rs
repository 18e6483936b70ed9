//! Texts of rules -> [`PolicySet`]: YAML, with every mistake at its place.
//!
//! In: texts. Out: rules whose conditions are read and whose names are known; or what is wrong. Never: asks for a launch.

use std::collections::HashMap;
use std::sync::Arc;

use super::rule::{PolicyRule, PolicySet};
use super::text::{PolicyText, PolicyTextForm};
use crate::diagnostic::{Code, Diagnosed, Diagnostic, nearest};
use crate::launch_scope::{LaunchCondition, MemberLists, Vocabulary};
use crate::manifest::{self, Document, MappingEntry, NodeId, NodeKind};
use crate::source::{Place, SourceId, Sources};

/// Maximum rules of all texts together.
const MAX_RULES: usize = 1000;
/// The keys of a rule.
const KEYS: [&str; 4] = ["name", "rule", "when", "message"];
/// The keys of a file.
const FILE_KEYS: [&str; 2] = ["version", "policies"];

impl PolicySet {
    /// Reads `texts`, which join `sources`.
    pub fn read(texts: &[PolicyText], sources: &mut Sources) -> Diagnosed<Self> {
        let (mut rules, mut complaints) = (Vec::new(), Vec::new());
        for text in texts {
            let source = sources.add(&text.name, text.text.as_str());
            let (document, said) = manifest::parse(sources, source).into_parts();
            complaints.extend(said);
            let Some(document) = document else { continue };
            let Some(list) = list(&document, &text.form, &mut complaints) else { continue };
            let before = rules.len();
            for item in document.items(list) {
                rules.extend(rule(&document, *item, text, &mut complaints));
            }
            if rules.len() == before && complaints.is_empty() && document.items(list).is_empty() {
                let what = "there is no rule in this list";
                complaints.push(
                    Diagnostic::error(Code::MissingKey, document.place(list), what)
                        .help("write one, or leave the list out: rules that are not there forbid nothing"),
                );
            }
        }
        // Profiles of one tenant may hold the same rules.
        let mut places: HashMap<(SourceId, &str), Place> = HashMap::new();
        for rule in &rules {
            let rule: &PolicyRule = rule;
            if let Some(first) = places.insert((rule.place.source, &rule.name), rule.place) {
                let what = format!("two rules are named `{}`", rule.name);
                complaints.push(Diagnostic::error(Code::Conflict, rule.place, what).related(first, "the other one"));
            }
        }
        if let Some(rule) = rules.get(MAX_RULES) {
            let what = format!("there are more than {MAX_RULES} rules");
            complaints.push(Diagnostic::error(Code::Budget, rule.place, what));
        }
        Diagnosed::new(Self { rules, digest: PolicyText::digest(texts) }, complaints)
    }
}

/// The list of rules.
fn list(document: &Document, form: &PolicyTextForm, complaints: &mut Vec<Diagnostic>) -> Option<NodeId> {
    let root = document.root();
    let node = match form {
        PolicyTextForm::Profile(_) => root,
        PolicyTextForm::File => {
            let NodeKind::Map(entries) = document.kind(root) else {
                let what = "a policy file is a mapping with `version` and `policies`";
                complaints.push(
                    Diagnostic::error(Code::WrongType, document.place(root), what)
                        .help("write `version: 1` and `policies:` at the top, the rules as a list below"),
                );
                return None;
            };
            for entry in entries {
                unknown_key(&entry, &FILE_KEYS, complaints);
            }
            match document.entry(root, "version") {
                Some(version) if matches!(document.kind(version.value), NodeKind::Int(1)) => {}
                Some(version) => complaints.push(
                    Diagnostic::error(Code::NotOneOf, document.place(version.value), "`version` must be 1")
                        .help("this sortie reads version 1"),
                ),
                None => complaints.push(
                    Diagnostic::error(Code::MissingKey, document.place(root), "`version` is missing")
                        .help("write `version: 1` at the top"),
                ),
            }
            let Some(policies) = document.entry(root, "policies") else {
                let what = "`policies` is missing";
                complaints
                    .push(Diagnostic::error(Code::MissingKey, document.place(root), what).help(
                        "write `policies:` and below it a list of rules, each with `name`, `rule` and `message`",
                    ));
                return None;
            };
            policies.value
        }
    };
    if matches!(document.kind(node), NodeKind::Seq(_)) {
        return Some(node);
    }
    complaints.push(
        Diagnostic::error(Code::WrongType, document.place(node), "`policies` must be a list of rules")
            .help("each begins with a dash: `- name: finance-only`"),
    );
    None
}

fn unknown_key(entry: &MappingEntry<'_>, known: &[&str], complaints: &mut Vec<Diagnostic>) {
    if known.contains(&entry.key) || entry.key.starts_with("x-") {
        return;
    }
    let help = nearest(entry.key, known.iter().copied())
        .map_or_else(|| format!("known are `{}`", known.join("`, `")), |near| format!("did you mean `{near}`?"));
    let what = format!("there is no key `{}` here", entry.key);
    complaints.push(Diagnostic::error(Code::UnknownKey, entry.key_place, what).help(help));
}

/// The rule at `node`; `None` if complaints were made.
fn rule(document: &Document, node: NodeId, text: &PolicyText, complaints: &mut Vec<Diagnostic>) -> Option<PolicyRule> {
    let NodeKind::Map(entries) = document.kind(node) else {
        let what = "a rule is a mapping with `name`, `rule` and `message`";
        complaints.push(Diagnostic::error(Code::WrongType, document.place(node), what));
        return None;
    };
    let before = complaints.len();
    entries.for_each(|entry| unknown_key(&entry, &KEYS, complaints));
    let mut words = |key: &str, is_needed: bool| -> Option<NodeId> {
        match document.entry(node, key) {
            Some(entry) if document.text(entry.value).is_some_and(|text| !text.trim().is_empty()) => Some(entry.value),
            // `rule: false` is a rule that nothing keeps.
            Some(entry)
                if matches!(document.kind(entry.value), NodeKind::Bool(_)) && key != "message" && key != "name" =>
            {
                Some(entry.value)
            }
            Some(entry) => {
                let what = format!("`{key}` must be text");
                complaints.push(Diagnostic::error(Code::WrongType, document.place(entry.value), what));
                None
            }
            None if is_needed => {
                let what = format!("`{key}` is missing in this rule");
                let help = match key {
                    "name" => "a name such as `finance-only`, by which people speak of the rule",
                    "rule" => "what must hold of every launch: `launch.folder startswith \"Finance/\"`",
                    _ => "what is said where it does not hold, and whom to ask",
                };
                complaints.push(Diagnostic::error(Code::MissingKey, document.place(node), what).help(help));
                None
            }
            None => None,
        }
    };
    let (name, rule, message) = (words("name", true), words("rule", true), words("message", true));
    let when = words("when", false);
    let mut condition = |node: NodeId| -> Option<Arc<LaunchCondition>> {
        let written = match document.kind(node) {
            NodeKind::Bool(value) => value.to_string(),
            NodeKind::Null
            | NodeKind::Int(_)
            | NodeKind::UInt(_)
            | NodeKind::Float(_)
            | NodeKind::Text(_)
            | NodeKind::Seq(_)
            | NodeKind::Map(_) => document.text(node)?.to_owned(),
        };
        match LaunchCondition::parse(&written, Vocabulary::Policy, &MemberLists::default()) {
            Ok(condition) => Some(Arc::new(condition)),
            Err(faults) => {
                for fault in faults {
                    let code = if fault.is_unknown_name { Code::UnknownName } else { Code::ExpressionSyntax };
                    let place = document.text_place(node, fault.range);
                    complaints.push(Diagnostic::error(code, place, fault.what).maybe_help(fault.help));
                }
                None
            }
        }
    };
    let (read, read_when) = (rule.and_then(&mut condition), when.map(&mut condition));
    if complaints.len() > before {
        return None;
    }
    let text_of = |node: NodeId| document.text(node).unwrap_or_default().trim().to_owned();
    let rule = rule?;
    let mut message = text_of(message?);
    if let PolicyTextForm::Profile(profile) = &text.form {
        message.push_str(&format!(" (profile `{profile}`)"));
    }
    Some(PolicyRule {
        name: text_of(name?),
        rule: read?,
        when: read_when.flatten(),
        message,
        place: document.place(rule),
        from: text.name.clone(),
    })
}
