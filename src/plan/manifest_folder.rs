//! The folder of launches whose job names none.
//!
//! In: a spec and its inputs. Out: the manifest's own folder, or what stands in its place while a manifest is tried out.

use super::field_value::value_of;
use super::inputs::{Inputs, MissingValuePolicy};
use crate::diagnostic::Diagnostic;
use crate::format::FromValue as _;
use crate::ids::{FolderId, FolderRef};
use crate::spec::{FieldValue, Spec};
use crate::template::Scope;

/// A manifest's own folder.
pub(super) enum ManifestFolder {
    /// It names none.
    Absent,
    /// It names this one.
    Named(FolderRef),
    /// It depends on a value that is not known, or a complaint was made.
    Later,
}

impl ManifestFolder {
    pub(super) fn value(&self) -> Option<FolderRef> {
        if let Self::Named(folder) = self { Some(folder.clone()) } else { None }
    }
}

/// The manifest's own folder, where it names one.
pub(super) fn manifest_folder(spec: &Spec, scope: &Scope, complaints: &mut Vec<Diagnostic>) -> ManifestFolder {
    let Some(node) = spec.folder else { return ManifestFolder::Absent };
    match value_of(spec, scope, node, complaints) {
        FieldValue::Omitted => ManifestFolder::Absent,
        FieldValue::Deferred => ManifestFolder::Later,
        FieldValue::Value(value) => match FolderRef::from_value("folder", &value) {
            Ok(folder) => ManifestFolder::Named(folder),
            Err(wrong) => {
                complaints.push(wrong.at(spec.document.place(node)));
                ManifestFolder::Later
            }
        },
    }
}

/// What stands in the place of a folder that the manifest does not name, or that is not known yet; `None` if that is
/// an error.
pub(super) fn stand_in(gaps: MissingValuePolicy, own: &ManifestFolder, inputs: &Inputs) -> Option<FolderRef> {
    match (gaps, own) {
        (MissingValuePolicy::Refused, _) => None,
        (MissingValuePolicy::LeftOpen { .. }, ManifestFolder::Later) => Some(unknown_folder()),
        // A profile that was given has no folder: nobody has one.
        (MissingValuePolicy::LeftOpen { .. }, ManifestFolder::Absent | ManifestFolder::Named(_)) => {
            inputs.profile.is_empty().then(folder_of_profile)
        }
    }
}

/// No manifest can name this one: an empty path is refused.
pub(super) fn folder_of_profile() -> FolderRef {
    FolderRef::Path(String::new())
}

/// Nor this one: numbers begin at 1.
fn unknown_folder() -> FolderRef {
    FolderRef::Id(FolderId(0))
}

/// Whether `folder` stands in the place of one that is not known.
pub(super) fn is_made_up(folder: &FolderRef) -> bool {
    *folder == unknown_folder() || *folder == folder_of_profile()
}
