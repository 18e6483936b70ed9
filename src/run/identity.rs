//! What a run stands for: itself, a slot of time, or a key. It decides the run's id, its `run.time` and its locks.
//!
//! In: what somebody asked for, the manifest's schedule, the present. Out: a [`RunIdentity`]. Never: looks at the ledger.
//! Source: `docs/exactly-once.md`, sections 1 and 5.

use jiff::SignedDuration;

use super::stored_run::MAX_SLOT_LEAD;
use crate::clock::Timestamp;
use crate::diagnostic::escape::escape;
use crate::exit::ExitStatus;
use crate::ids::RunId;
use crate::spec::RunSchedule;

/// By so much clocks may differ.
const SKEW: SignedDuration = SignedDuration::from_mins(5);

/// What a run stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunIdentity {
    /// Itself.
    Unique,
    /// The slot that begins at a moment; whether somebody named it.
    Slot(Timestamp, SlotSource),
    /// A key.
    Key(String),
}

/// Whether a slot was named, or follows from the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotSource {
    /// Somebody named it, as `--slot` does.
    Named,
    /// It is the slot of the logical time.
    Derived,
}

/// What somebody asked for, as it was typed; `None` if nothing was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestedIdentity {
    /// A slot: a day, a time or a moment.
    pub slot: Option<String>,
    /// The logical time, in RFC 3339.
    pub logical_time: Option<String>,
    /// A key.
    pub key: Option<String>,
}

/// Why what somebody asked for is nothing that a run can stand for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The text of a slot.
    #[error("--slot `{}` is not a valid slot", escape(text))]
    NotASlot {
        /// What was typed.
        text: String,
        /// Whether the manifest has a schedule, by which a day is a slot too.
        has_schedule: bool,
    },
    /// The text of a time.
    #[error("--logical-time is not a valid time")]
    NotATime,
    /// It would be over before its time came.
    #[error("slot {0} is in the future: a slot is run at most one period early, and at most a day")]
    TooEarly(Timestamp),
}

impl IdentityError {
    /// What to exit with.
    pub fn exit(&self) -> ExitStatus {
        ExitStatus::Usage
    }

    /// What to write instead.
    pub fn help(&self) -> &'static str {
        match self {
            Self::NotASlot { has_schedule: true, .. } => {
                "write a day, a time or a moment: 2026-01-31, 2026-01-31T02:30 or 2026-01-31T02:30:00+01:00"
            }
            Self::NotASlot { has_schedule: false, .. } => {
                "write a moment, such as 2026-01-31T02:30:00+01:00; a day needs a `schedule` in the manifest"
            }
            Self::NotATime => "write it as 2026-01-31T00:00:00Z, or with an offset",
            Self::TooEarly(_) => {
                "`--dry-run` shows its launches; `--run-key TEXT` with `--logical-time` runs them now, as a run of its own"
            }
        }
    }
}

impl RunIdentity {
    /// What a run stands for of which this was asked, where its manifest has this schedule.
    pub fn of(
        asked: &RequestedIdentity,
        schedule: Option<&RunSchedule>,
        now: Timestamp,
    ) -> Result<Self, IdentityError> {
        if let Some(key) = &asked.key {
            return Ok(Self::Key(key.clone()));
        }
        if let Some(text) = &asked.slot {
            let named = match schedule {
                Some(schedule) => schedule.moment(text).map(|moment| schedule.slot_of(moment)),
                None => text.parse().ok(),
            };
            let not_a_slot = || IdentityError::NotASlot { text: text.clone(), has_schedule: schedule.is_some() };
            return Ok(Self::Slot(named.map(whole_seconds).ok_or_else(not_a_slot)?, SlotSource::Named));
        }
        let Some(schedule) = schedule else { return Ok(Self::Unique) };
        let time = asked.logical_time.as_deref().map_or(Ok(now), parse_logical_time)?;
        Ok(Self::Slot(schedule.slot_of(time), SlotSource::Derived))
    }

    /// Refuses a slot that is far from having begun: it would be over before its time came. The slot, where it may be
    /// begun and has not begun yet.
    pub fn check_begun(
        &self,
        schedule: Option<&RunSchedule>,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, IdentityError> {
        let Some(slot) = self.slot() else { return Ok(None) };
        let early = slot.duration_since(now);
        if early <= SKEW {
            return Ok(None);
        }
        if early > max_slot_lead(schedule) { Err(IdentityError::TooEarly(slot)) } else { Ok(Some(slot)) }
    }

    /// The run's id on the tenant with this identity; `None` if it stands for itself.
    pub fn run_id(&self, tenant: &str, manifest: &str) -> Option<RunId> {
        match self {
            Self::Unique => None,
            Self::Slot(slot, _) => Some(RunId::named(&[tenant, manifest, &slot.to_string()])),
            Self::Key(key) => Some(RunId::named(&[tenant, manifest, &format!("key:{key}")])),
        }
    }

    /// The slot.
    pub fn slot(&self) -> Option<Timestamp> {
        match self {
            Self::Slot(slot, _) => Some(*slot),
            Self::Unique | Self::Key(_) => None,
        }
    }

    /// In words: `slot 2026-01-31T00:00:00Z`, or the key.
    pub fn describe(&self) -> String {
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

/// A logical time in RFC 3339.
pub fn parse_logical_time(text: &str) -> Result<Timestamp, IdentityError> {
    text.parse().map_err(|_| IdentityError::NotATime)
}

fn whole_seconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).expect("its seconds are in range")
}
