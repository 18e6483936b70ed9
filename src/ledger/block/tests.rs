use uuid::Uuid;

use super::*;
use crate::clock::Timestamp;
use crate::ids::{AttemptNo, Digest, FolderId, FolderRef, JobId, Reference, ReleaseKey, RunId};
use crate::launch_terms::{AmbiguityPolicy, ExpectedJobs};
use crate::ledger::event::{
    AttemptEnd, Declaration, Doubt, Finding, Hold, Intent, LaunchEvent, LeftOutCause, RetryOrigin,
};
use crate::outcome::{BegunJob, FaultClass, JobEnd, JobError, JobNote, JobOutcome, LogLine};
use crate::robot_job::{RobotJob, ServerError};
use crate::words::Words as _;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn intent(attempt: u32, folder: FolderRef, expected: ExpectedJobs) -> Intent {
    let launch = LaunchId::from("load/grüße,7");
    Intent {
        attempt: AttemptNo(attempt),
        reference: Reference::new(Some("payroll"), RunId::from_bytes([7; 16]), &launch),
        launch,
        folder,
        release: ReleaseKey(Uuid::from_u128(42)),
        expected,
        on_ambiguous: if attempt == 1 { AmbiguityPolicy::Hold } else { AmbiguityPolicy::Resend },
        body_digest: Digest::of(b"{}"),
        not_before: at("2026-01-31T12:00:00.000000001Z"),
        not_after: at("2026-01-31T12:00:05.999999999Z"),
        server_ahead_ms: (attempt == 1).then_some(-1234),
        clock_era: (attempt == 2).then(|| at("1969-12-31T23:59:59.25Z")),
    }
}

