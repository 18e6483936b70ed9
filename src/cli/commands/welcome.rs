//! `sortie` alone: the three things to do next.

use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::exit::ExitStatus;

const WORDS: &str = "\
sortie launches batches of robot jobs on UiPath Orchestrator from YAML manifests, exactly once each.

Three things to do next:
  sortie run specs/hello.yaml --sandbox    launch a first batch: no server and no credentials are needed
  sortie plan specs/hello.yaml             see what a manifest would start, before it starts
  sortie --help                            every verb; `sortie run --help` shows how to connect
";

pub(crate) fn run(context: &CommandContext) -> Result<ExitStatus, Failure> {
    context.console.data(WORDS)?;
    Ok(ExitStatus::Success)
}
