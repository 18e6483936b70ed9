//! Robot jobs that are to be stopped: in which batches, and what came of it. No I/O and no clock.
//!
//! In: robot jobs of folders, and what came of batches. Out: the next batch; the tally. Never: asks twice for one robot job,
//! but for what the server refused: that is looked at, and asked for once more where it is not over.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::ids::{FolderRef, JobId, Ordinal};
use crate::launch::send::stop::{StopBatch, StopResult};
use crate::launch_terms::StopStrategy;
use crate::ledger::StopTally;
use crate::orchestrator::{MAX_IDS, ShownFields};
use crate::wait::PassingJob;

/// The robot jobs of a run that are to be stopped.
#[derive(Default)]
pub(super) struct RobotJobStops {
    due: VecDeque<StopBatch>,
    /// Those that were taken in: a list and an answer may tell of the same one.
    known: HashSet<JobId>,
    /// Whose they are, of those that somebody cancelled.
    passing: HashMap<JobId, PassingJob>,
    /// How much of robot jobs the server shows, where it refused to show more.
    fields: Option<ShownFields>,
    is_busy: bool,
    /// Whether a batch held robot jobs that are over: then the others are looked at before they are asked for.
    looks_first: bool,
    tally: StopTally,
    /// How many times something was cancelled, as of those that are carried out; 0 while nothing is.
    cancels: u32,
    /// From which launch on the ledger is still to be read.
    page: Option<Ordinal>,
    /// Whether what came of it was told.
    is_told: bool,
}

impl RobotJobStops {
    /// Something was cancelled for the `cancels`-th time: what was stopped before is asked for once more, as somebody
    /// insists, perhaps on another strategy.
    pub(super) fn begin(&mut self, cancels: u32) {
        if cancels > self.cancels {
            self.cancels = cancels;
            self.page = Some(Ordinal(0));
            self.is_told = false;
            self.known.clear();
            self.passing.clear();
            self.tally = StopTally::default();
        }
    }

    /// Whether anything was cancelled.
    pub(super) fn is_begun(&self) -> bool {
        self.cancels > 0
    }

    /// From which launch on the ledger is to be read next.
    pub(super) fn next_page(&self) -> Option<Ordinal> {
        self.page
    }

    /// A page was read; `next`: from where the next one is.
    pub(super) fn note_page(&mut self, next: Option<Ordinal>) {
        self.page = next;
    }

    /// What came of it, once, when nothing is left to do: of how many times that something was cancelled.
    pub(super) fn take_report(&mut self) -> Option<(u32, StopTally)> {
        let is_due = self.is_begun() && !self.is_open() && !self.is_told;
        is_due.then(|| {
            self.is_told = true;
            (self.cancels, std::mem::take(&mut self.tally))
        })
    }

    /// What came of robot jobs that were stopped although nothing was cancelled, as they were out of time: when nothing is
    /// left to do, of those since this was told last.
    pub(super) fn take_timeout_report(&mut self) -> Option<StopTally> {
        let is_awaited = self.is_begun() && !self.is_told;
        let is_due = !is_awaited && !self.is_open() && self.tally != StopTally::default();
        is_due.then(|| std::mem::take(&mut self.tally))
    }

    /// Whose robot jobs these are, which are to be stopped: their ends may be seen in passing.
    pub(super) fn know(&mut self, jobs: impl IntoIterator<Item = PassingJob>) {
        self.passing.extend(jobs.into_iter().map(|job| (job.id(), job)));
    }

    /// Whose robot job this is, once.
    pub(super) fn take_passing(&mut self, job: JobId) -> Option<PassingJob> {
        self.passing.remove(&job)
    }

    /// These robot jobs of `folder` are to be stopped.
    pub(super) fn add(&mut self, folder: &FolderRef, jobs: impl IntoIterator<Item = JobId>, strategy: StopStrategy) {
        for job in jobs {
            if !self.known.insert(job) {
                continue;
            }
            match self.due.back_mut().filter(|batch| batch.folder == *folder && batch.strategy == strategy) {
                Some(batch) if batch.jobs.len() < MAX_IDS && !batch.was_refused => batch.jobs.push(job),
                Some(_) | None => self.due.push_back(StopBatch {
                    folder: folder.clone(),
                    jobs: vec![job],
                    strategy,
                    was_refused: false,
                    look_at: None,
                    fields: ShownFields::Detailed,
                }),
            }
        }
    }

    /// Whether anything is left to ask for, or under way.
    pub(super) fn is_open(&self) -> bool {
        self.is_busy || !self.due.is_empty() || self.page.is_some()
    }

    /// The next batch, and whether it is to be looked at before; `None` if one is under way, or none is left.
    pub(super) fn next_batch(&mut self) -> Option<(StopBatch, bool)> {
        if self.is_busy {
            return None;
        }
        let mut batch = self.due.pop_front()?;
        batch.fields = self.fields.unwrap_or(batch.fields);
        self.is_busy = true;
        let looks = self.looks_first || batch.was_refused;
        Some((batch, looks))
    }

