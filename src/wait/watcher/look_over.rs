//! What a whole look showed of the server: whether it carries a form out, and who is missing.
//!
//! In: looks that are over. Out: what may be used, and who is asked for by himself. Never: takes one that is missing for gone.

use super::Watcher;
use super::ends::Gathered;
use super::lists::asked_ids;
use crate::clock::TimePoint;
use crate::ids::JobId;
use crate::orchestrator::JobPage;
use crate::wait::form::{Look, LookForm, LookScope};
use crate::wait::forms::FormSupport;
use crate::wait::tracked::Mark;

/// Maximum robot jobs that were missing and are asked for one by one at once.
const MAX_MISSING: usize = 50;
/// One that was launched so shortly before a look need not stand in lists yet.
const LIST_LAG: std::time::Duration = std::time::Duration::from_secs(60);
/// Looks in a row that a filter may leave unfinished.
const MAX_BROKEN: u32 = 2;

impl Watcher {
    /// Takes in a part by ids: whether it holds another robot job than was asked for.
    pub(super) fn note_part(&mut self, look: &Look, page: &JobPage, now: TimePoint, to: &mut Gathered) -> bool {
        let asked = asked_ids(look.part());
        if asked.is_empty() {
            return false;
        }
        let has = |id: JobId| page.jobs.iter().any(|listed| listed.job.id == id);
        let is_violated = page.jobs.iter().any(|listed| !asked.contains(&listed.job.id));
        for id in asked.into_iter().filter(|id| !has(*id)) {
            self.look_ups.land(id);
            if look.form == LookForm::One {
                self.take_absence(id, now, to);
            } else if look.fields == crate::orchestrator::ShownFields::WithOutput {
                to.events.extend(self.give_up_details(id));
            } else if !is_violated {
                self.ask_for_missing(id);
            }
        }
        for id in page.jobs.iter().map(|listed| listed.job.id) {
            self.look_ups.land(id);
            if let Some(job) = self.table.get(id) {
                self.look_ups.note_found(id, job.folder, now.moment);
            }
        }
        is_violated
    }

    /// An answer held what was not asked for: its form is not carried out.
    pub(super) fn note_violation(&mut self, look: &Look) {
        tracing::debug!("a list of robot jobs holds what was not asked for: {:?}", look.form);
        match look.form {
            LookForm::Changed(form, _) => *self.forms.of_change(form) = FormSupport::Lacking,
            LookForm::ById => self.forms.by_id = FormSupport::Lacking,
            LookForm::Sweep | LookForm::One => {}
        }
        self.lists.wants_sweep = true;
    }

    /// A look came to its end, or is given up since `is_violated`.
    pub(super) fn take_look_over(&mut self, look: Look, is_violated: bool, now: TimePoint) {
        let is_whole = look.is_whole && !is_violated;
        match look.form {
            LookForm::Changed(form, _) => {
                self.lists.change_pages = look.pages;
                self.lists.pages_since_sweep = self.lists.pages_since_sweep.saturating_add(look.pages);
                self.lists.looks_since_audit += 1;
                self.lists.filter_failures = 0;
                if is_violated {
                    return;
                }
                if !is_whole {
                    self.lists.broken += 1;
                    if self.lists.broken >= MAX_BROKEN {
                        *self.forms.of_change(form) = FormSupport::Lacking;
                    }
                    return;
                }
                self.lists.broken = 0;
                if look.control.is_some() {
                    let support = if look.has_control { FormSupport::Works } else { FormSupport::Lacking };
                    let was_folderless = look.scope == LookScope::AllFolders;
                    if was_folderless {
                        self.forms.folderless = support;
                    }
                    let works = *self.forms.of_change(form) == FormSupport::Works;
                    if look.has_control || !was_folderless || !works {
                        // Where a folderless list was tried as well, the next probe is of a folder's own.
                        let is_sure = look.has_control || !was_folderless;
                        *self.forms.of_change(form) = if is_sure { support } else { FormSupport::Unprobed };
                    }
                    if !look.has_control {
                        self.lists.wants_sweep = true;
                        return;
                    }
                }
                self.lists.known_through = look.known_at.max(self.lists.known_through);
                self.ask_for_overdue();
            }
            LookForm::Sweep => {
                self.lists.sweep_pages = look.pages;
                self.lists.last_sweep = Some(now.moment);
                self.lists.pages_since_sweep = 0;
                self.lists.looks_since_audit = 0;
                if self.lists.filter_failures > 0 && is_whole {
                    // Whole windows can be read, and what a filter asks for cannot.
                    if let Some(form) = self.forms.change().filter(|_| self.lists.filter_failures >= 3) {
                        *self.forms.of_change(form) = FormSupport::Lacking;
                    }
                    self.lists.filter_failures = 0;
                }
                if is_whole {
                    self.lists.known_through = look.known_at.max(self.lists.known_through);
                    self.find_missing(&look);
                }
            }
            LookForm::ById => {
                if !is_violated && self.forms.by_id == FormSupport::Unprobed {
                    self.forms.by_id = if look.has_shown { FormSupport::Works } else { FormSupport::Lacking };
                    self.lists.wants_sweep |= !look.has_shown;
                }
            }
            LookForm::One => {}
        }
    }

    /// Those that a whole window should have shown and did not are asked for one by one.
    fn find_missing(&mut self, look: &Look) {
        let Some(began) = look.began else { return };
        let began = self.table.tick(began.moment);
        let is_missing = |job: &&crate::wait::tracked::Tracked| {
            job.seen < began && began.since(job.launched) >= LIST_LAG && self.table.created(job).is_some()
        };
        let missing = || self.table.iter_unfinished().filter(is_missing);
        if missing().next().is_some() {
            // A server that cuts pages may have cut one to the very length of one that was whole.
            self.lists.cuts.doubt();
        }
        let missing: Vec<JobId> =
            missing().filter(|job| !job.has(Mark::Missing)).take(MAX_MISSING).map(|job| job.id).collect();
        for job in missing {
            self.ask_for_missing(job);
        }
    }

    fn ask_for_missing(&mut self, id: JobId) {
        if let Some(job) = self.table.get_mut(id) {
            job.set(Mark::Missing);
            self.look_ups.push(id);
        }
    }

    /// A few that should be over by now are asked for one by one, since a filter may have missed them.
    fn ask_for_overdue(&mut self) {
        if self.has_free_singles() {
            for job in std::mem::take(&mut self.survey.overdue) {
                self.look_ups.push(job);
            }
        }
    }
}
