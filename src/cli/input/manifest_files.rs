//! Which manifests a command is about, and their bytes: from paths, folders and stdin.
//!
//! In: paths as they were typed. Out: names and bytes within a limit. Never: follows a link out of its folder, opens a
//! device, a file that the machine makes up (`/proc`), or a pipe that nobody named (it would block), or understands what it reads.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::cli::input::links;
use crate::cli::input::near_files;
use crate::exit::ExitStatus;
use crate::manifest::MAX_BYTES;

pub(crate) mod test_files;
pub(crate) mod test_names;

use test_names::is_test_file;

/// All manifests of one command together, in bytes.
const MAX_ALL_BYTES: usize = 256 * 1024 * 1024;

/// The name of what came from stdin.
pub(crate) const STDIN: &str = "<stdin>";

/// A manifest's name for diagnostics, and its bytes.
#[derive(Clone)]
pub(crate) struct ManifestFile {
    /// The path as it was typed or found, or `<stdin>`.
    pub(crate) name: String,
    /// What it holds; one byte above the limit where it holds more.
    pub(crate) bytes: Vec<u8>,
}

/// The folder of the manifest at `path`, from the root on; that of stdin is where the command runs.
pub(crate) fn folder_of(path: &Path) -> Option<PathBuf> {
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    fs::canonicalize(folder).ok()
}

/// What a search found.
#[derive(Default)]
pub(crate) struct ManifestSearch {
    /// Manifests, in the order typed, those of a folder by name.
    pub(crate) files: Vec<ManifestFile>,
    /// How many YAML files of folders are no manifests.
    pub(crate) others: usize,
    /// Files of tests, by name.
    pub(crate) tests: Vec<ManifestFile>,
    /// Those among them that may be meant for one: their names, and the key that they lack.
    pub(crate) near: Vec<(String, &'static str)>,
    /// Files and folders that cannot be read, and why.
    pub(crate) unreadable: Vec<(PathBuf, ManifestFileError)>,
    /// All of their bytes.
    bytes: usize,
}

impl ManifestSearch {
    fn add(&mut self, file: ManifestFile) -> Result<(), ManifestFileError> {
        self.bytes += file.bytes.len();
        self.files.push(file);
        if self.bytes > MAX_ALL_BYTES { Err(ManifestFileError::TooMuch) } else { Ok(()) }
    }
}

/// Why a manifest cannot be had. The user's to mend.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ManifestFileError {
    /// It is not there.
    #[error("`{}` is not there{}", path.display(), near_files::help(path))]
    NotThere {
        /// The path.
        path: PathBuf,
    },
    /// It cannot be read.
    #[error("`{}` cannot be read", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A folder where one manifest is wanted.
    #[error("`{}` is a folder\n  help: name one file in it; `sortie validate` and `sortie run` take folders", path.display())]
    Folder {
        /// The path.
        path: PathBuf,
    },
    /// A device or a socket.
    #[error("`{}` is not a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// More manifests than are read at once.
    #[error("the manifests have more than {} MiB in all\n  help: name fewer of them, or fewer folders", MAX_ALL_BYTES >> 20)]
    TooMuch,
    /// A link on the way leads somewhere else.
    #[error(
        "`{}` is a link, or lies behind one, that leads out of its folder: it is not read\n  help: name the file itself",
        path.display()
    )]
    LeadsOut {
        /// The path.
        path: PathBuf,
    },
    /// No manifest below the folders.
    #[error(
        "there is no manifest below {folders}\n  help: a manifest ends in .yaml or .yml and has the keys `version` and `jobs`"
    )]
    None {
        /// The folders that were searched.
        folders: String,
    },
}

impl From<ManifestFileError> for Failure {
    fn from(error: ManifestFileError) -> Self {
        Self::new(ExitStatus::Usage, &error)
    }
}

