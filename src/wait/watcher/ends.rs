//! What a row, or a single answer, changes.
//!
//! In: what a server shows of a robot job. Out: events. Never: ends a robot job twice, or takes an end back.

use std::time::Duration;

use super::deadline::StopsByFolder;
use super::{Watcher, shifted};
use crate::clock::{TimePoint, Timestamp};
use crate::ids::JobId;
use crate::orchestrator::ListedJob;
use crate::outcome::{BegunJob, JobEnd, JobOutcome};
use crate::robot_job::server_time;
use crate::wait::phase::Phase;
use crate::wait::reading::{contradicts, note_course};
use crate::wait::terms::{PendingThen, WatchEvent};
use crate::wait::tracked::{Mark, Tracked};

/// Maximum states that nobody knows and that are told of.
const MAX_UNKNOWN_STATES: usize = 20;

/// Where something was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowSource {
    /// In a list of what changed.
    Filter,
    /// In another list.
    List,
    /// In a list that shows outputs, as far as it does.
    Outputs,
    /// In an answer of its own, which shows everything.
    Single,
}

/// What came of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RowKind {
    /// It is nobody's that is waited for.
    Foreign,
    /// It is said to be one that is waited for, and cannot be.
    Contradictory,
    /// It is one that is waited for.
    Own,
}

/// The events of one answer, while they are gathered.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) events: Vec<WatchEvent>,
    pub(super) stops: StopsByFolder,
}

impl Watcher {
    /// Takes in what `listed` shows, at `now`.
    pub(super) fn take_row(
        &mut self,
        listed: ListedJob,
        source: RowSource,
        now: TimePoint,
        to: &mut Gathered,
    ) -> RowKind {
        let id = listed.job.id;
        let Some(job) = self.table.get(id).copied() else { return RowKind::Foreign };
        if contradicts(&listed, &job, self.table.created(&job), source == RowSource::Single) {
            return RowKind::Contradictory;
        }
        let (tick, phase) = (self.table.tick(now.moment), Phase::of(listed.job.state.as_deref()));
        self.look_ups.note_shown(job.folder, now.moment);
        self.look_ups.see(id);
        if job.has(Mark::AwaitsDetails) {
            match source {
                RowSource::Outputs | RowSource::Single => {
                    self.take_details(id, listed, source == RowSource::Single, to);
                }
                RowSource::Filter | RowSource::List => {}
            }
            return RowKind::Own;
        }
        self.note_seen(id, tick);
        if let Some(record) = self.table.get_mut(id) {
            note_course(record, &listed, phase);
        }
        self.tell_begin(&job, &listed, phase, to);
        if phase == Phase::Unknown {
            self.tell_unknown(id, &listed, to);
        }
        let until_suspended = self.terms.get(usize::from(job.terms)).is_some_and(|terms| terms.until_suspended);
        let outcome = match phase {
            Phase::Suspended if until_suspended => Some(JobOutcome::Suspended),
            Phase::Pending
            | Phase::Running
            | Phase::Moving
            | Phase::Suspended
            | Phase::Unknown
            | Phase::Successful
            | Phase::Faulted
            | Phase::Stopped => phase.outcome(),
        };
        match outcome {
            Some(outcome) => self.take_end(listed, outcome, source, now, to),
            None if self.is_late(job.terms) => self.end_late(id, &mut to.events, &mut to.stops),
            None if phase == Phase::Pending => self.tell_pending(listed, now, to),
            None if phase == Phase::Suspended => self.tell_suspended(id, to),
            None => {}
        }
        if phase != Phase::Suspended
            && let Some(job) = self.table.get_mut(id)
        {
            job.unset(Mark::Suspended);
        }
        RowKind::Own
    }

    /// The robot job is over, as `listed` shows.
    fn take_end(
        &mut self,
        listed: ListedJob,
        outcome: JobOutcome,
        source: RowSource,
        now: TimePoint,
        to: &mut Gathered,
    ) {
        let id = listed.job.id;
        if outcome != JobOutcome::Suspended {
            self.learn_end(&listed, source, now);
        }
        if source != RowSource::Single && self.wants_details(&listed, outcome) {
            self.table.await_details(id);
            self.look_ups.push(id);
            return;
        }
        to.events.extend(self.finish_shown(id, listed, outcome, source == RowSource::Single));
    }

    /// Whether what a list shows of an end is less than is wanted, and a single answer may show more.
    fn wants_details(&self, listed: &ListedJob, outcome: JobOutcome) -> bool {
        if self.forms.single == crate::wait::forms::FormSupport::Lacking {
            return false;
        }
        let wants_outputs = self
            .table
            .get(listed.job.id)
            .and_then(|job| self.terms.get(usize::from(job.terms)))
            .is_some_and(|terms| terms.outputs);
        let is_mute = listed.error.is_none() && listed.job.info.as_deref().unwrap_or_default().trim().is_empty();
        match outcome {
            JobOutcome::Successful => wants_outputs,
            JobOutcome::Faulted => is_mute,
            JobOutcome::Stopped | JobOutcome::Suspended | JobOutcome::Late | JobOutcome::Gone => false,
        }
    }

    /// The single answer to a robot job that was seen to be over: its end stays what it was.
    fn take_details(&mut self, id: JobId, mut listed: ListedJob, is_whole: bool, to: &mut Gathered) {
        let Some(phase) = self.table.get(id).map(|job| job.phase) else { return };
        let Some(outcome) = phase.outcome() else { return };
        if Phase::of(listed.job.state.as_deref()) != phase {
            listed.job.state = phase.word().map(str::to_owned);
        }
        to.events.extend(self.finish_shown(id, listed, outcome, is_whole));
    }

