//! The fields of each kind of event, in their order.
//!
//! In: an event. Out: its fields, and the same event again. A kind, a field or an order is never changed: what is added
//! makes a new version of the block, and what older versions wrote is read as they wrote it.

use super::end_fields::{self, read_note};
use super::fields::{BlockError, FieldReader, FieldWriter};
use super::refusal_fields;
use crate::ids::{AttemptNo, FolderId, FolderRef, JobId, LaunchId, Ordinal, Reference, ReleaseKey, RunId};
use crate::launch_terms::{AmbiguityPolicy, ExpectedJobs};
use crate::ledger::event::{
    AttemptEnd, Declaration, Doubt, Finding, Hold, Intent, LaunchEvent, LeftOutCause, RetryOrigin,
};
use crate::outcome::BegunJob;
use crate::robot_job::RobotJob;

/// Events by the number that stands before their fields.
mod kind {
    pub(super) const INTENDED: u8 = 1;
    pub(super) const EXPIRED: u8 = 2;
    pub(super) const UNSENT: u8 = 3;
    pub(super) const STARTED: u8 = 4;
    pub(super) const REJECTED: u8 = 5;
    pub(super) const DOUBTED: u8 = 6;
    pub(super) const ORPHANED: u8 = 7;
    pub(super) const FOUND: u8 = 8;
    pub(super) const ABSENT: u8 = 9;
    pub(super) const HELD: u8 = 10;
    pub(super) const UNDECIDED: u8 = 11;
    pub(super) const DECLARED: u8 = 12;
    pub(super) const ADOPTED: u8 = 13;
    pub(super) const RECOUNTED: u8 = 14;
    pub(super) const STARTED_ELSEWHERE: u8 = 15;
    pub(super) const JOBS_ENDED: u8 = 16;
    pub(super) const LEFT_OUT: u8 = 17;
    pub(super) const RETRY_DECIDED: u8 = 18;
    pub(super) const ROBOT_LOG: u8 = 19;
    pub(super) const JOBS_BEGAN: u8 = 20;
    pub(super) const JOB_NOTES: u8 = 21;
}

/// Whether an event of this kind names its launch by its id: the first field after the attempt.
pub(super) fn names_launch(kind: u8) -> bool {
    matches!(kind, kind::INTENDED | kind::ADOPTED)
}

/// Writes what every event begins with.
fn begin(to: &mut FieldWriter<'_>, kind: u8, attempt: AttemptNo) {
    to.byte(kind);
    to.number(u64::from(attempt.0));
}

