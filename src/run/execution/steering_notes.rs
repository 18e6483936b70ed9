//! What a run did by itself that whoever goes on with it must know is noted in the ledger while it goes on.
//!
//! In: what the launcher tells. Out: notes of the run, each durable before the launcher does anything more. Never: decides
//! any of it.

use std::cell::RefCell;
use std::pin::pin;

use tokio::sync::Notify;

use crate::clock::Clock;
use crate::ids::RunId;
use crate::launch::Notice;
use crate::ledger::{LedgerError, RunNote, RunStore, Steering};

/// What is to be noted of one run.
#[derive(Default)]
pub(super) struct SteeringNotes {
    waiting: RefCell<Vec<Steering>>,
    changed: Notify,
}

impl SteeringNotes {
    /// Takes in what the launcher tells: what came of what was cancelled, for whoever asked; and what a rule of the manifest
    /// stopped, for whoever goes on with the run.
    pub(super) fn take_in(&self, notice: &Notice, clock: &dyn Clock) {
        let at = clock.utc();
        let steering = if let Notice::RobotJobsStopped { cancels, tally } = notice {
            Steering::Stopped { cancels: *cancels, tally: tally.clone() }
        } else if let Notice::JobHalted { job, why } = notice {
            Steering::HoldJob { at, job: job.clone(), why: why.clone() }
        } else if let Notice::Halted(why) = notice {
            Steering::Pause { at, why: Some(why.clone()) }
        } else {
            return;
        };
        self.waiting.borrow_mut().push(steering);
        self.changed.notify_one();
    }

    /// Does `work`, which stands still while something is noted. With it: why the ledger did not take all of it.
    pub(super) async fn beside<T>(
        &self,
        work: impl Future<Output = T>,
        ledger: &impl RunStore,
        run: RunId,
    ) -> (T, Option<LedgerError>) {
        let mut work = pin!(work);
        let mut failed = None;
        loop {
            tokio::select! {
                biased;
                () = self.changed.notified() => failed = failed.or(self.note(ledger, run).await.err()),
                done = &mut work => return (done, failed.or(self.note(ledger, run).await.err())),
            }
        }
    }

    async fn note(&self, ledger: &impl RunStore, run: RunId) -> Result<(), LedgerError> {
        for steering in self.waiting.take() {
            ledger.note(run, RunNote::Steered(steering)).await?;
        }
        Ok(())
    }
}
