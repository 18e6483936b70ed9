//! What one launch asks for, and what its fields are read from.
//!
//! In: fields that were read. Out: plain types. Never: judges.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::format::ReleaseRef;
use crate::ids::FolderRef;
use crate::launch_terms::AmbiguityPolicy;
use crate::manifest::NodeId;
use crate::source::Place;
use crate::start_info::{RobotRef, StartInfo};

/// What one launch asks for, by name.
#[derive(Clone, Debug, PartialEq)]
pub struct JobFields {
    /// The folder, where the job or the defaults name one.
    pub folder: Option<FolderRef>,
    /// The release.
    pub release: ReleaseRef,
    /// The author's part of the Reference.
    pub reference: Option<String>,
    /// Everything else that is sent, but for the input where that is a file.
    pub start_info: StartInfo<RobotRef>,
    /// What follows once it was in doubt and proved absent.
    pub on_ambiguous: AmbiguityPolicy,
    /// Whether no run starts it where another run may have started it.
    pub is_once: bool,
    /// The file beside the manifest that is the input, where one is: its path, and where it is named.
    pub input_file: Option<(String, Place)>,
    /// Where what is looked up is named.
    pub nodes: FieldNodes,
}

/// The nodes of what is named in a job.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FieldNodes {
    /// The release.
    pub release: NodeId,
    /// The folder, where the job or the defaults name one.
    pub folder: Option<NodeId>,
    /// The robots, where there are some.
    pub robots: Option<NodeId>,
    /// `machines` or `machine-robots`, where there are some.
    pub machines: Option<NodeId>,
}

/// A field's value, as far as it is known.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldValue {
    /// The value.
    Value(Value),
    /// Left out by `omit`.
    Omitted,
    /// Not known yet, or a complaint was made about it.
    Deferred,
}

/// Arguments from outside of the manifest.
#[derive(Clone, Copy, Debug, Default)]
pub struct ArgumentLayers<'a> {
    /// Over which the manifest's own are laid.
    pub below: Option<&'a Map<String, Value>>,
    /// Which are laid over the manifest's own.
    pub above: Option<&'a Map<String, Value>>,
    /// What happens to arguments that are too long.
    pub when_long: LargeArguments,
}

/// What happens to arguments that are longer than the API takes in the call itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LargeArguments {
    /// They are an error.
    #[default]
    Refuse,
    /// They are uploaded as a file, which newer servers take.
    Attach,
}