/// The one manifest at `path`, or another small file that was named; `-` is stdin.
///
/// A pipe is read to its end, as a shell's `<(...)` is one: whoever named it waits for it, and a signal ends the waiting.
pub(crate) fn read(path: &Path) -> Result<ManifestFile, ManifestFileError> {
    let unreadable = |source| ManifestFileError::Unreadable { path: path.to_owned(), source };
    if path == Path::new("-") {
        let bytes = limited(io::stdin().lock()).map_err(unreadable)?;
        return Ok(ManifestFile { name: STDIN.to_owned(), bytes });
    }
    let metadata = fs::metadata(path).map_err(|error| {
        let is_missing = error.kind() == io::ErrorKind::NotFound;
        if is_missing { ManifestFileError::NotThere { path: path.to_owned() } } else { unreadable(error) }
    })?;
    if metadata.is_dir() {
        return Err(ManifestFileError::Folder { path: path.to_owned() });
    }
    if !metadata.is_file() && !metadata.file_type().is_fifo() {
        return Err(ManifestFileError::NotAFile { path: path.to_owned() });
    }
    if links::leads_out_of_folder(path).map_err(unreadable)? {
        return Err(ManifestFileError::LeadsOut { path: path.to_owned() });
    }
    if links::is_kernel_file(path) && !metadata.file_type().is_fifo() {
        return Err(ManifestFileError::NotAFile { path: path.to_owned() });
    }
    let bytes = File::open(path).and_then(limited).map_err(unreadable)?;
    Ok(ManifestFile { name: path.display().to_string(), bytes })
}

/// The manifests at `paths`, of which folders are searched; none given means this folder. What cannot be read is listed, and
/// the others are found all the same.
pub(crate) fn search(paths: &[PathBuf]) -> Result<ManifestSearch, ManifestFileError> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here[..] } else { paths };
    let mut found = ManifestSearch::default();
    for path in paths {
        if path.is_dir() {
            search_folder(path, &mut found)?;
        } else {
            match read(path) {
                Ok(file) => found.add(file)?,
                Err(error) => found.unreadable.push((path.clone(), error)),
            }
        }
    }
    if found.files.is_empty() && found.unreadable.is_empty() {
        let folders = paths.iter().map(|path| format!("`{}`", path.display())).collect::<Vec<_>>().join(", ");
        return Err(ManifestFileError::None { folders });
    }
    Ok(found)
}

/// The manifests and files of tests below `folder`.
pub(crate) fn search_below(folder: &Path) -> Result<ManifestSearch, ManifestFileError> {
    let mut found = ManifestSearch::default();
    search_folder(folder, &mut found)?;
    Ok(found)
}

/// Adds the manifests below `folder`, by name. Links, hidden entries and what cannot be opened as a file are passed over.
fn search_folder(folder: &Path, found: &mut ManifestSearch) -> Result<(), ManifestFileError> {
    let unreadable = |source| (folder.to_owned(), ManifestFileError::Unreadable { path: folder.to_owned(), source });
    let kinds = |entry: fs::DirEntry| Ok((entry.file_name(), entry.file_type()?));
    let listed = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.and_then(kinds)).collect::<io::Result<Vec<_>>>());
    let mut entries = match listed {
        Ok(entries) => entries,
        Err(error) => {
            found.unreadable.push(unreadable(error));
            return Ok(());
        }
    };
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (name, kind) in entries {
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        // `./a.yaml` is shown as `a.yaml`.
        let path = folder.join(&name);
        let path = path.strip_prefix(".").unwrap_or(&path);
        if kind.is_dir() {
            search_folder(path, found)?;
        } else if kind.is_file() && path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
            let file = match read(path) {
                Ok(file) => file,
                Err(error) => {
                    found.unreadable.push((path.to_owned(), error));
                    continue;
                }
            };
            if is_test_file(path) {
                found.tests.push(file);
                continue;
            }
            match likeness(&file.bytes) {
                ManifestLikeness::Manifest => found.add(file)?,
                ManifestLikeness::Lacks(key) => {
                    found.others += 1;
                    found.near.push((file.name, key));
                }
                ManifestLikeness::None => found.others += 1,
            }
        }
    }
    Ok(())
}

