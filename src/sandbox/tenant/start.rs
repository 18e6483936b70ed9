//! `StartJobs`: one well-formed request -> robot jobs, or the refusal that the service would give.
//!
//! What goes together, by strategy: `API.md` section 4.2; refusals: section 7. Nothing is created on a refusal.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::job::{Birth, Job};
use super::{FolderAt, ReleaseAt, RobotAt, Tenant, guid_of};
use crate::clock::{Moment, Timestamp};
use crate::sandbox::dto::names::{NON_PRODUCTION, UNATTENDED};
use crate::sandbox::refusal::Refusal;
use crate::sandbox::start_info::{StartInfo, Strategy};
use crate::sandbox::world::{End, FolderKind, Mode};

/// The most robot jobs of one call: what the UI allows; the API's own limit is not known.
const MOST_JOBS: i64 = 10_000;

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

/// The robot of each job to be made; none where any robot may take it.
type Robots = Vec<Option<RobotAt>>;

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
        check_by_itself(&asked)?;
        let release = self.release_of(folder, &asked)?;
        if let Some(refuse) = &self.release(release).refuse {
            return Err(Refusal::error(refuse.status, refuse.code, refuse.message.clone()));
        }
        if asked.input_file.is_some() && self.mode == Mode::Strict {
            return Err(Refusal::does_not_exist("Attachment"));
        }
        let needs_runtime = matches!(asked.runtime, None | Some(UNATTENDED | NON_PRODUCTION));
        if needs_runtime && self.folder(folder).runtimes == Some(0) {
            return Err(Refusal::no_runtime());
        }
        let mut robots = self.robots_for(folder, &asked)?;
        self.check_pending(folder, release, &robots, now)?;
        let (count, asked) = (robots.len(), Arc::new(asked));
        robots.truncate(count.saturating_sub(departure.fewer));
        let listed = now.after(departure.unlisted_for);
        let mut jobs = self.create(release, &robots, &asked, now, utc, listed);
        if departure.again {
            jobs.end = self.create(release, &robots, &asked, now, utc, listed).end;
        }
        Ok(Started { jobs, asked: count })
    }

    fn release_of(&mut self, folder: FolderAt, asked: &StartInfo) -> Result<ReleaseAt, Refusal> {
        match (asked.release_key, asked.release_name.as_deref()) {
            (Some(key), _) => self.release_asked(folder, key),
            (None, Some(name)) => self.release_called(folder, name).ok_or_else(Refusal::no_such_process),
            (None, None) => Err(Refusal::argument("ReleaseKey or ReleaseName is required.")),
        }
    }

    fn robots_for(&mut self, folder: FolderAt, asked: &StartInfo) -> Result<Robots, Refusal> {
        let mut named = Vec::new();
        for id in &asked.robot_ids {
            let at = self.robot_asked(folder, *id).ok_or_else(Refusal::unknown_robot)?;
            if !named.contains(&Some(at)) {
                named.push(Some(at));
            }
        }
        let of_folder = |tenant: &mut Self| -> Result<Robots, Refusal> {
            let robots: Robots = tenant.robots_asked(folder).into_iter().map(Some).collect();
            if robots.is_empty() { Err(Refusal::no_robots()) } else { Ok(robots) }
        };
        let count = |number: i64| usize::try_from(number).unwrap_or(0);
        Ok(match asked.strategy {
            Some(Strategy::Specific) => named,
            Some(Strategy::All) => of_folder(self)?,
            Some(Strategy::RobotCount) => {
                of_folder(self)?.into_iter().cycle().take(count(asked.robots_count)).collect()
            }
            Some(Strategy::JobsCount | Strategy::ModernJobsCount) | None => {
                let number = count(asked.jobs_count.unwrap_or(1));
                if named.is_empty() {
                    named.push(None);
                }
                named.into_iter().cycle().take(number).collect()
            }
        })
    }

    /// Refuses a second pending job of one release on one robot of a classic folder.
    fn check_pending(&self, folder: FolderAt, release: ReleaseAt, robots: &Robots, now: Moment) -> Result<(), Refusal> {
        let is_pending = |robot: &RobotAt| match self.pending_until.get(&(*robot, release)) {
            None => false,
            Some(None) => true,
            Some(Some(until)) => now < *until,
        };
        match self.folder(folder).kind {
            FolderKind::Classic if robots.iter().flatten().any(is_pending) => Err(Refusal::pending_already()),
            FolderKind::Classic | FolderKind::Modern => Ok(()),
        }
    }

    fn create(
        &mut self,
        release: ReleaseAt,
        robots: &Robots,
        asked: &Arc<StartInfo>,
        at: Moment,
        utc: Timestamp,
        listed: Moment,
    ) -> Range<usize> {
        self.batches += 1;
        let batch = asked.batch.unwrap_or_else(|| guid_of("batch", &self.batches.to_string()));
        let (folder, life) = (self.release(release).folder, Arc::clone(&self.release(release).life));
        let utc = in_ticks(utc);
        let first = self.jobs.len();
        for robot in robots {
            let place = self.jobs.len();
            let number = self.release(release).started;
            self.releases[release.0].started += 1;
            let id = self.first_job_id + i64::try_from(place).expect("fewer than 2^63 jobs");
            let end = life.end_of(number);
            let job = Job::new(&Birth { id, batch, folder, release, robot: *robot, at, utc, listed, end }, asked);
            if let Some(robot) = robot {
                let until = (end != End::Pending).then(|| at.after(life.pending));
                self.pending_until.insert((*robot, release), until);
            }
            self.job_by_key.insert(job.key, place);
            self.folders[folder.0].jobs.push(place);
            self.jobs.push(job);
        }
        first..self.jobs.len()
    }
}