fn job(id: i64) -> RobotJob {
    let text = |text: &str| Some(text.to_owned());
    RobotJob {
        id: JobId(id),
        key: text("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
        state: text("Pending"),
        creation_time: text("2026-01-31T12:00:00.1234567Z"),
        start_time: text("2026-01-31T12:00:01Z"),
        end_time: text(""),
        release_name: text("Ping"),
        kind: text("Unattended"),
        source: text("Manual"),
        source_type: text("Manual"),
        batch_execution_key: text("7c9e6679-7425-40de-944b-e07fc1f90ae8"),
        starting_schedule_id: Some(i64::MIN),
        release_version: Some(i64::MAX),
        info: text("größer\0"),
        output: text("{}"),
    }
}

/// An end of every outcome, class and note.
fn every_end() -> Vec<JobEnd> {
    let text = |text: &str| Some(text.to_owned());
    let mut notes = vec![JobNote::StoppedByHand, JobNote::WithFaults, JobNote::RanAgain, JobNote::NoOutput];
    notes.push(JobNote::OtherVersion { ran: "2.1.4".to_owned(), planned: "2.1.3".to_owned() });
    let error = JobError { code: text("Robot"), title: None, detail: text("größer"), category: text("User") };
    let outcomes = JobOutcome::ALL.iter().map(|outcome| JobEnd::new(JobId(-1), *outcome));
    let classes = FaultClass::ALL.iter().map(|class| JobEnd {
        state: text("Faulted"),
        sub_state: text("WITH_FAULTS"),
        start_time: text("2026-01-31T12:00:01Z"),
        end_time: text(""),
        info: text("no executor\n"),
        output: text("{}"),
        error: Some(error.clone()),
        class: Some(*class),
        notes: notes.clone(),
        ..JobEnd::new(JobId(i64::MAX), JobOutcome::Faulted)
    });
    outcomes.chain(classes).collect()
}

fn retry(replaces: Option<JobId>) -> RetryOrigin {
    let launch = LaunchId::from("load/grüße,7#2");
    RetryOrigin {
        of: Ordinal(u32::MAX),
        replaces,
        number: 2,
        depth: u32::MAX,
        reference: Reference::new(Some("payroll"), RunId::from_bytes([7; 16]), &launch),
        launch,
        due: at("2026-01-31T12:00:30.000000001Z"),
    }
}

/// An event of every kind, and of every form that a field of it may have.
fn all() -> Vec<Record> {
    let attempt = AttemptNo(3);
    let ended = |end| LaunchEvent::Ended { attempt, end };
    let settled = |finding| LaunchEvent::Settled { attempt, finding };
    let declared = |answer| LaunchEvent::Declared { attempt, answer };
    let doubt = |named| Doubt {
        why: "connection reset".to_owned(),
        last: at("2026-01-31T12:00:07Z"),
        server_ahead_ms: Some(i64::MAX),
        orphaned: true,
        named,
        refusal: None,
    };
    let error = |code, trace_id: Option<&str>| ServerError {
        status: 409,
        code,
        message: "no such thing".to_owned(),
        trace_id: trace_id.map(str::to_owned),
    };
    let events = [
        LaunchEvent::Intended(intent(1, FolderRef::Path("Finance/AP".to_owned()), ExpectedJobs::Exactly(u32::MAX))),
        LaunchEvent::Intended(intent(2, FolderRef::Id(FolderId(-7)), ExpectedJobs::AtLeastOne)),
        LaunchEvent::Intended(intent(u32::MAX, FolderRef::Key(Uuid::from_u128(1)), ExpectedJobs::Exactly(0))),
        ended(AttemptEnd::Expired),
        ended(AttemptEnd::Unsent("connection reset".to_owned())),
        ended(AttemptEnd::Started(vec![job(1), RobotJob::default(), job(i64::MAX)])),
        ended(AttemptEnd::Rejected(error(Some(1001), Some("trace")))),
        ended(AttemptEnd::Rejected(error(None, None))),
        ended(AttemptEnd::Doubted(doubt(vec![JobId(5), JobId(-5)]))),
        ended(AttemptEnd::Doubted(Doubt { server_ahead_ms: None, orphaned: false, ..doubt(Vec::new()) })),
        LaunchEvent::Orphaned { attempt, last: Timestamp::MIN },
        settled(Finding::Found(vec![job(2)])),
        settled(Finding::Absent),
        settled(Finding::Held(Hold::Asked)),
        settled(Finding::Held(Hold::Exhausted)),
        settled(Finding::Undecided("the list was odd".to_owned())),
        declared(Declaration::Started),
        declared(Declaration::Absent),
        declared(Declaration::Partial),
        declared(Declaration::Duplicate),
        LaunchEvent::Adopted {
            intent: intent(1, FolderRef::Id(FolderId(1)), ExpectedJobs::AtLeastOne),
            jobs: vec![job(3)],
        },
        LaunchEvent::Recounted { attempt, jobs: Vec::new() },
        LaunchEvent::JobsEnded { attempt, ends: every_end() },
        LaunchEvent::StartedElsewhere { by: RunId::from_bytes([9; 16]), certain: true },
        LaunchEvent::RobotLog {
            attempt,
            job: JobId(-1),
            lines: vec![
                LogLine {
                    at: Some("2026-01-31T12:00:01Z".to_owned()),
                    level: Some("Error".to_owned()),
                    text: "größer\n".to_owned(),
                },
                LogLine::default(),
            ],
        },
        LaunchEvent::RobotLog { attempt, job: JobId(1), lines: Vec::new() },
        LaunchEvent::JobNotes { attempt, job: JobId(i64::MIN), notes: every_end().pop().expect("an end").notes },
        LaunchEvent::JobNotes { attempt, job: JobId(1), notes: Vec::new() },
        LaunchEvent::JobsBegan {
            attempt,
            jobs: vec![
                BegunJob { job: JobId(i64::MIN), start: Some(at("2026-01-31T12:00:01.5Z")) },
                BegunJob { job: JobId(7), start: None },
            ],
        },
        LaunchEvent::LeftOut { cause: LeftOutCause::Needs, why: "`extract` faulted".to_owned() },
        LaunchEvent::LeftOut { cause: LeftOutCause::Condition, why: String::new() },
        LaunchEvent::LeftOut { cause: LeftOutCause::Unfit, why: "no output".to_owned() },
        LaunchEvent::RetryDecided(retry(Some(JobId(i64::MIN)))),
        LaunchEvent::RetryDecided(retry(None)),
        ended(AttemptEnd::Doubted(Doubt {
            refusal: Some(Box::new(error(Some(0), Some("trace")))),
            ..doubt(Vec::new())
        })),
    ];
    let ordinals = [0, u32::MAX, 1, 300].into_iter().cycle();
    let times = ["2026-01-31T12:00:07.000000001Z", "1969-12-31T23:59:59.999999999Z", "9999-12-30T22:00:00.999999999Z"];
    let times = times.map(at).into_iter().chain([Timestamp::MIN, Timestamp::UNIX_EPOCH]).cycle();
    let records = events.into_iter().zip(ordinals).zip(times);
    records.map(|((event, ordinal), at)| Record { ordinal: Ordinal(ordinal), at, event }).collect()
}

const EVERY: RangeInclusive<Ordinal> = Ordinal(0)..=Ordinal(u32::MAX);

fn records(bytes: &[u8]) -> Result<Vec<Record>, BlockError> {
    Block::read(bytes)?.records(EVERY).collect()
}

#[test]
fn every_event_is_the_same_again_to_its_last_digit() {
    assert_eq!(records(&encode(&all())), Ok(all()));
    assert_eq!(records(&encode(&[])), Ok(Vec::new()));
    for record in all() {
        let one = [record];
        assert_eq!(records(&encode(&one)), Ok(one.to_vec()));
    }
}

#[test]
fn every_event_is_the_same_again_as_a_line_of_a_run_file_and_of_its_schema() {
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../schema/run-file.schema.json")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for Record { ordinal, at, event } in all() {
        let line = serde_json::json!({ "line": "event", "launch": ordinal, "at": at, "event": event });
        let wrong: Vec<String> = validator.iter_errors(&line).map(|error| error.to_string()).collect();
        assert_eq!(wrong, [""; 0], "{line:#}");
        let again: LaunchEvent = serde_json::from_value(line["event"].clone()).expect("it was written so");
        assert_eq!(again, event);
    }
    let unheard_of = serde_json::json!({ "line": "event", "launch": 0, "at": "", "event": { "unheard-of": {} } });
    assert!(!validator.is_valid(&unheard_of), "an event of another kind needs a word in the schema");
}

