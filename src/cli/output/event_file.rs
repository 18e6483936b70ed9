//! `--events`: what a run tells, as lines of JSON in a file or a pipe.
//!
//! In: events, in their order. Out: one line each, at once; a thread of its own writes them. Never: holds up or ends a run: a
//! reader that is gone or too slow loses events, and that is said.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::cli::args::EventsArgs;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::input::protected_paths::ProtectedPaths;
use crate::cli::output::file_kind::FileKind;
use crate::diagnostic::escape::escape;
use crate::exit::ExitStatus;
use crate::run::EventLine;
use crate::secret::Redactor;

/// Maximum lines that wait for a slow reader.
const MAX_WAITING: usize = 100_000;

/// Maximum time that the end of a command waits for a slow reader.
const MAX_END: Duration = Duration::from_secs(2);

/// Where events go.
pub(crate) struct EventFile {
    path: PathBuf,
    redactor: Redactor,
    lines: Option<SyncSender<Vec<u8>>>,
    /// How many did not fit behind those that wait.
    lost: u64,
    writer: JoinHandle<()>,
    /// What the writer ended with.
    ended: Receiver<std::io::Result<()>>,
}

impl EventFile {
    /// Opens the file that `flags` name, to add lines to it; `None` if they name none.
    ///
    /// Errors: usage: it is a manifest, a ledger, or something else that this call reads; it cannot be opened.
    pub(crate) fn open(
        context: &CommandContext,
        flags: &EventsArgs,
        protected: &ProtectedPaths,
    ) -> Result<Option<Self>, Failure> {
        let Some(path) = &flags.events else { return Ok(None) };
        let shown = escape(&path.display().to_string()).into_owned();
        let usage = |words: String| Failure::with_message(ExitStatus::Usage, words);
        if path == Path::new("-") {
            let words = "--events takes a file or a pipe; stdout has the report\n  help: `--events /dev/fd/3`, with 3>FILE behind the command";
            return Err(usage(words.to_owned()));
        }
        if let Some(what) = protected.find(path).or_else(|| in_the_way(path)) {
            return Err(usage(format!(
                "events cannot go to `{shown}`: it is {what}\n  help: give them a file of their own"
            )));
        }
        let file = File::options().append(true).create(true).open(path);
        let mut file = file.map_err(|error| usage(format!("events cannot go to `{shown}`: {error}")))?;
        let (lines, waiting) = mpsc::sync_channel::<Vec<u8>>(MAX_WAITING);
        let (end, ended) = mpsc::sync_channel(1);
        let writer = std::thread::Builder::new().name("events".to_owned()).spawn(move || {
            let written = waiting.iter().try_for_each(|line| file.write_all(&line));
            // Nobody may be left who wants to know.
            let _ = end.send(written);
        });
        let writer = writer.map_err(|error| Failure::new(ExitStatus::Fault, &error))?;
        let redactor = context.console.redactor().clone();
        Ok(Some(Self { path: path.clone(), redactor, lines: Some(lines), lost: 0, writer, ended }))
    }

    /// Adds the line of an event.
    pub(crate) fn write(&mut self, event: &EventLine) {
        let Some(lines) = &self.lines else { return };
        let mut value = serde_json::to_value(event).expect("an event holds only text and numbers");
        self.redactor.redact_output_value(&mut value);
        match lines.try_send(format!("{value}\n").into_bytes()) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => self.lost += 1,
            // Its reader is gone; why is said at the end.
            Err(TrySendError::Disconnected(_)) => self.lines = None,
        }
    }

    /// Waits until all are written, and says what was not.
    pub(crate) fn end(mut self, context: &CommandContext) {
        drop(self.lines.take());
        let path = self.path.display().to_string();
        let path = escape(&path);
        match self.ended.recv_timeout(MAX_END) {
            Ok(Ok(())) if self.lost == 0 => {}
            Ok(Ok(())) => {
                context.warn(&format!("events: {} lines did not fit into `{path}`: its reader is too slow", self.lost));
            }
            Ok(Err(error)) => {
                context
                    .warn(&format!("events: `{path}` cannot be written any more: {error}; the run went on without it"));
            }
            Err(_) => {
                context.warn(&format!("events: the reader of `{path}` takes nothing: what it has not read is lost"));
                return;
            }
        }
        // It has ended by itself.
        let _ = self.writer.join();
    }
}

/// What is at `path` that no line may be added to.
fn in_the_way(path: &Path) -> Option<&'static str> {
    // To look into a pipe would take from it.
    if !path.metadata().is_ok_and(|found| found.is_file()) {
        return None;
    }
    match FileKind::at(path) {
        Ok(FileKind::Manifest) => Some("a manifest"),
        Ok(FileKind::Database) => Some("a ledger or another database"),
        Ok(FileKind::Report) => Some("a report"),
        Ok(FileKind::Other) if !holds_events(path) => Some("a file without events in it"),
        Ok(FileKind::Nothing | FileKind::Other) | Err(_) => None,
    }
}

/// Whether the file at `path` begins as a line of events does.
fn holds_events(path: &Path) -> bool {
    const BEGINNING: &[u8] = b"{\"version\":";
    let mut bytes = [0; BEGINNING.len()];
    File::open(path).and_then(|mut file| file.read_exact(&mut bytes)).is_ok() && bytes == BEGINNING
}
