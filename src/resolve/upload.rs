//! The files that must be uploaded before their launches can be sent, and the ids that they get.
//!
//! In: resolved requests. Out: [`Upload`]s, each made when it is asked for; a file once for each folder, long arguments
//! once for each launch. Never: uploads. An upload that no launch uses in the end leaves an attachment behind, which is
//! harmless: so nothing of it is recorded, and a run that was cut off uploads again.

use std::collections::HashSet;

use super::requests::Requests;
use super::upload_key::UploadKey;
use crate::ids::FolderRef;
use crate::start_info::{Input, arguments_text};

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
            let key = UploadKey::of(&launch)?;
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
}
