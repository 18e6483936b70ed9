use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::*;
use crate::clock::{HandClock, Moment};
use crate::ids::{FolderId, FolderRef, JobId, ReleaseKey, RunId};
use crate::launch_terms::StopStrategy;
use crate::ledger::{ClockDifference, ListMinute, ListPermit, ListReader, TenantState};
use crate::orchestrator::classify::PriorAttempts;
use crate::orchestrator::{
    ChangedJobs, JobWindow, JobsById, JobsByReference, ListedJob, PendingReasons, ReleaseDetails, StartAnswer,
    WaitEvent,
};
use crate::outcome::LogLine;
use crate::pace::{Pace, Stream};
use crate::resolve::Request;
use crate::robot_job::ServerError;

/// A server and a ledger that do as they are told.
struct Tenant {
    clock: HandClock,
    answers: RefCell<VecDeque<CallError>>,
    /// When it was asked, in milliseconds, and for how many robot jobs.
    asked: RefCell<Vec<(u128, usize)>>,
    /// No permit is granted before this.
    closed_until: Cell<Option<Timestamp>>,
    pauses: RefCell<Vec<Pause>>,
    length: Cell<Option<usize>>,
}

impl Tenant {
    fn answering(answers: impl IntoIterator<Item = CallError>) -> Self {
        Self {
            clock: HandClock::at(noon()),
            answers: RefCell::new(answers.into_iter().collect()),
            asked: RefCell::default(),
            closed_until: Cell::default(),
            pauses: RefCell::default(),
            length: Cell::default(),
        }
    }

    /// Reads one page with at most three tries, by a run that may read one list a second; what was said meanwhile.
    fn read(&self) -> (Result<JobPage, PageError>, Vec<String>) {
        let reader = ListReader::Run(RunId::from_bytes([1; 16]));
        let reader = JobListReader::new(self, self, reader, a_second(), &self.clock);
        let schedule = ReadSchedule::new(Stream::idle(a_second()));
        let mut reader = PatientReader::new(reader, schedule, "for a test");
        let said = RefCell::new(Vec::new());
        let mut observe = |notice| match notice {
            ReadNotice::Waiting(what) => said.borrow_mut().push(what),
            ReadNotice::Paused(span) => said.borrow_mut().push(format!("paused {span:?}")),
        };
        let folder = FolderRef::Id(FolderId(7));
        let request = ListRequest::Window(JobWindow { folder, from: noon().to_string(), skip: 0 });
        let mut page = pin!(reader.page(&request, 3, &mut observe));
        let read = loop {
            match page.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(read) => break read,
                Poll::Pending => assert!(self.clock.advance_to_next_sleeper(), "it waits for nothing"),
            }
        };
        (read, said.take())
    }
}

fn noon() -> Timestamp {
    "2026-01-31T12:00:00Z".parse().expect("a time")
}

fn a_second() -> Pace {
    Pace::new(NonZeroU32::MIN, Duration::from_secs(1), NonZeroU32::MIN)
}

fn said(status: u16) -> ServerError {
    ServerError { status, message: "no".to_owned(), ..ServerError::default() }
}

fn failing() -> CallError {
    CallError::Failing { what: "listing jobs", error: said(503) }
}

fn refused(status: u16) -> CallError {
    CallError::Refused { what: "listing jobs", error: said(status) }
}

fn throttled(seconds: u64) -> CallError {
    CallError::Throttled { what: "listing jobs", error: said(429), hold: Some(Duration::from_secs(seconds)) }
}

impl Server for Tenant {
    fn tenant_identity(&self) -> &'static str {
        "tenant"
    }

    async fn start_jobs(&self, _: &Request, _: PriorAttempts) -> StartAnswer {
        panic!("a reader starts nothing")
    }

    async fn list_jobs(&self, _: &JobWindow, length: usize) -> Result<JobPage, CallError> {
        self.asked.borrow_mut().push((self.clock.now().0.as_millis(), length));
        self.answers.borrow_mut().pop_front().map_or_else(|| Ok(JobPage::default()), Err)
    }

    async fn find_jobs(&self, window: &JobWindow, _: &str, length: usize) -> Result<JobPage, CallError> {
        self.list_jobs(window, length).await
    }

    async fn list_jobs_by_reference(&self, _: &JobsByReference, _: usize) -> Result<JobPage, CallError> {
        Ok(JobPage::default())
    }

    async fn list_changed_jobs(&self, _: &ChangedJobs, _: usize) -> Result<JobPage, CallError> {
        unreachable!("nothing is waited for here")
    }

    async fn list_jobs_by_id(&self, _: &JobsById, _: usize) -> Result<JobPage, CallError> {
        unreachable!("nothing is waited for here")
    }

    async fn get_job(&self, _: &FolderRef, _: JobId) -> Result<Option<ListedJob>, CallError> {
        unreachable!("nothing is waited for here")
    }

    async fn stop_jobs(
        &self,
        _: &FolderRef,
        _: &[JobId],
        _: StopStrategy,
    ) -> Result<Vec<(JobId, CallError)>, CallError> {
        unreachable!("nothing is waited for here")
    }

    async fn validate_job(&self, _: &FolderRef, _: JobId) -> Result<Option<PendingReasons>, CallError> {
        unreachable!("nothing is waited for here")
    }

    async fn wait_events(&self, _: &FolderRef, _: JobId) -> Result<Option<Vec<WaitEvent>>, CallError> {
        unreachable!("nothing is waited for here")
    }

    async fn release_details(&self, _: &FolderRef, _: ReleaseKey) -> Result<Option<ReleaseDetails>, CallError> {
        Ok(None)
    }

    async fn robot_log(&self, _: &FolderRef, _: uuid::Uuid) -> Result<Option<Vec<LogLine>>, CallError> {
        Ok(None)
    }
}

