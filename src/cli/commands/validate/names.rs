//! Manifests of one name: their runs would share keys, slots and locks, and one would start nothing for the other.
//!
//! In: manifests that were checked together. Out: an error with each that has the name of an earlier one.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use super::checked_manifest::CheckedManifest;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Place;

/// Adds to each manifest what is wrong with its name beside those of the others.
pub(super) fn compare(checked: &mut [CheckedManifest]) {
    let mut first_by_name: HashMap<String, (PathBuf, Place)> = HashMap::new();
    for manifest in checked {
        let Some((name, place)) = &manifest.name else { continue };
        let Some((path, first)) = first_by_name.get(name) else {
            first_by_name.insert(name.clone(), (manifest.path.clone(), *place));
            continue;
        };
        // One file that was named twice is one manifest.
        if is_same(path, &manifest.path) {
            continue;
        }
        manifest.said.push(
            Diagnostic::error(Code::DuplicateName, *place, format!("two manifests are named `{name}`"))
                .related(*first, "the other one")
                .help("give each a name of its own: runs of one name share keys, slots and locks"),
        );
    }
}

fn is_same(one: &PathBuf, other: &PathBuf) -> bool {
    match (fs::canonicalize(one), fs::canonicalize(other)) {
        (Ok(one), Ok(other)) => one == other,
        (Ok(_) | Err(_), Ok(_) | Err(_)) => one == other,
    }
}
