//! The files that a report must not replace: what this call reads, and where its ledger lies.
//!
//! In: paths as they were typed or found. Out: the one among them that a path leads to. Never: opens a file.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use crate::cli::args;
use crate::cli::commands::Context;
use crate::cli::profile;
use crate::ledger::sqlite::FileLock;
use crate::plan::Inputs;
use crate::run::StoredRun;

/// What SQLite puts beside a ledger's file.
const BESIDE_A_LEDGER: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Files, each with what it is to this call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spared {
    files: Vec<(String, Identity)>,
    /// Folders in which no report may lie. They may come to be there later.
    folders: Vec<(String, PathBuf)>,
}

/// Which file a path leads to, by whatever name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// One that is there, by device and inode.
    There(u64, u64),
    /// One that is not there yet, from the root on.
    Absent(PathBuf),
}

impl Identity {
    /// Of the file at `path`; of the path itself where its folder cannot be had.
    pub(crate) fn of(path: &Path) -> Self {
        if let Ok(metadata) = fs::metadata(path) {
            return Self::There(metadata.dev(), metadata.ino());
        }
        let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        match (folder.canonicalize(), path.file_name()) {
            (Ok(folder), Some(name)) => Self::Absent(folder.join(name)),
            (_, _) => Self::Absent(path.to_owned()),
        }
    }
}

impl Spared {
    /// The ledger at `ledger`, and the config file where one is in use.
    pub(crate) fn of(context: &Context, connection: &args::Connection, ledger: &Path) -> Self {
        let mut spared = Self::default();
        spared.add("the ledger", ledger);
        for end in BESIDE_A_LEDGER {
            let mut beside = ledger.as_os_str().to_owned();
            beside.push(end);
            spared.add("a part of the ledger", Path::new(&beside));
        }
        spared.folders.push(("a lock of the ledger".to_owned(), FileLock::folder(ledger)));
        if let Some(file) = profile::config_file(connection, &context.environment) {
            spared.add("the config file", &file);
        }
        spared
    }

    /// The manifest that a run was made of, and the files beside it, where it was begun on this machine.
    pub(crate) fn of_run(stored: &StoredRun) -> Self {
        let mut spared = Self::default();
        if let Some(snapshot) = &stored.snapshot
            && let Some(folder) = &snapshot.folder
        {
            spared.add_plan(&snapshot.inputs, folder);
        }
        spared
    }

    /// Adds the file at `path`, which is `what`; stdin is no file.
    pub(crate) fn add(&mut self, what: &str, path: &Path) {
        if path != Path::new("-") {
            self.files.push((what.to_owned(), Identity::of(path)));
        }
    }

    /// Adds the manifest and the files beside it, in `folder`, that a plan was made of.
    pub(crate) fn add_plan(&mut self, inputs: &Inputs, folder: &Path) {
        if let Some(name) = Path::new(&inputs.manifest).file_name() {
            self.add("the manifest", &folder.join(name));
        }
        for path in inputs.files.keys() {
            self.add("a file that the manifest names", &folder.join(path));
        }
    }

    /// What the file at `path` is to this call, where it is one of these.
    pub(crate) fn find(&self, path: &Path) -> Option<&str> {
        let (wanted, folder) = (Identity::of(path), path.parent().map(Identity::of));
        let files = self.files.iter().filter(|(_, spared)| *spared == wanted);
        let folders = self.folders.iter().filter(|(_, spared)| folder == Some(Identity::of(spared)));
        files.map(|(what, _)| what).chain(folders.map(|(what, _)| what)).next().map(String::as_str)
    }
}
