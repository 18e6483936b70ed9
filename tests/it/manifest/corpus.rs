//! The fuzz targets' corpora, through the same checks as there: seeds, and what was once found and mended.

use std::path::Path;

#[path = "../../../fuzz/checks.rs"]
mod checks;

/// Calls `check` with each file of the corpus of `target`.
fn each(target: &str, check: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("the corpus is there") {
        check(&std::fs::read(entry.expect("an entry").path()).expect("a readable file"));
        count += 1;
    }
    assert!(count > 4, "{count} files");
}

#[test]
fn manifests_hold_what_the_fuzz_target_asks() {
    each("yaml", checks::yaml);
}

#[test]
fn expressions_hold_what_the_fuzz_target_asks() {
    each("expressions", |bytes| checks::expressions(std::str::from_utf8(bytes).expect("text")));
}

#[test]
fn rows_hold_what_the_fuzz_target_asks() {
    each("rows", checks::rows);
}
