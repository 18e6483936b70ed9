//! The fields of a robot job's end, in their order. Since version 2 of the block.
//!
//! In: an end. Out: its fields, and the same end again. A number or an order is never changed.

use super::fields::{BlockError, FieldReader, FieldWriter};
use crate::ids::JobId;
use crate::outcome::{FaultClass, JobEnd, JobError, JobNote, JobOutcome, LogLine};

/// Writes `end`.
pub(super) fn put<'t>(to: &mut FieldWriter<'t>, end: &'t JobEnd) {
    let JobEnd { job, outcome, state, sub_state, start_time, end_time, info, output, error, class, notes, log: _ } =
        end;
    to.signed(job.0);
    to.byte(outcome_number(*outcome));
    for text in [state, sub_state, info] {
        to.option(text.as_deref(), FieldWriter::shared);
    }
    for text in [start_time, end_time, output] {
        to.option(text.as_deref(), FieldWriter::text);
    }
    to.option(error.as_ref(), |to, JobError { code, title, detail, category }| {
        for text in [code, title, detail, category] {
            to.option(text.as_deref(), FieldWriter::shared);
        }
    });
    to.option(*class, |to, class| to.byte(class_number(class)));
    to.list(notes, put_note);
}

/// Reads an end.
pub(super) fn read(from: &mut FieldReader<'_>) -> Result<JobEnd, BlockError> {
    let shared = |from: &mut FieldReader<'_>| from.option(|from| from.shared().map(str::to_owned));
    let text = |from: &mut FieldReader<'_>| from.option(|from| from.text().map(str::to_owned));
    Ok(JobEnd {
        job: JobId(from.signed()?),
        outcome: outcome_of(from.byte()?)?,
        state: shared(from)?,
        sub_state: shared(from)?,
        info: shared(from)?,
        start_time: text(from)?,
        end_time: text(from)?,
        output: text(from)?,
        error: from.option(|from| {
            Ok(JobError { code: shared(from)?, title: shared(from)?, detail: shared(from)?, category: shared(from)? })
        })?,
        class: from.option(|from| class_of(from.byte()?))?,
        notes: from.list(read_note)?,
        // It comes later, in an event of its own.
        log: Vec::new(),
    })
}

/// Writes a line of a robot's log.
pub(super) fn put_line<'t>(to: &mut FieldWriter<'t>, line: &'t LogLine) {
    let LogLine { at, level, text } = line;
    to.option(at.as_deref(), FieldWriter::text);
    to.option(level.as_deref(), FieldWriter::shared);
    to.shared(text);
}

/// Reads a line of a robot's log.
pub(super) fn read_line(from: &mut FieldReader<'_>) -> Result<LogLine, BlockError> {
    Ok(LogLine {
        at: from.option(|from| from.text().map(str::to_owned))?,
        level: from.option(|from| from.shared().map(str::to_owned))?,
        text: from.shared()?.to_owned(),
    })
}

fn outcome_number(outcome: JobOutcome) -> u8 {
    match outcome {
        JobOutcome::Successful => 0,
        JobOutcome::Suspended => 1,
        JobOutcome::Faulted => 2,
        JobOutcome::Stopped => 3,
        JobOutcome::Late => 4,
        JobOutcome::Gone => 5,
    }
}

fn outcome_of(number: u8) -> Result<JobOutcome, BlockError> {
    Ok(match number {
        0 => JobOutcome::Successful,
        1 => JobOutcome::Suspended,
        2 => JobOutcome::Faulted,
        3 => JobOutcome::Stopped,
        4 => JobOutcome::Late,
        5 => JobOutcome::Gone,
        _ => return Err(BlockError::Odd("an outcome that is not known")),
    })
}

fn class_number(class: FaultClass) -> u8 {
    match class {
        FaultClass::Session => 0,
        FaultClass::Capacity => 1,
        FaultClass::Quota => 2,
        FaultClass::TimeLimit => 3,
        FaultClass::Platform => 4,
        FaultClass::ResultLost => 5,
        FaultClass::Business => 6,
        FaultClass::Application => 7,
        FaultClass::Unclassified => 8,
    }
}

fn class_of(number: u8) -> Result<FaultClass, BlockError> {
    Ok(match number {
        0 => FaultClass::Session,
        1 => FaultClass::Capacity,
        2 => FaultClass::Quota,
        3 => FaultClass::TimeLimit,
        4 => FaultClass::Platform,
        5 => FaultClass::ResultLost,
        6 => FaultClass::Business,
        7 => FaultClass::Application,
        8 => FaultClass::Unclassified,
        _ => return Err(BlockError::Odd("a fault class that is not known")),
    })
}

/// Writes a note.
pub(super) fn put_note<'t>(to: &mut FieldWriter<'t>, note: &'t JobNote) {
    match note {
        JobNote::StoppedByHand => to.byte(0),
        JobNote::WithFaults => to.byte(1),
        JobNote::OtherVersion { ran, planned } => {
            to.byte(2);
            to.shared(ran);
            to.shared(planned);
        }
        JobNote::RanAgain => to.byte(3),
        JobNote::NoOutput => to.byte(4),
    }
}

/// Reads a note.
pub(super) fn read_note(from: &mut FieldReader<'_>) -> Result<JobNote, BlockError> {
    Ok(match from.byte()? {
        0 => JobNote::StoppedByHand,
        1 => JobNote::WithFaults,
        2 => JobNote::OtherVersion { ran: from.shared()?.to_owned(), planned: from.shared()?.to_owned() },
        3 => JobNote::RanAgain,
        4 => JobNote::NoOutput,
        _ => return Err(BlockError::Odd("a note that is not known")),
    })
}
