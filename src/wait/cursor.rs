//! How far one list is read: page by page, by `CreationTime` and `Id`.
//!
//! In: pages. Out: where the next one begins, or that there is none. It is kinder than [`crate::job_list::scan`], since
//! nothing follows from an absence here: a page that no longer page ever needed another one behind it is taken for the last.
//! What it leaves out by that is seen by a later look. Never: goes on without an end.

use crate::clock::Timestamp;
use crate::ids::JobId;
use crate::orchestrator::{JobPage, ListedJob};

/// Maximum pages of one list.
const MAX_PAGES: u32 = 1_000;

/// What is known of how a server cuts its pages.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct PageCuts {
    /// The length of the longest page that was seen to be whole.
    whole: usize,
    /// The length of the shortest page that was seen to be cut, although it was shorter than asked for.
    cut: Option<usize>,
}

impl PageCuts {
    /// A list that seemed to be whole was not: no page is believed to be the last one before another came behind it.
    pub(super) fn doubt(&mut self) {
        self.whole = 0;
    }

    /// Whether a page may have been cut at its end.
    fn may_be_cut(self, page: &JobPage) -> bool {
        let length = page.jobs.len();
        let is_as_asked = page.asked > 0 && length >= page.asked;
        length > 0 && (is_as_asked || length > self.whole || self.cut.is_some_and(|cut| length >= cut))
    }
}

/// A list that is being read.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    pub(super) from: String,
    pub(super) skip: u32,
    begin: Timestamp,
    last: Option<(Timestamp, JobId)>,
    /// The length of the page before, where it was shorter than asked for.
    before: Option<usize>,
    pub(super) pages: u32,
}

/// What follows a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CursorStep {
    /// Another page.
    Next,
    /// Nothing: it was the last one.
    End,
    /// The list is not what was asked for, as the text says.
    Broken(&'static str),
}

impl Cursor {
    /// A list of what was created at `from` or later.
    pub(super) fn begin(from: Timestamp) -> Self {
        Self { from: from.to_string(), skip: 0, begin: from, last: None, before: None, pages: 0 }
    }

    /// Takes in the page that was asked for. `was_there` says of a row whether it was there when the first page was read: a
    /// list goes on growing while it is read, and what is new in it is for the next look.
    pub(super) fn take(
        &mut self,
        page: &JobPage,
        cuts: &mut PageCuts,
        was_there: impl Fn(&ListedJob) -> bool,
    ) -> CursorStep {
        self.pages += 1;
        let mut key_before = None;
        for listed in &page.jobs {
            let Some(created) = listed.job.created() else { return CursorStep::Broken("a row has no CreationTime") };
            let key = (created, listed.job.id);
            if created < self.begin {
                return CursorStep::Broken("a row is older than was asked for");
            }
            if key_before.is_some_and(|before| key < before) {
                return CursorStep::Broken("it is not in the order of CreationTime and Id that was asked for");
            }
            key_before = Some(key);
        }
        let is_new = |listed: &ListedJob| listed.job.created().map(|created| (created, listed.job.id)) > self.last;
        let is_news = key_before > self.last;
        if let Some(length) = self.before.take() {
            if page.jobs.iter().any(|listed| is_new(listed) && was_there(listed)) {
                cuts.cut = Some(cuts.cut.map_or(length, |cut| cut.min(length)));
            } else {
                cuts.whole = cuts.whole.max(length);
                return self.end(page, key_before);
            }
        }
        if !is_news {
            return self.end(page, key_before);
        }
        if !cuts.may_be_cut(page) {
            return CursorStep::End;
        }
        if self.pages >= MAX_PAGES {
            return CursorStep::Broken("it has no end");
        }
        self.last = key_before;
        let length = page.jobs.len();
        self.before = (page.asked == 0 || length < page.asked).then_some(length);
        let last = page.jobs.last().and_then(|listed| listed.job.creation_time.as_deref()).unwrap_or_default();
        if last == self.from {
            // One time fills the page: the last one of it is asked for again.
            self.skip += u32::try_from(length.saturating_sub(1).max(1)).unwrap_or(u32::MAX);
        } else {
            last.clone_into(&mut self.from);
            self.begin = key_before.map_or(self.begin, |(created, _)| created);
            self.skip = 0;
        }
        CursorStep::Next
    }

