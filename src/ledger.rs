//! The durable record of runs: events in the order in which they happened, and what they amount to.
//!
//! In: a run's inputs, and events about its launches. Out: the same again, after any crash. An event is durable
//! when its `append` returns, and never before. Never: knows a manifest or a plan; a run's inputs are bytes to it.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::exit::ExitStatus;
use crate::ids::{Digest, LaunchId, Ordinal, RunId, SANDBOX_TENANT};
use crate::pace::Pace;

pub mod event;
pub mod pause;
pub mod ration;
pub mod sqlite;
pub mod state;
pub mod totals;

use event::Record;
use pause::Pause;
use state::{IllegalEvent, LaunchState};
use totals::Totals;

/// What a run is, fixed when it is opened. The plan can be made again from `inputs` alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecord {
    /// The run.
    pub id: RunId,
    /// The manifest's name.
    pub name: String,
    /// The slot that it stands for, as `YYYY-MM-DDTHH:MM:SSZ`.
    pub slot: Option<String>,
    /// The profile's name.
    pub profile: String,
    /// The tenant identity: which server the run speaks to, whatever its profile is called.
    pub tenant: String,
    /// When it was opened, UTC.
    pub started: Timestamp,
    /// The digest of its launches.
    pub plan_digest: Digest,
    /// How many launches it has.
    pub launches: u32,
    /// The plan's inputs, as `plan` spells them.
    pub inputs: Vec<u8>,
    /// The version of sortie that opened it.
    pub version: String,
}

impl RunRecord {
    /// Whether it was launched into a sandbox inside its process, which ended with that.
    #[must_use]
    pub fn is_of_a_sandbox(&self) -> bool {
        self.tenant.starts_with(SANDBOX_TENANT)
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunEnd {
    /// When, UTC.
    pub ended: Timestamp,
    /// With which exit status.
    pub exit: ExitStatus,
    /// What had come of its launches by then.
    pub totals: Totals,
}

/// A run as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunSummary {
    /// The run.
    pub id: RunId,
    /// The manifest's name.
    pub name: String,
    /// The slot that it stands for.
    pub slot: Option<String>,
    /// When it was opened, UTC.
    pub started: Timestamp,
    /// How many launches it has.
    pub launches: u32,
    /// How it ended; `None` while it has not, or since it was resumed.
    pub end: Option<RunEnd>,
}

/// A launch that another run of the same manifest may have started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherRunLaunch {
    /// The launch.
    pub launch: LaunchId,
    /// The run, the latest where there are several.
    pub run: RunId,
    /// Whether it was surely started there; else it is in doubt.
    pub certain: bool,
}

/// Something about a whole run, recorded after it was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "kebab-case")]
pub enum RunNote {
    /// Nothing of it may be sent again after a doubt; holds for every resume.
    AtMostOnce,
    /// All its robot jobs are counted before it ends; holds for every resume.
    Verify,
    /// The server's clock for robot jobs was so far from the one in its answers, in milliseconds.
    ClocksApart {
        /// `CreationTime` less `Date`.
        ms: i64,
    },
    /// Its robot jobs were to be counted, and in these folders, with the reasons, could not be; empty if all were.
    Uncounted {
        /// The reason by folder.
        folders: BTreeMap<String, String>,
    },
    /// Another run took over what it did not do: it is closed to sending.
    Superseded {
        /// That run.
        by: RunId,
    },
    /// Its slot came while another slot of the manifest was being run: nothing of it was begun.
    Skipped {
        /// The run that was in the way, where it is known.
        live: Option<RunId>,
    },
    /// It was begun although it had been skipped, because somebody named its slot.
    Begun,
}

/// Whether the run with these notes is one that was skipped, and not begun since.
#[must_use]
pub fn is_skipped(notes: &[RunNote]) -> bool {
    let decided = notes.iter().rev().find_map(|note| match note {
        RunNote::Skipped { .. } => Some(true),
        RunNote::Begun => Some(false),
        RunNote::AtMostOnce
        | RunNote::Verify
        | RunNote::ClocksApart { .. }
        | RunNote::Uncounted { .. }
        | RunNote::Superseded { .. } => None,
    });
    decided == Some(true)
}

/// The run that took over what the run with these notes did not do.
#[must_use]
pub fn successor(notes: &[RunNote]) -> Option<RunId> {
    notes.iter().rev().find_map(|note| match note {
        RunNote::Superseded { by } => Some(*by),
        RunNote::AtMostOnce
        | RunNote::Verify
        | RunNote::ClocksApart { .. }
        | RunNote::Uncounted { .. }
        | RunNote::Skipped { .. }
        | RunNote::Begun => None,
    })
}

