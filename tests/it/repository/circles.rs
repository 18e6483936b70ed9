//! No circle of imports between files, also within a folder: what a file needs, it can be read after.
//!
//! An edge goes from a file to the file that defines what it names. Re-exports are followed, and are no edge of their own: a
//! module's file may show what its folder holds. Declaring a module is none either.

use std::collections::{BTreeMap, BTreeSet};

use super::source_files::{code_only, rust_files};

/// A module's path from the crate's root, without `crate`.
type ModulePath = Vec<String>;

/// One file, as far as imports go.
#[derive(Debug, Default)]
struct SourceFile {
    /// The modules that it declares.
    modules: BTreeSet<String>,
    imports: Vec<Import>,
    /// Everything but imports and declarations of modules.
    body: String,
}

/// One name that a `use` brings in.
#[derive(Debug)]
struct Import {
    is_public: bool,
    path: Vec<String>,
    /// The name that it has here; `*` for all of a module.
    name: String,
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let files: BTreeMap<ModulePath, SourceFile> =
        rust_files("src").iter().filter_map(|(path, text)| Some((module_path(path)?, SourceFile::of(text)))).collect();
    assert!(files.len() > 200, "the files of src/ are found");
    let edges = edges(&files);
    assert!(edges.values().map(BTreeSet::len).sum::<usize>() > 500, "imports are found");
    assert_eq!(circles(&edges), Vec::<Vec<String>>::new());
}

#[test]
fn a_planted_circle_is_found() {
    let circles_of = |texts: &[(&str, &str)]| {
        let files = texts.iter().filter_map(|(path, text)| Some((module_path(path)?, SourceFile::of(text))));
        circles(&edges(&files.collect()))
    };
    let none: Vec<Vec<String>> = Vec::new();
    let child = ("src/a/b.rs", "use super::A;\npub struct B;\n");
    // A re-export and a declaration alone are no edge.
    assert_eq!(circles_of(&[("src/a.rs", "mod b;\npub use b::B;\npub struct A;\n"), child]), none);
    let both = vec![vec!["a".to_owned(), "a/b".to_owned()]];
    assert_eq!(circles_of(&[("src/a.rs", "mod b;\nuse b::B;\npub struct A(B);\n"), child]), both);
    assert_eq!(circles_of(&[("src/a.rs", "mod b;\npub use b::B;\npub struct A(B);\n"), child]), both);
    assert_eq!(circles_of(&[("src/a.rs", "mod b;\npub struct A(b::B);\n"), child]), both);
    // By way of a re-export it is the file behind that counts.
    let shown = ("src/a.rs", "mod b;\nmod c;\npub use c::A;\n");
    let behind = ("src/a/c.rs", "use crate::a::b::B;\npub struct A(B);\n");
    let expected = vec![vec!["a/b".to_owned(), "a/c".to_owned()]];
    assert_eq!(circles_of(&[shown, child, behind]), expected);
    // Tests, comments and texts do not count.
    let idle = (
        "src/a.rs",
        "mod b;\npub struct A; // b::B\nconst T: &str = \"b::B\";\n#[cfg(test)]\nmod tests {\n    use super::b::B;\n}\n",
    );
    assert_eq!(circles_of(&[idle, child]), none);
    let braces = ("src/a.rs", "mod b;\nuse self::{b::{B as C, X}};\npub struct A(C);\n");
    assert_eq!(circles_of(&[braces, child]), both);
}

/// The parts of the path below `src/`, without the ending; none for tests, and for the crate's roots.
fn module_path(path: &str) -> Option<ModulePath> {
    let inner = path.strip_prefix("src/")?.strip_suffix(".rs")?;
    let parts: ModulePath = inner.split('/').map(str::to_owned).collect();
    let is_root = inner == "lib" || inner == "main";
    (!is_root && parts.last().is_some_and(|last| last != "tests")).then_some(parts)
}

impl SourceFile {
    fn of(text: &str) -> Self {
        let code = without_texts(&code_only(text));
        let (mut file, mut rest) = (Self::default(), code.as_str());
        // Items of the module itself end at the first semicolon, or go on in a block that is part of the body.
        while let Some((line, after)) = rest.split_once('\n') {
            let item = without_visibility(line.trim_start());
            let is_public = item.len() < line.trim_start().len();
            if let Some(name) = item.strip_prefix("mod ").and_then(|item| item.strip_suffix(';')) {
                file.modules.insert(name.to_owned());
                rest = after;
            } else if item.starts_with("use ") {
                let start = rest.len() - item.len() - after.len() - 1;
                let (tree, behind) = rest[start + "use ".len()..].split_once(';').expect("a `use` ends");
                leaves(tree, &[], &mut |path, name| file.imports.push(Import { is_public, path, name }));
                rest = behind;
            } else {
                file.body.push_str(line);
                file.body.push('\n');
                rest = after;
            }
        }
        file
    }

    /// `path` from the crate's root on; none where it leads out of the crate, or to a name of the file itself.
    fn absolute(&self, own: &[String], path: &[String]) -> Option<ModulePath> {
        match path.first()?.as_str() {
            "crate" => Some(path[1..].to_vec()),
            "self" | "super" => {
                let ups = path.iter().take_while(|part| *part == "super" || *part == "self");
                let (count, ups) = (ups.clone().count(), ups.filter(|part| *part == "super").count());
                let kept = own.len().checked_sub(ups)?;
                Some([&own[..kept], &path[count..]].concat())
            }
            first if self.modules.contains(first) => Some([own, path].concat()),
            _ => None,
        }
    }
}

