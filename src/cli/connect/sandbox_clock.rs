//! The sandbox's clock over one of ours, so that one hand moves a run and the sandbox that it is launched into.

use std::sync::Arc;

use crate::clock::SharedClock;
use orchestrator_sandbox::clock as of_sandbox;

/// One of our clocks, as a sandbox takes it.
pub struct SandboxClock(SharedClock);

impl SandboxClock {
    /// `clock` for [`Sandbox::start`](orchestrator_sandbox::Sandbox::start): both show the same time, whoever moves it.
    pub fn over(clock: SharedClock) -> of_sandbox::SharedClock {
        Arc::new(Self(clock))
    }
}

impl of_sandbox::Clock for SandboxClock {
    fn now(&self) -> of_sandbox::Moment {
        of_sandbox::Moment(self.0.now().0)
    }

    fn utc(&self) -> of_sandbox::Timestamp {
        self.0.utc()
    }

    fn sleep_until(&self, moment: of_sandbox::Moment) -> of_sandbox::Sleep {
        self.0.sleep_until(crate::clock::Moment(moment.0))
    }
}
