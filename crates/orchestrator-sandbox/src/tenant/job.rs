//! A robot job, and what it looks like at any moment of its life.

use std::sync::Arc;

use uuid::Uuid;

use super::machine::MachineAt;
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
    created: Moment,
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

/// The states that a robot job of the sandbox passes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Pending,
    Running,
    Stopping,
    Terminating,
    Suspended,
    Resumed,
    Successful,
    Faulted,
    Stopped,
}

impl State {
    /// The state's place among `JobDto.State`'s members.
    pub(crate) fn number(self) -> usize {
        match self {
            Self::Pending => 0,
            Self::Running => 1,
            Self::Stopping => 2,
            Self::Terminating => 3,
            Self::Faulted => 4,
            Self::Successful => 5,
            Self::Stopped => 6,
            Self::Suspended => 7,
            Self::Resumed => 8,
        }
    }

    /// Whether nothing comes after it.
    pub(crate) fn is_final(self) -> bool {
        match self {
            Self::Successful | Self::Faulted | Self::Stopped => true,
            Self::Pending | Self::Running | Self::Stopping | Self::Terminating | Self::Suspended | Self::Resumed => {
                false
            }
        }
    }
}

/// A robot job at one moment. `changed` is when it came into its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) state: State,
    pub(crate) started: Option<Timestamp>,
    pub(crate) ended: Option<Timestamp>,
    pub(crate) changed: Timestamp,
}

/// Where and for whom a robot job is made.
pub(crate) struct Birth {
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
    pub(crate) end: End,
}

impl Job {
    /// A pending robot job.
    pub(crate) fn new(birth: &Birth, asked: &Arc<StartInfo>) -> Self {
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
            listed: birth.listed,
            end: birth.end,
            course: None,
        }
    }

    /// Whether lists show it at `now`.
    pub(crate) fn is_listed(&self, now: Moment) -> bool {
        now >= self.listed
    }

    /// The job when it came to be.
    pub(crate) fn birth(&self) -> Progress {
        Progress { state: State::Pending, started: None, ended: None, changed: self.created_utc }
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

    /// The job at `now`, by its release's `life` and what was asked of it since.
    ///
    /// The state follows monotonic time, so that a step of the host's clock takes nothing back.
    pub(crate) fn progress(&self, life: &Life, now: Moment) -> Progress {
        let Some(stop) = self.course.as_ref().and_then(|course| course.stopped) else {
            return self.undisturbed(life, now);
        };
        let before = self.undisturbed(life, stop.at);
        let over = stop.at.after(life.stopping);
        match (before.state, stop.strategy) {
            (State::Pending | State::Suspended | State::Resumed, _) => {
                let at = self.utc(stop.at);
                Progress { state: State::Stopped, started: before.started, ended: Some(at), changed: at }
            }
            (State::Running, _) if now >= over => {
                let at = self.utc(over);
                Progress { state: stop.ends, started: before.started, ended: Some(at), changed: at }
            }
            (State::Running, StopStrategy::SoftStop) => {
                Progress { state: State::Stopping, changed: self.utc(stop.at), ..before }
            }
            (State::Running, StopStrategy::Kill) => {
                Progress { state: State::Terminating, changed: self.utc(stop.at), ..before }
            }
            // It had ended by itself before a second wish to stop came.
            (State::Stopping | State::Terminating | State::Successful | State::Faulted | State::Stopped, _) => before,
        }
    }

    /// The job at `now`, as if nobody had asked it to stop.
    fn undisturbed(&self, life: &Life, now: Moment) -> Progress {
        let (start, finish) =
            (self.created.after(life.pending), self.created.after(life.pending.saturating_add(life.running)));
        let at = |state, started: Option<Moment>, ended: Option<Moment>, changed| Progress {
            state,
            started: started.map(|moment| self.utc(moment)),
            ended: ended.map(|moment| self.utc(moment)),
            changed: self.utc(changed),
        };
        match self.end {
            _ if now < start => at(State::Pending, None, None, self.created),
            End::Pending => at(State::Pending, None, None, self.created),
            _ if now < finish => at(State::Running, Some(start), None, start),
            End::Running => at(State::Running, Some(start), None, start),
            End::Suspended => match self.course.as_ref().and_then(|course| course.resumed) {
                None => at(State::Suspended, Some(start), None, finish),
                Some(resumed) => {
                    let (again, over) =
                        (resumed.after(life.pending), resumed.after(life.pending.saturating_add(life.running)));
                    if now < again {
                        at(State::Resumed, Some(start), None, resumed)
                    } else if now < over {
                        at(State::Running, Some(start), None, again)
                    } else {
                        at(State::Successful, Some(start), Some(over), over)
                    }
                }
            },
            End::Successful => at(State::Successful, Some(start), Some(finish), finish),
            End::Faulted => at(State::Faulted, Some(start), Some(finish), finish),
            End::Stopped => at(State::Stopped, Some(start), Some(finish), finish),
        }
    }

    fn utc(&self, moment: Moment) -> Timestamp {
        self.created_utc.saturating_add(moment.since(self.created)).unwrap_or(Timestamp::MAX)
    }
}
