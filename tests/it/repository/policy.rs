//! What `cargo deny` cannot see of the dependencies, and what must hold where it is not installed.
//!
//! Seen here alone: a reason beside each dependency, one version of what we name ourselves, and `serde_yaml` itself in
//! tests only. `cargo deny` would see bans, licences and sources too, by the same lists of `deny.toml`; but `.ci/run` runs it
//! only where it is installed, and that is not everywhere that a merge is judged. Wildcards and advisories are its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// The crates of the workspace: name and manifest.
const OURS: [(&str, &str); 2] =
    [("sortie", "Cargo.toml"), ("orchestrator-sandbox", "crates/orchestrator-sandbox/Cargo.toml")];

#[test]
fn each_direct_dependency_has_its_reason_beside_it() {
    for (_, manifest) in OURS {
        let missing = without_reason(&read(manifest));
        assert!(missing.is_empty(), "{manifest}: no comment above: {missing:?}");
    }
    let planted =
        "[dependencies]\n# Reason.\nanstream = \"1\"\nanstyle = \"1\"\nrand = \"1\"\n\nlibc = \"1\"\n[lints]\nx = 1\n";
    assert_eq!(without_reason(planted), ["rand", "libc"]);
    assert!(without_reason("[workspace.dependencies]\nlibc = \"1\"\n").is_empty(), "the reason is where it is used");
}

#[test]
fn no_direct_dependency_is_there_twice_and_the_deprecated_yaml_is_the_benchmarks() {
    let packages = packages();
    let mut versions_by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in &packages {
        versions_by_name.entry(text(package, "name")).or_default().push(text(package, "version"));
    }
    let ours = packages.iter().filter(|package| is_ours(package));
    let direct: Vec<&Value> = ours.flat_map(|ours| ours["dependencies"].as_array().expect("dependencies")).collect();
    assert!(direct.len() > 40, "each Cargo.toml is read");
    let doubled: BTreeSet<_> = direct
        .iter()
        .map(|dependency| text(dependency, "name"))
        .filter(|name| versions_by_name.get(name).is_some_and(|versions| versions.len() > 1))
        .collect();
    assert!(doubled.is_empty(), "direct dependencies in several versions: {doubled:?}");
    // `deny.toml` lets the deprecated crate in as the wrapper of its parser, whoever depends on it.
    let kinds: Vec<&Value> =
        direct.iter().filter(|dependency| dependency["name"] == "serde_yaml").map(|found| &found["kind"]).collect();
    assert_eq!(kinds, ["dev"], "the yardstick is for benchmarks; where it is gone, ban its parser again");
}

#[test]
fn crates_that_we_do_not_take_are_not_in_the_tree() {
    let deny = read("deny.toml");
    let banned: BTreeSet<&str> = deny.split("{ crate = ").skip(1).filter_map(|rest| rest.split('"').nth(1)).collect();
    assert!(banned.contains("serde_yml") && banned.contains("evalexpr"), "deny.toml is read: {banned:?}");
    let packages = packages();
    let names: BTreeSet<&str> = packages.iter().map(|package| text(package, "name")).collect();
    assert!(names.contains("serde-saphyr"), "the tree is read");
    // It comes with the deprecated `serde_yaml`, of which the test above speaks.
    let found: Vec<_> = banned.intersection(&names).filter(|name| **name != "unsafe-libyaml").collect();
    assert!(found.is_empty(), "banned by deny.toml: {found:?}");
}

#[test]
fn every_crate_comes_from_where_deny_toml_allows() {
    let deny = read("deny.toml");
    let allowed =
        deny.lines().find_map(|line| line.strip_prefix("allow-registry = ")).expect("deny.toml names registries");
    let elsewhere: Vec<String> = packages()
        .iter()
        .filter(|package| !is_ours(package))
        .filter(|package| {
            let registry = package["source"].as_str().and_then(|source| source.strip_prefix("registry+"));
            !registry.is_some_and(|registry| allowed.contains(&format!("\"{registry}\"")))
        })
        .map(|package| format!("{}: {}", package["name"], package["source"]))
        .collect();
    assert!(elsewhere.is_empty(), "sources outside deny.toml: {elsewhere:#?}");
}

#[test]
fn every_licence_is_on_the_list() {
    let text = read("deny.toml");
    let list =
        text.split("allow = [").nth(1).and_then(|rest| rest.split(']').next()).expect("deny.toml lists licences");
    let allowed: Vec<_> =
        list.split('"').skip(1).step_by(2).map(|one| spdx::Licensee::parse(one).expect(one)).collect();
    assert!(allows("GPL-3.0 OR MIT", &allowed) && !allows("GPL-3.0 AND MIT", &allowed), "expressions are judged");
    let refused: Vec<String> = packages()
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(|licence| allows(licence, &allowed)))
        .map(|package| format!("{}: {}", package["name"], package["license"]))
        .collect();
    assert!(refused.is_empty(), "licences outside deny.toml: {refused:#?}");
}

/// Whether `licence`, an SPDX expression as crates write them, can be met by `allowed`.
fn allows(licence: &str, allowed: &[spdx::Licensee]) -> bool {
    // `/` for OR is how crates wrote it before SPDX was asked for.
    let expression = spdx::Expression::parse_mode(licence, spdx::ParseMode::LAX);
    expression.is_ok_and(|expression| expression.evaluate(|wanted| allowed.iter().any(|have| have.satisfies(wanted))))
}

/// Dependencies without a comment above them. Neighbours whose names begin alike share one.
fn without_reason(manifest: &str) -> Vec<String> {
    let mut missing = Vec::new();
    let mut reason_for: Option<String> = None;
    let mut commented = false;
    for (name, line) in dependency_lines(manifest) {
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

/// The lines of a crate's own dependency tables: with a name where the line is a dependency.
fn dependency_lines(manifest: &str) -> Vec<(Option<String>, &str)> {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]") && line != "[workspace.dependencies]";
        } else if inside {
            let name = line.split_once('=').filter(|_| !line.starts_with('#')).map(|(name, _)| name.trim().to_owned());
            lines.push((name, line));
        }
    }
    lines
}

/// Every package of the lock file, those of other systems too, as `cargo metadata` has them.
fn packages() -> Vec<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--offline", "--locked", "--format-version", "1", "--all-features"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.len() > 100, "the tree is read");
    packages.clone()
}

fn is_ours(package: &Value) -> bool {
    OURS.iter().any(|(name, _)| package["name"] == *name)
}

fn text<'a>(package: &'a Value, key: &str) -> &'a str {
    package[key].as_str().expect("cargo metadata has it as text")
}

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("a file of the project")
}
