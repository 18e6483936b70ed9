//! What a page that could not be read means for the ways to ask.
//!
//! In: failures. Out: what is tried instead, and when. Never: a verdict on a robot job.

use std::time::Duration;

use super::Watcher;
use super::lists::asked_ids;
use crate::clock::TimePoint;
use crate::job_list::reader::ReadError;
use crate::orchestrator::ShownFields;
use crate::orchestrator::call_error::CallError;
use crate::wait::form::{Look, LookForm, LookScope, LookStep};
use crate::wait::forms::FormSupport;

/// Maximum wait after a failure.
const MAX_BACKOFF: Duration = Duration::from_secs(60);
/// Failures of a list by ids, in ways that pass, with no answer between, before it is not asked for any more.
const MAX_BY_ID_FAILURES: u32 = 5;
/// How long lists are left alone that are refused in every form: longer each time.
const REFUSED_HOLD: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(300));

impl Watcher {
    /// Robot jobs whose details were asked for by `look` wait for their turn once more.
    fn ask_again(&mut self, look: &Look) {
        if look.form == LookForm::ById {
            for job in asked_ids(look.part()) {
                self.look_ups.land(job);
            }
            if look.fields == ShownFields::WithOutput {
                self.give_up_rationed_details(look.part());
            }
        }
    }

    /// Takes in that a page of `look` could not be read.
    pub(super) fn take_list_failure(&mut self, mut look: Look, error: &ReadError, now: TimePoint) {
        if let ReadError::Call(CallError::PageRefused { .. }) = error {
            // Shorter pages are asked for from now on, and what was refused before may have been refused for its length.
            self.forms.forget_refusals(self.settings.tries_filters);
            self.lists.wants_sweep = true;
            self.ask_again(&look);
            return;
        }
        if error.may_pass() {
            let wait = self.lists.backoff.fail(MAX_BACKOFF);
            self.lists.held_until = now.moment.after(error.pause().unwrap_or(wait));
            match look.form {
                LookForm::Changed(..) => {
                    self.lists.filter_failures += 1;
                    if self.lists.filter_failures >= 3 {
                        self.lists.wants_sweep = true;
                        return;
                    }
                }
                LookForm::ById => {
                    self.lists.by_id_failures += 1;
                    if self.lists.by_id_failures >= MAX_BY_ID_FAILURES {
                        // It may fail for ever, by its length, while other lists are well.
                        for job in asked_ids(look.part()) {
                            self.look_ups.land(job);
                        }
                        if look.fields == ShownFields::WithOutput {
                            self.give_up_rationed_details(look.part());
                        }
                        self.forms.by_id = FormSupport::Lacking;
                        self.lists.wants_sweep = true;
                        return;
                    }
                }
                LookForm::Sweep | LookForm::One => {}
            }
            // From where it was: pages that came are not read again.
            self.lists.look = Some(look);
            return;
        }
        let is_detailed = look.fields != ShownFields::Few && self.forms.details == FormSupport::Unprobed;
        if is_detailed {
            self.forms.details = FormSupport::Lacking;
            self.lists.wants_sweep = true;
            self.ask_again(&look);
            return;
        }
        match look.form {
            LookForm::Changed(..) if look.scope == LookScope::AllFolders => {
                self.forms.folderless = FormSupport::Lacking;
            }
            LookForm::Changed(form, _) => *self.forms.of_change(form) = FormSupport::Lacking,
            LookForm::ById => {
                if look.fields == ShownFields::WithOutput {
                    self.give_up_rationed_details(look.part());
                }
                self.forms.by_id = FormSupport::Lacking;
            }
            LookForm::Sweep | LookForm::One => {
                if let LookForm::One = look.form {
                    for job in asked_ids(look.part()) {
                        self.look_ups.land(job);
                    }
                }
                // Another folder may be readable; this one is asked again later.
                look.is_whole = false;
                if look.skip_part() == LookStep::Next {
                    self.lists.look = Some(look);
                    return;
                }
                let wait = self.lists.backoff.fail(REFUSED_HOLD.1).max(REFUSED_HOLD.0);
                self.lists.held_until = now.moment.after(wait);
                self.lists.looked = Some(now.moment);
                return;
            }
        }
        self.lists.wants_sweep = true;
    }
}
