//! The robot jobs that are waited for: a small record of each, found by its id.
//!
//! In: what was started. Out: records. Never: a text of its own for each robot job, since there may be 100,000 of them;
//! folders and releases are numbered. Records stand in the order of ids, which is nearly that in which they come.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher as _};
use std::time::Duration;

use super::phase::Phase;
use crate::clock::{Moment, Timestamp};
use crate::ids::{AttemptNo, FolderRef, JobId, Ordinal, ReleaseKey};
use crate::robot_job::{RobotJob, server_time};

/// A tenth of a second, counted from the watcher's beginning: what ages are counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tick(pub(super) u32);

impl Tick {
    const LENGTH_MS: u32 = 100;

    /// How long it is from `earlier` to this one; zero where `earlier` is later.
    pub(super) fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::from(self.0.saturating_sub(earlier.0)) * u64::from(Self::LENGTH_MS))
    }

    /// The first one that begins `span` later, or after it.
    pub(super) fn after(self, span: Duration) -> Self {
        let ticks = span.as_millis().div_ceil(u128::from(Self::LENGTH_MS));
        Self(self.0.saturating_add(u32::try_from(ticks).unwrap_or(u32::MAX)))
    }
}

/// One robot job. Kept small: see the test.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tracked {
    pub(super) id: JobId,
    pub(super) ordinal: Ordinal,
    pub(super) attempt: AttemptNo,
    pub(super) launched: Tick,
    /// When it was last seen, in whatever answer.
    pub(super) seen: Tick,
    /// `CreationTime`, in seconds from the table's origin, rounded down; `i32::MIN` if it is not known.
    created_s: i32,
    /// What stands for the `StartTime` that was seen first; 0 if none was.
    pub(super) start: u32,
    /// What stands for its `Key`; 0 if that is not known.
    pub(super) key: u32,
    /// What stands for its `ReleaseVersionId` when it was started; 0 if that is not known.
    pub(super) version: u16,
    pub(super) folder: u16,
    pub(super) release: u16,
    pub(super) terms: u16,
    pub(super) phase: Phase,
    flags: u8,
}

/// What is known of a robot job beside its phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// It began again after it had run.
    RanAgain = 1,
    /// It was told that it has been pending for long.
    LongPending = 2,
    /// Nobody waits for it any more; the record goes with the next tidying up.
    Over = 4,
    /// It is over, and its details are asked for.
    AwaitsDetails = 8,
    /// It was missing where it should have been, and is asked for by itself.
    Missing = 16,
    /// It was suspended when it was seen last.
    Suspended = 32,
    /// It was told that it stays suspended.
    LongSuspended = 64,
    /// It was seen to run, by this process or an earlier one.
    Began = 128,
}

impl Tracked {
    /// The record of a robot job that nothing is known of but its start; it is not in the table yet.
    pub(super) fn new(id: JobId, (ordinal, attempt): (Ordinal, AttemptNo), launched: Tick) -> Self {
        Self {
            id,
            ordinal,
            attempt,
            launched,
            seen: launched,
            created_s: i32::MIN,
            start: 0,
            key: 0,
            version: 0,
            folder: 0,
            release: 0,
            terms: 0,
            phase: Phase::Unknown,
            flags: 0,
        }
    }

    pub(super) fn has(&self, mark: Mark) -> bool {
        self.flags & mark as u8 != 0
    }

    pub(super) fn set(&mut self, mark: Mark) {
        self.flags |= mark as u8;
    }

    pub(super) fn unset(&mut self, mark: Mark) {
        self.flags &= !(mark as u8);
    }

    /// Whether its end is still to be seen.
    pub(super) fn is_unfinished(&self) -> bool {
        !self.has(Mark::Over) && !self.has(Mark::AwaitsDetails)
    }
}

/// All of them.
#[derive(Debug)]
pub(super) struct JobTable {
    began: Moment,
    /// What `CreationTime`s are counted from.
    origin: Option<Timestamp>,
    /// By id.
    jobs: Vec<Tracked>,
    /// Those that came out of order, by id: few.
    late: Vec<Tracked>,
    /// How many of both nobody waits for any more.
    over: usize,
    /// How many are not over on the server, as far as is known.
    unfinished: usize,
    folders: Vec<FolderRef>,
    releases: u16,
    versions: Vec<i64>,
    number_by_release: BTreeMap<ReleaseKey, u16>,
}