/// `item` behind `pub` or `pub(..)`.
fn without_visibility(item: &str) -> &str {
    let Some(rest) = item.strip_prefix("pub") else { return item };
    match rest.strip_prefix('(') {
        Some(rest) => rest.split_once(") ").map_or(item, |(_, item)| item),
        None => rest.strip_prefix(' ').unwrap_or(item),
    }
}

/// `code` with empty texts and characters.
fn without_texts(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut chars = code.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let rest = &code[at..];
        let length = if rest.starts_with("r#\"") {
            rest.find("\"#").map(|end| end + 2)
        } else if c == '"' {
            let mut escaped = false;
            let end = rest.char_indices().skip(1).find(|(_, c)| {
                let ends = *c == '"' && !escaped;
                escaped = *c == '\\' && !escaped;
                ends
            });
            end.map(|(end, _)| end + 1)
        } else if let Some(escaped) = rest.strip_prefix("'\\") {
            escaped.find('\'').map(|end| end + 3)
        } else if c == '\'' && rest.chars().nth(2) == Some('\'') {
            Some(2 + rest.chars().nth(1).map_or(0, char::len_utf8))
        } else {
            None
        };
        let Some(length) = length else {
            out.push(c);
            continue;
        };
        out.extend(rest[..length].chars().filter(|c| *c == '\n'));
        while chars.peek().is_some_and(|(next, _)| *next < at + length) {
            chars.next();
        }
    }
    out
}

/// Every name that a tree of `use` brings in, with its path.
fn leaves(tree: &str, before: &[String], take: &mut dyn FnMut(Vec<String>, String)) {
    let tree = tree.trim();
    let parts =
        |text: &str| text.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
    if let Some((head, list)) = tree.split_once('{') {
        let head: Vec<String> = parts(head);
        let inner = list.strip_suffix('}').expect("a list ends");
        let (mut depth, mut start) = (0, 0);
        for (at, c) in inner.char_indices().chain([(inner.len(), ',')]) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    if !inner[start..at].trim().is_empty() {
                        leaves(&inner[start..at], &[before, &head].concat(), take);
                    }
                    start = at + 1;
                }
                _ => {}
            }
        }
        return;
    }
    let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path, Some(alias.trim())));
    let own: Vec<String> = parts(path);
    let mut path = [before, &own].concat();
    if path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    let Some(name) = alias.map(str::to_owned).or_else(|| path.last().cloned()) else { return };
    take(path, name);
}

/// The file that defines what `path` names.
fn defining(files: &BTreeMap<ModulePath, SourceFile>, path: &[String], hops: usize) -> ModulePath {
    let mut at = 0;
    while at < path.len() && files.contains_key(&path[..=at]) {
        at += 1;
    }
    let module = path[..at].to_vec();
    let (Some(file), Some(name)) = (files.get(&module), path.get(at)) else { return module };
    let shown = file.imports.iter().find(|import| import.name == *name);
    match shown.and_then(|import| file.absolute(&module, &import.path)) {
        // A re-export of a re-export; no chain is longer than this.
        Some(target) if hops < 16 => defining(files, &[&target, &path[at + 1..]].concat(), hops + 1),
        _ => module,
    }
}

/// Which files each file needs.
fn edges(files: &BTreeMap<ModulePath, SourceFile>) -> BTreeMap<ModulePath, BTreeSet<ModulePath>> {
    let needs = files.iter().map(|(own, file)| {
        let used = file.imports.iter().filter(|import| !import.is_public || has_word(&file.body, &import.name));
        let used = used.map(|import| match import.path.split_last() {
            Some((last, module)) if last == "*" => module.to_vec(),
            _ => import.path.clone(),
        });
        let named = used.chain(paths(&file.body));
        let targets = named.filter_map(|path| file.absolute(own, &path)).map(|path| defining(files, &path, 0));
        (own.clone(), targets.filter(|target| target != own && !target.is_empty()).collect())
    });
    needs.collect()
}

/// Every path of at least two names in `code`, from its first name on.
fn paths(code: &str) -> Vec<Vec<String>> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = code.split(|c| !is_name(c)).filter(|word| word.contains("::"));
    // `pub(in a::b)` says who may see, and needs nothing.
    let words = words.filter(|word| !word.starts_with(':') && !code.contains(&format!("(in {word})")));
    words.map(|word| word.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect()).collect()
}

fn has_word(code: &str, word: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word)
        .any(|(at, _)| !code[..at].ends_with(is_name) && !code[at + word.len()..].starts_with(is_name))
}

/// The groups of files that need each other, each file by its path below `src/`.
fn circles(edges: &BTreeMap<ModulePath, BTreeSet<ModulePath>>) -> Vec<Vec<String>> {
    let reached = |from: &ModulePath| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(file) = open.pop() {
            open.extend(edges.get(file).into_iter().flatten().filter(|next| seen.insert((*next).clone())));
        }
        seen
    };
    let reach: BTreeMap<&ModulePath, BTreeSet<ModulePath>> = edges.keys().map(|file| (file, reached(file))).collect();
    let mut circles = BTreeSet::new();
    for (file, after) in &reach {
        if after.contains(*file) {
            let members = after.iter().filter(|other| reach.get(other).is_some_and(|back| back.contains(*file)));
            circles.insert(members.map(|member| member.join("/")).collect::<Vec<_>>());
        }
    }
    circles.into_iter().collect()
}
