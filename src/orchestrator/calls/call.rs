//! One call of Orchestrator's API: made until it is answered, with a token that is renewed once.
//!
//! In: what is asked, and in which folder. Out: the answer, read; or the [`CallError`] for a person.
//! Never: for `StartJobs`, which is sent once.

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde::de::DeserializeOwned;

use crate::clock::Timestamp;
use crate::ids::FolderRef;
use crate::orchestrator::auth::TokenUse;
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::client::Client;
use crate::orchestrator::http::observed::{HttpReply, ReplyBody};
use crate::orchestrator::http::retrying_client::{CallContext, CallPlace, MAX_TRIES};
use crate::orchestrator::wire;

/// One call.
#[derive(Clone, Copy)]
pub(in crate::orchestrator) struct ApiCall<'a> {
    /// The purpose, for messages.
    pub what: &'static str,
    pub method: &'a Method,
    /// `None`: all that the login sees.
    pub folder: Option<&'a FolderRef>,
    /// With its query.
    pub path: &'a str,
    /// JSON text; empty: none.
    pub body: &'a str,
}

impl Client {
    /// Reads `path` (with its query) in `folder`; repeats what may pass, and renews the token once.
    pub(in crate::orchestrator) async fn get<T: DeserializeOwned>(
        &self,
        what: &'static str,
        folder: &FolderRef,
        path: &str,
    ) -> Result<T, CallError> {
        self.get_dated(MAX_TRIES, what, Some(folder), path).await.map(|(body, _)| body)
    }

    /// As [`Client::get`] with at most `tries` tries, and with the server's own time where it told it.
    pub(in crate::orchestrator) async fn get_dated<T: DeserializeOwned>(
        &self,
        tries: u32,
        what: &'static str,
        folder: Option<&FolderRef>,
        path: &str,
    ) -> Result<(T, Option<Timestamp>), CallError> {
        let reply = self.call(tries, ApiCall { what, method: &Method::GET, folder, path, body: "" }).await?;
        Ok((self.read(what, &reply)?, reply.date()))
    }

    /// Asks, with at most `tries` tries. The answer is whole, and its status 2xx.
    pub(in crate::orchestrator) async fn call(&self, tries: u32, call: ApiCall<'_>) -> Result<HttpReply, CallError> {
        let ApiCall { what, method, folder, path, body } = call;
        let place = folder.map_or(CallPlace::Tenant, CallPlace::Folder);
        let context = CallContext { what, origin: self.base.origin(), login: self.tokens.login(), place };
        let url = self.base.join(path);
        let mut token = self.tokens.get().await?;
        let reply = loop {
            let build = || {
                let mut message = self.message(method.clone(), url.clone(), folder, &token);
                if !body.is_empty() {
                    message.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                    *message.body_mut() = Some(body.to_owned().into());
                }
                message
            };
            match self.retrying.call_up_to(tries, context, build).await {
                Ok(reply) => break reply,
                Err(CallError::LoginRefused { error, .. }) => {
                    token = self.tokens.replace(&token, TokenUse::Read, error).await?;
                }
                // A kept token may be older than a permission that was granted since.
                Err(CallError::Permission { error, .. }) if token.is_kept() => {
                    token = self.tokens.replace(&token, TokenUse::Read, error).await?;
                }
                Err(error) => return Err(error),
            }
        };
        token.accept(TokenUse::Read);
        Ok(reply)
    }

    /// The answer as `T`; else something else than Orchestrator answers there.
    pub(in crate::orchestrator) fn read<T: DeserializeOwned>(
        &self,
        what: &'static str,
        reply: &HttpReply,
    ) -> Result<T, CallError> {
        let ReplyBody::Whole(bytes) = &reply.body else { unreachable!("the repeater returns whole answers only") };
        let parse = |bytes: &[u8]| {
            wire::json_text(bytes).and_then(|text| wire::read_object(text).map_err(|error| wire::misfit(&error)))
        };
        // Free text of one row must not hide the others: what is no text in it is read as U+FFFD.
        let parsed = parse(bytes).or_else(|why| wire::mended(bytes).map_or(Err(why), |text| parse(text.as_bytes())));
        parsed.map_err(|detail| self.strange(what, reply.status, &detail))
    }

    /// An answer that is not what Orchestrator says.
    pub(in crate::orchestrator) fn strange(&self, what: &'static str, status: u16, detail: &str) -> CallError {
        let detail = self.retrying.masked(detail);
        CallError::NotOrchestrator { what, origin: self.base.origin().clone(), status, detail }
    }
}
