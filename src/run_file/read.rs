//! A run file -> what it holds, whole or not at all.
//!
//! In: bytes of anybody. Out: a [`RunFile`], whose events follow each other as a ledger's do. Never: trusts a count, or a line
//! of which the last line's digest does not know.

use std::collections::BTreeMap;
use std::io::{BufRead, Read as _};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::VERSION;
use super::error::RunFileError;
use super::line::{FirstLine, Line, ListLine, WholeLine};
use crate::clock::Timestamp;
use crate::ids::{Digest, Ordinal, RunId};
use crate::ledger::event::{LaunchEvent, Record};
use crate::ledger::pause::Pause;
use crate::ledger::state::{LaunchState, fold};
use crate::ledger::{IMPORTED_TENANT, ListMinute, RunEnd, RunNote, RunRecord};

/// Maximum size of a line, in bytes: the inputs, which hold data files, are the longest.
const MAX_LINE_BYTES: u64 = 256 << 20;

/// Maximum size of a file, in bytes.
const MAX_FILE_BYTES: u64 = 4 << 30;

/// Maximum launches of a run: a report of more would never end.
const MAX_LAUNCHES: u32 = 10_000_000;

/// Maximum length of the names in the first line, in characters.
const MAX_NAME_CHARS: usize = 1000;

/// What a run file holds.
#[derive(Clone, Debug)]
pub struct RunFile {
    /// The run, of the tenant that it was launched on.
    pub record: RunRecord,
    /// How it ended, where it had.
    pub end: Option<RunEnd>,
    /// What was noted about it, in order.
    pub notes: Vec<RunNote>,
    /// How often it read the list of robot jobs, by minute.
    pub lists: Vec<ListMinute>,
    /// What happened to its launches, in the order in which it was recorded.
    pub records: Vec<Record>,
    /// When the file was written, UTC.
    pub exported: Timestamp,
    /// The machine on which it was written, where that had a name.
    pub host: Option<String>,
    /// Whether a process was at the run then.
    pub is_live: bool,
    /// The rerun that had taken over.
    pub rerun: Option<RunId>,
    /// The pause that the tenant's server had asked for.
    pub starts_pause: Option<Pause>,
}

impl RunFile {
    /// The run as a ledger has it into which the file is imported: of a tenant that no profile leads to.
    #[must_use]
    pub fn imported_record(&self) -> RunRecord {
        let host = self.host.as_deref().unwrap_or_default().replace(':', "_");
        RunRecord { tenant: format!("{IMPORTED_TENANT}{host}:{}", self.record.tenant), ..self.record.clone() }
    }
}

/// Reads a run file from `from`.
pub fn read(from: impl BufRead) -> Result<RunFile, RunFileError> {
    let mut lines = LineReader { from, number: 0, bytes: 0, digest: Sha256::new(), text: Vec::new() };
    let mut file = first(&mut lines)?;
    let inputs = match lines.next()? {
        Some(Line::Inputs { inputs }) => inputs,
        Some(_) => return Err(RunFileError::at(lines.number, "the run's inputs should stand here")),
        None => return Err(lines.cut()),
    };
    file.record.inputs = bytes_of(&inputs);
    let mut states: BTreeMap<Ordinal, LaunchState> = BTreeMap::new();
    loop {
        let before = lines.digest.clone();
        let line = lines.next()?.ok_or_else(|| lines.cut())?;
        let number = lines.number;
        if file.end.is_some() && !matches!(line, Line::Whole(_)) {
            return Err(RunFileError::at(number, "nothing but the last line may come behind the run's end"));
        }
        match line {
            Line::Run(_) | Line::Inputs { .. } => {
                return Err(RunFileError::at(number, "a second run begins here: a file holds one"));
            }
            Line::Note { note } => file.notes.push(note),
            Line::List(ListLine { minute, lists, most }) => file.lists.push(ListMinute { minute, lists, most }),
            Line::Event { launch, at, event } => {
                let state = states.remove(&launch).unwrap_or_default();
                if let Some(why) = misplaced(launch, &event, &state, file.record.launches) {
                    return Err(RunFileError::at(number, why));
                }
                let state = fold(state, event.clone())
                    .map_err(|source| RunFileError::Contradiction { line: number, source })?;
                states.insert(launch, state);
                file.records.push(Record { ordinal: launch, at, event });
            }
            Line::Ended(ended) => {
                let end = ended.end().ok_or_else(|| RunFileError::at(number, "an exit code that nobody has"))?;
                file.end = Some(end);
            }
            Line::Whole(whole) => {
                check_whole(&file, &whole, Digest::from(<[u8; 32]>::from(before.finalize())), number)?;
                return match lines.next()? {
                    None => Ok(file),
                    Some(_) => Err(RunFileError::at(lines.number, "nothing may come behind the last line")),
                };
            }
        }
    }
}

