//! What `sortie --version` says of its sources: the commit and the target.
//!
//! In: `SORTIE_COMMIT` (a packager's word), else git, where it is there and the sources are its own. Out: variables for
//! the compiler. The same sources give the same ones: no time, no user, no machine, so that two builds are one file.
//! A debug build asks no git: it would be made anew after each commit.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=SORTIE_COMMIT");
    let version = variable("CARGO_PKG_VERSION");
    let target = variable("TARGET");
    let given = std::env::var("SORTIE_COMMIT").ok().filter(|commit| is_commit(commit));
    let commit = given.or_else(|| (variable("PROFILE") == "release").then(commit_of_git).flatten());
    let line = match &commit {
        Some(commit) => format!("{version} ({commit}, {target})"),
        None => format!("{version} ({target})"),
    };
    println!("cargo::rustc-env=SORTIE_VERSION_LINE={line}");
    println!("cargo::rustc-env=SORTIE_TARGET={target}");
    println!("cargo::rustc-env=SORTIE_COMMIT={}", commit.unwrap_or_default());
}

/// A variable that cargo sets for every build script.
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// Whether `text` can be shown as a commit: whatever else the variable holds is none.
fn is_commit(text: &str) -> bool {
    (7..=64).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

/// The commit of the sources; none where there is no git, or the sources lie in somebody else's repository.
fn commit_of_git() -> Option<String> {
    let root = variable("CARGO_MANIFEST_DIR");
    let top = git(&["rev-parse", "--show-toplevel"])?;
    if Path::new(&top).canonicalize().ok()? != Path::new(&root).canonicalize().ok()? {
        return None;
    }
    for watched in ["HEAD", "logs/HEAD", "index"] {
        if let Some(path) = git(&["rev-parse", "--git-path", watched]) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    for watched in ["src", "crates", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={watched}");
    }
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let is_changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_none_or(|changes| !changes.is_empty());
    Some(if is_changed { format!("{commit}-modified") } else { commit })
}

/// What git prints; none where it fails.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
