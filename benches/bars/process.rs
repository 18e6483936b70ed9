//! Whole processes: the sandbox beside us, and commands with their CPU time.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub(crate) fn sortie() -> &'static str {
    env!("CARGO_BIN_EXE_sortie")
}

/// A sandbox in a process of its own; it ends with this value.
pub(crate) struct Sandbox {
    child: Child,
    pub(crate) url: String,
    pub(crate) token: String,
}

impl Sandbox {
    pub(crate) fn start(latency_ms: u32) -> Self {
        let mut child = Command::new(sortie())
            .args(["sandbox", "--port", "0", "--format", "json", "--latency", &format!("{latency_ms}ms")])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let announced: serde_json::Value = serde_json::from_str(&line).unwrap();
        let text = |key: &str| announced[key].as_str().unwrap().to_owned();
        Self { child, url: text("url"), token: text("token") }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The user and system seconds that `command` took, by the shell's own account.
pub(crate) fn cpu_seconds(command: &[&str], folder: &Path, environment: &[(&str, &str)]) -> f64 {
    let output = Command::new("bash")
        .args(["-c", "TIMEFORMAT='%U %S'; time \"$@\" >stdout.txt 2>stderr.txt", "bash"])
        .args(command)
        .current_dir(folder)
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let said = std::fs::read_to_string(folder.join("stderr.txt")).unwrap();
    assert!(output.status.success(), "{command:?} failed: {said}");
    let times = String::from_utf8(output.stderr).unwrap();
    times.split_whitespace().map(|seconds| seconds.parse::<f64>().unwrap()).sum()
}

/// The most memory that `command` had resident, in units of 1024 bytes, as the kernel tells it until the end.
pub(crate) fn peak_kibibytes(command: &[&str], folder: &Path) -> f64 {
    let mut child = Command::new(command[0])
        .args(&command[1..])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0.0_f64;
    loop {
        // The mark only grows, and a process frees at its end: nothing is missed between two looks.
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let mark = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        peak = peak.max(mark.map_or(0.0, |kibibytes| kibibytes.parse().unwrap()));
        if let Some(ended) = child.try_wait().unwrap() {
            assert!(ended.success(), "{command:?} failed");
            return peak;
        }
        std::thread::park_timeout(std::time::Duration::from_millis(1));
    }
}

/// A manifest of `launches` jobs in a fresh folder.
pub(crate) fn manifest(launches: u32) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bars.yaml");
    let mut text = "version: 1\nname: bars\nfolder: { id: 7 }\nlimits:\n  launches: 100000\njobs:\n".to_owned();
    for number in 0..launches {
        text.push_str(&format!(
            "  job-{number:05}:\n    release: 5b754c63-5d1a-4c37-bb9b-74b69e4934bf\n    arguments:\n      invoice: INV-{number}\n      amount: 12.5\n"
        ));
    }
    std::fs::write(&path, text).unwrap();
    (folder, path)
}
