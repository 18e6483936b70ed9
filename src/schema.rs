//! A document against the published schema.
//!
//! In: a document. Out: one located sentence for each violation. Never: rules that cross keys; those are `spec`'s.

use std::sync::OnceLock;

use serde_json::Value;

use crate::diagnostic::{Diagnostic, HiddenCount, MAX_SHOWN, Severity};
use crate::format;
use crate::manifest::Document;

mod explain;
mod expressions;
mod rules;
mod validation;
mod violation;
mod words;

use rules::Rules;
use validation::ValidationPass;

pub(crate) use words::own_word;

/// The published schema's text: `schema/sortie.schema.json`, which [`generate`] makes and a test keeps in step.
pub const TEXT: &str = include_str!("../schema/sortie.schema.json");

/// The schema of manifest tests: `schema/sortie-tests.schema.json`, which their types make and a test keeps in step.
pub const TESTS_TEXT: &str = include_str!("../schema/sortie-tests.schema.json");

/// The identity of the published schema. It names the format, not a place to fetch it from.
pub const ID: &str = "urn:sortie:manifest:1";

/// So many violations are counted; one text can hold millions.
const MAX_COUNTED: usize = 100_000;

/// The schema of the manifest's format as `format`'s types say it, draft 2020-12.
#[must_use]
pub fn generate() -> Value {
    let mut schema = serde_json::Map::new();
    if let Value::Object(generated) = format::generate().to_value() {
        schema.extend(generated.get_key_value("$schema").map(|(key, value)| (key.clone(), value.clone())));
        schema.insert("$id".to_owned(), Value::String(ID.to_owned()));
        schema.extend(generated);
    }
    Value::Object(schema)
}

/// What `document` violates of the schema, in the order of the text; empty for a good one.
///
/// Values are never repeated in a sentence; only keys are, and the words that the schema lists.
#[must_use]
pub fn check(document: &Document) -> Vec<Diagnostic> {
    check_against(published(), document, expressions::misplaced(document))
}

/// The same of a file of tests, whose texts are none of expressions.
#[must_use]
pub fn check_tests(document: &Document) -> Vec<Diagnostic> {
    let mut complaints = check_against(published_tests(), document, Vec::new());
    for complaint in &mut complaints {
        // The words of violations are those of manifests.
        complaint.what = complaint.what.replacen("the manifest", "the test file", 1);
    }
    complaints
}

/// What `document` violates of `published`, beside the complaints that are known of it.
fn check_against(published: &PublishedSchema, document: &Document, mut complaints: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut pass = ValidationPass::new(&published.rules, document, MAX_COUNTED);
    let explainer = explain::Explainer { document, schema: published.schema };
    // An expression that is misplaced breaks a rule of the schema too: those that were only counted are not counted again.
    let is_counted = complaints.iter().any(|complaint| complaint.unshown.is_some());
    let (before, mut unshown) = (complaints.len(), HiddenCount { count: 0, is_least: false });
    for violation in pass.violations() {
        if complaints.len() - before < MAX_SHOWN {
            explainer.explain(&violation, &mut complaints);
        } else {
            unshown.count += if is_counted { 0 } else { violation.weight() };
        }
    }
    unshown.is_least = pass.is_over() || (is_counted && complaints.len() > before);
    if let Some(last) = complaints.last().filter(|_| unshown.count > 0 || unshown.is_least) {
        let more = unshown.at(Severity::Error, last.place);
        complaints.push(more);
    }
    complaints.sort_by(|a, b| (a.place, a.code, &a.what).cmp(&(b.place, b.code, &b.what)));
    // An alias is checked wherever it stands for its value; once is enough to tell.
    complaints.dedup_by(|a, b| a.place == b.place && a.code == b.code && a.what == b.what);
    complaints
}

/// A schema that is part of the program.
struct PublishedSchema {
    schema: &'static Value,
    rules: Rules<'static>,
}

impl PublishedSchema {
    fn of(schema: &'static Value) -> Self {
        Self { schema, rules: Rules::of(schema) }
    }
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("a published schema is JSON")
}

fn published() -> &'static PublishedSchema {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    static PUBLISHED: OnceLock<PublishedSchema> = OnceLock::new();
    PUBLISHED.get_or_init(|| PublishedSchema::of(SCHEMA.get_or_init(|| parsed(TEXT))))
}

fn published_tests() -> &'static PublishedSchema {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    static PUBLISHED: OnceLock<PublishedSchema> = OnceLock::new();
    PUBLISHED.get_or_init(|| PublishedSchema::of(SCHEMA.get_or_init(|| parsed(TESTS_TEXT))))
}
