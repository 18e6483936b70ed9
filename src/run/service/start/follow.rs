//! A start whose run another process is at: it waits for that process, in place of leaving.
//!
//! In: a run that somebody is at. Out: the run as that process ended it; nothing if it died, or began nothing: then this
//! process goes on with it, as any start of the slot or key does. Never: shows a run that is still reported.

use std::time::Duration;

use super::{RunRequest, RunService, check_same_plan};
use crate::ids::RunId;
use crate::ledger::{LockName, Store};
use crate::run::connector::Connector;
use crate::run::error::RunServiceError;
use crate::run::observer::{OverReason, RunNotice};
use crate::run::service::finished::FinishedRun;
use crate::run::service::interrupt::unless_interrupted;
use crate::run::stored_run::StoredRun;

/// So often it is looked whether the process is still at it.
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

impl<S: Store, C: Connector> RunService<'_, S, C> {
    /// Waits while another process is at the run `id`; the run as it ended, if it did.
    ///
    /// Errors: that run has another plan, or a signal came.
    pub(super) async fn follow(
        &self,
        id: RunId,
        wanted: &RunRequest,
    ) -> Result<Option<FinishedRun<S::Lock>>, RunServiceError> {
        if !self.store.is_held(LockName::Run(id)).await? {
            return Ok(None);
        }
        self.tell(RunNotice::Follows { identity: &wanted.identity, run: id });
        unless_interrupted(&self.interrupts, async {
            let mut is_checked = false;
            while self.store.is_held(LockName::Run(id)).await? {
                if !is_checked && let Some(found) = StoredRun::find(self.store, id).await? {
                    check_same_plan(&found, wanted, false, &self.flags)?;
                    is_checked = true;
                }
                self.clock.sleep(BETWEEN_LOOKS).await;
            }
            Ok::<_, RunServiceError>(())
        })
        .await?;
        let Some(found) = StoredRun::find(self.store, id).await? else { return Ok(None) };
        check_same_plan(&found, wanted, false, &self.flags)?;
        let Some(end) = found.end else { return Ok(None) };
        self.show_over(found, wanted, end.exit, OverReason::Followed { run: id }).map(Some)
    }
}
