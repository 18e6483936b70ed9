//! Events and notes without the secrets that are known here.
//!
//! In: what a ledger kept, which was masked by the secrets that were known then. Out: the same, masked once more. Never: touches
//! ids, References, digests and times: a file would not fit itself.

use std::borrow::Cow;

use crate::ledger::RunNote;
use crate::ledger::event::{AttemptEnd, Finding, LaunchEvent};
use crate::outcome::{JobEnd, JobNote, LogLine};
use crate::robot_job::{RobotJob, ServerError};
use crate::secret::Redactor;

/// Masks `event`, as a report masks what it shows of it.
pub(super) fn event(event: &mut LaunchEvent, redactor: &Redactor) {
    match event {
        LaunchEvent::Ended { end, .. } => match end {
            AttemptEnd::Unsent(why) => output(why, redactor),
            AttemptEnd::Started(jobs) => robot_jobs(jobs, redactor),
            AttemptEnd::Rejected(ServerError { status: _, code: _, message, trace_id }) => {
                output(message, redactor);
                if let Some(trace) = trace_id {
                    word(trace, redactor);
                }
            }
            AttemptEnd::Doubted(doubt) => output(&mut doubt.why, redactor),
            AttemptEnd::Expired => {}
        },
        LaunchEvent::Settled { finding, .. } => match finding {
            Finding::Found(jobs) => robot_jobs(jobs, redactor),
            Finding::Undecided(why) => output(why, redactor),
            Finding::Absent | Finding::Held(_) => {}
        },
        LaunchEvent::Adopted { jobs, .. } | LaunchEvent::Recounted { jobs, .. } => robot_jobs(jobs, redactor),
        LaunchEvent::JobsEnded { ends, .. } => ends.iter_mut().for_each(|end| job_end(end, redactor)),
        LaunchEvent::RobotLog { lines, .. } => log_lines(lines, redactor),
        LaunchEvent::JobNotes { notes, .. } => job_notes(notes, redactor),
        LaunchEvent::LeftOut { why, .. } => output(why, redactor),
        LaunchEvent::Intended(_)
        | LaunchEvent::Orphaned { .. }
        | LaunchEvent::Declared { .. }
        | LaunchEvent::StartedElsewhere { .. }
        | LaunchEvent::JobsBegan { .. }
        | LaunchEvent::RetryDecided(_) => {}
    }
}

/// `note` masked; as it is where masking would make something else of it.
pub(super) fn note(note: RunNote, redactor: &Redactor) -> RunNote {
    let mut value = serde_json::to_value(&note).expect("notes hold only text and numbers");
    redactor.redact_output_value(&mut value);
    serde_json::from_value(value).unwrap_or(note)
}

fn robot_jobs(jobs: &mut [RobotJob], redactor: &Redactor) {
    for job in jobs {
        job.redact(redactor);
    }
}

fn job_end(end: &mut JobEnd, redactor: &Redactor) {
    let JobEnd {
        job: _,
        outcome: _,
        state,
        sub_state,
        start_time,
        end_time,
        info,
        output,
        error,
        class: _,
        notes,
        log,
    } = end;
    [state, sub_state, start_time, end_time].into_iter().flatten().for_each(|text| word(text, redactor));
    [info, output].into_iter().flatten().for_each(|text| replace(text, |text| redactor.redact(text)));
    if let Some(error) = error {
        error.redact(redactor);
    }
    log_lines(log, redactor);
    job_notes(notes, redactor);
}

fn job_notes(notes: &mut [JobNote], redactor: &Redactor) {
    for note in notes {
        match note {
            JobNote::OtherVersion { ran, planned } => {
                for text in [ran, planned] {
                    replace(text, |text| redactor.redact(text));
                }
            }
            JobNote::StoppedByHand | JobNote::WithFaults | JobNote::RanAgain | JobNote::NoOutput => {}
        }
    }
}

fn log_lines(lines: &mut [LogLine], redactor: &Redactor) {
    for LogLine { at, level, text } in lines {
        [at, level].into_iter().flatten().for_each(|text| word(text, redactor));
        replace(text, |text| redactor.redact(text));
    }
}

fn output(text: &mut String, redactor: &Redactor) {
    replace(text, |text| redactor.redact_output(text));
}

fn word(text: &mut String, redactor: &Redactor) {
    replace(text, |text| redactor.redact_word(text));
}

fn replace(text: &mut String, mask: impl FnOnce(&str) -> Cow<'_, str>) {
    if let Cow::Owned(masked) = mask(text) {
        *text = masked;
    }
}