/// How much a YAML file among others looks as if it were meant for sortie.
enum ManifestLikeness {
    /// It names the schema, or has the two keys that others lack together.
    Manifest,
    /// It has one of the two keys, and not this one.
    Lacks(&'static str),
    None,
}

/// Whether `bytes` look as if they were meant for sortie.
pub(crate) fn is_manifest(bytes: &[u8]) -> bool {
    matches!(likeness(bytes), ManifestLikeness::Manifest)
}

fn likeness(bytes: &[u8]) -> ManifestLikeness {
    let begins = |key: &[u8]| bytes.split(|byte| *byte == b'\n').any(|line| line.starts_with(key));
    let modeline = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if modeline.windows(13).any(|window| window == b"sortie.schema") {
        return ManifestLikeness::Manifest;
    }
    match (begins(b"version:"), begins(b"jobs:")) {
        (true, true) => ManifestLikeness::Manifest,
        (true, false) => ManifestLikeness::Lacks("jobs"),
        (false, true) => ManifestLikeness::Lacks("version"),
        (false, false) => ManifestLikeness::None,
    }
}

fn limited(from: impl io::Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(paths: &[PathBuf], root: &Path) -> Result<(Vec<String>, usize), String> {
        let found = search(paths).map_err(|error| error.to_string())?;
        let shown = |file: &ManifestFile| file.name.replace(&format!("{}/", root.display()), "");
        Ok((found.files.iter().map(shown).collect(), found.others))
    }

    #[test]
    fn folders_are_searched_for_what_is_meant_for_sortie() {
        let root = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        };
        write("b.yml", "version: 1\nname: b\njobs: {}\n");
        write("a/deep/c.yaml", "# yaml-language-server: $schema=x/sortie.schema.json\njbos: {}\n");
        write("compose.yaml", "version: 1\nservices: {}\n");
        write(".github/ci.yaml", "version: 1\njobs: {}\n");
        write("notes.txt", "version: 1\njobs: {}\n");
        std::os::unix::fs::symlink("/etc", root.path().join("out")).expect("a link");
        let all = [root.path().to_owned()];
        assert_eq!(names(&all, root.path()), Ok((vec!["a/deep/c.yaml".to_owned(), "b.yml".to_owned()], 1)));
        write("ci.yaml", "jobs: {}\n");
        write("values.yaml", "a: 1\n");
        let found = search(&all).unwrap_or_else(|error| panic!("{error}"));
        let near: Vec<(bool, &str)> = found.near.iter().map(|(name, key)| (name.ends_with("/ci.yaml"), *key)).collect();
        assert_eq!((found.others, near), (3, vec![(true, "version"), (false, "jobs")]));
        fs::remove_file(root.path().join("ci.yaml")).expect("removed");
        let named = [root.path().join("compose.yaml"), root.path().join("b.yml")];
        assert_eq!(names(&named, root.path()), Ok((vec!["compose.yaml".to_owned(), "b.yml".to_owned()], 0)));
        let nothing = [root.path().join(".github")];
        fs::remove_file(root.path().join(".github/ci.yaml")).expect("removed");
        assert!(names(&nothing, root.path()).is_err_and(|words| words.starts_with("there is no manifest below")));
    }

    #[test]
    fn manifests_have_so_many_bytes_in_all_and_no_more() {
        let file = |length| ManifestFile { name: "m.yaml".to_owned(), bytes: vec![0; length] };
        let mut found = ManifestSearch::default();
        assert!(found.add(file(MAX_ALL_BYTES)).is_ok());
        assert!(matches!(found.add(file(1)), Err(ManifestFileError::TooMuch)));
    }

    #[test]
    fn what_is_no_file_is_not_opened() {
        assert!(matches!(read(Path::new("/dev/zero")), Err(ManifestFileError::NotAFile { .. })));
        assert!(matches!(read(Path::new("/")), Err(ManifestFileError::Folder { .. })));
        assert!(matches!(read(Path::new("/proc/self/environ")), Err(ManifestFileError::NotAFile { .. })));
        assert!(matches!(read(Path::new("/nowhere/a.yaml")), Err(ManifestFileError::NotThere { .. })));
    }
}
