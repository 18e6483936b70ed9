//! The lines of a run file.
//!
//! In: what a store has of a run. Out: JSON, one object a line, `line` says which kind. Keys are added, never changed; a change of
//! meaning is a new version.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::exit::ExitStatus;
use crate::ids::{Digest, Ordinal, RunId};
use crate::ledger::event::LaunchEvent;
use crate::ledger::totals::Totals;
use crate::ledger::{RunEnd, RunNote};

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "kebab-case")]
pub(super) enum Line {
    /// The first: what the run is.
    Run(Box<FirstLine>),
    /// The second: what its plan was made of.
    Inputs {
        /// As the ledger keeps them, without what only the first machine has.
        inputs: Value,
    },
    /// Something about the whole run, in the order in which it was noted.
    Note {
        /// What.
        note: RunNote,
    },
    /// How often the run read the list of robot jobs in one minute.
    List(ListLine),
    /// Something that happened to a launch, in the order in which it was recorded.
    Event {
        /// The launch's place in the plan.
        launch: Ordinal,
        /// When it was recorded, UTC.
        at: Timestamp,
        /// What happened.
        event: LaunchEvent,
    },
    /// How the run ended, where it did.
    Ended(EndedLine),
    /// The last.
    Whole(WholeLine),
}

/// What a run is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct FirstLine {
    /// The version of the file's form.
    pub(super) sortie_run: u32,
    /// The version of sortie that wrote the file.
    pub(super) sortie: String,
    /// When it was written, UTC.
    pub(super) exported: Timestamp,
    /// The machine on which it was written, where that has a name.
    pub(super) host: Option<String>,
    pub(super) id: RunId,
    pub(super) name: String,
    pub(super) slot: Option<String>,
    pub(super) profile: String,
    /// The tenant identity.
    pub(super) tenant: String,
    pub(super) started: Timestamp,
    pub(super) plan_digest: Digest,
    pub(super) launches: u32,
    /// The version of sortie that opened the run.
    pub(super) version: String,
    /// Whether a process was at it.
    pub(super) is_live: bool,
    /// The rerun that took over, where it had begun.
    pub(super) rerun: Option<RunId>,
    /// The pause that the tenant's server had asked for, where there was one.
    pub(super) starts_pause: Option<PauseLine>,
}

/// A pause that a server asked for.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct PauseLine {
    pub(super) asked: Timestamp,
    pub(super) until: Timestamp,
}

/// How often a run read the list of robot jobs in one minute.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct ListLine {
    /// When the minute began, UTC.
    pub(super) minute: Timestamp,
    pub(super) lists: u32,
    /// How many the tenant's ration allowed all its readers together, where that is known.
    pub(super) most: Option<u32>,
}

/// How a run ended.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct EndedLine {
    pub(super) at: Timestamp,
    pub(super) exit_code: u8,
    pub(super) totals: Totals,
}

/// That the file is whole.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WholeLine {
    /// The run, once more.
    pub(super) run: RunId,
    /// How many notes there are.
    pub(super) notes: u64,
    /// How many events there are.
    pub(super) events: u64,
    /// The SHA-256 of all bytes before this line.
    pub(super) sha256: Digest,
}

impl EndedLine {
    pub(super) fn of(end: RunEnd) -> Self {
        Self { at: end.ended, exit_code: end.exit.code(), totals: end.totals }
    }

    /// The end; `None` if nobody has its exit code.
    pub(super) fn end(&self) -> Option<RunEnd> {
        Some(RunEnd { ended: self.at, exit: ExitStatus::from_code(self.exit_code)?, totals: self.totals })
    }
}
