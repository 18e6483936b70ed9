//! One name, one type: reads every file of each crate and fails where two types of it share a name.
//!
//! What a reader searches for must lead to one place. Associated types are not counted: traits of other crates name them.

use std::collections::{BTreeMap, BTreeSet};

use crate::source_files::rust_files;

/// Names that several types of the sandbox's crate still have. `Get` stands beside each kind of thing that is
/// listed: how a field of it is read.
const SHARED_IN_THE_SANDBOX: &[&str] = &["Course", "Get", "Line", "Tokens"];

#[test]
fn no_two_types_share_a_name() {
    let (own, sandbox) = (rust_files("src"), rust_files("crates/orchestrator-sandbox/src"));
    assert!(own.len() > 100 && sandbox.len() > 50, "the files are found");
    assert_eq!(shared(&own), BTreeMap::new());
    let mut in_sandbox = shared(&sandbox);
    in_sandbox.retain(|name, _| !SHARED_IN_THE_SANDBOX.contains(&name.as_str()));
    assert_eq!(in_sandbox, BTreeMap::new());
}

#[test]
fn a_shared_name_is_found() {
    let names = |text: &str| types(text).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        names("pub struct A;\nenum B {\n}\n    pub(super) struct C<'a> {\npub(crate) type D = u8;\n"),
        ["A", "B", "C", "D"]
    );
    assert_eq!(names("// struct A\n/// enum B\nlet c = \"struct C\";\nimpl X {\n    type D = u8;\n}\n"), [""; 0]);
    let beside = |text: &str| {
        let texts = [("a.rs", "struct A;\n"), ("b.rs", text)];
        shared(&texts.map(|(path, text)| (path.to_owned(), text.to_owned())).into())
    };
    let expected = BTreeMap::from([("A".to_owned(), BTreeSet::from(["a.rs".to_owned(), "b.rs".to_owned()]))]);
    assert_eq!(beside("trait A {}\n"), expected);
    assert_eq!(beside("struct B;\n"), BTreeMap::new());
}

/// The names that several types of `files` have, each with the files.
fn shared(files: &BTreeMap<String, String>) -> BTreeMap<String, BTreeSet<String>> {
    let mut places: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (path, text) in files {
        for name in types(text) {
            places.entry(name.to_owned()).or_default().push(path);
        }
    }
    places.retain(|_, files| files.len() > 1);
    places.into_iter().map(|(name, files)| (name, files.into_iter().map(str::to_owned).collect())).collect()
}

/// The names of the types that `text` defines, wherever they stand; of aliases, those of a module.
fn types(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let indented = line.trim_start();
        let item = match indented.strip_prefix("pub") {
            Some(rest) if rest.starts_with('(') => rest.split_once(") ")?.1,
            Some(rest) => rest.trim_start(),
            None => indented,
        };
        let (keyword, rest) = item.split_once(' ')?;
        let is_type = match keyword {
            "struct" | "enum" | "trait" | "union" => true,
            "type" => indented.len() == line.len(),
            _ => false,
        };
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        (is_type && rest.starts_with(char::is_uppercase)).then(|| &rest[..end])
    })
}