impl Rations for Tenant {
    async fn hold(&self, _: RunId, _: crate::ledger::Endpoint, pause: Pause) -> Result<(), LedgerError> {
        self.pauses.borrow_mut().push(pause);
        Ok(())
    }

    async fn lift_pauses(&self, _: &str) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn take_list_permit(&self, _: ListReader, _: Pace, at: Timestamp) -> Result<ListPermit, LedgerError> {
        let closed = self.closed_until.get().filter(|until| *until > at);
        Ok(closed.map_or(ListPermit::Granted, ListPermit::NotBefore))
    }

    async fn read_list_minutes(&self, _: RunId) -> Result<Vec<ListMinute>, LedgerError> {
        unreachable!("nobody makes a report here")
    }

    async fn count_list(&self, _: RunId, _: Timestamp) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn keep_clock_difference(&self, _: RunId, _: ClockDifference) -> Result<(), LedgerError> {
        Ok(())
    }

    async fn read_tenant(&self, _: RunId) -> Result<TenantState, LedgerError> {
        Ok(TenantState::default())
    }

    async fn job_page(&self, _: &str) -> Result<Option<usize>, LedgerError> {
        Ok(self.length.get())
    }

    async fn keep_job_page(&self, _: &str, length: usize) -> Result<(), LedgerError> {
        self.length.set(Some(length));
        Ok(())
    }
}

#[test]
fn what_may_pass_is_asked_for_again_later_and_later_and_within_the_share() {
    let tenant = Tenant::answering([failing(), failing()]);
    let (read, said) = tenant.read();
    assert!(read.is_ok());
    // Half a second after the first failure its share does not allow it yet; a second after the other it does.
    assert_eq!(*tenant.asked.borrow(), [(0, 1000), (1000, 1000), (2000, 1000)]);
    assert_eq!(said, ["waiting for the server's job list (listing jobs: server error: HTTP 503: no): for a test"]);
}

#[test]
fn it_ends_with_its_last_try_or_with_what_does_not_pass() {
    for (answers, tries) in [(vec![failing(), failing(), failing()], 3), (vec![refused(404)], 1)] {
        let tenant = Tenant::answering(answers);
        assert!(matches!(tenant.read().0, Err(PageError::Refused(_))));
        assert_eq!(tenant.asked.borrow().len(), tries);
    }
}

#[test]
fn a_pause_is_kept_and_waited_for_unless_it_is_longer_than_a_run_waits() {
    let tenant = Tenant::answering([throttled(60)]);
    let (read, said) = tenant.read();
    assert!(read.is_ok() && said.contains(&"paused 60s".to_owned()), "{said:?}");
    assert_eq!(*tenant.asked.borrow(), [(0, 1000), (60_000, 1000)]);
    assert_eq!(*tenant.pauses.borrow(), [Pause::new(noon(), Duration::from_secs(60))]);
    let tenant = Tenant::answering([throttled(601)]);
    let until = later(noon(), Duration::from_secs(601));
    assert!(matches!(tenant.read().0, Err(PageError::PausedTooLong(told)) if told == until));
    assert_eq!(tenant.pauses.borrow().len(), 1, "others hear of it");
}

#[test]
fn the_tenants_ration_is_waited_for_and_what_it_waits_for_is_said_once() {
    let tenant = Tenant::answering([]);
    tenant.closed_until.set(Some(later(noon(), Duration::from_secs(30))));
    let (read, said) = tenant.read();
    assert!(read.is_ok());
    assert_eq!(said, ["waiting until 12:00:30Z for the tenant's list ration"]);
    assert_eq!(*tenant.asked.borrow(), [(30_000, 1000)]);
    tenant.closed_until.set(Some(later(noon(), Duration::from_secs(3600))));
    assert!(matches!(tenant.read().0, Err(PageError::PausedTooLong(_))));
    assert_eq!((tenant.asked.borrow().len(), tenant.clock.now()), (1, Moment(Duration::from_secs(30))));
}

#[test]
fn a_page_that_is_refused_is_asked_for_shorter_and_that_is_kept_for_the_tenant() {
    let tenant = Tenant::answering([refused(400)]);
    assert!(tenant.read().0.is_ok());
    let lengths = || tenant.asked.borrow().iter().map(|(_, length)| *length).collect::<Vec<_>>();
    assert_eq!((lengths(), tenant.length.get()), (vec![1000, 100], Some(100)));
    assert!(tenant.read().0.is_ok());
    assert_eq!(lengths(), [1000, 100, 100]);
    // A shorter page that is refused as well was not refused for its length.
    let other = Tenant::answering([refused(400), refused(400)]);
    assert!(other.read().0.is_err());
    assert_eq!(other.length.get(), None, "nothing is learnt of it");
}
