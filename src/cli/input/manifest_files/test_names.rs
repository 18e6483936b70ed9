//! How a file of tests is named after its manifest: `night.test.yaml` beside `night.yaml`.
//!
//! In: paths. Out: paths. Never: reads a file.

use std::path::{Path, PathBuf};

/// What the name of a test file ends with, and that of its manifest.
const ENDINGS: [(&str, &str); 2] = [(".test.yaml", ".yaml"), (".test.yml", ".yml")];

/// Whether a file of this name holds tests.
pub(crate) fn is_test_file(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    ENDINGS.iter().any(|(tests, _)| name.ends_with(tests) && name.len() > tests.len())
}

/// The path of the manifest that the test file at `path` is named after.
pub(crate) fn manifest_of(path: &Path) -> PathBuf {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let stem = ENDINGS.iter().find_map(|(tests, _)| name.strip_suffix(tests)).unwrap_or(name);
    let named = ENDINGS.map(|(_, ending)| path.with_file_name(format!("{stem}{ending}")));
    let [yaml, yml] = named;
    if !yaml.exists() && yml.exists() { yml } else { yaml }
}

/// The path of the test file beside the manifest at `path`, where there is one.
pub(crate) fn tests_of(path: &Path) -> Option<PathBuf> {
    let stem = path.file_stem()?.to_str()?;
    ENDINGS.iter().map(|(tests, _)| path.with_file_name(format!("{stem}{tests}"))).find(|path| path.exists())
}
