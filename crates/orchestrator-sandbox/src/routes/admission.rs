//! Who may come in: `Host`, method, bearer token, scope, tenant, folder; in this order.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

use super::endpoint::Needs;
use super::{Call, Live};
use crate::refusal::Refusal;
use crate::tenant::oblige::FolderAsked;
use crate::tenant::{FolderAt, Tenant};
use crate::world::switches::{FolderHeaders, FolderlessLists};

/// Checks everything that does not change the tenant.
pub(super) fn admit(call: &Call<'_>, live: &Live) -> Result<(), Refusal> {
    host(&call.parts.headers)?;
    let endpoint = call.target.endpoint;
    let method = call.parts.method.as_str();
    if !endpoint.methods().contains(&method) {
        return Err(Refusal::method(endpoint.methods()));
    }
    let needs = endpoint.needs(method);
    if needs == Needs::Nothing {
        return Ok(());
    }
    let bearer = live.tokens.check(call.header(header::AUTHORIZATION.as_str()), call.now)?;
    match needs {
        Needs::Scope(scopes) => bearer.check_scope(scopes, live.tenant.switches.missing_scope_status)?,
        Needs::User => bearer.check_user()?,
        Needs::Nothing | Needs::Ready => {}
    }
    tenant(call, &live.tenant)
}

/// Refuses a `Host` that is not a name of the loopback: a page of another site could else reach the sandbox by a
/// name of its own that resolves here.
pub(super) fn host(headers: &HeaderMap) -> Result<(), Refusal> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let bracketed = host.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (name, port) = bracketed.unwrap_or_else(|| host.split_at(host.find(':').unwrap_or(host.len())));
    // What follows the name is a port or nothing: `[::1].evil.example` is a name of somebody else.
    let is_port = |port: &str| port.bytes().all(|digit| digit.is_ascii_digit());
    if !port.is_empty() && !port.strip_prefix(':').is_some_and(is_port) {
        return Err(Refusal::host());
    }
    let is_loopback = name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    if is_loopback { Ok(()) } else { Err(Refusal::host()) }
}

fn tenant(call: &Call<'_>, tenant: &Tenant) -> Result<(), Refusal> {
    let header = call.header("x-uipath-tenantname").map(String::from_utf8_lossy);
    if let Some(from_address) = &call.target.tenant {
        tenant.check_name(Some(from_address))?;
        // The header is harmless beside an address that names the tenant, as long as it exists.
        return header.map_or(Ok(()), |name| tenant.check_name(Some(&name)));
    }
    tenant.check_name(header.as_deref())
}

/// The folder that the request's headers name: by number, GUID, path, or path in Base64 of UTF-16LE.
///
/// Errors: 1101 where there is none of the four; 1100 where one cannot be read, does not exist, or means another
/// folder than the next.
pub(super) fn folder(call: &Call<'_>, tenant: &mut Tenant) -> Result<FolderAt, Refusal> {
    let asked = asked(call, tenant)?;
    tenant.folder_asked(&asked)
}

/// As [`folder`], for a list that may go over all folders; none where it does.
pub(super) fn folder_or_all(call: &Call<'_>, tenant: &mut Tenant) -> Result<Option<FolderAt>, Refusal> {
    let asked = asked(call, tenant)?;
    let names_none = asked == FolderAsked::default();
    match tenant.switches.folderless_lists {
        FolderlessLists::AllFolders if names_none => Ok(None),
        FolderlessLists::AllFolders | FolderlessLists::Refuse => tenant.folder_asked(&asked).map(Some),
    }
}

fn asked(call: &Call<'_>, tenant: &Tenant) -> Result<FolderAsked, Refusal> {
    let text = |name: &str| match call.header(name) {
        None => Ok(None),
        Some(value) if value.is_ascii() => Ok(std::str::from_utf8(value).ok().map(str::trim)),
        Some(_) => Err(Refusal::unknown_folder()),
    };
    let read = |text: Option<&str>, wanted: fn(&str) -> Option<FolderAsked>| match text {
        None => Ok(FolderAsked::default()),
        Some(text) => wanted(text).ok_or_else(Refusal::unknown_folder),
    };
    let id = read(text("x-uipath-organizationunitid")?, |text| {
        text.parse().ok().map(|id| FolderAsked { id: Some(id), ..FolderAsked::default() })
    })?;
    let key = read(text("x-uipath-folderkey")?, |text| {
        Uuid::try_parse(text).ok().map(|key| FolderAsked { key: Some(key), ..FolderAsked::default() })
    })?;
    let plain = text("x-uipath-folderpath")?.map(str::to_owned);
    let encoded = match text("x-uipath-folderpath-encoded")? {
        None => None,
        Some(text) => Some(path_of(text).ok_or_else(Refusal::unknown_folder)?),
    };
    let path = match (plain, encoded) {
        (Some(plain), Some(encoded))
            if plain != encoded && tenant.switches.folder_headers == FolderHeaders::MustAgree =>
        {
            return Err(Refusal::unknown_folder());
        }
        (plain, encoded) => encoded.or(plain),
    };
    // A leading slash is the root of the ambient tree, which is the tenant's root here.
    let path = path.map(|path| path.strip_prefix('/').unwrap_or(&path).to_owned());
    Ok(FolderAsked { id: id.id, key: key.key, path })
}

/// The path in `X-UIPATH-FolderPath-Encoded`.
fn path_of(encoded: &str) -> Option<String> {
    let bytes = STANDARD.decode(encoded).ok().filter(|bytes| bytes.len() % 2 == 0)?;
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).ok()
}
