//! The pages that are read with hands on the keyboard: every command of theirs is typed, in their order, and prints what stands there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cli::afterwards::samples::steady;
use crate::cli::program::without_job_ids;

const PAGES: [&str; 5] = [
    "docs/tutorial.md",
    "docs/how-to/approve-a-plan.md",
    "docs/how-to/in-a-pipeline.md",
    "docs/how-to/start-again-what-failed.md",
    "docs/how-to/several-machines.md",
];

#[test]
fn what_the_pages_say_to_type_prints_what_they_show() {
    for page in PAGES {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
        let text = fs::read_to_string(&path).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let typed = typed(&text, folder.path());
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(&path, typed).unwrap();
        } else {
            assert_eq!(without_job_ids(&typed), without_job_ids(&text), "{page}: run with UPDATE_EXPECT=1");
        }
    }
}

/// The page as it is once its files are written and its commands are typed in `folder`.
fn typed(text: &str, folder: &Path) -> String {
    let mut out = String::new();
    let mut lines = text.lines().peekable();
    let mut file: Option<PathBuf> = None;
    let mut commands = 0;
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        if let Some(name) = line.strip_prefix("<!-- file: ").and_then(|rest| rest.strip_suffix(" -->")) {
            file = Some(folder.join(name));
        }
        if !line.starts_with("```") || line == "```" {
            continue;
        }
        let mut block = Vec::new();
        while let Some(inner) = lines.next_if(|inner| *inner != "```") {
            block.push(inner);
        }
        if let Some(file) = file.take() {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, block.join("\n") + "\n").unwrap();
        }
        if line == "```console" {
            for command in block.iter().filter_map(|line| line.strip_prefix("$ ")) {
                out.push_str(&format!("$ {command}\n{}", told(command, folder)));
                commands += 1;
            }
        } else {
            out.extend(block.iter().flat_map(|line| [line, "\n"]));
        }
    }
    assert!(commands > 0, "a page without commands");
    out
}

/// What `command` prints in a shell, and how it ends where that is not well.
fn told(command: &str, folder: &Path) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_sortie")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).current_dir(folder).env_clear().env("PATH", path);
    shell.env("HOME", folder.join("home")).env("LANG", "C.UTF-8").stdin(Stdio::null());
    let output = shell.output().unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let code = output.status.code().unwrap();
    assert!(![1, 2, 127].contains(&code), "{command}: {stderr}");
    let errors = if code == 3 { stderr } else { String::new() };
    let end = if code == 0 { String::new() } else { format!("(exit code {code})\n") };
    // The machine's own name is nobody else's.
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    steady(&format!("{stdout}{errors}{end}").replace(&format!("written on {host}"), "written on host-a"))
}
