//! `sortie version`: what this program was built from, and for.

use crate::cli::args::{OutputFormat, VersionArgs};
use crate::cli::build::{self, BuildInfo};
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::exit::ExitStatus;

pub(crate) fn run(context: &CommandContext, flags: &VersionArgs) -> Result<ExitStatus, Failure> {
    match flags.format {
        OutputFormat::Text => context.console.data(&format!("sortie {}\n", build::LINE))?,
        OutputFormat::Json => context.console.json(&BuildInfo::of_this())?,
    }
    Ok(ExitStatus::Success)
}
