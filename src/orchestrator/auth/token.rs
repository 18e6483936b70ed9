//! One token: its header, its life, and what it has proved so far.
//!
//! In: a token's text. Out: a header that no log shows. Never: the network, or a store.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::header::HeaderValue;

use crate::clock::Moment;
use crate::secret::{Redactor, Secret};

/// What a token is used for. A server may take it for one and answer 401 to the other, where a scope is missing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum TokenUse {
    /// Look-ups.
    Read,
    /// `StartJobs`.
    Start,
}

/// Where a token came from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Provenance {
    /// From the profile, or asked for before anything needed it.
    Asked,
    /// Asked for after this use was refused.
    AskedAfter(TokenUse),
    /// From the store: an earlier process asked for it, so a refusal says nothing of the login.
    Kept,
}

/// One token's life.
pub(in super::super) struct AccessToken {
    /// Counted over this client's renewals.
    pub(super) generation: u64,
    /// `Bearer ..`, marked sensitive.
    pub header: HeaderValue,
    pub(super) provenance: Provenance,
    /// From here on it is renewed beside other work; `None` if nobody knows when it runs out.
    pub(super) renew_at: Option<Moment>,
    /// From here on it is not sent any more.
    pub(super) stale_at: Option<Moment>,
    read: AtomicBool,
    started: AtomicBool,
}

/// A token that no header can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token is empty, or holds characters that no token has")]
pub struct UnusableToken;

impl AccessToken {
    /// Takes `text`, which `redactor` learns.
    pub(super) fn new(text: &str, redactor: &Redactor) -> Result<Self, UnusableToken> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(UnusableToken);
        }
        redactor.learn(&Secret::new(text.to_owned()));
        let mut header = HeaderValue::from_str(&format!("{SCHEME}{text}")).map_err(|_| UnusableToken)?;
        header.set_sensitive(true);
        Ok(Self {
            generation: 0,
            header,
            provenance: Provenance::Asked,
            renew_at: None,
            stale_at: None,
            read: AtomicBool::new(false),
            started: AtomicBool::new(false),
        })
    }

    /// Takes a token that a person wrote down: people paste the whole header's value.
    pub(super) fn pasted(text: &str, redactor: &Redactor) -> Result<Self, UnusableToken> {
        let text = text.trim();
        let text = match text.split_once(char::is_whitespace) {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim_start(),
            None if text.eq_ignore_ascii_case("bearer") => "",
            Some(_) | None => text,
        };
        Self::new(text, redactor)
    }

    /// It lasts for `lifetime`, of which `age` was over at `moment`.
    pub(super) fn lasts(&mut self, lifetime: Duration, age: Duration, moment: Moment) {
        let left = |share: Duration| Some(moment.after(share.saturating_sub(age)));
        self.renew_at = left(renewal_age(lifetime));
        self.stale_at = left(lifetime.saturating_sub((lifetime / 10).min(Duration::from_secs(5))));
    }

    /// The token alone.
    pub(super) fn text(&self) -> Secret {
        let header = self.header.to_str().expect("made from visible ASCII");
        Secret::new(header[SCHEME.len()..].to_owned())
    }

    /// Whether it came from the store.
    pub(in super::super) fn is_kept(&self) -> bool {
        self.provenance == Provenance::Kept
    }

    /// Remembers that a call was let in with it.
    pub(in super::super) fn accept(&self, by: TokenUse) {
        self.accepted(by).store(true, Ordering::Relaxed);
    }

    /// Whether a 401 to it says that no token will do: it was fresh.
    pub(super) fn is_fresh(&self, by: TokenUse) -> bool {
        let never = |by| !self.accepted(by).load(Ordering::Relaxed);
        match self.provenance {
            Provenance::Kept => false,
            Provenance::AskedAfter(refused) if refused == by => never(by),
            Provenance::Asked | Provenance::AskedAfter(_) => never(TokenUse::Read) && never(TokenUse::Start),
        }
    }

    fn accepted(&self, by: TokenUse) -> &AtomicBool {
        match by {
            TokenUse::Read => &self.read,
            TokenUse::Start => &self.started,
        }
    }
}

const SCHEME: &str = "Bearer ";

/// At this age a token that lasts for `lifetime` is renewed.
pub(super) fn renewal_age(lifetime: Duration) -> Duration {
    lifetime.mul_f64(0.8)
}