/// Writes `event`.
pub(super) fn put<'t>(to: &mut FieldWriter<'t>, event: &'t LaunchEvent) {
    match event {
        LaunchEvent::Intended(intent) => {
            begin(to, kind::INTENDED, intent.attempt);
            put_intent(to, intent);
        }
        LaunchEvent::Ended { attempt, end } => put_attempt_end(to, *attempt, end),
        LaunchEvent::Orphaned { attempt, last } => {
            begin(to, kind::ORPHANED, *attempt);
            to.time(*last);
        }
        LaunchEvent::Settled { attempt, finding } => match finding {
            Finding::Found(jobs) => {
                begin(to, kind::FOUND, *attempt);
                to.list(jobs, put_job);
            }
            Finding::Absent => begin(to, kind::ABSENT, *attempt),
            Finding::Held(hold) => {
                begin(to, kind::HELD, *attempt);
                to.byte(match hold {
                    Hold::Asked => 0,
                    Hold::Exhausted => 1,
                });
            }
            Finding::Undecided(why) => {
                begin(to, kind::UNDECIDED, *attempt);
                to.shared(why);
            }
        },
        LaunchEvent::Declared { attempt, answer } => {
            begin(to, kind::DECLARED, *attempt);
            to.byte(match answer {
                Declaration::Started => 0,
                Declaration::Absent => 1,
                Declaration::Partial => 2,
                Declaration::Duplicate => 3,
            });
        }
        LaunchEvent::Adopted { intent, jobs } => {
            begin(to, kind::ADOPTED, intent.attempt);
            put_intent(to, intent);
            to.list(jobs, put_job);
        }
        LaunchEvent::Recounted { attempt, jobs } => {
            begin(to, kind::RECOUNTED, *attempt);
            to.list(jobs, put_job);
        }
        LaunchEvent::JobsEnded { attempt, ends } => {
            begin(to, kind::JOBS_ENDED, *attempt);
            to.list(ends, end_fields::put);
        }
        LaunchEvent::JobsBegan { attempt, jobs } => {
            begin(to, kind::JOBS_BEGAN, *attempt);
            to.list(jobs, |to, BegunJob { job, start }| {
                to.signed(job.0);
                to.option(*start, FieldWriter::time);
            });
        }
        LaunchEvent::RobotLog { attempt, job, lines } => {
            begin(to, kind::ROBOT_LOG, *attempt);
            to.signed(job.0);
            to.list(lines, end_fields::put_line);
        }
        LaunchEvent::JobNotes { attempt, job, notes } => {
            begin(to, kind::JOB_NOTES, *attempt);
            to.signed(job.0);
            to.list(notes, end_fields::put_note);
        }
        LaunchEvent::StartedElsewhere { by, certain } => {
            begin(to, kind::STARTED_ELSEWHERE, AttemptNo::FIRST);
            by.as_bytes().iter().for_each(|byte| to.byte(*byte));
            to.flag(*certain);
        }
        LaunchEvent::LeftOut { cause, why } => {
            begin(to, kind::LEFT_OUT, AttemptNo::FIRST);
            to.byte(match cause {
                LeftOutCause::Needs => 0,
                LeftOutCause::Condition => 1,
                LeftOutCause::Unfit => 2,
            });
            to.shared(why);
        }
        LaunchEvent::RetryDecided(origin) => {
            begin(to, kind::RETRY_DECIDED, AttemptNo::FIRST);
            put_retry(to, origin);
        }
    }
}

fn put_attempt_end<'t>(to: &mut FieldWriter<'t>, attempt: AttemptNo, end: &'t AttemptEnd) {
    match end {
        AttemptEnd::Expired => begin(to, kind::EXPIRED, attempt),
        AttemptEnd::Unsent(why) => {
            begin(to, kind::UNSENT, attempt);
            to.shared(why);
        }
        AttemptEnd::Started(jobs) => {
            begin(to, kind::STARTED, attempt);
            to.list(jobs, put_job);
        }
        AttemptEnd::Rejected(error) => {
            begin(to, kind::REJECTED, attempt);
            refusal_fields::put(to, error);
        }
        AttemptEnd::Doubted(doubt) => {
            begin(to, kind::DOUBTED, attempt);
            let Doubt { why, last, server_ahead_ms, orphaned, named, refusal } = doubt;
            to.shared(why);
            to.time(*last);
            to.option(*server_ahead_ms, FieldWriter::signed);
            to.flag(*orphaned);
            to.list(named, |to, job| to.signed(job.0));
            to.option(refusal.as_deref(), refusal_fields::put);
        }
    }
}

