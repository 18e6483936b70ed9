//! What the forms of a comparison are given, and what it comes to.
//!
//! In: plans, names, what changed. Out: plain values. Never: writes.

use crate::diagnostic::styles::Styles;
use crate::plan_diff::{DiffSide, PlanDiff};
use crate::secret::Redactor;

/// A form of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffForm {
    /// For people.
    Text,
    /// For machines: each launch that differs, field by field.
    Json,
    /// For a comment on a pull request: at most 65,536 characters.
    Markdown,
}

/// One manifest of a comparison.
#[derive(Clone, Copy, Debug)]
pub struct ManifestPair<'a> {
    /// Its name for people, such as a path.
    pub name: &'a str,
    /// What it was; `None` where it was not there.
    pub before: Option<DiffSide<'a>>,
    /// What it is; `None` where it is gone.
    pub after: Option<DiffSide<'a>>,
}

/// What is compared, and how it is shown.
#[derive(Clone, Copy, Debug)]
pub struct DiffHead<'a> {
    /// The form.
    pub form: DiffForm,
    /// The first side, for people.
    pub from: &'a str,
    /// The second side, for people.
    pub to: &'a str,
    /// What knows the secrets that no form may show.
    pub redactor: &'a Redactor,
    /// The colours of the form for people.
    pub styles: Styles,
}

/// A side of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ComparedSide {
    /// What it was.
    Before,
    /// What it is.
    After,
}

/// A manifest that is not compared, since it is not valid.
#[derive(Debug, serde::Serialize)]
pub(super) struct InvalidManifest {
    /// Its name.
    pub(super) name: String,
    /// Where it is not valid.
    pub(super) sides: Vec<ComparedSide>,
}

/// What a comparison comes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct DiffTotals {
    /// The manifests that were compared.
    pub manifests: u64,
    /// Those among them in which something differs.
    pub differing: u64,
    /// Those that are not compared, since they are not valid.
    pub invalid: u64,
    /// The launches that come.
    pub added: u64,
    /// The launches that go.
    pub removed: u64,
    /// The launches that are started otherwise.
    pub changed: u64,
    /// The launches that are the same, in manifests that differ.
    pub unchanged: u64,
}

impl DiffTotals {
    /// Counts what changed in a manifest.
    pub(super) fn add(&mut self, diff: &PlanDiff) {
        self.manifests += 1;
        self.added += diff.added.len() as u64;
        self.removed += diff.removed.len() as u64;
        self.changed += diff.changed.len() as u64;
        self.unchanged += u64::from(diff.unchanged);
    }
}
