//! Why a robot job faulted, as far as a retry and a reader care: the author's own rules, then a table.
//!
//! In: [`FaultFacts`], what the server says of a robot job that faulted. Out: [`Classified`], its class and the rule that knew
//! it. Never: retries, or guesses: what no rule knows is `unclassified`. What each rule matches: `docs/waiting.md`.

mod facts;
mod table;
#[cfg(test)]
mod tests;
mod texts;

use std::borrow::Cow;

pub use facts::FaultFacts;
pub use table::{FAULT_TABLE_VERSION, FaultSign, FaultTableRule, TABLE};

use crate::outcome::FaultClass;
use crate::plan::FaultCondition;
use texts::FaultTexts;

/// The rule of a fault that none knows.
const NO_RULE: &str = "none";

/// What a fault is, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classified {
    /// The class.
    pub class: FaultClass,
    /// The rule's name: one of the table, `fault-classes 1` and so on for the author's own, or `none`.
    pub rule: Cow<'static, str>,
}

/// An author's rule that could not be asked. Told once for each rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultRuleFailure {
    /// Which of the author's rules, from 1 on.
    pub rule: usize,
    /// Its condition's text.
    pub condition: String,
    /// Why, in words.
    pub why: String,
}

/// All rules of one run.
#[derive(Debug, Default)]
pub struct FaultClassifier {
    own: Vec<FaultCondition>,
    /// Those of `own` whose failure was told.
    failed: Vec<bool>,
    failures: Vec<FaultRuleFailure>,
}

impl FaultClassifier {
    /// The author's `own` rules, and the table behind them.
    #[must_use]
    pub fn new(own: Vec<FaultCondition>) -> Self {
        Self { failed: vec![false; own.len()], own, failures: Vec::new() }
    }

    /// Whether an author has rules.
    #[must_use]
    pub fn has_own_rules(&self) -> bool {
        !self.own.is_empty()
    }

    /// The class of a fault. The first rule that matches says it.
    pub fn classify(&mut self, facts: &FaultFacts<'_>) -> Classified {
        for index in 0..self.own.len() {
            let FaultCondition { class, when, scope } = &self.own[index];
            match when.holds(&scope.clone().with_fault(facts.members())) {
                Ok(true) => {
                    return Classified { class: *class, rule: format!("fault-classes {}", index + 1).into() };
                }
                Ok(false) => {}
                Err(why) => {
                    let condition = when.text().to_owned();
                    if !std::mem::replace(&mut self.failed[index], true) {
                        self.failures.push(FaultRuleFailure { rule: index + 1, condition, why });
                    }
                }
            }
        }
        let texts = FaultTexts::of(facts);
        let rule = TABLE.iter().find(|rule| rule.matches(&texts));
        rule.map_or(Classified { class: FaultClass::Unclassified, rule: NO_RULE.into() }, |rule| Classified {
            class: rule.class,
            rule: rule.name.into(),
        })
    }

    /// The author's rules that could not be asked since this was last called; each is told once in a run.
    pub fn take_failures(&mut self) -> Vec<FaultRuleFailure> {
        std::mem::take(&mut self.failures)
    }
}
