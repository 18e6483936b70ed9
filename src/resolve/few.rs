//! Names in a sentence: some of them, and how many more there are.

use crate::diagnostic::visible::visible;

/// Some of `names`, in backticks, and how many more there are.
pub(super) fn few(names: &[String]) -> String {
    const MAX_NAMED: usize = 5;
    let named: Vec<String> = names.iter().take(MAX_NAMED).map(|name| format!("`{}`", visible(name))).collect();
    match (named.as_slice(), names.len().saturating_sub(MAX_NAMED)) {
        ([], _) => "none with a name".to_owned(),
        ([only], _) => only.clone(),
        ([first @ .., last], 0) => format!("{} and {last}", first.join(", ")),
        (all, more) => format!("{} and {more} more", all.join(", ")),
    }
}
