//! Telling somebody else than Orchestrator that a run began or is over: one request, whose answer says only whether it came.
//!
//! In: an address, perhaps a body. Out: whether it was taken. Never: follows a redirect, sends a token, asks twice, or shows
//! more of an address than its origin: the rest may be a secret.

use std::time::Duration;

use futures::future::{Either, select};
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Url, retry};

use super::network::{Network, NetworkError};
use crate::clock::Clock;
use crate::orchestrator::base_url::Origin;
use crate::secret::{Redactor, Secret};

/// Sends notifications.
pub struct Notifier {
    http: Client,
}

/// Why there can be no notifications.
#[derive(Debug, thiserror::Error)]
pub enum NotifierError {
    /// The profile's certificates cannot be used.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The system gives no HTTP.
    #[error("no HTTP can be had: {0}")]
    Stack(reqwest::Error),
}

/// Why a notification was not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotificationError {
    /// Its text is no address.
    #[error("it is no address that begins with https:// or http://")]
    NotAnAddress,
    /// A header that no request can have.
    #[error("`{0}` is no header, or its value cannot be one")]
    NotAHeader(String),
    /// The other side said no.
    #[error("`{0}` answered HTTP {1}")]
    Answered(Origin, u16),
    /// There was no answer in time.
    #[error("`{0}` gave no answer within {1} s")]
    TooLong(Origin, u64),
    /// There was no answer.
    #[error("`{0}` cannot be reached")]
    Unreachable(Origin),
}

/// The origin of `address`; `None` if it is none of HTTP.
#[must_use]
pub fn origin_of(address: &str) -> Option<Origin> {
    let url = Url::parse(address).ok().filter(|url| matches!(url.scheme(), "https" | "http") && url.has_host())?;
    Some(Origin::of(&url))
}

impl Notifier {
    /// One that goes the way of `network`. Errors: the profile's certificates cannot be used, or the system has none.
    pub fn new(network: &Network, redactor: &Redactor) -> Result<Self, NotifierError> {
        let _already_installed = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder()
            .http1_only()
            .redirect(Policy::none())
            .retry(retry::never())
            .user_agent(concat!("sortie/", env!("CARGO_PKG_VERSION")))
            .referer(false);
        let http = network.apply(builder, redactor)?.build().map_err(NotifierError::Stack)?;
        Ok(Self { http })
    }

    /// Fetches `address`, or sends it `body` as JSON; gives up after `timeout`. Errors: [`NotificationError`].
    pub async fn send(
        &self,
        address: &str,
        body: Option<String>,
        timeout: Duration,
        clock: &dyn Clock,
    ) -> Result<(), NotificationError> {
        match body {
            None => {
                let (origin, url) = parsed(address)?;
                answered(self.http.get(url), origin, timeout, clock).await
            }
            Some(body) => self.post(address, &[], body, timeout, clock).await,
        }
    }

    /// Sends `address` `body` as JSON with these headers; gives up after `timeout`. Errors: [`NotificationError`].
    pub async fn post(
        &self,
        address: &str,
        headers: &[(String, Secret)],
        body: String,
        timeout: Duration,
        clock: &dyn Clock,
    ) -> Result<(), NotificationError> {
        let (origin, url) = parsed(address)?;
        let mut request = self.http.post(url).header("Content-Type", "application/json").body(body);
        for (name, value) in headers {
            let mut value =
                HeaderValue::from_str(value.expose()).map_err(|_| NotificationError::NotAHeader(name.clone()))?;
            value.set_sensitive(true);
            let name =
                HeaderName::from_bytes(name.as_bytes()).map_err(|_| NotificationError::NotAHeader(name.clone()))?;
            request = request.header(name, value);
        }
        answered(request, origin, timeout, clock).await
    }
}

fn parsed(address: &str) -> Result<(Origin, Url), NotificationError> {
    let (Some(origin), Ok(url)) = (origin_of(address), Url::parse(address)) else {
        return Err(NotificationError::NotAnAddress);
    };
    Ok((origin, url))
}

/// Sends `request` once.
async fn answered(
    request: RequestBuilder,
    origin: Origin,
    timeout: Duration,
    clock: &dyn Clock,
) -> Result<(), NotificationError> {
    let answered = Box::pin(request.send());
    match select(answered, clock.sleep(timeout)).await {
        Either::Left((Ok(answer), _)) if answer.status().is_success() => Ok(()),
        Either::Left((Ok(answer), _)) => Err(NotificationError::Answered(origin, answer.status().as_u16())),
        Either::Left((Err(_), _)) => Err(NotificationError::Unreachable(origin)),
        Either::Right(_) => Err(NotificationError::TooLong(origin, timeout.as_secs())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port_in_one_form() {
        let origin = |address: &str| origin_of(address).map(|origin| origin.to_string());
        assert_eq!(origin("https://Watch.example/ping/SECRET?x=1").as_deref(), Some("https://watch.example"));
        assert_eq!(origin("https://watch.example:443"), origin("https://watch.example"));
        assert_eq!(origin("http://127.0.0.1:8080/x").as_deref(), Some("http://127.0.0.1:8080"));
        assert_ne!(origin("http://watch.example"), origin("https://watch.example"));
        for none in ["", "watch.example", "ftp://watch.example", "file:///etc/passwd", "https://"] {
            assert_eq!(origin(none), None, "{none}");
        }
    }
}
