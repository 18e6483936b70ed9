//! A manifest that was checked, and what is worth saying of it.

use std::path::PathBuf;

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Place;

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
