//! What the fault rules look at: the text of a request, as far as it can be read.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::course::Ask;
use super::endpoint::Endpoint;
use super::target::{Plus, decode};
use super::{Live, Shared};
use crate::faults::picker::{Asked, Stage};
use crate::faults::{Fault, Then};
use crate::record::Received;

impl Shared {
    /// What a new connection meets before anything of it is read.
    pub(crate) fn greet(&self) -> Option<Then> {
        let mut live = self.live();
        let now = self.clock.now();
        let asked = Asked { age: now.since(self.started), ..Asked::default() };
        let fault = live.faults.pick(&asked, Stage::Connection)?;
        let number = live.record.next();
        live.record.push(Received::of_connection(number, (now, self.clock.utc()), fault.name()));
        fault.reply.silence()
    }

    /// Whether a fault resets the request's connection with its body unread.
    pub(super) fn is_reset_unread(&self, ask: &Ask) -> bool {
        let mut live = self.live();
        let Some(fault) = self.pick(&mut live, ask, Stage::Head) else { return false };
        live.note(ask, Some(&fault));
        true
    }

    /// The fault that a request meets at `stage`.
    pub(super) fn pick(&self, live: &mut Live, ask: &Ask, stage: Stage) -> Option<Fault> {
        if !live.faults.acts_at(stage) {
            return None;
        }
        let (reference, mut texts) = match (ask.endpoint(), stage) {
            (Some(Endpoint::StartJobs), Stage::Whole) => start_texts(&ask.body, live),
            (Some(Endpoint::StartJobs), Stage::Head | Stage::Connection) => (None, Vec::new()),
            (Some(_) | None, _) => {
                let address = decode(ask.address(), Plus::Space);
                (None, vec![address.unwrap_or_else(|| ask.address().to_owned())])
            }
        };
        texts.extend(reference.clone());
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut query = ask.target.iter().flat_map(|target| &target.query);
        let asked = Asked {
            operation: ask.endpoint().map_or("", Endpoint::name),
            is_get: ask.parts.method == axum::http::Method::GET,
            texts: &texts,
            reference: reference.as_deref(),
            filter: query.find(|(name, _)| name == "$filter").map(|(_, text)| text.as_str()),
            age: ask.arrived.0.since(self.started),
        };
        live.faults.pick(&asked, stage)
    }
}

/// A start's Reference; its arguments and its release's name.
fn start_texts(body: &[u8], live: &Live) -> (Option<String>, Vec<String>) {
    fn property<'b>(object: &'b Map<String, Value>, name: &str) -> Option<&'b Value> {
        object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let Some(info) = body.as_object().and_then(|body| property(body, "startInfo")?.as_object()) else {
        return (None, Vec::new());
    };
    let text = |name: &str| property(info, name)?.as_str().map(str::to_owned);
    let release = text("ReleaseKey").and_then(|key| live.tenant.release_with_key(Uuid::try_parse(&key).ok()?));
    let release = release.map(|at| live.tenant.release(at).name.clone());
    let texts = [text("InputArguments"), text("ReleaseName"), release];
    (text("Reference"), texts.into_iter().flatten().collect())
}
