//! The calls of launching, as the simulated server answers them; those of waiting are in `waits`.

use std::collections::VecDeque;
use std::time::Duration;

use sortie::clock::{Clock as _, Timestamp};
use sortie::ids::{Digest, FolderRef, JobId, ReleaseKey};
use sortie::launch_terms::{ExpectedJobs, StopStrategy};
use sortie::orchestrator::call_error::CallError;
use sortie::orchestrator::classify::PriorAttempts;
use sortie::orchestrator::{
    ChangedJobs, JobPage, JobWindow, JobsById, JobsByReference, ListedJob, PendingReasons, ReleaseDetails, Server,
    StartAnswer, WaitEvent,
};
use sortie::outcome::LogLine;
use sortie::resolve::Request;

use super::odd::{lost, refused, unsigned};
use super::{Fate, ListOrder, ReferenceFilter, Sent, SimJob, SimServer, failing, started};

impl Server for SimServer {
    fn tenant_identity(&self) -> &'static str {
        "simulated"
    }

    async fn start_jobs(&self, request: &Request, _: PriorAttempts) -> StartAnswer {
        self.process.step().await;
        let body = Digest::of(request.body.as_bytes());
        self.ledger.check_may_be_sent(request.ordinal, body, &self.clock);
        self.sent.borrow_mut().push(Sent { ordinal: request.ordinal, at: self.clock.now() });
        let scripted = self.next.borrow_mut().pop_front();
        let fate = scripted
            .or_else(|| self.fates_by_launch.borrow_mut().get_mut(&request.ordinal.0).and_then(VecDeque::pop_front));
        let ExpectedJobs::Exactly(count) = request.expected else { panic!("the simulation starts counted launches") };
        let class = match fate.unwrap_or(Fate::Served) {
            Fate::Served => self.answer(self.create(request, count, Duration::ZERO), request.reference.as_str()),
            Fate::Answered(class) => class,
            Fate::Lost => {
                self.create(request, count, Duration::ZERO);
                lost()
            }
            Fate::ServedAndRefused => {
                self.create(request, count, Duration::ZERO);
                unsigned()
            }
            Fate::Dropped => lost(),
            Fate::Late(delay) => {
                self.create(request, count, delay);
                lost()
            }
            Fate::LateAndMore(delay, count) => {
                self.create(request, count, delay);
                lost()
            }
            Fate::Partial(count) => {
                self.create(request, count, Duration::ZERO);
                lost()
            }
            Fate::Replayed => {
                self.create(request, count, Duration::ZERO);
                self.answer(self.create(request, count, Duration::ZERO), request.reference.as_str())
            }
            Fate::AnsweredAs(other) => {
                self.create(request, count, Duration::ZERO);
                self.answer_of(other)
            }
            Fate::DroppedAndAnsweredAs(other) => self.answer_of(other),
            Fate::AnsweredWithTheFirst { creates } => {
                if creates {
                    self.create(request, count, Duration::ZERO);
                }
                let first = self.jobs.borrow()[0].clone();
                self.answer(vec![started(&first)], &first.reference)
            }
            Fate::Hangs => {
                self.create(request, count, Duration::ZERO);
                std::future::pending().await
            }
        };
        self.clock.sleep(self.latency).await;
        self.process.step().await;
        StartAnswer { class, server_time: self.date(0) }
    }

    async fn list_jobs(&self, window: &JobWindow, _: usize) -> Result<JobPage, CallError> {
        self.read_list().await?;
        let from: Timestamp = window.from.parse().unwrap();
        let skip = if self.ignores.skip { 0 } else { window.skip };
        let page = self.page(Some(&window.folder), skip, |job| self.ignores.window || job.created >= from);
        Ok(page)
    }

    async fn find_jobs(&self, window: &JobWindow, part: &str, _: usize) -> Result<JobPage, CallError> {
        self.process.step().await;
        self.lists.borrow_mut().push(self.clock.now());
        self.seeks.borrow_mut().push(self.clock.now());
        self.clock.sleep(self.latency).await;
        let from: Timestamp = window.from.parse().unwrap();
        let shows: Box<dyn Fn(&SimJob) -> bool> = match self.reference_filter {
            ReferenceFilter::Works | ReferenceFilter::OnlyTheFirst | ReferenceFilter::TurnsBad => {
                Box::new(|job| job.reference.contains(part))
            }
            ReferenceFilter::Refused => return Err(refused()),
            ReferenceFilter::Ignored => Box::new(|_| true),
            ReferenceFilter::FindsNothing => Box::new(|_| false),
            ReferenceFilter::FindsTheFirst => Box::new(|job| job.reference.contains(part) && job.id < 1100),
            ReferenceFilter::Fails => return Err(failing()),
        };
        Ok(self.page(Some(&window.folder), window.skip, |job| job.created >= from && shows(job)))
    }

    async fn list_jobs_by_reference(&self, sought: &JobsByReference, _: usize) -> Result<JobPage, CallError> {
        self.process.step().await;
        self.lists.borrow_mut().push(self.clock.now());
        self.seeks.borrow_mut().push(self.clock.now());
        self.clock.sleep(self.latency).await;
        let is_probe = sought.references.iter().any(|reference| reference.as_str().ends_with("-0000000000000000"));
        let is_asked = |job: &SimJob| sought.references.iter().any(|reference| reference.as_str() == job.reference);
        let shows: Box<dyn Fn(&SimJob) -> bool> = match self.reference_filter {
            ReferenceFilter::Works => Box::new(is_asked),
            ReferenceFilter::Refused => return Err(refused()),
            ReferenceFilter::Ignored => Box::new(|_| true),
            ReferenceFilter::FindsNothing => Box::new(|_| false),
            ReferenceFilter::OnlyTheFirst => {
                let first = sought.references[0].to_string();
                Box::new(move |job| job.reference == first)
            }
            ReferenceFilter::FindsTheFirst => Box::new(move |job| is_asked(job) && job.id < 1100),
            ReferenceFilter::TurnsBad => Box::new(move |job| !is_probe || is_asked(job)),
            ReferenceFilter::Fails => return Err(failing()),
        };
        Ok(self.page(Some(&sought.folder), 0, shows))
    }

    async fn list_changed_jobs(&self, query: &ChangedJobs, asked: usize) -> Result<JobPage, CallError> {
        self.read_list().await?;
        self.changed(query).map(|page| JobPage { asked, ..page })
    }

    async fn list_jobs_by_id(&self, query: &JobsById, asked: usize) -> Result<JobPage, CallError> {
        self.read_list().await?;
        self.by_id(query).map(|page| JobPage { asked, ..page })
    }

    async fn get_job(&self, folder: &FolderRef, job: JobId) -> Result<Option<ListedJob>, CallError> {
        self.process.step().await;
        self.looks.borrow_mut().push(self.clock.now());
        self.clock.sleep(self.latency).await;
        self.look_up(folder, job)
    }

    async fn stop_jobs(
        &self,
        _: &FolderRef,
        jobs: &[JobId],
        strategy: StopStrategy,
    ) -> Result<Vec<(JobId, CallError)>, CallError> {
        self.process.step().await;
        self.clock.sleep(self.latency).await;
        self.stop(jobs, strategy);
        self.process.step().await;
        Ok(Vec::new())
    }

    async fn validate_job(&self, _: &FolderRef, _: JobId) -> Result<Option<PendingReasons>, CallError> {
        self.process.step().await;
        self.clock.sleep(self.latency).await;
        Ok(None)
    }

    async fn wait_events(&self, _: &FolderRef, _: JobId) -> Result<Option<Vec<WaitEvent>>, CallError> {
        self.process.step().await;
        self.clock.sleep(self.latency).await;
        Ok(None)
    }

    async fn release_details(&self, _: &FolderRef, _: ReleaseKey) -> Result<Option<ReleaseDetails>, CallError> {
        Ok(None)
    }

    async fn robot_log(&self, _: &FolderRef, _: uuid::Uuid) -> Result<Option<Vec<LogLine>>, CallError> {
        Ok(None)
    }
}

