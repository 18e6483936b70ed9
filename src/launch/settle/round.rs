//! One reading of a folder's job list, from the window's start to its end.
//!
//! Robot jobs of one call share their `CreationTime`, so paging by it alone would fake an absence at a page's border:
//! the next page begins *at* the last time seen, what was seen is dropped by id, and `$skip` is used only inside one
//! time that fills a page. So every page after the first repeats something, as it was: one that does not is no answer
//! to what was asked, such as an empty list of a gateway. The end is a page that brings nothing new and is not full.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::filter::Sample;
use super::{Doubt, on_server};
use crate::clock::{Moment, Timestamp};
use crate::ids::{FolderRef, JobId, Reference};
use crate::orchestrator::verdict::StartedJob;
use crate::orchestrator::{JobPage, JobWindow, ListedJob};

/// A reading that is under way.
pub(in crate::launch) struct Round {
    from: String,
    skip: u32,
    /// Whether the window holds a robot job that was seen already.
    repeats: bool,
    whole: Whole,
}

/// A reading that reached the list's end.
pub(in crate::launch) struct Whole {
    /// When its first window was asked for.
    pub(super) began: Moment,
    /// The server's time when it was asked first, at the earliest, where it said so.
    server_time: Option<Timestamp>,
    /// Whether a robot job of sortie's carries its Reference here.
    pub(super) control: bool,
    /// Whether each robot job seen carried a Reference.
    referenced_by_job: HashMap<JobId, bool>,
    /// Robot jobs that carry no Reference.
    bare: Vec<JobId>,
    jobs_by_reference: HashMap<String, Vec<StartedJob>>,
    extent: Extent,
}

/// How large a window is.
pub(in crate::launch) struct Extent {
    /// How many pages it took.
    pub(super) pages: u32,
    /// The length of the longest of them: the server does not cut shorter ones.
    pub(super) longest: u32,
    /// A robot job of sortie's that it holds.
    pub(super) sample: Option<Sample>,
}

/// How far a reading is.
pub(in crate::launch) enum Progress {
    /// At the list's end.
    Whole(Whole),
    /// There may be more.
    Unfinished(Round),
    /// As far as before: the page contradicts an earlier one, and is to be read again; none where the earlier one may
    /// be to blame, so that all is.
    Contradicted(Option<Round>),
}

impl Round {
    pub(in crate::launch) fn begin(from: Timestamp, now: Moment) -> Self {
        let whole = Whole {
            began: now,
            server_time: None,
            control: false,
            referenced_by_job: HashMap::new(),
            bare: Vec::new(),
            jobs_by_reference: HashMap::new(),
            extent: Extent { pages: 0, longest: 1, sample: None },
        };
        Self { from: from.to_string(), skip: 0, repeats: false, whole }
    }

    /// Whether a robot job of sortie's was seen so far, with its Reference.
    pub(in crate::launch) fn control(&self) -> bool {
        self.whole.control
    }

    /// The window to read next.
    pub(in crate::launch) fn window(&self, folder: FolderRef) -> JobWindow {
        JobWindow { folder, from: self.from.clone(), skip: self.skip }
    }

