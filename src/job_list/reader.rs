//! Reads a part of the list, once, by a permit of its tenant's ration.
//!
//! In: a server, a ledger, and for whom is read. Out: a page, or why there is none, and when it was asked for. Never:
//! asks without a permit, or asks twice; when to ask again is its caller's decision.

use std::time::Duration;

use super::request::ListRequest;
use crate::clock::{Clock, TimePoint, Timestamp};
use crate::ledger::{LedgerError, ListPermit, ListReader, Rations};
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::{JobPage, Server};
use crate::pace::Pace;
use crate::pauses::MAX_HOLD;

/// A reader of the list.
pub(crate) struct JobListReader<'a, S, L> {
    pub(crate) server: &'a S,
    /// Where the tenant's ration is kept.
    pub(crate) ledger: &'a L,
    /// For whom is read.
    pub(crate) reader: ListReader,
    pub(crate) ration: Pace,
    pub(crate) clock: &'a dyn Clock,
}

/// What came of reading a part of the list.
pub(crate) struct ListAnswer {
    pub(crate) listed: Result<JobPage, ReadError>,
    /// When it was asked for, or would have been.
    pub(crate) asked: TimePoint,
}

/// Why a part of the list could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The server did not hand it out.
    #[error(transparent)]
    Call(#[from] CallError),
    /// Another process of the tenant was asked to leave the list alone, for so long from now: longer than a run waits.
    #[error("listing jobs: throttled: the server asked for a pause (wait {} s)", .0.as_secs())]
    Paused(Duration),
}

impl ReadError {
    /// Whether asking again later may help.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Call(error) => error.may_pass(),
            Self::Paused(_) => true,
        }
    }

    /// How long the server asked to be left alone, where it did.
    pub(crate) fn pause(&self) -> Option<Duration> {
        match self {
            Self::Call(error) => error.hold(),
            Self::Paused(span) => Some(*span),
        }
    }
}

impl<S: Server, L: Rations> JobListReader<'_, S, L> {
    /// Reads `request` once the tenant's ration allows it.
    ///
    /// Errors: [`LedgerError`]; nothing was asked.
    pub(crate) async fn read(&self, request: &ListRequest) -> Result<ListAnswer, LedgerError> {
        let (asked, permit) = self.permit(&mut |_| ()).await?;
        let listed = match permit {
            Ok(()) => request.ask(self.server).await.map_err(ReadError::Call),
            Err(span) => Err(ReadError::Paused(span)),
        };
        Ok(ListAnswer { listed, asked })
    }

    /// Waits until the tenant's ration allows a list to be read; when that was. `wait` hears until when it must.
    ///
    /// Where that is longer than a run waits, how long it is instead; nothing is used up then.
    pub(super) async fn permit(
        &self,
        wait: &mut dyn FnMut(Timestamp),
    ) -> Result<(TimePoint, Result<(), Duration>), LedgerError> {
        loop {
            let now = TimePoint::of(self.clock);
            // The ration counts from before it is asked for.
            match self.ledger.take_list_permit(self.reader.clone(), self.ration, now.utc).await? {
                ListPermit::Granted => return Ok((TimePoint { moment: self.clock.now(), ..now }, Ok(()))),
                ListPermit::NotBefore(then) => {
                    wait(then);
                    let span = now.ahead(then);
                    if span > MAX_HOLD {
                        return Ok((now, Err(span)));
                    }
                    self.clock.sleep_until(now.moment_at(then)).await;
                }
            }
        }
    }
}
