//! Whether the launches of a plan keep the rules, one launch after the other as they are planned.
//!
//! In: rules, then the facts of each launch, then those of the plan. Out: what breaks which rule. Never: renders a launch.

use std::sync::Arc;

use super::broken::{BrokenRules, stands_in};
use super::plan_facts::{BothFacts, PlanFacts};
use super::rule::{PolicyRule, PolicySet};
use crate::diagnostic::{Code, Diagnostic};
use crate::launch_scope::{ConditionSet, LaunchCondition, LaunchFacts};
use crate::source::Place;
use crate::template::ConditionFault;

/// Why a rule fails, where it does, and for which launch first.
type RuleFault = Option<(ConditionFault, String)>;
/// What a rule asks for that is not known, where there is such a thing, and for which launch first.
type OpenRule = Option<(String, String)>;

/// The check of one plan.
#[derive(Debug)]
pub struct PolicyCheck<'a> {
    set: &'a PolicySet,
    /// Rules about launches alone: asked while the plan is made.
    of_launches: RuleGroup,
    /// Rules about launches that ask for the plan too: asked once that is known.
    of_both: RuleGroup,
    /// Rules about the plan alone: asked once.
    of_plan: RuleGroup,
    broken: BrokenRules,
    /// Rules that fail: what, with the first launch that they fail for.
    failed: Vec<RuleFault>,
    /// Rules that cannot be asked yet: the name that is not known, with the first launch that lacks it.
    open: Vec<OpenRule>,
}

/// Rules that are asked together.
#[derive(Debug)]
struct RuleGroup {
    conditions: ConditionSet,
    rules: Vec<GroupedRule>,
}

#[derive(Clone, Copy, Debug)]
struct GroupedRule {
    /// Its number among all rules.
    number: usize,
    /// The numbers of its conditions in the set.
    rule: usize,
    when: Option<usize>,
}

/// A launch that is checked.
#[derive(Clone, Copy, Debug)]
pub struct CheckedLaunch<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its job.
    pub job: &'a str,
    /// Where that stands.
    pub place: Place,
}

impl<'a> PolicyCheck<'a> {
    /// The check by `set`; nothing has been looked at yet.
    #[must_use]
    pub fn new(set: &'a PolicySet) -> Self {
        let asks = |rule: &PolicyRule, of: fn(&LaunchCondition) -> bool| {
            of(&rule.rule) || rule.when.as_deref().is_some_and(of)
        };
        let group = |is_wanted: &dyn Fn(bool, bool) -> bool| {
            let rules = set.rules.iter().enumerate().filter(|(_, rule)| {
                is_wanted(asks(rule, LaunchCondition::asks_for_launches), asks(rule, LaunchCondition::asks_for_plan))
            });
            RuleGroup::new(rules)
        };
        Self {
            set,
            // A rule that asks for nothing is true or false of everything.
            of_launches: group(&|launches, plan| launches && !plan),
            of_both: group(&|launches, plan| launches && plan),
            of_plan: group(&|launches, _| !launches),
            broken: BrokenRules::default(),
            failed: vec![None; set.rules.len()],
            open: vec![None; set.rules.len()],
        }
    }

    /// Whether there is any rule that launches are asked by as they are planned.
    #[must_use]
    pub fn asks_launches(&self) -> bool {
        !self.of_launches.rules.is_empty()
    }

    /// Whether launches must be looked at once more when the plan is known.
    #[must_use]
    pub fn asks_launches_again(&self) -> bool {
        !self.of_both.rules.is_empty()
    }

    /// Looks at a launch while the plan is made.
    pub fn launch(&mut self, launch: CheckedLaunch<'_>, facts: &dyn LaunchFacts) {
        let Self { of_launches, broken, failed, open, .. } = self;
        of_launches.ask(launch, facts, broken, (failed, open));
    }

    /// Looks at a launch again, where the plan is known.
    pub fn launch_again(&mut self, launch: CheckedLaunch<'_>, facts: &dyn LaunchFacts, plan: &PlanFacts) {
        let Self { of_both, broken, failed, open, .. } = self;
        of_both.ask(launch, &BothFacts { launch: facts, plan }, broken, (failed, open));
    }

