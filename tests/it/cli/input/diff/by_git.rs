//! How `diff` asks git: it runs nothing that a repository brings along, follows no link,
//! asks no other machine, and is not needed for files.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use super::{MORNING, changed, git};
use crate::cli::Program;

#[test]
fn nothing_that_a_repository_brings_along_is_run() {
    let program = changed("diff main");
    let root = program.path(".");
    let trap = format!("touch {}; cat", program.path("trapped").display());
    for key in ["core.fsmonitor", "diff.trap.textconv", "filter.trap.smudge", "filter.trap.clean"] {
        git(&root, &["config", key, &trap]);
    }
    git(&root, &["config", "core.hooksPath", "hooks"]);
    let program = program.file(".gitattributes", "* diff=trap filter=trap\n").file("hooks/post-checkout", &trap);
    let trapped = program.path("trapped");
    let ended = program.run();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.contains("load/C") && !trapped.exists(), "{}", ended.stdout);
}

#[test]
fn a_link_of_a_revision_is_not_followed() {
    let program = changed("diff main");
    fs::remove_file(program.path("specs/data/invoices.csv")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", program.path("specs/data/invoices.csv")).unwrap();
    git(&program.path("."), &["commit", "--quiet", "-am", "Link"]);
    let ended = program.run();
    assert!(!ended.shown().contains("root:"), "{}", ended.shown());
    assert_eq!(ended.code, 3, "here the link leads out, too: {}", ended.shown());
}

#[test]
fn without_git_two_files_are_compared_all_the_same() {
    let program = Program::sortie("diff a.yaml b.yaml")
        .file("a.yaml", MORNING)
        .file("b.yaml", &MORNING.replace("greet:", "hello:"));
    let ended = program.run();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout.contains("seems to be called `hello` now"), "{}", ended.stdout);
    let ended = Program::sortie("diff main").env("PATH", "/nowhere").run();
    assert_eq!(ended.code, 3);
    assert!(ended.stderr.contains("git cannot be run"), "{}", ended.stderr);
}

/// A script at `path`.
fn script(path: &Path, text: &str) {
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Whether `git` here has the object that `main` names as `path`, by itself.
fn has_blob(root: &Path, path: &str) -> bool {
    let mut command = Command::new("git");
    command.current_dir(root).args(["cat-file", "-e", &format!("main:{path}")]).env("GIT_NO_LAZY_FETCH", "1");
    command.env("GIT_ALLOW_PROTOCOL", "none").output().unwrap().status.success()
}

#[test]
fn what_a_partial_clone_lacks_is_fetched_by_no_git_however_old() {
    let there = changed("--version");
    let origin = there.path(".");
    git(&origin, &["config", "uploadpack.allowFilter", "true"]);
    let here = Program::sortie("diff main specs/night.yaml");
    let (root, tools) = (here.path("clone"), here.path("tools"));
    fs::create_dir(&tools).unwrap();
    let url = format!("file://{}", origin.canonicalize().unwrap().display());
    git(&here.path("."), &["clone", "--quiet", "--no-checkout", "--filter=blob:none", &url, "clone"]);
    assert!(!has_blob(&root, "specs/night.yaml"), "the clone is a partial one");
    // Whoever asks the other machine leaves a trace.
    let asked = here.path("asked");
    script(&tools.join("upload-pack"), &format!("touch '{}'; exec git-upload-pack \"$@\"", asked.display()));
    let upload_pack = tools.join("upload-pack").display().to_string();
    git(&root, &["config", "remote.origin.uploadpack", &upload_pack]);
    // The user's own word for this protocol is stronger than one for all of them.
    git(&root, &["config", "protocol.file.allow", "always"]);
    // A git from before 2.44 does not know the variable that forbids it.
    let path = std::env::var("PATH").unwrap();
    script(&tools.join("git"), &format!("unset GIT_NO_LAZY_FETCH; PATH='{path}' exec git \"$@\""));
    fs::create_dir(root.join("specs")).unwrap();
    fs::write(root.join("specs/night.yaml"), MORNING).unwrap();
    let mut sortie = Command::new(env!("CARGO_BIN_EXE_sortie"));
    sortie.args(["diff", "main:specs/night.yaml", "specs/night.yaml"]).current_dir(&root).env_clear();
    for tools in [format!("{}:{path}", tools.display()), path.clone()] {
        let ended = sortie.env("PATH", &tools).output().unwrap();
        let told = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!((ended.status.code(), asked.exists()), (Some(3), false), "{told}");
        assert!(told.contains("`specs/night.yaml`") && !has_blob(&root, "specs/night.yaml"), "{told}");
    }
    // It is not that nothing could have been fetched.
    for path in ["main:specs/night.yaml", "main:specs/data/invoices.csv"] {
        git(&root, &["cat-file", "-e", path]);
    }
    assert!(asked.exists() && has_blob(&root, "specs/night.yaml"));
    let ended = sortie.output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
}
