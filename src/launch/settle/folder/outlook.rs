//! When the doubts of a folder are told.

use std::time::Duration;

use super::FolderSettler;
use crate::launch::outlook::AwaitedLaunches;
use crate::launch::settle::doubt::{DoubtPurpose, OpenDoubt};
use crate::launch::settle::times::{confirmation, longest_doubt, over};

/// Lists have their pace, and take their time.
const SLACK: Duration = Duration::from_secs(3);

impl FolderSettler {
    /// The open doubts whose purpose `is_meant`; `None` if there are none.
    pub(in crate::launch::settle) fn outlook(
        &self,
        settle: Duration,
        is_meant: impl Fn(&DoubtPurpose) -> bool,
    ) -> Option<AwaitedLaunches> {
        let meant = self.doubts.values().filter(|tracked| is_meant(&tracked.doubt.purpose));
        let (mut launches, mut last) = (0, None);
        for tracked in meant {
            launches += 1;
            if last.is_none_or(|last: &OpenDoubt| last.last < tracked.doubt.last) {
                last = Some(&tracked.doubt);
            }
        }
        let last = last?;
        // An absence needs two lists; a count needs one.
        let told_by = match last.purpose {
            DoubtPurpose::Settle => over(last, settle).after(confirmation(settle) + SLACK),
            DoubtPurpose::Recount(_) => over(last, settle).after(SLACK),
        };
        Some(AwaitedLaunches {
            launches,
            next_look: None,
            told_by,
            given_up_by: last.last.after(longest_doubt(settle)),
        })
    }
}
