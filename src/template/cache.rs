//! Compiled expressions, each once.
//!
//! In: texts. Out: what they compile to, kept where there is room. Never: evaluates.

use std::collections::HashMap;
use std::sync::Arc;

use super::eval::CompiledExpression;
use super::expression_error::ExpressionError;

/// Compiled expressions by their text, so that a thousand jobs with one expression compile it once.
#[derive(Debug, Default)]
pub struct ExpressionCache {
    compiled_by_text: HashMap<Box<str>, Arc<CompiledExpression>>,
}

/// Maximum different expressions that are kept; beyond, each is compiled again where it is needed (about 2 us).
const MAX_CACHED_EXPRESSIONS: usize = 4096;

impl ExpressionCache {
    /// The expression, compiled now or before, and kept where there is room.
    pub(super) fn learn(&mut self, text: &str) -> Result<Arc<CompiledExpression>, ExpressionError> {
        if let Some(compiled) = self.compiled_by_text.get(text) {
            return Ok(Arc::clone(compiled));
        }
        let compiled = Arc::new(CompiledExpression::new(text)?);
        if self.compiled_by_text.len() < MAX_CACHED_EXPRESSIONS {
            self.compiled_by_text.insert(text.into(), Arc::clone(&compiled));
        }
        Ok(compiled)
    }

    /// The expression, compiled now or before.
    pub(super) fn get(&self, text: &str) -> Result<Arc<CompiledExpression>, ExpressionError> {
        self.compiled_by_text
            .get(text)
            .map_or_else(|| CompiledExpression::new(text).map(Arc::new), |known| Ok(Arc::clone(known)))
    }
}
