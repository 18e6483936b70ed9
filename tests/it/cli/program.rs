//! Runs the binary in a fresh folder with a scrubbed environment.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// One run of the binary, to be set up.
pub struct Program {
    folder: TempDir,
    command: Command,
    stdin: Vec<u8>,
}

/// What came of it.
#[derive(Debug)]
pub struct Ended {
    /// The exit code.
    pub code: i32,
    /// All of stdout.
    pub stdout: String,
    /// All of stderr.
    pub stderr: String,
    /// The folder that it ran in, which goes with this value.
    pub folder: TempDir,
}

impl Program {
    /// `sortie` with `arguments`, split at spaces: no variable is set but `HOME`, which is an empty folder.
    pub fn sortie(arguments: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_sortie"));
        command.args(arguments.split(' ').filter(|argument| !argument.is_empty()));
        command.env_clear().env("HOME", folder.path().join("home")).current_dir(folder.path());
        Self { folder, command, stdin: Vec::new() }
    }

    /// The same with one more argument, whatever it holds.
    pub fn arg(mut self, argument: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    /// The same with an environment variable.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// The same without `HOME`.
    pub fn without_home(mut self) -> Self {
        self.command.env_remove("HOME");
        self
    }

    /// The same with a file in its folder.
    pub fn file(self, name: &str, text: &str) -> Self {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    /// The same with the project's samples in `specs/`, and the schema beside them.
    pub fn samples(mut self) -> Self {
        for folder in ["specs", "specs/data"] {
            for entry in fs::read_dir(project().join(folder)).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_file() {
                    let name = entry.file_name().into_string().unwrap();
                    self = self.file(&format!("{folder}/{name}"), &fs::read_to_string(entry.path()).unwrap());
                }
            }
        }
        self
    }

    /// The path of a file in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same with `text` on stdin.
    pub fn stdin(mut self, text: &str) -> Self {
        text.as_bytes().clone_into(&mut self.stdin);
        self
    }

    /// The command itself, for what this builder does not do; its folder lives as long as the returned value.
    pub fn into_command(self) -> (Command, TempDir) {
        (self.command, self.folder)
    }

    /// Runs it to its end.
    pub fn run(mut self) -> Ended {
        let mut child =
            self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A program that does not read its stdin may be gone already.
        let _ = child.stdin.take().unwrap().write_all(&self.stdin);
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is text");
        Ended {
            code: output.status.code().expect("it was not killed"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
            folder: self.folder,
        }
    }
}

impl Ended {
    /// Exit code, stdout and stderr as one text, with what differs from run to run replaced.
    pub fn shown(&self) -> String {
        let mut text = format!("exit {}\n", self.code);
        for (name, stream) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !stream.is_empty() {
                text.push_str(&format!("--- {name}\n{stream}"));
            }
        }
        steady(&text.replace(&self.folder.path().display().to_string(), "FOLDER"))
    }

    /// The JSON on stdout.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.shown()))
    }
}

/// The project's own folder.
pub fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Run ids, times and digests replaced by stand-ins of their kind.
pub(super) fn steady(text: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain(std::iter::once('\n')) {
        if c.is_ascii_alphanumeric() || "-:.".contains(c) {
            word.push(c);
        } else {
            out.push_str(&stand_in(&word));
            out.push(c);
            word.clear();
        }
    }
    out.pop();
    without_spans(&out)
}

/// The text with `ID` for each id of a robot job of the sandbox, six digits: launches that leave together arrive in either order.
pub fn without_job_ids(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(at);
        let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
        out.push_str(before);
        out.push_str(if end == 6 { "ID" } else { &number[..end] });
        rest = &number[end..];
    }
    out + rest
}

/// The text with `SPAN` for how long a run took.
fn without_spans(text: &str) -> String {
    let mut parts = text.split(" to TIME (");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.split_once(')').map_or("", |(_, rest)| rest);
        format!("{text} to TIME (SPAN){rest}")
    })
}

fn stand_in(word: &str) -> String {
    let is_hex = |part: &str| part.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
    if let Some(rest) = word.strip_prefix("sortie-")
        && let Some((run, launch)) = rest.split_once('-')
        && run.len() == 32
        && is_hex(run)
    {
        return format!("sortie-RUN-{launch}");
    }
    match word.len() {
        32 if is_hex(word) => "RUN".to_owned(),
        64 if is_hex(word) => "DIGEST".to_owned(),
        20.. if word.starts_with("20") && word.ends_with('Z') && word.contains('T') => "TIME".to_owned(),
        _ => word.to_owned(),
    }
}

#[test]
fn what_differs_from_run_to_run_is_replaced() {
    let run = "0eaac680e5ee54d79efbe8f48c29e504";
    assert_eq!(
        steady(&format!("run {run}, sortie-{run}-ca978112ca1bbdca at 2026-01-31T00:00:00.25Z, 2026-01-31")),
        "run RUN, sortie-RUN-ca978112ca1bbdca at TIME, 2026-01-31"
    );
    assert_eq!(steady("2026-01-31T00:00:00Z to 2026-01-31T00:00:01Z (1.2 s)\n"), "TIME to TIME (SPAN)\n");
}
