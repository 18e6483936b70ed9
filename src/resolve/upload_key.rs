//! What an attachment is the input of.

use crate::ids::{FolderRef, Ordinal};
use crate::plan::Launch;
use crate::start_info::Input;

/// What an attachment is the input of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UploadKey {
    /// Every launch of this folder that names this file.
    File(FolderRef, Box<str>),
    /// This launch.
    Launch(Ordinal),
}

impl UploadKey {
    /// What the launch's input is uploaded as; `None` if nothing is.
    pub(super) fn of(launch: &Launch) -> Option<Self> {
        match launch.start_info.input.as_ref()? {
            Input::LongArguments(_) => Some(Self::Launch(launch.ordinal)),
            Input::File { path, .. } => Some(Self::File(launch.folder.clone(), path.clone())),
            Input::Arguments(_) | Input::Attachment(_) => None,
        }
    }
}
