//! Locks that die with their process: `flock` on small files beside the ledger. Never a pid file.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use crate::ids::{Digest, fold_tenant};
use crate::ledger::store::LockName;

/// A lock that is held until the value is dropped, or the process ends in whatever way.
///
/// Beside each lock's file lies another with the same holder, `.live`: who only wants to know whether the lock is held
/// tries that one, and so never stands in the way of a process that takes the lock at this moment. In it the holder may
/// leave word of its work.
#[derive(Debug)]
pub struct FileLock {
    place: Arc<FileLocation>,
    /// Both are held for their drop, which gives the locks back.
    _file: File,
    live: File,
}

/// Where a file lies, a lock's or the ledger's own, and which file that is.
#[derive(Debug)]
pub(super) struct FileLocation {
    path: PathBuf,
    file: (u64, u64),
}

impl FileLocation {
    /// Of the file that lies at `path` now.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        Ok(Self { file: identity(&fs::metadata(path)?), path: path.to_owned() })
    }

    /// Whether the file still lies there. A lock's that was removed or replaced keeps nobody out; what is written to the ledger's is
    /// found by nobody.
    pub(super) fn is_kept(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|there| identity(&there) == self.file)
    }

    /// Whether it still lies there, with something in it.
    pub(super) fn is_filled(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|there| identity(&there) == self.file && there.len() > 0)
    }

    /// Where that is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// Device and inode.
fn identity(file: &fs::Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

/// A lock that a process held a moment ago.
#[derive(Debug)]
pub struct HeldLock(File);

impl HeldLock {
    /// What its holder left word of; empty where it left none yet.
    pub fn word(mut self) -> io::Result<String> {
        let mut word = String::new();
        self.0.read_to_string(&mut word)?;
        Ok(word)
    }
}

impl FileLock {
    /// Takes the lock `name` of the ledger at `ledger`; `None` if another process holds it.
    pub(super) fn take(ledger: &Path, name: &LockName) -> io::Result<Option<Self>> {
        let folder = Self::own_folder(ledger)?;
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
            let place = FileLocation { file: identity(&file.metadata()?), path: path.clone() };
            match fs::metadata(&path) {
                Ok(there) if identity(&there) == place.file => {
                    let live = live(&path);
                    let live = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(live)?;
                    // Only those who look can hold it, and they let it go at once.
                    live.lock()?;
                    // The word of a holder that was killed.
                    live.set_len(0)?;
                    return Ok(Some(Self { place: Arc::new(place), _file: file, live }));
                }
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Where it lies, for as long as it is held.
    pub(super) fn place(&self) -> Weak<FileLocation> {
        Arc::downgrade(&self.place)
    }

    /// The folder of the locks of the ledger at `ledger`: beside the file itself, whatever link leads to it, so that two
    /// names of one ledger have one lock.
    pub(in crate::ledger) fn folder(ledger: &Path) -> PathBuf {
        let file = ledger.canonicalize().unwrap_or_else(|_| ledger.to_owned());
        let mut folder = file.into_os_string();
        folder.push(".locks");
        PathBuf::from(folder)
    }

    /// The same, unless it is a link, which may lead to somebody else's.
    fn own_folder(ledger: &Path) -> io::Result<PathBuf> {
        let folder = Self::folder(ledger);
        match fs::symlink_metadata(&folder) {
            Ok(there) if there.is_symlink() => {
                Err(io::Error::other(format!("`{}` is a symbolic link", folder.display())))
            }
            Ok(_) | Err(_) => Ok(folder),
        }
    }

    /// Leaves `word` for whoever finds the lock held.
    pub(super) fn leave_word(&self, word: Digest) -> io::Result<()> {
        (&self.live).write_all(word.to_string().as_bytes())
    }

    /// The lock `name` of the ledger at `ledger`, where a process holds it. Needs no open ledger, nor one that is there.
    pub(in crate::ledger) fn held(ledger: &Path, name: &LockName) -> io::Result<Option<HeldLock>> {
        held_at(&live(&Self::own_folder(ledger)?.join(file_name(name))))
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Files that stay are only litter: the locks themselves go with the handles. What came into their place is not ours.
        if self.place.is_kept() {
            let _ = fs::remove_file(live(&self.place.path));
            let _ = fs::remove_file(&self.place.path);
        }
    }
}

impl FileLock {
    /// A lock of the ledger at `ledger` that a process holds, by its name; `None` if none is held.
    pub(super) fn find_held(ledger: &Path) -> io::Result<Option<String>> {
        let entries = match fs::read_dir(Self::own_folder(ledger)?) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == "live") && held_at(&path)?.is_some() {
                return Ok(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
            }
        }
        Ok(None)
    }
}

/// The lock whose file for those who look is at `path`, where a process holds it.
fn held_at(path: &Path) -> io::Result<Option<HeldLock>> {
    match File::open(path) {
        // Shared: two that look at once must not take each other for the holder.
        Ok(file) => match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => Ok(Some(HeldLock(file))),
            Err(TryLockError::Error(error)) => Err(error),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn live(path: &Path) -> PathBuf {
    path.with_extension("live")
}

fn file_name(name: &LockName) -> String {
    match name {
        LockName::Run(run) => format!("run-{run}"),
        LockName::Manifest { tenant, name } => {
            let digest = Digest::of(format!("{}\n{name}", fold_tenant(tenant)).as_bytes()).to_string();
            format!("manifest-{}", &digest[..32])
        }
    }
}
