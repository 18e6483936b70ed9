//! Policy for dependencies, checked offline: reasons in Cargo.toml, licences, and crates that we do not take.
//!
//! `deny.toml` holds the lists; `cargo deny` checks more where it exists.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

/// The crates of the workspace.
const MANIFESTS: [&str; 2] = ["Cargo.toml", "crates/orchestrator-sandbox/Cargo.toml"];

#[test]
fn each_direct_dependency_has_its_reason_beside_it() {
    for manifest in MANIFESTS {
        let missing = without_reason(&read(manifest));
        assert!(missing.is_empty(), "{manifest}: no comment above: {missing:?}");
    }
    let planted =
        "[dependencies]\n# Reason.\nanstream = \"1\"\nanstyle = \"1\"\nrand = \"1\"\n\nlibc = \"1\"\n[lints]\nx = 1\n";
    assert_eq!(without_reason(planted), ["rand", "libc"]);
    assert!(without_reason("[workspace.dependencies]\nlibc = \"1\"\n").is_empty(), "the reason is where it is used");
}

#[test]
fn crates_that_we_do_not_take_are_not_in_the_lock_file() {
    let banned = quoted_after(&read("deny.toml"), "{ crate = ");
    assert!(banned.contains("serde_yml") && banned.contains("evalexpr"), "deny.toml is read: {banned:?}");
    let locked: BTreeSet<String> = locked_packages().into_iter().map(|(name, _)| name).collect();
    assert!(locked.contains("serde-saphyr"), "Cargo.lock is read");
    // The deprecated `serde_yaml` and its parser are the benchmark's yardstick, and in no other build.
    let found: Vec<_> = banned.intersection(&locked).filter(|name| *name != "unsafe-libyaml").collect();
    assert!(found.is_empty(), "banned by deny.toml: {found:?}");
    let manifest = read("Cargo.toml");
    let (ours, of_tests) = manifest.split_once("[dev-dependencies]").expect("there are dev-dependencies");
    assert!(!ours.contains("package = \"serde_yaml\""), "`serde_yaml` itself is a dependency");
    assert!(of_tests.contains("package = \"serde_yaml\""), "the yardstick is gone: ban its parser again");
}

#[test]
fn no_direct_dependency_is_there_twice() {
    let mut versions_by_name: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, version) in locked_packages() {
        versions_by_name.entry(name).or_default().push(version);
    }
    let direct: BTreeSet<String> = MANIFESTS.iter().flat_map(|manifest| direct_dependencies(&read(manifest))).collect();
    assert!(direct.len() > 20, "Cargo.toml is read: {direct:?}");
    let doubled: Vec<_> = direct
        .iter()
        .filter_map(|name| {
            versions_by_name.get(name).filter(|versions| versions.len() > 1).map(|versions| (name, versions))
        })
        .collect();
    assert!(doubled.is_empty(), "direct dependencies in several versions: {doubled:?}");
}

#[test]
fn every_licence_is_on_the_list() {
    let text = read("deny.toml");
    let list =
        text.split("allow = [").nth(1).and_then(|rest| rest.split(']').next()).expect("deny.toml lists licences");
    let allowed: BTreeSet<&str> = list.split('"').skip(1).step_by(2).collect();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--offline", "--locked", "--format-version", "1", "--all-features"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.len() > 100, "the tree is read");
    let refused: Vec<String> = packages
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(|licence| allows(licence, &allowed)))
        .map(|package| format!("{}: {}", package["name"], package["license"]))
        .collect();
    assert!(refused.is_empty(), "licences outside deny.toml: {refused:#?}");
}

#[test]
fn licence_expressions_are_read_as_spdx_means_them() {
    let allowed = BTreeSet::from(["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"]);
    for (expression, expected) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("MIT/GPL-3.0", true),
        ("MIT AND ISC", true),
        ("MIT AND GPL-3.0", false),
        ("(MIT OR GPL-3.0) AND ISC", true),
        ("(MIT OR GPL-3.0) AND OpenSSL", false),
        ("Apache-2.0 WITH LLVM-exception OR GPL-3.0", true),
        ("Apache-2.0", false),
    ] {
        assert_eq!(allows(expression, &allowed), expected, "{expression}");
    }
}

/// Whether an SPDX expression can be met by `allowed`. AND binds closer than OR, as SPDX has it.
fn allows(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let expression = expression.trim().replace('/', " OR ");
    if let Some(parts) = split_outside_parentheses(&expression, " OR ") {
        return parts.iter().any(|part| allows(part, allowed));
    }
    if let Some(parts) = split_outside_parentheses(&expression, " AND ") {
        return parts.iter().all(|part| allows(part, allowed));
    }
    match expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => allows(inner, allowed),
        None => allowed.contains(expression.trim()),
    }
}

/// The parts between separators that stand outside parentheses; none where there is no separator.
fn split_outside_parentheses<'a>(text: &'a str, separator: &str) -> Option<Vec<&'a str>> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_i32);
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 && at >= start && text[at..].starts_with(separator) => {
                parts.push(&text[start..at]);
                start = at + separator.len();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    (parts.len() > 1).then_some(parts)
}

/// Dependencies without a comment above them. Neighbours whose names begin alike share one.
fn without_reason(manifest: &str) -> Vec<String> {
    let mut missing = Vec::new();
    let mut reason_for: Option<String> = None;
    let mut commented = false;
    for (name, line) in dependency_lines(manifest, |table| table != "[workspace.dependencies]") {
        match name {
            None => {
                commented = line.starts_with('#');
                reason_for = None;
            }
            Some(name) => {
                let shared = reason_for.as_ref().is_some_and(|head: &String| name.starts_with(head.as_str()));
                if !commented && !shared {
                    missing.push(name.clone());
                }
                if commented {
                    reason_for = Some(name.chars().take(4).collect());
                }
                commented = false;
            }
        }
    }
    missing
}

/// The packages that Cargo.toml names, by their real names.
fn direct_dependencies(manifest: &str) -> BTreeSet<String> {
    dependency_lines(manifest, |_| true)
        .into_iter()
        .filter_map(|(name, line)| {
            let renamed = line.split("package = \"").nth(1).and_then(|rest| rest.split('"').next());
            name.map(|name| renamed.map_or(name, str::to_owned))
        })
        .collect()
}

/// The lines of the dependency tables that are wanted: with a name where the line is a dependency.
fn dependency_lines(manifest: &str, is_wanted: impl Fn(&str) -> bool) -> Vec<(Option<String>, &str)> {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]") && is_wanted(line);
        } else if inside {
            let name = line.split_once('=').filter(|_| !line.starts_with('#')).map(|(name, _)| name.trim().to_owned());
            lines.push((name, line));
        }
    }
    lines
}

fn locked_packages() -> Vec<(String, String)> {
    let lock = read("Cargo.lock");
    let value = |line: &str, key: &str| line.strip_prefix(key).map(|rest| rest.trim_matches('"').to_owned());
    let mut packages = Vec::new();
    let mut lines = lock.lines();
    while let Some(line) = lines.next() {
        if let Some(name) = value(line, "name = ") {
            let version = lines.next().and_then(|line| value(line, "version = ")).expect("a version follows a name");
            packages.push((name, version));
        }
    }
    packages
}

fn quoted_after(text: &str, marker: &str) -> BTreeSet<String> {
    text.split(marker).skip(1).filter_map(|rest| rest.split('"').nth(1)).map(str::to_owned).collect()
}

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("a file of the project")
}
