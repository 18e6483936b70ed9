//! Robot jobs one by one: who is asked for, and what came.
//!
//! In: the present, single answers. Out: look-ups, events. Where they count as lists, they go through lists.

use std::time::Duration;

use super::Watcher;
use super::ends::{Gathered, RowKind, RowSource};
use super::lists::asked_ids;
use crate::clock::{Moment, TimePoint};
use crate::ids::JobId;
use crate::job_list::request::ListRequest;
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::{ListedJob, MAX_IDS, ShownFields};
use crate::outcome::{JobEnd, JobOutcome};
use crate::wait::form::{Look, LookForm, LookPart};
use crate::wait::forms::FormSupport;
use crate::wait::look_ups::JobLookUp;
use crate::wait::pacing::single_interval;
use crate::wait::survey::MAX_PENDING;
use crate::wait::terms::WatchEvent;
use crate::wait::tracked::Mark;

/// How many releases of which no end was seen are sampled.
const MAX_SAMPLED: usize = 5;
/// Windows are read for those that have been pending for long at most so often.
const MIN_SWEEP_INTERVAL: std::time::Duration = std::time::Duration::from_secs(60);

/// A robot job that was launched later than this ago is not gone: it may not be shown yet.
const MIN_AGE_OF_GONE: Duration = Duration::from_secs(300);

impl Watcher {
    /// The next robot job to ask for by itself, if one is due. Several may be under way.
    pub(crate) fn next_look_up(&mut self, now: TimePoint) -> Option<JobLookUp> {
        if !self.has_free_singles() || self.look_ups.is_full() || self.look_ups.turn(now.moment) > now.moment {
            return None;
        }
        self.count(now.moment);
        self.queue_due(now.moment);
        let job = self.next_queued().or_else(|| self.next_polled(now.moment))?;
        self.look_ups.go(job, false, now.moment);
        let folder = self.table.folder(self.table.get(job)?.folder).clone();
        Some(JobLookUp { folder, job })
    }

    /// Takes in what came of a look-up.
    pub(crate) fn take_look_up(
        &mut self,
        look_up: &JobLookUp,
        found: Result<Option<ListedJob>, CallError>,
        now: TimePoint,
    ) -> Vec<WatchEvent> {
        let id = look_up.job;
        self.look_ups.land(id);
        let Some(job) = self.table.get(id).copied() else { return Vec::new() };
        let mut gathered = Gathered::default();
        match found {
            Ok(Some(listed)) => {
                self.look_ups.note_found(id, job.folder, now.moment);
                self.forms.single = FormSupport::Works;
                if self.take_row(listed, RowSource::Single, now, &mut gathered) == RowKind::Contradictory {
                    // It was looked at all the same: the others come before it is asked for again.
                    self.note_seen(id, self.table.tick(now.moment));
                    gathered.events.extend(self.give_up_details(id));
                }
            }
            Ok(None) => self.take_absence(id, now, &mut gathered),
            Err(error) => {
                let may_pass = error.may_pass();
                // A refusal may pass as well: rights are lost and come back.
                self.look_ups.hold(error.hold(), now.moment);
                if may_pass {
                    if let Some(job) = self.table.get_mut(id) {
                        // The next window that lacks it asks for it again.
                        job.unset(Mark::Missing);
                    }
                } else if self.look_ups.refuse() {
                    self.forms.single = FormSupport::Lacking;
                }
                if job.has(Mark::AwaitsDetails) {
                    gathered.events.extend(self.give_up_details(id));
                } else if !may_pass {
                    self.note_seen(id, self.table.tick(now.moment));
                }
            }
        }
        self.handed_out(gathered)
    }

    /// When a robot job is asked for by itself next; `None` if none is.
    pub(super) fn look_up_due(&self, now: Moment) -> Option<Moment> {
        if !self.has_free_singles() || self.look_ups.is_full() {
            return None;
        }
        let turn = self.look_ups.turn(now);
        let waiting = (self.look_ups.waiting() > 0).then_some(turn);
        let polled = self.polled().map(|(due, _)| due).min().map(|due| due.max(turn));
        let again = self.look_ups.next_again().map(|again| again.max(turn));
        [waiting, polled, again].into_iter().flatten().min()
    }

    /// Orchestrator says that there is no such robot job.
    pub(super) fn take_absence(&mut self, id: JobId, now: TimePoint, to: &mut Gathered) {
        let Some(job) = self.table.get(id).copied() else { return };
        let is_old = self.table.tick(now.moment).since(job.launched) >= MIN_AGE_OF_GONE;
        if !self.look_ups.note_absent(id, job.folder, is_old, now.moment) {
            self.lists.wants_sweep |= self.look_ups.wants_folder(id);
            return;
        }
        if job.has(Mark::AwaitsDetails) {
            to.events.extend(self.end_without_details(id));
            return;
        }
        let info = Some("the server does not have it any more".to_owned());
        let end = JobEnd { info, state: job.phase.word().map(str::to_owned), ..JobEnd::new(id, JobOutcome::Gone) };
        to.events.extend(self.finish(id, end));
    }

    /// The details of one that is over could not be had; its end without them, where that is given up.
    pub(super) fn give_up_details(&mut self, id: JobId) -> Option<WatchEvent> {
        let is_over = self.table.get(id)?.has(Mark::AwaitsDetails);
        if !is_over {
            return None;
        }
        if self.forms.single == FormSupport::Lacking || self.look_ups.fail_details(id) {
            return self.end_without_details(id);
        }
        self.look_ups.push(id);
        None
    }

