//! The last look before a byte leaves: pace, Retry-After, stops and the intent's own time, for all senders of a run.
//!
//! Reservations are made ahead of time and senders can be late, so the promise of the pace is kept here, where
//! requests really go. One task owns all senders; a `RefCell` is enough.

use std::cell::RefCell;
use std::collections::BTreeSet;

use tokio::sync::Notify;

use crate::clock::{Clock, Moment, Timestamp};
use crate::ids::{FolderRef, LaunchId, Ordinal};
use crate::ledger::LaunchRanges;
use crate::pace::{Pace, Stream};

/// When an intent's bytes may leave.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_field_names, reason = "the launch protocol's words")]
pub(in crate::launch) struct SendWindow {
    /// Not before this moment.
    pub(in crate::launch) not_before: Moment,
    /// Not after this moment of monotonic time.
    pub(in crate::launch) not_after: Moment,
    /// Nor after this UTC time: monotonic time may stand still while a machine is suspended.
    pub(in crate::launch) not_after_utc: Timestamp,
}

/// Whether a sender may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::launch) enum Admission {
    /// Now, and it is counted.
    Granted,
    /// Never under this intent: too late, or stopped.
    Refused,
}

/// The gate of one run.
pub(in crate::launch) struct Gate {
    state: RefCell<GateState>,
    changed: Notify,
}

struct GateState {
    sent: Stream,
    held_until: Moment,
    paused: bool,
    stopped: bool,
    closed_folders: BTreeSet<FolderRef>,
    /// The manifest's jobs of which nothing leaves.
    blocked_jobs: BTreeSet<String>,
    /// The launches of the plan of which nothing leaves, nor of their retries.
    blocked_launches: LaunchRanges,
}

impl Gate {
    /// An open gate that keeps `pace`.
    pub(in crate::launch) fn new(pace: Pace) -> Self {
        let state = GateState {
            sent: Stream::idle(pace),
            held_until: Moment::default(),
            paused: false,
            stopped: false,
            closed_folders: BTreeSet::new(),
            blocked_jobs: BTreeSet::new(),
            blocked_launches: LaunchRanges::default(),
        };
        Self { state: RefCell::new(state), changed: Notify::new() }
    }

    /// Waits until the sender may go, or surely may not. `planned` is the place of `launch` in the plan, or that of the launch that it
    /// is a retry of.
    pub(in crate::launch) async fn pass(
        &self,
        window: SendWindow,
        (folder, launch, planned): (&FolderRef, &LaunchId, Ordinal),
        clock: &dyn Clock,
    ) -> Admission {
        loop {
            let changed = self.changed.notified();
            let now = clock.now();
            let earliest = {
                let mut state = self.state.borrow_mut();
                let is_barred = state.closed_folders.contains(folder)
                    || state.blocked_jobs.contains(launch.job())
                    || state.blocked_launches.contains(planned);
                if state.stopped || state.paused || is_barred {
                    return Admission::Refused;
                }
                let earliest = state.sent.next(now).max(state.held_until).max(window.not_before);
                if earliest > window.not_after || clock.utc() > window.not_after_utc {
                    return Admission::Refused;
                }
                if earliest <= now {
                    state.sent.take(now);
                    return Admission::Granted;
                }
                earliest
            };
            tokio::select! {
                () = clock.sleep_until(earliest) => {}
                () = changed => {}
            }
        }
    }

    /// Nothing goes before `moment`.
    pub(in crate::launch) fn hold_until(&self, moment: Moment) {
        let mut state = self.state.borrow_mut();
        state.held_until = state.held_until.max(moment);
    }

    /// Until when nothing goes.
    pub(in crate::launch) fn held_until(&self) -> Moment {
        self.state.borrow().held_until
    }

    /// When requests really went, for those who reserve.
    pub(in crate::launch) fn sent(&self) -> Stream {
        self.state.borrow().sent
    }

    /// Keeps `pace` from now on, counting what went before.
    pub(in crate::launch) fn set_pace(&self, pace: Pace, now: Moment) {
        let mut state = self.state.borrow_mut();
        state.sent = state.sent.paced(pace, now);
        self.changed.notify_waiters();
    }

    /// Nothing goes until [`Gate::release`].
    pub(in crate::launch) fn pause(&self) {
        self.state.borrow_mut().paused = true;
        self.changed.notify_waiters();
    }

    /// What [`Gate::pause`] held back may go.
    pub(in crate::launch) fn release(&self) {
        self.state.borrow_mut().paused = false;
    }

    /// Whether nothing goes until it is let go on.
    pub(in crate::launch) fn is_paused(&self) -> bool {
        self.state.borrow().paused
    }

    /// Nothing goes any more.
    pub(in crate::launch) fn stop(&self) {
        self.state.borrow_mut().stopped = true;
        self.changed.notify_waiters();
    }

    /// Whether nothing goes any more.
    pub(in crate::launch) fn is_stopped(&self) -> bool {
        self.state.borrow().stopped
    }

    /// Nothing goes of these jobs of the manifest and these launches of the plan, and of no others, until it is told otherwise.
    pub(in crate::launch) fn block(&self, jobs: BTreeSet<String>, launches: LaunchRanges) {
        let mut state = self.state.borrow_mut();
        state.blocked_jobs = jobs;
        state.blocked_launches = launches;
        drop(state);
        self.changed.notify_waiters();
    }

    /// Nothing goes to `folder` any more.
    pub(in crate::launch) fn close_folder(&self, folder: FolderRef) {
        self.state.borrow_mut().closed_folders.insert(folder);
        self.changed.notify_waiters();
    }

    /// Whether nothing goes to `folder` any more.
    pub(in crate::launch) fn is_closed(&self, folder: &FolderRef) -> bool {
        self.state.borrow().closed_folders.contains(folder)
    }
}
