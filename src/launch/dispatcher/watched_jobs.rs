//! What a run waits for, and how it is getting on: the data. What is done with it: `launch/dispatcher/watching.rs`.

use std::num::NonZeroU32;
use std::time::Duration;

use super::long_pending::LongPending;
use super::long_pending::suspended::LongSuspended;
use crate::clock::Moment;
use crate::ids::{JobId, Ordinal};
use crate::launch::settings::LaunchSettings;
use crate::launch::settings::wait_plan::WaitPlan;
use crate::pace::Pace;
use crate::wait::fault_class::FaultClassifier;
use crate::wait::{LearntSpans, ReleaseNotes, RobotLogs, WatchSettings, Watcher};

/// How many robot jobs a second are asked for one by one, at most.
const SINGLES: NonZeroU32 = NonZeroU32::new(10).expect("not zero");

/// What a run waits for, and how it is getting on.
pub(super) struct Watching {
    pub(super) watcher: Watcher,
    pub(super) classifier: FaultClassifier,
    /// Which terms are waited on, by number.
    pub(super) waits: Vec<bool>,
    /// Whether the list that is being read is read for this.
    pub(super) is_reading: bool,
    /// Since when every look failed; `None` if the last one did not.
    pub(super) blind_since: Option<Moment>,
    /// Whether that is so for too long.
    pub(super) is_blind: bool,
    /// Whether somebody was told that looks fail.
    pub(super) is_told: bool,
    /// Robot jobs that have been pending for long, and are to be told of.
    pub(super) pending: LongPending,
    /// Robot jobs that stay suspended, and are to be told of.
    pub(super) suspended: LongSuspended,
    /// Robot jobs that faulted, and whose logs are read.
    pub(super) logs: RobotLogs,
    /// Robot jobs that are over, and whose releases may tell more of them.
    pub(super) notes: ReleaseNotes,
}

impl Watching {
    /// Of a run with this plan for waiting.
    pub(super) fn new(plan: WaitPlan, learnt: LearntSpans, settings: &LaunchSettings) -> Self {
        let plan = plan.overridden(settings.wait);
        let waits = plan.waits_by_number();
        let (terms, classifier) = plan.into_parts();
        let watch = WatchSettings {
            single_jobs: settings.single_jobs,
            single_pace: Pace::at_most(SINGLES, Duration::from_secs(1)),
            tries_filters: true,
        };
        let watcher = Watcher::new(watch, terms, learnt);
        Self {
            watcher,
            classifier,
            waits,
            is_reading: false,
            blind_since: None,
            is_blind: false,
            is_told: false,
            pending: LongPending::default(),
            suspended: LongSuspended::default(),
            logs: RobotLogs::default(),
            notes: ReleaseNotes::default(),
        }
    }

    /// Robot jobs that are not over.
    pub(super) fn count_unfinished(&self) -> usize {
        self.watcher.count_unfinished()
    }

    /// The robot job is not this launch's after all: nobody waits for it. The launch for which it was waited for until now.
    pub(super) fn forget(&mut self, job: JobId) -> Option<Ordinal> {
        self.watcher.forget(job)
    }
}
