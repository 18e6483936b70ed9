//! The place of a run file or a saved plan: private, whole or not at all, and never over anything else.
//!
//! In: a path, and what may lie there. Out: a file beside it, which takes its place once it is written. Never: what is in it.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::cli::failure::Failure;
use crate::cli::output::report_files::plain;
use crate::exit::ExitStatus;
use crate::{run_file, saved_plan};

/// What a private file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PrivateFileKind {
    /// A run in one file.
    Run,
    /// A saved plan.
    Plan,
}

impl PrivateFileKind {
    /// What it begins with.
    fn beginning(self) -> &'static [u8] {
        match self {
            Self::Run => run_file::BEGINNING,
            Self::Plan => saved_plan::BEGINNING,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Run => "run file",
            Self::Plan => "saved plan",
        }
    }

    fn not_a_stream(self) -> &'static str {
        match self {
            Self::Run => "a run is exported to a file, and `-` is none\n  help: name a file, such as `night.run`",
            Self::Plan => "a plan is saved to a file, and `-` is none\n  help: name a file, such as `night.plan.json`",
        }
    }
}

/// A file that is being written. Nobody else may read it (0600).
pub(crate) struct PrivateFile {
    path: PathBuf,
    beside: NamedTempFile,
}

/// Why such a file has no place, or did not get there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PrivateFileError {
    /// It would be a file of that name, where other commands mean a stream.
    #[error("{}", kind.not_a_stream())]
    Stream {
        /// What it would be.
        kind: PrivateFileKind,
    },
    /// There is something else.
    #[error("`{}` is no {}, and is not replaced\n  help: name another file", path.display(), kind.words())]
    InTheWay {
        /// The place.
        path: PathBuf,
        /// What would replace it.
        kind: PrivateFileKind,
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

impl From<PrivateFileError> for Failure {
    fn from(error: PrivateFileError) -> Self {
        let exit = match error {
            PrivateFileError::InTheWay { .. } | PrivateFileError::Stream { .. } => ExitStatus::Usage,
            PrivateFileError::Unwritten { .. } => ExitStatus::Report,
        };
        Self::new(exit, &error)
    }
}

impl PrivateFile {
    /// Opens a file beside `path`, which must be free, empty or a file of this `kind`, or a link to such a file. Folders are made.
    pub(crate) fn beside(path: &Path, kind: PrivateFileKind) -> Result<Self, PrivateFileError> {
        if path == Path::new("-") {
            return Err(PrivateFileError::Stream { kind });
        }
        let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let unwritten = |source: io::Error| PrivateFileError::Unwritten { path: path.to_owned(), source };
        match fs::symlink_metadata(path) {
            Ok(metadata) if !metadata.is_file() => {
                return Err(PrivateFileError::InTheWay { path: path.to_owned(), kind });
            }
            Ok(_) => {
                let mut beginning = Vec::new();
                let file = File::open(path).map_err(unwritten)?;
                file.take(kind.beginning().len() as u64).read_to_end(&mut beginning).map_err(unwritten)?;
                if !beginning.is_empty() && beginning != kind.beginning() {
                    return Err(PrivateFileError::InTheWay { path: path.to_owned(), kind });
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
    pub(crate) fn keep(self) -> Result<(), PrivateFileError> {
        let Self { path, beside } = self;
        let unwritten = |source| PrivateFileError::Unwritten { path: path.clone(), source };
        beside.as_file().sync_all().map_err(unwritten)?;
        beside.persist(&path).map_err(|error| unwritten(error.error))?;
        File::open(folder_of(&path)).and_then(|folder| folder.sync_all()).map_err(unwritten)
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
