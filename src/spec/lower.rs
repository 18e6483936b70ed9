//! The stage itself: a document's complaints against the schema and against the rules across keys, all at once.
//!
//! In: a document. Out: a [`Spec`], or every complaint in the order of the text. Never: stops at the first.

use super::lowering::read;
use super::merge::merge;
use super::model::Spec;
use crate::diagnostic::{Code, Diagnosed, Diagnostic, Severity};
use crate::manifest::Document;
use crate::schema;
use crate::source::Place;

/// Turns a document into a spec.
pub fn lower(document: Document) -> Diagnosed<Spec> {
    UncheckedManifest::of(document).check()
}

/// A document that was read by its types and the rules across keys, and not yet held against the schema: making that
/// ready takes longer than all the rest does for a small manifest.
#[derive(Debug)]
pub struct UncheckedManifest {
    /// The document where it is no manifest at all.
    spec: Result<Spec, Box<Document>>,
    complaints: Vec<Diagnostic>,
}

impl UncheckedManifest {
    /// Reads `document`.
    #[must_use]
    pub fn of(document: Document) -> Self {
        let mut complaints = Vec::new();
        let spec = read(document, &mut complaints);
        Self { spec, complaints }
    }

    /// The spec, which is a good one only if its document keeps to the schema.
    #[must_use]
    pub fn spec(&self) -> Option<&Spec> {
        let is_error = |complaint: &Diagnostic| complaint.severity == Severity::Error;
        self.spec.as_ref().ok().filter(|_| !self.complaints.iter().any(is_error))
    }

    /// The manifest's name and where it stands, as far as it has one, whatever else is wrong.
    #[must_use]
    pub fn named(&self) -> Option<(&str, Place)> {
        let spec = self.spec.as_ref().ok().filter(|spec| !spec.name.is_empty())?;
        let entry = spec.document.entry(spec.document.root(), "name")?;
        Some((&spec.name, spec.document.place(entry.value)))
    }

    /// The spec where its document keeps to the schema.
    pub fn check(self) -> Diagnosed<Spec> {
        match self.spec {
            Ok(spec) => {
                let complaints = merge(schema::check(&spec.document), self.complaints);
                Diagnosed::new(spec, complaints)
            }
            Err(document) => Diagnosed::failed(or_not_a_manifest(&document, schema::check(&document))),
        }
    }
}

/// A root without the keys that every manifest has: the schema says so.
fn or_not_a_manifest(document: &Document, mut from_schema: Vec<Diagnostic>) -> Vec<Diagnostic> {
    if from_schema.is_empty() {
        let place = document.place(document.root());
        from_schema.push(Diagnostic::error(Code::WrongType, place, "this is not a manifest"));
    }
    from_schema
}
