//! Work that comes before any sending, and that a signal ends.

use std::future::Future;

use tokio::sync::watch;

use crate::launch::Interrupt;
use crate::run::error::RunServiceError;

/// Tells of the first signal; never of one where nobody can send any.
pub type InterruptReceiver = watch::Receiver<Option<Interrupt>>;

/// Carries out what comes before any sending; a first signal ends it.
pub async fn unless_interrupted<T, E: From<RunServiceError>>(
    interrupts: &InterruptReceiver,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    tokio::select! {
        done = work => done,
        signal = first(interrupts.clone()) => Err(RunServiceError::Interrupted(signal).into()),
    }
}

async fn first(mut interrupts: InterruptReceiver) -> Interrupt {
    match interrupts.wait_for(Option::is_some).await {
        Ok(signal) => signal.unwrap_or(Interrupt::Interrupted),
        // Nobody can send any more: there will be no signal.
        Err(_) => std::future::pending().await,
    }
}
