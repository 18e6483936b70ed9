//! Why a file is no run, with its line.

use std::io;

use crate::ledger::state::IllegalEvent;

/// Why a run file is refused: nothing of it is used.
#[derive(Debug, thiserror::Error)]
pub enum RunFileError {
    /// The machine's fault.
    #[error("it cannot be read")]
    Unread(#[source] io::Error),
    /// Its first line is not that of a run file.
    #[error("it is no run file: its first line has no `sortie-run`")]
    NotARun,
    /// It has a form that this version does not know.
    #[error(
        "it has version {found}, written by sortie {sortie}, and this one reads version {known}\n  help: use that version of sortie, or a later one"
    )]
    TooNew {
        /// Its version.
        found: u32,
        /// The version that is read.
        known: u32,
        /// Who wrote it.
        sortie: String,
    },
    /// A line that cannot be understood.
    #[error("line {line}: {why}")]
    Line {
        /// Which, from 1 on.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// An event that cannot follow those before it.
    #[error("line {line}: the event cannot follow those of its launch before it")]
    Contradiction {
        /// Which, from 1 on.
        line: u64,
        /// Why.
        #[source]
        source: IllegalEvent,
    },
    /// It ends before its last line.
    #[error("it is cut off behind line {line}\n  help: copy it again, whole")]
    Cut {
        /// The last line that is there.
        line: u64,
    },
    /// Its last line speaks of other bytes.
    #[error(
        "line {line}: it was changed since it was written: its digest is another\n  help: copy it again, or export the run anew"
    )]
    Changed {
        /// The last line.
        line: u64,
    },
    /// It is larger than any run.
    #[error("line {line}: it is larger than the {most} MiB that are read")]
    TooLarge {
        /// Where that was seen.
        line: u64,
        /// Maximum, in MiB.
        most: u64,
    },
}

impl RunFileError {
    pub(super) fn at(line: u64, why: impl Into<String>) -> Self {
        Self::Line { line, why: why.into() }
    }
}
