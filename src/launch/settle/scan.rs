//! One scan of a folder's job list, from the window's start to its end.
//!
//! Robot jobs of one call share their `CreationTime`, so paging by it alone would fake an absence at a page's border:
//! the next page begins *at* the last time seen, what was seen is dropped by id, and `$skip` is used only inside one
//! time that fills a page. So every page after the first repeats something, as it was: one that does not is no answer
//! to what was asked, such as an empty list of a gateway. The end is a page that brings nothing new and is not full.
//! All that holds only of a list in the order that was asked for: one in another order, or whose pages repeat each other,
//! is [`ScanStep::Incomplete`], and shows what it holds but nothing of what it does not.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::OpenDoubt;
use super::filter::ReferenceSample;
use crate::clock::{Moment, Timestamp};
use crate::ids::{FolderRef, JobId, ReferenceMark, ReferenceShape};
use crate::launch::clocks::{creation_time, shifted};
use crate::launch::known_jobs::TextHash;
use crate::orchestrator::{JobPage, JobWindow, ListedJob};

/// Maximum pages of one scan: a list that goes on for longer has no end.
const MAX_PAGES: u32 = 1_000;

/// A scan that is under way.
pub(in crate::launch) struct Scan {
    from: String,
    skip: u32,
    /// Whether the window holds a robot job that was seen already.
    repeats: bool,
    /// The last row of the page before: rows ascend by this.
    last: Option<(Timestamp, JobId)>,
    seen: CompleteScan,
}

/// What of a list is kept: the rest is only counted.
pub(in crate::launch) trait Interest {
    /// Whether to keep a robot job whose Reference names this launch.
    fn wants(&self, mark: ReferenceMark, job: JobId) -> bool;

    /// Whether to keep a robot job whose Reference, if it has one, names no launch of sortie's, but may have done so.
    fn may_be_changed(&self, _: &ListedJob) -> bool {
        false
    }
}

impl<F: Fn(ReferenceMark, JobId) -> bool> Interest for F {
    fn wants(&self, mark: ReferenceMark, job: JobId) -> bool {
        self(mark, job)
    }
}

/// A scan that reached the list's end.
pub(in crate::launch) struct CompleteScan {
    /// When its first window was asked for.
    pub(super) began: Moment,
    /// The `CreationTime` from which on it was read.
    pub(super) opened: Timestamp,
    /// The server's time when it was asked first, at the earliest, if it said so.
    pub(super) server_time: Option<Timestamp>,
    /// Whether a robot job of sortie's carries its Reference here.
    pub(super) has_positive_control: bool,
    /// What was seen of References that came back as sortie sends them.
    pub(super) shape: ReferenceShape,
    /// The Reference of each robot job seen; `None` if it has none.
    reference_by_job: HashMap<JobId, Option<TextHash>>,
    /// Robot jobs that may be a launch's although nothing says so.
    nameless: Vec<ListedJob>,
    /// Robot jobs of the launches that were asked for.
    jobs_by_mark: BTreeMap<(u128, u64), Vec<ListedJob>>,
    size: ScanSize,
}

/// How large a window is.
pub(in crate::launch) struct ScanSize {
    /// How many pages it took.
    pub(super) pages: u32,
    /// The length of the longest of them: the server does not cut shorter ones.
    pub(super) longest: u32,
    /// A robot job of sortie's that it holds.
    pub(super) sample: Option<ReferenceSample>,
}

/// How far a scan is.
pub(in crate::launch) enum ScanStep {
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
    pub(in crate::launch) fn begin(from: Timestamp, now: Moment) -> Self {
        let seen = CompleteScan {
            began: now,
            opened: from,
            server_time: None,
            has_positive_control: false,
            shape: ReferenceShape::default(),
            reference_by_job: HashMap::new(),
            nameless: Vec::new(),
            jobs_by_mark: BTreeMap::new(),
            size: ScanSize { pages: 0, longest: 1, sample: None },
        };
        Self { from: from.to_string(), skip: 0, repeats: false, last: None, seen }
    }

    /// Whether a robot job of sortie's was seen so far, with its Reference.
    pub(in crate::launch) fn has_positive_control(&self) -> bool {
        self.seen.has_positive_control
    }

    /// What was seen so far.
    pub(super) fn seen(&self) -> &CompleteScan {
        &self.seen
    }

    /// The window to read next.
    pub(in crate::launch) fn window(&self, folder: FolderRef) -> JobWindow {
        JobWindow { folder, from: self.from.clone(), skip: self.skip }
    }

