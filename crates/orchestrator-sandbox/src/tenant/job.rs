//! A robot job, and what it looks like at any moment of its life.

use std::sync::Arc;

use uuid::Uuid;

use super::machine::MachineAt;
use super::timeline::Timeline;
pub(crate) use super::timeline::{Phase, State};
use super::{FolderAt, ReleaseAt, RobotAt};
use crate::clock::{Moment, Timestamp};
use crate::start_info::StartInfo;
use crate::world::{End, Life};

/// What `StartJobs` created.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) id: i64,
    pub(crate) key: Uuid,
    pub(crate) batch: Uuid,
    pub(crate) folder: FolderAt,
    pub(crate) release: ReleaseAt,
    /// Fixed at creation: by the strategy, or in turn among the folder's robots.
    pub(crate) robot: Option<RobotAt>,
    /// The machine that the start named.
    pub(crate) machine: Option<MachineAt>,
    pub(crate) asked: Arc<StartInfo>,
    /// In ticks of 100 ns, as the service keeps it.
    pub(crate) created_utc: Timestamp,
    pub(crate) created: Moment,
    pub(crate) life: Arc<Life>,
    /// Its number among those of its life, from 0.
    pub(crate) number: usize,
    listed: Moment,
    end: End,
    /// Most jobs are left alone.
    course: Option<Box<Course>>,
}

/// What was asked of a robot job after its start.
#[derive(Debug, Default)]
struct Course {
    resumed: Option<Moment>,
    stopped: Option<Stop>,
}

/// A wish that a robot job stop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stop {
    pub(super) at: Moment,
    pub(super) strategy: StopStrategy,
    /// The final state of one that runs.
    pub(super) ends: State,
}

/// How a robot job is stopped, its members in the order of `STOP_STRATEGIES`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopStrategy {
    SoftStop,
    Kill,
}

/// Where and for whom a robot job is made, and how it lives.
pub(crate) struct Birth<'l> {
    pub(crate) id: i64,
    pub(crate) batch: Uuid,
    pub(crate) folder: FolderAt,
    pub(crate) release: ReleaseAt,
    pub(crate) robot: Option<RobotAt>,
    pub(crate) machine: Option<MachineAt>,
    pub(crate) at: Moment,
    pub(crate) utc: Timestamp,
    /// From when on lists show it.
    pub(crate) listed: Moment,
    pub(crate) life: &'l Arc<Life>,
    /// Its number among those of its life, from 0.
    pub(crate) number: usize,
}

impl Job {
    /// A pending robot job.
    pub(crate) fn new(birth: &Birth<'_>, asked: &Arc<StartInfo>) -> Self {
        Self {
            id: birth.id,
            key: super::guid_of("job", &birth.id.to_string()),
            batch: birth.batch,
            folder: birth.folder,
            release: birth.release,
            robot: birth.robot,
            machine: birth.machine,
            asked: Arc::clone(asked),
            created_utc: birth.utc,
            created: birth.at,
            life: Arc::clone(birth.life),
            number: birth.number,
            listed: birth.listed,
            end: birth.life.end_of(birth.number),
            course: None,
        }
    }

    /// Whether it is pending for ever.
    pub(super) fn never_starts(&self) -> bool {
        self.end == End::Pending
    }

    /// Whether lists show it at `now`, where it is in `phase`.
    pub(crate) fn is_listed(&self, phase: &Phase, now: Moment) -> bool {
        now >= self.listed && !self.is_purged(phase, now)
    }

    /// Whether the server has forgotten it.
    pub(crate) fn is_purged(&self, phase: &Phase, now: Moment) -> bool {
        match (self.life.purged_after, phase.ended) {
            (Some(after), Some(ended)) => now >= ended.after(after),
            (Some(_) | None, _) => false,
        }
    }

    /// The job when it came to be.
    pub(crate) fn birth(&self) -> Phase {
        Phase::pending(self.created)
    }

    /// Takes a wish to stop; it counts where the job is not in a final state then.
    pub(super) fn stop(&mut self, stop: Stop) {
        self.course.get_or_insert_default().stopped = Some(stop);
    }

    /// Lets a suspended job go on.
    pub(super) fn resume(&mut self, at: Moment) {
        self.course.get_or_insert_default().resumed = Some(at);
    }

    /// How it was asked to stop.
    pub(crate) fn stop_strategy(&self) -> Option<StopStrategy> {
        self.course.as_ref()?.stopped.map(|stop| stop.strategy)
    }

    /// The job at `now`, by its life and what was asked of it since.
    pub(crate) fn phase(&self, now: Moment) -> Phase {
        let Some(stop) = self.course.as_ref().and_then(|course| course.stopped) else {
            return self.timeline().at(now);
        };
        let before = self.timeline().at(stop.at);
        let over = stop.at.after(self.life.stopping);
        match (before.state, stop.strategy) {
            (State::Pending | State::Suspended | State::Resumed, _) => {
                Phase::over(State::Stopped, before.started, stop.at)
            }
            (State::Running, _) if now >= over => Phase::over(stop.ends, before.started, over),
            (State::Running, StopStrategy::SoftStop) => Phase { state: State::Stopping, changed: stop.at, ..before },
            (State::Running, StopStrategy::Kill) => Phase { state: State::Terminating, changed: stop.at, ..before },
            // It had ended by itself before a second wish to stop came.
            (State::Stopping | State::Terminating | State::Successful | State::Faulted | State::Stopped, _) => before,
        }
    }

    fn timeline(&self) -> Timeline<'_> {
        let resumed = self.course.as_ref().and_then(|course| course.resumed);
        Timeline { life: &self.life, created: self.created, end: self.end, number: self.number, resumed }
    }

    /// What the clock of the database shows at `moment`.
    pub(crate) fn utc(&self, moment: Moment) -> Timestamp {
        self.created_utc.saturating_add(moment.since(self.created)).unwrap_or(Timestamp::MAX)
    }
}
