//! The requests of a run with those of its retries, each at the place that it has behind the plan's.
//!
//! In: the requests of the plan, and retries as they are decided. Out: the same requests, and what a retry is one of. Never:
//! decides one.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::RequestSource;
use crate::format::Retry;
use crate::ids::{FolderRef, Ordinal, ReleaseKey};
use crate::launch::settings::wait_plan::WaitPlan;
use crate::ledger::event::RetryOrigin;
use crate::plan::Plan;
use crate::resolve::{NoRequest, Request};

/// The requests of the plan, and its retries.
pub(in crate::launch) struct WithRetries<'a, R> {
    requests: &'a R,
    /// In a cell, as everybody who asks for requests holds them.
    origins: RefCell<BTreeMap<Ordinal, Rc<RetryOrigin>>>,
}

impl<'a, R: RequestSource> WithRetries<'a, R> {
    /// `requests`, and the retries that are known.
    pub(in crate::launch) fn new(requests: &'a R, known: BTreeMap<Ordinal, Rc<RetryOrigin>>) -> Self {
        Self { requests, origins: RefCell::new(known) }
    }
}

impl<R: RequestSource> RequestSource for WithRetries<'_, R> {
    fn count(&self) -> u32 {
        self.requests.count()
    }

    fn request(&self, ordinal: Ordinal) -> Request {
        self.requests.request(ordinal)
    }

    fn request_behind(&self, ordinal: Ordinal, needs: &Map<String, Value>) -> Result<Request, NoRequest> {
        self.requests.request_behind(ordinal, needs)
    }

    fn retry_origin(&self, ordinal: Ordinal) -> Option<Rc<RetryOrigin>> {
        self.origins.borrow().get(&ordinal).cloned()
    }

    fn note_retry(&self, ordinal: Ordinal, origin: Rc<RetryOrigin>) {
        self.origins.borrow_mut().insert(ordinal, origin);
    }

    fn retry_terms(&self, ordinal: Ordinal) -> Option<Retry> {
        self.requests.retry_terms(ordinal)
    }

    fn may_retry(&self) -> bool {
        self.requests.may_retry()
    }

    fn retry(
        &self,
        ordinal: Ordinal,
        origin: &RetryOrigin,
        needs: Option<&Map<String, Value>>,
    ) -> Result<Request, NoRequest> {
        self.requests.retry(ordinal, origin, needs)
    }

    fn skips(&self, ordinal: Ordinal) -> bool {
        self.requests.skips(ordinal)
    }

    fn is_once(&self, ordinal: Ordinal) -> bool {
        self.requests.is_once(self.planned(ordinal))
    }

    fn release_name(&self, folder: &FolderRef, key: ReleaseKey) -> Option<String> {
        self.requests.release_name(folder, key)
    }

    fn wait_terms(&self, ordinal: Ordinal) -> u16 {
        self.requests.wait_terms(self.planned(ordinal))
    }

    fn wait_plan(&self) -> WaitPlan {
        self.requests.wait_plan()
    }

    fn plan(&self) -> Option<&Plan> {
        self.requests.plan()
    }

    fn judged_by(&self) -> Option<&Plan> {
        self.requests.judged_by()
    }

    fn skipped(&self) -> u32 {
        self.requests.skipped()
    }
}
