//! Watches the robot jobs of one run that are not over: what to ask next, and what came of it.
//!
//! In: robot jobs that were started, pages and single answers, the present. Out: requests and events. It asks in the cheapest
//! way that this server was seen to carry out: one by one while few are left, by what changed, by whole windows.
//! Never: takes a failure, a strange page or an absence in a filtered list for an end; no I/O and no clock.

use std::collections::BTreeSet;
use std::time::Duration;

use self::deadline::Deadline;
use self::list_state::ListState;
use super::forms::Forms;
use super::look_ups::LookUps;
use super::reading::{end_of, lacks_output};
use super::spans::{LearntSpans, Spans};
use super::survey::Survey;
use super::terms::{SingleJobs, UnsureNotes, WatchEvent, WatchSettings, WatchTerms, WatchedLaunch};
use super::tracked::{JobTable, Mark, Tick, as_known};
use crate::clock::{Moment, TimePoint, Timestamp};
use crate::ids::{JobId, Ordinal, ReleaseKey};
use crate::orchestrator::ListedJob;
use crate::outcome::{JobEnd, JobOutcome};
use crate::robot_job::RobotJob;

mod choice;
mod deadline;
mod deadlines;
mod ends;
mod list_state;
mod lists;
mod look_over;
mod refusals;
mod singles;

/// Robot jobs of one run that are not over.
#[derive(Debug)]
pub(crate) struct Watcher {
    settings: WatchSettings,
    terms: Vec<WatchTerms>,
    deadlines: Vec<Deadline>,
    known_spans: LearntSpans,
    /// The releases by their numbers.
    releases: Vec<ReleaseKey>,
    table: JobTable,
    spans: Spans,
    forms: Forms,
    lists: ListState,
    look_ups: LookUps,
    /// What was counted last, and when.
    survey: Survey,
    surveyed: Option<Moment>,
    /// How far the server's `Date` is ahead of our clock, in milliseconds.
    date_ahead_ms: i64,
    unknown_states: BTreeSet<String>,
}

impl Watcher {
    /// Watches none yet. `terms` stand in the order in which launches name them; `learnt` is what earlier runs took.
    pub(crate) fn new(settings: WatchSettings, terms: Vec<WatchTerms>, learnt: LearntSpans) -> Self {
        Self {
            settings,
            deadlines: terms.iter().map(|_| Deadline::default()).collect(),
            terms,
            known_spans: learnt,
            releases: Vec::new(),
            table: JobTable::new(),
            spans: Spans::default(),
            forms: Forms::new(settings.tries_filters),
            lists: ListState::default(),
            look_ups: LookUps::new(settings.single_pace),
            survey: Survey::default(),
            surveyed: None,
            date_ahead_ms: 0,
            unknown_states: BTreeSet::new(),
        }
    }

    /// Watches the robot jobs of a launch; those that are watched already stay as they are.
    ///
    /// On a resume they come as the ledger knows them, which may be long ago.
    pub(crate) fn add(&mut self, launch: WatchedLaunch<'_>, jobs: &[RobotJob], now: TimePoint) {
        let folder = self.table.number_folder(launch.folder);
        let release = self.table.number_release(launch.release);
        if self.releases.len() == usize::from(release) {
            self.releases.push(launch.release);
        }
        self.spans.open(release, self.known_spans.0.get(&launch.release).copied());
        let launched = launch.launched.min(now.moment);
        let of = (launch.ordinal, launch.attempt);
        for job in jobs {
            let age = job.created().filter(|_| launch.is_again).map(|created| self.date(now).duration_since(created));
            let age = age.and_then(|age| Duration::try_from(age).ok()).unwrap_or_default();
            self.lists.wants_sweep |= launch.is_again;
            let launched = self.table.tick(launched.min(Moment(now.moment.0.saturating_sub(age))));
            let mut record = as_known(job, of);
            (record.launched, record.seen) = (launched, launched);
            (record.folder, record.release, record.terms) = (folder, release, launch.terms);
            record.version = self.table.number_version(job.release_version);
            self.table.note_created(&mut record, job.created());
            if self.table.insert(record) {
                if let Some(deadline) = self.deadlines.get_mut(usize::from(launch.terms)) {
                    let launched = launch.launched.min(now.moment);
                    if launch.is_retry && !launch.is_again {
                        deadline.add_retry(launched);
                    } else {
                        deadline.add(launched);
                    }
                }
                self.lists.begin(now.moment);
            }
        }
        if self.table.unfinished() <= FEW {
            self.surveyed = None;
        }
    }

    /// Nobody waits for `job` any more, as if it had never been taken in. The launch for which it was waited for until now.
    pub(crate) fn forget(&mut self, job: JobId) -> Option<Ordinal> {
        let tracked = *self.table.get(job)?;
        self.table.remove(job);
        self.look_ups.forget(job);
        if let Some(deadline) = self.deadlines.get_mut(usize::from(tracked.terms)) {
            deadline.finish();
        }
        self.surveyed = None;
        Some(tracked.ordinal)
    }

