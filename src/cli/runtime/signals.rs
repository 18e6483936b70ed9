//! Signals, as the launcher understands them. The first ends the sending; the second leaves at once. Two that come together
//! are one: `timeout` signals a process and then its group, so that the process gets the same signal twice.
//!
//! A signal that whoever started the process had ignored (`nohup`, `trap "" INT`) stays ignored.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::exit::ExitStatus;
use crate::launch::Interrupt;

/// Minimum time between two signals that are two. Who presses Ctrl-C twice is slower.
const MIN_APART: Duration = Duration::from_millis(250);

/// The signals that end a run.
pub(crate) struct Signals {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
    hang_up: Option<Signal>,
}

impl Signals {
    /// Listens from now on; until then a signal ends the process as ever.
    ///
    /// Errors: the system gives no handler.
    pub(crate) fn listen() -> std::io::Result<Self> {
        // Before the first handler: a signal with one is no longer ignored.
        let ignored = std::fs::read_to_string(STATUS).map_or(0, |status| ignored(&status));
        let listen = |kind: SignalKind| {
            let is_ignored = ignored >> (kind.as_raw_value() - 1) & 1 == 1;
            if is_ignored { Ok(None) } else { signal(kind).map(Some) }
        };
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    /// The next signal.
    pub(crate) async fn next(&mut self) -> Interrupt {
        tokio::select! {
            () = came(&mut self.interrupt) => Interrupt::Interrupted,
            () = came(&mut self.terminate) => Interrupt::Terminated,
            () = came(&mut self.hang_up) => Interrupt::Terminated,
        }
    }

    /// Tells `first` of the first signal, and returns when another comes while `is_heard`, by `clock` not with the first.
    pub(crate) async fn second(
        mut self,
        clock: &dyn Clock,
        first: watch::Sender<Option<Interrupt>>,
        is_heard: impl Fn() -> bool,
    ) -> Interrupt {
        let signal = self.next().await;
        let came = clock.now();
        first.send_replace(Some(signal));
        loop {
            let signal = self.next().await;
            if is_heard() && clock.now().since(came) >= MIN_APART {
                return signal;
            }
        }
    }
}

/// SIGUSR1, which asks what a run is at.
pub(crate) struct SnapshotSignal(Option<Signal>);

impl SnapshotSignal {
    /// Listens from now on, and for good: by itself the signal would end the process.
    pub(crate) fn listen() -> Self {
        Self(signal(SignalKind::user_defined1()).ok())
    }

    /// Returns once it came.
    pub(crate) async fn came(&mut self) {
        came(&mut self.0).await;
    }
}

/// Returns once `signal` came; never where it is ignored.
async fn came(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

/// What Linux says of this process; no other system has the file. Source: proc(5).
const STATUS: &str = "/proc/self/status";

/// The signals that `status` shows as ignored: signal N is bit N - 1.
fn ignored(status: &str) -> u64 {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// The signal of a file that grows beyond `ulimit -f`: SIGXFSZ. By itself it ends the process without a word.
const FILE_SIZE: i32 = 25;

/// From now on a file that may not grow is an error of whoever writes it, and said. Where the system gives no handler, it
/// stays as it is.
pub(crate) fn ignore_file_size_signal() -> Option<Signal> {
    signal(SignalKind::from_raw(FILE_SIZE)).ok()
}

/// The exit status that `signal` means.
pub(crate) fn exit(signal: Interrupt) -> ExitStatus {
    match signal {
        Interrupt::Interrupted => ExitStatus::Interrupted,
        Interrupt::Terminated => ExitStatus::Terminated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mask_of_ignored_signals_is_read_and_nothing_else() {
        for (status, expected) in [
            (
                "Name:\tsortie\nSigBlk:\tffffffffffffffff\nSigIgn:\t0000000000001001\nSigCgt:\t0000000000000002\n",
                0x1001,
            ),
            ("SigIgn:\tffffffffffffffff\n", u64::MAX),
            ("SigIgn:\tno mask\n", 0),
            ("", 0),
        ] {
            assert_eq!(ignored(status), expected, "{status}");
        }
    }
}
