//! One scan of a folder's job list, from the window's start to its end.
//!
//! Robot jobs of one call share their `CreationTime`, so paging by it alone would fake an absence at a page's border:
//! the next page begins *at* the last time seen, what was seen is dropped by id, and `$skip` is used only inside one
//! time that fills a page. So every page after the first repeats something, as it was: one that does not is no answer
//! to what was asked, such as an empty list of a gateway. The end is a page that brings nothing new and is not full.
//! All that holds only of a list in the order that was asked for: one in another order, or whose pages repeat each other,
//! is [`ScanStep::Incomplete`], and shows what it holds but nothing of what it does not.

use std::time::Duration;

use self::complete::{CompleteScan, hash};
use self::interest::Interest;
use crate::clock::{Moment, Timestamp};
use crate::ids::{FolderRef, JobId};
use crate::orchestrator::{JobPage, JobWindow, ListedJob};

pub(crate) mod complete;
pub(crate) mod interest;

/// Maximum pages of one scan: a list that goes on for longer has no end.
const MAX_PAGES: u32 = 1_000;

/// Maximum pages in turn that repeat nothing, before all is read anew: what they should repeat may have been purged. Or the list is
/// a gateway's, or of a server that lags behind: so the scan must then get as far as the one that was given up.
const MAX_UNREPEATED: u32 = 3;

/// A scan that is under way.
pub(crate) struct Scan {
    from: String,
    skip: u32,
    /// Whether the window holds a robot job that was seen already.
    repeats: bool,
    /// Pages in turn that repeated nothing, where they should.
    unrepeated: u32,
    /// The last row of all, and of the scans that were given up.
    furthest: Option<(Timestamp, JobId)>,
    reached: Option<(Timestamp, JobId)>,
    /// The last row of the page before: rows ascend by this.
    last: Option<(Timestamp, JobId)>,
    seen: CompleteScan,
}

/// How far a scan is.
pub(crate) enum ScanStep {
    /// At the list's end.
    Complete(CompleteScan),
    /// There may be more.
    Unfinished(Scan),
    /// As far as before: the page contradicts an earlier one, and is to be read again; `None` if the earlier one may be
    /// to blame, so that all is.
    Contradicted(Option<Scan>),
    /// The list is not what was asked for, as the text says: what was seen is there, and nothing else is known.
    Incomplete(CompleteScan, &'static str),
}

impl Scan {
    pub(crate) fn begin(from: Timestamp, now: Moment) -> Self {
        let seen = CompleteScan::begin(from, now);
        let from = from.to_string();
        Self { from, skip: 0, repeats: false, unrepeated: 0, furthest: None, reached: None, last: None, seen }
    }

    /// Whether a robot job of sortie's was seen so far, with its Reference.
    pub(crate) fn has_positive_control(&self) -> bool {
        self.seen.has_positive_control
    }

    /// What was seen so far.
    pub(crate) fn seen(&self) -> &CompleteScan {
        &self.seen
    }

    /// The same, of a scan that is at its end.
    pub(crate) fn into_seen(self) -> CompleteScan {
        self.seen
    }

    /// The window to read next.
    pub(crate) fn window(&self, folder: FolderRef) -> JobWindow {
        JobWindow { folder, from: self.from.clone(), skip: self.skip }
    }

    /// Takes in the page of [`Scan::window`], keeping what `interest` says.
    pub(crate) fn take(mut self, page: JobPage, now: Moment, interest: &impl Interest) -> ScanStep {
        let last_row = page.jobs.last().and_then(|listed| Some((listed.job.created()?, listed.job.id)));
        self.furthest = self.furthest.max(last_row);
        let mut repeated = false;
        for listed in &page.jobs {
            if let Some(reference) = self.seen.reference_by_job.get(&listed.job.id) {
                repeated = true;
                if *reference != hash(listed) {
                    let is_lost = reference.is_some() && hash(listed).is_none();
                    return ScanStep::Contradicted(is_lost.then_some(self));
                }
            }
        }
        if self.repeats && !repeated {
            self.unrepeated += 1;
            if self.unrepeated < MAX_UNREPEATED {
                return ScanStep::Contradicted(Some(self));
            }
            let reached = self.reached.max(self.furthest);
            return ScanStep::Contradicted(Some(Self { reached, ..Self::begin(self.seen.opened, now) }));
        }
        self.unrepeated = 0;
        if self.seen.server_time.is_none() {
            // `Date` is of the answer, and has whole seconds; the question was asked before.
            let asked = now.since(self.seen.began) + Duration::from_secs(1);
            self.seen.server_time = page.server_time.and_then(|time| time.checked_sub(asked).ok());
        }
        let length = u32::try_from(page.jobs.len()).unwrap_or(u32::MAX);
        let last = page.jobs.last().and_then(|job| job.job.creation_time.clone());
        let ascends = self.ascends(&page.jobs);
        let mut news = false;
        for job in page.jobs {
            if self.seen.reference_by_job.insert(job.job.id, hash(&job)).is_none() {
                news = true;
                self.seen.keep(job, interest);
            }
        }
        // A page as long as the longest, or as long as was asked for, may have been cut at its end. Both count: after a
        // refusal shorter ones are asked for in the middle of a scan.
        let size = &mut self.seen.size;
        let full = length >= size.longest || (page.asked > 0 && length as usize >= page.asked);
        size.longest = size.longest.max(length);
        size.pages += 1;
        if !ascends {
            return ScanStep::Incomplete(self.seen, "it is not in the order of CreationTime and Id that was asked for");
        }
        if size.pages >= MAX_PAGES {
            return ScanStep::Incomplete(self.seen, "it has no end");
        }
        match last {
            Some(last) if news && last != self.from => {
                ScanStep::Unfinished(Self { from: last, skip: 0, repeats: true, ..self })
            }
            // It went beyond all that was seen, by `$skip` or by its filter, and brought that once more.
            Some(last) if !news && full && (self.skip > 0 || last != self.from) => {
                ScanStep::Incomplete(self.seen, "its pages repeat each other, as if $filter or $skip were ignored")
            }
            // One time fills the page, and may go on behind it, whether or not this part of it is news. The last one
            // seen is asked for again, where that leaves room for others.
            Some(last) if last == self.from && (news || full) => {
                let repeats = length > 1;
                let skip = self.skip.saturating_add(length - u32::from(repeats));
                ScanStep::Unfinished(Self { skip, repeats, ..self })
            }
            Some(_) | None if self.furthest < self.reached => {
                ScanStep::Incomplete(self.seen, "it ends before robot jobs that it showed a moment ago")
            }
            Some(_) | None => ScanStep::Complete(self.seen),
        }
    }

