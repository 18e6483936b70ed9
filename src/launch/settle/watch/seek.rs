//! Doubts asked for by their References, while only finding something can tell anything.
//!
//! A folder that much is started in has a window of many pages, and each round before the settle time reads them all.
//! Where a probe showed that the server finds robot jobs by Reference, a few doubts cost one request. What it finds is
//! found; what it does not find stays in doubt, and the round after the settle time reads the whole window.

use std::collections::HashMap;
use std::time::Duration;

use super::{Control, Doubted, RETRY, Watch, is_whole};
use crate::clock::Moment;
use crate::ids::{FolderRef, Ordinal, ReferenceMark};
use crate::launch::settle::filter::{Filter, Sample};
use crate::launch::settle::{Doubt, Found, Purpose};
use crate::orchestrator::verdict::StartedJob;
use crate::orchestrator::{JobPage, SoughtJobs};
use crate::resolve::Expected;

/// A window of fewer pages is read whole.
const MANY_PAGES: u32 = 4;

/// What was asked by Reference.
pub(in crate::launch::settle) enum Sought {
    /// Whether the server carries the filter out.
    Probe(Sample),
    /// These doubts.
    Doubts(Vec<Ordinal>),
}

impl Watch {
    /// What to ask by Reference in the window's place, where all that is due may be told by it, in fewer requests.
    pub(in crate::launch::settle) fn by_reference(
        &mut self,
        folder: &FolderRef,
        filter: &Filter,
        settle: Duration,
        now: Moment,
    ) -> Option<SoughtJobs> {
        let extent = self.extent.as_ref().filter(|extent| extent.pages >= MANY_PAGES)?;
        let sample = extent.sample.as_ref()?;
        if !filter.may_work() || self.round.is_some() || matches!(self.control, Control::Sought { .. }) {
            return None;
        }
        let due: Vec<(&Ordinal, &Doubted)> = self.doubts.iter().filter(|(_, doubted)| doubted.due <= now).collect();
        // An answer that fills a page may have been cut, and is no answer.
        let most = u64::from(extent.longest / 2);
        if !due.iter().all(|(_, doubted)| doubted.is_early(settle, now) && doubted.robot_jobs() <= most) {
            return None;
        }
        let mut held = 0;
        let fitting = due.iter().take_while(|(_, doubted)| {
            held += doubted.robot_jobs();
            held <= most
        });
        let sought = SoughtJobs::of(folder.clone(), fitting.map(|(_, doubted)| doubted.doubt.reference.clone()))?;
        let ordinals: Vec<Ordinal> = due.iter().take(sought.references.len()).map(|(ordinal, _)| **ordinal).collect();
        let probes = usize::from(!filter.works());
        if 2 * (probes + due.len().div_ceil(ordinals.len())) > extent.pages as usize {
            return None;
        }
        let (asked, sought) = if filter.works() {
            (Sought::Doubts(ordinals), sought)
        } else {
            (Sought::Probe(sample.clone()), SoughtJobs::of(folder.clone(), sample.probe())?)
        };
        self.sought = Some(asked);
        Some(sought)
    }

    /// What was asked by Reference and is answered now; none where a window was read.
    pub(in crate::launch::settle) fn sought(&mut self) -> Option<Sought> {
        self.sought.take()
    }

    /// Asks nothing for a moment: a request failed that proves nothing.
    pub(in crate::launch::settle) fn put_off(&mut self, now: Moment) {
        self.not_before = self.not_before.max(now.after(RETRY));
    }

    /// Takes in what was found by Reference; returns what it tells.
    pub(in crate::launch::settle) fn answered(
        &mut self,
        sought: Sought,
        page: JobPage,
        filter: &mut Filter,
        settle: Duration,
        now: Moment,
    ) -> Vec<(Doubt, Found)> {
        let ordinals = match sought {
            Sought::Probe(sample) => {
                filter.showed(sample.is_answered_by(&page));
                return Vec::new();
            }
            Sought::Doubts(ordinals) => ordinals,
        };
        let longest = self.extent.as_ref().map_or(0, |extent| extent.longest);
        let is_cut = page.jobs.len() >= longest as usize;
        let mut jobs_by_ordinal: HashMap<Ordinal, Vec<StartedJob>> = HashMap::new();
        for listed in page.jobs {
            let mark = listed.reference.as_deref().and_then(ReferenceMark::find);
            let asked = ordinals.iter().find(|ordinal| {
                let doubted = self.doubts.get(ordinal).expect("only an answer ends a doubt");
                mark == Some(doubted.doubt.mark)
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
            let doubted = self.doubts.get_mut(&ordinal).expect("only an answer ends a doubt");
            doubted.looked(settle, now);
            let jobs = jobs_by_ordinal.remove(&ordinal).unwrap_or_default();
            if !is_cut && is_whole(&jobs, doubted.doubt.expected) {
                told.push((self.remove(ordinal), Found::Jobs(jobs)));
            }
        }
        told
    }
}

impl Doubted {
    /// Whether only finding something can tell anything of it.
    fn is_early(&self, settle: Duration, now: Moment) -> bool {
        self.doubt.purpose == Purpose::Settle && self.absent.is_none() && now < self.doubt.last.after(settle)
    }

    /// How many robot jobs are looked for.
    fn robot_jobs(&self) -> u64 {
        match self.doubt.expected {
            Expected::Exactly(count) => u64::from(count),
            Expected::AtLeastOne => 1,
        }
    }
}
