//! What a run stands for: itself, a slot of time, or a key. It decides the run's id, its `run.time` and its locks.
//!
//! In: flags, the manifest's schedule, the present. Out: a [`RunIdentity`]. Never: looks at the ledger.
//! Source: `docs/exactly-once.md`, sections 1 and 5.

use jiff::SignedDuration;

use crate::cli::args;
use crate::cli::failure::Failure;
use crate::clock::Timestamp;
use crate::diagnostic::escape::escape;
use crate::exit::ExitStatus;
use crate::ids::RunId;
use crate::run::MAX_SLOT_LEAD;
use crate::spec::RunSchedule;

/// By so much clocks may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(5);
/// What a run stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RunIdentity {
    /// Itself.
    Unique,
    /// The slot that begins at a moment; whether somebody named it.
    Slot(Timestamp, SlotSource),
    /// A key.
    Key(String),
}

/// Whether a slot was named, or follows from the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SlotSource {
    /// By `--slot`.
    Yes,
    /// It is the slot of the logical time.
    No,
}

impl RunIdentity {
    /// What a run with these flags stands for, where its manifest has this schedule.
    pub(crate) fn of(
        flags: &args::InputArgs,
        run_key: Option<&str>,
        schedule: Option<&RunSchedule>,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        if let Some(key) = run_key {
            return Ok(Self::Key(key.to_owned()));
        }
        if let Some(text) = &flags.slot {
            let named = match schedule {
                Some(schedule) => schedule.moment(text).map(|moment| schedule.slot_of(moment)),
                None => text.parse().ok(),
            };
            let slot = named.map(whole_seconds).ok_or_else(|| not_a_slot(text, schedule))?;
            return Ok(Self::Slot(slot, SlotSource::Yes));
        }
        let Some(schedule) = schedule else { return Ok(Self::Unique) };
        let time = flags.logical_time.as_deref().map_or(Ok(now), parse_logical_time)?;
        Ok(Self::Slot(schedule.slot_of(time), SlotSource::No))
    }

    /// Refuses a slot that is far from having begun: it would be over before its time came. Where it may begin early,
    /// the words to say so with.
    pub(crate) fn check_begun(
        &self,
        schedule: Option<&RunSchedule>,
        now: Timestamp,
    ) -> Result<Option<String>, Failure> {
        let Some(slot) = self.slot() else { return Ok(None) };
        let early = slot.duration_since(now);
        if early <= SKEW {
            return Ok(None);
        }
        let most = max_slot_lead(schedule);
        if early > most {
            let message = format!(
                "slot {slot} is in the future: a slot is run at most one period early, and at most a day\n  help: \
                 `--dry-run` shows its launches; `--run-key TEXT` with `--logical-time` runs them now, as a run of its own"
            );
            return Err(Failure::with_message(ExitStatus::Usage, message));
        }
        Ok(Some(format!("slot {slot} has not begun yet: it is run early, and not again when its time comes")))
    }

    /// The run's id on the tenant with this identity; `None` if it stands for itself.
    pub(crate) fn run_id(&self, tenant: &str, manifest: &str) -> Option<RunId> {
        match self {
            Self::Unique => None,
            Self::Slot(slot, _) => Some(RunId::named(&[tenant, manifest, &slot.to_string()])),
            Self::Key(key) => Some(RunId::named(&[tenant, manifest, &format!("key:{key}")])),
        }
    }

    /// The slot.
    pub(crate) fn slot(&self) -> Option<Timestamp> {
        match self {
            Self::Slot(slot, _) => Some(*slot),
            Self::Unique | Self::Key(_) => None,
        }
    }

    /// In words: `slot 2026-01-31T00:00:00Z`, or the key.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Unique => "this run".to_owned(),
            Self::Slot(slot, _) => format!("slot {slot}"),
            Self::Key(key) => format!("key `{}`", escape(key)),
        }
    }
}

/// How long before it begins a slot may be run.
pub(crate) fn max_slot_lead(schedule: Option<&RunSchedule>) -> SignedDuration {
    let longest = SignedDuration::try_from(MAX_SLOT_LEAD).expect("a day fits");
    schedule.map_or(longest, |schedule| schedule.length().clamp(SKEW, longest))
}

/// `--logical-time`: RFC 3339.
pub(crate) fn parse_logical_time(text: &str) -> Result<Timestamp, Failure> {
    text.parse().map_err(|_| {
        let words = "--logical-time is not a valid time\n  help: write it as 2026-01-31T00:00:00Z, or with an offset";
        Failure::with_message(ExitStatus::Usage, words)
    })
}

fn whole_seconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).expect("its seconds are in range")
}

fn not_a_slot(text: &str, schedule: Option<&RunSchedule>) -> Failure {
    let help = match schedule {
        Some(_) => "write a day, a time or a moment: 2026-01-31, 2026-01-31T02:30 or 2026-01-31T02:30:00+01:00",
        None => "write a moment, such as 2026-01-31T02:30:00+01:00; a day needs a `schedule` in the manifest",
    };
    Failure::with_message(ExitStatus::Usage, format!("--slot `{}` is not a valid slot\n  help: {help}", escape(text)))
}
