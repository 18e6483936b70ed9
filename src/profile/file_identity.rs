//! Which file a path leads to, by whatever name: so that a login, or a file that is read, is known by all of its names.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Which file a path leads to, by whatever name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileIdentity {
    /// One that is there, by device and inode.
    There(u64, u64),
    /// One that is not there yet, from the root on.
    Absent(PathBuf),
}

impl FileIdentity {
    /// Of the file at `path`; of the path itself where its folder cannot be had.
    pub fn of(path: &Path) -> Self {
        if let Ok(metadata) = fs::metadata(path) {
            return Self::There(metadata.dev(), metadata.ino());
        }
        let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        match (folder.canonicalize(), path.file_name()) {
            (Ok(folder), Some(name)) => Self::Absent(folder.join(name)),
            (_, _) => Self::Absent(path.to_owned()),
        }
    }
}
