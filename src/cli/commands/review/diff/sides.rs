//! The two sides of a comparison: files and folders of this machine, or of git revisions.
//!
//! In: what was typed. Out: manifests with their names, in pairs. Never: understands what it reads.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::revision::{Revision, RevisionError};
use super::side_manifest::SideManifest;
use crate::cli::failure::Failure;
use crate::cli::input::manifest_files::{self, ManifestFileError};
use crate::exit::ExitStatus;

/// Maximum bytes of all manifests of one revision together.
const MAX_ALL_BYTES: usize = 256 * 1024 * 1024;

/// One side.
pub(super) enum Side {
    /// A file or a folder of this machine.
    Here(PathBuf),
    /// A file or a folder of a revision, by its path from the repository's root on.
    At(Rc<Revision>, String),
}

/// What is there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SideKind {
    File,
    Folder,
    /// The other side has it, and this one does not.
    Nothing,
}

/// A manifest on both sides, or on one.
pub(super) struct SidePair {
    /// Its name for people.
    pub(super) name: String,
    /// What it was.
    pub(super) before: Option<SideManifest>,
    /// What it is.
    pub(super) after: Option<SideManifest>,
}

/// What was typed as one side.
enum Typed {
    Here(PathBuf),
    At(Rc<Revision>, String),
    Revision(Rc<Revision>),
}

/// The sides that `from` and `to` mean. A revision alone stands for the files of the other side as they are there.
pub(super) fn read(from: &str, to: Option<&str>) -> Result<(Side, Side), Failure> {
    let from = typed(from)?;
    let to = to.map(typed).transpose()?;
    let here = || Side::Here(PathBuf::from("."));
    Ok(match (from, to) {
        (Typed::Revision(revision), None) => (counterpart(&revision, &here())?, here()),
        (Typed::At(revision, path), None) => {
            let here = Side::Here(revision.in_working_tree(&path));
            (Side::At(revision, path), here)
        }
        (Typed::Here(path), None) => {
            let path = path.display();
            let words = format!(
                "`{path}` is compared with nothing\n  help: `sortie diff HEAD {path}` compares it with the last commit; or name two \
                 files, or two folders"
            );
            return Err(Failure::with_message(ExitStatus::Usage, words));
        }
        (Typed::Revision(first), Some(Typed::Revision(second))) => {
            (counterpart(&first, &here())?, counterpart(&second, &here())?)
        }
        (Typed::Revision(revision), Some(other)) => {
            let other = other.named();
            (counterpart(&revision, &other)?, other)
        }
        (other, Some(Typed::Revision(revision))) => {
            let other = other.named();
            let there = counterpart(&revision, &other)?;
            (other, there)
        }
        (from, Some(to)) => (from.named(), to.named()),
    })
}

fn typed(text: &str) -> Result<Typed, Failure> {
    let path = Path::new(text);
    if text == "-" || path.exists() {
        return Ok(Typed::Here(path.to_owned()));
    }
    match text.split_once(':') {
        Some((revision, path)) if !revision.is_empty() => {
            let revision = Revision::open(revision)?;
            // As git has it: from the root on, unless it begins with a dot.
            let path = if path == "." || path.starts_with("./") || path.starts_with("../") {
                revision.path_here(Path::new(path)).ok_or_else(|| outside(text))?
            } else {
                path.trim_end_matches('/').to_owned()
            };
            if revision.has_file(&path) || revision.has_folder(&path) {
                return Ok(Typed::At(Rc::new(revision), path));
            }
            Err(RevisionError::NoFile { revision: revision.name().to_owned(), near: revision.near(&path), path }.into())
        }
        Some(_) | None => match Revision::open(text) {
            Ok(revision) => Ok(Typed::Revision(Rc::new(revision))),
            Err(error @ RevisionError::NoGit(_)) => Err(error.into()),
            Err(error) => {
                let help = if error.is_unknown() {
                    "in a pipeline, fetch the branch first (`git fetch origin main`), and name it `origin/main`"
                        .to_owned()
                } else {
                    error.to_string()
                };
                let words = format!("`{text}` is no file or folder here, and no git revision\n  help: {help}");
                Err(Failure::with_message(ExitStatus::Usage, words))
            }
        },
    }
}

fn outside(text: &str) -> Failure {
    Failure::with_message(ExitStatus::Usage, format!("`{text}` lies outside of the repository"))
}

impl Typed {
    fn named(self) -> Side {
        match self {
            Self::Here(path) => Side::Here(path),
            Self::At(revision, path) => Side::At(revision, path),
            Self::Revision(revision) => Side::At(revision, String::new()),
        }
    }
}

/// The files of `side` as they are in `revision`, which may have none of them.
fn counterpart(revision: &Rc<Revision>, side: &Side) -> Result<Side, Failure> {
    let path = match side {
        Side::Here(path) if path == Path::new("-") => {
            let words = "what comes from stdin is in no revision\n  help: name the file on both sides";
            return Err(Failure::with_message(ExitStatus::Usage, words.to_owned()));
        }
        Side::Here(path) => {
            let shown = path.display().to_string();
            // Where links lead, as git sees its files.
            let path = path.canonicalize().unwrap_or_else(|_| path.clone());
            revision.path_here(&path).ok_or_else(|| outside(&shown))?
        }
        Side::At(_, path) => path.clone(),
    };
    Ok(Side::At(Rc::clone(revision), path))
}

