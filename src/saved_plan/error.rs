//! Why a file is not taken for a saved plan.

use super::form::VERSION;
use crate::exit::ExitStatus;
use crate::ids::RunId;

/// What to do about a saved plan that is stale, of which the run `begun` was begun: a plan that is saved anew would start all of it
/// again.
#[must_use]
pub fn after_stale(begun: Option<RunId>) -> String {
    match begun {
        None => "save it again with `sortie plan MANIFEST --out FILE`, and have it approved again".to_owned(),
        Some(run) => format!(
            "run {run} was begun with it: `sortie resume {run}` goes on with what is left; a plan that is saved anew is another run, \
             and starts everything again"
        ),
    }
}

/// Why a file is not taken for a saved plan.
#[derive(Debug, thiserror::Error)]
pub enum SavedPlanError {
    /// It is something else.
    #[error("is no saved plan\n  help: `sortie plan MANIFEST --out FILE` saves one")]
    NotAPlan,
    /// A newer sortie saved it.
    #[error(
        "is a saved plan of version {version}, and this sortie knows {VERSION}\n  help: use the sortie that saved it"
    )]
    Newer {
        /// Its version.
        version: u64,
    },
    /// It is not what was saved, and so not what was approved.
    #[error(
        "was changed since it was saved: its digest is that of something else, and nothing was started\n  \
         help: save the plan again; nobody has approved this one"
    )]
    Changed,
}

impl SavedPlanError {
    /// What to exit with: what was changed is stale, as it would be had the manifest changed; the rest is no saved plan here.
    #[must_use]
    pub fn exit(&self) -> ExitStatus {
        match self {
            Self::NotAPlan | Self::Newer { .. } => ExitStatus::Usage,
            Self::Changed => ExitStatus::Stale,
        }
    }
}
