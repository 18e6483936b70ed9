//! A manifest of one side of a comparison, wherever it is, and the files beside it.
//!
//! In: a path here, or one of a git revision. Out: the manifest's bytes, and what reads the files that it names. Never: understands
//! what it reads.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::revision::Revision;
use crate::cli::failure::Failure;
use crate::cli::input::data_files::{self, DataFileError};
use crate::cli::input::manifest_files::{self, ManifestFile};
use crate::cli::input::saved_plan_file;
use crate::manifest::MAX_BYTES;
use crate::plan::Inputs;
use crate::saved_plan::SavedPlan;
use crate::source::Packed;

/// So many bytes of a file are looked at for what it is.
const BEGINNING_BYTES: u64 = 200;

/// A manifest of one side.
pub(super) struct SideManifest {
    /// Its name for people, and its bytes.
    pub(super) file: ManifestFile,
    beside: Beside,
}

/// Where the files beside a manifest are.
enum Beside {
    /// In this folder.
    Here(PathBuf),
    /// In this folder of a revision, by its path from the repository's root on.
    At(Rc<Revision>, String),
    /// In a saved plan, which has all that it was made of.
    Saved(Box<SavedPlan>),
}

impl SideManifest {
    /// The manifest at `path` here, or the one in the saved plan there; `-` is a manifest from stdin.
    pub(super) fn here(path: &Path) -> Result<Self, Failure> {
        if is_saved_plan(path) {
            let plan = saved_plan_file::read(path)?;
            let name = format!("{} ({})", path.display(), plan.inputs.manifest);
            let file = ManifestFile { name, bytes: plan.inputs.text.clone().into_bytes() };
            return Ok(Self { file, beside: Beside::Saved(Box::new(plan)) });
        }
        Ok(Self::found(manifest_files::read(path)?, path))
    }

    /// The manifest in `file`, which is at `path` here.
    pub(super) fn found(file: ManifestFile, path: &Path) -> Self {
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder.to_owned(),
            Some(_) | None => PathBuf::from("."),
        };
        Self { file, beside: Beside::Here(folder) }
    }

    /// The manifest at `path` of `revision`, from the repository's root on.
    pub(super) fn at(revision: &Rc<Revision>, path: &str) -> Result<Self, Failure> {
        let bytes = revision.read(path, MAX_BYTES)?;
        let folder = path.rsplit_once('/').map(|(folder, _)| folder.to_owned()).unwrap_or_default();
        let file = ManifestFile { name: format!("{}:{path}", revision.name()), bytes };
        Ok(Self { file, beside: Beside::At(Rc::clone(revision), folder) })
    }

    /// Its name, as far as its text shows it at a glance: a manifest that was moved to another file is known by it.
    pub(super) fn named(&self) -> Option<&str> {
        let text = std::str::from_utf8(&self.file.bytes).ok()?;
        let value = text.lines().find_map(|line| line.strip_prefix("name:"))?;
        let value = value.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']);
        (!value.is_empty()).then_some(value)
    }

    /// What reads the files beside it, once its bytes are gone.
    pub(super) fn into_parts(self) -> (ManifestFile, FilesBeside) {
        (self.file, FilesBeside(self.beside))
    }
}

/// The files beside a manifest.
pub(super) struct FilesBeside(Beside);

impl FilesBeside {
    /// The file that the manifest names as `path`.
    pub(super) fn read(&self, path: &str) -> Result<Packed, DataFileError> {
        match &self.0 {
            Beside::Here(folder) => data_files::read_beside(folder, path),
            Beside::At(revision, folder) => revision.read_beside(folder, path),
            Beside::Saved(plan) => plan.inputs.files.get(path).cloned().ok_or(DataFileError::NotThere),
        }
    }

    /// The file whose name is nearest to `path`, which is missing.
    pub(super) fn near(&self, path: &str) -> Option<String> {
        match &self.0 {
            Beside::Here(folder) => data_files::near_below(folder, path),
            Beside::At(revision, folder) => revision.near_beside(folder, path),
            Beside::Saved(_) => None,
        }
    }

    /// What a saved plan was made of; `None` where it is none.
    pub(super) fn saved(&self) -> Option<&Inputs> {
        match &self.0 {
            Beside::Here(_) | Beside::At(..) => None,
            Beside::Saved(plan) => Some(&plan.inputs),
        }
    }
}

/// Whether the file at `path` begins as a saved plan does. Pipes are not looked into: what is read of them is gone.
fn is_saved_plan(path: &Path) -> bool {
    let mut beginning = Vec::new();
    let is_file = fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    let read = is_file.then(|| File::open(path)?.take(BEGINNING_BYTES).read_to_end(&mut beginning));
    let text = String::from_utf8_lossy(&beginning);
    read.is_some_and(|read| read.is_ok()) && text.trim_start().starts_with('{') && text.contains("\"sortie-plan\"")
}
