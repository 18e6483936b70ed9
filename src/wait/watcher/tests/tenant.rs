//! A tenant whose robot jobs live by a hand-driven clock, and whose lists do as they are told.

use std::time::Duration;

use crate::clock::{Moment, TimePoint, Timestamp, earlier, later};
use crate::ids::{FolderId, FolderRef, JobId};
use crate::job_list::request::ListRequest;
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::{ChangeFilter, JobPage, ListedJob, ShownFields};
use crate::robot_job::{RobotJob, ServerError};

/// What a server does with a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carries {
    Out,
    Refused,
    Ignored,
    FindsNothing,
}

/// A robot job of the tenant, by the true time.
#[derive(Clone, Debug)]
pub(super) struct TenantJob {
    pub(super) id: JobId,
    pub(super) key: String,
    pub(super) folder: u16,
    pub(super) created: Moment,
    pub(super) started: Moment,
    pub(super) ended: Option<Moment>,
    pub(super) state: &'static str,
    /// Not there any more from then on.
    pub(super) purged: Option<Moment>,
    /// How far the clock that stamps its end is ahead.
    pub(super) end_ahead_s: i64,
    pub(super) sub_state: Option<&'static str>,
}

pub(super) struct LyingTenant {
    pub(super) jobs: Vec<TenantJob>,
    pub(super) ended: Carries,
    pub(super) modified: Carries,
    pub(super) by_id: Carries,
    pub(super) folderless: Carries,
    pub(super) details: bool,
    pub(super) page: usize,
    /// A request for more than this is refused.
    pub(super) longest: usize,
    /// `Date` is so far ahead of the clock that stamps robot jobs, which is right.
    pub(super) date_ahead_s: i64,
    /// Ends show in lists so much later.
    pub(super) lag: Duration,
    /// Whether lists are turned round.
    pub(super) backwards: bool,
    pub(super) asked: Vec<(Moment, ListRequest)>,
    pub(super) singles: Vec<Moment>,
}

pub(super) fn noon() -> Timestamp {
    "2026-01-31T12:00:00Z".parse().unwrap()
}

pub(super) fn utc(moment: Moment) -> Timestamp {
    later(noon(), moment.0)
}

pub(super) fn point(moment: Moment) -> TimePoint {
    TimePoint { moment, utc: utc(moment) }
}

pub(super) fn folder(number: u16) -> FolderRef {
    FolderRef::Id(FolderId(i64::from(number) + 7))
}

pub(super) fn refused(status: u16) -> CallError {
    let error = ServerError { status, message: "no".to_owned(), ..ServerError::default() };
    CallError::Refused { what: "listing jobs", error }
}

pub(super) fn failing() -> CallError {
    let error = ServerError { status: 503, message: "busy".to_owned(), ..ServerError::default() };
    CallError::Failing { what: "listing jobs", error }
}

impl LyingTenant {
    pub(super) fn new() -> Self {
        Self {
            jobs: Vec::new(),
            ended: Carries::Out,
            modified: Carries::Out,
            by_id: Carries::Out,
            folderless: Carries::Out,
            details: true,
            page: 1000,
            longest: 1000,
            date_ahead_s: 0,
            lag: Duration::ZERO,
            backwards: false,
            asked: Vec::new(),
            singles: Vec::new(),
        }
    }

    /// A robot job that is created at `created`, waits a second and runs for `runs`; as `StartJobs` shows it.
    pub(super) fn start(&mut self, number: u16, created: Moment, runs: Duration) -> RobotJob {
        let id = JobId(i64::try_from(self.jobs.len()).unwrap() + 1_000);
        let started = created.after(Duration::from_secs(1));
        self.jobs.push(TenantJob {
            id,
            key: format!("key-{}", id.0),
            folder: number,
            created,
            started,
            ended: Some(started.after(runs)),
            state: "Successful",
            purged: None,
            end_ahead_s: 0,
            sub_state: None,
        });
        RobotJob {
            id,
            key: Some(format!("key-{}", id.0)),
            creation_time: Some(utc(created).to_string()),
            state: Some("Pending".to_owned()),
            ..RobotJob::default()
        }
    }

    pub(super) fn job(&mut self, id: JobId) -> &mut TenantJob {
        let place = usize::try_from(id.0 - 1_000).unwrap();
        &mut self.jobs[place]
    }

