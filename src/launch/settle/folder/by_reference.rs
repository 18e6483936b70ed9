//! Doubts asked for by their References, while only finding something can tell anything.
//!
//! A folder that much is started in has a window of many pages, and each scan before the settle time reads them all.
//! Where a probe showed that the server finds robot jobs by Reference, a few doubts cost one request. What it finds is
//! found; what it does not find stays in doubt, and the scan after the settle time reads the whole window.

use std::collections::HashMap;
use std::time::Duration;

use super::FolderSettler;
use super::query::ReferenceQuery;
use super::tracked::{TrackedDoubt, is_whole};
use crate::clock::Moment;
use crate::ids::{FolderRef, Ordinal, ReferenceMark};
use crate::job_list::backoff::INITIAL_BACKOFF;
use crate::job_list::filter::Filter;
use crate::launch::settle::doubt::{OpenDoubt, Settlement};
use crate::orchestrator::{JobPage, JobsByReference};
use crate::robot_job::RobotJob;

/// Minimum pages of a window that is not simply read whole.
const MIN_PAGES: u32 = 4;

impl FolderSettler {
    /// What to ask by Reference in the window's place, where all that is due may be told by it, in fewer requests.
    pub(in crate::launch::settle) fn by_reference(
        &mut self,
        folder: &FolderRef,
        filter: &Filter,
        settle: Duration,
        now: Moment,
    ) -> Option<JobsByReference> {
        let size = self.size.as_ref().filter(|size| size.pages >= MIN_PAGES)?;
        let sample = size.sample.as_ref()?;
        if !filter.may_work() || self.scan.is_some() || self.control.is_searching() {
            return None;
        }
        let due: Vec<(&Ordinal, &TrackedDoubt)> =
            self.doubts.iter().filter(|(_, tracked)| tracked.due <= now).collect();
        // An answer that fills a page may have been cut, and is no answer.
        let most = u64::from(size.longest / 2);
        if !due.iter().all(|(_, tracked)| tracked.is_early(settle, now) && tracked.robot_jobs() <= most) {
            return None;
        }
        let mut held = 0;
        let fitting = due.iter().take_while(|(_, tracked)| {
            held += tracked.robot_jobs();
            held <= most
        });
        let query = JobsByReference::of(folder.clone(), fitting.map(|(_, tracked)| tracked.doubt.reference.clone()))?;
        let ordinals: Vec<Ordinal> = due.iter().take(query.references.len()).map(|(ordinal, _)| **ordinal).collect();
        let probes = usize::from(!filter.works());
        if 2 * (probes + due.len().div_ceil(ordinals.len())) > size.pages as usize {
            return None;
        }
        let (asked, query) = if filter.works() {
            (ReferenceQuery::Doubts(ordinals), query)
        } else {
            (ReferenceQuery::Probe(sample.clone()), JobsByReference::of(folder.clone(), sample.probe())?)
        };
        self.query = Some(asked);
        Some(query)
    }

    /// What was asked by Reference and is answered now; `None` if a window was read.
    pub(in crate::launch::settle) fn query(&mut self) -> Option<ReferenceQuery> {
        self.query.take()
    }

    /// Asks nothing for a moment: a request failed that proves nothing.
    pub(in crate::launch::settle) fn put_off(&mut self, now: Moment) {
        self.not_before = self.not_before.max(now.after(INITIAL_BACKOFF));
    }

    /// Takes in what was found by Reference; returns what it tells.
    pub(in crate::launch::settle) fn answered(
        &mut self,
        query: ReferenceQuery,
        page: JobPage,
        filter: &mut Filter,
        settle: Duration,
        now: Moment,
    ) -> Vec<(OpenDoubt, Settlement)> {
        let ordinals = match query {
            ReferenceQuery::Probe(sample) => {
                filter.showed(sample.is_answered_by(&page));
                return Vec::new();
            }
            ReferenceQuery::Doubts(ordinals) => ordinals,
        };
        let longest = self.size.as_ref().map_or(0, |size| size.longest);
        let is_cut = page.jobs.len() >= longest as usize;
        let mut jobs_by_ordinal: HashMap<Ordinal, Vec<RobotJob>> = HashMap::new();
        for listed in page.jobs {
            let mark = listed.reference.as_deref().and_then(ReferenceMark::find);
            let asked = ordinals.iter().find(|ordinal| {
                let tracked = self.doubts.get(ordinal).expect("only an answer ends a doubt");
                mark == Some(tracked.doubt.mark)
            });
            let Some(ordinal) = asked else {
                // Others than were asked for: the filter is not carried out, whatever the probe showed.
                filter.showed(false);
                return Vec::new();
            };
            jobs_by_ordinal.entry(*ordinal).or_default().push(listed.job);
        }
        filter.showed(true);
        let mut told = Vec::new();
        for ordinal in ordinals {
            let tracked = self.doubts.get_mut(&ordinal).expect("only an answer ends a doubt");
            tracked.looked(settle, now);
            let jobs = jobs_by_ordinal.remove(&ordinal).unwrap_or_default();
            if !is_cut && is_whole(&jobs, tracked.doubt.expected) {
                told.push((self.remove(ordinal), Settlement::Jobs(jobs)));
            }
        }
        told
    }
}
