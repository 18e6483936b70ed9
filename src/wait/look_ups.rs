//! Robot jobs that are asked for one by one: whose turn it is, and what it means that one is not there.
//!
//! In: whom to ask for and why, and what came. Out: the next one, by a pace of its own. Never: takes one 404 for the end.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use crate::clock::Moment;
use crate::ids::{FolderRef, JobId};
use crate::job_list::backoff::ReadBackoff;
use crate::pace::{Pace, Stream};

/// Maximum robot jobs that are asked for by themselves at once.
pub(crate) const MAX_LOOK_UPS: usize = 4;
/// Maximum wait after a failure.
const MAX_BACKOFF: Duration = Duration::from_secs(30);
/// How long a robot job must be missing, at least, before it is taken for gone.
const MIN_ABSENCE: Duration = Duration::from_secs(5);
/// After so long, and so many answers, it is gone where the folder's list can be read and shows no robot job at all.
const MAX_ABSENCE: Duration = Duration::from_secs(600);
const MAX_ANSWERS: u32 = 10;
/// Maximum refusals in a row before robot jobs are not asked for one by one any more.
const MAX_REFUSALS: u32 = 10;
/// Maximum tries to get the details of one that is over.
const MAX_DETAIL_TRIES: u32 = 20;

/// A robot job that is to be asked for by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct JobLookUp {
    pub(crate) folder: FolderRef,
    pub(crate) job: JobId,
}

/// How long a robot job has not been there.
#[derive(Clone, Copy, Debug)]
struct Absence {
    first: Moment,
    last: Moment,
    answers: u32,
}

/// The turns.
#[derive(Debug)]
pub(super) struct LookUps {
    stream: Stream,
    /// Those that wait for their turn, the urgent ones first.
    queue: VecDeque<JobId>,
    queued: BTreeSet<JobId>,
    under_way: BTreeSet<JobId>,
    absent: BTreeMap<JobId, Absence>,
    /// When a robot job of a folder was last shown.
    shown: BTreeMap<u16, Moment>,
    /// When a list of a folder was last read, whatever it showed.
    answered: BTreeMap<u16, Moment>,
    backoff: ReadBackoff,
    held_until: Moment,
    refusals: u32,
    detail_tries: BTreeMap<JobId, u32>,
}

impl LookUps {
    pub(super) fn new(pace: Pace) -> Self {
        Self {
            stream: Stream::idle(pace),
            queue: VecDeque::new(),
            queued: BTreeSet::new(),
            under_way: BTreeSet::new(),
            absent: BTreeMap::new(),
            shown: BTreeMap::new(),
            answered: BTreeMap::new(),
            backoff: ReadBackoff::default(),
            held_until: Moment::default(),
            refusals: 0,
            detail_tries: BTreeMap::new(),
        }
    }

    /// Asks for `job` when its turn comes, once.
    pub(super) fn push(&mut self, job: JobId) {
        if !self.under_way.contains(&job) && self.queued.insert(job) {
            self.queue.push_back(job);
        }
    }

    /// Whether as many are under way as may be.
    pub(super) fn is_full(&self) -> bool {
        self.under_way.len() >= MAX_LOOK_UPS
    }

    /// How many wait for their turn.
    pub(super) fn waiting(&self) -> usize {
        self.queue.len()
    }

    pub(super) fn is_under_way(&self, job: JobId) -> bool {
        self.under_way.contains(&job)
    }

    /// When the next one may go, at the earliest; not before `now`.
    pub(super) fn turn(&self, now: Moment) -> Moment {
        self.stream.next(now).max(self.held_until)
    }

    /// Whether the last answers failed, so that none is asked for at `now`.
    pub(super) fn is_held(&self, now: Moment) -> bool {
        now < self.held_until
    }

    /// Those that wait, in turn; `None` if there is none.
    pub(super) fn pop(&mut self) -> Option<JobId> {
        let job = self.queue.pop_front()?;
        self.queued.remove(&job);
        Some(job)
    }

    /// `job` is asked for at `now`; by a list's permit if it is `rationed`, and else by the pace.
    pub(super) fn go(&mut self, job: JobId, rationed: bool, now: Moment) {
        self.under_way.insert(job);
        if !rationed {
            self.stream.take(now);
        }
    }

