//! The files of a git revision, read by the `git` of this machine.
//!
//! In: a revision as git names it. Out: its manifests, and the files beside them. Never: changes a working tree, follows a link,
//! asks another machine, or runs what a repository may bring along: hooks, filters, helpers for diffs.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Component, Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::cli::failure::Failure;
use crate::cli::input::data_files::{DataFileError, MAX_DATA_FILE_BYTES};
use crate::cli::input::links;
use crate::diagnostic::nearest;
use crate::exit::ExitStatus;
use crate::source::Packed;

/// Why a revision cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RevisionError {
    /// No git.
    #[error(
        "git cannot be run: {0}\n  help: a revision is read by the `git` of this machine; compare two files or folders instead"
    )]
    NoGit(#[source] io::Error),
    /// Git refuses.
    #[error("git cannot read `{revision}`: {said}")]
    Refused {
        /// The revision.
        revision: String,
        /// What git says.
        said: String,
    },
    /// The commit does not have the file.
    #[error(
        "`{revision}` has no file or folder `{path}`{}",
        near.as_ref().map(|near| format!("\n  help: did you mean `{revision}:{near}`?")).unwrap_or_default()
    )]
    NoFile {
        /// The revision.
        revision: String,
        /// The path, from the repository's root on.
        path: String,
        /// The path of the file that is named nearest.
        near: Option<String>,
    },
}

impl RevisionError {
    /// Whether the repository simply has no such revision.
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Self::Refused { said, .. } if said.contains("Needed a single revision"))
    }
}

impl From<RevisionError> for Failure {
    fn from(error: RevisionError) -> Self {
        Self::new(ExitStatus::Usage, &error)
    }
}

/// A commit, and its files by their paths from the repository's root on.
pub(crate) struct Revision {
    name: String,
    /// The folder of this process, from the root on: empty, or with a slash at its end.
    prefix: String,
    root: PathBuf,
    files: BTreeMap<String, TreeEntry>,
    blobs: RefCell<BlobReader>,
}

/// A file as the commit lists it.
struct TreeEntry {
    /// Whether it is a file, and no link or other repository.
    is_file: bool,
    object: String,
}

/// One `git cat-file --batch`, asked for one object after the other.
struct BlobReader {
    child: Child,
    answers: BufReader<ChildStdout>,
}

/// `git` as it is run here: offline, without locks, and without anything that a repository's configuration may name.
fn git(arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        .args(["--no-optional-locks", "--literal-pathspecs", "--no-replace-objects", "-c", "core.fsmonitor=false"])
        .args(arguments)
        .env("GIT_NO_LAZY_FETCH", "1")
        // A git from before 2.44 does not know that, and would fetch what a partial clone lacks: by no protocol can it.
        .env("GIT_ALLOW_PROTOCOL", "none")
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    command
}

fn ask(revision: &str, arguments: &[&str]) -> Result<Vec<u8>, RevisionError> {
    let output = git(arguments).output().map_err(RevisionError::NoGit)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim().lines().next().unwrap_or("it says nothing").trim_start_matches("fatal: ").to_owned();
    Err(RevisionError::Refused { revision: revision.to_owned(), said })
}

fn line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end_matches(['\n', '\r']).to_owned()
}