    /// The end of a robot job whose details cannot be had.
    pub(super) fn end_without_details(&mut self, id: JobId) -> Option<WatchEvent> {
        let phase = self.table.get(id)?.phase;
        let end = JobEnd {
            state: phase.word().map(str::to_owned),
            info: Some(JobEnd::DETAILS_UNREAD.to_owned()),
            ..JobEnd::new(id, phase.outcome()?)
        };
        self.finish(id, end)
    }

    /// Learns how long one lived, how its end is stamped, and whether a filter should have shown it before.
    fn learn_end(&mut self, listed: &ListedJob, source: RowSource, now: TimePoint) {
        let Some(job) = self.table.get(listed.job.id).copied() else { return };
        let created = listed.job.created().or_else(|| self.table.created(&job));
        let end = listed.job.ended();
        let by_server =
            created.zip(end).and_then(|(created, end)| Duration::try_from(end.duration_since(created)).ok());
        let by_us = self.table.tick(now.moment).since(job.launched);
        if !self.spans.has_seen_any() {
            // From now on it is known what is worth waiting for.
            self.surveyed = None;
        }
        self.spans.learn(job.release, by_server.filter(|span| *span <= by_us * 4).unwrap_or(by_us));
        let date = self.date(now);
        let known = self.lists.known_through.map(|known| self.forms.since(self.by_end_clock(known)));
        if let Some(known) = known.filter(|_| source != RowSource::Filter)
            && end.is_none_or(|end| end < known)
        {
            self.forms.note_miss(end, known);
            self.lists.wants_sweep = true;
        }
        if let Some(end) = end {
            let ahead = i64::try_from(end.duration_since(date).as_millis()).unwrap_or_default();
            self.lists.end_ahead_ms = Some(self.lists.end_ahead_ms.map_or(ahead, |most| most.max(ahead)));
            self.lists.note_control(&job, created, end);
        }
    }

    /// `date` of the gateway, by the clock that stamps ends: never later than that may show.
    pub(super) fn by_end_clock(&self, date: Timestamp) -> Timestamp {
        shifted(date, self.lists.end_ahead_ms.unwrap_or(0).min(0))
    }

    /// Tells that one runs that was not seen to do so `before`, where somebody wants to know: its end says so itself.
    fn tell_begin(&mut self, before: &Tracked, listed: &ListedJob, phase: Phase, to: &mut Gathered) {
        let is_wanted = self.terms.get(usize::from(before.terms)).is_some_and(|terms| terms.notes_begin);
        let has_begun = self.table.get(before.id).is_some_and(|job| job.has(Mark::Began));
        if is_wanted && has_begun && !before.has(Mark::Began) && phase.outcome().is_none() {
            let start = listed.job.start_time.as_deref().and_then(server_time);
            let begun = BegunJob { job: before.id, start };
            to.events.push(WatchEvent::Began { ordinal: before.ordinal, attempt: before.attempt, begun });
        }
    }

    fn tell_unknown(&mut self, job: JobId, listed: &ListedJob, to: &mut Gathered) {
        let state = listed.job.state.clone().unwrap_or_default();
        if self.unknown_states.len() < MAX_UNKNOWN_STATES && self.unknown_states.insert(state.clone()) {
            to.events.push(WatchEvent::UnknownState { job, state });
        }
    }

    /// Tells of one that was suspended at the look before, too; once.
    fn tell_suspended(&mut self, id: JobId, to: &mut Gathered) {
        let Some(job) = self.table.get_mut(id) else { return };
        if !job.has(Mark::Suspended) {
            job.set(Mark::Suspended);
        } else if !job.has(Mark::LongSuspended) {
            job.set(Mark::LongSuspended);
            let folder = job.folder;
            to.events.push(WatchEvent::StaysSuspended { folder: self.table.folder(folder).clone(), job: id });
        }
    }

    /// Tells of one that has been pending for long, once.
    fn tell_pending(&mut self, listed: ListedJob, now: TimePoint, to: &mut Gathered) {
        let id = listed.job.id;
        let Some(job) = self.table.get(id).copied() else { return };
        let pending = self.terms.get(usize::from(job.terms)).and_then(|terms| terms.pending);
        let age = self.table.tick(now.moment).since(job.launched);
        let Some(pending) = pending.filter(|pending| age >= pending.after && !job.has(Mark::LongPending)) else {
            return;
        };
        if let Some(record) = self.table.get_mut(id) {
            record.set(Mark::LongPending);
        }
        let folder = self.table.folder(job.folder).clone();
        let since = crate::clock::earlier(now.utc, age);
        let ListedJob { job: row, .. } = listed;
        let info = row.info.clone().filter(|info| !info.trim().is_empty());
        let told = WatchEvent::LongPending { ordinal: job.ordinal, job: id, folder, since, then: pending.then, info };
        to.events.push(told);
        match pending.then {
            PendingThen::Tell => {}
            PendingThen::Stop => to.stops.entry((job.folder, false)).or_default().push(id),
            PendingThen::Late => {
                let span = pending.after.as_secs();
                let info = Some(format!("still pending {span} s after it was launched"));
                let end = JobEnd { info, state: row.state, ..JobEnd::new(id, JobOutcome::Late) };
                to.events.extend(self.finish(id, end));
            }
        }
    }

    /// The events that were gathered, with what is to be stopped.
    pub(super) fn handed_out(&self, gathered: Gathered) -> Vec<WatchEvent> {
        let Gathered { mut events, stops } = gathered;
        self.put_stops(stops, &mut events);
        events
    }
}
