//! Which ways to ask a server carries out: probed, never assumed.
//!
//! In: what answers showed. Out: what may be used. A form that a server refuses, ignores, or answers with nothing or with what
//! contradicts it is not used again by this process. Never: lets a verdict follow from it; a later look is all that is lost.

use std::time::Duration;

use crate::clock::{Timestamp, earlier};

/// How much earlier than the last look a filter begins, at first: clocks of hosts differ, and lists lag behind.
const INITIAL_LOOK_BACK: Duration = Duration::from_secs(15);
/// Where ends are stamped by clocks that are further behind than this, the filter is given up.
const MAX_LOOK_BACK: Duration = Duration::from_secs(2 * 3600);
/// Maximum ends that a filter may miss.
const MAX_MISSES: u32 = 3;

/// Whether a form works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum FormSupport {
    /// Nothing is known yet.
    #[default]
    Unprobed,
    /// It brought what was known to be there.
    Works,
    /// It cannot be used.
    Lacking,
}

/// A filter for what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChangeForm {
    Ended,
    Modified,
}

/// What is known of all forms.
#[derive(Clone, Copy, Debug)]
pub(super) struct Forms {
    pub(super) ended: FormSupport,
    pub(super) modified: FormSupport,
    pub(super) by_id: FormSupport,
    /// Lists of all folders at once.
    pub(super) folderless: FormSupport,
    /// Fields that old servers do not have.
    pub(super) details: FormSupport,
    /// Single calls.
    pub(super) single: FormSupport,
    look_back: Duration,
    misses: u32,
}

impl Forms {
    pub(super) fn new(tries_filters: bool) -> Self {
        let filter = if tries_filters { FormSupport::Unprobed } else { FormSupport::Lacking };
        Self {
            ended: filter,
            modified: filter,
            by_id: filter,
            folderless: filter,
            details: FormSupport::Unprobed,
            single: FormSupport::Unprobed,
            look_back: INITIAL_LOOK_BACK,
            misses: 0,
        }
    }

    /// The filter for what changed that may be used; `None` if there is none.
    pub(super) fn change(&self) -> Option<ChangeForm> {
        match (self.ended, self.modified) {
            (FormSupport::Lacking, FormSupport::Lacking) => None,
            (FormSupport::Lacking, FormSupport::Unprobed | FormSupport::Works) => Some(ChangeForm::Modified),
            (FormSupport::Unprobed | FormSupport::Works, _) => Some(ChangeForm::Ended),
        }
    }

    pub(super) fn of_change(&mut self, form: ChangeForm) -> &mut FormSupport {
        match form {
            ChangeForm::Ended => &mut self.ended,
            ChangeForm::Modified => &mut self.modified,
        }
    }

    /// An end was found elsewhere that the filter had missed: `end` is when it was, if that was told, and from `since` on
    /// everything was thought to be known.
    pub(super) fn note_miss(&mut self, end: Option<Timestamp>, since: Timestamp) {
        let Some(form) = self.change() else { return };
        self.misses += 1;
        let behind = end.and_then(|end| Duration::try_from(since.duration_since(end)).ok());
        match behind.map(|behind| self.look_back + behind + INITIAL_LOOK_BACK) {
            Some(look_back) if look_back <= MAX_LOOK_BACK && self.misses < MAX_MISSES => self.look_back = look_back,
            Some(_) | None => {
                *self.of_change(form) = FormSupport::Lacking;
                (self.look_back, self.misses) = (INITIAL_LOOK_BACK, 0);
            }
        }
    }

    /// From when on a filter asks, after all was known that had ended by `known`.
    pub(super) fn since(&self, known: Timestamp) -> Timestamp {
        earlier(known, self.look_back)
    }

    /// Pages of another length are asked for: what was refused for their length may work.
    pub(super) fn forget_refusals(&mut self, tries_filters: bool) {
        *self = Self { single: self.single, ..Self::new(tries_filters) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_miss_makes_the_filter_look_back_further_and_too_many_end_it() {
        let noon: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        let ago = |seconds| earlier(noon, Duration::from_secs(seconds));
        let mut forms = Forms::new(true);
        forms.note_miss(Some(ago(60)), noon);
        assert_eq!(forms.since(noon), ago(90));
        forms.note_miss(Some(ago(10)), noon);
        assert_eq!((forms.since(noon), forms.change()), (ago(115), Some(ChangeForm::Ended)));
        forms.note_miss(Some(ago(1)), noon);
        assert_eq!(forms.change(), Some(ChangeForm::Modified), "it misses too often");
        forms.note_miss(Some(ago(3 * 3600)), noon);
        assert_eq!(forms.change(), None, "no look back is that long");
        let mut without_times = Forms::new(true);
        without_times.note_miss(None, noon);
        assert_eq!(without_times.change(), Some(ChangeForm::Modified), "it is no filter for ends without a time");
        assert_eq!(Forms::new(false).change(), None);
    }
}
