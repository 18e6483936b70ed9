//! How the simulated server shows robot jobs to whoever waits for them, and in what it lies.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::time::Duration;

use sortie::clock::{Clock as _, Moment, Timestamp};
use sortie::ids::{FolderRef, JobId};
use sortie::launch_terms::StopStrategy;
use sortie::ledger::state::LaunchState;
use sortie::orchestrator::call_error::CallError;
use sortie::orchestrator::{ChangeFilter, ChangedJobs, JobPage, JobsById, ListedJob};
use sortie::robot_job::RobotJob;

use super::odd::refused;
use super::robots::{Course, RobotEnd, Standing};
use super::{SimJob, SimServer, failing, started};

/// What a server makes of a list of what ended or changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChangeForm {
    /// It finds what is there.
    #[default]
    Works,
    /// It answers 400.
    Refused,
    /// It answers as without the filter.
    Ignored,
    /// It finds nothing.
    FindsNothing,
    /// It finds the first few robot jobs alone, and so passes a probe.
    FindsTheFirst,
    /// Every such request fails, in a way that may pass.
    Fails,
}

/// What is odd about looking at robot jobs for their ends.
#[derive(Debug, Default)]
pub struct WaitOdds {
    pub by_end: ChangeForm,
    pub by_change: ChangeForm,
    pub by_id: ChangeForm,
    /// Whether a list that names no folder is refused.
    pub needs_folder: bool,
    /// Lists show robot jobs as they were so long ago.
    pub stale: Duration,
    /// Each so many looks at a single robot job fail; 0: none.
    pub fails_each: usize,
    /// The first look at each so many robot jobs says that there is none; 0: none.
    pub denies_each: i64,
    /// Those that were denied already.
    pub denied: RefCell<BTreeSet<i64>>,
    /// How many looks at single ones there were.
    pub looks: Cell<usize>,
}

/// What a list shows of the robot jobs.
type Shown<'a> = Box<dyn Fn(&SimJob) -> bool + 'a>;

impl SimServer {
    fn course_of(&self, job: &SimJob) -> Option<Course> {
        self.all_live.or_else(|| self.lives.map(|lives| lives.course(job.id)))
    }

    /// It has the robot job no more.
    pub fn purge(&self, job: JobId) {
        self.jobs.borrow_mut().retain(|known| known.id != job.0);
    }

    /// Where a robot job stands at a moment; none where jobs say nothing of it, or it is not there yet.
    fn standing(&self, job: &SimJob, at: Moment) -> Option<(RobotEnd, Standing)> {
        let course = self.course_of(job)?;
        if at < job.born {
            return None;
        }
        let age = at.since(job.born);
        let stop = self.stops.borrow().get(&job.id).copied().filter(|(moment, _)| *moment <= at);
        let Some((stopped, strategy)) = stop else { return Some((course.end, course.at(age))) };
        let (stopped, before) = (stopped.since(job.born), course.at(stopped.since(job.born)));
        if before.ended.is_some() {
            return Some((course.end, before));
        }
        // Who does not run is stopped at once, and who runs two seconds later.
        let over = if before.state == "Running" { stopped + Duration::from_secs(2) } else { stopped };
        let standing = match strategy {
            _ if age >= over => Standing { state: "Stopped", ended: Some(over), changed: over, ..before },
            StopStrategy::SoftStop => Standing { state: "Stopping", changed: stopped, ..before },
            StopStrategy::Kill => Standing { state: "Terminating", changed: stopped, ..before },
        };
        Some((RobotEnd::Stopped, standing))
    }

    /// Where a robot job stands now, and whether the server has forgotten it.
    pub fn standing_of(&self, job: JobId) -> Option<(Standing, bool)> {
        let jobs = self.jobs.borrow();
        let job = jobs.iter().find(|known| known.id == job.0)?;
        Some((self.standing(job, self.clock.now())?.1, self.is_forgotten(job)))
    }

    /// How the robot job ends, or ended.
    pub fn end_of(&self, job: JobId) -> Option<(RobotEnd, Standing)> {
        let jobs = self.jobs.borrow();
        let job = jobs.iter().find(|known| known.id == job.0)?;
        self.standing(job, job.born.after(Duration::from_secs(3_600_000)))
    }

    /// Whether the server has the robot job no more. It forgets none of which the run does not know yet: a server that forgot
    /// what it started within the settle time would leave nothing to be found.
    pub(super) fn is_forgotten(&self, job: &SimJob) -> bool {
        let now = self.clock.now();
        let after = self.course_of(job).and_then(|course| course.forgotten);
        let ended = self.standing(job, now).and_then(|(_, standing)| standing.ended);
        let is_due = after.zip(ended).is_some_and(|(after, ended)| now.since(job.born) >= ended + after);
        let is_known = |state: &LaunchState| matches!(state, LaunchState::Started { jobs, .. } if jobs.iter().any(|known| known.id.0 == job.id));
        is_due && is_known(&self.ledger.state(job.launch.0))
    }

