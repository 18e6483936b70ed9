//! `sortie sandbox` in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::Program;

/// A sandbox that serves until it is dropped.
pub struct Served {
    child: Child,
    /// The line that it printed.
    pub announcement: Value,
    _folder: TempDir,
}

impl Served {
    /// Starts one; `world` is the text of its world file, none: it has whatever is asked for.
    pub fn start(world: Option<&str>) -> Self {
        let mut program = Program::sortie("sandbox --format json");
        if let Some(world) = world {
            program = program.file("world.yaml", world).arg("--world").arg("world.yaml");
        }
        let (mut command, folder) = program.into_command();
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let announcement = serde_json::from_str(&line).expect("one JSON line");
        Self { child, announcement, _folder: folder }
    }

    /// One text of the announcement.
    #[track_caller]
    pub fn text(&self, name: &str) -> &str {
        self.announcement[name].as_str().unwrap_or_else(|| panic!("{name} in {}", self.announcement))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
