//! Whether a path lies on a file system where SQLite's locks cannot be relied on.

use std::fs;
use std::path::{Path, PathBuf};

/// File systems that speak to another machine, by the kernel's names.
const NETWORK: [&str; 11] =
    ["nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "lustre", "fuse.sshfs", "fuse.glusterfs", "fuse.s3fs"];

/// The name of the network file system under `path`; none where it is local, or where the kernel does not say.
///
/// Source: proc(5), `/proc/self/mountinfo`.
pub(super) fn network_file_system(path: &Path) -> Option<&'static str> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = fs::canonicalize(folder).ok()?;
    kind_in(&fs::read_to_string("/proc/self/mountinfo").ok()?, &folder)
}

fn kind_in(mounts: &str, folder: &Path) -> Option<&'static str> {
    let (_, kind) = mounts
        .lines()
        .filter_map(|line| {
            let (mount, kind) = line.split_once(" - ")?;
            let point = PathBuf::from(mount.split(' ').nth(4)?.replace("\\040", " "));
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
}