    /// Looks at the plan, which stands at `place`, and says what breaks which rule; a plan that is not `whole`, since nobody knows how many
    /// launches it has, breaks none.
    #[must_use]
    pub fn end(self, plan: &PlanFacts, place: Place, whole: bool) -> Vec<Diagnostic> {
        let Self { set, mut of_plan, broken, mut failed, open, .. } = self;
        let mut of_the_plan = Vec::new();
        of_plan.conditions.look_at(plan);
        for grouped in of_plan.rules.clone() {
            let rule = &set.rules[grouped.number];
            match of_plan.is_kept(grouped) {
                Ok(true) => {}
                Ok(false) if !whole => {}
                Ok(false) => {
                    let what = format!("the plan breaks the policy `{}`: {}", rule.name, rule.message);
                    let facts = of_plan.facts(grouped);
                    let complaint = Diagnostic::error(Code::Policy, place, what).related(rule.place, "this rule");
                    of_the_plan.push(complaint.help(stands_in(&facts, &rule.from)));
                }
                Err(fault) => failed[grouped.number] = Some((fault, "the plan".to_owned())),
            }
        }
        let fails = |(rule, failed): (&PolicyRule, Option<(ConditionFault, String)>)| {
            let (fault, of) = failed?;
            let what = format!("the policy `{}` cannot be asked: {}, for {of}", rule.name, fault.what);
            Some(Diagnostic::error(Code::Policy, rule.place, what).maybe_help(fault.help))
        };
        let fails: Vec<Diagnostic> = set.rules.iter().zip(failed).filter_map(fails).collect();
        let open = set.rules.iter().zip(open).filter_map(|(rule, open)| {
            let (name, launch) = open?;
            let what = format!(
                "not expanded: the policy `{}` is not checked for launch `{launch}`: `{name}` is not known",
                rule.name
            );
            let help =
                "it is checked where the params and variables that it depends on have values: in `plan` and `run`";
            Some(Diagnostic::note(Code::NotExpanded, rule.place, what).help(help))
        });
        of_the_plan.into_iter().chain(broken.into_diagnostics(&set.rules)).chain(fails).chain(open).collect()
    }
}

impl RuleGroup {
    fn new<'r>(rules: impl Iterator<Item = (usize, &'r PolicyRule)>) -> Self {
        let mut conditions = Vec::new();
        let mut add = |condition: &Arc<LaunchCondition>| {
            conditions.push(Arc::clone(condition));
            conditions.len() - 1
        };
        let grouped = rules
            .map(|(number, rule)| GroupedRule { number, rule: add(&rule.rule), when: rule.when.as_ref().map(&mut add) })
            .collect();
        Self { conditions: ConditionSet::new(conditions), rules: grouped }
    }

    fn ask(
        &mut self,
        launch: CheckedLaunch<'_>,
        facts: &dyn LaunchFacts,
        broken: &mut BrokenRules,
        (failed, open): (&mut [RuleFault], &mut [OpenRule]),
    ) {
        self.conditions.look_at(facts);
        for at in 0..self.rules.len() {
            let grouped = self.rules[at];
            let conditions = [Some(grouped.rule), grouped.when].into_iter().flatten();
            if let Some(name) = conditions.into_iter().find_map(|index| self.conditions.asks_open(index, facts)) {
                open[grouped.number].get_or_insert_with(|| (name, launch.id.to_owned()));
                continue;
            }
            match self.is_kept(grouped) {
                Ok(true) => {}
                Ok(false) => {
                    let CheckedLaunch { id, job, place } = launch;
                    broken.add(grouped.number, job, id, place, || self.facts(grouped));
                }
                Err(fault) => {
                    failed[grouped.number].get_or_insert_with(|| (fault, format!("launch `{}`", launch.id)));
                }
            }
        }
    }

    fn is_kept(&mut self, grouped: GroupedRule) -> Result<bool, ConditionFault> {
        // What cannot be compared never excuses a launch.
        let is_excused = match grouped.when {
            Some(when) => self.conditions.holds(when)? == Some(false),
            None => false,
        };
        Ok(is_excused || self.conditions.holds(grouped.rule)? == Some(true))
    }

    /// What the rule was asked of, in its own names.
    fn facts(&self, GroupedRule { rule, .. }: GroupedRule) -> String {
        self.conditions.present(rule).join(", ")
    }
}
