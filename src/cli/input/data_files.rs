//! The files beside a manifest that it reads, and those that were given for a job: their bytes, within limits.
//!
//! In: what a plan wants, and where the manifest lies. Out: packed texts. Never: a file outside of the manifest's folder,
//! by `..`, an absolute path or a link, or under a name that begins with a dot, unless its path was typed; a pipe or
//! device; or what a text means.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::cli::failure::Failure;
use crate::cli::input::links;
use crate::cli::input::manifest_files::STDIN;
use crate::cli::input::near_files;
use crate::diagnostic::{Code, Diagnosed, Diagnostic};
use crate::exit::ExitStatus;
use crate::plan::{Inputs, RequiredFile, required_files};
use crate::source::Packed;
use crate::spec::Spec;

/// Maximum data file, in bytes.
pub(crate) const MAX_DATA_FILE_BYTES: u32 = 256 * 1024 * 1024;

/// Why a data file cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DataFileError {
    /// It is not there.
    #[error("is not there")]
    NotThere,
    /// Nobody may read it, or the disk fails.
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
    /// Another folder's.
    #[error("lies outside of the manifest's folder, where a link leads")]
    Outside,
    /// Other programs' files.
    #[error("lies in a folder, or has a name, that begins with a dot: no manifest reads such files")]
    Hidden,
    /// A folder, a pipe, a device.
    #[error("is not a regular file")]
    NotAFile,
    /// More than anybody reads.
    #[error("has more than {MAX_DATA_FILE_BYTES} bytes")]
    TooLarge,
}

/// Reads every file that the plan of `spec` wants into `inputs`; `manifest` is the manifest's path.
pub(crate) fn fill(spec: &Spec, inputs: &mut Inputs, manifest: &Path) -> Diagnosed<()> {
    let folder = match manifest.parent() {
        Some(folder) if folder != Path::new("") => folder,
        Some(_) | None => Path::new("."),
    };
    fill_from(spec, inputs, &|path| read_beside(folder, path), &|path| near_below(folder, path))
}

/// The same from wherever `read` finds the files beside the manifest; `near` is asked for the file there whose name is nearest to
/// one that is missing.
pub(crate) fn fill_from(
    spec: &Spec,
    inputs: &mut Inputs,
    read: &dyn Fn(&str) -> Result<Packed, DataFileError>,
    near: &dyn Fn(&str) -> Option<String>,
) -> Diagnosed<()> {
    let mut complaints = Vec::new();
    loop {
        let wanted = required_files(spec, inputs);
        for RequiredFile { path, place } in &wanted {
            match read(path) {
                Ok(text) => drop(inputs.files.insert(path.clone(), text)),
                Err(error) => {
                    let complaint =
                        Diagnostic::error(Code::DataFile, *place, format!("the data file `{path}` {error}"));
                    let near = if let DataFileError::NotThere = error { near(path) } else { None };
                    complaints.push(
                        complaint.help(near.map_or_else(|| WHERE.to_owned(), |near| format!("did you mean `{near}`?"))),
                    );
                }
            }
        }
        if wanted.is_empty() || !complaints.is_empty() {
            return Diagnosed::new((), complaints);
        }
    }
}

/// Where the files of a manifest may lie.
const WHERE: &str =
    "data files lie beside the manifest or below; `--data JOB=FILE` and `--arguments JOB=FILE` take any file";

impl From<io::Error> for DataFileError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::NotThere } else { Self::Unreadable(error) }
    }
}

/// The file below `folder` whose name is nearest to `path`; nothing is looked at where a link leads out.
pub(crate) fn near_below(folder: &Path, path: &str) -> Option<String> {
    let near = near_files::near(&folder.join(path))?;
    let (root, found) = (folder.canonicalize().ok()?, near.canonicalize().ok()?);
    let below = found.strip_prefix(root).ok().filter(|below| !links::is_hidden(below))?;
    let name = near.file_name()?.to_str()?;
    let typed = Path::new(path).with_file_name(name);
    below.to_str().and(typed.to_str()).map(str::to_owned)
}

/// The file at `path` below `folder`, wherever links lead, as long as they stay below it.
pub(crate) fn read_beside(folder: &Path, path: &str) -> Result<Packed, DataFileError> {
    let folder = folder.canonicalize()?;
    let path = folder.join(path).canonicalize()?;
    match path.strip_prefix(&folder) {
        Err(_) => Err(DataFileError::Outside),
        Ok(below) if links::is_hidden(below) => Err(DataFileError::Hidden),
        Ok(_) => read_file(&path),
    }
}

