//! One batch of robot jobs is stopped: looked at first where many may be over, and then asked to stop.
//!
//! In: robot jobs of a folder. Out: what came of each, and how those are shown that are over. Never: takes one that the list does
//! not show for over.

use std::collections::HashMap;

use crate::clock::{Clock, Moment};
use crate::ids::{FolderRef, JobId};
use crate::job_list::reader::{JobListReader, ReadError};
use crate::job_list::request::ListRequest;
use crate::launch_terms::StopStrategy;
use crate::ledger::{LedgerError, Rations};
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::{JobPage, JobsById, ListedJob, Server, ShownFields};

/// Robot jobs that are stopped by one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::launch) struct StopBatch {
    /// Where they are.
    pub(in crate::launch) folder: FolderRef,
    /// The robot jobs; at least one, and no more than a list shows at once.
    pub(in crate::launch) jobs: Vec<JobId>,
    /// How.
    pub(in crate::launch) strategy: StopStrategy,
    /// Whether the server refused them before.
    pub(in crate::launch) was_refused: bool,
    /// When the list is read that tells which of them are over; `None` if it is not.
    pub(in crate::launch) look_at: Option<Moment>,
    /// How much of each that list is asked to show.
    pub(in crate::launch) fields: ShownFields,
}

/// What came of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::launch) struct StopResult {
    /// So many were asked to stop, and not refused to; or are being stopped already.
    pub(in crate::launch) asked: u32,
    /// So many were over.
    pub(in crate::launch) over: u32,
    /// Those, as the list shows them.
    pub(in crate::launch) ended: Vec<ListedJob>,
    /// Whether the server refused to show as much as it was asked for.
    pub(in crate::launch) lacks_fields: bool,
    /// Those that were not stopped.
    pub(in crate::launch) refused: Vec<JobId>,
    /// Why, in the server's words.
    pub(in crate::launch) why: Option<String>,
}

impl StopBatch {
    /// Carries it out. Errors: the ledger has no permit for the list.
    pub(in crate::launch) async fn carry_out<S: Server, L: Rations>(
        &self,
        server: &S,
        reader: &JobListReader<'_, S, L>,
        clock: &dyn Clock,
    ) -> Result<StopResult, LedgerError> {
        let mut result = StopResult::default();
        let mut left = self.jobs.clone();
        if let Some(moment) = self.look_at {
            clock.sleep_until(moment).await;
            let mut listed = self.look(reader, self.fields).await?;
            if self.fields != ShownFields::Few && matches!(&listed, Err(ReadError::Call(CallError::Refused { .. }))) {
                result.lacks_fields = true;
                listed = self.look(reader, ShownFields::Few).await?;
            }
            let shown = listed.unwrap_or_default().jobs.into_iter();
            let mut shown_by_id: HashMap<JobId, ListedJob> = shown.map(|listed| (listed.job.id, listed)).collect();
            left.retain(|job| match shown_by_id.get(job).and_then(|listed| listed.job.state.as_deref()) {
                Some("Successful" | "Faulted" | "Stopped") => {
                    result.over += 1;
                    result.ended.extend(shown_by_id.remove(job));
                    false
                }
                // Refused, since it is being stopped already.
                Some("Stopping" | "Terminating") if self.was_refused => {
                    result.asked += 1;
                    false
                }
                Some(_) | None => true,
            });
        }
        if left.is_empty() {
            return Ok(result);
        }
        match server.stop_jobs(&self.folder, &left, self.strategy).await {
            Ok(refused) => {
                result.asked += u32::try_from(left.len() - refused.len()).unwrap_or(u32::MAX);
                result.why = refused.first().map(|(_, error)| error.to_string());
                result.refused = refused.into_iter().map(|(job, _)| job).collect();
            }
            Err(error) => {
                result.why = Some(error.to_string());
                result.refused = left;
            }
        }
        Ok(result)
    }

    /// The robot jobs by their ids. Errors: the ledger has no permit for the list.
    async fn look<S: Server, L: Rations>(
        &self,
        reader: &JobListReader<'_, S, L>,
        fields: ShownFields,
    ) -> Result<Result<JobPage, ReadError>, LedgerError> {
        let ids = JobsById { folder: Some(self.folder.clone()), ids: self.jobs.clone(), fields };
        Ok(reader.read(&ListRequest::ById(ids)).await?.listed)
    }
}
