//! What a release tells of the robot jobs that ran it.

use std::collections::BTreeMap;

/// What a release tells of its versions. Source: Orchestrator OpenAPI, `ReleaseDto`; any of it may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReleaseDetails {
    /// `VersionNumber` of each version that it has or had, by the version's `Id`, which a robot job names as `ReleaseVersionId`.
    /// Two of them have one name where somebody went back to a version.
    pub versions: BTreeMap<i64, String>,
}
