//! The place of a run file: private, whole or not at all, and never over anything else.
//!
//! In: a path. Out: a file beside it, which takes its place once it is written. Never: what is in it.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::cli::failure::Failure;
use crate::cli::output::report_files::plain;
use crate::exit::ExitStatus;
use crate::run_file::BEGINNING;

/// A run file that is being written. Nobody else may read it (0600).
pub(crate) struct RunFileOutput {
    path: PathBuf,
    beside: NamedTempFile,
}

/// Why a run file has no place, or did not get there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunFileOutputError {
    /// It would be a file of that name, where other commands mean a stream.
    #[error("a run is exported to a file, and `-` is none\n  help: name a file, such as `night.run`")]
    Stream,
    /// There is something that is no run file.
    #[error("`{}` is no run file, and is not replaced\n  help: name another file", path.display())]
    InTheWay {
        /// The place.
        path: PathBuf,
    },
    /// The machine refuses.
    #[error("`{}` cannot be written", path.display())]
    Unwritten {
        /// The place.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl From<RunFileOutputError> for Failure {
    fn from(error: RunFileOutputError) -> Self {
        let exit = match error {
            RunFileOutputError::InTheWay { .. } | RunFileOutputError::Stream => ExitStatus::Usage,
            RunFileOutputError::Unwritten { .. } => ExitStatus::Report,
        };
        Self::new(exit, &error)
    }
}

impl RunFileOutput {
    /// Opens a file beside `path`, which must be free, empty or a run file, or a link to such a file. Folders are made.
    pub(crate) fn beside(path: &Path) -> Result<Self, RunFileOutputError> {
        if path == Path::new("-") {
            return Err(RunFileOutputError::Stream);
        }
        let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let unwritten = |source: io::Error| RunFileOutputError::Unwritten { path: path.to_owned(), source };
        match fs::symlink_metadata(path) {
            Ok(metadata) if !metadata.is_file() => {
                return Err(RunFileOutputError::InTheWay { path: path.to_owned() });
            }
            Ok(_) => {
                let mut beginning = Vec::new();
                let file = File::open(path).map_err(unwritten)?;
                file.take(BEGINNING.len() as u64).read_to_end(&mut beginning).map_err(unwritten)?;
                if !beginning.is_empty() && beginning != BEGINNING {
                    return Err(RunFileOutputError::InTheWay { path: path.to_owned() });
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unwritten(error)),
        }
        fs::create_dir_all(folder_of(path)).map_err(unwritten)?;
        let beside = tempfile::Builder::new().prefix(".sortie-run-").tempfile_in(folder_of(path));
        let beside = beside.map_err(|error| unwritten(plain(error)))?;
        Ok(Self { path: path.to_owned(), beside })
    }

    /// Where it is written.
    pub(crate) fn writer(&mut self) -> &mut File {
        self.beside.as_file_mut()
    }

    /// Puts it into its place, durably.
    pub(crate) fn keep(self) -> Result<(), RunFileOutputError> {
        let Self { path, beside } = self;
        let unwritten = |source| RunFileOutputError::Unwritten { path: path.clone(), source };
        beside.as_file().sync_all().map_err(unwritten)?;
        beside.persist(&path).map_err(|error| unwritten(error.error))?;
        File::open(folder_of(&path)).and_then(|folder| folder.sync_all()).map_err(unwritten)
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
