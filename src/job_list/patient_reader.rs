//! Reads pages one after the other, each with all the patience that it needs, and says what it waits for.
//!
//! In: what to read, and how often to try. Out: the page. It waits for its turn, for the tenant's ration and for pauses,
//! and repeats what may pass. Never: goes on where the wait would be longer than a run waits.

use std::pin::pin;
use std::time::Duration;

use super::backoff::ReadBackoff;
use super::reader::JobListReader;
use super::request::ListRequest;
use super::schedule::ReadSchedule;
use crate::clock::{Clock, TimePoint, Timestamp, later, time_of_day};
use crate::diagnostic::escape::escape;
use crate::ledger::pause::{MAX_PAUSE, Pause};
use crate::ledger::{LedgerError, Rations};
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::{JobPage, Server};
use crate::pauses::MAX_HOLD;

/// Maximum wait between two tries.
const MAX_BACKOFF: Duration = Duration::from_secs(8);
/// A wait is told of from this length on.
const PATIENCE: Duration = Duration::from_secs(2);

/// A reader that waits for each page.
pub(crate) struct PatientReader<'a, S, L> {
    reader: JobListReader<'a, S, L>,
    schedule: ReadSchedule,
    /// What the lists are read for.
    purpose: &'static str,
    told: ToldWaits,
    read: Vec<Timestamp>,
    server_ahead_ms: Option<i64>,
}

/// Which waits were told of: once is enough.
#[derive(Default)]
struct ToldWaits {
    ration: bool,
    list: bool,
}

/// Something that a reader has to say while it waits.
pub(crate) enum ReadNotice {
    /// What it waits for.
    Waiting(String),
    /// The server asked for a pause of this length.
    Paused(Duration),
}

/// Why there is no page.
#[derive(Debug)]
pub(crate) enum PageError {
    /// The server does not hand it out.
    Refused(Box<CallError>),
    /// It asked to be left alone for longer than a run waits; until then.
    PausedTooLong(Timestamp),
    /// The ledger has no permit, or cannot keep a pause.
    Ledger(LedgerError),
}

impl From<LedgerError> for PageError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl<'a, S: Server, L: Rations> PatientReader<'a, S, L> {
    /// Has read nothing yet.
    pub(crate) fn new(reader: JobListReader<'a, S, L>, schedule: ReadSchedule, purpose: &'static str) -> Self {
        let told = ToldWaits::default();
        Self { reader, schedule, purpose, told, read: Vec::new(), server_ahead_ms: None }
    }

    /// When lists were read; and how far the server's `Date` is ahead of our clock, in milliseconds, if one told it.
    pub(crate) fn into_reads(self) -> (Vec<Timestamp>, Option<i64>) {
        (self.read, self.server_ahead_ms)
    }

    /// Reads `request`, with at most `max_tries` tries.
    ///
    /// Errors: [`PageError`]; the page says nothing then.
    pub(crate) async fn page(
        &mut self,
        request: &ListRequest,
        max_tries: u32,
        observe: &mut dyn FnMut(ReadNotice),
    ) -> Result<JobPage, PageError> {
        let mut backoff = ReadBackoff::default();
        loop {
            self.turn(observe).await?;
            match self.answer(request, observe).await {
                Ok(page) => {
                    self.schedule.note_page();
                    self.note_date(&page);
                    return Ok(page);
                }
                Err(error) => self.after(error, &mut backoff, max_tries, observe).await?,
            }
        }
    }

    /// Nothing is read for `span`, as the server asked. Errors: that is too long, or one pause too many.
    pub(crate) fn pause(&mut self, span: Duration, observe: &mut dyn FnMut(ReadNotice)) -> Result<(), PageError> {
        let now = TimePoint::of(self.reader.clock());
        if span <= MAX_HOLD {
            observe(ReadNotice::Paused(span));
        }
        if self.schedule.pause(span, now.moment) { Err(too_long(span, now.utc)) } else { Ok(()) }
    }

    /// Waits until a list may be read; the moment counts.
    async fn turn(&mut self, observe: &mut dyn FnMut(ReadNotice)) -> Result<(), PageError> {
        let Self { reader, schedule, told, .. } = self;
        let clock = reader.clock();
        clock.sleep_until(schedule.held_until()).await;
        let (now, next) = (TimePoint::of(clock), schedule.by_share(clock.now()));
        let share = later(now.utc, next.since(now.moment));
        told.ration(clock, share, "this run's share of the job lists (limits.poll)", observe);
        clock.sleep_until(next).await;
        let mut wait = |then| told.ration(clock, then, "the tenant's list ration", observe);
        let (asked, permit) = reader.permit(&mut wait).await?;
        if let Err(span) = permit {
            return Err(too_long(span, asked.utc));
        }
        schedule.note_read(asked.moment);
        self.read.push(asked.utc);
        Ok(())
    }

    /// What the server answers; says so where it lets itself be awaited.
    async fn answer(
        &mut self,
        request: &ListRequest,
        observe: &mut dyn FnMut(ReadNotice),
    ) -> Result<JobPage, CallError> {
        let Self { reader, told, purpose, .. } = self;
        let mut asked = pin!(reader.ask(request));
        tokio::select! {
            biased;
            answer = &mut asked => return answer,
            () = reader.clock().sleep(PATIENCE) => {}
        }
        told.list("no answer yet", purpose, observe);
        asked.await
    }

    /// Waits after a failure. Errors: it was the last try, it will not pass, or it asks for too long a pause.
    async fn after(
        &mut self,
        error: CallError,
        backoff: &mut ReadBackoff,
        max_tries: u32,
        observe: &mut dyn FnMut(ReadNotice),
    ) -> Result<(), PageError> {
        let wait = backoff.fail(MAX_BACKOFF);
        let pause = error.hold();
        if let Some(span) = pause {
            self.reader.keep_pause(Pause::new(self.reader.clock().utc(), span)).await?;
        }
        if backoff.failures() >= max_tries || !error.may_pass() {
            return Err(PageError::Refused(Box::new(error)));
        }
        self.told.list(&error.to_string(), self.purpose, observe);
        if let Some(span) = pause {
            return self.pause(span, observe);
        }
        self.reader.clock().sleep(wait).await;
        Ok(())
    }

    /// Takes in the server's time. It is needed before the first send: a crash may leave nothing else to date it by.
    fn note_date(&mut self, page: &JobPage) {
        if let Some(date) = page.server_time {
            let ahead = date.duration_since(self.reader.clock().utc()).as_millis();
            self.server_ahead_ms = i64::try_from(ahead).ok();
        }
    }
}

impl ToldWaits {
    /// Says why a list is not there yet.
    fn list(&mut self, why: &str, purpose: &str, observe: &mut dyn FnMut(ReadNotice)) {
        if !std::mem::replace(&mut self.list, true) {
            let why = escape(why);
            observe(ReadNotice::Waiting(format!("waiting for the server's job list ({why}): {purpose}")));
        }
    }

    /// Says until when a ration is awaited, the first time that it takes long.
    fn ration(&mut self, clock: &dyn Clock, then: Timestamp, what: &str, observe: &mut dyn FnMut(ReadNotice)) {
        let span = TimePoint::of(clock).ahead(then);
        if (PATIENCE..=MAX_HOLD).contains(&span) && !std::mem::replace(&mut self.ration, true) {
            observe(ReadNotice::Waiting(format!("waiting until {} for {what}", time_of_day(then))));
        }
    }
}

fn too_long(span: Duration, now: Timestamp) -> PageError {
    PageError::PausedTooLong(later(now, span.min(MAX_PAUSE)))
}

#[cfg(test)]
mod tests;
