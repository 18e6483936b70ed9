//! `--events`: what a run tells, as lines of JSON in a file or a pipe.
//!
//! In: events, in their order. Out: one line each, at once; a thread of its own writes them. Never: holds up or ends a run: a
//! reader that is gone or too slow loses events, and that is said.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
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
        check(flags, protected)?;
        let mut file = match opened(path) {
            Ok(file) => file,
            // Nobody reads the pipe: that is no reason to launch nothing.
            Err(error) if is_pipe(path) => {
                context
                    .console
                    .say(&format!("warning: events: nobody reads `{}` ({error}): it gets none", shown(path)));
                return Ok(None);
            }
            Err(error) => return Err(refused(path, &error.to_string())),
        };
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
                context.console.say(&format!(
                    "warning: events: {} lines did not fit into `{path}`: its reader is too slow",
                    self.lost
                ));
            }
            Ok(Err(error)) => {
                context
                    .warn(&format!("events: `{path}` cannot be written any more: {error}; the run went on without it"));
            }
            Err(_) => {
                context.console.say(&format!(
                    "warning: events: the reader of `{path}` takes nothing: what it has not read is lost"
                ));
                return;
            }
        }
        // It has ended by itself.
        let _ = self.writer.join();
    }
}

/// Refuses a place that is none for events, before anything is opened.
pub(crate) fn check(flags: &EventsArgs, protected: &ProtectedPaths) -> Result<(), Failure> {
    let Some(path) = &flags.events else { return Ok(()) };
    if path == Path::new("-") {
        let words = "--events takes a file or a pipe; stdout has the report\n  help: `--events /dev/fd/3`, with 3>FILE behind the command";
        return Err(Failure::with_message(ExitStatus::Usage, words));
    }
    match protected.find(path).or_else(|| in_the_way(path)) {
        Some(what) => Err(refused(path, &format!("it is {what}\n  help: give them a file of their own"))),
        None => Ok(()),
    }
}

/// Keeps the pipe that `flags` name open over several runs: its reader takes a pipe that is closed for ended.
pub(crate) fn keep_pipe_open(flags: &EventsArgs) -> Option<File> {
    let path = flags.events.as_deref().filter(|path| is_pipe(path))?;
    opened(path).ok()
}

/// Opens `path` to add lines to it. A pipe without a reader is an error at once, and not waited for.
fn opened(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    if is_pipe(path) {
        let file = options.write(true).custom_flags(NONBLOCK).open(path)?;
        // The thread may wait for its reader; only the opening may not.
        rustix::fs::fcntl_setfl(&file, rustix::fs::OFlags::empty())?;
        return Ok(file);
    }
    let mut file =
        options.read(true).append(true).create(true).open(path).or_else(|_| File::options().append(true).open(path))?;
    end_last_line(&mut file)?;
    Ok(file)
}

/// `O_NONBLOCK`.
const NONBLOCK: i32 = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();

/// What a full disk or a kill left of a line gets its end, so that the next line begins by itself.
fn end_last_line(file: &mut File) -> io::Result<()> {
    if !file.metadata()?.is_file() || file.metadata()?.len() == 0 {
        return Ok(());
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    if last == *b"\n" { Ok(()) } else { file.write_all(b"\n") }
}

fn is_pipe(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| found.file_type().is_fifo())
}

fn shown(path: &Path) -> String {
    escape(&path.display().to_string()).into_owned()
}

fn refused(path: &Path, why: &str) -> Failure {
    Failure::with_message(ExitStatus::Usage, format!("events cannot go to `{}`: {why}", shown(path)))
}

/// What is at `path` that no line may be added to.
fn in_the_way(path: &Path) -> Option<&'static str> {
    // To look into a pipe would take from it.
    if !path.metadata().is_ok_and(|found| found.is_file()) {
        return None;
    }
    match FileKind::at(path) {
        Ok(FileKind::Manifest) => Some("a manifest"),
        Ok(FileKind::ManifestTests) => Some("tests of a manifest"),
        Ok(FileKind::Policies) => Some("rules of a policy"),
        Ok(FileKind::Database) => Some("a ledger or another database"),
        Ok(FileKind::Report) => Some("a report"),
        Ok(FileKind::RunFile) => Some("a run in a file"),
        Ok(FileKind::SavedPlan) => Some("a saved plan"),
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