/// Reads an event, which is all of `from`.
pub(super) fn read(mut from: FieldReader<'_>) -> Result<LaunchEvent, BlockError> {
    let (kind, attempt) = (from.byte()?, AttemptNo(from.small()?));
    let ended = |end| LaunchEvent::Ended { attempt, end };
    let settled = |finding| LaunchEvent::Settled { attempt, finding };
    let event = match kind {
        kind::INTENDED => LaunchEvent::Intended(read_intent(&mut from, attempt)?),
        kind::EXPIRED => ended(AttemptEnd::Expired),
        kind::UNSENT => ended(AttemptEnd::Unsent(from.shared()?.to_owned())),
        kind::STARTED => ended(AttemptEnd::Started(from.list(read_job)?)),
        kind::REJECTED => ended(AttemptEnd::Rejected(refusal_fields::read(&mut from)?)),
        kind::DOUBTED => ended(AttemptEnd::Doubted(Doubt {
            why: from.shared()?.to_owned(),
            last: from.time()?,
            server_ahead_ms: from.option(FieldReader::signed)?,
            orphaned: from.flag()?,
            named: from.list(|from| from.signed().map(JobId))?,
            refusal: if from.version() >= 6 { from.option(refusal_fields::read)?.map(Box::new) } else { None },
        })),
        kind::ORPHANED => LaunchEvent::Orphaned { attempt, last: from.time()? },
        kind::FOUND => settled(Finding::Found(from.list(read_job)?)),
        kind::ABSENT => settled(Finding::Absent),
        kind::HELD => settled(Finding::Held(match from.byte()? {
            0 => Hold::Asked,
            1 => Hold::Exhausted,
            _ => return Err(BlockError::Odd("a reason to hold that is not known")),
        })),
        kind::UNDECIDED => settled(Finding::Undecided(from.shared()?.to_owned())),
        kind::DECLARED => {
            let answer = match from.byte()? {
                0 => Declaration::Started,
                1 => Declaration::Absent,
                2 => Declaration::Partial,
                3 => Declaration::Duplicate,
                _ => return Err(BlockError::Odd("an answer that is not known")),
            };
            LaunchEvent::Declared { attempt, answer }
        }
        kind::ADOPTED => {
            let intent = read_intent(&mut from, attempt)?;
            LaunchEvent::Adopted { intent, jobs: from.list(read_job)? }
        }
        kind::RECOUNTED => LaunchEvent::Recounted { attempt, jobs: from.list(read_job)? },
        kind::JOBS_ENDED => LaunchEvent::JobsEnded { attempt, ends: from.list(end_fields::read)? },
        kind::JOBS_BEGAN => {
            let begun = |from: &mut FieldReader<'_>| {
                Ok(BegunJob { job: JobId(from.signed()?), start: from.option(FieldReader::time)? })
            };
            LaunchEvent::JobsBegan { attempt, jobs: from.list(begun)? }
        }
        kind::ROBOT_LOG => {
            LaunchEvent::RobotLog { attempt, job: JobId(from.signed()?), lines: from.list(end_fields::read_line)? }
        }
        kind::JOB_NOTES => LaunchEvent::JobNotes { attempt, job: JobId(from.signed()?), notes: from.list(read_note)? },
        kind::STARTED_ELSEWHERE => {
            LaunchEvent::StartedElsewhere { by: RunId::from_bytes(from.uuid()?.into_bytes()), certain: from.flag()? }
        }
        kind::LEFT_OUT => {
            let cause = match from.byte()? {
                0 => LeftOutCause::Needs,
                1 => LeftOutCause::Condition,
                2 => LeftOutCause::Unfit,
                _ => return Err(BlockError::Odd("a cause that is not known")),
            };
            LaunchEvent::LeftOut { cause, why: from.shared()?.to_owned() }
        }
        kind::RETRY_DECIDED => LaunchEvent::RetryDecided(read_retry(&mut from)?),
        _ => return Err(BlockError::Odd("an event of a kind that is not known")),
    };
    from.end()?;
    Ok(event)
}

fn put_retry<'t>(to: &mut FieldWriter<'t>, origin: &'t RetryOrigin) {
    let RetryOrigin { of, replaces, number, depth, launch, reference, due } = origin;
    to.number(u64::from(of.0));
    to.option(replaces.map(|job| job.0), FieldWriter::signed);
    to.number(u64::from(*number));
    to.number(u64::from(*depth));
    to.text(launch.as_str());
    to.text(reference.as_str());
    to.time(*due);
}

fn read_retry(from: &mut FieldReader<'_>) -> Result<RetryOrigin, BlockError> {
    Ok(RetryOrigin {
        of: Ordinal(from.small()?),
        replaces: from.option(FieldReader::signed)?.map(JobId),
        number: from.small()?,
        depth: from.small()?,
        launch: LaunchId::from(from.text()?),
        reference: Reference::from_server(from.text()?),
        due: from.time()?,
    })
}

