//! Reads a part of the list, once, by a permit of its tenant's ration.
//!
//! In: a server, a ledger, and for whom is read. Out: a page, or why there is none, and when it was asked for. Never:
//! asks without a permit, or asks twice; when to ask again is its caller's decision.

use std::cell::Cell;
use std::time::Duration;

use super::page_length::PageLength;
use super::request::ListRequest;
use crate::clock::{Clock, TimePoint, Timestamp};
use crate::ledger::pause::Pause;
use crate::ledger::{Endpoint, LedgerError, ListPermit, ListReader, Rations};
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::{JobPage, Server};
use crate::pace::Pace;
use crate::pauses::MAX_HOLD;

/// A reader of the list.
pub(crate) struct JobListReader<'a, S, L> {
    server: &'a S,
    /// Where the tenant's ration is kept, and what pages it takes.
    ledger: &'a L,
    /// For whom is read.
    reader: ListReader,
    ration: Pace,
    clock: &'a dyn Clock,
    /// `None` if the ledger was not asked yet.
    length: Cell<Option<PageLength>>,
    /// Whether the ledger has that length.
    is_kept: Cell<bool>,
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

impl<'a, S: Server, L: Rations> JobListReader<'a, S, L> {
    /// Reads for `reader` by `ration`, which all that read for its tenant share.
    pub(crate) fn new(server: &'a S, ledger: &'a L, reader: ListReader, ration: Pace, clock: &'a dyn Clock) -> Self {
        Self { server, ledger, reader, ration, clock, length: Cell::new(None), is_kept: Cell::new(true) }
    }

    /// Where its time comes from.
    pub(super) fn clock(&self) -> &'a dyn Clock {
        self.clock
    }

    /// Keeps, durably, that the server asked for `pause`, where a run reads: others then wait, too.
    pub(super) async fn keep_pause(&self, pause: Pause) -> Result<(), LedgerError> {
        match self.reader {
            ListReader::Run(run) => self.ledger.hold(run, Endpoint::Lists, pause).await,
            ListReader::Tenant(_) => Ok(()),
        }
    }

    /// Reads `request` once the tenant's ration allows it.
    ///
    /// Errors: [`LedgerError`]; nothing was asked.
    pub(crate) async fn read(&self, request: &ListRequest) -> Result<ListAnswer, LedgerError> {
        let (asked, permit) = self.permit(&mut |_| ()).await?;
        let listed = match permit {
            Ok(()) => self.ask(request).await.map_err(ReadError::Call),
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
        if self.length.get().is_none() {
            self.length.set(Some(PageLength::of(self.ledger.job_page(self.server.tenant_identity()).await?)));
        }
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

    /// Asks for `request`, once, by a permit that was granted. Where the page may have been too long, shorter ones are asked
    /// for from now on; once such a page came, also by those who come later.
    pub(super) async fn ask(&self, request: &ListRequest) -> Result<JobPage, CallError> {
        let mut length = self.length.get().unwrap_or(PageLength::of(None));
        let asked = length;
        let listed = request.ask(self.server, length.get()).await;
        if !request.is_understood() {
            return listed;
        }
        let listed = listed.map_err(|error| length.refused(error));
        if length != asked {
            self.length.set(Some(length));
            self.is_kept.set(false);
        } else if listed.is_ok() && !self.is_kept.replace(true) {
            // What could not be kept is learnt again.
            drop(self.ledger.keep_job_page(self.server.tenant_identity(), length.get()).await);
        }
        Ok(JobPage { asked: asked.get(), ..listed? })
    }
}
