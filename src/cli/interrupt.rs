//! Work that signals end: the first one asks it to, the second one does.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::runtime::block_on;
use crate::cli::runtime::signals::{self, Signals, SnapshotSignal};
use crate::clock::{Clock as _, SharedClock, SystemClock};
use crate::exit::ExitStatus;
use crate::launch::Interrupt;
use crate::run::InterruptReceiver;

/// Carries `work` out until it ends, or until a second signal comes.
pub(crate) fn interruptible<F>(
    context: &CommandContext,
    work: impl FnOnce(InterruptReceiver, SharedClock) -> F,
) -> Result<ExitStatus, Failure>
where
    F: Future<Output = Result<ExitStatus, Failure>>,
{
    block_on(async {
        let signals = Signals::listen().map_err(|error| Failure::new(ExitStatus::Fault, &error))?;
        // Also before there is anything to show.
        let _snapshots = SnapshotSignal::listen();
        let (first, interrupts) = watch::channel(None);
        let clock: SharedClock = Arc::new(SystemClock::new());
        tokio::select! {
            biased;
            done = work(interrupts, SharedClock::clone(&clock)) => done,
            // Whoever asks twice does not want to wait. Intents without an outcome are in the ledger, as after a crash.
            // A report ends soon by itself, and half of it helps nobody.
            second = signals.second(&*clock, first, || !context.at_work.is_reporting()) => {
                context.console.set_live_line(None);
                Err(Failure::with_message(signals::exit(second), context.at_work.abort_message()).after_sending())
            }
        }
    })
}

/// Whether a signal came since it began to listen, also while nobody looked.
pub(crate) struct SignalMemory(Signals);

impl SignalMemory {
    /// Listens from now on.
    pub(crate) fn listen() -> Result<Self, Failure> {
        block_on(async { Signals::listen().map(Self).map_err(|error| Failure::new(ExitStatus::Fault, &error)) })
    }

    /// The first signal that came since, or since it was asked last.
    pub(crate) fn came(&mut self) -> Result<Option<Interrupt>, Failure> {
        block_on(async {
            // A turn of the runtime, in which it takes what came.
            let turn = SystemClock::new();
            tokio::select! {
                biased;
                signal = self.0.next() => Ok(Some(signal)),
                () = turn.sleep(TURN) => Ok(None),
            }
        })
    }
}

/// How long a runtime is given to take the signals that came.
const TURN: Duration = Duration::from_millis(1);

#[cfg(test)]
mod tests {
    use rustix::process::{Signal, getpid, kill_process};

    use super::*;

    #[test]
    fn a_signal_that_came_while_nobody_looked_is_told_once() {
        let mut signals = SignalMemory::listen().expect("the system gives handlers");
        let mut came = || signals.came().expect("a runtime is made");
        assert_eq!(came(), None);
        kill_process(getpid(), Signal::TERM).expect("a process may signal itself");
        assert_eq!(came(), Some(Interrupt::Terminated));
        assert_eq!(came(), None);
    }
}