    /// An answer came, whatever it was.
    pub(super) fn land(&mut self, job: JobId) {
        self.under_way.remove(&job);
    }

    /// It is there; so are others of the folder.
    pub(super) fn note_found(&mut self, job: JobId, folder: u16, now: Moment) {
        self.absent.remove(&job);
        self.detail_tries.remove(&job);
        self.backoff.reset();
        self.refusals = 0;
        self.note_shown(folder, now);
    }

    /// A list shows it, whatever single answers said.
    pub(super) fn see(&mut self, job: JobId) {
        self.absent.remove(&job);
    }

    /// A robot job of the folder was shown.
    pub(super) fn note_shown(&mut self, folder: u16, now: Moment) {
        self.shown.insert(folder, now);
    }

    /// Orchestrator says that there is no such robot job; whether it is gone. Else it is asked for again, as one is that is
    /// too young to be (`may_be_gone`): the server may still be about to show it.
    pub(super) fn note_absent(&mut self, job: JobId, folder: u16, may_be_gone: bool, now: Moment) -> bool {
        self.backoff.reset();
        let absence = self.absent.entry(job).or_insert(Absence { first: now, last: now, answers: 0 });
        absence.answers += 1;
        absence.last = now;
        let span = now.since(absence.first);
        // Something else of the folder was shown meanwhile: the login still sees the folder.
        let has_control = self.shown.get(&folder).is_some_and(|shown| *shown >= absence.first);
        // A login that lost its rights sees nothing either: then nobody can tell.
        let is_readable = self.answered.get(&folder).is_some_and(|answered| *answered >= absence.first);
        let is_gone = may_be_gone
            && ((absence.answers >= 2 && span >= MIN_ABSENCE && has_control)
                || (absence.answers >= MAX_ANSWERS && span >= MAX_ABSENCE && is_readable));
        if is_gone {
            self.absent.remove(&job);
        }
        is_gone
    }

    /// Robot jobs that were not there once, and are due to be asked for again.
    pub(super) fn due_again(&self, now: Moment) -> impl Iterator<Item = JobId> {
        let is_due = move |absence: &Absence| now >= next_try(absence);
        let due: Vec<JobId> = self.absent.iter().filter(|(_, absence)| is_due(absence)).map(|(job, _)| *job).collect();
        due.into_iter().filter(|job| self.is_idle(*job))
    }

    /// When one that was not there is asked for again.
    pub(super) fn next_again(&self) -> Option<Moment> {
        let idle = self.absent.iter().filter(|(job, _)| self.is_idle(**job));
        idle.map(|(_, absence)| next_try(absence)).min()
    }

    /// Whether it is neither asked for nor waits for its turn.
    fn is_idle(&self, job: JobId) -> bool {
        !self.under_way.contains(&job) && !self.queued.contains(&job)
    }

    /// Whether one of them was not there lately.
    pub(super) fn is_absent(&self, job: JobId) -> bool {
        self.absent.contains_key(&job)
    }

    /// `job` is not waited for any more.
    pub(super) fn forget(&mut self, job: JobId) {
        self.absent.remove(&job);
        self.detail_tries.remove(&job);
    }

    /// A list of the folder was read: the login may still look into it.
    pub(super) fn note_answered(&mut self, folder: u16, now: Moment) {
        self.answered.insert(folder, now);
    }

    /// Whether `job` has been missing for so long that a list of its folder decides.
    pub(super) fn wants_folder(&self, job: JobId) -> bool {
        self.absent
            .get(&job)
            .is_some_and(|absence| absence.answers >= MAX_ANSWERS && absence.last.since(absence.first) >= MAX_ABSENCE)
    }

    /// An answer failed in a way that may pass, or with a pause.
    pub(super) fn hold(&mut self, pause: Option<Duration>, now: Moment) {
        let wait = self.backoff.fail(MAX_BACKOFF);
        self.held_until = self.held_until.max(now.after(pause.unwrap_or(wait)));
    }

    /// An answer was a refusal for good; whether robot jobs are not asked for one by one any more.
    pub(super) fn refuse(&mut self) -> bool {
        self.refusals += 1;
        self.refusals >= MAX_REFUSALS
    }

