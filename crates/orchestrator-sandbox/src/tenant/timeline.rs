//! Where a robot job stands at a moment, by its life alone: as if nobody had asked it to stop.
//!
//! In: a life, when the job was created, resumed, and the present moment. Out: a [`Phase`]. Never: UTC, so that a step of
//! the host's clock takes nothing back.

use crate::clock::Moment;
use crate::world::{End, Life};

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
pub(crate) struct Phase {
    pub(crate) state: State,
    pub(crate) started: Option<Moment>,
    pub(crate) ended: Option<Moment>,
    pub(crate) changed: Moment,
}

impl Phase {
    /// A pending one, since `since`.
    pub(crate) fn pending(since: Moment) -> Self {
        Self { state: State::Pending, started: None, ended: None, changed: since }
    }

    fn under_way(state: State, started: Moment, since: Moment) -> Self {
        Self { state, started: Some(started), ended: None, changed: since }
    }

    /// One in a final state.
    pub(crate) fn over(state: State, started: Option<Moment>, ended: Moment) -> Self {
        Self { state, started, ended: Some(ended), changed: ended }
    }
}

/// What decides a robot job's course.
pub(crate) struct Timeline<'l> {
    pub(crate) life: &'l Life,
    pub(crate) created: Moment,
    pub(crate) end: End,
    /// Its number among those of its life, from 0.
    pub(crate) number: usize,
    /// When it was asked to go on.
    pub(crate) resumed: Option<Moment>,
}

impl Timeline<'_> {
    /// Where the job stands at `now`.
    pub(crate) fn at(&self, now: Moment) -> Phase {
        let first = self.created.after(self.life.pending);
        if self.end == End::Pending || now < first {
            return Phase::pending(self.created);
        }
        let fault = if self.end == End::Faulted { self.life.fault_of(self.number) } else { None };
        if fault.is_some_and(|fault| !fault.has_run()) {
            return Phase::over(State::Faulted, None, first);
        }
        let length = fault.map_or(self.life.running, |fault| fault.runs_for(self.life.running));
        let mut start = first;
        if let Some(again) = &self.life.again {
            // One that never ends sees each crash.
            let sees_it = self.end == End::Running || again.after < length;
            for _ in 0..if sees_it { again.times } else { 0 } {
                let crash = start.after(again.after);
                let back = crash.after(again.pending);
                if now < crash {
                    return Phase::under_way(State::Running, start, start);
                } else if now < back {
                    return Phase::pending(crash);
                }
                start = back;
            }
        }
        let finish = start.after(length);
        if self.end == End::Running || now < finish {
            return Phase::under_way(State::Running, start, start);
        }
        match self.end {
            End::Pending | End::Running => Phase::under_way(State::Running, start, start),
            End::Suspended => self.suspended(now, start, finish),
            End::Successful => Phase::over(State::Successful, Some(start), finish),
            End::Faulted => Phase::over(State::Faulted, Some(start), finish),
            End::Stopped => Phase::over(State::Stopped, Some(start), finish),
        }
    }

    /// One that waits for somebody since `finish`, or was resumed: it runs once more as long, and ends well.
    fn suspended(&self, now: Moment, start: Moment, finish: Moment) -> Phase {
        let Some(resumed) = self.resumed else {
            return Phase::under_way(State::Suspended, start, finish);
        };
        let again = resumed.after(self.life.pending);
        let over = again.after(self.life.running);
        if now < again {
            Phase::under_way(State::Resumed, start, resumed)
        } else if now < over {
            Phase::under_way(State::Running, start, again)
        } else {
            Phase::over(State::Successful, Some(start), over)
        }
    }
}
