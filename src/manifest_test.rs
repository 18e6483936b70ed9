//! Tests of manifests: what a manifest comes to for given params, rows and time, written beside it and held against its plan.
//!
//! In: a test file's tree, a plan or what was complained of. Out: what is not as the tests expect, each at its place. Pure: offline,
//! without a profile, and the same each time. Never: reads a file; takes a value from the environment.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

mod case;
mod file_format;
mod forms;
mod judge;
mod read;
mod subset;

pub use case::ManifestTest;
pub use forms::{TestForm, TestOutcome, TestTotals, TestedFile, write};
pub use judge::judge;
pub use read::{TestFile, read};

use file_format::TestFileFormat;

/// The schema of test files as their types say it, draft 2020-12.
#[must_use]
pub fn schema() -> Value {
    let mut schema = Map::new();
    let generated = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<TestFileFormat>();
    if let Value::Object(generated) = generated.to_value() {
        schema.extend(generated.get_key_value("$schema").map(|(key, value)| (key.clone(), value.clone())));
        schema.insert("$id".to_owned(), "urn:sortie:manifest-tests:1".into());
        schema.extend(generated);
    }
    Value::Object(schema)
}