/// What the first line says.
fn first(lines: &mut LineReader<impl BufRead>) -> Result<RunFile, RunFileError> {
    let Some(value) = lines.next_value()? else { return Err(RunFileError::NotARun) };
    let Some(found) = value.get("sortie-run").and_then(Value::as_u64) else { return Err(RunFileError::NotARun) };
    let found = u32::try_from(found).unwrap_or(u32::MAX);
    if found > VERSION {
        let sortie = value.get("sortie").and_then(Value::as_str).unwrap_or("?").chars().take(40).collect();
        return Err(RunFileError::TooNew { found, known: VERSION, sortie });
    }
    let line: Line = serde_json::from_value(value).map_err(|error| RunFileError::at(1, error.to_string()))?;
    let Line::Run(line) = line else { return Err(RunFileError::NotARun) };
    let odd = |why: &str| RunFileError::at(1, why);
    if line.launches > MAX_LAUNCHES {
        return Err(odd("more launches than a run can have"));
    }
    let names = [Some(&line.name), line.slot.as_ref(), Some(&line.profile), Some(&line.tenant), Some(&line.version)];
    let names = names.into_iter().chain([line.host.as_ref()]).flatten();
    if names.into_iter().any(|name| name.chars().count() > MAX_NAME_CHARS || name.contains(char::is_control)) {
        return Err(odd("a name that is too long, or holds a control character"));
    }
    if line.tenant.starts_with(IMPORTED_TENANT) {
        return Err(odd("a tenant that no run is launched on"));
    }
    let FirstLine { id, name, slot, profile, tenant, started, plan_digest, launches, version, .. } = *line;
    let record =
        RunRecord { id, name, slot, profile, tenant, started, plan_digest, launches, inputs: Vec::new(), version };
    Ok(RunFile {
        record,
        end: None,
        notes: Vec::new(),
        lists: Vec::new(),
        records: Vec::new(),
        exported: line.exported,
        host: line.host,
        is_live: line.is_live,
        rerun: line.rerun,
        starts_pause: line.starts_pause.map(|pause| Pause::kept(Some(pause.asked), pause.until)),
    })
}

/// Why `event` cannot be of the launch at `launch`, whose state was `state`, in a run of so many launches: behind those of the
/// plan stand retries, each of one of them.
fn misplaced(launch: Ordinal, event: &LaunchEvent, state: &LaunchState, launches: u32) -> Option<String> {
    let is_begun = *state != LaunchState::Planned;
    let is_fitting = match event {
        LaunchEvent::RetryDecided(origin) => launch.0 >= launches && origin.of.0 < launches,
        LaunchEvent::Intended(_)
        | LaunchEvent::Ended { .. }
        | LaunchEvent::Orphaned { .. }
        | LaunchEvent::Settled { .. }
        | LaunchEvent::Declared { .. }
        | LaunchEvent::Adopted { .. }
        | LaunchEvent::Recounted { .. }
        | LaunchEvent::JobsEnded { .. }
        | LaunchEvent::JobsBegan { .. }
        | LaunchEvent::RobotLog { .. }
        | LaunchEvent::JobNotes { .. }
        | LaunchEvent::StartedElsewhere { .. }
        | LaunchEvent::LeftOut { .. } => launch.0 < launches || is_begun,
    };
    (!is_fitting).then(|| format!("launch {}: the run has {launches} launches", launch.0))
}

fn check_whole(file: &RunFile, whole: &WholeLine, sha256: Digest, line: u64) -> Result<(), RunFileError> {
    if whole.sha256 != sha256 {
        return Err(RunFileError::Changed { line });
    }
    if whole.run != file.record.id {
        return Err(RunFileError::at(line, "the last line is that of another run"));
    }
    if (whole.notes, whole.events) != (file.notes.len() as u64, file.records.len() as u64) {
        return Err(RunFileError::at(line, "its counts are not those of the lines before it"));
    }
    Ok(())
}

fn bytes_of(inputs: &Value) -> Vec<u8> {
    serde_json::to_vec(inputs).expect("it was read from JSON")
}

struct LineReader<R> {
    from: R,
    /// The line that was read last, from 1 on.
    number: u64,
    bytes: u64,
    digest: Sha256,
    text: Vec<u8>,
}

impl<R: BufRead> LineReader<R> {
    /// The next line; `None` at the end.
    fn next(&mut self) -> Result<Option<Line>, RunFileError> {
        if !self.fill()? {
            return Ok(None);
        }
        self.parsed().map(Some)
    }

    fn next_value(&mut self) -> Result<Option<Value>, RunFileError> {
        // What is no JSON at all is no run file, whatever it is.
        Ok(if self.fill()? { serde_json::from_slice(&self.text).ok() } else { None })
    }

    fn parsed<T: serde::de::DeserializeOwned>(&self) -> Result<T, RunFileError> {
        // Its own line number is always 1.
        serde_json::from_slice(&self.text).map_err(|error| {
            let words = error.to_string();
            let words = words.split(" at line ").next().unwrap_or_default().to_owned();
            RunFileError::at(self.number, format!("{words} (column {})", error.column()))
        })
    }

    /// Reads a whole line; false at the end.
    fn fill(&mut self) -> Result<bool, RunFileError> {
        self.text.clear();
        let mut limited = self.from.by_ref().take(MAX_LINE_BYTES);
        let read = limited.read_until(b'\n', &mut self.text).map_err(RunFileError::Unread)?;
        if read == 0 {
            return Ok(false);
        }
        self.bytes += read as u64;
        let line = self.number + 1;
        if self.bytes > MAX_FILE_BYTES || read as u64 == MAX_LINE_BYTES {
            return Err(RunFileError::TooLarge { line, most: MAX_FILE_BYTES >> 20 });
        }
        if self.text.last() != Some(&b'\n') {
            // The first line of something else may be of any kind.
            return if line == 1 { Err(RunFileError::NotARun) } else { Err(RunFileError::Cut { line }) };
        }
        self.digest.update(&self.text);
        self.number = line;
        Ok(true)
    }

    fn cut(&self) -> RunFileError {
        RunFileError::Cut { line: self.number }
    }
}
