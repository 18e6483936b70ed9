//! A document held against the rules of a schema, in place: no second tree is built.
//!
//! In: rules, a document. Out: each violation. Never: hands out a value, so that no message can echo one.

use serde_json::Value;

use super::rules::{OtherProperties, Rule, RuleId, Rules, ValueType};
use super::violation::{Violation, ViolationKind};
use crate::manifest::{Document, MappingEntries, NodeId, NodeKind};

/// One pass over a document. Once it has found `limit` violations, lists and mappings look shorter to it, so that a hostile text
/// cannot make it gather millions.
pub(super) struct ValidationPass<'s, 'd> {
    rules: &'s Rules<'s>,
    document: &'d Document,
    limit: usize,
    found: usize,
    /// From the root to the value at hand.
    steps: Vec<PathStep<'d>>,
}

#[derive(Clone, Copy)]
enum PathStep<'d> {
    Key(&'d str),
    Item(usize),
}

/// Where violations go, if they are wanted; else it is only asked whether there is one.
type Sink<'v, 's> = Option<&'v mut Vec<Violation<'s>>>;

impl<'s, 'd> ValidationPass<'s, 'd> {
    pub(super) fn new(rules: &'s Rules<'s>, document: &'d Document, limit: usize) -> Self {
        Self { rules, document, limit, found: 0, steps: Vec::new() }
    }

    /// Everything that breaks a rule.
    pub(super) fn violations(&mut self) -> Vec<Violation<'s>> {
        let mut violations = Vec::new();
        self.keeps(RuleId::ROOT, self.document.root(), Some(&mut violations));
        violations
    }

    /// Whether it has found as many violations as it looks for.
    pub(super) fn is_over(&self) -> bool {
        self.found >= self.limit
    }

    fn keeps(&mut self, id: RuleId, node: NodeId, mut sink: Sink<'_, 's>) -> bool {
        let rule = self.rules.rule(id);
        let kind = self.document.kind(node);
        let mut is_kept = rule.reference.is_none_or(|to| self.keeps(to, node, sink.as_deref_mut()));
        for broken in rule.broken_by(&kind) {
            is_kept = self.breaks(rule, node, broken, sink.as_deref_mut());
        }
        if !rule.any_of.iter().any(|branch| self.keeps(*branch, node, None)) && !rule.any_of.is_empty() {
            is_kept = match sink.as_deref_mut() {
                None => false,
                Some(violations) => {
                    let kind = self.alternatives(rule, node);
                    self.breaks(rule, node, kind, Some(violations))
                }
            };
        }
        match kind {
            NodeKind::Seq(items) => is_kept & self.keep_items(rule, items, sink),
            NodeKind::Map(entries) => is_kept & self.keep_entries(rule, node, entries, sink),
            NodeKind::Null
            | NodeKind::Bool(_)
            | NodeKind::Int(_)
            | NodeKind::UInt(_)
            | NodeKind::Float(_)
            | NodeKind::Text(_) => is_kept,
        }
    }

    fn alternatives(&mut self, rule: &Rule<'s>, node: NodeId) -> ViolationKind<'s> {
        let of_branch = |branch: &RuleId| {
            let mut violations = Vec::new();
            self.keeps(*branch, node, Some(&mut violations));
            violations
        };
        ViolationKind::Alternatives(rule.any_of.iter().map(of_branch).collect())
    }

    fn keep_items(&mut self, rule: &Rule<'s>, items: &'d [NodeId], mut sink: Sink<'_, 's>) -> bool {
        let Some(of_items) = rule.items else { return true };
        let mut is_kept = true;
        for (index, item) in items.iter().enumerate() {
            if self.is_enough(is_kept, sink.as_deref()) {
                break;
            }
            is_kept &= self.below(PathStep::Item(index), of_items, *item, sink.as_deref_mut());
        }
        is_kept
    }

    fn keep_entries(
        &mut self,
        rule: &Rule<'s>,
        node: NodeId,
        entries: MappingEntries<'d>,
        mut sink: Sink<'_, 's>,
    ) -> bool {
        let (mut is_kept, mut unknown) = (true, Vec::new());
        for entry in entries {
            if self.is_enough(is_kept, sink.as_deref()) {
                break;
            }
            if rule.property_names.is_some_and(|names| !self.rules.name_keeps(names, entry.key)) {
                is_kept = self.breaks(rule, node, ViolationKind::WrongKey(entry.key.to_owned()), sink.as_deref_mut());
            }
            let step = PathStep::Key(entry.key);
            let mut is_named = false;
            for named in rule.of_key(entry.key) {
                is_named = true;
                is_kept &= self.below(step, named, entry.value, sink.as_deref_mut());
            }
            match rule.other_properties {
                OtherProperties::By(others) if !is_named => {
                    is_kept &= self.below(step, others, entry.value, sink.as_deref_mut());
                }
                OtherProperties::Refused if !is_named => {
                    is_kept = false;
                    unknown.push(entry.key.to_owned());
                }
                OtherProperties::Free | OtherProperties::By(_) | OtherProperties::Refused => {}
            }
        }
        if !unknown.is_empty() {
            is_kept = self.breaks(rule, node, ViolationKind::UnknownKeys(unknown), sink.as_deref_mut());
        }
        let missing = rule.required.iter().filter(|key| self.document.entry(node, key).is_none());
        for key in missing {
            is_kept = self.breaks(rule, node, ViolationKind::MissingKey(key), sink.as_deref_mut());
        }
        is_kept
    }

    /// Whether the value one step down keeps the rule.
    fn below(&mut self, step: PathStep<'d>, id: RuleId, node: NodeId, sink: Sink<'_, 's>) -> bool {
        self.steps.push(step);
        let is_kept = self.keeps(id, node, sink);
        self.steps.pop();
        is_kept
    }

    /// Whether the rest need not be looked at.
    fn is_enough(&self, is_kept: bool, sink: Option<&Vec<Violation<'s>>>) -> bool {
        (sink.is_none() && !is_kept) || self.is_over()
    }

    /// Notes what is wrong, where that is wanted. Always `false`.
    fn breaks(&mut self, rule: &Rule<'s>, node: NodeId, kind: ViolationKind<'s>, sink: Sink<'_, 's>) -> bool {
        if let Some(violations) = sink {
            self.found += 1;
            let (path, schema, definition) = (self.path(), rule.schema, rule.definition);
            violations.push(Violation { kind, node, path, schema, definition });
        }
        false
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for step in &self.steps {
            path.push('/');
            match step {
                PathStep::Key(key) => path.push_str(&key.replace('~', "~0").replace('/', "~1")),
                PathStep::Item(index) => path.push_str(&index.to_string()),
            }
        }
        path
    }
}

