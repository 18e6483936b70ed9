//! Signals, as the launcher understands them. The first ends the sending; the second leaves at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::exit::ExitStatus;
use crate::launch::Interrupt;

/// The signals that end a run.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    /// Listens from now on; until then a signal ends the process as ever.
    ///
    /// Errors: the system gives no handler.
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// The next signal.
    pub(crate) async fn next(&mut self) -> Interrupt {
        tokio::select! {
            _ = self.interrupt.recv() => Interrupt::Interrupted,
            _ = self.terminate.recv() => Interrupt::Terminated,
            _ = self.hang_up.recv() => Interrupt::Terminated,
        }
    }

    /// Tells `first` of the first signal, and returns when another comes while `is_heard`.
    pub(crate) async fn second(
        mut self,
        first: watch::Sender<Option<Interrupt>>,
        is_heard: impl Fn() -> bool,
    ) -> Interrupt {
        let signal = self.next().await;
        first.send_replace(Some(signal));
        loop {
            let signal = self.next().await;
            if is_heard() {
                return signal;
            }
        }
    }
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
