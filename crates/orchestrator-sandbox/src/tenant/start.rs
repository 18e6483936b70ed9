//! `StartJobs`: one well-formed request -> robot jobs, or the refusal that the service would give.
//!
//! What goes together, by strategy: `docs/orchestrator-api.md`, section 4.2; refusals: section 7. Nothing is created on a
//! refusal.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::job::{Birth, Job};
use super::seats::Seat;
use super::{FolderAt, ReleaseAt, RobotAt, Tenant, arguments, guid_of};
use crate::clock::{Moment, Timestamp};
use crate::dto::names::{NON_PRODUCTION, UNATTENDED};
use crate::refusal::Refusal;
use crate::start_info::{StartInfo, Strategy};
use crate::world::switches::{ArgumentChecking, BatchExecutionKey, DefaultStrategy};
use crate::world::{FolderKind, Mode};

/// How the robot jobs of a start differ from those asked for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Departure {
    /// So many fewer.
    pub(crate) fewer: usize,
    /// The same once more.
    pub(crate) again: bool,
    /// Lists show them so long after their creation.
    pub(crate) unlisted_for: Duration,
}

/// What a start made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Started {
    /// The robot jobs' places among all.
    pub(crate) jobs: Range<usize>,
    /// How many were asked for.
    pub(crate) asked: usize,
}

/// When the robot jobs of one start come to be, and from when on lists show them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Birthday {
    pub(super) at: Moment,
    pub(super) utc: Timestamp,
    pub(super) listed: Moment,
}

/// A start that can be made.
pub(super) struct Startable {
    release: ReleaseAt,
    seats: Vec<Seat>,
}

impl Tenant {
    /// Creates the robot jobs of one start at `now`, which is `utc`.
    ///
    /// Shape: consecutive ids; one creation time; without a departure at least one, and one `BatchExecutionKey`.
    pub(crate) fn start(
        &mut self,
        folder: FolderAt,
        asked: StartInfo,
        departure: Departure,
        now: Moment,
        utc: Timestamp,
    ) -> Result<Started, Refusal> {
        let Startable { release, mut seats } = self.check(folder, &asked, now)?;
        let (count, asked) = (seats.len(), Arc::new(asked));
        seats.truncate(count.saturating_sub(departure.fewer));
        let birthday = Birthday { at: now, utc, listed: now.after(departure.unlisted_for) };
        let batch = self.batch_of(&asked);
        let mut jobs = self.create(release, &seats, &asked, batch, birthday);
        if departure.again {
            let batch = self.batch_of(&asked);
            jobs.end = self.create(release, &seats, &asked, batch, birthday).end;
        }
        if self.switches.batch_execution_key == BatchExecutionKey::RefuseRepeated && !seats.is_empty() {
            self.batches_given.extend(asked.batch);
        }
        Ok(Started { jobs, asked: count })
    }

    /// The `BatchExecutionKey` of a start.
    fn batch_of(&mut self, asked: &StartInfo) -> Uuid {
        match (asked.batch, self.switches.batch_execution_key) {
            (Some(batch), BatchExecutionKey::Keep | BatchExecutionKey::RefuseRepeated) => batch,
            (Some(_), BatchExecutionKey::Ignore) | (None, _) => self.new_batch(),
        }
    }

    /// Everything that a start must pass, without making it.
    pub(super) fn check(&mut self, folder: FolderAt, asked: &StartInfo, now: Moment) -> Result<Startable, Refusal> {
        let strategy = self.strategy_of(asked)?;
        check_by_itself(asked, strategy, self.switches.most_jobs)?;
        // Nothing is in there where keys may be repeated.
        if asked.batch.is_some_and(|batch| self.batches_given.contains(&batch)) {
            return Err(Refusal::argument("The BatchExecutionKey has been used already."));
        }
        let release = self.release_of(folder, asked)?;
        self.check_release(folder, release, asked)?;
        if self.switches.argument_checking == ArgumentChecking::Signature {
            arguments::check(self.release(release).signature.as_ref(), self.arguments_of(asked))?;
        }
        if let Some(file) = asked.input_file {
            self.check_input_file(file)?;
        }
        let seats = self.seats_for(folder, asked, strategy)?;
        self.check_pending(folder, release, &seats, now)?;
        Ok(Startable { release, seats })
    }

