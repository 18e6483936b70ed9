//! What releases tell of robot jobs that are over: asked for, recorded.
//!
//! In: ends whose notes lack something, and what came of asking. Out: the next release to ask for, and notes for the ledger.
//! Never: keeps an end from being recorded; that comes first, with the notes as they are.

use crate::clock::TimePoint;
use crate::ids::{AttemptNo, Ordinal};
use crate::launch::dispatcher::Dispatcher;
use crate::launch::notice::Notice;
use crate::launch::request_source::RequestSource;
use crate::ledger::event::LaunchEvent;
use crate::orchestrator::ReleaseDetails;
use crate::orchestrator::call_error::CallError;
use crate::outcome::JobEnd;
use crate::wait::{NotedJob, ReleaseLookUp, UnsureNotes};

impl<R: RequestSource> Dispatcher<'_, R> {
    /// Completes the notes of `end`, by what is known already; else they come later, in an event of their own.
    pub(super) fn complete_notes(
        &mut self,
        (ordinal, attempt): (Ordinal, AttemptNo),
        end: &mut JobEnd,
        unsure: UnsureNotes,
        now: TimePoint,
    ) {
        let mut noted = NotedJob { ordinal, attempt, job: end.job, notes: std::mem::take(&mut end.notes) };
        self.watching.notes.complete(&mut noted, unsure, now.moment);
        end.notes = noted.notes;
    }

    /// The next release that is to be asked for.
    pub(in crate::launch) fn next_release(&mut self, now: TimePoint) -> Option<ReleaseLookUp> {
        if self.watches() { self.watching.notes.next(now.moment) } else { None }
    }

    /// Takes in what came of asking for it.
    pub(in crate::launch) fn on_release(
        &mut self,
        asked: &ReleaseLookUp,
        found: Result<Option<ReleaseDetails>, CallError>,
        now: TimePoint,
    ) {
        let (noted, told) = self.watching.notes.take(asked, found, now.moment);
        if let Some(words) = told {
            self.outbox.tell(Notice::Watched(words));
        }
        for NotedJob { ordinal, attempt, job, notes } in noted {
            self.outbox.append_to_any(ordinal, LaunchEvent::JobNotes { attempt, job, notes }, now);
        }
    }

    /// Whether notes are still to come that the run's end waits for.
    pub(in crate::launch) fn is_asking_releases(&self, now: TimePoint) -> bool {
        self.watches() && self.watching.notes.is_open(now.moment)
    }
}