impl Side {
    /// What it is, for people.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Here(path) if path == Path::new(".") => "the files here".to_owned(),
            Self::Here(path) => path.display().to_string(),
            Self::At(revision, path) if path.is_empty() => revision.name().to_owned(),
            Self::At(revision, path) => format!("{}:{path}", revision.name()),
        }
    }

    fn kind(&self) -> SideKind {
        match self {
            Self::Here(path) if path.is_dir() => SideKind::Folder,
            // Stdin and pipes are files to us.
            Self::Here(path) if path == Path::new("-") || path.exists() => SideKind::File,
            Self::At(revision, path) if revision.has_file(path) => SideKind::File,
            Self::At(revision, path) if revision.has_folder(path) => SideKind::Folder,
            Self::Here(_) | Self::At(..) => SideKind::Nothing,
        }
    }

    /// Its manifests, by their paths below it.
    fn manifests(&self) -> Result<BTreeMap<String, SideManifest>, Failure> {
        let mut found = BTreeMap::new();
        match self {
            Self::Here(folder) => {
                // A folder that has none is compared all the same: what was there is gone.
                let files = match manifest_files::search(std::slice::from_ref(folder)) {
                    Ok(search) => {
                        if let Some((_, error)) = search.unreadable.into_iter().next() {
                            return Err(error.into());
                        }
                        search.files
                    }
                    Err(ManifestFileError::None { .. }) => Vec::new(),
                    Err(error) => return Err(error.into()),
                };
                // `./` may stand before one of the two.
                let plain = |path: &Path| path.strip_prefix(".").unwrap_or(path).to_owned();
                for file in files {
                    let path = PathBuf::from(&file.name);
                    let below = plain(&path);
                    let below = below.strip_prefix(plain(folder)).unwrap_or(&below).display().to_string();
                    found.insert(below, SideManifest::found(file, &path));
                }
            }
            Self::At(revision, folder) => {
                let paths: Vec<String> = revision.yaml_files(folder).map(str::to_owned).collect();
                let mut bytes = 0;
                for path in paths {
                    let manifest = SideManifest::at(revision, &path)?;
                    if manifest_files::is_manifest(&manifest.file.bytes) {
                        bytes += manifest.file.bytes.len();
                        if bytes > MAX_ALL_BYTES {
                            return Err(ManifestFileError::TooMuch.into());
                        }
                        let below = path[folder.len()..].trim_start_matches('/').to_owned();
                        found.insert(below, manifest);
                    }
                }
            }
        }
        Ok(found)
    }

    /// The one manifest that it is; none where there is nothing.
    fn manifest(&self) -> Result<Option<SideManifest>, Failure> {
        match (self.kind(), self) {
            (SideKind::Nothing, _) => Ok(None),
            (SideKind::File | SideKind::Folder, Self::Here(path)) => SideManifest::here(path).map(Some),
            (SideKind::File | SideKind::Folder, Self::At(revision, path)) => SideManifest::at(revision, path).map(Some),
        }
    }
}

/// The manifests of both sides in pairs: two files whatever their names, those of folders by their paths, and those that are left
/// by the manifests' names.
pub(super) fn pairs(from: &Side, to: &Side) -> Result<Vec<SidePair>, Failure> {
    match (from.kind(), to.kind()) {
        (SideKind::Nothing, SideKind::Nothing) => {
            let words = format!("neither `{}` nor `{}` is there", from.describe(), to.describe());
            Err(Failure::with_message(ExitStatus::Usage, words))
        }
        (SideKind::File, SideKind::File | SideKind::Nothing) | (SideKind::Nothing, SideKind::File) => {
            let (before, after) = (from.manifest()?, to.manifest()?);
            let name = after.as_ref().or(before.as_ref()).map(|side| side.file.name.clone()).unwrap_or_default();
            Ok(vec![SidePair { name, before, after }])
        }
        (SideKind::Folder, SideKind::Folder | SideKind::Nothing) | (SideKind::Nothing, SideKind::Folder) => {
            let of =
                |side: &Side| if side.kind() == SideKind::Nothing { Ok(BTreeMap::new()) } else { side.manifests() };
            Ok(by_path_or_name(of(from)?, of(to)?))
        }
        (SideKind::File, SideKind::Folder) | (SideKind::Folder, SideKind::File) => {
            let words = format!("`{}` and `{}` are a file and a folder", from.describe(), to.describe());
            Err(Failure::with_message(ExitStatus::Usage, format!("{words}\n  help: name two files or two folders")))
        }
    }
}

fn by_path_or_name(
    mut before: BTreeMap<String, SideManifest>,
    mut after: BTreeMap<String, SideManifest>,
) -> Vec<SidePair> {
    let mut pairs = Vec::new();
    let shared: Vec<String> = after.keys().filter(|path| before.contains_key(*path)).cloned().collect();
    for name in shared {
        let (before, after) = (before.remove(&name), after.remove(&name));
        pairs.push(SidePair { name, before, after });
    }
    let (old, new) = (by_name(&before), by_name(&after));
    for (name, to) in new {
        if let Some(from) = old.get(&name) {
            let pair =
                SidePair { name: format!("{from} -> {to}"), before: before.remove(from), after: after.remove(&to) };
            pairs.push(pair);
        }
    }
    pairs.extend(after.into_iter().map(|(name, after)| SidePair { name, before: None, after: Some(after) }));
    pairs.extend(before.into_iter().map(|(name, before)| SidePair { name, before: Some(before), after: None }));
    pairs.sort_by(|one, other| one.name.cmp(&other.name));
    pairs
}

/// The paths of manifests whose name no other one of them has, by name.
fn by_name(manifests: &BTreeMap<String, SideManifest>) -> BTreeMap<String, String> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for name in manifests.values().filter_map(SideManifest::named) {
        *counts.entry(name).or_default() += 1;
    }
    let named = manifests.iter().filter_map(|(path, side)| Some((side.named()?, path)));
    named.filter(|(name, _)| counts.get(name) == Some(&1)).map(|(name, path)| (name.to_owned(), path.clone())).collect()
}