    /// Whether the page's rows ascend, by `CreationTime` and `Id`, from where the page before began.
    fn ascends(&mut self, jobs: &[ListedJob]) -> bool {
        let mut before = None;
        for listed in jobs {
            let created = listed.job.created();
            let Some(key) = created.map(|created| (created, listed.job.id)) else { return false };
            if before.is_some_and(|before| key < before) {
                return false;
            }
            before = Some(key);
        }
        let last = before.max(self.last);
        let goes_back = before.is_some() && before < self.last && self.skip > 0;
        self.last = last;
        !goes_back
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::ids::{FolderId, ReferenceMark};
    use crate::robot_job::RobotJob;

    fn nothing(_: ReferenceMark, _: JobId) -> bool {
        false
    }

    /// A page of the robot jobs with these numbers; those from 850 on share one time.
    fn page(numbers: std::ops::Range<i64>, asked: usize) -> JobPage {
        let begin: Timestamp = "2026-01-31T00:00:00Z".parse().unwrap();
        let job = |number: i64| {
            let created = begin.checked_add(Duration::from_secs(number.min(850).unsigned_abs())).unwrap();
            let job = RobotJob { id: JobId(number), creation_time: Some(created.to_string()), ..RobotJob::default() };
            ListedJob { job, ..ListedJob::default() }
        };
        JobPage { jobs: numbers.map(job).collect(), server_time: None, asked }
    }

    #[test]
    fn a_length_that_shrinks_in_the_middle_of_one_time_ends_no_scan() {
        let now = Moment(Duration::ZERO);
        let scan = Scan::begin("2026-01-31T00:00:00Z".parse().unwrap(), now);
        let ScanStep::Unfinished(scan) = scan.take(page(0..1000, 1000), now, &nothing) else { panic!("page 1") };
        // A 400 came in between. Rows 850 to 1,099 share the time at which the next page begins.
        let ScanStep::Unfinished(scan) = scan.take(page(850..950, 100), now, &nothing) else { panic!("page 2") };
        let window = scan.window(FolderRef::Id(FolderId(7)));
        assert!(window.skip > 0, "behind what was seen of that time");
        let from = 850 + i64::from(window.skip);
        assert!(matches!(scan.take(page(from..from + 100, 100), now, &nothing), ScanStep::Unfinished(_)));
    }

    #[test]
    fn what_was_purged_in_the_middle_of_a_scan_begins_it_anew_and_it_must_get_as_far() {
        let now = Moment(Duration::ZERO);
        for (rest, gets_as_far) in [(10..20, true), (0..0, false)] {
            let scan = Scan::begin("2026-01-31T00:00:00Z".parse().unwrap(), now);
            let ScanStep::Unfinished(mut scan) = scan.take(page(0..10, 10), now, &nothing) else { panic!("page 1") };
            // Robot job 9, at which the next page begins, is not there any more; or a server that lags behind has not got it yet.
            for _ in 0..MAX_UNREPEATED {
                let step = scan.take(page(rest.clone(), 10), now, &nothing);
                let ScanStep::Contradicted(Some(next)) = step else { panic!("it is asked again") };
                scan = next;
            }
            let window = scan.window(FolderRef::Id(FolderId(7)));
            assert_eq!((window.from.as_str(), window.skip), ("2026-01-31T00:00:00Z", 0), "all is read anew");
            let ScanStep::Unfinished(scan) = scan.take(page(0..9, 10), now, &nothing) else { panic!("page 1 again") };
            let end = scan.take(page(8..if gets_as_far { 20 } else { 9 }, 30), now, &nothing);
            match end {
                ScanStep::Unfinished(_) => assert!(gets_as_far),
                ScanStep::Incomplete(_, why) => assert!(!gets_as_far, "{why}"),
                ScanStep::Complete(_) | ScanStep::Contradicted(_) => panic!("neither whole nor odd"),
            }
        }
    }
}
