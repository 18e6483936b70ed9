//! A request that was found in a text, as far as a manifest wants it.

use serde_json::{Map, Value};

/// A request that starts robot jobs, or a trigger that does.
#[derive(Debug)]
pub(super) struct FoundRequest {
    /// What its author calls it.
    pub(super) title: Option<String>,
    /// The header that names the folder, and its value.
    pub(super) folder: Option<(FolderHeader, String)>,
    /// Where it goes.
    pub(super) target: RequestTarget,
    /// What it asks for.
    pub(super) pasted: Pasted,
}

/// Where a request goes: what a profile says in sortie.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct RequestTarget {
    /// The address in front of `/odata`.
    pub(super) base: Option<String>,
    /// `X-UIPATH-TenantName`.
    pub(super) tenant: Option<String>,
}

/// How a folder is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FolderHeader {
    /// `X-UIPATH-OrganizationUnitId`.
    Id,
    /// `X-UIPATH-FolderPath`.
    Path,
    /// `X-UIPATH-FolderPath-Encoded`.
    EncodedPath,
    /// `X-UIPATH-FolderKey`.
    Key,
}

/// What a body asks for.
#[derive(Debug)]
pub(super) enum Pasted {
    /// `startInfo`.
    StartInfo(Map<String, Value>),
    /// A `ProcessScheduleDto`.
    Trigger(Map<String, Value>),
}

impl FoundRequest {
    /// The request whose body is `body`; the body itself if it starts nothing.
    pub(super) fn of_body(body: Value) -> Result<Self, Value> {
        let pasted = Pasted::of(body)?;
        Ok(Self { title: None, folder: None, target: RequestTarget::default(), pasted })
    }
}

impl FolderHeader {
    /// The header called `name`, if it names a folder.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "x-uipath-organizationunitid" => Some(Self::Id),
            "x-uipath-folderpath" => Some(Self::Path),
            "x-uipath-folderpath-encoded" => Some(Self::EncodedPath),
            "x-uipath-folderkey" => Some(Self::Key),
            _ => None,
        }
    }
}

impl Pasted {
    /// What `body` asks for; the body itself if it is no such thing.
    fn of(body: Value) -> Result<Self, Value> {
        let Value::Object(mut object) = body else { return Err(body) };
        let key = object.keys().find(|key| key.eq_ignore_ascii_case("startInfo")).cloned();
        if let Some(key) = key
            && object[&key].is_object()
        {
            let Some(Value::Object(info)) = object.remove(&key) else { return Err(Value::Object(object)) };
            return Ok(Self::StartInfo(info));
        }
        let has = |names: &[&str]| object.keys().any(|key| names.iter().any(|name| key.eq_ignore_ascii_case(name)));
        if has(&["StartProcessCron", "StartStrategy", "StartProcessCronDetails", "ExternalJobKeyScheduler"]) {
            return Ok(Self::Trigger(object));
        }
        if has(&["ReleaseKey", "ReleaseName"]) && !has(&["State", "BatchExecutionKey", "OutputArguments"]) {
            return Ok(Self::StartInfo(object));
        }
        Err(Value::Object(object))
    }
}