fn read_file(path: &Path) -> Result<Packed, DataFileError> {
    // Opening a pipe would wait for its other end.
    if !fs::metadata(path)?.is_file() {
        return Err(DataFileError::NotAFile);
    }
    Packed::read(File::open(path)?, MAX_DATA_FILE_BYTES)?.ok_or(DataFileError::TooLarge)
}

/// The name and text of a file whose path was typed; `-` is stdin.
pub(crate) fn read_given(path: &Path) -> Result<(String, Packed), Failure> {
    let (name, text) = if path == Path::new("-") {
        let text = Packed::read(io::stdin().lock(), MAX_DATA_FILE_BYTES).map_err(DataFileError::from);
        (STDIN.to_owned(), text.and_then(|text| text.ok_or(DataFileError::TooLarge)))
    } else {
        (path.display().to_string(), read_file(path))
    };
    match text {
        Ok(text) => Ok((name, text)),
        Err(error) => Err(Failure::with_message(ExitStatus::Usage, format!("`{name}` {error}"))),
    }
}

/// Refuses what would read stdin twice: the first reader would leave nothing for the second.
pub(crate) fn check_stdin_use<'a>(paths: impl IntoIterator<Item = (&'a str, &'a Path)>) -> Result<(), Failure> {
    let mut from_stdin = paths.into_iter().filter(|(_, path)| *path == Path::new("-")).map(|(what, _)| what);
    match (from_stdin.next(), from_stdin.next()) {
        (Some(first), Some(second)) => {
            let words = format!("{first} and {second} cannot both come from stdin");
            Err(Failure::with_message(ExitStatus::Usage, words))
        }
        (_, _) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HIDDEN: &str = "lies in a folder, or has a name, that begins with a dot: no manifest reads such files";

    #[test]
    fn no_file_outside_of_the_folder_is_read_and_no_pipe_is_opened() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = root.path().join("manifests");
        fs::create_dir_all(folder.join("data")).expect("made");
        fs::write(folder.join("data/rows.csv"), "id\n1\n").expect("written");
        fs::write(root.path().join("outside.csv"), "id\n2\n").expect("written");
        let link = |to: &Path, name: &str| std::os::unix::fs::symlink(to, folder.join(name)).expect("a link");
        link(&folder.join("data/rows.csv"), "inside.csv");
        link(&root.path().join("outside.csv"), "outside.csv");
        link(Path::new("/dev/zero"), "zero.csv");
        link(Path::new(".."), "up");
        fs::create_dir_all(folder.join(".git")).expect("made");
        fs::create_dir_all(folder.join("..2026")).expect("made");
        for name in [".git/config", ".env", "..2026/mounted.csv"] {
            fs::write(folder.join(name), "id\n3\n").expect("written");
        }
        link(Path::new(".git/config"), "config.csv");
        link(Path::new(".git"), "git");
        link(Path::new("..2026/mounted.csv"), "mounted.csv");
        let pipe = folder.join("pipe.csv");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
        for (path, expected) in [
            ("data/rows.csv", Ok("id\n1\n")),
            ("./data/rows.csv", Ok("id\n1\n")),
            ("inside.csv", Ok("id\n1\n")),
            ("mounted.csv", Ok("id\n3\n")),
            (".git/config", Err(HIDDEN)),
            (".env", Err(HIDDEN)),
            ("config.csv", Err(HIDDEN)),
            ("git/config", Err(HIDDEN)),
            ("outside.csv", Err("lies outside of the manifest's folder, where a link leads")),
            ("up/outside.csv", Err("lies outside of the manifest's folder, where a link leads")),
            ("../outside.csv", Err("lies outside of the manifest's folder, where a link leads")),
            ("zero.csv", Err("lies outside of the manifest's folder, where a link leads")),
            ("pipe.csv", Err("is not a regular file")),
            ("data", Err("is not a regular file")),
            ("nowhere.csv", Err("is not there")),
        ] {
            let read = read_beside(&folder, path).map(|text| text.text()).map_err(|error| error.to_string());
            assert_eq!(read, expected.map(str::to_owned).map_err(str::to_owned), "{path}");
        }
    }
}
