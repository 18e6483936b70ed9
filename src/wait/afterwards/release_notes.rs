//! What the release of a robot job that is over tells of it: the names of versions, and whether it should have given outputs. Asked
//! for within a ration of its own.
//!
//! In: notes that lack something, and what came of asking. Out: the next release to ask for, notes that are whole, a sentence for
//! people. Never: changes how anything ended, or holds the end of a run for longer than a bound; a release that is not told
//! of leaves notes as they are. No I/O and no clock.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use crate::clock::Moment;
use crate::ids::{AttemptNo, FolderRef, JobId, Ordinal, ReleaseKey};
use crate::orchestrator::ReleaseDetails;
use crate::orchestrator::call_error::CallError;
use crate::outcome::JobNote;
use crate::wait::reading::unnamed_version;
use crate::wait::terms::UnsureNotes;

/// Maximum times that one process asks for a release.
const MAX_RELEASE_LOOK_UPS: usize = 50;
/// Maximum robot jobs whose notes wait for an answer.
const MAX_WAITING: usize = 1_000;
/// Releases are asked for at least so far apart.
const INTERVAL: Duration = Duration::from_secs(1);
/// Maximum time after the last end for which the end of a run waits for releases.
const MAX_HELD: Duration = Duration::from_secs(5);
/// Failures in a row after which no release is asked for any more.
const MAX_FAILURES: u32 = 3;

/// A release that is to be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReleaseLookUp {
    pub(crate) folder: FolderRef,
    pub(crate) release: ReleaseKey,
}

/// A robot job that is over, with all its notes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NotedJob {
    pub(crate) ordinal: Ordinal,
    pub(crate) attempt: AttemptNo,
    pub(crate) job: JobId,
    pub(crate) notes: Vec<JobNote>,
}

/// What was told of a release.
#[derive(Debug, Default)]
struct KnownRelease {
    details: ReleaseDetails,
    /// Versions that it was asked for, and did not tell.
    untold: BTreeSet<i64>,
}

/// One whose notes wait for what its release tells.
#[derive(Debug)]
struct WaitingJob {
    job: NotedJob,
    unsure: UnsureNotes,
    /// Whether its release was asked for since.
    is_asked: bool,
}

/// The notes that lack something, and the releases whose turn comes.
#[derive(Debug, Default)]
pub(crate) struct ReleaseNotes {
    known: BTreeMap<ReleaseKey, KnownRelease>,
    waiting: Vec<WaitingJob>,
    queue: VecDeque<ReleaseLookUp>,
    is_under_way: bool,
    taken: usize,
    failures: u32,
    is_off: bool,
    not_before: Moment,
    latest: Moment,
}

impl ReleaseNotes {
    /// Makes the notes of `job` whole by what is known already; else its release is asked for, and they come later.
    pub(crate) fn complete(&mut self, job: &mut NotedJob, unsure: UnsureNotes, now: Moment) {
        if let Some(notes) = self.whole(&job.notes, &unsure) {
            job.notes = notes;
            return;
        }
        let is_awaited = self.queue.iter().any(|look_up| look_up.release == unsure.release);
        let has_turn = is_awaited || self.taken < MAX_RELEASE_LOOK_UPS;
        if self.is_off || !has_turn || self.waiting.len() >= MAX_WAITING {
            return;
        }
        self.latest = now;
        self.ask(ReleaseLookUp { folder: unsure.folder.clone(), release: unsure.release });
        self.waiting.push(WaitingJob { job: job.clone(), unsure, is_asked: false });
    }

    fn ask(&mut self, look_up: ReleaseLookUp) {
        if !self.queue.iter().any(|waits| waits.release == look_up.release) {
            self.taken += 1;
            self.queue.push_back(look_up);
        }
    }

    /// The notes as they are with what is known of the release; `None` where it has to be asked for.
    fn whole(&self, notes: &[JobNote], unsure: &UnsureNotes) -> Option<Vec<JobNote>> {
        let known = self.known.get(&unsure.release)?;
        let is_told = |id: &i64| known.details.versions.contains_key(id) || known.untold.contains(id);
        let are_told = is_told(&unsure.ran) && unsure.planned.as_ref().is_none_or(is_told);
        are_told.then(|| known.whole(notes, unsure))
    }

    /// Whether notes are still to come that the end of a run waits for.
    pub(crate) fn is_open(&self, now: Moment) -> bool {
        !self.waiting.is_empty() && now < self.latest.after(MAX_HELD)
    }

    /// When there is something to do; `None` if there is not. `is_free`: no release is being asked for.
    pub(crate) fn due(&self, is_free: bool, now: Moment) -> Option<Moment> {
        let next = (is_free && !self.queue.is_empty()).then_some(self.not_before);
        let closes = self.is_open(now).then(|| self.latest.after(MAX_HELD));
        [next, closes].into_iter().flatten().min()
    }

