//! What a report must know beyond the run itself to say what to do next.

use crate::clock::Timestamp;
use crate::ids::{FolderRef, RunId};

/// What a report must know beyond the run itself to say what to do next.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    /// What every command about the run needs at its end, with a space before it: ` --ledger FILE`, or nothing.
    pub ledger: String,
    /// What those need that ask a server, behind it: ` --config FILE`, or nothing.
    pub connection: String,
    /// How a folder's robot jobs are looked at by hand.
    pub look_up: Option<LookUp>,
    /// The run's tenant identity.
    pub tenant: String,
    /// Whether commands lead to it at all.
    pub reach: RunAvailability,
    /// The run that took over what this one did not do.
    pub successor: Option<Successor>,
    /// Until when the server asked for a pause, where that is later than the run's end.
    pub held_until: Option<Timestamp>,
    /// The machine on which its file was written, where the run came in one and the machine has a name.
    pub host: Option<String>,
    /// Whether the same start again means the same run: it stands for a slot or a key.
    pub is_named: bool,
}

/// The lines of the command that shows the robot jobs of a folder: of this tenant identity, since this run began, by a clock that is
/// so many milliseconds ahead of that of the server's answers, where that is known.
pub type LookUp = fn(tenant: &str, folder: &FolderRef, started: &str, apart_ms: Option<i64>) -> Vec<String>;

/// Whether commands lead to a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RunAvailability {
    /// They do.
    #[default]
    Open,
    /// A process is at it.
    Live,
    /// Its server was a sandbox, which ended with the command.
    Gone,
    /// It is several runs, each of which has steps of its own.
    Merged,
    /// Another ledger launched it: commands are typed there.
    Elsewhere,
}

/// The rerun of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Successor {
    /// It is in the ledger.
    Begun(RunId),
    /// It was announced, and cut off before it began.
    Announced,
}
