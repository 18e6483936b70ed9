//! Run files as they were named: opened, read whole, and told of with their names.
//!
//! In: a path. Out: what the file holds, held against itself. Never: trusts it.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::exit::ExitStatus;
use crate::run::{RunFileContradiction, check_run_file};
use crate::run_file::{self, RunFile, RunFileError};

/// Why a run file cannot be had. The user's to fix.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is not taken: {}", path.display(), words(source))]
pub(crate) struct RunFileInputError {
    path: PathBuf,
    source: WrongRunFile,
}

/// What is wrong with a run file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WrongRunFile {
    /// It cannot be read, or is not whole.
    #[error(transparent)]
    Unread(#[from] RunFileError),
    /// What it says does not hold together.
    #[error(transparent)]
    Contradiction(#[from] RunFileContradiction),
}

/// Our own words come first, those of causes behind them.
fn words(error: &WrongRunFile) -> String {
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

/// The run file at `path`, whose parts do not contradict each other.
pub(crate) async fn read(path: &Path) -> Result<RunFile, RunFileInputError> {
    let file = read_whole(path).map_err(|error| RunFileInputError { path: path.to_owned(), source: error.into() })?;
    let checked = check_run_file(&file).await;
    checked.map_err(|error| RunFileInputError { path: path.to_owned(), source: error.into() })?;
    Ok(file)
}

fn read_whole(path: &Path) -> Result<RunFile, RunFileError> {
    if !fs::metadata(path).map_err(RunFileError::Unread)?.is_file() {
        return Err(RunFileError::NotARun);
    }
    let file = File::open(path).map_err(RunFileError::Unread)?;
    run_file::read(BufReader::with_capacity(64 * 1024, file))
}
