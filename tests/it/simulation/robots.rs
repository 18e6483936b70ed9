//! How the robot jobs of the simulated server live and end: by a seed and their numbers alone.

use std::time::Duration;

use sortie::outcome::{FaultClass, JobError};

/// How robot jobs live.
#[derive(Clone, Copy, Debug)]
pub struct RobotLives {
    pub seed: u64,
    /// None takes longer from its creation to its end, whatever befalls it.
    pub longest: Duration,
    /// Whether the server may forget them before anybody has looked.
    pub forgets: bool,
}

/// Where a robot job ends.
#[derive(Clone, Copy, Debug)]
pub enum RobotEnd {
    Successful,
    WithFaults,
    Faulted(&'static RobotFault),
    Stopped,
}

/// What is said of one that faulted.
#[derive(Debug)]
pub struct RobotFault {
    pub class: FaultClass,
    pub info: &'static str,
    pub category: Option<&'static str>,
    /// Whether it ever ran.
    pub starts: bool,
}

const FAULTS: &[RobotFault] = &[
    RobotFault {
        class: FaultClass::Session,
        info: "Could not start executor. The workstation is in use by another user. Please retry after the user logs \
               off or disconnects.",
        category: None,
        starts: false,
    },
    RobotFault {
        class: FaultClass::Quota,
        info: "Automation cannot be started. Your tenant's assigned Robot Units have been exceeded. Allocate more Robot \
               Units to your tenant to continue.",
        category: Some("Deployment"),
        starts: false,
    },
    RobotFault {
        class: FaultClass::Platform,
        info: "Job faulted due to service shutdown or disconnect.",
        category: Some("System"),
        starts: true,
    },
    RobotFault {
        class: FaultClass::ResultLost,
        info: "Could not retrieve the result of the job execution. This might be because a message was too large to \
               process.",
        category: None,
        starts: true,
    },
    RobotFault {
        class: FaultClass::Business,
        info: "BusinessRuleException: The customer is blocked.",
        category: Some("User"),
        starts: true,
    },
];

/// The course of one robot job, from its creation.
#[derive(Clone, Copy, Debug)]
pub struct Course {
    pending: Duration,
    running: Duration,
    /// Its host crashes after so long, and is back after so long: it begins once more.
    crash: Option<(Duration, Duration)>,
    /// It waits so long for somebody before it goes on.
    suspended: Option<Duration>,
    pub(super) end: RobotEnd,
    /// So long after its end the server forgets it.
    pub(super) forgotten: Option<Duration>,
}

/// Where a robot job stands; all spans are from its creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub state: &'static str,
    pub started: Option<Duration>,
    pub ended: Option<Duration>,
    pub changed: Duration,
}

impl Course {
    /// It runs for a while, its host crashes, and it is over as one that got no session and never began.
    pub fn without_a_second_session(pending: Duration, running: Duration, back: Duration) -> Self {
        let end = RobotEnd::Faulted(&FAULTS[0]);
        Self { pending, running, crash: Some((running, back)), suspended: None, end, forgotten: None }
    }

    /// It is over after a while as one that got no session: it never began.
    pub fn without_a_session(pending: Duration) -> Self {
        let end = RobotEnd::Faulted(&FAULTS[0]);
        Self { pending, running: Duration::ZERO, crash: None, suspended: None, end, forgotten: None }
    }
}

impl RobotLives {
    /// The course of the robot job with this number.
    pub(super) fn course(self, id: i64) -> Course {
        let mut random = fastrand::Rng::with_seed(self.seed ^ id.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let mut share = |of: u32| self.longest * random.u32(0..=1000) / 1000 / of;
        let (pending, running) = (share(5), share(5));
        let (crash, back, suspended) = (running * share(1).subsec_millis().min(999) / 1000, share(5), share(5));
        let end = match random.u32(0..20) {
            0..12 => RobotEnd::Successful,
            12 => RobotEnd::WithFaults,
            13 => RobotEnd::Stopped,
            _ => RobotEnd::Faulted(&FAULTS[random.usize(0..FAULTS.len())]),
        };
        Course {
            pending,
            running,
            crash: (random.u32(0..10) == 0).then_some((crash, back)),
            suspended: (random.u32(0..10) == 0).then_some(suspended),
            end,
            forgotten: (self.forgets && random.u32(0..20) == 0).then(|| Duration::from_secs(random.u64(0..60))),
        }
    }
}

impl Course {
    /// Where the job stands so long after its creation, if nobody stops it.
    pub(super) fn at(&self, age: Duration) -> Standing {
        if age < self.pending {
            return pending(Duration::ZERO);
        }
        let over = |state, started, ended| Standing { state, started, ended: Some(ended), changed: ended };
        let never_begins = matches!(self.end, RobotEnd::Faulted(RobotFault { starts: false, .. }));
        let mut start = self.pending;
        if let Some((after, back)) = self.crash {
            let crash = start + after;
            if age < crash {
                return under_way(start, "Running", start);
            } else if age < crash + back {
                return pending(crash);
            }
            start = crash + back;
        }
        // Of one whose host crashed that is said of the second time, and nothing of the first.
        if never_begins {
            return over("Faulted", None, start);
        }
        let half = start + self.running / 2;
        let waits = self.suspended.unwrap_or_default();
        let end = start + self.running + waits;
        if age >= end {
            return over(self.end.state(), Some(start), end);
        }
        if waits > Duration::ZERO && age >= half && age < half + waits {
            under_way(start, "Suspended", half)
        } else {
            under_way(start, "Running", if age < half || waits.is_zero() { start } else { half + waits })
        }
    }
}

fn under_way(start: Duration, state: &'static str, changed: Duration) -> Standing {
    Standing { state, started: Some(start), ended: None, changed }
}

fn pending(since: Duration) -> Standing {
    Standing { state: "Pending", started: None, ended: None, changed: since }
}

impl RobotEnd {
    /// `JobDto.State`.
    pub fn state(self) -> &'static str {
        match self {
            Self::Successful | Self::WithFaults => "Successful",
            Self::Faulted(_) => "Faulted",
            Self::Stopped => "Stopped",
        }
    }

    /// `JobDto.Info`.
    pub(super) fn info(self) -> &'static str {
        match self {
            Self::Successful | Self::WithFaults => "Job completed",
            Self::Faulted(fault) => fault.info,
            Self::Stopped => "Job stopped",
        }
    }

    /// `JobDto.JobError`.
    pub(super) fn error(self) -> Option<JobError> {
        let Self::Faulted(fault) = self else { return None };
        let category = fault.category?.to_owned();
        Some(JobError { detail: Some(fault.info.to_owned()), category: Some(category), ..JobError::default() })
    }
}
