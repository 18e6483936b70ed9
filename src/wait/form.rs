//! One look at lists, from its first page to its last: in one form, over one folder or several.
//!
//! In: what is looked for. Out: requests. Never: says what a row means.

use std::collections::VecDeque;

use super::cursor::{Cursor, CursorStep, PageCuts};
use super::forms::ChangeForm;
use crate::clock::{TimePoint, Timestamp};
use crate::ids::{FolderRef, JobId};
use crate::job_list::request::ListRequest;
use crate::orchestrator::{ChangeFilter, ChangedJobs, JobPage, JobWindow, JobsById, ListedJob, ShownFields};

/// A look that is under way.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) form: LookForm,
    /// What is still to be read, the part at hand first.
    parts: VecDeque<LookPart>,
    pub(super) fields: ShownFields,
    /// How many pages it took.
    pub(super) pages: u32,
    /// When its first page was asked for; `None` before that.
    pub(super) began: Option<TimePoint>,
    /// The server's time then, as near as it is known.
    pub(super) known_at: Option<Timestamp>,
    /// A robot job that is known to be over: the answer must hold it.
    pub(super) control: Option<JobId>,
    pub(super) has_control: bool,
    /// The greatest id that was known when it began.
    pub(super) latest: Option<JobId>,
    /// Whether any robot job came at all.
    pub(super) has_shown: bool,
    /// Over how much of the tenant it goes.
    pub(super) scope: LookScope,
    /// Whether all that was read so far is what was asked for.
    pub(super) is_whole: bool,
}

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LookForm {
    /// What changed since then.
    Changed(ChangeForm, Timestamp),
    /// All that was created since the oldest that is unfinished.
    Sweep,
    /// Robot jobs by their ids.
    ById,
    /// One robot job, where that counts as a list.
    One,
}

/// Over how much of the tenant a look goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LookScope {
    /// A folder at a time.
    EachFolder,
    /// All that the login sees, at once.
    AllFolders,
}

/// A folder's part of a look; `None` stands for all folders at once.
#[derive(Clone, Debug)]
pub(super) enum LookPart {
    /// A list, from a time on.
    List(Option<FolderRef>, Cursor),
    /// Robot jobs by their ids.
    Ids(Option<FolderRef>, Vec<JobId>),
    /// One of them.
    One(FolderRef, JobId),
}

/// What follows a page of a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LookStep {
    /// Another page.
    Next,
    /// The look is over.
    Over,
}

impl Look {
    pub(super) fn new(form: LookForm, parts: impl IntoIterator<Item = LookPart>, fields: ShownFields) -> Self {
        let parts: VecDeque<LookPart> = parts.into_iter().collect();
        let is_folderless = matches!(parts.front(), Some(LookPart::List(None, _) | LookPart::Ids(None, _)));
        let scope = if is_folderless { LookScope::AllFolders } else { LookScope::EachFolder };
        Self {
            form,
            parts,
            fields,
            pages: 0,
            began: None,
            known_at: None,
            control: None,
            has_control: false,
            latest: None,
            has_shown: false,
            scope,
            is_whole: true,
        }
    }

    /// The part at hand.
    pub(super) fn part(&self) -> Option<&LookPart> {
        self.parts.front()
    }

    /// The next page; `None` if there is none.
    pub(super) fn request(&self) -> Option<ListRequest> {
        let fields = self.fields;
        let since = match self.form {
            LookForm::Changed(ChangeForm::Ended, since) => Some(ChangeFilter::Ended(since)),
            LookForm::Changed(ChangeForm::Modified, since) => Some(ChangeFilter::Modified(since)),
            LookForm::Sweep | LookForm::ById | LookForm::One => None,
        };
        Some(match self.parts.front()?.clone() {
            // The one form that every server understands, so that its refusal says something of its length.
            LookPart::List(Some(folder), cursor) if since.is_none() && fields == ShownFields::Few => {
                ListRequest::Window(JobWindow { folder, from: cursor.from, skip: cursor.skip })
            }
            LookPart::List(folder, cursor) => {
                ListRequest::Changed(ChangedJobs { folder, since, from: cursor.from, skip: cursor.skip, fields })
            }
            LookPart::Ids(folder, ids) => ListRequest::ById(JobsById { folder, ids, fields }),
            LookPart::One(folder, job) => ListRequest::One(folder, job),
        })
    }

    /// Takes in that the page came.
    ///
    /// `began` is when the look began, by the clock that stamps ends.
    pub(super) fn take(&mut self, page: &JobPage, cuts: &mut PageCuts, began: Option<Timestamp>) -> LookStep {
        self.pages += 1;
        self.has_shown |= !page.jobs.is_empty();
        let step = match self.parts.front_mut() {
            Some(LookPart::List(_, cursor)) => {
                let (form, latest) = (self.form, self.latest);
                cursor.take(page, cuts, |listed| was_there(listed, form, latest, began))
            }
            Some(LookPart::Ids(..) | LookPart::One(..)) | None => CursorStep::End,
        };
        match step {
            CursorStep::Next => return LookStep::Next,
            CursorStep::End => {}
            CursorStep::Broken(why) => {
                tracing::debug!("a list of robot jobs is not read to its end: {why}");
                self.is_whole = false;
            }
        }
        self.skip_part()
    }

    /// The part at hand is over, or left out.
    pub(super) fn skip_part(&mut self) -> LookStep {
        self.parts.pop_front();
        if self.parts.is_empty() { LookStep::Over } else { LookStep::Next }
    }
}

/// Whether a row was in the list when the look began.
fn was_there(listed: &ListedJob, form: LookForm, latest: Option<JobId>, began: Option<Timestamp>) -> bool {
    match form {
        LookForm::Changed(..) => listed.job.ended().zip(began).is_none_or(|(ended, began)| ended < began),
        LookForm::Sweep | LookForm::ById | LookForm::One => latest.is_none_or(|latest| listed.job.id <= latest),
    }
}
