//! A value with its expressions compiled, and its rendering.
//!
//! In: a node that the check found in order, and a scope. Out: JSON, `omit`, or located complaints.
//! Never: expands a result again.

use std::ops::Range;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::budget::{MAX_VALUE_BYTES, ValueSize};
use super::cache::ExpressionCache;
use super::eval::CompiledExpression;
use super::expression_error::{ExpressionError, ExpressionErrorCause};
use super::scan::{self, TextPiece, shifted};
use super::scope::Scope;
use crate::diagnostic::{Code, Diagnostic};
use crate::manifest::{Document, NodeId, NodeKind};

/// A value with its expressions compiled, ready to be rendered for any number of launches.
#[derive(Clone, Debug)]
pub struct Template {
    node: NodeId,
    shape: TemplateShape,
}

#[derive(Clone, Debug)]
enum TemplateShape {
    /// Nothing to evaluate in here.
    Fixed(Value),
    /// One expression and nothing else: its range in the node's text.
    Expression(Arc<CompiledExpression>, Range<usize>),
    Text(Vec<TextPart>),
    Seq(Vec<Template>),
    Map(Vec<(Box<str>, Template)>),
}

#[derive(Clone, Debug)]
enum TextPart {
    Text(Box<str>),
    Expression(Arc<CompiledExpression>, Range<usize>),
}

/// What came of rendering.
#[derive(Clone, Debug, PartialEq)]
pub enum Rendered {
    /// A value.
    Value(Value),
    /// The expression gave `omit`: the key or item is left out.
    Omitted,
    /// A complaint was made, or a value is not known yet ([`Scope::with_gaps`]).
    Failed,
}

impl Template {
    /// Compiles the value at `node`, which `check` has found in order.
    #[must_use]
    pub fn compile(document: &Document, node: NodeId, expressions: &ExpressionCache) -> Self {
        const CHECKED: &str = "the check found every expression in order";
        let shape = match document.kind(node) {
            NodeKind::Text(text) if text.contains("${{") => {
                let pieces = scan::scan(text).expect(CHECKED);
                let compiled = |range: &Range<usize>| expressions.get(&text[range.clone()]).expect(CHECKED);
                match pieces.as_slice() {
                    [TextPiece::Expression(range)] => TemplateShape::Expression(compiled(range), range.clone()),
                    pieces => TemplateShape::of_parts(
                        pieces
                            .iter()
                            .map(|piece| match piece {
                                TextPiece::Text(range) => TextPart::Text(text[range.clone()].into()),
                                TextPiece::Escaped => TextPart::Text("${{".into()),
                                TextPiece::Expression(range) => TextPart::Expression(compiled(range), range.clone()),
                            })
                            .collect(),
                    ),
                }
            }
            NodeKind::Seq(items) => {
                TemplateShape::of_items(items.iter().map(|item| Self::compile(document, *item, expressions)).collect())
            }
            NodeKind::Map(entries) => TemplateShape::of_entries(
                entries.map(|entry| (entry.key.into(), Self::compile(document, entry.value, expressions))).collect(),
            ),
            NodeKind::Null
            | NodeKind::Bool(_)
            | NodeKind::Int(_)
            | NodeKind::UInt(_)
            | NodeKind::Float(_)
            | NodeKind::Text(_) => TemplateShape::Fixed(document.to_json(node)),
        };
        Self { node, shape }
    }

    /// The value, where it needs no scope.
    #[must_use]
    pub fn fixed(&self) -> Option<&Value> {
        if let TemplateShape::Fixed(value) = &self.shape { Some(value) } else { None }
    }

    /// The node that this was compiled from.
    #[must_use]
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// Renders the value; every complaint goes to `complaints`, located.
    pub fn render(&self, document: &Document, scope: &Scope, complaints: &mut Vec<Diagnostic>) -> Rendered {
        self.render_within(document, scope, &mut { MAX_VALUE_BYTES }, complaints)
    }

