//! Where a launcher gets its requests: by index, when they are needed.

use std::rc::Rc;

use serde_json::{Map, Value};

use super::settings::wait_plan::WaitPlan;
use crate::format::Retry;
use crate::ids::{FolderRef, Ordinal, ReleaseKey};
use crate::launch_terms::ExpectedJobs;
use crate::ledger::event::RetryOrigin;
use crate::plan::Plan;
use crate::resolve::{NoRequest, Request, Requests};

pub(super) mod with_retries;

/// The requests of a run, made by index when they are needed.
pub trait RequestSource {
    /// How many there are.
    fn count(&self) -> u32;

    /// The request of the launch at `ordinal`, the same each time. Never asked for a launch that is skipped.
    fn request(&self, ordinal: Ordinal) -> Request;

    /// The request of the launch at `ordinal` behind the jobs that it needs: `needs` has what came of each, by its name.
    ///
    /// Errors: why there is none.
    fn request_behind(&self, ordinal: Ordinal, _: &Map<String, Value>) -> Result<Request, NoRequest> {
        Ok(self.request(ordinal))
    }

    /// Of what the launch at `ordinal` is a retry; `None` for one of the plan.
    fn retry_origin(&self, _: Ordinal) -> Option<Rc<RetryOrigin>> {
        None
    }

    /// The launch at `ordinal` is a retry, from now on.
    fn note_retry(&self, _: Ordinal, _: Rc<RetryOrigin>) {}

    /// The place in the plan of the launch at `ordinal`: its own, or that of the launch that it is a retry of.
    fn planned(&self, ordinal: Ordinal) -> Ordinal {
        self.retry_origin(ordinal).map_or(ordinal, |origin| origin.of)
    }

    /// When robot jobs of the launch at `ordinal`, which is one of the plan, are started again where they faulted; `None` where
    /// they are not.
    fn retry_terms(&self, ordinal: Ordinal) -> Option<Retry> {
        self.plan()?.follow_up(ordinal).retry.clone()
    }

    /// Whether any launch has such terms.
    fn may_retry(&self) -> bool {
        self.plan().is_some_and(|plan| plan.follow_ups().iter().any(|follow_up| follow_up.retry.is_some()))
    }

    /// The request of the retry at `ordinal`, for one robot job as its launch asked for; `needs` as in
    /// [`RequestSource::request_behind`], where the launch uses any of it.
    ///
    /// Errors: why there is none.
    fn retry(
        &self,
        ordinal: Ordinal,
        origin: &RetryOrigin,
        needs: Option<&Map<String, Value>>,
    ) -> Result<Request, NoRequest> {
        let request = match needs {
            None => self.request(origin.of),
            Some(needs) => self.request_behind(origin.of, needs)?,
        };
        let (launch, reference) = (origin.launch.clone(), origin.reference.clone());
        Ok(Request { ordinal, launch, reference, expected: ExpectedJobs::Exactly(1), ..request })
    }

    /// Whether the plan itself leaves the launch at `ordinal` out, because its `if` does not hold.
    fn skips(&self, _: Ordinal) -> bool {
        false
    }

    /// Whether the launch at `ordinal` is to be started once: by no run where another run may have started it.
    fn is_once(&self, _: Ordinal) -> bool {
        false
    }

    /// The name of the release with this key, in this folder, where it is known.
    fn release_name(&self, _: &FolderRef, _: ReleaseKey) -> Option<String> {
        None
    }

    /// The number of the terms on which the launch at `ordinal` is waited for, in [`RequestSource::wait_plan`].
    fn wait_terms(&self, _: Ordinal) -> u16 {
        0
    }

    /// What is waited for.
    fn wait_plan(&self) -> WaitPlan {
        WaitPlan::default()
    }

    /// The plan that they are of, where there is one.
    fn plan(&self) -> Option<&Plan> {
        None
    }

    /// The plan by whose outcome policies they are judged, where there is one.
    fn judged_by(&self) -> Option<&Plan> {
        self.plan()
    }

    /// How many launches the plan leaves out.
    fn skipped(&self) -> u32 {
        0
    }
}

impl RequestSource for Requests {
    fn count(&self) -> u32 {
        u32::try_from(self.len()).expect("a plan holds fewer than 2^32 launches")
    }

    fn request(&self, ordinal: Ordinal) -> Request {
        self.get(ordinal)
    }

    fn request_behind(&self, ordinal: Ordinal, needs: &Map<String, Value>) -> Result<Request, NoRequest> {
        self.behind(ordinal, needs)
    }

    fn retry(
        &self,
        ordinal: Ordinal,
        origin: &RetryOrigin,
        needs: Option<&Map<String, Value>>,
    ) -> Result<Request, NoRequest> {
        Self::retry(self, ordinal, origin.of, &origin.launch, needs)
    }

    fn skips(&self, ordinal: Ordinal) -> bool {
        Self::plan(self).skips(ordinal)
    }

    fn is_once(&self, ordinal: Ordinal) -> bool {
        Self::plan(self).is_once(ordinal)
    }

    fn release_name(&self, folder: &FolderRef, key: ReleaseKey) -> Option<String> {
        self.name_of(folder, key).map(str::to_owned)
    }

    fn wait_terms(&self, ordinal: Ordinal) -> u16 {
        Self::plan(self).follow_up_number(ordinal)
    }

    fn wait_plan(&self) -> WaitPlan {
        let plan = Self::plan(self);
        WaitPlan::new(plan.follow_ups(), plan.fault_conditions())
    }

    fn plan(&self) -> Option<&Plan> {
        Some(Self::plan(self))
    }

    fn skipped(&self) -> u32 {
        Self::plan(self).skipped()
    }
}
