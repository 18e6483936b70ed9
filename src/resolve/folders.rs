//! Folders that the server refuses, at the places in the manifest where they are named.
//!
//! In: a plan, the refusals, and the folders that the login sees. Out: one located complaint for each refused folder.

use std::collections::HashMap;

use super::directory::Directory;
use super::few::few;
use crate::diagnostic::visible::{are_one, suggestion, visible};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::ids::{FolderRef, Ordinal};
use crate::plan::Plan;
use crate::source::Place;

/// One complaint for each refused folder, at the first launch in it. Walks the plan only where there are some.
#[must_use]
pub fn refused_folders(plan: &Plan, directory: &Directory) -> Vec<Diagnostic> {
    if directory.refused_by_folder.is_empty() {
        return Vec::new();
    }
    let mut uses: HashMap<FolderRef, (Place, bool, usize)> = HashMap::new();
    for ordinal in (0..plan.len()).map(Ordinal::from).filter(|ordinal| !plan.skips(*ordinal)) {
        let launch = plan.launch(ordinal);
        if directory.refused_by_folder.contains_key(&launch.folder) {
            let named = plan.folder_place(&launch);
            let first = (named.unwrap_or(launch.place), named.is_some(), 0);
            uses.entry(launch.folder).or_insert(first).2 += 1;
        }
    }
    let refused = directory.refused_by_folder.iter();
    refused
        .filter_map(|(folder, said)| {
            let (place, is_named, count) = *uses.get(folder)?;
            let label = if count > 1 { format!("and in {} more launches", count - 1) } else { String::new() };
            let whose = if is_named { "" } else { "the profile's " };
            let named = match folder {
                FolderRef::Path(path) => format!("{whose}folder `{}`", visible(path)),
                FolderRef::Id(id) => format!("{whose}folder number {}", id.0),
                FolderRef::Key(key) => format!("{whose}folder with the key {key}"),
            };
            let help = help(folder, directory.folder_paths.as_deref());
            Some(
                Diagnostic::error(Code::FolderRefused, place, format!("{named} is refused: {said}"))
                    .label(label)
                    .help(help),
            )
        })
        .collect()
}

fn help(folder: &FolderRef, known: Option<&[String]>) -> String {
    let seen = known.filter(|known| !known.is_empty()).map(|known| format!("this login sees {}", few(known)));
    let nothing = known.is_some_and(<[String]>::is_empty).then(|| "this login sees no folder at all".to_owned());
    let seen = seen.or(nothing);
    match folder {
        FolderRef::Path(path) => of_path(path, known.unwrap_or_default()).unwrap_or_else(|| {
            let advice = "check the folder's spelling (its full path, `A/B`), and that this login has a role in it";
            seen.map_or_else(|| advice.to_owned(), |seen| format!("{advice}; {seen}"))
        }),
        FolderRef::Id(_) => {
            let advice = "the number of a folder may change, its path and its key do not: write `folder: A/B`";
            seen.map_or_else(|| advice.to_owned(), |seen| format!("{advice}; {seen}"))
        }
        FolderRef::Key(_) => {
            let advice = "check the key, and that this login has a role in the folder";
            seen.map_or_else(|| advice.to_owned(), |seen| format!("{advice}; {seen}"))
        }
    }
}

/// What may be meant by `path`.
fn of_path(path: &str, known: &[String]) -> Option<String> {
    let known = || known.iter().map(String::as_str);
    if known().any(|known| known == path) {
        return Some("the folder is there: give this login a role in it".to_owned());
    }
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_lowercase();
    let is_tail = |known: &&str| last(known) == last(path);
    let near = known()
        .find(|known| are_one(known, path))
        .or_else(|| nearest(path, known()))
        .or_else(|| known().find(is_tail))
        .map(|near| suggestion(path, near))?;
    Some(format!("did you mean {near}?"))
}