    /// Those that were pending for long when last seen, and those that were not there, wait for their turn.
    fn queue_due(&mut self, now: Moment) {
        let again: Vec<JobId> = self.look_ups.due_again(now).collect();
        let mut pending = std::mem::take(&mut self.survey.pending);
        if pending.len() >= MAX_PENDING {
            // A window shows all of them at once.
            let is_fresh = self.lists.last_sweep.is_some_and(|swept| now.since(swept) < MIN_SWEEP_INTERVAL);
            self.lists.wants_sweep |= !is_fresh;
            pending.clear();
        }
        pending.retain(|job| self.is_looked_for(*job, now));
        again.into_iter().chain(pending).for_each(|job| self.look_ups.push(job));
    }

    /// Whether one that is pending for long may be asked for: one that was not there has its turn among those, and where single
    /// calls fail all wait. Else they would take each list's permit, and nothing else be read.
    fn is_looked_for(&self, job: JobId, now: Moment) -> bool {
        !self.look_ups.is_absent(job) && !self.look_ups.is_held(now)
    }

    fn next_queued(&mut self) -> Option<JobId> {
        loop {
            let job = self.look_ups.pop()?;
            if self.table.get(job).is_some() {
                return Some(job);
            }
        }
    }

    /// The one whose turn it is to be polled.
    fn next_polled(&self, now: Moment) -> Option<JobId> {
        let due: Vec<(Moment, JobId)> = self.polled().filter(|(due, _)| *due <= now).collect();
        due.into_iter().min().map(|(_, job)| job)
    }

    /// Those that are polled one by one, and when each is due.
    fn polled(&self) -> impl Iterator<Item = (Moment, JobId)> {
        let is_tail = self.is_tail();
        let all = is_tail.then(|| self.table.iter_unfinished()).into_iter().flatten();
        let sampled = (!is_tail).then(|| self.sampled()).into_iter().flatten().filter_map(|job| self.table.get(job));
        all.chain(sampled).filter(|job| !self.look_ups.is_under_way(job.id) && !self.look_ups.is_absent(job.id)).map(
            |job| {
                let age = job.seen.since(job.launched);
                let oldest = self.survey.releases.get(&job.release).map(|release| release.oldest_job);
                // That one began is to be seen where it decides something.
                let notes_begin = self.terms.get(usize::from(job.terms)).is_some_and(|terms| terms.notes_begin);
                let is_unseen = notes_begin && !job.has(Mark::Began);
                let leads = is_unseen || oldest.is_none_or(|oldest| oldest == job.id);
                let due = job.seen.after(single_interval(age, self.spans.usual(job.release), leads));
                (self.table.moment(due), job.id)
            },
        )
    }

    /// The oldest of the releases that a list is not worth reading for: of which no end was seen, or few are left.
    fn sampled(&self) -> Vec<JobId> {
        let is_unseen = !self.spans.has_seen_any();
        self.survey
            .releases
            .iter()
            .filter(|(number, release)| is_unseen || self.spans.usual(**number).is_none() || release.unfinished <= 5)
            .take(MAX_SAMPLED)
            .map(|(_, release)| release.oldest_job)
            .collect()
    }

    /// Whether robot jobs wait to be asked for through lists.
    pub(super) fn has_rationed_turns(&self, now: Moment) -> bool {
        !self.has_free_singles()
            && (self.look_ups.waiting() > 0
                || self.look_ups.due_again(now).next().is_some()
                || self.survey.pending.iter().any(|job| self.is_looked_for(*job, now)))
    }

    /// When one that was not there is asked for again through a list.
    pub(super) fn rationed_again(&self) -> Option<Moment> {
        if self.has_free_singles() { None } else { self.look_ups.next_again() }
    }

    /// A look for those that wait to be asked for, where single calls count as lists: together where that may do.
    pub(super) fn rationed_look(&mut self, now: Moment) -> Option<Look> {
        if self.has_free_singles() {
            return None;
        }
        self.queue_due(now);
        let mut jobs = Vec::new();
        while jobs.len() < MAX_IDS
            && let Some(job) = self.next_queued()
        {
            jobs.push(job);
        }
        let wants_details = |id: &JobId| self.table.get(*id).is_some_and(|job| job.has(Mark::AwaitsDetails));
        let (details, others): (Vec<JobId>, Vec<JobId>) = jobs.into_iter().partition(wants_details);
        let folder_of = |id: JobId| self.table.get(id).map_or(0, |job| job.folder);
        if !details.is_empty() && self.may_ask_by_id() {
            let look =
                self.look_by_id(details.iter().map(|id| (folder_of(*id), *id)).collect(), ShownFields::WithOutput);
            for id in others {
                self.look_ups.push(id);
            }
            return Some(look);
        }
        let mut all: Vec<JobId> = details.into_iter().chain(others).collect();
        if all.is_empty() {
            return None;
        }
        if self.forms.single == FormSupport::Lacking {
            // Those whose details nobody can have end without them, by time.
            all.into_iter().filter(wants_details).for_each(|id| self.look_ups.push(id));
            return None;
        }
        let first = all.remove(0);
        for id in all {
            self.look_ups.push(id);
        }
        self.look_ups.go(first, true, now);
        let folder = self.table.folder(folder_of(first)).clone();
        let look = Look::new(LookForm::One, [LookPart::One(folder, first)], ShownFields::Detailed);
        debug_assert!(matches!(look.request(), Some(ListRequest::One(..))));
        Some(look)
    }

    /// Details that a list by ids was asked for cannot be had so.
    pub(super) fn give_up_rationed_details(&mut self, part: Option<&LookPart>) {
        for id in asked_ids(part) {
            self.look_ups.push(id);
        }
    }
}