impl SimServer {
    /// A list is asked for.
    async fn read_list(&self) -> Result<(), CallError> {
        self.process.step().await;
        self.lists.borrow_mut().push(self.clock.now());
        self.clock.sleep(self.latency).await;
        self.list_failures.borrow_mut().pop_front().map_or(Ok(()), Err)
    }

    /// A page of the folder's robot jobs, or of all, that `shows` lets through.
    pub(super) fn page(&self, folder: Option<&FolderRef>, skip: u32, shows: impl Fn(&SimJob) -> bool) -> JobPage {
        let time = self.time();
        let jobs = self.jobs.borrow();
        let mut shown: Vec<&SimJob> =
            jobs.iter().filter(|job| folder.is_none_or(|folder| job.folder == *folder) && shows(job)).collect();
        shown.retain(|job| job.visible <= time && !self.is_forgotten(job));
        shown.retain(|job| job.visible.checked_add(self.hides_recent).unwrap() <= time);
        match self.order {
            ListOrder::AsAsked => shown.sort_by_key(|job| (job.created, job.id)),
            ListOrder::NewestFirst => shown.sort_by_key(|job| std::cmp::Reverse((job.created, job.id))),
            ListOrder::ByReference => shown.sort_by(|one, other| one.reference.cmp(&other.reference)),
        }
        let bare = self.bare_lists.get();
        self.bare_lists.set(bare.saturating_sub(1));
        let shows = self.shows_references && bare == 0;
        let reference = |job: &SimJob| if shows { (self.shown_reference)(&job.reference) } else { None };
        let jobs = shown
            .into_iter()
            .skip(skip as usize)
            .take(self.page)
            .map(|job| ListedJob { reference: reference(job), ..self.listed(job) })
            .collect();
        JobPage { jobs, server_time: self.date(self.lists_ahead_s), asked: 0 }
    }
}
