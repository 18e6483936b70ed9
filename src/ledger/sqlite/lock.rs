//! Locks that die with their process: `flock` on small files beside the ledger. Never a pid file.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use crate::ids::Digest;
use crate::ledger::LockName;

/// A lock that is held until the value is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub struct FileLock {
    path: PathBuf,
    /// Held for its drop, which gives the lock back.
    _file: File,
}

impl FileLock {
    /// Takes the lock `name` of the ledger at `ledger`; none where another process holds it.
    pub(super) fn take(ledger: &Path, name: &LockName) -> io::Result<Option<Self>> {
        let mut folder = ledger.as_os_str().to_owned();
        folder.push(".locks");
        let folder = PathBuf::from(folder);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let path = folder.join(file_name(name));
        loop {
            let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(error),
            }
            // Its last holder may have removed the file between our opening and our locking it: then we hold a lock
            // on a file that nobody else will find.
            match fs::metadata(&path) {
                Ok(there) if there.ino() == file.metadata()?.ino() => return Ok(Some(Self { path, _file: file })),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // A file that stays is only litter: the lock itself goes with the handle.
        let _ = fs::remove_file(&self.path);
    }
}

fn file_name(name: &LockName) -> String {
    match name {
        LockName::Run(run) => format!("run-{run}"),
        LockName::Manifest { tenant, name } => {
            let digest = Digest::of(format!("{tenant}\n{name}").as_bytes()).to_string();
            format!("manifest-{}", &digest[..32])
        }
    }
}