/// The rules of a request that need nothing of the tenant.
fn check_by_itself(asked: &StartInfo) -> Result<(), Refusal> {
    let refuse = |message: &str| Err(Refusal::argument(message));
    let jobs = asked.jobs_count.unwrap_or(0);
    if asked.has_two_priorities() {
        return Err(Refusal::two_priorities());
    }
    if asked.input_file.is_some() && asked.input_arguments.is_some() {
        return Err(Refusal::two_inputs());
    }
    if jobs > MOST_JOBS || asked.robots_count > MOST_JOBS {
        return refuse("At most 10000 jobs can be started by one request.");
    }
    let (has_robots, has_count) = (!asked.robot_ids.is_empty(), asked.robots_count != 0);
    match asked.strategy {
        Some(Strategy::Specific) if !has_robots => refuse("RobotIds must not be empty for the strategy Specific."),
        Some(Strategy::Specific | Strategy::All | Strategy::RobotCount) if jobs != 0 => {
            refuse("JobsCount must be 0 for this strategy.")
        }
        Some(Strategy::All | Strategy::RobotCount | Strategy::JobsCount) if has_robots => {
            refuse("RobotIds must be empty for this strategy.")
        }
        Some(Strategy::RobotCount) if asked.robots_count < 1 => refuse("NoOfRobots must be greater than 0."),
        Some(Strategy::RobotCount) => Ok(()),
        Some(_) | None if has_count => refuse("NoOfRobots must be 0 unless the strategy is RobotCount."),
        Some(Strategy::JobsCount) if jobs < 1 => refuse("JobsCount must be greater than 0."),
        // Clients in use leave the count out, and get one job.
        Some(Strategy::ModernJobsCount) | None if asked.jobs_count.is_some_and(|count| count < 1) => {
            refuse("JobsCount must be at least 1.")
        }
        Some(Strategy::All | Strategy::Specific | Strategy::JobsCount | Strategy::ModernJobsCount) | None => Ok(()),
    }
}

/// Cuts a time to the service's ticks of 100 ns, so that it compares equal to its own text.
fn in_ticks(utc: Timestamp) -> Timestamp {
    let nanoseconds = utc.as_nanosecond();
    Timestamp::from_nanosecond(nanoseconds - nanoseconds.rem_euclid(100)).unwrap_or(utc)
}