/// Maximum records that came out of order before they are put into order.
const MAX_LATE: usize = 512;

impl JobTable {
    pub(super) fn new() -> Self {
        Self {
            began: Moment::default(),
            origin: None,
            jobs: Vec::new(),
            late: Vec::new(),
            over: 0,
            unfinished: 0,
            folders: Vec::new(),
            releases: 0,
            versions: Vec::new(),
            number_by_release: BTreeMap::new(),
        }
    }

    /// How many are not over on the server, as far as is known.
    pub(super) fn unfinished(&self) -> usize {
        self.unfinished
    }

    /// How many somebody waits for.
    pub(super) fn open(&self) -> usize {
        self.jobs.len() + self.late.len() - self.over
    }

    /// The greatest id.
    pub(super) fn latest(&self) -> Option<JobId> {
        self.jobs.last().into_iter().chain(self.late.last()).map(|job| job.id).max()
    }

    /// The tick that `moment` is in.
    pub(super) fn tick(&self, moment: Moment) -> Tick {
        let ticks = moment.since(self.began).as_millis() / u128::from(Tick::LENGTH_MS);
        Tick(u32::try_from(ticks).unwrap_or(u32::MAX))
    }

    /// When `tick` begins.
    pub(super) fn moment(&self, tick: Tick) -> Moment {
        self.began.after(tick.since(Tick::default()))
    }

    /// Takes it in; false if it is there already.
    pub(super) fn insert(&mut self, job: Tracked) -> bool {
        if self.get(job.id).is_some() {
            return false;
        }
        self.unfinished += 1;
        if self.jobs.last().is_none_or(|last| last.id < job.id) {
            self.jobs.push(job);
            return true;
        }
        let place = self.late.partition_point(|other| other.id < job.id);
        self.late.insert(place, job);
        if self.late.len() > MAX_LATE {
            self.jobs.append(&mut self.late);
            self.jobs.sort_unstable_by_key(|job| job.id);
        }
        true
    }

    /// The record of `id`, if somebody waits for it.
    pub(super) fn get(&self, id: JobId) -> Option<&Tracked> {
        let of = |jobs: &[Tracked]| jobs.binary_search_by_key(&id, |job| job.id).ok();
        let found = match of(&self.jobs) {
            Some(place) => self.jobs.get(place),
            None => self.late.get(of(&self.late)?),
        };
        found.filter(|job| !job.has(Mark::Over))
    }

    pub(super) fn get_mut(&mut self, id: JobId) -> Option<&mut Tracked> {
        let of = |jobs: &[Tracked]| jobs.binary_search_by_key(&id, |job| job.id).ok();
        let found = if let Some(place) = of(&self.jobs) {
            self.jobs.get_mut(place)
        } else {
            let place = of(&self.late)?;
            self.late.get_mut(place)
        };
        found.filter(|job| !job.has(Mark::Over))
    }

    /// It is over on the server, and its details are asked for.
    pub(super) fn await_details(&mut self, id: JobId) {
        let Some(job) = self.get_mut(id).filter(|job| job.is_unfinished()) else { return };
        job.set(Mark::AwaitsDetails);
        self.unfinished -= 1;
    }

    /// Nobody waits for it any more.
    pub(super) fn finish(&mut self, id: JobId) {
        let Some(job) = self.get_mut(id) else { return };
        let was_unfinished = job.is_unfinished();
        job.set(Mark::Over);
        self.unfinished -= usize::from(was_unfinished);
        self.over += 1;
        if self.over > 64 && self.over * 2 > self.jobs.len() + self.late.len() {
            self.jobs.append(&mut self.late);
            self.jobs.retain(|job| !job.has(Mark::Over));
            self.jobs.sort_unstable_by_key(|job| job.id);
            self.jobs.shrink_to(self.jobs.len() * 2);
            self.over = 0;
        }
    }

    /// It was never there.
    pub(super) fn remove(&mut self, id: JobId) {
        self.finish(id);
        let before = self.jobs.len() + self.late.len();
        self.jobs.retain(|job| job.id != id);
        self.late.retain(|job| job.id != id);
        self.over -= before - self.jobs.len() - self.late.len();
    }

