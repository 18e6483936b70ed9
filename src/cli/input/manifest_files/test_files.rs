//! Which test files a command is about, and the manifests that have none.
//!
//! In: paths as they were typed. Out: test files with their bytes, and names. Never: understands what it reads.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;
use crate::cli::input::manifest_files::test_names::{is_test_file, tests_of};
use crate::cli::input::manifest_files::{self, ManifestFile, ManifestSearch};
use crate::exit::ExitStatus;

/// Test files, and manifests that have none.
#[derive(Default)]
pub(crate) struct FoundTests {
    /// The test files, in the order typed, those of a folder by name.
    pub(crate) files: Vec<ManifestFile>,
    /// Manifests of folders that no test file of these is beside.
    pub(crate) untested: Vec<String>,
}

/// The tests at `paths`, of which folders are searched; none given means this folder.
pub(crate) fn search(paths: &[PathBuf]) -> Result<FoundTests, Failure> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here[..] } else { paths };
    let mut found = FoundTests::default();
    for path in paths {
        if path.is_dir() {
            let ManifestSearch { files, tests, unreadable, .. } = manifest_files::search_below(path)?;
            if let Some((_, error)) = unreadable.into_iter().next() {
                return Err(error.into());
            }
            let manifests = files.into_iter().map(|file| file.name);
            found.untested.extend(manifests.filter(|name| tests_of(Path::new(name)).is_none()));
            found.files.extend(tests);
        } else if is_test_file(path) {
            found.files.push(manifest_files::read(path)?);
        } else if let Some(tests) = tests_of(path).filter(|_| path.exists()) {
            found.files.push(manifest_files::read(&tests)?);
        } else {
            fs::metadata(path).map_err(|_| Failure::from(missing(path)))?;
            let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            let words = format!(
                "`{}` has no tests\n  help: write `{name}.test.yaml` beside it; `sortie help manifest-tests` shows how",
                path.display()
            );
            return Err(Failure::with_message(ExitStatus::Usage, words));
        }
    }
    if found.files.is_empty() {
        let words = "there are no tests here\n  help: tests of `night.yaml` are in `night.test.yaml` beside it; `sortie help \
                     manifest-tests` shows how";
        return Err(Failure::with_message(ExitStatus::Usage, words.to_owned()));
    }
    Ok(found)
}

fn missing(path: &Path) -> manifest_files::ManifestFileError {
    manifest_files::ManifestFileError::NotThere { path: path.to_owned() }
}
