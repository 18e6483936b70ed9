//! The lock file beside a manifest: `night.lock.json` of `night.yaml`.
//!
//! In: the manifest's path. Out: the file's digest, where there is one. Never: what is in it.

use std::fs;
use std::io;
use std::path::Path;

use crate::cli::failure::Failure;
use crate::exit::ExitStatus;
use crate::ids::Digest;
use crate::saved_plan::FileMark;

/// The lock file beside the manifest at `manifest`; none beside one from stdin.
pub(crate) fn beside(manifest: &Path) -> Result<Option<FileMark>, Failure> {
    if manifest == Path::new("-") {
        return Ok(None);
    }
    let path = manifest.with_extension("lock.json");
    match fs::read(&path) {
        Ok(bytes) => Ok(Some(FileMark { path: path.display().to_string(), digest: Digest::of(&bytes) })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(Failure::with_message(ExitStatus::Usage, format!("`{}` cannot be read: {error}", path.display())))
        }
    }
}
