//! `sortie board`: serve the runs of the ledger to a browser on this machine, say where, and wait for a signal.

mod server;

use std::sync::Arc;

use tokio::net::TcpListener;
use uuid::Uuid;

use crate::board::{Access, Board};
use crate::cli::args;
use crate::cli::connect::ledger_place::LedgerPlace;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::runtime::block_on;
use crate::cli::runtime::signals::Signals;
use crate::clock::SystemClock;
use crate::exit::ExitStatus;
use crate::secret::Secret;

use server::BoardServer;

pub(crate) fn run(context: &CommandContext, flags: &args::BoardArgs) -> Result<ExitStatus, Failure> {
    let place = LedgerPlace::of_runs(&flags.ledger, &context.environment)?;
    block_on(async {
        // Held until the end: a ledger whose last reader leaves is tidied up by SQLite, for each page anew.
        let _kept_open = place.open_to_read().await?;
        // Before the announcement: who reads it may send the signal at once.
        let mut signals = Signals::listen().map_err(|error| Failure::new(ExitStatus::Fault, &error))?;
        let listener = TcpListener::bind(("127.0.0.1", flags.port)).await.map_err(|error| {
            let words = format!(
                "cannot listen on 127.0.0.1:{}: {error}\n  help: `--port` names another one; 0 takes a free one",
                flags.port
            );
            Failure::with_message(ExitStatus::Usage, words)
        })?;
        let address = listener.local_addr().map_err(|error| Failure::new(ExitStatus::Fault, &error))?;
        let token = Uuid::new_v4().simple().to_string();
        let access = Access::new(address.port(), token.clone());
        context.tell(&format!("The board shows {} until Ctrl-C. Open this address:", place.path().display()));
        context.console.data(&format!("{}\n", access.address()))?;
        // Said once, where it is wanted; no log and no page shows it again.
        context.console.redactor().learn(&Secret::new(token));
        let board = Board::new(place.path(), context.console.redactor(), context.repeated.clone());
        let server = BoardServer::new(board, access, Arc::new(SystemClock::new()));
        tokio::select! {
            () = server.serve(listener) => {}
            _ = signals.next() => {}
        }
        // To be ended by a signal is how it is meant to end.
        Ok(ExitStatus::Success)
    })
}
