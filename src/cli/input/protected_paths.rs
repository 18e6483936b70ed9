//! The files that a report must not replace: what this call reads, and where its ledger lies.
//!
//! In: paths as they were typed or found. Out: the one among them that a path leads to. Never: opens a file.

use std::path::{Path, PathBuf};

use crate::cli::args;
use crate::cli::context::CommandContext;
use crate::ledger;
use crate::plan::Inputs;
use crate::profile::{self, FileIdentity};
use crate::run::StoredRun;

/// Files, each with what it is to this call.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProtectedPaths {
    files: Vec<(String, FileIdentity)>,
    /// Folders in which no report may lie. They may come to be there later.
    folders: Vec<(String, PathBuf)>,
}

impl ProtectedPaths {
    /// The ledger at `ledger`, and the config file where one is in use.
    pub(crate) fn of(context: &CommandContext, connection: &args::ConnectionArgs, ledger: &Path) -> Self {
        let mut protected = Self::default();
        protected.add("the ledger", ledger);
        let beside = ledger::side_files(ledger);
        beside.files.iter().for_each(|file| protected.add("a part of the ledger", file));
        protected.folders.push(("a lock of the ledger".to_owned(), beside.locks));
        if let Some(file) = profile::config_file(&connection.choice(), &context.environment) {
            protected.add("the config file", &file);
        }
        protected
    }

    /// The manifest that a run was made of, and the files beside it, where it was begun on this machine.
    pub(crate) fn of_run(stored: &StoredRun) -> Self {
        let mut protected = Self::default();
        if let Some(snapshot) = &stored.snapshot
            && let Some(folder) = &snapshot.folder
        {
            protected.add_plan(&snapshot.inputs, folder);
        }
        protected
    }

    /// Adds the file at `path`, which is `what`; stdin is no file.
    pub(crate) fn add(&mut self, what: &str, path: &Path) {
        if path != Path::new("-") {
            self.files.push((what.to_owned(), FileIdentity::of(path)));
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
        let (wanted, folder) = (FileIdentity::of(path), path.parent().map(FileIdentity::of));
        let files = self.files.iter().filter(|(_, protected)| *protected == wanted);
        let folders = self.folders.iter().filter(|(_, protected)| folder == Some(FileIdentity::of(protected)));
        files.map(|(what, _)| what).chain(folders.map(|(what, _)| what)).next().map(String::as_str)
    }
}
