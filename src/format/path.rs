//! The paths of files beside the manifest, as an author names them.
//!
//! In: a path as text. Out: whether a manifest may name it. Never: touches a file.

use super::from_value::FieldError;
use crate::diagnostic::Code;

/// Whether a folder or the file itself in `path` has a name that begins with a dot, as `.git/config` and `.env` have.
#[must_use]
pub fn is_hidden(path: &str) -> bool {
    path.split('/').any(|part| part.starts_with('.') && part != "." && part != "..")
}

/// Whether `path` names a file beside the manifest or below: relative, without `..`, with `/` between folders, and none
/// that is hidden.
pub fn data_path(path: &str) -> Result<(), FieldError> {
    let wrong = |what: &str, help: &str| Err(FieldError::new(Code::DataFile, what).help(help));
    if path.is_empty() {
        return wrong("the name of a data file must not be empty", "write a path such as `data/rows.csv`");
    }
    if path.chars().any(char::is_control) {
        return wrong("the name of a data file holds a control character", "rename the file");
    }
    if path.contains("://") {
        return wrong(
            "a manifest reads nothing from the network",
            "fetch it first: `curl ADDRESS | sortie run MANIFEST --data JOB=-` takes rows from stdin",
        );
    }
    if path.contains('\\') {
        return wrong("a data file's path has `/` between folders", "write `data/rows.csv`, not `data\\rows.csv`");
    }
    let has_drive = path.as_bytes().get(1) == Some(&b':') && path.as_bytes()[0].is_ascii_alphabetic();
    if path.starts_with(['/', '~']) || has_drive || path.split('/').any(|part| part == "..") {
        return wrong(
            "a manifest reads no file outside of its own folder",
            "put the file beside the manifest or below; `--data JOB=FILE` and `--arguments JOB=FILE` take any file",
        );
    }
    if is_hidden(path) {
        return wrong(
            "a manifest reads no file whose name, or whose folder's name, begins with a dot",
            "such files hold what other programs keep to themselves: put the data under another name",
        );
    }
    Ok(())
}
