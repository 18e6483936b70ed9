//! Manifests that were checked, and what is worth saying of them.

use std::path::PathBuf;

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Place;

/// What one call checked.
pub(super) struct Validation {
    /// Those that fail first.
    pub(super) checked: Vec<CheckedManifest>,
    /// How many YAML files of folders are no manifests.
    pub(super) others: usize,
    /// Those among them that may be meant for one: their names, and the key that they lack.
    pub(super) near: Vec<(String, &'static str)>,
}

/// A manifest that was checked.
pub(super) struct CheckedManifest {
    /// The file, as it was typed or found.
    pub(super) path: PathBuf,
    /// The manifest's name, and where it stands.
    pub(super) name: Option<(String, Place)>,
    /// What is worth saying of it, in the order of places.
    pub(super) said: Vec<Diagnostic>,
}

impl CheckedManifest {
    pub(super) fn is_valid(&self) -> bool {
        self.worst() != Some(Severity::Error)
    }

    pub(super) fn worst(&self) -> Option<Severity> {
        self.said.iter().map(|said| said.severity).min()
    }
}
