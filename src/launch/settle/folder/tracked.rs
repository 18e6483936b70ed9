//! A doubt of a folder, and how often it was looked for.

use std::time::Duration;

use crate::clock::Moment;
use crate::job_list::scan::complete::CompleteScan;
use crate::launch::settle::doubt::{DoubtPurpose, OpenDoubt, Settlement};
use crate::launch::settle::times::{confirmation, over};
use crate::launch_terms::ExpectedJobs;
use crate::robot_job::RobotJob;

/// Maximum age of an intent that may be called absent: lists are purged.
const MAX_AGE: Duration = Duration::from_secs(24 * 3600);

/// A doubt of a folder.
pub(super) struct TrackedDoubt {
    pub(super) doubt: OpenDoubt,
    /// How many whole scans looked for it.
    looks: u32,
    /// When a first scan showed it absent after its settle time.
    absent: Option<Moment>,
    /// When it should be looked for next.
    pub(super) due: Moment,
}

impl TrackedDoubt {
    /// Not looked for yet; `due` is when it should be.
    pub(super) fn new(doubt: OpenDoubt, due: Moment) -> Self {
        Self { doubt, looks: 0, absent: None, due }
    }

    /// What a whole scan proves that began after the settle time and showed nothing.
    pub(super) fn absence(&mut self, scan: &CompleteScan, settle: Duration) -> Option<Settlement> {
        if self.doubt.age_at(scan) > MAX_AGE {
            return Some(Settlement::Undecided("the attempt is older than a day, and lists are purged".to_owned()));
        }
        let first = *self.absent.get_or_insert(scan.began);
        (scan.began > first && scan.began.since(first) >= confirmation(settle)).then_some(Settlement::Absent)
    }

    /// It was looked for: often at first, then when its settle time is over, then once more.
    pub(super) fn looked(&mut self, settle: Duration, now: Moment) {
        self.looks += 1;
        let over = over(&self.doubt, settle);
        self.due = match self.absent {
            Some(first) => first.after(confirmation(settle)),
            None if now >= over => now.after(confirmation(settle)),
            None => self.doubt.last.after(Duration::from_secs((2_u64 << self.looks.min(20)) - 1)).min(over),
        };
    }

    /// Whether only finding something can tell anything of it.
    pub(super) fn is_early(&self, settle: Duration, now: Moment) -> bool {
        self.doubt.purpose == DoubtPurpose::Settle && self.absent.is_none() && now < self.doubt.last.after(settle)
    }

    /// How many robot jobs are looked for.
    pub(super) fn robot_jobs(&self) -> u64 {
        match self.doubt.expected {
            ExpectedJobs::Exactly(count) => u64::from(count),
            ExpectedJobs::AtLeastOne => 1,
        }
    }
}

/// Whether waiting can bring no more robot jobs than `jobs`, or there are too many already.
pub(super) fn is_whole(jobs: &[RobotJob], expected: ExpectedJobs) -> bool {
    match expected {
        ExpectedJobs::Exactly(count) => jobs.len() >= count as usize,
        ExpectedJobs::AtLeastOne => !jobs.is_empty(),
    }
}
