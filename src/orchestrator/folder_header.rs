//! How a request names its folder.
//!
//! In: a [`FolderRef`]. Out: the one header for it. Source: `docs/orchestrator-api.md`, section 3.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{HeaderName, HeaderValue};

use crate::ids::FolderRef;

const ID: HeaderName = HeaderName::from_static("x-uipath-organizationunitid");
const PATH: HeaderName = HeaderName::from_static("x-uipath-folderpath");
const PATH_ENCODED: HeaderName = HeaderName::from_static("x-uipath-folderpath-encoded");
const KEY: HeaderName = HeaderName::from_static("x-uipath-folderkey");

/// The header that names `folder`.
pub fn folder_header(folder: &FolderRef) -> (HeaderName, HeaderValue) {
    match folder {
        FolderRef::Id(id) => (ID, HeaderValue::from(id.0)),
        FolderRef::Key(key) => (KEY, ascii(&key.to_string())),
        // A header's value cannot begin or end with a space: it would be trimmed, and name another folder.
        FolderRef::Path(path) if path.bytes().all(|byte| matches!(byte, b' '..=b'~')) && path.trim() == path => {
            (PATH, ascii(path))
        }
        FolderRef::Path(path) => {
            let utf16: Vec<u8> = path.encode_utf16().flat_map(u16::to_le_bytes).collect();
            (PATH_ENCODED, ascii(&STANDARD.encode(utf16)))
        }
    }
}

/// A folder header's name as the documentation spells it.
#[must_use]
pub fn spelled(name: &HeaderName) -> &'static str {
    match name.as_str() {
        "x-uipath-organizationunitid" => "X-UIPATH-OrganizationUnitId",
        "x-uipath-folderkey" => "X-UIPATH-FolderKey",
        "x-uipath-folderpath" => "X-UIPATH-FolderPath",
        _ => "X-UIPATH-FolderPath-Encoded",
    }
}

fn ascii(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("visible ASCII is a header's value")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::FolderId;

    #[test]
    fn each_way_to_name_a_folder_has_its_header() {
        let key = uuid::Uuid::from_u128(0x5b75_4c63_5d1a_4c37_bb9b_74b6_9e49_34bf);
        for (folder, name, value) in [
            (FolderRef::Id(FolderId(-7)), "x-uipath-organizationunitid", "-7"),
            (FolderRef::Path("Finance/AP 1".to_owned()), "x-uipath-folderpath", "Finance/AP 1"),
            (FolderRef::Path("Büro".to_owned()), "x-uipath-folderpath-encoded", "QgD8AHIAbwA="),
            (FolderRef::Path("A ".to_owned()), "x-uipath-folderpath-encoded", "QQAgAA=="),
            (FolderRef::Path("A\n".to_owned()), "x-uipath-folderpath-encoded", "QQAKAA=="),
            (FolderRef::Key(key), "x-uipath-folderkey", "5b754c63-5d1a-4c37-bb9b-74b69e4934bf"),
        ] {
            let (header, text) = folder_header(&folder);
            assert_eq!((header.as_str(), text.to_str().expect("ASCII")), (name, value), "{folder}");
        }
    }
}