/// How far the server's clocks were apart by these notes, in milliseconds; `None` if that was not worth a word.
#[must_use]
pub fn clocks_apart_ms(notes: &[RunNote]) -> Option<i64> {
    notes.iter().rev().find_map(|note| match note {
        RunNote::ClocksApart { ms } => Some(*ms),
        RunNote::AtMostOnce
        | RunNote::Verify
        | RunNote::Uncounted { .. }
        | RunNote::Superseded { .. }
        | RunNote::Skipped { .. }
        | RunNote::Begun => None,
    })
}

/// The folders whose robot jobs could not be counted, by the latest of these notes, and why.
#[must_use]
pub fn uncounted(notes: &[RunNote]) -> BTreeMap<String, String> {
    let latest = notes.iter().rev().find_map(|note| match note {
        RunNote::Uncounted { folders } => Some(folders.clone()),
        RunNote::AtMostOnce
        | RunNote::Verify
        | RunNote::ClocksApart { .. }
        | RunNote::Superseded { .. }
        | RunNote::Skipped { .. }
        | RunNote::Begun => None,
    });
    latest.unwrap_or_default()
}

/// What of a server is held or rationed by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// `StartJobs`.
    Starts,
    /// The list of robot jobs.
    Lists,
}

/// What a server asked for, and what it was asked, as far as it still counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rations {
    /// Nothing is started meanwhile, on the run's tenant.
    pub starts_pause: Option<Pause>,
    /// No list is read meanwhile, on the run's tenant.
    pub lists_pause: Option<Pause>,
    /// When the run read lists, ascending; of the last hour at least.
    pub lists: Vec<Timestamp>,
    /// How far the clocks of the run's tenant are apart; `None` if that was never learnt.
    pub clock_difference: Option<ClockDifference>,
}

/// How far a tenant's `CreationTime` is from its `Date`, in milliseconds, as answers showed both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockDifference {
    /// The least that was seen.
    pub least_ms: i64,
    /// The greatest that was seen.
    pub greatest_ms: i64,
    /// When it was seen last, UTC of this machine.
    pub learnt: Timestamp,
}

impl Rations {
    /// The pauses that a clock asked for which has been set back since, as they count from `now` on: to be kept so, or
    /// they would last until that clock is there again.
    #[must_use]
    pub fn restarted_pauses(&self, now: Timestamp) -> Vec<(Endpoint, Pause)> {
        let pauses = [(Endpoint::Starts, self.starts_pause), (Endpoint::Lists, self.lists_pause)];
        let anew = pauses.into_iter().filter_map(|(endpoint, pause)| Some((endpoint, pause?.at(now), pause?)));
        anew.filter(|(_, anew, kept)| anew != kept).map(|(endpoint, anew, _)| (endpoint, anew)).collect()
    }
}

/// Who reads a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListReader {
    /// A run: it counts for its own share too.
    Run(RunId),
    /// Somebody for a run that is not recorded yet, on this tenant.
    Tenant(String),
}

/// Whether a list may be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListPermit {
    /// Now; it is used up.
    Granted,
    /// Not yet, and nothing is used up: ask again then.
    NotBefore(Timestamp),
}

/// What a lock is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockName {
    /// One run: whoever sends or settles for it holds this.
    Run(RunId),
    /// All slot runs of one manifest on one tenant.
    Manifest {
        /// The tenant identity.
        tenant: String,
        /// The manifest's name.
        name: String,
    },
}

/// A store of runs.
pub trait Ledger {
    /// A lock that is held until it is dropped, or until the process ends in whatever way.
    type Lock;

    /// Takes the lock `name`; `None` if another process holds it.
    fn lock(&self, name: LockName) -> impl Future<Output = Result<Option<Self::Lock>, LedgerError>>;

    /// Whether a process holds the lock `name`. Looking never stands in the way of whoever takes it.
    fn is_held(&self, name: LockName) -> impl Future<Output = Result<bool, LedgerError>>;

    /// The runs whose id begins with `prefix`, newest first, at most `most`.
    fn find_runs(&self, prefix: &str, most: usize) -> impl Future<Output = Result<Vec<RunSummary>, LedgerError>>;

    /// The runs of the manifest `name` on `tenant`, newest first, at most `most`.
    fn runs_of(
        &self,
        tenant: &str,
        name: &str,
        most: usize,
    ) -> impl Future<Output = Result<Vec<RunSummary>, LedgerError>>;

