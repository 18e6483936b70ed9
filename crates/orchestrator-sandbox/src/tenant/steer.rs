//! What can be asked of robot jobs after their start: stop, restart, resume.
//!
//! Source: `StopJobs`, `RestartJob` and `ResumeJob` of the OpenAPI description; `docs/orchestrator-api.md`, section 6.
//! What the service answers where a job's state does not allow it is not known: 409 with a number of ours.

use std::sync::Arc;

use uuid::Uuid;

use super::job::{Job, State, Stop, StopStrategy};
use super::seats::Seat;
use super::start::Birthday;
use super::{FolderAt, Tenant};
use crate::clock::{Moment, Timestamp};
use crate::refusal::Refusal;
use crate::world::switches::{Restart, SoftStopEnds, StopRefusal};

impl Tenant {
    /// Stops robot jobs of a folder: all of them or none, unless the switch says otherwise.
    ///
    /// Errors: 404 where one does not exist; 409 where one is in a final state, or is being stopped already, and the
    /// switch does not have it passed over.
    pub(crate) fn stop(
        &mut self,
        folder: FolderAt,
        ids: &[i64],
        strategy: StopStrategy,
        refusal: StopRefusal,
        now: Moment,
    ) -> Result<(), Refusal> {
        let (mut places, mut late) = (Vec::new(), None);
        for id in ids {
            let place = self.place_of(folder, self.job_with_id(folder, *id, now))?;
            match (self.state(place, now), strategy) {
                (State::Pending | State::Running | State::Suspended | State::Resumed, _)
                | (State::Stopping, StopStrategy::Kill) => places.push(place),
                (State::Stopping | State::Terminating, _) => late = Some("The job is being stopped already."),
                (State::Successful | State::Faulted | State::Stopped, _) => late = Some("The job is in a final state."),
            }
        }
        let refused = late.map_or(Ok(()), |message| Err(Refusal::state("JobCannotBeCancelled", message)));
        if refused.is_err() && refusal == StopRefusal::RefusesAll {
            return refused;
        }
        let ends = match (strategy, self.switches.soft_stop_ends) {
            (StopStrategy::SoftStop, SoftStopEnds::Successful) => State::Successful,
            (StopStrategy::SoftStop, SoftStopEnds::Stopped) | (StopStrategy::Kill, _) => State::Stopped,
        };
        for place in places {
            let is_pending = self.state(place, now) == State::Pending;
            let job = &mut self.jobs[place];
            job.stop(Stop { at: now, strategy, ends });
            if let (Some(robot), true) = (job.robot, is_pending) {
                self.pending_until.insert((robot, job.release), Some(now));
            }
        }
        if refusal == StopRefusal::Skips { Ok(()) } else { refused }
    }

    /// Starts once more what a robot job in a final state was; returns the new job's place.
    ///
    /// Errors: 404 where it does not exist; 409 where its state does not allow it; those of a start.
    pub(crate) fn restart(&mut self, folder: FolderAt, id: i64, now: Moment, utc: Timestamp) -> Result<usize, Refusal> {
        let place = self.place_of(folder, self.job_with_id(folder, id, now))?;
        let state = self.state(place, now);
        let may = match self.switches.restart {
            Restart::AnyFinal => state.is_final(),
            Restart::FaultedOnly => state == State::Faulted,
        };
        if !may {
            return Err(Refusal::state("CannotRestartUnfinishedJob", "The job's state does not allow a restart."));
        }
        let job = &self.jobs[place];
        let (release, seat, asked) = (job.release, Seat { robot: job.robot, machine: job.machine }, &job.asked);
        let asked = Arc::clone(asked);
        self.check_release(folder, release, &asked)?;
        self.check_pending(folder, release, &[seat], now)?;
        let batch = self.new_batch();
        Ok(self.create(release, &[seat], &asked, batch, Birthday { at: now, utc, listed: now }).start)
    }

    /// Lets a suspended robot job go on; returns its place.
    ///
    /// Errors: 404 where it does not exist; 409 where it is not suspended.
    pub(crate) fn resume(&mut self, folder: FolderAt, key: Uuid, now: Moment) -> Result<usize, Refusal> {
        let place = self.place_of(folder, self.job_with_key(folder, key, now))?;
        if self.state(place, now) != State::Suspended {
            return Err(Refusal::state("SuspendJobStateNotFound", "The job is not suspended."));
        }
        self.jobs[place].resume(now);
        Ok(place)
    }

    fn place_of(&self, folder: FolderAt, job: Option<&Job>) -> Result<usize, Refusal> {
        let job = job.filter(|job| job.folder == folder).ok_or_else(|| Refusal::does_not_exist("Job"))?;
        Ok(usize::try_from(job.id - self.first_job_id).expect("a job's number follows from its place"))
    }

    fn state(&self, place: usize, now: Moment) -> State {
        self.jobs[place].phase(now).state
    }
}
