//! What the names of a condition are, and what fails with them.
//!
//! In: values by name. Out: the same for the language. Never: a judgement.

use std::cell::OnceCell;
use std::ops::Range;

use minijinja::value::{Serde, Value as TemplateValue};
use serde_json::{Map, Value};

/// What fails, at its place in the condition's text.
#[derive(Debug)]
pub(super) struct TreeFault {
    pub(super) range: Range<usize>,
    pub(super) what: String,
    pub(super) help: Option<String>,
}

/// What the names of a condition are.
pub(super) struct ConditionValues {
    pub(super) map: Map<String, Value>,
    /// The same for the language, made once.
    root: OnceCell<TemplateValue>,
}

impl ConditionValues {
    pub(super) fn new(map: Map<String, Value>) -> Self {
        Self { map, root: OnceCell::new() }
    }

    pub(super) fn root(&self) -> TemplateValue {
        self.root.get_or_init(|| TemplateValue::from(Serde(Value::Object(self.map.clone())))).clone()
    }
}
