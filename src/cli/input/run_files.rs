//! Run files as they were named: opened, read whole, and told of with their names.
//!
//! In: a path. Out: what the file holds. Never: trusts it; that is `run_file`'s.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::exit::ExitStatus;
use crate::run_file::{self, RunFile, RunFileError};

/// Why a run file cannot be had. The user's to mend.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is not taken: {}", path.display(), words(source))]
pub(crate) struct RunFileInputError {
    path: PathBuf,
    source: RunFileError,
}

/// Our own words come first, those of causes behind them.
fn words(error: &RunFileError) -> String {
    crate::diagnostic::causes::with_causes(error)
}

impl From<RunFileInputError> for Failure {
    fn from(error: RunFileInputError) -> Self {
        Self::with_message(ExitStatus::Usage, error.to_string())
    }
}

/// Whether `named` is a file, and not a run: neither an id nor `last` has a point or a slash.
pub(crate) fn is_file(named: &Path) -> bool {
    named.as_os_str().as_encoded_bytes().iter().any(|byte| b"./".contains(byte))
}

/// The run file at `path`.
pub(crate) fn read(path: &Path) -> Result<RunFile, RunFileInputError> {
    let refused = |source| RunFileInputError { path: path.to_owned(), source };
    let unread = |source| refused(RunFileError::Unread(source));
    if !fs::metadata(path).map_err(unread)?.is_file() {
        return Err(refused(RunFileError::NotARun));
    }
    let file = File::open(path).map_err(unread)?;
    run_file::read(BufReader::with_capacity(64 * 1024, file)).map_err(refused)
}