    /// The details of `job` could not be had once more; whether that is given up.
    pub(super) fn fail_details(&mut self, job: JobId) -> bool {
        let tries = self.detail_tries.entry(job).or_default();
        *tries += 1;
        *tries >= MAX_DETAIL_TRIES
    }
}

fn next_try(absence: &Absence) -> Moment {
    let span = absence.last.since(absence.first).max(MIN_ABSENCE).min(Duration::from_secs(60));
    absence.last.after(span)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment(Duration::from_secs(seconds))
    }

    fn look_ups() -> LookUps {
        LookUps::new(Pace::new(NonZeroU32::MIN, Duration::from_secs(1), NonZeroU32::MIN))
    }

    #[test]
    fn one_is_gone_after_two_answers_with_another_one_shown_between() {
        let job = JobId(7);
        let mut look_ups = look_ups();
        look_ups.note_shown(0, at(9));
        assert!(!look_ups.note_absent(job, 0, true, at(10)), "once says nothing");
        assert!(!look_ups.note_absent(job, 0, true, at(20)), "nothing else of the folder was shown since");
        look_ups.note_shown(1, at(25));
        assert!(!look_ups.note_absent(job, 0, true, at(30)), "another folder says nothing of this one");
        look_ups.note_shown(0, at(35));
        assert!(look_ups.note_absent(job, 0, true, at(40)));
        let mut other = self::look_ups();
        assert!(!other.note_absent(job, 0, true, at(10)));
        other.note_found(job, 0, at(12));
        assert!(!other.note_absent(job, 0, true, at(20)), "it was there in between");
    }

    #[test]
    fn one_that_is_too_young_to_be_gone_is_asked_for_again() {
        let mut look_ups = look_ups();
        assert!(!look_ups.note_absent(JobId(7), 0, false, at(0)));
        look_ups.note_shown(0, at(5));
        assert!(!look_ups.note_absent(JobId(7), 0, false, at(10)));
        assert!(look_ups.next_again().is_some());
        assert!(look_ups.note_absent(JobId(7), 0, true, at(20)));
    }

    #[test]
    fn a_folder_that_shows_nothing_at_all_is_believed_after_ten_minutes_where_its_list_can_be_read() {
        let gone = |look_ups: &mut LookUps| {
            let answers = (0..12).map(|number| look_ups.note_absent(JobId(7), 0, true, at(100 + number * 60)));
            answers.collect::<Vec<bool>>().iter().position(|gone| *gone)
        };
        let (mut readable, mut unreadable) = (look_ups(), look_ups());
        unreadable.note_answered(0, at(99));
        unreadable.note_answered(1, at(200));
        assert_eq!(gone(&mut unreadable), None, "its rights may be lost");
        assert!(unreadable.wants_folder(JobId(7)));
        assert!(!readable.note_absent(JobId(7), 0, true, at(100)));
        readable.note_answered(0, at(101));
        assert_eq!(gone(&mut readable), Some(10));
    }

    #[test]
    fn each_waits_once_and_goes_by_the_pace_and_not_while_held() {
        let mut look_ups = look_ups();
        [1, 2, 1].map(JobId).into_iter().for_each(|job| look_ups.push(job));
        assert_eq!(look_ups.waiting(), 2);
        let first = look_ups.pop().unwrap();
        look_ups.note_absent(first, 0, true, at(1));
        assert_eq!(look_ups.next_again(), Some(at(6)));
        look_ups.go(first, false, at(10));
        assert_eq!(look_ups.next_again(), None, "it is asked for already");
        look_ups.push(first);
        assert_eq!((look_ups.waiting(), look_ups.turn(at(10))), (1, at(11)));
        look_ups.hold(None, at(20));
        assert_eq!(look_ups.turn(at(20)), Moment(Duration::from_millis(20_500)));
        look_ups.hold(Some(Duration::from_secs(60)), at(20));
        assert_eq!(look_ups.turn(at(20)), at(80));
        look_ups.land(first);
        look_ups.push(first);
        assert_eq!(look_ups.waiting(), 2);
    }
}
