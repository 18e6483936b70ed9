//! The tree of a condition.
//!
//! In: a condition's text, which the language can read. Out: its tree, or a comparison that stands where nobody sees what it compares. Never: the
//! language's own `and`, `not` or `<` in a value.

use std::ops::Range;

use super::operand::Operand;
use super::tree::ConditionTree;
use super::values::TreeFault;
use crate::template::operators::comparison::ComparisonOperator;
use crate::template::references::{ReferenceToken, tokens};

/// Words and signs that stand in no value.
const OPERATORS: [&str; 13] = ["and", "or", "not", "in", "is", "if", "else", "==", "!=", "<", "<=", ">", ">="];

/// The tree of `text`.
pub(super) fn tree(text: &str) -> Result<ConditionTree, TreeFault> {
    let reader = TreeReader { text, tokens: tokens(text) };
    reader.choice(0..reader.tokens.len())
}

struct TreeReader<'t> {
    text: &'t str,
    tokens: Vec<(ReferenceToken, Range<usize>)>,
}

/// Tokens by number.
type TokenRange = Range<usize>;

impl TreeReader<'_> {
    fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |(_, range)| &self.text[range.clone()])
    }

    /// The operator at `at`; empty for anything else, such as a member of that name.
    fn operator(&self, at: usize) -> &str {
        let word = self.word(at);
        let is_member = at.checked_sub(1).is_some_and(|before| self.word(before) == ".");
        if OPERATORS.contains(&word) && !is_member { word } else { "" }
    }

    /// The tokens of `part` that stand in no bracket of it.
    fn outer(&self, part: TokenRange) -> impl Iterator<Item = usize> + '_ {
        let mut depth = 0_usize;
        part.filter(move |at| match self.word(*at) {
            "(" | "[" | "{" => {
                depth += 1;
                false
            }
            ")" | "]" | "}" => {
                depth = depth.saturating_sub(1);
                false
            }
            _ => depth == 0,
        })
    }

    fn choice(&self, part: TokenRange) -> Result<ConditionTree, TreeFault> {
        let Some(at) = self.outer(part.clone()).find(|at| self.operator(*at) == "if") else { return self.either(part) };
        let Some(otherwise) = self.outer(at + 1..part.end).find(|at| self.operator(*at) == "else") else {
            return Err(self.fault(at, "an `if` without `else` gives no condition", "write it with `and`"));
        };
        let parts =
            [self.either(at + 1..otherwise)?, self.either(part.start..at)?, self.choice(otherwise + 1..part.end)?];
        Ok(ConditionTree::Choice(Box::new(parts)))
    }

    fn either(&self, part: TokenRange) -> Result<ConditionTree, TreeFault> {
        self.joined(part, "or", |sides| ConditionTree::Or(Box::new(sides)), |part| self.both(part))
    }

    fn both(&self, part: TokenRange) -> Result<ConditionTree, TreeFault> {
        self.joined(part, "and", |sides| ConditionTree::And(Box::new(sides)), |part| self.negated(part))
    }

    fn joined(
        &self,
        part: TokenRange,
        word: &str,
        join: impl Fn([ConditionTree; 2]) -> ConditionTree,
        side: impl Fn(TokenRange) -> Result<ConditionTree, TreeFault>,
    ) -> Result<ConditionTree, TreeFault> {
        let ends = self.outer(part.clone()).filter(|at| self.operator(*at) == word).chain([part.end]);
        let (mut start, mut tree) = (part.start, None);
        for end in ends {
            let next = side(start..end)?;
            tree = Some(match tree {
                Some(tree) => join([tree, next]),
                None => next,
            });
            start = end + 1;
        }
        tree.map_or_else(|| side(part), Ok)
    }

    fn negated(&self, part: TokenRange) -> Result<ConditionTree, TreeFault> {
        if self.operator(part.start) == "not" && part.len() > 1 {
            return Ok(ConditionTree::Not(Box::new(self.negated(part.start + 1..part.end)?)));
        }
        self.compared(part)
    }

    fn compared(&self, part: TokenRange) -> Result<ConditionTree, TreeFault> {
        let is_test = |at: usize| {
            let before = |back: usize| at.checked_sub(back).map_or("", |at| self.operator(at));
            before(1) == "is" || (before(1) == "not" && before(2) == "is")
        };
        let mut signs = Vec::new();
        for at in self.outer(part.clone()).filter(|at| !is_test(*at)) {
            match self.operator(at) {
                "not" if self.operator(at + 1) == "in" => signs.push((at..at + 2, ComparisonOperator::NotIn)),
                "in" if at.checked_sub(1).is_some_and(|before| self.operator(before) == "not") => {}
                sign => signs.extend(ComparisonOperator::of(sign).map(|comparison| (at..at + 1, comparison))),
            }
        }
        let ends = signs.iter().map(|(sign, _)| sign.start).skip(1).chain([part.end]);
        let first = signs.first().map_or(part.end, |(sign, _)| sign.start);
        let mut tree = self.tested(part.start..first)?;
        for ((sign, comparison), end) in signs.iter().zip(ends) {
            tree = compare(*comparison, tree, self.tested(sign.end..end)?);
        }
        Ok(tree)
    }

    /// A value, or a test of one.
    fn tested(&self, part: TokenRange) -> Result<ConditionTree, TreeFault> {
        let Some(is) = self.outer(part.clone()).filter(|at| self.operator(*at) == "is").last() else {
            return self.value(part);
        };
        let of = self.tested(part.start..is)?;
        let is_negated = self.operator(is + 1) == "not";
        let name = is + 1 + usize::from(is_negated);
        let arguments = name + 1..part.end;
        let tree = match (self.word(name), ComparisonOperator::of(self.word(name))) {
            (word @ ("none" | "undefined" | "defined"), _) if arguments.is_empty() => {
                return Ok(ConditionTree::IsThere(Box::new(of), (word == "defined") != is_negated));
            }
            (_, Some(comparison)) if !arguments.is_empty() => compare(comparison, of, self.tested(arguments)?),
            (_, _) => {
                self.refuse_operators(arguments)?;
                // With its `not`: a test of what is there says yes or no.
                let operand = Operand::new(self.text, self.bytes(&part))?;
                return Ok(ConditionTree::Test(Box::new(of), operand));
            }
        };
        Ok(if is_negated { ConditionTree::Not(Box::new(tree)) } else { tree })
    }

    fn value(&self, part: TokenRange) -> Result<ConditionTree, TreeFault> {
        if self.is_enclosed(&part) {
            return self.choice(part.start + 1..part.end - 1);
        }
        self.refuse_operators(part.clone())?;
        Ok(ConditionTree::Value(Operand::new(self.text, self.bytes(&part))?))
    }

    /// Whether one pair of parentheses is around all of `part`, with one value in it.
    fn is_enclosed(&self, part: &TokenRange) -> bool {
        let inner = part.start + 1..part.end.saturating_sub(1);
        self.word(part.start) == "("
            && part.len() > 2
            && self.word(part.end - 1) == ")"
            && self.outer(part.start..part.end - 1).next().is_none()
            && self.outer(inner).all(|at| self.word(at) != ",")
            && self.closes_last(part)
    }

    /// Whether what `part` begins with is closed by what it ends with.
    fn closes_last(&self, part: &TokenRange) -> bool {
        let mut depth = 0_usize;
        part.clone().all(|at| {
            match self.word(at) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth > 0 || at + 1 == part.end
        })
    }

    fn refuse_operators(&self, part: TokenRange) -> Result<(), TreeFault> {
        match part.clone().find(|at| !self.operator(*at).is_empty()) {
            None => Ok(()),
            Some(at) => {
                let what = format!("`{}` cannot stand inside of a value here", self.word(at));
                Err(self.fault(at, &what, "compare values by themselves, and join comparisons with `and`, `or`, `not`"))
            }
        }
    }

    fn bytes(&self, part: &TokenRange) -> Range<usize> {
        let start = self.tokens.get(part.start).map_or(self.text.len(), |(_, range)| range.start);
        let end = part.end.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(start, |(_, range)| range.end);
        start..end.max(start)
    }

    fn fault(&self, at: usize, what: &str, help: &str) -> TreeFault {
        TreeFault { range: self.bytes(&(at..at + 1)), what: what.to_owned(), help: Some(help.to_owned()) }
    }
}

/// `left` compared with `right`; with the word `none` it is asked whether the other is there.
fn compare(comparison: ComparisonOperator, left: ConditionTree, right: ConditionTree) -> ConditionTree {
    let is_none = |side: &ConditionTree| matches!(side, ConditionTree::Value(operand) if operand.is_none());
    if matches!(comparison, ComparisonOperator::Equal | ComparisonOperator::Different) {
        let wanted = comparison == ComparisonOperator::Different;
        if is_none(&right) {
            return ConditionTree::IsThere(Box::new(left), wanted);
        }
        if is_none(&left) {
            return ConditionTree::IsThere(Box::new(right), wanted);
        }
    }
    ConditionTree::Compare(comparison, Box::new([left, right]))
}