    /// The same, where expressions may make so many more bytes.
    fn render_within(
        &self,
        document: &Document,
        scope: &Scope,
        left: &mut u64,
        complaints: &mut Vec<Diagnostic>,
    ) -> Rendered {
        match &self.shape {
            TemplateShape::Fixed(value) => Rendered::Value(value.clone()),
            TemplateShape::Expression(compiled, range) => match self.evaluate(compiled, range, document, scope, left) {
                Ok(Some(value)) => Rendered::Value(value),
                Ok(None) => Rendered::Omitted,
                Err(complaint) => {
                    complaints.extend(complaint);
                    Rendered::Failed
                }
            },
            TemplateShape::Text(parts) => {
                let mut failed = false;
                let mut text = String::new();
                for part in parts {
                    if *left == 0 {
                        break;
                    }
                    match part {
                        TextPart::Text(plain) => text.push_str(plain),
                        TextPart::Expression(compiled, range) => {
                            let shown = self.evaluate(compiled, range, document, scope, left).and_then(|value| {
                                as_text(value).map_err(|what| Some(self.unfit_for_text(document, range, what)))
                            });
                            match shown {
                                Ok(shown) => text.push_str(&shown),
                                Err(complaint) => {
                                    complaints.extend(complaint);
                                    failed = true;
                                }
                            }
                        }
                    }
                }
                if failed { Rendered::Failed } else { Rendered::Value(Value::String(text)) }
            }
            TemplateShape::Seq(items) => {
                let mut failed = false;
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    if *left == 0 {
                        break;
                    }
                    match item.render_within(document, scope, left, complaints) {
                        Rendered::Value(value) => values.push(value),
                        Rendered::Omitted => {}
                        Rendered::Failed => failed = true,
                    }
                }
                if failed { Rendered::Failed } else { Rendered::Value(Value::Array(values)) }
            }
            TemplateShape::Map(entries) => {
                let mut failed = false;
                let mut values = Map::with_capacity(entries.len());
                for (key, item) in entries {
                    if *left == 0 {
                        break;
                    }
                    match item.render_within(document, scope, left, complaints) {
                        Rendered::Value(value) => drop(values.insert(key.to_string(), value)),
                        Rendered::Omitted => {}
                        Rendered::Failed => failed = true,
                    }
                }
                if failed {
                    Rendered::Failed
                } else if values.is_empty() {
                    // Something stands there, and all of it was left out.
                    Rendered::Omitted
                } else {
                    Rendered::Value(Value::Object(values))
                }
            }
        }
    }

    /// The value; or what is wrong, which is nothing where a value is not known yet.
    fn evaluate(
        &self,
        compiled: &CompiledExpression,
        range: &Range<usize>,
        document: &Document,
        scope: &Scope,
        left: &mut u64,
    ) -> Result<Option<Value>, Option<Diagnostic>> {
        let text = document.text(self.node).expect("an expression stands in text");
        let value = self.evaluate_alone(text, compiled, range, document, scope)?;
        *left = left.saturating_sub(value.as_ref().map_or(0, |value| ValueSize::of(value).bytes));
        if *left == 0 {
            let place = document.text_place(self.node, range.clone());
            let what = format!("the value around this becomes larger than {} MiB", MAX_VALUE_BYTES >> 20);
            return Err(Some(
                Diagnostic::error(Code::Budget, place, what).help("a robot takes the address of such data"),
            ));
        }
        Ok(value)
    }

    fn evaluate_alone(
        &self,
        text: &str,
        compiled: &CompiledExpression,
        range: &Range<usize>,
        document: &Document,
        scope: &Scope,
    ) -> Result<Option<Value>, Option<Diagnostic>> {
        compiled.eval(&text[range.clone()], scope).map_err(|ExpressionError { range: inner, what, help, cause }| {
            let place = document.text_place(self.node, shifted(&inner, range.start));
            let code = match cause {
                ExpressionErrorCause::Itself => Code::ExpressionFailed,
                ExpressionErrorCause::Plan => Code::Budget,
                ExpressionErrorCause::Gap => return None,
            };
            Some(Diagnostic::error(code, place, what).maybe_help(help))
        })
    }

    fn unfit_for_text(&self, document: &Document, range: &Range<usize>, what: &str) -> Diagnostic {
        Diagnostic::error(Code::ExpressionFailed, document.text_place(self.node, range.clone()), what)
            .help("`| default(\"\", true)` puts nothing there")
    }
}

impl TemplateShape {
    /// Text all of whose parts are fixed is fixed.
    fn of_parts(parts: Vec<TextPart>) -> Self {
        let mut text = String::new();
        for part in &parts {
            match part {
                TextPart::Text(plain) => text.push_str(plain),
                TextPart::Expression(..) => return Self::Text(parts),
            }
        }
        Self::Fixed(Value::String(text))
    }

    fn of_items(items: Vec<Template>) -> Self {
        if items.iter().all(|item| item.fixed().is_some()) {
            let fixed = |item: Template| if let Self::Fixed(value) = item.shape { value } else { Value::Null };
            return Self::Fixed(Value::Array(items.into_iter().map(fixed).collect()));
        }
        Self::Seq(items)
    }

    fn of_entries(entries: Vec<(Box<str>, Template)>) -> Self {
        if entries.iter().all(|(_, item)| item.fixed().is_some()) {
            let fixed = |item: Template| if let Self::Fixed(value) = item.shape { value } else { Value::Null };
            return Self::Fixed(Value::Object(
                entries.into_iter().map(|(key, item)| (String::from(key), fixed(item))).collect(),
            ));
        }
        Self::Map(entries)
    }
}

fn as_text(value: Option<Value>) -> Result<String, &'static str> {
    match value {
        None => Err("`omit` leaves a whole value out; it cannot stand inside text"),
        Some(Value::Null) => Err("null cannot stand inside text"),
        Some(Value::String(text)) => Ok(text),
        Some(value @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_))) => Ok(value.to_string()),
    }
}
