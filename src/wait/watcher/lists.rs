//! Lists: the next page, and what it held.
//!
//! In: the present, pages, failures. Out: requests, events. What is looked at next is [`super::choice`]'s, what a look showed
//! of the server [`super::look_over`]'s, and what a refusal means [`super::refusals`]'s.

use std::time::Duration;

use super::Watcher;
use super::ends::{Gathered, RowKind, RowSource};
use crate::clock::{Moment, TimePoint, Timestamp, earlier};
use crate::ids::{FolderRef, JobId};
use crate::job_list::reader::ListAnswer;
use crate::job_list::request::ListRequest;
use crate::orchestrator::{JobPage, ListedJob, ShownFields};
use crate::robot_job::server_time;
use crate::wait::form::{Look, LookForm, LookPart, LookStep};
use crate::wait::forms::{ChangeForm, FormSupport};
use crate::wait::terms::WatchEvent;

impl Watcher {
    /// The next page to read, if one is due. Its answer comes before the next one is asked for.
    pub(crate) fn next_list(&mut self, now: TimePoint) -> Option<ListRequest> {
        if self.lists.is_under_way || self.lists.held_until > now.moment {
            return None;
        }
        if self.lists.look.is_none() {
            self.count(now.moment);
            self.lists.look = self.choose_look(now);
        }
        let request = self.lists.look.as_ref()?.request();
        self.lists.is_under_way = request.is_some();
        if request.is_none() {
            self.lists.look = None;
        }
        request
    }

    /// When the next page is due; `None` if none is, or one is being read.
    pub(super) fn list_due(&self, now: Moment) -> Option<Moment> {
        if self.lists.is_under_way {
            return None;
        }
        let due = if self.lists.look.is_some() { Some(now) } else { self.look_due(now) };
        due.map(|due| due.max(self.lists.held_until))
    }

    /// Takes in what came of the page that was asked for last.
    pub(crate) fn take_list(&mut self, answer: &ListAnswer, now: TimePoint) -> Vec<WatchEvent> {
        self.lists.is_under_way = false;
        let Some(look) = self.lists.look.take() else { return Vec::new() };
        match &answer.listed {
            Ok(page) => {
                self.lists.backoff.reset();
                if look.form == LookForm::ById {
                    self.lists.by_id_failures = 0;
                }
                self.take_page(look, page, answer.asked, now)
            }
            Err(error) => {
                self.take_list_failure(look, error, now);
                Vec::new()
            }
        }
    }

    fn take_page(&mut self, mut look: Look, page: &JobPage, asked: TimePoint, now: TimePoint) -> Vec<WatchEvent> {
        self.note_date(&mut look, page, asked, now);
        let source = match look.form {
            LookForm::Changed(..) => RowSource::Filter,
            LookForm::ById if look.fields == ShownFields::WithOutput => RowSource::Outputs,
            LookForm::Sweep | LookForm::ById => RowSource::List,
            LookForm::One => RowSource::Single,
        };
        let mut gathered = Gathered::default();
        if let Some(folder) = look.part().and_then(listed_folder) {
            let number = self.table.number_folder(folder);
            self.look_ups.note_answered(number, now.moment);
        }
        let mut is_violated = self.note_part(&look, page, now, &mut gathered);
        for listed in &page.jobs {
            is_violated |= violates(&look, listed);
            look.has_control |= look.control == Some(listed.job.id);
            if self.table.get(listed.job.id).is_some() {
                let kind = self.take_row(listed.clone(), source, now, &mut gathered);
                is_violated |= kind == RowKind::Contradictory;
            }
        }
        let mut cuts = self.lists.cuts;
        let began = look.known_at.map(|known| self.by_end_clock(known));
        let step = look.take(page, &mut cuts, began);
        self.lists.cuts = cuts;
        if look.fields != ShownFields::Few && look.form != LookForm::One {
            self.forms.details = FormSupport::Works;
        }
        if is_violated {
            self.note_violation(&look);
        }
        match step {
            // What it had not brought by a filter that is not carried out is nothing.
            LookStep::Next if !is_violated => self.lists.look = Some(look),
            LookStep::Next | LookStep::Over => self.take_look_over(look, is_violated, now),
        }
        self.handed_out(gathered)
    }

    /// Takes in the server's own time.
    fn note_date(&mut self, look: &mut Look, page: &JobPage, asked: TimePoint, now: TimePoint) {
        let under_way = now.moment.since(asked.moment);
        if let Some(date) = page.server_time {
            let ahead = date.duration_since(now.utc).as_millis();
            self.date_ahead_ms = i64::try_from(ahead).unwrap_or_default();
        }
        if look.began.is_none() {
            look.began = Some(asked);
            look.latest = self.table.latest();
            // `Date` is of the answer, and has whole seconds; the question was asked before.
            let date = page.server_time.unwrap_or_else(|| self.date(now));
            look.known_at = Some(earlier(date, under_way + Duration::from_secs(1)));
            self.lists.looked = Some(asked.moment);
        }
    }
}

/// Whether a row is not what was asked for by a filter on times.
fn violates(look: &Look, listed: &ListedJob) -> bool {
    let LookForm::Changed(form, since) = look.form else { return false };
    // Times are compared as they are written, and some servers round.
    let is_before = |time: Timestamp| time < earlier(since, Duration::from_secs(1));
    match form {
        ChangeForm::Ended => listed.job.ended().is_none_or(is_before),
        // Where it is not shown, nothing is known of it.
        ChangeForm::Modified => listed.modified.as_deref().and_then(server_time).is_some_and(is_before),
    }
}

/// The folder whose list a part is; `None` if it is of all folders, or of one robot job.
fn listed_folder(part: &LookPart) -> Option<&FolderRef> {
    match part {
        LookPart::List(folder, _) | LookPart::Ids(folder, _) => folder.as_ref(),
        LookPart::One(..) => None,
    }
}

/// The ids that a part asked for.
pub(super) fn asked_ids(part: Option<&LookPart>) -> Vec<JobId> {
    match part {
        Some(LookPart::Ids(_, ids)) => ids.clone(),
        Some(LookPart::One(_, id)) => vec![*id],
        Some(LookPart::List(..)) | None => Vec::new(),
    }
}
