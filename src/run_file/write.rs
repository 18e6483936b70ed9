//! A run of a store -> a run file.
//!
//! In: a store that is read as of one moment, inputs without secrets. Out: lines, each masked. Never: more than a few commits in
//! memory.

use std::io::{self, Write};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::line::{EndedLine, FirstLine, Line, ListLine, PauseLine, WholeLine};
use super::{VERSION, mask};
use crate::clock::Timestamp;
use crate::ids::Digest;
use crate::ledger::event::Record;
use crate::ledger::{LedgerError, ListMinute, LockName, RecordMark, RunEnd, RunNote, RunRecord, Store, successor};
use crate::secret::Redactor;

/// Why a run file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The file cannot be written.
    #[error("the file cannot be written")]
    Unwritten(#[from] io::Error),
    /// The ledger's inputs are not JSON: damage, or a form that is not known here.
    #[error("the run's inputs cannot be read")]
    Inputs(#[source] serde_json::Error),
}

/// Where and when a run is exported.
#[derive(Clone, Debug)]
pub struct ExportOrigin {
    /// When, UTC.
    pub at: Timestamp,
    /// The machine, where it has a name.
    pub host: Option<String>,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// How many events.
    pub events: u64,
    /// Whether a process was at the run.
    pub is_live: bool,
}

/// Writes the run `record`, which ended so, to `out`; `inputs` are its inputs as they may be shown. Of the time between
/// `begin_reading` and `end_reading` of `store`.
pub async fn write<S: Store>(
    store: &S,
    (record, end): (&RunRecord, Option<RunEnd>),
    inputs: &[u8],
    origin: &ExportOrigin,
    redactor: &Redactor,
    out: impl Write,
) -> Result<Exported, ExportError> {
    let mut out = DigestedLines { out, digest: Sha256::new() };
    let notes = store.read_notes(record.id).await?;
    let is_live = store.is_held(LockName::Run(record.id)).await?;
    out.line(&Line::Run(Box::new(head(store, record, &notes, is_live, origin).await?)))?;
    let inputs: Value = serde_json::from_slice(inputs).map_err(ExportError::Inputs)?;
    out.line(&Line::Inputs { inputs })?;
    let mut whole = WholeLine { run: record.id, notes: 0, events: 0, sha256: Digest::of(&[]) };
    for note in notes {
        whole.notes += 1;
        out.line(&Line::Note { note: mask::note(note, redactor) })?;
    }
    for ListMinute { minute, lists, most } in store.read_list_minutes(record.id).await? {
        out.line(&Line::List(ListLine { minute, lists, most }))?;
    }
    let mut mark = RecordMark::default();
    while let Some((next, records)) = store.read_records(record.id, mark).await? {
        for Record { ordinal, at, mut event } in records {
            whole.events += 1;
            mask::event(&mut event, redactor);
            out.line(&Line::Event { launch: ordinal, at, event })?;
        }
        mark = next;
    }
    if let Some(end) = end {
        out.line(&Line::Ended(EndedLine::of(end)))?;
    }
    let events = whole.events;
    whole.sha256 = Digest::from(<[u8; 32]>::from(out.digest.clone().finalize()));
    out.line(&Line::Whole(whole))?;
    out.out.flush()?;
    Ok(Exported { events, is_live })
}

async fn head<S: Store>(
    store: &S,
    record: &RunRecord,
    notes: &[RunNote],
    is_live: bool,
    origin: &ExportOrigin,
) -> Result<FirstLine, LedgerError> {
    let rerun = match successor(notes) {
        None => None,
        Some(by) => match store.read_run(by).await {
            Ok(_) => Some(by),
            Err(LedgerError::NoRun(_)) => None,
            Err(error) => return Err(error),
        },
    };
    let pause = store.read_tenant(record.id).await?.starts_pause;
    Ok(FirstLine {
        sortie_run: VERSION,
        sortie: env!("CARGO_PKG_VERSION").to_owned(),
        exported: origin.at,
        host: origin.host.clone(),
        id: record.id,
        name: record.name.clone(),
        slot: record.slot.clone(),
        profile: record.profile.clone(),
        tenant: record.tenant.clone(),
        started: record.started,
        plan_digest: record.plan_digest,
        launches: record.launches,
        version: record.version.clone(),
        is_live,
        rerun,
        starts_pause: pause.map(|pause| PauseLine { asked: pause.asked, until: pause.until }),
    })
}

struct DigestedLines<W> {
    out: W,
    digest: Sha256,
}

impl<W: Write> DigestedLines<W> {
    fn line(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_vec(line).expect("lines hold only text and numbers");
        text.push(b'\n');
        self.digest.update(&text);
        self.out.write_all(&text)
    }
}
