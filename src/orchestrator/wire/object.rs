//! JSON objects, and nothing else, read as our own types.
//!
//! In: JSON. Out: a type of the API. Never: takes a list for an object. What serde derives reads a struct's fields from
//! a list by position too, and no OData object is a list: `[[{"Id":7}]]` would pass for a list of robot jobs.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};

/// The object that `text` is.
pub(in crate::orchestrator) fn read_object<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    serde_json::from_str(text).map(|Object(value)| value)
}

/// A field that is an object.
pub(super) fn object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    Object::deserialize(deserializer).map(|Object(value)| value)
}

/// A field that is an object, or null.
pub(super) fn object_or_null<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer).map(|found: Option<Object<T>>| found.map(|Object(value)| value))
}

/// A field that is an object; whatever else it is says nothing.
pub(super) fn lenient_object<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let found = serde_json::Value::deserialize(deserializer)?;
    Ok(found.is_object().then(|| serde_json::from_value(found).ok()).flatten())
}

/// A field that is a list of objects.
pub(super) fn objects<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let items: Vec<Object<T>> = Vec::deserialize(deserializer)?;
    Ok(items.into_iter().map(|Object(value)| value).collect())
}

/// A value that is an object on the wire.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{AttachmentDto, AuthenticateDto, FolderPathsDto, JobDto, ListPage, ReleaseDto, TokenDto};
    use super::*;

    #[test]
    fn no_list_is_read_as_an_object_at_any_depth() {
        fn reads<T: DeserializeOwned>(text: &str) -> bool {
            read_object::<T>(text).is_ok()
        }
        const GUID: &str = "b618cdfd-0000-4000-8000-000000000000";
        let release = format!(r#"{{"value":[{{"Key":"{GUID}","Name":"Load"}}]}}"#);
        let attachment = |access: &str| format!(r#"{{"Id":"{GUID}","BlobFileAccess":{access}}}"#);
        for (is_read, text, is_object) in [
            (reads::<ListPage<JobDto>> as fn(&str) -> bool, r#"{"value":[{"Id":7}]}"#.to_owned(), true),
            (reads::<ListPage<JobDto>>, r#"[[{"Id":7}]]"#.to_owned(), false),
            (reads::<ListPage<JobDto>>, r#"{"value":[[7]]}"#.to_owned(), false),
            (reads::<ListPage<JobDto>>, "[[[7]]]".to_owned(), false),
            (reads::<ListPage<ReleaseDto>>, release, true),
            (reads::<ListPage<ReleaseDto>>, format!(r#"{{"value":[["{GUID}","Load"]]}}"#), false),
            (reads::<FolderPathsDto>, r#"{"PageItems":[{"FullyQualifiedName":"A"}]}"#.to_owned(), true),
            (reads::<FolderPathsDto>, r#"{"PageItems":[["A"]]}"#.to_owned(), false),
            (reads::<FolderPathsDto>, r#"[[{"FullyQualifiedName":"A"}]]"#.to_owned(), false),
            (reads::<TokenDto>, r#"{"access_token":"x"}"#.to_owned(), true),
            (reads::<TokenDto>, r#"["x"]"#.to_owned(), false),
            (reads::<AuthenticateDto>, r#"["x",true]"#.to_owned(), false),
            (reads::<AttachmentDto>, attachment(r#"{"Uri":"u","Headers":{"Keys":["k"],"Values":["v"]}}"#), true),
            (reads::<AttachmentDto>, attachment(r#"{"Uri":"u","Headers":null}"#), true),
            (reads::<AttachmentDto>, attachment(r#"{"Uri":"u"}"#), true),
            (reads::<AttachmentDto>, attachment(r#"["u",null]"#), false),
            (reads::<AttachmentDto>, attachment(r#"{"Uri":"u","Headers":[["k"],["v"]]}"#), false),
        ] {
            assert_eq!(is_read(&text), is_object, "{text}");
        }
    }
}
