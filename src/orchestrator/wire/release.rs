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
    #[serde(default, deserialize_with = "lenient_object")]
    arguments: Option<ArgumentsDto>,
}

/// `ArgumentMetadata`, as far as we read it.
#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ArgumentsDto {
    /// JSON text.
    #[serde(default, deserialize_with = "text")]
    output: Option<String>,
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
        let current = release.current_version.as_ref().and_then(|version| version.id);
        let declares_output = release.arguments.and_then(|arguments| declares_any(&arguments.output?));
        let all = release.release_versions.into_iter().chain(release.current_version);
        let named = all.filter_map(|version| {
            let name = version.version_number?.trim().to_owned();
            Some((version.id?, name)).filter(|(_, name)| !name.is_empty())
        });
        Self { versions: named.collect::<BTreeMap<i64, String>>(), current, declares_output }
    }
}

/// Whether `told` is the key of `release`; `None` where it is no key.
fn is_key(told: Option<&str>, release: ReleaseKey) -> Option<bool> {
    Some(uuid::Uuid::try_parse(told?.trim()).ok()? == release.0)
}

/// Whether a side of a signature declares anything: JSON text of a list of arguments, each with its name. `None` where it is of
/// another form: newer packages may have a JSON schema there.
fn declares_any(signature: &str) -> Option<bool> {
    let serde_json::Value::Array(arguments) = serde_json::from_str(signature).ok()? else { return None };
    let has_name = |argument: &serde_json::Value| {
        let name = argument.get("name").or_else(|| argument.get("Name"));
        name.and_then(serde_json::Value::as_str).is_some_and(|name| !name.trim().is_empty())
    };
    arguments.iter().all(has_name).then_some(!arguments.is_empty())
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

    #[test]
    fn a_signature_declares_outputs_where_it_is_a_list_of_arguments_and_else_nobody_knows() {
        let read = |arguments: &str| {
            let text = format!(r#"{{"Arguments":{arguments},"CurrentVersion":{{"Id":"9"}}}}"#);
            let details = ReleaseDetails::from(serde_json::from_str::<ReleaseDetailsDto>(&text).expect("lenient"));
            assert_eq!(details.current, Some(9));
            details.declares_output
        };
        for (arguments, expected) in [
            (r#"{"Input":"[]","Output":"[{\"name\":\"total\",\"type\":\"System.Int32, mscorlib\"}]"}"#, Some(true)),
            (r#"{"Output":" [ {\"Name\":\"total\",\"type\":null} ] "}"#, Some(true)),
            (r#"{"Output":"[]"}"#, Some(false)),
            (r#"{"Input":"[{\"name\":\"x\"}]"}"#, None),
            ("null", None),
            ("[]", None),
            (r#"{"Output":null}"#, None),
            (r#"{"Output":""}"#, None),
            (r#"{"Output":"null"}"#, None),
            (r#"{"Output":"[7]"}"#, None),
            (r#"{"Output":"[{\"name\":\"total\"},{\"type\":\"System.Int32\"}]"}"#, None),
            (r#"{"Output":"[{\"name\":"}"#, None),
            (r#"{"Output":"{\"type\":\"object\",\"properties\":{\"total\":{\"type\":\"integer\"}}}"}"#, None),
            (r#"{"Output":[{"name":"total"}]}"#, None),
        ] {
            assert_eq!(read(arguments), expected, "{arguments}");
        }
    }
}