    /// Which of `launches` may have been started by another run of the same manifest than `run`.
    fn started_elsewhere(
        &self,
        run: RunId,
        launches: Vec<LaunchId>,
    ) -> impl Future<Output = Result<Vec<OtherRunLaunch>, LedgerError>>;

    /// Records something about a whole run, durably.
    fn note(&self, run: RunId, note: RunNote) -> impl Future<Output = Result<(), LedgerError>>;

    /// What was noted about `run`, in order.
    fn read_notes(&self, run: RunId) -> impl Future<Output = Result<Vec<RunNote>, LedgerError>>;

    /// Records, durably, that the tenant of `run` asked to be left alone at `endpoint`, now. Of two pauses the longer is
    /// kept; one that was asked for by a clock that has been set back since is kept no longer than it was granted.
    fn hold(&self, run: RunId, endpoint: Endpoint, pause: Pause) -> impl Future<Output = Result<(), LedgerError>>;

    /// Forgets, durably, every pause that `tenant` asked for.
    fn lift_pauses(&self, tenant: &str) -> impl Future<Output = Result<(), LedgerError>>;

    /// Whether another run than `run` has sent, or found, anything on `tenant`.
    fn knows(&self, tenant: &str, run: RunId) -> impl Future<Output = Result<bool, LedgerError>>;

    /// Takes, durably, a permit to read a list at `at`, where the tenant's `ration` and its server's word allow it beside
    /// all others who read for that tenant by this ledger. It counts whether or not the list is then read.
    fn take_list_permit(
        &self,
        reader: ListReader,
        ration: Pace,
        at: Timestamp,
    ) -> impl Future<Output = Result<ListPermit, LedgerError>>;

    /// Records, durably, that `run` read a list at `at`, by a permit of its tenant: it counts for its own share.
    fn count_list(&self, run: RunId, at: Timestamp) -> impl Future<Output = Result<(), LedgerError>>;

    /// Keeps, durably, how far the clocks of the tenant of `run` are apart, in place of what was kept.
    fn keep_clock_difference(
        &self,
        run: RunId,
        difference: ClockDifference,
    ) -> impl Future<Output = Result<(), LedgerError>>;

    /// What still counts of all that; where there is no such run, nothing.
    fn read_rations(&self, run: RunId) -> impl Future<Output = Result<Rations, LedgerError>>;

    /// Records a new run, durably. Errors: [`LedgerError::RunExists`] where its id is taken.
    fn open_run(&self, run: RunRecord) -> impl Future<Output = Result<(), LedgerError>>;

    /// Records, durably, that `run` goes on: it has no end until it is closed again.
    fn reopen_run(&self, run: RunId, at: Timestamp) -> impl Future<Output = Result<(), LedgerError>>;

    /// Records how `run` ended, durably.
    fn close_run(&self, run: RunId, end: RunEnd) -> impl Future<Output = Result<(), LedgerError>>;

    /// Appends `records` in this order, durably and all or none: one commit, which other callers may share.
    ///
    /// Errors: nothing of it can be relied on; the caller stops all sending.
    fn append(&self, run: RunId, records: Vec<Record>) -> impl Future<Output = Result<(), LedgerError>>;

    /// The run, and how it ended where it did.
    fn read_run(&self, run: RunId) -> impl Future<Output = Result<(RunRecord, Option<RunEnd>), LedgerError>>;

    /// The states of the launches from place `from` on: ascending, at most `most`, without those that have no event.
    fn read_states(
        &self,
        run: RunId,
        from: Ordinal,
        most: usize,
    ) -> impl Future<Output = Result<Vec<(Ordinal, LaunchState)>, LedgerError>>;
}

