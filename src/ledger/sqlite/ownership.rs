//! Whose a ledger is: who can write it can make it say that launches were started, or that nobody is at a run.
//!
//! In: a ledger's file, which is there. Out: the file and what lies beside it belong to this process's user, and nobody
//! else may read or write them; or why not. Never: changes what is another user's, or follows a link.

use std::fs::{self, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::lock::FileLock;
use crate::ledger::error::LedgerError;

/// What the group and all others may do.
const OTHERS: u32 = 0o077;
/// The parts of a mode that say who may do what.
const MODE: u32 = 0o777;

/// What SQLite puts beside `file`.
pub(super) fn side_files(file: &Path) -> [PathBuf; 3] {
    ["-wal", "-shm", "-journal"].map(|end| {
        let mut name = file.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    })
}

/// The file itself, and what SQLite and we put beside it.
fn parts(file: &Path) -> [PathBuf; 5] {
    let [log, index, journal] = side_files(file);
    [file.to_owned(), log, index, journal, FileLock::folder(file)]
}

/// Refuses the ledger `file`, called `path`, where it or what lies beside it is another user's, or a link.
///
/// Errors: [`LedgerError::OfAnother`], [`LedgerError::LinkBeside`].
pub(super) fn check(path: &Path, file: &Path) -> Result<(), LedgerError> {
    // The owner of a process's own folder there is the user that it runs as. Without it nobody can be told apart.
    let user = fs::metadata("/proc/self").ok().map(|own| own.uid());
    for part in parts(file) {
        let metadata = match fs::symlink_metadata(&part) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(LedgerError::Unopened { path: path.to_owned(), source: error.into() }),
        };
        if metadata.is_symlink() {
            return Err(LedgerError::LinkBeside { path: path.to_owned(), part });
        }
        let owner = metadata.uid();
        if let Some(user) = user.filter(|user| *user != owner) {
            return Err(LedgerError::OfAnother { path: path.to_owned(), part, owner, user });
        }
    }
    Ok(())
}

/// Takes from others what they may do with the ledger `file` and what lies beside it, and says so.
pub(super) fn tighten(file: &Path) {
    for part in parts(file) {
        // Other processes remove some of these when they are done.
        let Ok(metadata) = fs::symlink_metadata(&part) else { continue };
        let mode = metadata.permissions().mode() & MODE;
        if metadata.is_symlink() || mode & OTHERS == 0 {
            continue;
        }
        let part = part.as_path();
        match fs::set_permissions(part, Permissions::from_mode(mode & !OTHERS)) {
            Ok(()) => tracing::warn!(
                "`{}` could be read or written by others (mode {mode:04o}): its mode is {:04o} now",
                part.display(),
                mode & !OTHERS
            ),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            // Some file systems have one mode for all files, and keep it.
            Err(error) => tracing::warn!(
                "`{}` can be read or written by others (mode {mode:04o}), and that cannot be changed: {error}",
                part.display()
            ),
        }
    }
}
