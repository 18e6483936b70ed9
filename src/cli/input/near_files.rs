//! Did you mean: the file nearest to one that is not there.
//!
//! In: a path. Out: the path of a neighbour whose name is alike. Never: opens a file, or names a hidden one.

use std::fs;
use std::path::{Path, PathBuf};

use crate::diagnostic::nearest;

/// Maximum names of a folder that are looked at.
const MAX_NAMES: usize = 1000;

/// The file beside `path` that may have been meant: the same with an ending of manifests, else one of a name alike.
pub(crate) fn near(path: &Path) -> Option<PathBuf> {
    let typed = path.file_name()?.to_str()?;
    let with_ending = ["yaml", "yml"].into_iter().map(|ending| path.with_file_name(format!("{typed}.{ending}")));
    if let Some(found) = with_ending.into_iter().find(|path| path.is_file()) {
        return Some(found);
    }
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let entries = fs::read_dir(folder).ok()?.take(MAX_NAMES).filter_map(Result::ok);
    let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    let mut names: Vec<String> = files.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.retain(|name| !name.starts_with('.') && !name.contains(char::is_control));
    names.sort();
    let near = nearest(typed, names.iter().map(String::as_str))?;
    Some(path.with_file_name(near))
}

/// The same as a line of help; empty where nothing is near.
pub(crate) fn help(path: &Path) -> String {
    near(path).map_or_else(String::new, |near| format!("\n  help: did you mean `{}`?", near.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_file_is_named_and_no_hidden_one() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["night.yaml", "invoices.csv", ".night.yml", "b.yml"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        for (typed, expected) in [
            ("night", Some("night.yaml")),
            ("nigth.yaml", Some("night.yaml")),
            ("invoice.csv", Some("invoices.csv")),
            ("b", Some("b.yml")),
            ("quite-another.yaml", None),
        ] {
            let expected = expected.map(|name| folder.path().join(name));
            assert_eq!(near(&folder.path().join(typed)), expected, "{typed}");
        }
        assert_eq!(near(Path::new("/nowhere/at/all.yaml")), None);
    }
}
