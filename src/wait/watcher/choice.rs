//! What is looked at next in lists, and when.
//!
//! In: what is unfinished, what the server carries out, what looks cost. Out: a look, in the cheapest form.

use std::collections::BTreeMap;

use super::Watcher;
use crate::clock::{Moment, TimePoint, Timestamp};
use crate::ids::{FolderRef, JobId};
use crate::orchestrator::{MAX_IDS, ShownFields};
use crate::wait::cursor::Cursor;
use crate::wait::form::{Look, LookForm, LookPart};
use crate::wait::forms::{ChangeForm, FormSupport};
use crate::wait::pacing::{list_interval, tail_length};
use crate::wait::tracked::Mark;

/// Failures of a filter, in ways that pass, before the whole window is read instead.
const MAX_FILTER_FAILURES: u32 = 3;
/// Whole windows are read beside a filter at most so often, and for at most this part of its pages.
const MIN_AUDIT_INTERVAL: std::time::Duration = std::time::Duration::from_secs(600);
const AUDIT_SHARE: u32 = 4;
/// The oldest are asked for by their ids after so many looks by a filter.
const LOOKS_BETWEEN_AUDITS: u32 = 10;
/// How many robot jobs a page of a window has room for.
const PAGE: usize = 1_000;

impl Watcher {
    /// When lists are looked at next; `None` if nothing in them is looked for.
    pub(super) fn look_due(&self, now: Moment) -> Option<Moment> {
        if self.has_rationed_turns(now) {
            return Some(now);
        }
        if self.table.unfinished() == 0 {
            return self.rationed_again();
        }
        let regular = (!self.is_tail()).then(|| {
            let samples = self.has_free_singles();
            let looked = self.lists.looked.unwrap_or_default();
            looked.after(list_interval(&self.survey, &self.spans, self.next_cost(), samples))
        });
        let urgent = (self.lists.wants_sweep || self.wants_probe()).then_some(now);
        [regular, urgent, self.rationed_again()].into_iter().flatten().min()
    }

    /// Whether so few are left that they are asked for one by one, and no list is read.
    pub(super) fn is_tail(&self) -> bool {
        let interval = self.settings.single_pace.interval();
        self.has_free_singles() && self.survey.unfinished <= tail_length(&self.survey, &self.spans, interval)
    }

    /// Whether the first end was just seen, so that lists are worth reading now.
    fn wants_probe(&self) -> bool {
        let is_first = self.lists.known_through.is_none() && self.lists.change_pages == 0;
        is_first && self.filter().is_some() && !self.is_tail()
    }

    /// Whether the oldest are asked for by their ids until one is over, since none can be asked for by itself.
    fn samples_by_id(&self) -> bool {
        !self.has_free_singles() && !self.spans.has_seen_any() && self.may_ask_by_id()
    }

    /// How many pages the next look is likely to take, and how many times as seldom such looks may be made for that.
    fn next_cost(&self) -> (u32, f64) {
        if self.samples_by_id() {
            (1, 1.0)
        } else if self.filter().is_some() {
            (self.lists.change_pages, 4.0)
        } else {
            (self.window_pages().min(self.requests_by_id()), 16.0)
        }
    }

    /// How many pages all that was created since the oldest unfinished one is likely to take.
    fn window_pages(&self) -> u32 {
        self.lists.sweep_pages.max(u32::try_from(self.survey.unfinished / PAGE + 1).unwrap_or(u32::MAX))
    }

    /// The look that is due, in the cheapest form that works.
    pub(super) fn choose_look(&mut self, now: TimePoint) -> Option<Look> {
        if let Some(look) = self.rationed_look(now.moment) {
            return Some(look);
        }
        if self.table.unfinished() == 0 || self.look_due(now.moment).is_none_or(|due| due > now.moment) {
            return None;
        }
        self.ask_for_undated();
        if std::mem::take(&mut self.lists.wants_sweep) {
            return Some(self.whole_look());
        }
        let Some((form, since)) = self.filter() else {
            let oldest = self.survey.oldest();
            let is_early = self.lists.last_sweep.is_some_and(|swept| now.moment < swept.after(oldest.mul_f64(0.67)));
            if self.samples_by_id() && is_early {
                return Some(self.oldest_look());
            }
            return Some(self.whole_look());
        };
        if self.is_audit_due(now.moment) {
            return Some(self.whole_look());
        }
        let has_overdue = !self.survey.overdue.is_empty();
        if has_overdue
            && !self.has_free_singles()
            && self.lists.looks_since_audit >= LOOKS_BETWEEN_AUDITS
            && self.may_ask_by_id()
        {
            self.lists.looks_since_audit = 0;
            return Some(self.oldest_look());
        }
        let by_ids = self.requests_by_id();
        let is_cheaper_by_id = self.forms.by_id == FormSupport::Works && by_ids < self.lists.change_pages;
        if is_cheaper_by_id {
            return Some(self.all_by_id());
        }
        Some(self.changed_look(form, since))
    }

    /// The filter for what changed, and since when, where it may be used.
    fn filter(&self) -> Option<(ChangeForm, Timestamp)> {
        if self.lists.filter_failures >= MAX_FILTER_FAILURES {
            return None;
        }
        let form = self.forms.change()?;
        let control = self.lists.control.as_ref();
        let known = self.lists.known_through.map(|known| self.forms.since(self.by_end_clock(known)));
        let works = match form {
            ChangeForm::Ended => self.forms.ended,
            ChangeForm::Modified => self.forms.modified,
        } == FormSupport::Works;
        match (control, known) {
            (_, Some(since)) if works => Some((form, since)),
            // A probe must bring what is known to be there.
            (Some(control), known) => Some((form, known.map_or(control.end, |known| known.min(control.end)))),
            (None, _) => None,
        }
    }

