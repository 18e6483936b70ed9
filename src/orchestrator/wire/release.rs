//! A release as the API spells it, with its versions.
//!
//! In: `ReleaseDto`. Out: [`ReleaseDetails`]. Never: fails; what is of another form says nothing.

use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer};

use super::object::lenient_object;
use super::scalar::{integer, text};
use crate::ids::ReleaseKey;
use crate::orchestrator::job_pages::ReleaseDetails;

/// The ids of a `ReleaseDto`.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::orchestrator) struct ReleaseIdDto {
    #[serde(default, deserialize_with = "integer")]
    id: Option<i64>,
    #[serde(default, deserialize_with = "text")]
    key: Option<String>,
}

impl ReleaseIdDto {
    /// Its number, where it is the release with this key.
    pub(in crate::orchestrator) fn id_of(&self, release: ReleaseKey) -> Option<i64> {
        self.id.filter(|_| is_key(self.key.as_deref(), release) == Some(true))
    }
}

/// `ReleaseDto`, as far as it tells of robot jobs that are over.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(in crate::orchestrator) struct ReleaseDetailsDto {
    #[serde(default, deserialize_with = "text")]
    key: Option<String>,
    #[serde(default, deserialize_with = "lenient_object")]
    current_version: Option<ReleaseVersionDto>,
    #[serde(default, deserialize_with = "versions")]
    release_versions: Vec<ReleaseVersionDto>,
}

/// `ReleaseVersionDto`.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ReleaseVersionDto {
    #[serde(default, deserialize_with = "integer")]
    id: Option<i64>,
    #[serde(default, deserialize_with = "text")]
    version_number: Option<String>,
}

impl ReleaseDetailsDto {
    /// Whether it says that it is another release.
    pub(in crate::orchestrator) fn is_other_than(&self, release: ReleaseKey) -> bool {
        is_key(self.key.as_deref(), release) == Some(false)
    }
}

impl From<ReleaseDetailsDto> for ReleaseDetails {
    fn from(release: ReleaseDetailsDto) -> Self {
        let all = release.release_versions.into_iter().chain(release.current_version);
        let named = all.filter_map(|version| {
            let name = version.version_number?.trim().to_owned();
            Some((version.id?, name)).filter(|(_, name)| !name.is_empty())
        });
        Self { versions: named.collect::<BTreeMap<i64, String>>() }
    }
}

/// Whether `told` is the key of `release`; `None` where it is no key.
fn is_key(told: Option<&str>, release: ReleaseKey) -> Option<bool> {
    Some(uuid::Uuid::try_parse(told?.trim()).ok()? == release.0)
}

/// Those of a list that are versions; none where it is no list.
fn versions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ReleaseVersionDto>, D::Error> {
    let found = serde_json::Value::deserialize(deserializer)?;
    let serde_json::Value::Array(items) = found else { return Ok(Vec::new()) };
    let objects = items.into_iter().filter(serde_json::Value::is_object);
    Ok(objects.filter_map(|item| serde_json::from_value(item).ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_named_by_their_numbers_as_far_as_they_are_told() {
        let read = |text: &str| ReleaseDetails::from(serde_json::from_str::<ReleaseDetailsDto>(text).expect("lenient"));
        let names = |text: &str| read(text).versions.into_iter().collect::<Vec<_>>();
        let name = |id, name: &str| (id, name.to_owned());
        assert_eq!(names(r#"{"CurrentVersion":null,"ReleaseVersions":null}"#), []);
        assert_eq!(names(r#"{"CurrentVersion":[4],"ReleaseVersions":{"Id":3}}"#), []);
        let odd = r#"{"ReleaseVersions":[{"Id":3,"VersionNumber":" 2.1.3 "},{"Id":"4","VersionNumber":"2.1.4"},
            {"Id":5,"VersionNumber":" "},{"VersionNumber":"2.1.6"},7,[8,"2.1.8"]],"CurrentVersion":{"Id":9,"VersionNumber":"2.1.9"}}"#;
        assert_eq!(names(odd), [name(3, "2.1.3"), name(4, "2.1.4"), name(9, "2.1.9")]);
    }
}
