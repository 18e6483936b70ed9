//! A condition that is asked while a run goes on, long after its manifest was read.
//!
//! In: a value that the check found in order, then scopes. Out: whether it holds, or why nobody can say. Never: needs the
//! document again, or locates a complaint.

use std::sync::Arc;

mod by_itself;
mod operand;
mod parse;
mod tree;
mod values;
mod wording;

pub use by_itself::{ConditionFault, ConditionName, FreeCondition};

use super::cache::ExpressionCache;
use super::eval::CompiledExpression;
use super::scan::{self, TextPiece};
use super::scope::Scope;
use crate::manifest::{Document, NodeId, NodeKind};

/// `true`, `false`, or an expression that gives one of them.
#[derive(Clone, Debug)]
pub struct Condition {
    text: Box<str>,
    /// None where the text is the value itself.
    compiled: Option<Arc<CompiledExpression>>,
}

impl Condition {
    /// The condition at `node`; `None` where it is neither a boolean nor exactly one expression.
    #[must_use]
    pub fn compile(document: &Document, node: NodeId, expressions: &ExpressionCache) -> Option<Self> {
        match document.kind(node) {
            NodeKind::Bool(holds) => Some(Self { text: holds.to_string().into(), compiled: None }),
            NodeKind::Text(text) => {
                let pieces = scan::scan(text).ok()?;
                let [TextPiece::Expression(range)] = pieces.as_slice() else { return None };
                let text = &text[range.clone()];
                Some(Self { text: text.into(), compiled: Some(expressions.get(text).ok()?) })
            }
            NodeKind::Null
            | NodeKind::Int(_)
            | NodeKind::UInt(_)
            | NodeKind::Float(_)
            | NodeKind::Seq(_)
            | NodeKind::Map(_) => None,
        }
    }

    /// Its text, without the braces.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it holds in `scope`.
    ///
    /// Errors: it fails there, or gives something else than true or false; in words.
    pub fn holds(&self, scope: &Scope) -> Result<bool, String> {
        let Some(compiled) = &self.compiled else { return Ok(self.text.as_ref() == "true") };
        match compiled.eval(&self.text, scope) {
            Ok(Some(serde_json::Value::Bool(holds))) => Ok(holds),
            Ok(_) => Err("it gives neither true nor false".to_owned()),
            Err(fault) => Err(fault.what),
        }
    }
}