    /// The robot job as lists show it.
    pub(super) fn listed(&self, job: &SimJob) -> ListedJob {
        let now = self.clock.now();
        // One that was not there yet is shown as it was when it came.
        self.shown(job, Moment(now.0.saturating_sub(self.waits.stale)).max(job.born))
    }

    fn shown(&self, job: &SimJob, at: Moment) -> ListedJob {
        let Some((end, standing)) = self.standing(job, at) else {
            return ListedJob { job: started(job), ..ListedJob::default() };
        };
        let time = |span: Duration| self.database_time(job.born.after(span)).to_string();
        let is_over = standing.ended.is_some();
        let FolderRef::Id(folder) = &job.folder else { panic!("the simulation names folders by number") };
        let sub_state = match end {
            _ if !is_over => None,
            RobotEnd::WithFaults => Some("WITH_FAULTS".to_owned()),
            RobotEnd::Stopped => Some("MANUALLY".to_owned()),
            RobotEnd::Successful | RobotEnd::Faulted(_) => None,
        };
        ListedJob {
            job: RobotJob {
                state: Some(standing.state.to_owned()),
                start_time: standing.started.map(time),
                end_time: standing.ended.map(time),
                info: is_over.then(|| end.info().to_owned()),
                ..started(job)
            },
            sub_state,
            error: if is_over { end.error().map(Box::new) } else { None },
            folder: Some(*folder),
            modified: Some(time(standing.changed)),
            has_output_file: false,
            reference: Some(job.reference.clone()),
        }
    }

    pub(super) fn changed(&self, query: &ChangedJobs) -> Result<JobPage, CallError> {
        if query.folder.is_none() && self.waits.needs_folder {
            return Err(refused());
        }
        let from: Timestamp = query.from.parse().unwrap();
        let read = |text: Option<String>| text.and_then(|text| text.parse::<Timestamp>().ok());
        let (form, since) = match query.since {
            None => (ChangeForm::Ignored, None),
            Some(ChangeFilter::Ended(since)) => (self.waits.by_end, Some((since, true))),
            Some(ChangeFilter::Modified(since)) => (self.waits.by_change, Some((since, false))),
        };
        let is_since = |job: &SimJob| {
            let listed = self.listed(job);
            since.is_none_or(|(since, by_end)| {
                read(if by_end { listed.job.end_time } else { listed.modified }).is_some_and(|time| time >= since)
            })
        };
        let shows = Self::form(form, is_since)?;
        Ok(self.page(query.folder.as_ref(), query.skip, |job| job.created >= from && shows(job)))
    }

    pub(super) fn by_id(&self, query: &JobsById) -> Result<JobPage, CallError> {
        if query.folder.is_none() && self.waits.needs_folder {
            return Err(refused());
        }
        let shows = Self::form(self.waits.by_id, |job| query.ids.contains(&JobId(job.id)))?;
        Ok(self.page(query.folder.as_ref(), 0, shows))
    }

    /// What such a list shows where `finds` is what was asked for.
    fn form<'a>(form: ChangeForm, finds: impl Fn(&SimJob) -> bool + 'a) -> Result<Shown<'a>, CallError> {
        Ok(match form {
            ChangeForm::Works => Box::new(finds),
            ChangeForm::Refused => return Err(refused()),
            ChangeForm::Ignored => Box::new(|_| true),
            ChangeForm::FindsNothing => Box::new(|_| false),
            ChangeForm::FindsTheFirst => Box::new(move |job| finds(job) && job.id < 1003),
            ChangeForm::Fails => return Err(failing()),
        })
    }

    pub(super) fn look_up(&self, folder: &FolderRef, job: JobId) -> Result<Option<ListedJob>, CallError> {
        let looks = self.waits.looks.get() + 1;
        self.waits.looks.set(looks);
        if self.waits.fails_each > 0 && looks.is_multiple_of(self.waits.fails_each) {
            return Err(failing());
        }
        let denies = self.waits.denies_each > 0 && job.0 % self.waits.denies_each == 0;
        if denies && self.waits.denied.borrow_mut().insert(job.0) {
            return Ok(None);
        }
        let now = self.clock.now();
        let jobs = self.jobs.borrow();
        let found = jobs.iter().find(|known| known.id == job.0 && known.folder == *folder && known.born <= now);
        // By its own address it is as it is now.
        Ok(found.filter(|job| !self.is_forgotten(job)).map(|job| self.shown(job, now)))
    }

    pub(super) fn stop(&self, jobs: &[JobId], strategy: StopStrategy) {
        let now = self.clock.now();
        let mut stops = self.stops.borrow_mut();
        for job in jobs {
            stops.entry(job.0).or_insert((now, strategy));
        }
    }
}