    /// Takes in the page of [`Round::window`]. `wanted` tells whose robot jobs to keep.
    pub(in crate::launch) fn take(
        mut self,
        page: JobPage,
        now: Moment,
        wanted: impl Fn(&Reference) -> bool,
    ) -> Progress {
        let mut repeated = false;
        for listed in &page.jobs {
            if let Some(referenced) = self.whole.referenced_by_job.get(&listed.job.id) {
                repeated = true;
                if *referenced != is_referenced(listed) {
                    return Progress::Contradicted(referenced.then_some(self));
                }
            }
        }
        if self.repeats && !repeated {
            return Progress::Contradicted(Some(self));
        }
        if self.whole.server_time.is_none() {
            // `Date` is of the answer, and has whole seconds; the question was asked before.
            let asked = now.since(self.whole.began) + Duration::from_secs(1);
            self.whole.server_time = page.server_time.and_then(|time| time.checked_sub(asked).ok());
        }
        let length = u32::try_from(page.jobs.len()).unwrap_or(u32::MAX);
        let last = page.jobs.last().and_then(|job| job.job.creation_time.clone());
        let mut news = false;
        for job in page.jobs {
            if self.whole.referenced_by_job.insert(job.job.id, is_referenced(&job)).is_none() {
                news = true;
                self.whole.keep(job, &wanted);
            }
        }
        // A page as long as the longest may have been cut at its end.
        let extent = &mut self.whole.extent;
        let full = length >= extent.longest;
        extent.longest = extent.longest.max(length);
        extent.pages += 1;
        match last {
            Some(last) if news && last != self.from => {
                Progress::Unfinished(Self { from: last, skip: 0, repeats: true, ..self })
            }
            // One time fills the page, and may go on behind it, whether or not this part of it is news. The last one
            // seen is asked for again, where that leaves room for others.
            Some(last) if last == self.from && (news || full) => {
                let repeats = length > 1;
                let skip = self.skip.saturating_add(length - u32::from(repeats));
                Progress::Unfinished(Self { skip, repeats, ..self })
            }
            Some(_) | None => Progress::Whole(self.whole),
        }
    }
}

fn is_referenced(listed: &ListedJob) -> bool {
    listed.reference.as_ref().is_some_and(|text| !text.is_empty())
}

impl Whole {
    fn keep(&mut self, listed: ListedJob, wanted: impl Fn(&Reference) -> bool) {
        match listed.reference {
            Some(text) if !text.is_empty() => {
                if is_ours(&text) {
                    self.control = true;
                    Sample::take(&mut self.extent.sample, &text, listed.job.id);
                }
                if wanted(&Reference::from_server(&text)) {
                    self.jobs_by_reference.entry(text).or_default().push(listed.job);
                }
            }
            Some(_) | None => self.bare.push(listed.job.id),
        }
    }

    /// All that were kept, by their Reference.
    pub(in crate::launch) fn into_jobs(self) -> HashMap<String, Vec<StartedJob>> {
        self.jobs_by_reference
    }

    /// How large the window was.
    pub(super) fn into_extent(self) -> Extent {
        self.extent
    }

    /// The robot jobs that carry `reference`, in the list's order.
    pub(super) fn jobs_of(&self, reference: &Reference) -> Vec<StartedJob> {
        self.jobs_by_reference.get(reference.as_str()).cloned().unwrap_or_default()
    }

    /// Robot jobs without a Reference that no answer of ours named.
    pub(super) fn unclaimed(&self, known: &HashSet<JobId>) -> Vec<JobId> {
        self.bare.iter().filter(|job| !known.contains(job)).copied().collect()
    }

    /// Whether the server keeps no References: a robot job that we started stands here without its own.
    pub(super) fn lacks_reference(&self, known: &HashSet<JobId>) -> bool {
        self.bare.iter().any(|job| known.contains(job))
    }

    /// How long after `doubt`'s connection was closed this reading began: in the server's time, where both are known.
    pub(super) fn elapsed_since(&self, doubt: &Doubt) -> Duration {
        match (self.server_time, doubt.last_on_server) {
            (Some(now), Some(last)) => span(last, now),
            (Some(_) | None, Some(_) | None) => self.began.since(doubt.last),
        }
    }

    /// How old `doubt`'s intent is.
    pub(super) fn age_of(&self, doubt: &Doubt) -> Duration {
        match self.server_time {
            Some(now) => span(on_server(doubt.intended, doubt.ahead_ms.unwrap_or_default()), now),
            None => self.began.since(doubt.last),
        }
    }
}

fn span(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}

/// Whether `reference` ends in `sortie-<32 hexadecimal digits>-<16 of them>`.
fn is_ours(reference: &str) -> bool {
    let own = reference.rsplit(' ').next().unwrap_or_default();
    let hex = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    own.strip_prefix("sortie-")
        .and_then(|rest| rest.split_once('-'))
        .is_some_and(|(run, launch)| hex(run, 32) && hex(launch, 16))
}
