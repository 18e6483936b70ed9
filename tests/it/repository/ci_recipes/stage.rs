//! A repository with a change, a folder of stand-in programs, and the shell out of a recipe.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

/// A file of the project.
pub(super) fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A recipe of YAML.
pub(super) fn recipe(name: &str) -> Value {
    serde_yaml::from_str(&read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// What is run in `value`: under `run`, `bash` and `script`, wherever it stands.
pub(super) fn shell_in(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                let lines = value.as_array().into_iter().flatten().chain(std::iter::once(value));
                if ["run", "bash", "script", "before_script", "after_script"].contains(&key.as_str()) {
                    found.extend(lines.filter_map(Value::as_str).map(str::to_owned));
                } else {
                    shell_in(value, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| shell_in(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The shell of the Jenkinsfile, in order, as Groovy hands it on, without what it is set in by.
pub(super) fn shell_of_jenkins() -> Vec<String> {
    let text = read("ci/Jenkinsfile");
    let pieces = text.split("sh '''\n").skip(1).map(|rest| rest.split("'''").next().expect("it ends"));
    pieces
        .map(|piece| {
            let depth = piece.len() - piece.trim_start().len();
            let lines = piece.lines().map(|line| line.get(depth..).unwrap_or_default());
            lines.collect::<Vec<_>>().join("\n").replace("\\\\", "\\")
        })
        .collect()
}

/// A manifest called `name`, which is valid.
pub(super) fn manifest(name: &str) -> String {
    format!("version: 1\nname: {name}\nfolder: Shared\njobs:\n  load:\n    release: Loader of {name}\n")
}

/// Tests of a manifest, which has so many launches.
pub(super) fn test_of_launches(count: u32) -> String {
    format!("version: 1\ntests:\n  - name: launches\n    expect: {{ launches: {count} }}\n")
}

/// A repository with the branch `main`, and a change beside it that is checked out.
pub(super) struct Checkout {
    folder: TempDir,
    programs: TempDir,
}

/// What came of some shell.
#[derive(Debug)]
pub(super) struct ShellEnded {
    /// Its exit code.
    pub(super) code: i32,
    /// Both of its streams.
    pub(super) words: String,
}

impl Checkout {
    pub(super) fn new() -> Self {
        let checkout =
            Self { folder: tempfile::tempdir().expect("a folder"), programs: tempfile::tempdir().expect("a folder") };
        checkout.write("batches/night.yaml", &manifest("night"));
        for command in [
            "git init -q -b main .",
            "git config user.name n && git config user.email e@example.com && git config commit.gpgsign false",
            "git add -A && git commit -q -m first && git update-ref refs/remotes/origin/main HEAD && git checkout -q -b change",
        ] {
            let ended = checkout.run(command, &[]);
            assert_eq!(ended.code, 0, "{command}: {}", ended.words);
        }
        checkout
    }

    /// Where a file of the checkout is.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.path(name).exists() || self.path("batches").join(name).exists()
    }

    /// Everything that changed, as a commit with `message`.
    pub(super) fn commit(&self, message: &str) {
        let ended = self.run("git add -A && git commit -q -m \"$MESSAGE\"", &[("MESSAGE", message)]);
        assert_eq!(ended.code, 0, "{}", ended.words);
    }

    /// A program of shell that stands before all others.
    pub(super) fn program(&self, name: &str, shell: &str) {
        let path = self.programs.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{shell}\n")).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("made a program");
    }

    /// Runs `shell` in the checkout as a build server does, with nothing but `variables`.
    pub(super) fn run(&self, shell: &str, variables: &[(&str, &str)]) -> ShellEnded {
        let own = Path::new(env!("CARGO_BIN_EXE_sortie")).parent().expect("a folder");
        let system = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{}:{system}", self.programs.path().display(), own.display());
        let output = Command::new("sh")
            .args(["-e", "-c", shell])
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.programs.path())
            .envs(variables.iter().copied())
            .current_dir(self.folder.path())
            .output()
            .expect("a shell");
        let words = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        ShellEnded { code: output.status.code().expect("it was not killed"), words }
    }
}
