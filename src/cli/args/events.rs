//! `--events`, of every verb that sends or settles.

use std::path::PathBuf;

use clap::Args as Flags;

/// What programs are told while a run goes on.
#[derive(Clone, Debug, Default, Flags)]
pub(crate) struct EventsArgs {
    /// Append each event of the run to this file or pipe as it happens, as a line of JSON; `sortie schema events` prints its schema
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub(crate) events: Option<PathBuf>,
}
