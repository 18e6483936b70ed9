//! A robot job, and what it looks like at any moment of its life.

use std::sync::Arc;

use uuid::Uuid;

use super::{FolderAt, ReleaseAt, RobotAt};
use crate::clock::{Moment, Timestamp};
use crate::sandbox::start_info::StartInfo;
use crate::sandbox::world::{End, Life};

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
    pub(crate) asked: Arc<StartInfo>,
    /// In ticks of 100 ns, as the service keeps it.
    pub(crate) created_utc: Timestamp,
    created: Moment,
    listed: Moment,
    end: End,
}

/// The states that a robot job of the sandbox passes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Pending,
    Running,
    Suspended,
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
            Self::Faulted => 4,
            Self::Successful => 5,
            Self::Stopped => 6,
            Self::Suspended => 7,
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
            asked: Arc::clone(asked),
            created_utc: birth.utc,
            created: birth.at,
            listed: birth.listed,
            end: birth.end,
        }
    }

    /// Whether lists show it at `now`.
    pub(crate) fn is_listed(&self, now: Moment) -> bool {
        now >= self.listed
    }

    /// The job at `now`, by its release's `life`.
    ///
    /// The state follows monotonic time, so that a step of the host's clock takes nothing back.
    pub(crate) fn progress(&self, life: &Life, now: Moment) -> Progress {
        let age = now.since(self.created);
        let utc = |span| self.created_utc.saturating_add(span).unwrap_or(Timestamp::MAX);
        let (start, finish) = (life.pending, life.pending.saturating_add(life.running));
        let (state, started, ended, changed) = match self.end {
            _ if age < start => (State::Pending, None, None, self.created_utc),
            End::Pending => (State::Pending, None, None, self.created_utc),
            _ if age < finish => (State::Running, Some(utc(start)), None, utc(start)),
            End::Running => (State::Running, Some(utc(start)), None, utc(start)),
            End::Suspended => (State::Suspended, Some(utc(start)), None, utc(finish)),
            End::Successful => (State::Successful, Some(utc(start)), Some(utc(finish)), utc(finish)),
            End::Faulted => (State::Faulted, Some(utc(start)), Some(utc(finish)), utc(finish)),
            End::Stopped => (State::Stopped, Some(utc(start)), Some(utc(finish)), utc(finish)),
        };
        Progress { state, started, ended, changed }
    }
}