    fn row(job: &TenantJob, now: Moment, fields: Option<ShownFields>) -> ListedJob {
        let ended = job.ended.filter(|ended| *ended <= now);
        let started = (job.started <= now).then_some(job.started);
        let state = match (ended, started) {
            (Some(_), _) => job.state,
            (None, Some(_)) => "Running",
            (None, None) => "Pending",
        };
        let end = ended.map(|ended| shift(utc(ended), job.end_ahead_s));
        let is_detailed = fields != Some(ShownFields::Few);
        let modified = end.or(started.map(utc)).unwrap_or_else(|| utc(job.created));
        let shows_output = !matches!(fields, Some(ShownFields::Few | ShownFields::Detailed));
        ListedJob {
            job: RobotJob {
                id: job.id,
                key: Some(job.key.clone()),
                state: Some(state.to_owned()),
                creation_time: Some(utc(job.created).to_string()),
                start_time: started.map(|started| utc(started).to_string()),
                end_time: end.map(|end| end.to_string()),
                info: ended.map(|_| "Job completed".to_owned()),
                output: ended.filter(|_| shows_output).map(|_| r#"{"total":7}"#.to_owned()),
                ..RobotJob::default()
            },
            sub_state: job.sub_state.filter(|_| is_detailed && ended.is_some()).map(str::to_owned),
            folder: is_detailed.then_some(FolderId(i64::from(job.folder) + 7)),
            modified: is_detailed.then(|| modified.to_string()),
            ..ListedJob::default()
        }
    }

    /// One robot job, at `now`.
    pub(super) fn single(&mut self, id: JobId, now: Moment) -> Option<ListedJob> {
        self.singles.push(now);
        let job = self.jobs.iter().find(|job| job.id == id)?;
        job.purged.is_none_or(|purged| now < purged).then(|| Self::row(job, now, None))
    }

    /// A page, as the server would answer `request` at `now`.
    pub(super) fn list(&mut self, request: &ListRequest, asked: usize, now: Moment) -> Result<JobPage, CallError> {
        self.asked.push((now, request.clone()));
        if asked > self.longest {
            return Err(refused(400));
        }
        let (named, since, from, skip, ids, fields) = match request {
            ListRequest::Window(window) => {
                (Some(&window.folder), None, Some(&window.from), window.skip, None, ShownFields::Few)
            }
            ListRequest::Changed(query) => {
                (query.folder.as_ref(), query.since, Some(&query.from), query.skip, None, query.fields)
            }
            ListRequest::ById(query) => (query.folder.as_ref(), None, None, 0, Some(&query.ids), query.fields),
            ListRequest::One(_, id) => {
                let jobs = self.single(*id, now).into_iter().collect();
                return Ok(JobPage { jobs, ..JobPage::default() });
            }
            ListRequest::ByPart(..) | ListRequest::ByReference(_) => unreachable!("nothing is in doubt"),
        };
        if fields != ShownFields::Few && !self.details {
            return Err(refused(400));
        }
        let filter = match since {
            Some(ChangeFilter::Ended(_)) => self.ended,
            Some(ChangeFilter::Modified(_)) => self.modified,
            None if ids.is_some() => self.by_id,
            None => Carries::Out,
        };
        let scope = if named.is_none() { self.folderless } else { Carries::Out };
        if filter == Carries::Refused || scope == Carries::Refused {
            return Err(refused(400));
        }
        let from: Option<Timestamp> = from.map(|from| from.parse().unwrap());
        let mut rows: Vec<ListedJob> = Vec::new();
        for job in &self.jobs {
            let is_there = job.created <= now && job.purged.is_none_or(|purged| now < purged);
            let is_named = named.is_none_or(|named| *named == folder(job.folder));
            if !is_there || !is_named || from.is_some_and(|from| utc(job.created) < from) {
                continue;
            }
            // What ended lately looks as it did before.
            let is_lagging = job.ended.is_some_and(|ended| ended <= now && now < ended.after(self.lag));
            let seen_at =
                if is_lagging { Moment(job.ended.unwrap().0.saturating_sub(Duration::from_millis(1))) } else { now };
            let row = Self::row(job, seen_at, Some(fields));
            let time = |text: Option<&str>| text.and_then(|text| text.parse::<Timestamp>().ok());
            let passes = match (since, ids) {
                (Some(ChangeFilter::Ended(since)), _) => {
                    time(row.job.end_time.as_deref()).is_some_and(|end| end >= since)
                }
                (Some(ChangeFilter::Modified(since)), _) => {
                    let all = Self::row(job, seen_at, None);
                    time(all.modified.as_deref()).is_some_and(|modified| modified >= since)
                }
                (None, Some(ids)) => ids.contains(&job.id),
                (None, None) => true,
            };
            let is_shown = match filter {
                Carries::Out => passes,
                Carries::Ignored => true,
                Carries::FindsNothing | Carries::Refused => false,
            };
            if is_shown && scope != Carries::FindsNothing {
                rows.push(row);
            }
        }
        rows.sort_by_key(|row| (row.job.created(), row.job.id));
        if self.backwards {
            rows.reverse();
        }
        let jobs = rows.into_iter().skip(skip as usize).take(self.page.min(asked)).collect();
        let date = shift(utc(now), self.date_ahead_s);
        let date = Timestamp::from_second(date.as_second()).unwrap();
        Ok(JobPage { jobs, server_time: Some(date), asked })
    }
}

fn shift(time: Timestamp, seconds: i64) -> Timestamp {
    let span = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { earlier(time, span) } else { later(time, span) }
}
