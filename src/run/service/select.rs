//! RUN as somebody names it -> a run of the ledger: the beginning of its id, or `last`.

use crate::exit::ExitStatus;
use crate::ids::RunId;
use crate::ledger::{LedgerError, RunStore, RunSummary};

/// Maximum candidates that are named.
const MAX_NAMED_RUNS: usize = 10;

/// Why no run is meant. The user's to fix.
#[derive(Debug, thiserror::Error)]
pub enum SelectError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The newest run of a ledger without runs.
    #[error("the ledger has no run yet")]
    Empty,
    /// Neither the beginning of an id, nor `last`.
    #[error("RUN is the beginning of a run's id, or `last`")]
    NotAnId,
    /// No run begins so.
    #[error("the ledger has no run `{prefix}`{}", if newest.is_empty() { ", nor any other" } else { "" })]
    NoRun {
        /// What was asked for.
        prefix: String,
        /// The newest runs.
        newest: Vec<RunSummary>,
    },
    /// Several runs begin so.
    #[error("several runs begin with `{prefix}`")]
    Several {
        /// What was asked for.
        prefix: String,
        /// The newest of them.
        runs: Vec<RunSummary>,
        /// Whether there are more.
        is_more: bool,
    },
}

impl SelectError {
    /// What to exit with.
    pub fn exit(&self) -> ExitStatus {
        match self {
            Self::Ledger(_) => ExitStatus::Fault,
            Self::Empty | Self::NotAnId | Self::NoRun { .. } | Self::Several { .. } => ExitStatus::Usage,
        }
    }

    /// What to write instead; `None` if nothing helps.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::NotAnId => Some("`sortie runs` lists them".to_owned()),
            Self::NoRun { newest, .. } if !newest.is_empty() => Some(format!("the newest are\n{}", listed(newest))),
            Self::Several { runs, is_more, .. } => {
                let more = if *is_more { "\n    and more" } else { "" };
                Some(format!("write more of one of\n{}{more}", listed(runs)))
            }
            Self::Ledger(_) | Self::Empty | Self::NoRun { .. } => None,
        }
    }
}

/// The run that `text` names. Errors, all usage but for the ledger's: none, or several.
pub async fn find_run<S: RunStore>(store: &S, text: &str) -> Result<RunId, SelectError> {
    if text == "last" {
        // Whoever says `last` means what was launched here.
        let newest = store.find_runs("", 1).await?;
        let newest =
            if newest.iter().any(|run| run.is_imported) { store.find_runs("", usize::MAX).await? } else { newest };
        return newest.iter().find(|run| !run.is_imported).map(|run| run.id).ok_or(SelectError::Empty);
    }
    let prefix: String = text.chars().filter(|c| *c != '-').collect::<String>().to_ascii_lowercase();
    if prefix.is_empty() || prefix.len() > 32 || !prefix.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(SelectError::NotAnId);
    }
    let mut runs = store.find_runs(&prefix, MAX_NAMED_RUNS + 1).await?;
    match runs.as_slice() {
        [] => {
            let newest = store.find_runs("", 3).await?;
            Err(SelectError::NoRun { prefix, newest })
        }
        [run] => Ok(run.id),
        [_, ..] => {
            let is_more = runs.len() > MAX_NAMED_RUNS;
            runs.truncate(MAX_NAMED_RUNS);
            Err(SelectError::Several { prefix, runs, is_more })
        }
    }
}

fn listed(runs: &[RunSummary]) -> String {
    let line = |run: &RunSummary| {
        let slot = run.slot.as_ref().map(|slot| format!(", slot {slot}")).unwrap_or_default();
        format!("    {}  {}{slot}, started {:.0}", run.id, run.name, run.started)
    };
    runs.iter().map(line).collect::<Vec<_>>().join("\n")
}