    /// Whether `job` is still waited for.
    pub(crate) fn is_watched(&self, job: JobId) -> bool {
        self.table.get(job).is_some()
    }

    /// Whether any robot job is still waited for.
    pub(crate) fn is_open(&self) -> bool {
        self.table.open() > 0
    }

    /// How many robot jobs are still waited for.
    pub(crate) fn count_unfinished(&self) -> usize {
        self.table.open()
    }

    /// When something is to be asked or told next; `None` if nothing is, or an answer must come first.
    ///
    /// No list can be asked for before `lists_from`: none at all before another answer, where it is absent. Nor can one robot
    /// job without `asks_singles`.
    pub(crate) fn wake_at(&mut self, now: TimePoint, lists_from: Option<Moment>, asks_singles: bool) -> Option<Moment> {
        self.count(now.moment);
        let list_due = lists_from.and_then(|from| self.list_due(now.moment).map(|due| due.max(from)));
        let look_up_due = if asks_singles { self.look_up_due(now.moment) } else { None };
        [list_due, look_up_due, self.next_deadline()].into_iter().flatten().min()
    }

    #[cfg(test)]
    fn state_of_turns(&self, now: Moment) -> String {
        format!(
            "list {:?}, look-up {:?}, deadline {:?}, {} waiting, tail {}, look {:?}, under way {}, {:?}",
            self.list_due(now),
            self.look_up_due(now),
            self.next_deadline(),
            self.look_ups.waiting(),
            self.is_tail(),
            self.lists.look,
            self.lists.is_under_way,
            self.survey
        )
    }

    /// Whether robot jobs may be asked for one by one without a list's permit.
    fn has_free_singles(&self) -> bool {
        self.settings.single_jobs == SingleJobs::Free && self.forms.single != super::forms::FormSupport::Lacking
    }

    /// Counts what is unfinished, where that was not done just now.
    fn count(&mut self, now: Moment) {
        let is_fresh = self.surveyed.is_some_and(|then| now.since(then) < MIN_SURVEY_INTERVAL);
        if is_fresh && self.table.unfinished() > 0 {
            return;
        }
        self.surveyed = Some(now);
        self.survey = Survey::of(&self.table, &self.spans, &self.terms, self.table.tick(now));
    }

    /// The server's time at `now`, as far as that is known.
    fn date(&self, now: TimePoint) -> Timestamp {
        shifted(now.utc, self.date_ahead_ms)
    }

    /// The robot job is over as `listed` shows it, and nobody waits for it any more.
    fn finish_shown(
        &mut self,
        id: JobId,
        listed: ListedJob,
        outcome: JobOutcome,
        is_whole: bool,
    ) -> Option<WatchEvent> {
        let job = self.table.get(id)?;
        let terms = self.terms.get(usize::from(job.terms))?;
        let (ran, started) = (listed.job.release_version, self.table.version(job.version));
        let gave_nothing = is_whole && lacks_output(&listed, terms);
        let end = end_of(job, listed, outcome, terms, started);
        let (folder, release) = (job.folder, self.releases.get(usize::from(job.release)).copied());
        let planned = started.filter(|started| ran.is_some_and(|ran| ran != *started));
        let lacks_output = gave_nothing && end.outcome == JobOutcome::Successful;
        let unsure = ran.zip(release).filter(|_| planned.is_some() || lacks_output).map(|(ran, release)| {
            let folder = self.table.folder(folder).clone();
            Box::new(UnsureNotes { folder, release, ran, planned, lacks_output })
        });
        self.finish_unsure(id, end, unsure)
    }

    /// The robot job is over, or late, and nobody waits for it any more.
    fn finish(&mut self, id: JobId, end: JobEnd) -> Option<WatchEvent> {
        self.finish_unsure(id, end, None)
    }

    fn finish_unsure(&mut self, id: JobId, end: JobEnd, unsure: Option<Box<UnsureNotes>>) -> Option<WatchEvent> {
        let job = *self.table.get(id)?;
        self.table.finish(id);
        self.look_ups.forget(id);
        if let Some(deadline) = self.deadlines.get_mut(usize::from(job.terms)) {
            deadline.finish();
        }
        if self.table.unfinished() <= FEW {
            self.surveyed = None;
        }
        Some(WatchEvent::Ended { ordinal: job.ordinal, attempt: job.attempt, end: Box::new(end), unsure })
    }

    /// Notes that the robot job was seen at `now`, in whatever answer; not yet over.
    fn note_seen(&mut self, id: JobId, now: Tick) {
        if let Some(job) = self.table.get_mut(id) {
            job.seen = now;
            job.unset(Mark::Missing);
        }
    }
}

/// What is unfinished is counted at most so often, once there are many.
const MIN_SURVEY_INTERVAL: Duration = Duration::from_secs(1);
/// So few are counted at once.
const FEW: usize = 200;

/// `time`, `ms` milliseconds later.
fn shifted(time: Timestamp, ms: i64) -> Timestamp {
    time.saturating_add(jiff::SignedDuration::from_millis(ms)).unwrap_or(time)
}

#[cfg(test)]
mod tests;