    /// Takes in the page of [`Scan::window`], keeping what `interest` says.
    pub(in crate::launch) fn take(mut self, page: JobPage, now: Moment, interest: &impl Interest) -> ScanStep {
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
            return ScanStep::Contradicted(Some(self));
        }
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
        // A page as long as the longest may have been cut at its end.
        let size = &mut self.seen.size;
        let full = length >= size.longest;
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
            Some(_) | None => ScanStep::Complete(self.seen),
        }
    }

    /// Whether the page's rows ascend, by `CreationTime` and `Id`, from where the page before began.
    fn ascends(&mut self, jobs: &[ListedJob]) -> bool {
        let mut before = None;
        for listed in jobs {
            let created = listed.job.creation_time.as_deref().and_then(creation_time);
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

/// What a list shows as a robot job's Reference; `None` if nothing.
fn text(listed: &ListedJob) -> Option<&str> {
    listed.reference.as_deref().filter(|text| !text.trim().is_empty())
}

fn hash(listed: &ListedJob) -> Option<TextHash> {
    text(listed).map(TextHash::of)
}

impl CompleteScan {
    fn keep(&mut self, listed: ListedJob, interest: &impl Interest) {
        let id = listed.job.id;
        let text = text(&listed);
        if let Some((text, shape)) = text.and_then(|text| Some((text, ReferenceShape::of(text)?))) {
            self.has_positive_control = true;
            self.shape.add(shape);
            ReferenceSample::take(&mut self.size.sample, text, id);
        }
        match text.and_then(ReferenceMark::find) {
            Some(mark) if interest.wants(mark, id) => {
                self.jobs_by_mark.entry(key(mark)).or_default().push(listed);
            }
            None if interest.may_be_changed(&listed) => self.nameless.push(listed),
            Some(_) | None => {}
        }
    }

    /// All that were kept of launches, by launch.
    pub(in crate::launch) fn into_jobs(self) -> impl Iterator<Item = (ReferenceMark, Vec<ListedJob>)> {
        self.jobs_by_mark.into_iter().map(|((run, fingerprint), jobs)| {
            let run = crate::ids::RunId::from_bytes(run.to_be_bytes());
            (ReferenceMark { run, fingerprint }, jobs)
        })
    }

    /// How large the window was.
    pub(super) fn into_size(self) -> ScanSize {
        self.size
    }

    /// The robot jobs of the launch that `mark` names, in the list's order.
    pub(super) fn jobs_of(&self, mark: ReferenceMark) -> &[ListedJob] {
        self.jobs_by_mark.get(&key(mark)).map_or(&[], Vec::as_slice)
    }

    /// All that were kept of launches, by launch.
    pub(super) fn jobs(&self) -> impl Iterator<Item = (u64, &[ListedJob])> {
        self.jobs_by_mark.iter().map(|((_, fingerprint), jobs)| (*fingerprint, jobs.as_slice()))
    }

    /// Robot jobs that may be a launch's although nothing says so: without a Reference, or with a part of one.
    pub(super) fn nameless(&self) -> &[ListedJob] {
        &self.nameless
    }

    /// Whether `job` stands in the list.
    pub(super) fn holds(&self, job: JobId) -> bool {
        self.reference_by_job.contains_key(&job)
    }

    /// What the list shows as the Reference of `job`; `None` if it shows none, or no such robot job.
    pub(super) fn reference_of(&self, job: JobId) -> Option<TextHash> {
        self.reference_by_job.get(&job).copied().flatten()
    }

    /// How long after `doubt`'s connection was closed this scan began, at the least: see [`OpenDoubt::elapsed`].
    pub(super) fn elapsed_since(&self, doubt: &OpenDoubt) -> Duration {
        doubt.elapsed(self.began, self.server_time)
    }

    /// How old `doubt`'s intent is, at the most, by whatever clock there is.
    pub(super) fn age_of(&self, doubt: &OpenDoubt) -> Duration {
        let by_server =
            self.server_time.map(|now| span(shifted(doubt.sent.at, doubt.sent.ahead_ms.unwrap_or_default()), now));
        by_server.unwrap_or_default().max(self.began.since(doubt.last))
    }
}

fn key(mark: ReferenceMark) -> (u128, u64) {
    (u128::from_be_bytes(*mark.run.as_bytes()), mark.fingerprint)
}

pub(super) fn span(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}
