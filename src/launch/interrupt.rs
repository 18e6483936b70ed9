//! What reaches a run from outside while it goes on: a signal, or what somebody asked of it; and waiting for either.

use tokio::sync::watch;

use crate::ledger::Steered;

/// A signal from outside that ends a run early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupt {
    /// SIGINT.
    Interrupted,
    /// SIGTERM or SIGHUP.
    Terminated,
}

/// What reaches a run from outside while it goes on.
#[derive(Clone, Debug)]
pub struct RunSignals {
    /// A signal that ends it early.
    pub interrupt: watch::Receiver<Option<Interrupt>>,
    /// What holds by all that was asked of it.
    pub steered: watch::Receiver<Steered>,
}

impl From<watch::Receiver<Option<Interrupt>>> for RunSignals {
    /// Nobody steers it.
    fn from(interrupt: watch::Receiver<Option<Interrupt>>) -> Self {
        Self { interrupt, steered: watch::channel(Steered::default()).1 }
    }
}

/// The signal, once there is one.
pub(super) async fn next_signal(interrupt: &mut watch::Receiver<Option<Interrupt>>) -> Interrupt {
    loop {
        if let Some(signal) = *interrupt.borrow_and_update() {
            return signal;
        }
        if interrupt.changed().await.is_err() {
            // Nobody can interrupt any more.
            std::future::pending::<()>().await;
        }
    }
}

/// What holds from now on, once that has changed.
pub(super) async fn next_steered(steered: &mut watch::Receiver<Steered>) -> Steered {
    if steered.changed().await.is_err() {
        // Nobody can steer any more.
        std::future::pending::<()>().await;
    }
    steered.borrow_and_update().clone()
}
