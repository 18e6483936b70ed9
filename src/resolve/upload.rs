//! The files that must be uploaded before their launches can be sent, and the ids that they get.
//!
//! In: resolved requests. Out: [`Upload`]s, each made when it is asked for; a file once for each folder, long arguments
//! once for each launch. Never: uploads. An upload that no launch uses in the end leaves an attachment behind, which is
//! harmless: so nothing of it is recorded, and a run that was cut off uploads again.

use std::collections::HashSet;

use super::Requests;
use crate::ids::{AttachmentId, FolderRef, Ordinal};
use crate::plan::Launch;
use crate::start_info::{Input, arguments_text};

/// What an attachment is the input of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum UploadKey {
    /// Every launch of this folder that names this file.
    File(FolderRef, Box<str>),
    /// This launch.
    Launch(Ordinal),
}

/// One file to upload.
#[derive(Clone, PartialEq, Eq)]
pub struct Upload {
    /// What it is for.
    pub key: UploadKey,
    /// The folder that it is uploaded in.
    pub folder: FolderRef,
    /// The attachment's name.
    pub name: String,
    /// The content; may hold secrets.
    pub text: String,
}

impl Requests {
    /// The files that must be uploaded, in the order of their first launches.
    pub fn uploads(&self) -> impl Iterator<Item = Upload> {
        let mut seen = HashSet::new();
        self.plan.uploads().iter().filter_map(move |ordinal| {
            let launch = self.plan.to_send(*ordinal);
            let key = key(&launch)?;
            if !seen.insert(key.clone()) {
                return None;
            }
            let (name, text) = match launch.start_info.input? {
                Input::LongArguments(arguments) => ("arguments.json".to_owned(), arguments_text(&arguments)),
                Input::File { path, .. } => {
                    let name = path.rsplit('/').next().unwrap_or_default().to_owned();
                    (name, self.plan.input_text(&path)?)
                }
                Input::Arguments(_) | Input::Attachment(_) => return None,
            };
            Some(Upload { key, folder: launch.folder, name, text })
        })
    }

    /// The requests with the ids that uploading gave.
    #[must_use]
    pub fn attached(mut self, attachments: impl IntoIterator<Item = (UploadKey, AttachmentId)>) -> Self {
        self.attachments.extend(attachments);
        self
    }

    /// The attachment that is a launch's input; `None` if it needs none.
    pub(super) fn attachment(&self, launch: &Launch) -> Option<AttachmentId> {
        let key = key(launch)?;
        Some(*self.attachments.get(&key).expect("every upload of the plan was made before the first launch"))
    }
}

/// What the launch's input is uploaded as; `None` if nothing is.
fn key(launch: &Launch) -> Option<UploadKey> {
    match launch.start_info.input.as_ref()? {
        Input::LongArguments(_) => Some(UploadKey::Launch(launch.ordinal)),
        Input::File { path, .. } => Some(UploadKey::File(launch.folder.clone(), path.clone())),
        Input::Arguments(_) | Input::Attachment(_) => None,
    }
}
