//! Where links lead, and which files a manifest's words do not reach.
//!
//! In: paths. Out: whether a link leads out of its folder, whether a path is hidden, or the machine's own. Never: reads a
//! file's bytes.

use std::fs;
use std::io;
use std::path::{Component, Path};

/// Where a shell puts what it hands over itself, as `<(...)` and stdin: links that lead to pipes.
const HANDED_OVER: [&str; 3] = ["/dev/fd", "/dev/stdin", "/proc/self/fd"];

/// Whether a link on the way to the file at `path` leads out of the folder in which the link lies.
///
/// Of an absolute path only the last part is looked at: the folders of a machine are its owner's, as `/tmp` is a link on
/// some. A file that the shell hands over leads nowhere.
pub(crate) fn leads_out_of_folder(path: &Path) -> io::Result<bool> {
    if HANDED_OVER.iter().any(|place| path.starts_with(place)) {
        return Ok(false);
    }
    let mut folder = path.ancestors().last().map(Path::to_owned).unwrap_or_default();
    let mut parts = path.components().peekable();
    while let Some(part) = parts.next() {
        let at = folder.join(part);
        let is_looked_at = matches!(part, Component::Normal(_)) && (path.is_relative() || parts.peek().is_none());
        if is_looked_at && fs::symlink_metadata(&at)?.is_symlink() {
            let home = if folder == Path::new("") { Path::new(".") } else { &folder }.canonicalize()?;
            if !at.canonicalize()?.starts_with(home) {
                return Ok(true);
            }
        }
        folder = at;
    }
    Ok(false)
}

/// Whether the file at `path`, wherever links lead, is one that the machine makes up as it is read, as `/proc` has them.
pub(crate) fn is_kernel_file(path: &Path) -> bool {
    path.canonicalize().is_ok_and(|path| ["/proc", "/sys", "/dev"].iter().any(|place| path.starts_with(place)))
}

/// Whether a part of `path`, which links were followed to, begins with a dot. Two dots are those of a mounted volume
/// (`..data`), which lie before nobody's files.
pub(crate) fn is_hidden(path: &Path) -> bool {
    path.components().any(|part| {
        let name = part.as_os_str().as_encoded_bytes();
        matches!(part, Component::Normal(_)) && name.starts_with(b".") && !name.starts_with(b"..")
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_may_lead_below_its_own_folder_and_nowhere_else() {
        let root = tempfile::tempdir().expect("a folder");
        let at = |name: &str| root.path().join(name);
        fs::create_dir_all(at("m/..2026/deep")).expect("made");
        fs::create_dir(at("elsewhere")).expect("made");
        for name in ["m/plain.yaml", "m/..2026/a.yaml", "elsewhere/b.yaml"] {
            fs::write(at(name), "x").expect("written");
        }
        // As a cluster mounts a volume.
        symlink("..2026", at("m/..data")).expect("a link");
        symlink("..data/a.yaml", at("m/a.yaml")).expect("a link");
        symlink("../elsewhere/b.yaml", at("m/b.yaml")).expect("a link");
        symlink("b.yaml", at("m/twice.yaml")).expect("a link");
        symlink("/proc/self/environ", at("m/environ.yaml")).expect("a link");
        symlink(at("m"), at("name")).expect("a link");
        for (name, expected) in [
            ("m/plain.yaml", false),
            ("m/a.yaml", false),
            ("m/../m/plain.yaml", false),
            ("m/b.yaml", true),
            ("m/twice.yaml", true),
            ("m/environ.yaml", true),
            // The folder's own name is its owner's.
            ("name/plain.yaml", false),
            ("name/b.yaml", true),
        ] {
            assert_eq!(leads_out_of_folder(&at(name)).expect("it is there"), expected, "{name}");
        }
        assert!(leads_out_of_folder(&at("m/none.yaml")).is_err());
        assert!(!leads_out_of_folder(Path::new("/dev/fd/63")).expect("the shell's"));
        assert!(
            is_kernel_file(&at("m/environ.yaml"))
                && is_kernel_file(Path::new("/dev/null"))
                && !is_kernel_file(&at("m/b.yaml"))
        );
    }

    #[test]
    fn what_begins_with_one_dot_is_hidden() {
        for (path, expected) in [
            (".git/config", true),
            ("a/.env", true),
            ("/home/x/.ssh/id", true),
            ("./a", false),
            ("../a", false),
            ("..data/a.csv", false),
            ("a.b/c.d", false),
        ] {
            assert_eq!(is_hidden(Path::new(path)), expected, "{path}");
        }
    }
}