    /// Takes in what came of the batch that is under way.
    pub(super) fn take_result(&mut self, batch: StopBatch, result: StopResult) {
        self.is_busy = false;
        let StopResult { asked, over, refused, why, ended: _, lacks_fields } = result;
        if lacks_fields {
            self.fields = Some(ShownFields::Few);
        }
        self.tally.asked += asked;
        self.tally.over += over;
        if refused.is_empty() {
            return;
        }
        if batch.was_refused {
            self.tally.refused += u32::try_from(refused.len()).unwrap_or(u32::MAX);
            self.tally.why = self.tally.why.take().or(why);
        } else {
            self.looks_first = true;
            self.due.push_front(StopBatch { jobs: refused, was_refused: true, look_at: None, ..batch });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::FolderId;

    const SOFT: StopStrategy = StopStrategy::SoftStop;

    /// Something was cancelled once, and nothing is in the ledger.
    fn begun() -> RobotJobStops {
        let mut stops = RobotJobStops::default();
        stops.begin(1);
        stops.note_page(None);
        stops
    }

    #[track_caller]
    fn check_report(stops: &mut RobotJobStops, expected: StopTally) {
        assert_eq!(stops.take_report().map(|(_, tally)| tally), Some(expected));
        assert_eq!(stops.take_report(), None, "once");
    }

    fn folder(number: i64) -> FolderRef {
        FolderRef::Id(FolderId(number))
    }

    fn jobs(numbers: std::ops::Range<i64>) -> impl Iterator<Item = JobId> {
        numbers.map(JobId)
    }

    /// Carries all batches out; `server` says which robot jobs of one it refuses, and whether it knows that they are over.
    fn carried_out(stops: &mut RobotJobStops, mut server: impl FnMut(&StopBatch, bool) -> StopResult) -> usize {
        let mut batches = 0;
        while let Some((batch, looks)) = stops.next_batch() {
            assert!(stops.next_batch().is_none(), "one at a time");
            let result = server(&batch, looks);
            stops.take_result(batch, result);
            batches += 1;
        }
        assert!(!stops.is_open());
        batches
    }

    fn all(batch: &StopBatch) -> u32 {
        u32::try_from(batch.jobs.len()).expect("few")
    }

    #[test]
    fn robot_jobs_are_asked_for_once_in_batches_of_one_folder() {
        let mut stops = begun();
        stops.add(&folder(1), jobs(0..120), SOFT);
        stops.add(&folder(2), jobs(200..201), SOFT);
        stops.add(&folder(1), jobs(0..120), SOFT);
        let mut sizes = Vec::new();
        carried_out(&mut stops, |batch, looks| {
            assert!(!looks);
            sizes.push((batch.folder.clone(), batch.jobs.len()));
            StopResult { asked: all(batch), ..StopResult::default() }
        });
        assert_eq!(sizes, [(folder(1), 50), (folder(1), 50), (folder(1), 20), (folder(2), 1)]);
        check_report(&mut stops, StopTally { asked: 121, ..StopTally::default() });
    }

    #[test]
    fn what_is_refused_is_looked_at_and_the_others_are_looked_at_first_from_then_on() {
        let mut stops = begun();
        stops.add(&folder(1), jobs(0..5000), SOFT);
        // Nine of ten are over.
        let is_over = |job: &JobId| job.0 % 10 != 0;
        let batches = carried_out(&mut stops, |batch, looks| {
            let (over, open): (Vec<JobId>, Vec<JobId>) = batch.jobs.iter().copied().partition(is_over);
            let asked = u32::try_from(open.len()).expect("few");
            if looks {
                StopResult { asked, over: u32::try_from(over.len()).expect("few"), ..StopResult::default() }
            } else {
                StopResult { asked, refused: over, ..StopResult::default() }
            }
        });
        check_report(&mut stops, StopTally { asked: 500, over: 4500, ..StopTally::default() });
        assert_eq!(batches, 101, "a hundred batches, and one that was refused in part");
    }

    #[test]
    fn what_is_refused_twice_is_told_with_the_first_reason() {
        let mut stops = begun();
        stops.add(&folder(1), jobs(0..3), SOFT);
        let mut reasons = ["busy", "no permission"].into_iter();
        carried_out(&mut stops, |batch, _| StopResult {
            refused: batch.jobs.clone(),
            why: reasons.next().map(str::to_owned),
            ..StopResult::default()
        });
        let expected = StopTally { refused: 3, why: Some("no permission".to_owned()), ..StopTally::default() };
        check_report(&mut stops, expected);
    }

    #[test]
    fn what_was_out_of_time_is_told_each_time_although_nothing_was_cancelled() {
        let mut stops = RobotJobStops::default();
        let refused = StopTally { refused: 2, why: Some("busy".to_owned()), ..StopTally::default() };
        for _ in 0..2 {
            stops.known.clear();
            stops.add(&folder(1), jobs(0..2), SOFT);
            assert_eq!(stops.take_timeout_report(), None, "not yet");
            carried_out(&mut stops, |batch, _| StopResult {
                refused: batch.jobs.clone(),
                why: Some("busy".to_owned()),
                ..StopResult::default()
            });
            assert_eq!(stops.take_timeout_report(), Some(refused.clone()));
            assert_eq!((stops.take_timeout_report(), stops.take_report()), (None, None), "once");
        }
    }

    #[test]
    fn who_insists_is_asked_for_anew() {
        let mut stops = begun();
        stops.add(&folder(1), jobs(0..2), SOFT);
        carried_out(&mut stops, |batch, _| StopResult { asked: all(batch), ..StopResult::default() });
        check_report(&mut stops, StopTally { asked: 2, ..StopTally::default() });
        stops.begin(1);
        assert!(!stops.is_open(), "that was done");
        stops.begin(2);
        assert_eq!((stops.next_page(), stops.take_report()), (Some(Ordinal(0)), None));
        stops.note_page(None);
        stops.add(&folder(1), jobs(0..2), StopStrategy::Kill);
        let asked = |batch: &StopBatch, _| StopResult { asked: all(batch), ..StopResult::default() };
        assert_eq!(carried_out(&mut stops, asked), 1);
        assert_eq!(stops.take_report(), Some((2, StopTally { asked: 2, ..StopTally::default() })));
    }
}
