//! One robot job: as it is, why it does not start, what it waits for.
//!
//! In: a folder and an id. Out: what the server says, masked. Never: a list, so that none of it counts as one.
//! Source: Orchestrator OpenAPI, operations `Jobs_GetById`, `Jobs_ValidateExistingJobById` and
//! `JobTriggers_GetWithWaitEventsByJobid`.

use reqwest::Method;

use super::call::ApiCall;
use crate::ids::{FolderRef, JobId};
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::client::Client;
use crate::orchestrator::job_pages::{ListedJob, PendingReasons, WaitEvent};
use crate::orchestrator::wire;

/// Orchestrator's code for what does not exist. Source: `docs/orchestrator-api.md`, section 7.
const DOES_NOT_EXIST: i64 = 1002;
/// Maximum tries of what only explains something.
const MAX_TRIES: u32 = 2;

impl Client {
    /// The robot job, asked for once; `None` if Orchestrator says that there is none.
    pub(in crate::orchestrator) async fn read_job(
        &self,
        folder: &FolderRef,
        job: JobId,
    ) -> Result<Option<ListedJob>, CallError> {
        const WHAT: &str = "reading a robot job";
        let path = format!("/odata/Jobs({})", job.0);
        match self.get_dated::<wire::JobDto>(1, WHAT, Some(folder), &path).await {
            Ok((found, _)) => {
                let mut listed = ListedJob::from(found);
                listed.redact(&self.retrying.redactor);
                if listed.job.id != job {
                    return Err(self.strange(WHAT, 200, "the answer is another robot job than was asked for"));
                }
                Ok(Some(listed))
            }
            Err(CallError::Refused { error, .. }) if error.status == 404 && error.code == Some(DOES_NOT_EXIST) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Why the robot job does not start.
    pub(in crate::orchestrator) async fn pending_reasons(
        &self,
        folder: &FolderRef,
        job: JobId,
    ) -> Result<Option<PendingReasons>, CallError> {
        const WHAT: &str = "asking why a robot job is pending";
        let path = format!("/odata/Jobs({})/UiPath.Server.Configuration.OData.ValidateExistingJob", job.0);
        let call = ApiCall { what: WHAT, method: &Method::POST, folder: Some(folder), path: &path, body: "" };
        let reply = match self.call(MAX_TRIES, call).await {
            Ok(reply) => reply,
            Err(error) => return absent(error),
        };
        let found: wire::ValidationDto = self.read(WHAT, &reply)?;
        let masked = |texts: Vec<String>| texts.iter().map(|text| self.retrying.masked(text)).collect();
        Ok(Some(PendingReasons {
            is_valid: found.is_valid.unwrap_or_default(),
            errors: masked(found.errors),
            codes: masked(found.error_codes),
        }))
    }

    /// What the robot job waits for.
    pub(in crate::orchestrator) async fn awaited(
        &self,
        folder: &FolderRef,
        job: JobId,
    ) -> Result<Option<Vec<WaitEvent>>, CallError> {
        const WHAT: &str = "asking what a robot job waits for";
        let path = format!("/odata/JobTriggers/UiPath.Server.Configuration.OData.GetWithWaitEvents(jobId={})", job.0);
        let page: wire::ListPage<wire::WaitEventDto> = match self.get_dated(MAX_TRIES, WHAT, Some(folder), &path).await
        {
            Ok((page, _)) => page,
            Err(error) => return absent(error),
        };
        let masked = |text: Option<String>| text.map(|text| self.retrying.masked(&text));
        let events = page.value.into_iter().map(WaitEvent::from).map(|event| WaitEvent {
            kind: masked(event.kind),
            status: masked(event.status),
            item: masked(event.item),
            message: masked(event.message),
            until: masked(event.until),
        });
        Ok(Some(events.collect()))
    }
}

/// `None` where the server has no such operation. Errors: anything else.
pub(super) fn absent<T>(error: CallError) -> Result<Option<T>, CallError> {
    const ABSENT: [u16; 3] = [404, 405, 501];
    let is_refused = matches!(&error, CallError::Refused { error, .. } if ABSENT.contains(&error.status));
    let is_strange = matches!(&error, CallError::NotOrchestrator { status, .. } if ABSENT.contains(status));
    if is_refused || is_strange { Ok(None) } else { Err(error) }
}
