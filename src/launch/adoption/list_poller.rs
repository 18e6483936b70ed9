//! When an adoption may read lists, and what it says while it waits.

use std::pin::pin;
use std::time::Duration;

use super::AdoptionError;
use crate::clock::{Clock, Timestamp, time_of_day};
use crate::diagnostic::escape::escape;
use crate::launch::decide::MAX_HOLD;
use crate::launch::pauses::PauseStreak;
use crate::launch::{Notice, TimePoint, later};
use crate::ledger::pause::MAX_PAUSE;
use crate::ledger::{ListPermit, ListReader, Rations};
use crate::orchestrator::JobPage;
use crate::orchestrator::call_error::CallError;
use crate::pace::{Pace, Stream};

/// The pause after the first failure; it doubles with each one.
const INITIAL_PAUSE: Duration = Duration::from_millis(500);
/// Maximum pause between two tries.
const MAX_RETRY_PAUSE: Duration = Duration::from_secs(8);
/// A wait is told of from this length on.
const PATIENCE: Duration = Duration::from_secs(2);

/// When lists may be read, and when they were.
pub(super) struct ListPoller<'a, L> {
    pub(super) ledger: &'a L,
    pub(super) clock: &'a dyn Clock,
    pub(super) reader: ListReader,
    pub(super) stream: Stream,
    pub(super) ration: Pace,
    pub(super) read: Vec<Timestamp>,
    /// How far the server's `Date` is ahead of our clock, in milliseconds; `None` if no list told it.
    pub(super) server_ahead_ms: Option<i64>,
    /// What the lists are read for.
    pub(super) purpose: &'static str,
    pub(super) announced: AnnouncedWaits,
    pub(super) observe: &'a mut (dyn FnMut(Notice) + 'a),
}

/// Which waits were announced: once is enough.
#[derive(Default)]
pub(super) struct AnnouncedWaits {
    ration: bool,
    list: bool,
    /// How many pages were read.
    pages: u32,
    paused: PauseStreak,
}

impl<L: Rations> ListPoller<'_, L> {
    /// Waits until a list may be read, by the run's own share and by its tenant's ration; the moment counts.
    pub(super) async fn turn(&mut self) -> Result<(), AdoptionError> {
        let (now, next) = (TimePoint::of(self.clock), self.stream.next(self.clock.now()));
        self.ration_awaited(later(now.utc, next.since(now.moment)), "this run's share of the job lists (limits.poll)");
        self.clock.sleep_until(next).await;
        loop {
            let now = TimePoint::of(self.clock);
            match self.ledger.take_list_permit(self.reader.clone(), self.ration, now.utc).await? {
                ListPermit::Granted => {
                    self.stream.take(self.clock.now());
                    self.read.push(now.utc);
                    return Ok(());
                }
                ListPermit::NotBefore(then) => {
                    self.ration_awaited(then, "the tenant's list ration");
                    self.wait(now.ahead(then)).await?;
                }
            }
        }
    }

    /// Counts a page, and says so from the second one on.
    pub(super) fn turn_page(&mut self) {
        self.announced.pages += 1;
        if self.announced.pages > 1 {
            (self.observe)(Notice::Looking(Some(self.announced.pages)));
        }
    }

    /// What `asked` answers; says so where it lets itself be awaited.
    pub(super) async fn heard<T>(&mut self, asked: impl Future<Output = T>) -> T {
        let mut asked = pin!(asked);
        tokio::select! {
            biased;
            answer = &mut asked => return answer,
            () = self.clock.sleep(PATIENCE) => {}
        }
        self.list_awaited("no answer yet");
        asked.await
    }

    /// Waits after the failure number `tries` of `most`. Errors: it was the last one, it will not pass, or it asks for too long a pause.
    pub(super) async fn after(&mut self, error: CallError, tries: u32, most: u32) -> Result<(), AdoptionError> {
        let pause = error.hold().unwrap_or(pause_after(tries));
        if tries >= most || !error.may_pass() {
            return Err(AdoptionError::Unlisted(Box::new(error)));
        }
        self.list_awaited(&error.to_string());
        if error.hold().is_some() {
            self.held(pause)?;
        }
        self.wait(pause).await
    }

    /// Says until when the server asked for a pause. Errors: it asked again and again.
    pub(super) fn held(&mut self, span: Duration) -> Result<(), AdoptionError> {
        let now = TimePoint::of(self.clock);
        if span <= MAX_HOLD {
            (self.observe)(Notice::Held(span));
        }
        let goes_on = self.announced.paused.add(now.moment, now.moment.after(span), now.moment);
        if goes_on { Err(AdoptionError::HeldTooLong(later(now.utc, span.min(MAX_PAUSE)))) } else { Ok(()) }
    }

    /// Says why a list is not there yet.
    fn list_awaited(&mut self, why: &str) {
        if !std::mem::replace(&mut self.announced.list, true) {
            self.tell(format!("waiting for the server's job list ({}): {}", escape(why), self.purpose));
        }
    }

    /// Says until when a ration is awaited, the first time that it takes long.
    fn ration_awaited(&mut self, then: Timestamp, what: &str) {
        let span = TimePoint::of(self.clock).ahead(then);
        if (PATIENCE..=MAX_HOLD).contains(&span) && !std::mem::replace(&mut self.announced.ration, true) {
            self.tell(format!("waiting until {} for {what}", time_of_day(then)));
        }
    }

    /// Takes in the server's time. It is needed before the first send: a crash may leave nothing else to date it by.
    pub(super) fn note_date(&mut self, page: &JobPage) {
        if let Some(date) = page.server_time {
            self.server_ahead_ms = i64::try_from(date.duration_since(self.clock.utc()).as_millis()).ok();
        }
    }

    fn tell(&mut self, words: String) {
        (self.observe)(Notice::Waiting(words));
    }

    /// Waits, where that is not too long.
    pub(super) async fn wait(&self, span: Duration) -> Result<(), AdoptionError> {
        if span > MAX_HOLD {
            return Err(AdoptionError::HeldTooLong(later(self.clock.utc(), span.min(MAX_PAUSE))));
        }
        self.clock.sleep(span).await;
        Ok(())
    }
}

/// How long to wait after failure number `tries`, where the server does not say it.
fn pause_after(tries: u32) -> Duration {
    (INITIAL_PAUSE * (1 << (tries - 1).min(10))).min(MAX_RETRY_PAUSE)
}
