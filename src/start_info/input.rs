//! What a robot job is given: arguments in the call itself, or a file that is uploaded first.
//!
//! In: arguments as written, or the name of a file. Out: [`Input`], and the field that carries it. Never: uploads.
//! Source: `docs/orchestrator-api.md`, sections 4.1 and 11.

use serde_json::{Map, Value};

use crate::ids::{AttachmentId, Digest};

/// Maximum length of `InputArguments`, in UTF-16 units. Source: Orchestrator OpenAPI, `StartProcessDto`.
pub const MAX_ARGUMENTS_UTF16: usize = 10_000;

/// The input of a robot job. The API takes one of the two fields, never both.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// `InputArguments`: these, as JSON text of at most [`MAX_ARGUMENTS_UTF16`].
    Arguments(Map<String, Value>),
    /// `InputFile`: the JSON text of these, which is too long for the call itself and is uploaded first.
    LongArguments(Map<String, Value>),
    /// `InputFile`: a file beside the manifest, which is uploaded first.
    File {
        /// Its path, as the manifest names it.
        path: Box<str>,
        /// What it holds.
        digest: Digest,
    },
    /// `InputFile`: an attachment that Orchestrator has.
    Attachment(AttachmentId),
}

impl Input {
    /// The arguments, where the author wrote them.
    #[must_use]
    pub fn arguments(&self) -> Option<&Map<String, Value>> {
        match self {
            Self::Arguments(arguments) | Self::LongArguments(arguments) => Some(arguments),
            Self::File { .. } | Self::Attachment(_) => None,
        }
    }

    /// Whether something is uploaded before the call.
    #[must_use]
    pub fn is_uploaded(&self) -> bool {
        match self {
            Self::LongArguments(_) | Self::File { .. } => true,
            Self::Arguments(_) | Self::Attachment(_) => false,
        }
    }

    /// The field and its value. In the place of an attachment that is still to be made stands what will be uploaded.
    pub(super) fn field(&self) -> (&'static str, String) {
        match self {
            Self::Arguments(arguments) => ("InputArguments", arguments_text(arguments)),
            Self::LongArguments(arguments) => {
                let text = arguments_text(arguments);
                let length = text.encode_utf16().count();
                ("InputFile", format!("arguments of {length} characters, SHA-256 {}", Digest::of(text.as_bytes())))
            }
            Self::File { path, digest } => ("InputFile", format!("{path}, SHA-256 {digest}")),
            Self::Attachment(id) => ("InputFile", id.0.to_string()),
        }
    }
}

/// The JSON text that the API takes.
#[must_use]
pub fn arguments_text(arguments: &Map<String, Value>) -> String {
    serde_json::to_string(arguments).expect("a JSON object has a text")
}