fn put_intent<'t>(to: &mut FieldWriter<'t>, intent: &'t Intent) {
    let Intent {
        attempt: _,
        launch,
        reference,
        folder,
        release,
        expected,
        on_ambiguous,
        body_digest,
        not_before,
        not_after,
        server_ahead_ms,
        clock_era,
    } = intent;
    to.text(launch.as_str());
    to.text(reference.as_str());
    match folder {
        FolderRef::Id(id) => {
            to.byte(0);
            to.signed(id.0);
        }
        FolderRef::Path(path) => {
            to.byte(1);
            to.shared(path);
        }
        FolderRef::Key(key) => {
            to.byte(2);
            to.uuid(*key);
        }
    }
    to.uuid(release.0);
    match expected {
        ExpectedJobs::AtLeastOne => to.flag(false),
        ExpectedJobs::Exactly(count) => {
            to.flag(true);
            to.number(u64::from(*count));
        }
    }
    to.flag(match on_ambiguous {
        AmbiguityPolicy::Resend => false,
        AmbiguityPolicy::Hold => true,
    });
    to.digest(body_digest);
    to.time(*not_before);
    to.time(*not_after);
    to.option(*server_ahead_ms, FieldWriter::signed);
    to.option(*clock_era, FieldWriter::time);
}

fn read_intent(from: &mut FieldReader<'_>, attempt: AttemptNo) -> Result<Intent, BlockError> {
    Ok(Intent {
        attempt,
        launch: LaunchId::from(from.text()?),
        reference: Reference::from_server(from.text()?),
        folder: match from.byte()? {
            0 => FolderRef::Id(FolderId(from.signed()?)),
            1 => FolderRef::Path(from.shared()?.to_owned()),
            2 => FolderRef::Key(from.uuid()?),
            _ => return Err(BlockError::Odd("a way to name a folder that is not known")),
        },
        release: ReleaseKey(from.uuid()?),
        expected: if from.flag()? { ExpectedJobs::Exactly(from.small()?) } else { ExpectedJobs::AtLeastOne },
        on_ambiguous: if from.flag()? { AmbiguityPolicy::Hold } else { AmbiguityPolicy::Resend },
        body_digest: from.digest()?,
        not_before: from.time()?,
        not_after: from.time()?,
        server_ahead_ms: from.option(FieldReader::signed)?,
        clock_era: from.option(FieldReader::time)?,
    })
}

fn put_job<'t>(to: &mut FieldWriter<'t>, job: &'t RobotJob) {
    let RobotJob {
        id,
        key,
        state,
        creation_time,
        start_time,
        end_time,
        release_name,
        kind,
        source,
        source_type,
        batch_execution_key,
        starting_schedule_id,
        release_version,
        info,
        output,
    } = job;
    to.signed(id.0);
    to.option(key.as_deref(), FieldWriter::text);
    for text in [state, release_name, kind, source, source_type] {
        to.option(text.as_deref(), FieldWriter::shared);
    }
    for text in [creation_time, start_time, end_time, batch_execution_key, info, output] {
        to.option(text.as_deref(), FieldWriter::text);
    }
    to.option(*starting_schedule_id, FieldWriter::signed);
    to.option(*release_version, FieldWriter::signed);
}

fn read_job(from: &mut FieldReader<'_>) -> Result<RobotJob, BlockError> {
    let shared = |from: &mut FieldReader<'_>| from.option(|from| from.shared().map(str::to_owned));
    let text = |from: &mut FieldReader<'_>| from.option(own_text);
    Ok(RobotJob {
        id: JobId(from.signed()?),
        key: text(from)?,
        state: shared(from)?,
        release_name: shared(from)?,
        kind: shared(from)?,
        source: shared(from)?,
        source_type: shared(from)?,
        creation_time: text(from)?,
        start_time: text(from)?,
        end_time: text(from)?,
        batch_execution_key: text(from)?,
        info: text(from)?,
        output: text(from)?,
        starting_schedule_id: from.option(FieldReader::signed)?,
        release_version: if from.version() >= 2 { from.option(FieldReader::signed)? } else { None },
    })
}

fn own_text(from: &mut FieldReader<'_>) -> Result<String, BlockError> {
    from.text().map(str::to_owned)
}
