//! The project's own Rust files, for the tests that read them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The text with comments and test modules blanked; lines keep their numbers.
pub fn code_only(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut lines = text.lines().peekable();
    let mut in_tests = false;
    while let Some(line) = lines.next() {
        let opens = line.trim() == "#[cfg(test)]"
            && lines.peek().is_some_and(|next| next.starts_with("mod ") && next.ends_with('{'));
        in_tests |= opens;
        if !in_tests && !line.trim_start().starts_with("//") {
            out.push_str(line.split(" // ").next().unwrap_or(line));
        }
        out.push('\n');
        // rustfmt closes a top-level module at column 0.
        in_tests &= line != "}";
    }
    out
}

/// Every `.rs` file below `folder`, by its path from the project's root, with its text.
pub fn rust_files(folder: &str) -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> = vec![root.join(folder)];
    let mut files = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.expect("a folder can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
                files.insert(name, fs::read_to_string(&path).expect("a source file is text"));
            }
        }
    }
    files
}
