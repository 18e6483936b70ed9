//! When a wait's time is up, and what becomes of what is unfinished then.
//!
//! In: the last launch of each job, and the present. Out: late ends, and what is to be stopped. Never: calls one late that was
//! not looked at since, as long as the server answers.

use super::Watcher;
use super::deadline::{GRACE, StopsByFolder};
use crate::clock::{Moment, TimePoint};
use crate::format::OnTimeout;
use crate::ids::JobId;
use crate::launch_terms::StopStrategy;
use crate::outcome::{JobEnd, JobOutcome};
use crate::wait::forms::FormSupport;
use crate::wait::terms::WatchEvent;
use crate::wait::tracked::Mark;

impl Watcher {
    /// What the present time changes: what is late by now.
    pub(crate) fn take_time(&mut self, now: TimePoint) -> Vec<WatchEvent> {
        let mut given_up = Vec::new();
        for number in 0..self.deadlines.len() {
            let Some(due) = self.due(number) else { continue };
            if due > now.moment {
                continue;
            }
            let deadline = &mut self.deadlines[number];
            match deadline.over_at {
                None => {
                    // What ended in time must not count as late because nobody looked.
                    deadline.over_at = Some(now.moment.after(GRACE));
                    self.lists.wants_sweep = true;
                }
                Some(over_at) if over_at <= now.moment => given_up.push(number),
                Some(_) => {}
            }
        }
        // Details that nobody can have are not waited for.
        let no_details = self.forms.single == FormSupport::Lacking && self.forms.by_id == FormSupport::Lacking;
        let awaiting = self.table.iter_open().filter(|job| no_details && job.has(Mark::AwaitsDetails));
        let awaiting: Vec<JobId> = awaiting.map(|job| job.id).collect();
        let mut without: Vec<WatchEvent> =
            awaiting.into_iter().filter_map(|job| self.end_without_details(job)).collect();
        if given_up.is_empty() {
            return without;
        }
        let is_given_up = |terms: u16| given_up.contains(&usize::from(terms));
        let late: Vec<(JobId, bool)> = self
            .table
            .iter_open()
            .filter(|job| is_given_up(job.terms))
            .map(|job| (job.id, job.has(Mark::AwaitsDetails)))
            .collect();
        let (mut events, mut stops) = (Vec::new(), StopsByFolder::new());
        for (job, is_over) in late {
            if is_over {
                events.extend(self.end_without_details(job));
            } else {
                self.end_late(job, &mut events, &mut stops);
            }
        }
        self.put_stops(stops, &mut events);
        without.append(&mut events);
        without
    }

    /// When the time of the launches of this job is up; `None` where it never is, or nothing is unfinished.
    fn due(&self, number: usize) -> Option<Moment> {
        let deadline = self.deadlines.get(number)?;
        if deadline.open == 0 {
            return None;
        }
        Some(deadline.last_launched?.after(self.terms.get(number)?.timeout?))
    }

    /// Whether the time of the launches on these terms is up by `moment`, as far as they are launched.
    pub(crate) fn is_up_by(&self, terms: u16, moment: Moment) -> bool {
        let last = self.deadlines.get(usize::from(terms)).and_then(|deadline| deadline.last_launched);
        let timeout = self.terms.get(usize::from(terms)).and_then(|terms| terms.timeout);
        last.zip(timeout).is_some_and(|(last, timeout)| last.after(timeout) <= moment)
    }

    /// When a wait's time is up next.
    pub(super) fn next_deadline(&self) -> Option<Moment> {
        let next = |number: usize| Some(self.due(number)?.max(self.deadlines[number].over_at.unwrap_or_default()));
        (0..self.deadlines.len()).filter_map(next).min()
    }

    /// Whether the time of the robot job's launches is up.
    pub(super) fn is_late(&self, terms: u16) -> bool {
        self.deadlines.get(usize::from(terms)).is_some_and(|deadline| deadline.over_at.is_some())
    }

    /// Nobody waits for the robot job any more, since its time is up.
    pub(super) fn end_late(&mut self, id: JobId, events: &mut Vec<WatchEvent>, stops: &mut StopsByFolder) {
        let Some(job) = self.table.get(id).copied() else { return };
        let terms = &self.terms[usize::from(job.terms)];
        let span = terms.timeout.unwrap_or_default();
        let info = Some(format!("not over {} s after the last launch", span.as_secs()));
        match terms.on_timeout {
            Some(OnTimeout::Stop) => stops.entry((job.folder, false)).or_default().push(id),
            Some(OnTimeout::Kill) => stops.entry((job.folder, true)).or_default().push(id),
            Some(OnTimeout::Leave) | None => {}
        }
        let end = JobEnd { info, state: self.last_state(id), ..JobEnd::new(id, JobOutcome::Late) };
        events.extend(self.finish(id, end));
    }

    /// `State` as it was last seen, where it is one that is known.
    fn last_state(&self, id: JobId) -> Option<String> {
        self.table.get(id)?.phase.word().map(str::to_owned)
    }

    /// Says what is to be stopped.
    pub(super) fn put_stops(&self, stops: StopsByFolder, events: &mut Vec<WatchEvent>) {
        for ((folder, kills), jobs) in stops {
            let strategy = if kills { StopStrategy::Kill } else { StopStrategy::SoftStop };
            events.push(WatchEvent::Stop { folder: self.table.folder(folder).clone(), jobs, strategy });
        }
    }
}