    /// Those whose end is still to be seen, nearly in the order of ids.
    pub(super) fn iter_unfinished(&self) -> impl Iterator<Item = &Tracked> {
        self.jobs.iter().chain(&self.late).filter(|job| job.is_unfinished())
    }

    /// Those that somebody waits for.
    pub(super) fn iter_open(&self) -> impl Iterator<Item = &Tracked> {
        self.jobs.iter().chain(&self.late).filter(|job| !job.has(Mark::Over))
    }

    /// `CreationTime` of `job`, or a little before it.
    pub(super) fn created(&self, job: &Tracked) -> Option<Timestamp> {
        if job.created_s == i32::MIN {
            return None;
        }
        self.origin?.checked_add(jiff::SignedDuration::from_secs(i64::from(job.created_s))).ok()
    }

    /// Notes `CreationTime` of `job`.
    pub(super) fn note_created(&mut self, job: &mut Tracked, created: Option<Timestamp>) {
        let Some(created) = created else { return };
        // Of whole seconds: what is kept of others is rounded down, and must never be later than they are.
        let whole =
            created.round(jiff::TimestampRound::new().smallest(jiff::Unit::Second).mode(jiff::RoundMode::Floor));
        let origin = self.origin.get_or_insert(whole.unwrap_or(created)).as_second();
        job.created_s = i32::try_from(created.as_second() - origin).unwrap_or(i32::MIN);
    }

    /// The number of `folder`.
    pub(super) fn number_folder(&mut self, folder: &FolderRef) -> u16 {
        let place = self.folders.iter().position(|known| known == folder).unwrap_or_else(|| {
            self.folders.push(folder.clone());
            self.folders.len() - 1
        });
        u16::try_from(place).expect("a run has fewer folders than that")
    }

    pub(super) fn folder(&self, number: u16) -> &FolderRef {
        &self.folders[usize::from(number)]
    }

    pub(super) fn number_release(&mut self, release: ReleaseKey) -> u16 {
        let Self { releases, number_by_release, .. } = self;
        *number_by_release.entry(release).or_insert_with(|| {
            *releases += 1;
            *releases - 1
        })
    }

    /// The number of a version, from 1; 0 for none.
    pub(super) fn number_version(&mut self, version: Option<i64>) -> u16 {
        let Some(version) = version else { return 0 };
        let place = self.versions.iter().position(|known| *known == version).unwrap_or_else(|| {
            self.versions.push(version);
            self.versions.len() - 1
        });
        // Versions beyond that are not told apart from unknown ones.
        u16::try_from(place + 1).unwrap_or(0)
    }

    pub(super) fn version(&self, number: u16) -> Option<i64> {
        usize::from(number).checked_sub(1).and_then(|place| self.versions.get(place)).copied()
    }

    /// Bytes that the records take.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        (self.jobs.capacity() + self.late.capacity()) * std::mem::size_of::<Tracked>()
    }
}

/// What a ledger knows of a robot job of a launch; it is not in the table yet.
pub(super) fn as_known(job: &RobotJob, of: (Ordinal, AttemptNo)) -> Tracked {
    let mut record = Tracked::new(job.id, of, Tick::default());
    record.key = job.key.as_deref().map_or(0, key_hash);
    record.start = job.start_time.as_deref().map_or(0, start_hash);
    if job.has_begun() {
        record.set(Mark::Began);
        record.phase = Phase::Running;
    }
    record
}

/// What stands for a `StartTime`, which is only compared; never 0.
pub(super) fn start_hash(text: &str) -> u32 {
    // Servers write the same time with more or fewer digits.
    match server_time(text) {
        Some(time) => short_hash(&time.as_millisecond()),
        None => short_hash(text),
    }
}

/// What stands for a `Key`, which is only compared; never 0.
pub(super) fn key_hash(text: &str) -> u32 {
    short_hash(&text.trim().to_ascii_lowercase())
}

fn short_hash(value: &(impl std::hash::Hash + ?Sized)) -> u32 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    u32::try_from(hasher.finish() & u64::from(u32::MAX)).expect("32 bits").max(1)
}

#[cfg(test)]
mod tests;
