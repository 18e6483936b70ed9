//! `sortie board`, as it was typed.

use clap::Args as Flags;

use super::shared_args::RunsLedgerArgs;

/// `sortie board`.
#[derive(Debug, Flags)]
pub(crate) struct BoardArgs {
    /// The port to listen on; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub(crate) port: u16,
    /// Where the ledger is.
    #[command(flatten)]
    pub(crate) ledger: RunsLedgerArgs,
}