    /// The page brought nothing more.
    fn end(&self, page: &JobPage, last: Option<(Timestamp, JobId)>) -> CursorStep {
        if self.pages > 1 && page.jobs.is_empty() && self.skip == 0 {
            return CursorStep::Broken("what was there is not there any more");
        }
        // Behind what was skipped there is something older: `$skip` was ignored.
        let goes_back = self.skip > 0 && last.is_some() && last < self.last;
        if goes_back { CursorStep::Broken("its pages repeat each other") } else { CursorStep::End }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::robot_job::RobotJob;

    fn noon() -> Timestamp {
        "2026-01-31T12:00:00Z".parse().unwrap()
    }

    /// Rows of one second each; those from `many` on share one time.
    fn rows(numbers: std::ops::Range<i64>, many: i64) -> Vec<ListedJob> {
        let row = |number: i64| {
            let created = noon().checked_add(Duration::from_secs(number.min(many).unsigned_abs())).unwrap();
            let job = RobotJob { id: JobId(number), creation_time: Some(created.to_string()), ..RobotJob::default() };
            ListedJob { job, ..ListedJob::default() }
        };
        numbers.map(row).collect()
    }

    /// Reads `count` rows of a server that cuts its pages at `cap`; how many pages, and how many different rows.
    fn read(count: i64, many: i64, cap: usize, cuts: &mut PageCuts) -> (u32, usize, CursorStep) {
        let all = rows(0..count, many);
        let mut cursor = Cursor::begin(noon());
        let mut seen = std::collections::BTreeSet::new();
        loop {
            let from: Timestamp = cursor.from.parse().unwrap();
            let jobs = all.iter().filter(|row| row.job.created().unwrap() >= from).skip(cursor.skip as usize).take(cap);
            let page = JobPage { jobs: jobs.cloned().collect(), server_time: None, asked: 1000 };
            seen.extend(page.jobs.iter().map(|row| row.job.id));
            match cursor.take(&page, cuts, |_| true) {
                CursorStep::Next => {}
                step @ (CursorStep::End | CursorStep::Broken(_)) => return (cursor.pages, seen.len(), step),
            }
        }
    }

    #[test]
    fn all_is_read_whatever_the_pages_lengths_and_times() {
        for (count, many, cap) in
            [(2_500, 9_000, 1000), (2_500, 300, 1000), (2_500, 0, 100), (350, 9_000, 100), (1, 9, 1)]
        {
            let mut cuts = PageCuts::default();
            let (_, seen, step) = read(count, many, cap, &mut cuts);
            assert_eq!((seen, step), (usize::try_from(count).unwrap(), CursorStep::End), "{count} {many} {cap}");
            assert_eq!(read(count, many, cap, &mut cuts).1, usize::try_from(count).unwrap(), "once more");
        }
    }

    #[test]
    fn a_page_no_longer_than_one_that_was_whole_needs_no_second_one() {
        let mut cuts = PageCuts::default();
        assert_eq!(read(700, 9_000, 1000, &mut cuts).0, 2, "it might have been cut");
        assert_eq!(read(700, 9_000, 1000, &mut cuts).0, 1);
        assert_eq!(read(500, 9_000, 1000, &mut cuts).0, 1);
        assert_eq!(read(701, 9_000, 1000, &mut cuts).0, 2);
    }

    #[test]
    fn a_list_that_is_not_what_was_asked_for_is_broken() {
        let broken = |first: &[ListedJob], second: Option<Vec<ListedJob>>| {
            let (mut cursor, mut cuts) = (Cursor::begin(noon()), PageCuts::default());
            let mut step =
                cursor.take(&JobPage { jobs: first.to_vec(), server_time: None, asked: 1000 }, &mut cuts, |_| true);
            if let (CursorStep::Next, Some(jobs)) = (step, second) {
                step = cursor.take(&JobPage { jobs, server_time: None, asked: 1000 }, &mut cuts, |_| true);
            }
            matches!(step, CursorStep::Broken(_))
        };
        let mut backwards = rows(0..10, 9_000);
        assert!(!broken(&backwards, None));
        backwards.reverse();
        assert!(broken(&backwards, None), "in another order");
        assert!(broken(&rows(-5..5, 9_000), None), "before its window, where times are ahead of ids");
        assert!(broken(&rows(0..10, 9_000), Some(Vec::new())), "an empty page of a gateway");
        assert!(broken(&rows(0..10, 0), Some(rows(0..9, 0))), "skip is ignored");
        assert!(broken(&rows(0..1, 9_000).into_iter().map(|_| ListedJob::default()).collect::<Vec<_>>(), None));
    }
}
