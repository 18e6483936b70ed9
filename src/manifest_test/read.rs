//! A test file's tree -> its tests, or every complaint at its place.
//!
//! In: a document. Out: a [`TestFile`]. Never: stops at the first complaint; reads the manifest.

use std::collections::HashSet;

use super::case::ManifestTest;
use super::file_format::{TestEntry, TestFileFormat};
use crate::diagnostic::{Code, Diagnosed, Diagnostic, Severity, nearest};
use crate::manifest::{Document, from_node};
use crate::schema;
use crate::source::Place;

/// The tests of a manifest.
#[derive(Debug)]
pub struct TestFile {
    /// Its tree.
    pub document: Document,
    /// The manifest's path as it is written; `None` for the one of the file's name.
    pub manifest: Option<String>,
    /// The tests, in their order: at least one.
    pub tests: Vec<ManifestTest>,
}

impl TestFile {
    /// Where the manifest is named, or the file begins.
    #[must_use]
    pub fn manifest_place(&self) -> Place {
        let root = self.document.root();
        self.document.place(self.document.entry(root, "manifest").map_or(root, |entry| entry.value))
    }
}

/// Reads the tests in `document`.
pub fn read(document: Document) -> Diagnosed<TestFile> {
    let mut said = schema::check_tests(&document);
    if said.iter().any(|said| said.severity == Severity::Error) {
        return Diagnosed::failed(said);
    }
    let root = document.root();
    let Ok(TestFileFormat { manifest, tests, .. }) = from_node::<TestFileFormat>(&document, root) else {
        let what = "this is no file of tests";
        said.push(Diagnostic::error(Code::WrongType, document.place(root), what));
        return Diagnosed::failed(said);
    };
    let nodes = document.entry(root, "tests").map_or(&[][..], |entry| document.items(entry.value));
    let tests: Vec<ManifestTest> =
        tests.into_iter().zip(nodes).map(|(format, node)| ManifestTest { format, node: *node }).collect();
    let mut names: HashSet<&str> = HashSet::new();
    for test in &tests {
        let TestEntry { name, expect, .. } = &test.format;
        let place = test.place(&document, &["name"]);
        if !names.insert(name.as_str()) {
            let what = format!("two tests are called `{name}`");
            said.push(Diagnostic::error(Code::Conflict, place, what).help("give each a name of its own"));
        }
        for (index, expected) in expect.diagnostics.iter().flatten().enumerate() {
            let codes = || Code::ALL.iter().map(|code| code.as_str());
            if !codes().any(|code| code == expected.code) {
                let place = test.place(&document, &["expect", "diagnostics", &index.to_string(), "code"]);
                let near = nearest(&expected.code, codes()).map(|near| format!("did you mean `{near}`?"));
                let what = format!("there is no diagnostic `{}`", expected.code);
                said.push(Diagnostic::error(Code::UnknownName, place, what).maybe_help(near));
            }
        }
    }
    let file = TestFile { document, manifest, tests };
    Diagnosed::new(file, said)
}
