//! Saved plans as they were named: read whole, and held against their own digest.
//!
//! In: a path. Out: what was saved. Never: a plan that was changed since, or something else's file.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use crate::cli::failure::Failure;
use crate::cli::input::manifest_files::STDIN;
use crate::exit::ExitStatus;
use crate::saved_plan::{SavedPlan, SavedPlanError};

/// Maximum saved plan, in bytes: it holds the data files of its plan, compressed.
const MAX_SAVED_PLAN_BYTES: u64 = 1 << 30;

/// The saved plan at `path`; `-` is stdin.
pub(crate) fn read(path: &Path) -> Result<SavedPlan, Failure> {
    let name = if path == Path::new("-") { STDIN.to_owned() } else { path.display().to_string() };
    let unread = |error: io::Error| {
        let words = if error.kind() == io::ErrorKind::NotFound {
            format!("`{name}` is not there\n  help: `sortie plan MANIFEST --out FILE` saves a plan")
        } else {
            format!("`{name}` cannot be read: {error}")
        };
        Failure::with_message(ExitStatus::Usage, words)
    };
    let bytes = if path == Path::new("-") { limited(io::stdin().lock()) } else { of_file(path) };
    SavedPlan::read(&bytes.map_err(unread)?)
        .map_err(|error: SavedPlanError| Failure::with_message(error.exit(), format!("`{name}` {error}")))
}

fn of_file(path: &Path) -> io::Result<Vec<u8>> {
    // Opening a pipe would wait for its other end.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    limited(File::open(path)?)
}

fn limited(from: impl io::Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MAX_SAVED_PLAN_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}