    fn changed_look(&mut self, form: ChangeForm, since: Timestamp) -> Look {
        let works = *self.forms.of_change(form) == FormSupport::Works;
        let control = self.lists.control;
        let probed = control.filter(|_| !works || self.forms.folderless == FormSupport::Unprobed);
        let mut from: BTreeMap<u16, Timestamp> = BTreeMap::new();
        for (folder, stat) in &self.survey.folders {
            if let Some(earliest) = stat.earliest {
                from.insert(*folder, earliest);
            }
        }
        if let Some(control) = probed {
            let from = from.entry(control.folder).or_insert(control.created);
            *from = control.created.min(*from);
        }
        // The control must be within what is asked for.
        let since = probed.map_or(since, |control| since.min(control.end));
        let is_folderless = from.len() > 1 && self.forms.folderless != FormSupport::Lacking;
        let parts: Vec<LookPart> = if is_folderless {
            let earliest = from.values().min().copied();
            earliest.map(|from| LookPart::List(None, Cursor::begin(from))).into_iter().collect()
        } else {
            self.list_parts(from)
        };
        let mut look = Look::new(LookForm::Changed(form, since), parts, self.fields());
        look.control = probed.map(|control| control.job);
        look
    }

    fn list_parts(&self, from: BTreeMap<u16, Timestamp>) -> Vec<LookPart> {
        from.into_iter()
            .map(|(folder, from)| LookPart::List(Some(self.table.folder(folder).clone()), Cursor::begin(from)))
            .collect()
    }

    /// All that is unfinished: by whole windows, or by ids where those are fewer requests.
    fn whole_look(&self) -> Look {
        let by_ids = self.requests_by_id();
        let window = self.window_pages();
        let can_sweep = self.survey.folders.values().any(|folder| folder.earliest.is_some());
        if !can_sweep || (self.forms.by_id == FormSupport::Works && by_ids < window) {
            return self.all_by_id();
        }
        let from = self.survey.folders.iter().filter_map(|(folder, stat)| Some((*folder, stat.earliest?))).collect();
        Look::new(LookForm::Sweep, self.list_parts(from), self.fields())
    }

    /// How many requests it takes to ask for all by their ids.
    fn requests_by_id(&self) -> u32 {
        let requests = self.survey.folders.values().map(|folder| folder.unfinished.div_ceil(MAX_IDS)).sum::<usize>();
        u32::try_from(requests).unwrap_or(u32::MAX)
    }

    fn all_by_id(&self) -> Look {
        let all: Vec<(u16, JobId)> = self.table.iter_unfinished().map(|job| (job.folder, job.id)).collect();
        self.look_by_id(all, self.fields())
    }

    /// Those that were launched first, as many as one request takes.
    fn oldest_look(&self) -> Look {
        let oldest = self.table.iter_unfinished().take(MAX_IDS).map(|job| (job.folder, job.id)).collect();
        self.look_by_id(oldest, self.fields())
    }

    /// Robot jobs by their ids, a folder at a time.
    pub(super) fn look_by_id(&self, jobs: Vec<(u16, JobId)>, fields: ShownFields) -> Look {
        let mut by_folder: BTreeMap<u16, Vec<JobId>> = BTreeMap::new();
        for (folder, job) in jobs {
            by_folder.entry(folder).or_default().push(job);
        }
        let parts = by_folder.into_iter().flat_map(|(folder, jobs)| {
            let name: FolderRef = self.table.folder(folder).clone();
            let chunks: Vec<Vec<JobId>> = jobs.chunks(MAX_IDS).map(<[JobId]>::to_vec).collect();
            chunks.into_iter().map(move |ids| LookPart::Ids(Some(name.clone()), ids))
        });
        Look::new(LookForm::ById, parts, fields)
    }

    pub(super) fn may_ask_by_id(&self) -> bool {
        self.forms.by_id != FormSupport::Lacking
    }

    /// How much of each robot job is asked for.
    pub(super) fn fields(&self) -> ShownFields {
        if self.forms.details == FormSupport::Lacking { ShownFields::Few } else { ShownFields::Detailed }
    }

    /// Whether the whole window is read, although a filter works: what it might miss.
    fn is_audit_due(&self, now: Moment) -> bool {
        let since = self.lists.last_sweep.or(self.lists.looked).unwrap_or(now);
        now.since(since) >= MIN_AUDIT_INTERVAL
            && self.lists.pages_since_sweep >= self.window_pages().saturating_mul(AUDIT_SHARE)
    }

    /// Those without a `CreationTime` stand in no window that could be read: they are asked for one by one.
    fn ask_for_undated(&mut self) {
        if self.survey.folders.values().all(|folder| folder.undated == 0) {
            return;
        }
        let undated =
            |job: &&crate::wait::tracked::Tracked| self.table.created(job).is_none() && !job.has(Mark::Missing);
        let mut found: Vec<_> = self.table.iter_unfinished().filter(undated).map(|job| (job.seen, job.id)).collect();
        found.sort_unstable();
        found.into_iter().take(MAX_IDS).for_each(|(_, job)| self.look_ups.push(job));
    }
}
