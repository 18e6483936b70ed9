//! `sortie` alone: the three things to do next.

use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::exit::ExitStatus;

const WORDS: &str = "\
sortie launches batches of robot jobs on UiPath Orchestrator from YAML manifests, exactly once each.

Three things to do next:
  sortie init                       write hello.yaml, a first manifest
  sortie run hello.yaml --sandbox   launch it on a stand-in: no server and no credentials are needed
  sortie --help                     every verb; `sortie help connection` shows how to connect to yours
";

pub(crate) fn run(context: &CommandContext) -> Result<ExitStatus, Failure> {
    context.console.data(WORDS)?;
    Ok(ExitStatus::Success)
}
