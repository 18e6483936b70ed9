//! The requests of a run that is only settled, as far as settling needs them: from its own intents.
//!
//! So neither its plan, nor its secrets, nor the ids of its names are needed.

use std::collections::BTreeMap;

use crate::ids::Ordinal;
use crate::launch::{RequestSource, RunHistory};
use crate::resolve::Request;

/// Requests that were sent, without their bodies. Nothing can be sent by them.
#[derive(Debug)]
pub struct IntentRequests {
    launches: u32,
    skipped: u32,
    request_by_ordinal: BTreeMap<Ordinal, Request>,
}

impl IntentRequests {
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
        Self { launches, skipped: 0, request_by_ordinal: requests.collect() }
    }

    /// The same, of which the plan leaves out `skipped`.
    #[must_use]
    pub fn leaving_out(self, skipped: u32) -> Self {
        Self { skipped, ..self }
    }
}

impl RequestSource for IntentRequests {
    fn count(&self) -> u32 {
        self.launches
    }

    fn request(&self, ordinal: Ordinal) -> Request {
        self.request_by_ordinal.get(&ordinal).expect("only launches in doubt are asked for").clone()
    }

    fn skipped(&self) -> u32 {
        self.skipped
    }

    /// What was never begun is passed over: nobody knows it.
    fn skips(&self, ordinal: Ordinal) -> bool {
        !self.request_by_ordinal.contains_key(&ordinal)
    }
}
