//! Rules that are broken: told once for each rule and job, however many launches break it.
//!
//! In: each launch that breaks a rule. Out: diagnostics with the place in the manifest and that of the rule. Never: more than a few
//! launches of each kind in memory.

use std::collections::BTreeMap;

use super::rule::PolicyRule;
use crate::diagnostic::escape::escape;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Place;

/// Maximum launches that are named for each rule and job.
const MAX_NAMED: usize = 3;

/// What breaks rules.
#[derive(Debug, Default)]
pub(super) struct BrokenRules {
    /// By rule and by the place of the job.
    groups: BTreeMap<(usize, Place), BrokenRule>,
}

#[derive(Debug)]
struct BrokenRule {
    job: String,
    count: usize,
    named: Vec<String>,
    /// What the first of them is, in the rule's own names.
    facts: String,
}

/// What was asked, and whose rule it is.
pub(super) fn stands_in(facts: &str, from: &str) -> String {
    let stands = format!("the rule stands in {}", escape(from));
    if facts.is_empty() { stands } else { format!("{facts}; {stands}") }
}

impl BrokenRules {
    /// Adds the launch `id` of `job`, which stands at `place` of the manifest and breaks rule number `rule`.
    pub(super) fn add(&mut self, rule: usize, job: &str, id: &str, place: Place, facts: impl FnOnce() -> String) {
        let group = self.groups.entry((rule, place)).or_insert_with(|| BrokenRule {
            job: job.to_owned(),
            count: 0,
            named: Vec::new(),
            facts: facts(),
        });
        group.count += 1;
        if group.named.len() < MAX_NAMED {
            group.named.push(id.to_owned());
        }
    }

    /// One diagnostic for each rule and job.
    pub(super) fn into_diagnostics(self, rules: &[PolicyRule]) -> Vec<Diagnostic> {
        let of = |((rule, place), broken): ((usize, Place), BrokenRule)| {
            let rule = &rules[rule];
            let BrokenRule { job, count, named, facts } = broken;
            let named: Vec<String> = named.iter().map(|id| format!("`{id}`")).collect();
            let more = if count > named.len() { ", ..." } else { "" };
            let who = if count == 1 {
                format!("launch {} breaks", named.join(", "))
            } else {
                format!("{count} launches of `{job}` break")
            };
            let label = if count == 1 { String::new() } else { format!("{}{more}", named.join(", ")) };
            let what = format!("{who} the policy `{}`: {}", rule.name, rule.message);
            let complaint = Diagnostic::error(Code::Policy, place, what).related(rule.place, "this rule");
            complaint.label(label).help(stands_in(&facts, &rule.from))
        };
        self.groups.into_iter().map(of).collect()
    }
}
