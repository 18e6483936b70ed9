//! Robot jobs are asked to stop, many at once.
//!
//! In: a folder and ids. Out: nothing; whether they stop is seen by looking. Asking twice does no harm, so that it is
//! repeated. Never: leaves the others going because one is over: the server refuses them together.
//! Source: Orchestrator OpenAPI, operation `Jobs_StopJobs`.

use reqwest::Method;
use serde_json::json;

use super::call::ApiCall;
use crate::ids::{FolderRef, JobId};
use crate::launch_terms::StopStrategy;
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::client::Client;
use crate::orchestrator::http::retrying_client::MAX_TRIES;
use crate::words::Words as _;

const WHAT: &str = "stopping robot jobs";
/// Maximum robot jobs of one request; the server's own limit is unknown.
const MAX_JOBS: usize = 100;

impl Client {
    /// Asks that `jobs` are stopped; those that the server refused to stop, and why: they are over, or it may not be done.
    /// Errors: [`CallError`].
    pub(in crate::orchestrator) async fn stop(
        &self,
        folder: &FolderRef,
        jobs: &[JobId],
        strategy: StopStrategy,
    ) -> Result<Vec<(JobId, CallError)>, CallError> {
        let mut parts: Vec<&[JobId]> = jobs.chunks(MAX_JOBS).rev().collect();
        let mut refused = Vec::new();
        while let Some(part) = parts.pop() {
            match self.stop_at_once(folder, part, strategy).await {
                Ok(()) => {}
                Err(error @ CallError::Refused { .. }) if part.len() == 1 => refused.push((part[0], error)),
                // One of them may be over: the others are asked without it.
                Err(CallError::Refused { .. }) => {
                    let (first, rest) = part.split_at(part.len() / 2);
                    parts.extend([rest, first]);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(refused)
    }

    async fn stop_at_once(&self, folder: &FolderRef, jobs: &[JobId], strategy: StopStrategy) -> Result<(), CallError> {
        let ids: Vec<i64> = jobs.iter().map(|job| job.0).collect();
        let body = json!({ "strategy": strategy.word(), "jobIds": ids }).to_string();
        let path = "/odata/Jobs/UiPath.Server.Configuration.OData.StopJobs";
        let call = ApiCall { what: WHAT, method: &Method::POST, folder: Some(folder), path, body: &body };
        self.call(MAX_TRIES, call).await.map(drop)
    }
}
