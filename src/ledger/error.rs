//! Why a ledger cannot be used, in the words that its user needs.

use std::path::PathBuf;

use super::state::IllegalEvent;
use crate::ids::{Ordinal, RunId};

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
    /// An older sortie wrote it: it is read as it is, and must be taken along before it is written.
    #[error("ledger `{}`: schema version {found} is one that this version of sortie reads, and no longer writes ({known})\n  help: `sortie ledger migrate --ledger {}` takes it along with all its runs; no older sortie can use it then", path.display(), path.display())]
    Outdated {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// A process is at a run of it.
    #[error("ledger `{}` is in use: another process holds `{lock}`\n  help: wait for it; `sortie runs` shows when it is done", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
        /// The lock that is held, as its file is called.
        lock: String,
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
    /// A note is of a kind that this version does not know.
    #[error(
        "{place} of the ledger is of a kind that this sortie does not know: a newer sortie made it\n  help: what it asks of the run is not known here, so nothing is done with that run: use the newer sortie for it"
    )]
    UnknownNote {
        /// Which row: its kind and its number.
        place: String,
        /// What is not known.
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
    /// It was pruned: nobody can tell any more what came of its launches.
    #[error(
        "run {run} was begun at {started}, and pruned since: what it started is not known any more, so nothing is started\n  \
         help: another `--slot` or `--run-key` is another run"
    )]
    RunPruned {
        /// The run.
        run: RunId,
        /// When it was begun, UTC.
        started: String,
    },
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
    /// The ledger's own file was moved, removed, replaced or emptied while it was in use: nobody would find what is written.
    #[error(
        "the ledger `{}` was moved, removed, replaced or emptied while it was in use: nothing more is sent\n  help: put the file back with the \
         `-wal` beside it, and resume the run; where it is lost, the same slot or key looks on the server for what was started",
        .0.display()
    )]
    FileLost(PathBuf),
    /// The writer's thread is gone.
    #[error("the ledger is closed")]
    Closed,
}