    /// The release to ask for next.
    pub(crate) fn next(&mut self, now: Moment) -> Option<ReleaseLookUp> {
        if self.is_under_way || self.not_before > now {
            return None;
        }
        let look_up = self.queue.pop_front()?;
        self.waiting.iter_mut().filter(|job| job.unsure.release == look_up.release).for_each(|job| job.is_asked = true);
        self.is_under_way = true;
        self.not_before = now.after(INTERVAL);
        Some(look_up)
    }

    /// What came of it: the robot jobs whose notes are other ones now, and what is to be said.
    pub(crate) fn take(
        &mut self,
        asked: &ReleaseLookUp,
        found: Result<Option<ReleaseDetails>, CallError>,
        now: Moment,
    ) -> (Vec<NotedJob>, Option<String>) {
        self.is_under_way = false;
        let details = match found {
            Ok(found) => {
                self.failures = 0;
                found.unwrap_or_default()
            }
            Err(error) => {
                self.failures += 1;
                self.not_before = self.not_before.max(now.after(error.hold().unwrap_or(INTERVAL)));
                let is_barred = matches!(error, CallError::Permission { .. } | CallError::LoginRefused { .. });
                if is_barred || self.failures >= MAX_FAILURES {
                    return (Vec::new(), Some(self.give_up(&error, is_barred)));
                }
                if error.may_pass() {
                    self.queue.push_front(asked.clone());
                    return (Vec::new(), None);
                }
                ReleaseDetails::default()
            }
        };
        (self.learn(asked, details), None)
    }

    fn give_up(&mut self, error: &CallError, is_barred: bool) -> String {
        self.is_off = true;
        self.queue.clear();
        self.waiting.clear();
        let help = if is_barred {
            "; the login needs the scope OR.Execution.Read and the permission to view processes"
        } else {
            ""
        };
        format!("releases are not read, and notes go without what they tell: {error}{help}")
    }

    fn learn(&mut self, asked: &ReleaseLookUp, details: ReleaseDetails) -> Vec<NotedJob> {
        let known = self.known.entry(asked.release).or_default();
        known.details = details;
        let is_answered = |job: &WaitingJob| job.unsure.release == asked.release && job.is_asked;
        for WaitingJob { unsure, .. } in self.waiting.iter().filter(|job| is_answered(job)) {
            let untold = [Some(unsure.ran), unsure.planned].into_iter().flatten();
            known.untold.extend(untold.filter(|id| !known.details.versions.contains_key(id)));
        }
        let (own, others) =
            std::mem::take(&mut self.waiting).into_iter().partition(|job| job.unsure.release == asked.release);
        self.waiting = others;
        let mut noted = Vec::new();
        for waits in own {
            match self.whole(&waits.job.notes, &waits.unsure) {
                Some(notes) if notes != waits.job.notes => noted.push(NotedJob { notes, ..waits.job }),
                // It ended while the release was being asked for, and ran a version that is newer than the answer.
                None if self.taken < MAX_RELEASE_LOOK_UPS => {
                    self.ask(asked.clone());
                    self.waiting.push(waits);
                }
                Some(_) | None => {}
            }
        }
        noted
    }
}

impl KnownRelease {
    /// The notes with names for versions, as far as they have any, and with the one that outputs are missing.
    fn whole(&self, notes: &[JobNote], unsure: &UnsureNotes) -> Vec<JobNote> {
        let name = |id: i64| self.details.versions.get(&id);
        let named = |note: &JobNote| match (note, unsure.planned) {
            (JobNote::OtherVersion { .. }, Some(planned)) => {
                let (ran, planned) = ((unsure.ran, name(unsure.ran)), (planned, name(planned)));
                // Somebody went away from a version and back to it: the same was run.
                if ran.1.is_some() && ran.1 == planned.1 {
                    return None;
                }
                let text = |(id, name): (i64, Option<&String>)| name.cloned().unwrap_or_else(|| unnamed_version(id));
                Some(JobNote::OtherVersion { ran: text(ran), planned: text(planned) })
            }
            (JobNote::OtherVersion { .. }, None)
            | (JobNote::StoppedByHand | JobNote::WithFaults | JobNote::RanAgain | JobNote::NoOutput, _) => {
                Some(note.clone())
            }
        };
        let no_output = (unsure.lacks_output && self.declares_output(unsure.ran)).then_some(JobNote::NoOutput);
        notes.iter().filter_map(named).chain(no_output).collect()
    }

    /// Whether the version that is known by `ran` surely declares outputs: the signature is that of the current version.
    fn declares_output(&self, ran: i64) -> bool {
        let ReleaseDetails { versions, current, declares_output } = &self.details;
        let name = versions.get(&ran);
        let is_current = *current == Some(ran)
            || (name.is_some() && name == current.as_ref().and_then(|current| versions.get(current)));
        is_current && *declares_output == Some(true)
    }
}

#[cfg(test)]
mod tests;
