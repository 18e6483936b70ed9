//! `sortie` alone: the three things to do next.

use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::output::console::columns_of_stdout;
use crate::exit::ExitStatus;

const WORDS: &str = "\
sortie launches batches of robot jobs on UiPath Orchestrator from YAML manifests, each launch exactly once.

Three things to do next:
  sortie init                       write hello.yaml, a first manifest
  sortie run hello.yaml --sandbox   launch it on a stand-in: no server and no credentials are needed
  sortie --help                     every verb; `sortie help connection` shows how to connect to yours
";

/// The same for a terminal on which the lines of [`WORDS`] would break.
const NARROW_WORDS: &str = "\
sortie launches batches of robot jobs
on UiPath Orchestrator from YAML
manifests, each launch exactly once.

Three things to do next:

  sortie init
    write hello.yaml, a first manifest

  sortie run hello.yaml --sandbox
    launch it on a stand-in: no server
    and no credentials are needed

  sortie --help
    every verb; `sortie help connection`
    shows how to connect to yours
";

pub(crate) fn run(context: &CommandContext) -> Result<ExitStatus, Failure> {
    let widest = WORDS.lines().map(str::len).max().unwrap_or_default();
    let is_narrow = columns_of_stdout().is_some_and(|columns| columns < widest);
    context.console.data(if is_narrow { NARROW_WORDS } else { WORDS })?;
    Ok(ExitStatus::Success)
}
