//! What a release tells of the robot jobs that ran it.

use std::collections::BTreeMap;

/// What a release tells of its versions, and of what they give. Source: Orchestrator OpenAPI, `ReleaseDto`; any of it may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleaseDetails {
    /// `VersionNumber` of each version that it has or had, by the version's `Id`, which a robot job names as `ReleaseVersionId`.
    /// Two of them have one name where somebody went back to a version.
    pub versions: BTreeMap<i64, String>,
    /// `Id` of the version that is current.
    pub current: Option<i64>,
    /// Whether the signature of the current version declares outputs; `None` where it is not told, or is of a form that is not known.
    pub declares_output: Option<bool>,
}
