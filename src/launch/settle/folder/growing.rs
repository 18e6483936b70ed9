//! A list that grows while it is read: when its end as of the scan's beginning was seen.
//!
//! While launches go on each page brings something new, and a scan that waits for a page without news ends only with them,
//! and takes every list that the run may read until then. In: robot jobs that were surely started after the scan began,
//! pages. Out: whether all that was there when it began must have come by, and when the next page is worth asking for.
//! Never: takes a time for that; what shows it is a robot job of ours, that stands in the list behind all others.

use std::time::Duration;

use super::FolderSettler;
use super::growth::Growth;
use crate::clock::Moment;
use crate::ids::{FolderRef, JobId};
use crate::job_list::text_hash::TextHash;
use crate::launch::settle::doubt::Knowledge;
use crate::orchestrator::{JobPage, ListedJob};

/// So much later than the scan began a robot job must have been sent that is to stand behind all that was there: hosts of one
/// server stamp by clocks of their own.
const SLACK: Duration = Duration::from_secs(10);
/// The first wait for more of a list that only grows; it doubles.
const FIRST_WAIT: Duration = Duration::from_secs(2);
const MAX_WAIT: Duration = Duration::from_secs(16);
/// Maximum robot jobs that are kept of one scan: one is enough.
const MAX_KEPT: usize = 4_096;

impl FolderSettler {
    /// An answer named `jobs`, of a launch that left at `sent` or later.
    pub(in crate::launch::settle) fn note_started(&mut self, jobs: impl Iterator<Item = JobId>, sent: Moment) {
        let Some(began) = self.scan.as_ref().map(|scan| scan.seen().began).filter(|began| sent > *began) else {
            return;
        };
        if self.growth.sent.len() >= MAX_KEPT {
            // Those that are too old to end the scan make room.
            self.growth.sent.retain(|_, sent| *sent >= began.after(SLACK));
        }
        if self.growth.sent.len() < MAX_KEPT {
            self.growth.sent.extend(jobs.map(|job| (job, sent)));
        }
    }

    /// What `page` shows of what came since the scan under way began, at `began`.
    pub(super) fn growth(&self, folder: &FolderRef, page: &JobPage, began: Moment, knowledge: Knowledge<'_>) -> Growth {
        // An answer may have named another's robot job: the list itself must show whose it is.
        let is_own = |listed: &&ListedJob| {
            let known = knowledge.jobs.of(folder).and_then(|jobs| jobs.get(listed.job.id));
            known.is_some_and(|known| known.is_intact(listed.reference.as_deref().map(TextHash::of)))
        };
        let younger = page.jobs.iter().filter(is_own).filter_map(|listed| self.growth.sent.get(&listed.job.id));
        let sent = younger.max();
        match sent {
            None => Growth::Unseen,
            Some(sent) if *sent >= began.after(SLACK) && self.is_in_order(folder, knowledge) => Growth::Behind,
            Some(_) => Growth::Begun,
        }
    }

    /// Whether what was created later is surely stamped later, too: no clock was seen to be set, and robot jobs show that from
    /// before each doubt on.
    fn is_in_order(&self, folder: &FolderRef, knowledge: Knowledge<'_>) -> bool {
        let jobs = knowledge.jobs.of(folder);
        let is_framed =
            |sent| jobs.is_some_and(|jobs| jobs.last_before(sent).is_some_and(|(_, job)| job.created.is_some()));
        self.census.is_none()
            && knowledge.clocks.are_steady(SLACK)
            && self.doubts.values().all(|tracked| tracked.doubt.taken_up.is_none() && is_framed(tracked.doubt.sent))
    }

    /// When more of a list is asked for that only grows; at once where the page was full.
    pub(super) fn wait_for_growth(&mut self, is_full: bool, now: Moment) {
        if is_full {
            return;
        }
        let wait = FIRST_WAIT.saturating_mul(1 << self.growth.waits.min(8)).min(MAX_WAIT);
        self.growth.waits += 1;
        self.not_before = now.after(wait);
    }
}