/// Why the ledger cannot be used. All of them are the machine's fault, never the manifest's.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Its folder or file cannot be made, opened or locked.
    #[error("ledger `{}` cannot be opened", path.display())]
    Unopened {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Something else than a file stands in its place.
    #[error("ledger `{}` is {kind}, and not a file\n  help: name another file with --ledger or SORTIE_LEDGER", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
    },
    /// Its file has several names (hard links): its log and its locks lie beside one of them only.
    #[error("ledger `{}` is one file under {links} names, and its log and locks would lie beside each of them\n  help: remove the other names (`find -samefile` finds them), or name another file with --ledger or SORTIE_LEDGER", path.display())]
    Linked {
        /// One of the names.
        path: PathBuf,
        /// How many it has.
        links: u64,
    },
    /// Its file is a mount of its own, as of a container that mounts a file: it has another name in another place.
    #[error("ledger `{}` is a file that is mounted by itself, and its log and locks would lie beside each of its names: two runs could start the same launches\n  help: mount its folder instead (docker: `-v FOLDER:FOLDER`; Kubernetes: no `subPath`)", path.display())]
    Mounted {
        /// The path.
        path: PathBuf,
    },
    /// It, or what lies beside it, belongs to another user, who can change what it says.
    #[error("ledger `{}` cannot be trusted: `{}` belongs to another user (uid {owner}, and this process has {user})\n  help: name a file of your own with --ledger or SORTIE_LEDGER, or change the owner if it is yours", path.display(), part.display())]
    OfAnother {
        /// The ledger's file.
        path: PathBuf,
        /// The file or folder.
        part: PathBuf,
        /// Whose it is.
        owner: u32,
        /// As whom this process runs.
        user: u32,
    },
    /// What lies beside it is a link, which may lead to somebody else's.
    #[error("ledger `{}` cannot be used: `{}` is a symbolic link\n  help: remove the link, and look who made it", path.display(), part.display())]
    LinkBeside {
        /// The ledger's file.
        path: PathBuf,
        /// The link.
        part: PathBuf,
    },
    /// Its file or folder may not be written.
    #[error("ledger `{}` cannot be written, and nothing is sent without it\n  help: name a file in a place that may be written, with --ledger or SORTIE_LEDGER", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file is another program's; it was left as it is.
    #[error("`{}` is not a ledger of sortie's, and was left as it is\n  help: name another file with --ledger or SORTIE_LEDGER", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file system is one on which SQLite's write-ahead log does not work.
    #[error("ledger `{}` lies on a network file system ({kind}), where its locks cannot be relied on; put it on a local disk", path.display())]
    NetworkDisk {
        /// The file.
        path: PathBuf,
        /// The file system's name.
        kind: &'static str,
    },
    /// A newer sortie wrote it.
    #[error("ledger `{}`: schema version {found} is newer than this version of sortie supports ({known})", path.display())]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// A sortie from before the first release wrote it.
    #[error("ledger `{}`: schema version {found} is from before the first release; this version of sortie supports {known}\n  help: settle its runs with that sortie, or name another file with --ledger or SORTIE_LEDGER", path.display())]
    TooOld {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// It could not be written or synced. Nothing may be sent on.
    #[error("the ledger cannot be written")]
    Unwritten(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// It could not be read.
    #[error("the ledger cannot be read")]
    Unread(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Its file is not as SQLite left it. Nothing is sent by what it says.
    #[error(
        "the ledger's file is damaged, and nothing is sent by it\n  help: put a backup in its place; `sortie resume` finds on the server what was started since"
    )]
    Unsound(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row is not what sortie wrote.
    #[error("the ledger is damaged at {place}")]
    Damaged {
        /// Which row: its kind and its number.
        place: String,
        /// What is wrong.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An event cannot follow those before it: damage, or our bug.
    #[error("the ledger contradicts itself at launch {}", ordinal.0)]
    Contradiction {
        /// The launch's place in its plan.
        ordinal: Ordinal,
        /// Which event.
        #[source]
        source: IllegalEvent,
    },
    /// A run of this id exists.
    #[error("run `{0}` exists already")]
    RunExists(RunId),
    /// No run of this id exists.
    #[error("the ledger has no run `{0}`")]
    NoRun(RunId),
    /// A lock beside the ledger cannot be taken or refused.
    #[error("the locks of ledger `{}` cannot be used", path.display())]
    Unlockable {
        /// The ledger's file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file of a run's lock was removed or replaced while it was held: another process may be at the run.
    #[error(
        "the lock of run `{0}` was removed from beside the ledger while it was held, and another process may be at the run: nothing more is sent\n  help: `sortie resume {0}` once no other process is at it; leave the folder `.locks` alone"
    )]
    LockLost(RunId),
    /// The writer's thread is gone.
    #[error("the ledger is closed")]
    Closed,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_count_of_a_run_is_the_one_that_holds() {
        let note = |folders: &[&str]| RunNote::Uncounted {
            folders: folders.iter().map(|folder| ((*folder).to_owned(), "forbidden".to_owned())).collect(),
        };
        assert!(uncounted(&[RunNote::Verify]).is_empty());
        let failed = uncounted(&[note(&["A", "B"]), RunNote::ClocksApart { ms: 1 }]);
        assert_eq!(failed.into_keys().collect::<Vec<_>>(), ["A", "B"]);
        assert!(uncounted(&[note(&["A"]), note(&[])]).is_empty(), "a later one counted them");
    }
}
