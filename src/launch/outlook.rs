//! What a run waits for, and until when: for whoever shows it.

use crate::clock::Moment;

/// What a run waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    /// Whether anything is left to send.
    pub sends: bool,
    /// Whether anything is, and the run is paused.
    pub paused: bool,
    /// How many requests are open.
    pub requests: usize,
    /// By then each of them has its answer, or none.
    pub answered_by: Option<Moment>,
    /// Launches in doubt that are looked for; `None` if nobody looks any more.
    pub doubts: Option<AwaitedLaunches>,
    /// Robot jobs that are not over, and that are waited for.
    pub unfinished_jobs: usize,
    /// Faulted robot jobs whose robots' logs are still to be read before the run ends.
    pub logs: usize,
    /// Launches that were sent again, and that are counted once more.
    pub recounts: Option<AwaitedLaunches>,
}

/// Launches that the job list must tell of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AwaitedLaunches {
    /// How many.
    pub launches: usize,
    /// When the list is read next; `None` while it is being read.
    pub next_look: Option<Moment>,
    /// When the last of them is told, if the list tells.
    pub told_by: Moment,
    /// When the last of them is given up, if it does not.
    pub given_up_by: Moment,
}
