//! The requests of a run that is only settled, as far as settling needs them: from its own intents.
//!
//! So neither its plan, nor its secrets, nor the ids of its names are needed.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::ids::Ordinal;
use crate::launch::{RequestSource, RunHistory};
use crate::ledger::event::RetryOrigin;
use crate::plan::Plan;
use crate::resolve::{NoRequest, Request};

/// Requests that were sent, without their bodies. Nothing can be sent by them.
#[derive(Debug)]
pub struct IntentRequests<'p> {
    launches: u32,
    /// By which they are judged; nothing of it is sent.
    plan: Option<&'p Plan>,
    skipped: u32,
    request_by_ordinal: BTreeMap<Ordinal, Request>,
}

impl<'p> IntentRequests<'p> {
    /// The requests of a run of `launches` launches that holds `history`.
    #[must_use]
    pub fn of(launches: u32, history: &RunHistory) -> Self {
        let requests = history.unfinished.iter().filter_map(|(ordinal, state)| {
            let intent = &state.attempts()?.intent;
            let request = Request {
                ordinal: *ordinal,
                launch: intent.launch.clone(),
                folder: intent.folder.clone(),
                release: intent.release,
                reference: intent.reference.clone(),
                expected: intent.expected,
                on_ambiguous: intent.on_ambiguous,
                body: "".into(),
            };
            Some((*ordinal, request))
        });
        Self { launches, plan: None, skipped: 0, request_by_ordinal: requests.collect() }
    }

    /// The same, which are judged by `plan`, and of which it leaves some out.
    #[must_use]
    pub fn judged_by(self, plan: Option<&'p Plan>) -> Self {
        Self { skipped: plan.map_or(0, Plan::skipped), plan, ..self }
    }
}

impl RequestSource for IntentRequests<'_> {
    fn count(&self) -> u32 {
        self.launches
    }

    fn request(&self, ordinal: Ordinal) -> Request {
        self.request_by_ordinal.get(&ordinal).expect("only launches in doubt are asked for").clone()
    }

    fn retry(&self, ordinal: Ordinal, _: &RetryOrigin, _: Option<&Map<String, Value>>) -> Result<Request, NoRequest> {
        // One that was only decided is not sent from here.
        let none = || NoRequest::Unfit("nothing of it was ever meant to be sent".to_owned());
        self.request_by_ordinal.get(&ordinal).cloned().ok_or_else(none)
    }

    fn judged_by(&self) -> Option<&Plan> {
        self.plan
    }

    fn skipped(&self) -> u32 {
        self.skipped
    }

    /// What was never begun is passed over: nobody knows it.
    fn skips(&self, ordinal: Ordinal) -> bool {
        !self.request_by_ordinal.contains_key(&ordinal)
    }
}
