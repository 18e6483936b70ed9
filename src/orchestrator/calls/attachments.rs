//! Attachments: the file that a robot job gets as its input, uploaded before the job is started.
//!
//! In: a name and a text. Out: the id that `InputFile` takes. An attachment that no robot job uses in the end is
//! harmless, so both calls may be repeated. Never: sends the token to another origin than Orchestrator's.
//! Source: `docs/orchestrator-api.md`, section 11; Orchestrator OpenAPI, operation `Attachments_Post`.

use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, HOST, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde_json::json;

use super::call::ApiCall;
use crate::ids::{AttachmentId, FolderRef};
use crate::orchestrator::base_url::{Origin, is_loopback};
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::client::Client;
use crate::orchestrator::http::retrying_client::{CallContext, CallPlace, MAX_TRIES};
use crate::orchestrator::wire::{AttachmentDto, BlobFileAccessDto};

const WHAT: &str = "uploading an input file";

/// Where a content goes, and with which headers.
struct Destination {
    url: Url,
    headers: Vec<(HeaderName, HeaderValue)>,
    wants_token: bool,
}

impl Client {
    /// Uploads `text` as an attachment called `name`, in `folder`.
    ///
    /// Errors: [`CallError`]; nothing was started. An old server has no attachments, and refuses.
    pub async fn attach(&self, folder: &FolderRef, name: &str, text: &str) -> Result<AttachmentId, CallError> {
        let body = json!({ "Name": name }).to_string();
        let call = ApiCall {
            what: WHAT,
            method: &Method::POST,
            folder: Some(folder),
            path: "/odata/Attachments",
            body: &body,
        };
        let reply = self.call(MAX_TRIES, call).await?;
        let AttachmentDto { id, blob_file_access } = self.read(WHAT, &reply)?;
        let destination =
            self.destination(blob_file_access).map_err(|detail| self.strange(WHAT, reply.status, detail))?;
        self.put(folder, &destination, text).await?;
        Ok(AttachmentId(id))
    }

    /// Errors: what is wrong with the address, without it: its query is a credential.
    fn destination(&self, access: BlobFileAccessDto) -> Result<Destination, &'static str> {
        let url = Url::parse(&access.uri).map_err(|_| "the address for the file is no URL")?;
        let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        if !is_safe || !url.username().is_empty() || url.password().is_some() {
            return Err("the address for the file is not safe: https without a user is");
        }
        let is_ours = Origin::of(&url) == *self.base.origin();
        let wants_token = access.requires_auth == Some(true);
        if wants_token && !is_ours {
            return Err("the address for the file wants our token, and is at another host");
        }
        let headers = access.headers.unwrap_or_default();
        let pairs = headers.keys.iter().zip(&headers.values);
        let headers = pairs
            .filter_map(|(name, value)| {
                let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
                let is_free = ![AUTHORIZATION, HOST, CONTENT_LENGTH].contains(&name);
                Some((name, HeaderValue::from_str(value).ok()?)).filter(|_| is_free)
            })
            .collect();
        Ok(Destination { url, headers, wants_token })
    }

    async fn put(&self, folder: &FolderRef, destination: &Destination, text: &str) -> Result<(), CallError> {
        let token = self.tokens.get().await?;
        let origin = Origin::of(&destination.url);
        let (login, place) = (self.tokens.login(), CallPlace::Folder(folder));
        let context = CallContext { what: WHAT, origin: &origin, login, place };
        let build = || {
            let mut message = reqwest::Request::new(Method::PUT, destination.url.clone());
            let headers = message.headers_mut();
            headers.extend(destination.headers.iter().cloned().map(|(name, value)| (Some(name), value)));
            if destination.wants_token {
                headers.insert(AUTHORIZATION, token.header.clone());
            }
            *message.body_mut() = Some(text.to_owned().into());
            message
        };
        self.retrying.call_up_to(MAX_TRIES, context, build).await.map(drop)
    }
}