impl Revision {
    /// The commit that `name` stands for in the repository of this folder.
    pub(crate) fn open(name: &str) -> Result<Self, RevisionError> {
        let commit = format!("{name}^{{commit}}");
        let commit = line(&ask(name, &["rev-parse", "--verify", "--end-of-options", &commit])?);
        let prefix = line(&ask(name, &["rev-parse", "--show-prefix"])?);
        let root = PathBuf::from(line(&ask(name, &["rev-parse", "--show-toplevel"])?));
        let listed = ask(name, &["ls-tree", "-r", "-z", "--full-tree", &commit])?;
        let entries = listed.split(|byte| *byte == 0).filter_map(tree_entry);
        let mut child = git(&["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(RevisionError::NoGit)?;
        let answers = BufReader::new(child.stdout.take().expect("it was piped"));
        let blobs = RefCell::new(BlobReader { child, answers });
        Ok(Self { name: name.to_owned(), prefix, root, files: entries.collect(), blobs })
    }

    /// Its name, as it was typed.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The path from the root on of what is typed as `path` in this folder; `None` where that is outside of the repository.
    pub(crate) fn path_here(&self, path: &Path) -> Option<String> {
        let path = match path.strip_prefix(&self.root) {
            Ok(below) => below.to_owned(),
            Err(_) if path.is_absolute() => return None,
            Err(_) => Path::new(&self.prefix).join(path),
        };
        normal(&path)
    }

    /// Where `path`, from the root on, lies in the working tree.
    pub(crate) fn in_working_tree(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// The paths of the YAML files below the folder `folder`, from the root on, in order; hidden ones are passed over.
    pub(crate) fn yaml_files<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a str> {
        let below = move |path: &str| match folder {
            "" => true,
            folder => path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')),
        };
        let is_yaml = |path: &str| Path::new(path).extension().is_some_and(|end| end == "yaml" || end == "yml");
        let is_plain = move |path: &str| {
            let rest = path[folder.len()..].trim_start_matches('/');
            !links::is_hidden(Path::new(rest))
        };
        let files = self.files.iter().filter(|(_, entry)| entry.is_file).map(|(path, _)| path.as_str());
        files.filter(move |path| below(path) && is_yaml(path) && is_plain(path))
    }

    /// Whether the commit has something else than a folder at `path`, from the root on.
    pub(crate) fn has_file(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// The path of the file that is named nearest to `path`.
    pub(crate) fn near(&self, path: &str) -> Option<String> {
        let below = self.files.iter().filter(|(_, entry)| entry.is_file).map(|(path, _)| path.as_str());
        nearest(path, below).map(str::to_owned)
    }

    /// The path below `folder` of the file there that is named nearest to `path`.
    pub(crate) fn near_beside(&self, folder: &str, path: &str) -> Option<String> {
        let files = self.files.iter().filter(|(_, entry)| entry.is_file).map(|(path, _)| path.as_str());
        let below = files.filter_map(|file| match folder {
            "" => Some(file),
            folder => file.strip_prefix(folder)?.strip_prefix('/'),
        });
        nearest(path, below.filter(|path| !links::is_hidden(Path::new(path)))).map(str::to_owned)
    }

    /// Whether the commit has a folder at `path`, from the root on.
    pub(crate) fn has_folder(&self, path: &str) -> bool {
        path.is_empty()
            || self
                .files
                .range(format!("{path}/")..)
                .next()
                .is_some_and(|(file, _)| file.starts_with(&format!("{path}/")))
    }

    /// The bytes of the file at `path`, from the root on: at most `limit`, and one more where there are more.
    pub(crate) fn read(&self, path: &str, limit: usize) -> Result<Vec<u8>, RevisionError> {
        let refused =
            |said: &str| RevisionError::Refused { revision: self.name.clone(), said: format!("`{path}` {said}") };
        let Some(entry) = self.files.get(path) else {
            let near = self.near(path);
            return Err(RevisionError::NoFile { revision: self.name.clone(), path: path.to_owned(), near });
        };
        if !entry.is_file {
            return Err(refused("is not a regular file there"));
        }
        self.blobs.borrow_mut().read(&entry.object, limit).map_err(|error| refused(&error.to_string()))
    }

    /// The file that a manifest in `folder` names as `path`.
    pub(crate) fn read_beside(&self, folder: &str, path: &str) -> Result<Packed, DataFileError> {
        let missing = || io::Error::from(io::ErrorKind::NotFound);
        let below = normal(Path::new(path)).ok_or(DataFileError::Outside)?;
        if links::is_hidden(Path::new(&below)) {
            return Err(DataFileError::Hidden);
        }
        let path = if folder.is_empty() { below } else { format!("{folder}/{below}") };
        let entry = self.files.get(&path).ok_or_else(missing)?;
        if !entry.is_file {
            return Err(DataFileError::NotAFile);
        }
        let bytes = self.blobs.borrow_mut().read(&entry.object, MAX_DATA_FILE_BYTES as usize)?;
        Packed::read(bytes.as_slice(), MAX_DATA_FILE_BYTES)?.ok_or(DataFileError::TooLarge)
    }
}

/// `mode type object TAB path`, as `ls-tree -z` writes it. Paths that are not UTF-8 are passed over: no manifest names one.
fn tree_entry(line: &[u8]) -> Option<(String, TreeEntry)> {
    let (head, path) = std::str::from_utf8(line).ok()?.split_once('\t')?;
    let mut words = head.split(' ');
    let (mode, _, object) = (words.next()?, words.next()?, words.next()?);
    Some((path.to_owned(), TreeEntry { is_file: mode.starts_with("100"), object: object.to_owned() }))
}

/// `path` without `.` and `..`; `None` where it leads out.
fn normal(path: &Path) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop()?),
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts.join("/"))
}

impl BlobReader {
    fn read(&mut self, object: &str, limit: usize) -> io::Result<Vec<u8>> {
        let strange = || io::Error::other("git does not answer as it should");
        let asked = self.child.stdin.as_mut().ok_or_else(strange)?;
        writeln!(asked, "{object}")?;
        asked.flush()?;
        let mut head = String::new();
        self.answers.read_line(&mut head)?;
        // `OBJECT blob SIZE`
        let mut words = head.split_whitespace().skip(1);
        let (Some("blob"), Some(Ok(size))) = (words.next(), words.next().map(str::parse::<u64>)) else {
            return Err(strange());
        };
        let mut bytes = Vec::new();
        self.answers.by_ref().take(size.min(limit as u64 + 1)).read_to_end(&mut bytes)?;
        // The rest, and the line's end, so that the next answer begins where it is looked for.
        io::copy(&mut self.answers.by_ref().take(size - bytes.len() as u64 + 1), &mut io::sink())?;
        Ok(bytes)
    }
}

impl Drop for BlobReader {
    fn drop(&mut self) {
        // It has nothing to lose; one that hangs, or still writes an answer that nobody reads, would not end by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