impl<'s> Rule<'s> {
    /// What of it a value of this kind breaks, without what stands below it.
    fn broken_by(&self, kind: &NodeKind<'_>) -> impl Iterator<Item = ViolationKind<'s>> {
        let is_of_type = self.types.is_empty() || self.types.iter().any(|wanted| wanted.is_of(kind));
        let is_a_choice = self.choices.is_none_or(|choices| choices.iter().any(|choice| is_equal(kind, choice)));
        let of_type = (!is_of_type).then(|| ViolationKind::Type(self.types.clone()));
        let of_choices = self.choices.filter(|_| !is_a_choice).map(ViolationKind::Choice);
        let of_form = if let NodeKind::Text(text) = kind { self.breach_of_form(text) } else { None };
        of_type.into_iter().chain(of_choices).chain(self.breach_of_size(kind)).chain(of_form)
    }

    /// Whether a value of this kind is too small or too great.
    #[expect(
        clippy::cast_precision_loss,
        reason = "limits are small: a number beyond 2^53 is on the same side of each"
    )]
    fn breach_of_size(&self, kind: &NodeKind<'_>) -> Option<ViolationKind<'s>> {
        let of_number = |number: f64| {
            let is_small = self.minimum.is_some_and(|least| number < least);
            (is_small || self.maximum.is_some_and(|most| number > most)).then_some(ViolationKind::Range)
        };
        match kind {
            NodeKind::Int(number) => of_number(*number as f64),
            NodeKind::UInt(number) => of_number(*number as f64),
            NodeKind::Float(number) => of_number(*number),
            NodeKind::Text(text) if self.min_length > 0 || self.max_length.is_some() => {
                let length = text.chars().count() as u64;
                let too_long = self.max_length.filter(|most| length > *most).map(ViolationKind::TooLong);
                (length < self.min_length).then_some(ViolationKind::TooShort).or(too_long)
            }
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Text(_) => None,
            NodeKind::Seq(items) => {
                ((items.len() as u64) < self.min_items).then_some(ViolationKind::TooFewItems(self.min_items))
            }
            NodeKind::Map(entries) => {
                let is_small = (entries.len() as u64) < self.min_properties;
                is_small.then_some(ViolationKind::TooFewKeys(self.min_properties))
            }
        }
    }

    fn breach_of_form(&self, text: &str) -> Option<ViolationKind<'s>> {
        let is_of_form = self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(text));
        (!is_of_form).then_some(ViolationKind::Pattern)
    }

    /// The rules for the value of `key`, where it is named.
    fn of_key(&self, key: &str) -> impl Iterator<Item = RuleId> {
        let by_name = self.properties.get(key).copied();
        let by_pattern = self.pattern_properties.iter().filter(|(keys, _)| keys.is_match(key)).map(|(_, rule)| *rule);
        by_name.into_iter().chain(by_pattern)
    }
}

impl Rules<'_> {
    /// Whether the name of a key, which is text, keeps the rule.
    fn name_keeps(&self, id: RuleId, name: &str) -> bool {
        let rule = self.rule(id);
        rule.reference.is_none_or(|to| self.name_keeps(to, name))
            && rule.broken_by(&NodeKind::Text(name)).next().is_none()
            && (rule.any_of.is_empty() || rule.any_of.iter().any(|branch| self.name_keeps(*branch, name)))
    }
}

impl ValueType {
    fn is_of(self, kind: &NodeKind<'_>) -> bool {
        match kind {
            NodeKind::Null => self == Self::Null,
            NodeKind::Bool(_) => self == Self::Boolean,
            NodeKind::Int(_) | NodeKind::UInt(_) => matches!(self, Self::Integer | Self::Number),
            NodeKind::Float(_) => self == Self::Number,
            NodeKind::Text(_) => self == Self::String,
            NodeKind::Seq(_) => self == Self::Array,
            NodeKind::Map(_) => self == Self::Object,
        }
    }
}

/// Whether a value is this choice of the schema. Choices are texts and numbers.
fn is_equal(kind: &NodeKind<'_>, choice: &Value) -> bool {
    match kind {
        NodeKind::Null => choice.is_null(),
        NodeKind::Bool(value) => choice.as_bool() == Some(*value),
        NodeKind::Int(value) => choice.as_i64() == Some(*value),
        NodeKind::UInt(value) => choice.as_u64() == Some(*value),
        NodeKind::Float(value) => choice.as_f64() == Some(*value),
        NodeKind::Text(text) => choice.as_str() == Some(*text),
        NodeKind::Seq(_) | NodeKind::Map(_) => false,
    }
}

#[cfg(test)]
mod tests;