    /// What may stand in the way of any start of the release, a restart too.
    pub(super) fn check_release(&self, folder: FolderAt, release: ReleaseAt, asked: &StartInfo) -> Result<(), Refusal> {
        if let Some(refuse) = &self.release(release).refuse {
            return Err(Refusal::error(refuse.status, refuse.code, refuse.message.clone()));
        }
        let needs_runtime = matches!(asked.runtime, None | Some(UNATTENDED | NON_PRODUCTION));
        if needs_runtime && self.runtimes_of(folder) == Some(0) { Err(Refusal::no_runtime()) } else { Ok(()) }
    }

    fn strategy_of(&self, asked: &StartInfo) -> Result<Strategy, Refusal> {
        Ok(match (asked.strategy, self.switches.default_strategy) {
            (Some(strategy), _) => strategy,
            (None, DefaultStrategy::ModernJobsCount) => Strategy::ModernJobsCount,
            (None, DefaultStrategy::JobsCount) => Strategy::JobsCount,
            (None, DefaultStrategy::All) => Strategy::All,
            (None, DefaultStrategy::Specific) => Strategy::Specific,
            (None, DefaultStrategy::Refuse) => return Err(Refusal::argument("Strategy is required.")),
        })
    }

    fn release_of(&mut self, folder: FolderAt, asked: &StartInfo) -> Result<ReleaseAt, Refusal> {
        match (asked.release_key, asked.release_name.as_deref()) {
            (Some(key), _) => self.release_asked(folder, key),
            (None, Some(name)) => self.release_called(folder, name).ok_or_else(Refusal::no_such_process),
            (None, None) => Err(Refusal::argument("ReleaseKey or ReleaseName is required.")),
        }
    }

    /// Refuses a second pending job of one release on one robot of a classic folder.
    pub(super) fn check_pending(
        &self,
        folder: FolderAt,
        release: ReleaseAt,
        seats: &[Seat],
        now: Moment,
    ) -> Result<(), Refusal> {
        let is_pending = |robot: RobotAt| match self.pending_until.get(&(robot, release)) {
            None => false,
            Some(None) => true,
            Some(Some(until)) => now < *until,
        };
        match self.folder(folder).kind {
            FolderKind::Classic if seats.iter().filter_map(|seat| seat.robot).any(is_pending) => {
                Err(Refusal::pending_already(self.switches.pending_already_status))
            }
            FolderKind::Classic | FolderKind::Modern => Ok(()),
        }
    }

    /// Refuses a file that does not exist, or to which nothing was uploaded.
    fn check_input_file(&self, file: Uuid) -> Result<(), Refusal> {
        match (self.stores.attachment(file), self.mode) {
            (None, Mode::Obliging) => Ok(()),
            (None, Mode::Strict) => Err(Refusal::does_not_exist("Attachment")),
            (Some(_), _) => match self.stores.blob(file) {
                Some(_) => Ok(()),
                None => Err(Refusal::argument("The input file has no content.")),
            },
        }
    }

    /// The JSON text of what the start gives: its own, or that of its file.
    fn arguments_of<'a>(&'a self, asked: &'a StartInfo) -> &'a [u8] {
        let file = asked.input_file.and_then(|file| self.stores.blob(file));
        asked.input_arguments.as_deref().map(str::as_bytes).or(file).unwrap_or(b"{}")
    }

    /// What the clock of the database shows at `utc`.
    fn database_time(&self, utc: Timestamp) -> Timestamp {
        utc.saturating_add(self.switches.creation_time_ahead).expect("a span of signed time saturates")
    }