#[test]
fn events_of_some_launches_are_read_alone_and_in_order() {
    let bytes = encode(&all());
    let block = Block::read(&bytes).expect("whole");
    let some: Result<Vec<_>, _> = block.records(Ordinal(1)..=Ordinal(299)).collect();
    assert_eq!(some, Ok(all().into_iter().filter(|record| record.ordinal == Ordinal(1)).collect()));
    assert!(block.ordinals().eq(all().into_iter().map(|record| record.ordinal)));
    let named: Result<Vec<_>, _> = block.launches().collect();
    let launch = LaunchId::from("load/grüße,7");
    let expected = [0, u32::MAX, 1, 0].map(|ordinal| (Ordinal(ordinal), launch.clone()));
    assert_eq!(named, Ok(expected.to_vec()));
}

#[test]
fn a_changed_or_lost_byte_is_an_error_wherever_it_is() {
    let bytes = encode(&all());
    for byte in 0..bytes.len() {
        for bit in [1, 0x80] {
            let mut changed = bytes.clone();
            changed[byte] ^= bit;
            let expected = match byte {
                0 if VERSION ^ bit > VERSION => BlockError::TooNew { found: VERSION ^ bit, known: VERSION },
                _ => BlockError::Changed,
            };
            assert_eq!(records(&changed), Err(expected), "byte {byte}");
        }
        let expected = if byte < HEADER { BlockError::CutOff } else { BlockError::Changed };
        assert_eq!(records(&bytes[..byte]), Err(expected), "of {byte} bytes");
    }
    let mut longer = bytes;
    longer.push(0);
    assert_eq!(records(&longer), Err(BlockError::Changed));
}

/// With a checksum that fits, as a newer version or a bug of ours would write it.
#[test]
fn what_no_version_writes_is_an_error_and_no_panic() {
    let bytes = encode(&all());
    let mut random = fastrand::Rng::with_seed(7);
    let mut odd = 0;
    for _ in 0..20_000 {
        let mut changed = bytes.clone();
        match random.u8(..3) {
            0 => changed.truncate(random.usize(HEADER..bytes.len())),
            1 => changed[random.usize(HEADER..bytes.len())] = random.u8(..),
            _ => changed.insert(random.usize(HEADER..bytes.len()), random.u8(..)),
        }
        let checksum = checksum(changed[0], &changed[HEADER..]).to_le_bytes();
        changed[1..HEADER].copy_from_slice(&checksum);
        odd += usize::from(records(&changed).is_err());
    }
    assert!(odd > 5_000, "{odd}");
}

#[test]
fn a_block_is_small() {
    let pair = |ordinal| {
        let intent = intent(2, FolderRef::Path("Finance/AP".to_owned()), ExpectedJobs::Exactly(1));
        let started = LaunchEvent::Ended { attempt: AttemptNo(2), end: AttemptEnd::Started(vec![job(1_234_567)]) };
        [LaunchEvent::Intended(intent), started].map(|event| Record {
            ordinal: Ordinal(ordinal),
            at: at("2026-01-31T12:00:07.000000001Z"),
            event,
        })
    };
    let bytes = encode(&(0..128).flat_map(pair).collect::<Vec<_>>());
    assert!(bytes.len() < 128 * 400, "{} bytes a launch", bytes.len() / 128);
}
