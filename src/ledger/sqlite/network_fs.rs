//! What the kernel's list of mounts says of a path: whether SQLite's locks can be relied on there, and whether the file
//! has another name in another place.
//!
//! Source: proc(5), `/proc/self/mountinfo`.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

/// File systems that speak to another machine, by the kernel's names.
const NETWORK: [&str; 11] =
    ["nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "lustre", "fuse.sshfs", "fuse.glusterfs", "fuse.s3fs"];

/// The name of the network file system under `path`; `None` if it is local, or the kernel does not say.
pub(super) fn network_file_system(path: &Path) -> Option<&'static str> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = fs::canonicalize(folder).ok()?;
    kind_in(&mounts()?, &folder)
}

/// Whether the file `path`, from the root on and without links, is mounted by itself: the same file then has another
/// name, with another log and other locks beside it.
pub(super) fn is_mounted_by_itself(path: &Path) -> bool {
    mounts().is_some_and(|mounts| is_mount_point_in(&mounts, path))
}

fn mounts() -> Option<String> {
    // Paths that are not UTF-8 are nobody's ledger; their lines must not hide the others.
    fs::read("/proc/self/mountinfo").ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn is_mount_point_in(mounts: &str, path: &Path) -> bool {
    mounts.lines().any(|line| mount_point(line).is_some_and(|point| point == path))
}

/// The fifth field of a line, in which blanks, tabs, line ends and backslashes are three octal digits.
fn mount_point(line: &str) -> Option<PathBuf> {
    let field = line.split(' ').nth(4)?.as_bytes();
    let mut bytes = Vec::with_capacity(field.len());
    let mut at = 0;
    while at < field.len() {
        let escaped = field.get(at + 1..at + 4).filter(|_| field[at] == b'\\');
        let octal = escaped.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        bytes.push(octal.unwrap_or(field[at]));
        at += if octal.is_some() { 4 } else { 1 };
    }
    Some(PathBuf::from(OsString::from_vec(bytes)))
}

fn kind_in(mounts: &str, folder: &Path) -> Option<&'static str> {
    let (_, kind) = mounts
        .lines()
        .filter_map(|line| {
            let (_, kind) = line.split_once(" - ")?;
            let point = mount_point(line)?;
            let kind = kind.split(' ').next()?;
            folder.starts_with(&point).then(|| (point.components().count(), kind))
        })
        // Later lines lie over earlier ones with the same mount point, and `max_by_key` takes the last of equals.
        .max_by_key(|(depth, _)| *depth)?;
    NETWORK.into_iter().find(|name| *name == kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_mount_decides() {
        let mounts = "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n\
                      30 22 0:40 / /home rw - nfs4 server:/home rw\n\
                      31 30 254:1 / /home/local\\040disk rw - ext4 /dev/vdb rw\n";
        assert_eq!(kind_in(mounts, Path::new("/home/ada/.local")), Some("nfs4"));
        assert_eq!(kind_in(mounts, Path::new("/home/local disk/x")), None);
        assert_eq!(kind_in(mounts, Path::new("/var")), None);
    }

    #[test]
    fn a_file_that_is_a_mount_point_is_told_from_one_below_a_mount_point() {
        // As a container has them: a volume, a file of the host, and one in a folder with a blank and a backslash.
        let mounts = "600 500 0:55 / / rw,relatime - overlay overlay rw\n\
                      601 600 254:1 /srv/state /state rw,relatime - ext4 /dev/vda1 rw\n\
                      602 600 254:1 /srv/ledger.db /x/ledger.db rw,relatime - ext4 /dev/vda1 rw\n\
                      603 600 254:1 /l /x/a\\040b\\134c/ledger.db ro - ext4 /dev/vda1 rw\n\
                      604 600 0:60 / /proc\n";
        let is = |path: &str| is_mount_point_in(mounts, Path::new(path));
        assert!(is("/x/ledger.db") && is("/x/a b\\c/ledger.db") && is("/proc"));
        for path in ["/state/ledger.db", "/x/ledger.db-wal", "/x", "/x/a\\040b\\134c/ledger.db", "ledger.db"] {
            assert!(!is(path), "{path}");
        }
    }
}