    /// A `BatchExecutionKey` of the server's own.
    pub(super) fn new_batch(&mut self) -> Uuid {
        self.batches += 1;
        guid_of("batch", &self.batches.to_string())
    }

    pub(super) fn create(
        &mut self,
        release: ReleaseAt,
        seats: &[Seat],
        asked: &Arc<StartInfo>,
        batch: Uuid,
        birthday: Birthday,
    ) -> Range<usize> {
        let folder = self.release(release).folder;
        let Birthday { at, listed, .. } = birthday;
        let utc = in_ticks(self.database_time(birthday.utc));
        let first = self.jobs.len();
        for Seat { robot, machine } in seats.iter().copied() {
            let place = self.jobs.len();
            let lives = &self.release(release).lives;
            let count = lives.len().max(1);
            let (number, turn) = (self.release(release).started / count, self.release(release).started % count);
            let life = Arc::clone(&lives[turn]);
            self.releases[release.0].started += 1;
            let id = self.first_job_id + i64::try_from(place).expect("fewer than 2^63 jobs");
            let life = &life;
            let birth = Birth { id, batch, folder, release, robot, machine, at, utc, listed, life, number };
            let job = Job::new(&birth, asked);
            if let Some(robot) = robot {
                let until = (!job.never_starts()).then(|| at.after(life.pending));
                self.pending_until.insert((robot, release), until);
            }
            self.job_by_key.insert(job.key, place);
            self.folders[folder.0].jobs.push(place);
            self.jobs_in_order &= self.jobs.last().is_none_or(|last| last.created_utc <= job.created_utc);
            self.jobs.push(job);
        }
        first..self.jobs.len()
    }
}

/// The rules of a request that need nothing of the tenant.
fn check_by_itself(asked: &StartInfo, strategy: Strategy, most_jobs: i64) -> Result<(), Refusal> {
    let refuse = |message: &str| Err(Refusal::argument(message));
    let jobs = asked.jobs_count.unwrap_or(0);
    if asked.has_two_priorities() {
        return Err(Refusal::two_priorities());
    }
    if asked.input_file.is_some() && asked.input_arguments.is_some() {
        return Err(Refusal::two_inputs());
    }
    if jobs > most_jobs || asked.robots_count > most_jobs {
        return Err(Refusal::argument(format!("At most {most_jobs} jobs can be started by one request.")));
    }
    let has_robots = !asked.robot_ids.is_empty() || !asked.machine_robots.is_empty();
    match strategy {
        Strategy::Specific if !has_robots => refuse("RobotIds must not be empty for the strategy Specific."),
        Strategy::Specific | Strategy::All | Strategy::RobotCount if jobs != 0 => {
            refuse("JobsCount must be 0 for this strategy.")
        }
        Strategy::All | Strategy::RobotCount | Strategy::JobsCount if has_robots => {
            refuse("RobotIds must be empty for this strategy.")
        }
        Strategy::RobotCount if asked.robots_count < 1 => refuse("NoOfRobots must be greater than 0."),
        Strategy::RobotCount => Ok(()),
        _ if asked.robots_count != 0 => refuse("NoOfRobots must be 0 unless the strategy is RobotCount."),
        Strategy::JobsCount if jobs < 1 => refuse("JobsCount must be greater than 0."),
        // Clients in use leave the count out, and get one job.
        Strategy::ModernJobsCount if asked.jobs_count.is_some_and(|count| count < 1) => {
            refuse("JobsCount must be at least 1.")
        }
        Strategy::All | Strategy::Specific | Strategy::JobsCount | Strategy::ModernJobsCount => Ok(()),
    }
}

/// Cuts a time to the service's ticks of 100 ns, so that it compares equal to its own text.
fn in_ticks(utc: Timestamp) -> Timestamp {
    let nanoseconds = utc.as_nanosecond();
    Timestamp::from_nanosecond(nanoseconds - nanoseconds.rem_euclid(100)).unwrap_or(utc)
}
