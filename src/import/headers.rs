//! The headers and the address of a request: what a manifest takes of them, and what belongs into a profile.
//!
//! In: names and values. Out: folder and tenant of a request. Never: keeps a login; it is learnt, so that nothing shows it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::draft::Draft;
use super::found::{FolderHeader, FoundRequest};
use super::secret_words::is_secret_name;

/// The call that starts robot jobs.
const CALL: &str = "uipath.server.configuration.odata.startjobs";

/// Whether `address` is that of the call.
pub(super) fn is_start_jobs(address: &str) -> bool {
    address.to_ascii_lowercase().contains(CALL)
}

/// Takes what a header says; what is a login is learnt, and left out.
pub(super) fn take_header(found: &mut FoundRequest, name: &str, value: &str, draft: &mut Draft<'_>) {
    if let Some(header) = FolderHeader::named(name) {
        found.folder = Some((header, value.to_owned()));
        return;
    }
    match name.to_ascii_lowercase().as_str() {
        "x-uipath-tenantname" => found.target.tenant = Some(value.to_owned()),
        "content-type" | "accept" | "user-agent" | "content-length" | "host" | "accept-encoding" | "connection"
        | "cache-control" | "accept-language" | "origin" | "referer" | "expect" => {}
        lower if lower == "authorization" || lower == "cookie" || is_secret_name(lower) => {
            learn_login(value, draft);
            draft.note(format!(
                "the header `{name}` was left out: a login belongs into a profile (`sortie help connection`)"
            ));
        }
        lower if lower.starts_with("sec-") || lower.starts_with(':') || lower == "postman-token" => {}
        _ => draft.note(format!("the header `{name}` was left out: sortie sets its own")),
    }
}

/// Learns a login's value: whole, its token, and what a cookie or a basic login holds.
pub(super) fn learn_login(value: &str, draft: &Draft<'_>) {
    if ["bearer", "basic", "token"].contains(&value.trim().to_ascii_lowercase().as_str()) {
        return;
    }
    draft.learn(value);
    if let Some(token) = value.split_whitespace().last() {
        draft.learn(token);
        let plain = STANDARD.decode(token).ok();
        if let Some((_, password)) = plain.as_deref().and_then(|it| std::str::from_utf8(it).ok()?.split_once(':')) {
            draft.learn(password);
        }
    }
    for (_, value) in value.split(';').filter_map(|cookie| cookie.split_once('=')) {
        draft.learn(value);
    }
}

/// What stands in front of `/odata` in `address`, without user and password.
pub(super) fn base_of(address: &str) -> Option<String> {
    let end = address.to_ascii_lowercase().find("/odata")?;
    let base = &address[..end];
    let base = match base.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            format!("{scheme}://{host}{path}")
        }
        None => base.rsplit_once('@').map_or(base, |(_, host)| host).to_owned(),
    };
    (!base.is_empty()).then_some(base)
}
