//! When the doubts of a folder are told.

use std::time::Duration;

use super::{Watch, confirmation, longest_doubt, over};
use crate::launch::outlook::AwaitedLaunches;
use crate::launch::settle::Purpose;

/// Lists have their pace, and take their time.
const SLACK: Duration = Duration::from_secs(3);

impl Watch {
    /// The open doubts whose purpose `is_meant`; none where there are none.
    pub(in crate::launch::settle) fn outlook(
        &self,
        settle: Duration,
        is_meant: impl Fn(&Purpose) -> bool,
    ) -> Option<AwaitedLaunches> {
        let meant = self.doubts.values().filter(|doubted| is_meant(&doubted.doubt.purpose));
        let (mut launches, mut last) = (0, None);
        for doubted in meant {
            launches += 1;
            if last.is_none_or(|last: &super::Doubt| last.last < doubted.doubt.last) {
                last = Some(&doubted.doubt);
            }
        }
        let last = last?;
        // An absence needs two lists; a count needs one.
        let told_by = match last.purpose {
            Purpose::Settle => over(last, settle).after(confirmation(settle) + SLACK),
            Purpose::Recount(_) => over(last, settle).after(SLACK),
        };
        Some(AwaitedLaunches {
            launches,
            next_look: None,
            told_by,
            given_up_by: last.last.after(longest_doubt(settle)),
        })
    }
}
