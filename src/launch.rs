//! Drives requests to a verdict: reserve, record, send once, record what came.
//!
//! In: requests by index, a server, a ledger, a pace. Out: every launch in the ledger with a verdict, or surely not
//! sent. One task owns it all: at most one commit is under way, and at most `concurrency` requests.
//! Never: sends a byte before its intent is durable, sends again what may have been started, or shows an outcome
//! before it is durable. Source: `docs/how-a-launch-works.md`.

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::try_join_all;
use futures::stream::{FuturesUnordered, StreamExt as _};

use crate::clock::{Clock, Moment, SharedClock, TimePoint};
use crate::ids::{Ordinal, RunId};
use crate::job_list::reader::JobListReader;
use crate::ledger::state::LaunchState;
use crate::ledger::{EventLog, LedgerError, ListReader, Rations};
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::{PendingReasons, Server, WaitEvent};
use crate::outcome::LogLine;
use crate::wait::LogQuestion;

mod adoption;
mod clocks;
mod dispatcher;
mod history;
mod interrupt;
mod known_jobs;
mod notice;
pub mod once;
mod outlook;
mod queue;
mod request_source;
mod send;
mod settings;
mod settle;
mod summary;

pub use adoption::{Adoption, AdoptionError, Preflight, Proof, RunOrigin, Search, check_list_access};
use dispatcher::{Dispatcher, FreeSlots};
pub use history::{LateJobs, RunHistory};
pub use interrupt::{Interrupt, RunSignals};
use interrupt::{next_signal, next_steered};
pub use notice::Notice;
pub use outlook::{AwaitedLaunches, Outlook};
pub use request_source::RequestSource;
use request_source::with_retries::WithRetries;
use send::commit::Commit;
use send::gate::{Admission, Gate};
use send::sender::{CommittedIntent, SendResult, SenderCounts};
pub use settings::wait_plan::{WaitOverride, WaitPlan};
pub use settings::{LaunchSettings, RecountScope, ResendPolicy, SendMode};
pub use summary::{LaunchSummary, StopReason};

/// Maximum states that are read at once of launches whose robot jobs are to be stopped.
const MAX_STATES_PAGE: usize = 1000;

/// Maximum time that requests under way may still take once the run was interrupted.
const MAX_DRAIN: Duration = Duration::from_secs(8);

/// Maximum robot jobs that are asked for one by one at the same time.
const MAX_LOOK_UPS: usize = 4;

/// What a launcher works with. Server and ledger are traits, so that a simulation can stand in for them.
pub struct Launcher<'a, S, L, R> {
    /// Where launches are sent.
    pub server: &'a S,
    /// Where they are recorded.
    pub ledger: &'a L,
    /// The launches.
    pub requests: &'a R,
    /// The run that they belong to; open in the ledger.
    pub run: RunId,
    /// Where time comes from.
    pub clock: SharedClock,
}

impl<S: Server, L: EventLog + Rations, R: RequestSource> Launcher<'_, S, L, R> {
    /// Sends every request at most once at a time and returns when each has its verdict, or sending had to end.
    ///
    /// `history` is what the ledger holds of the run: what it left in doubt is settled, and what is over stays over.
    /// Of `signals`, an interrupt ends it early: no new sends, and a drain of at most eight seconds for those under way; what
    /// has no answer by then stays open in the ledger. `observe` sees each [`Notice`] when it may be shown.
    #[expect(clippy::too_many_lines, reason = "one loop, whose branches share all that is under way")]
    pub async fn launch(
        &self,
        settings: LaunchSettings,
        history: RunHistory,
        signals: impl Into<RunSignals>,
        observe: &mut dyn FnMut(Notice),
    ) -> LaunchSummary {
        let RunSignals { mut interrupt, mut steered } = signals.into();
        let gate = Gate::new(settings.pace);
        let for_run = ListReader::Run(self.run);
        let reader = JobListReader::new(self.server, self.ledger, for_run, settings.list_ration, &*self.clock);
        let requests = WithRetries::new(self.requests, history.retry_origins.clone());
        let mut dispatcher =
            Dispatcher::new(&requests, &gate, settings, (self.run, history), TimePoint::of(&*self.clock));
        let mut senders = FuturesUnordered::new();
        let mut commits = FuturesUnordered::new();
        let mut lists = FuturesUnordered::new();
        let (mut look_ups, mut questions) = (FuturesUnordered::new(), FuturesUnordered::new());
        let (mut stopping, mut logs) = (FuturesUnordered::new(), FuturesUnordered::new());
        let mut releases = FuturesUnordered::new();
        let (mut drained_by, mut answered_by, mut shown) = (None, None, Outlook::default());
        let earlier = *interrupt.borrow();
        if let Some(signal) = earlier {
            // It came before there was anything to wait for.
            let now = TimePoint::of(&*self.clock);
            dispatcher.stop(StopReason::Interrupt(signal), now);
            drained_by = Some(now.moment.after(MAX_DRAIN));
        }
        let holds = steered.borrow_and_update().clone();
        dispatcher.steer(holds, TimePoint::of(&*self.clock)).into_iter().for_each(&mut *observe);
        dispatcher.restore_faults(TimePoint::of(&*self.clock));
        dispatcher.tell_unused_retries();
        loop {
            let now = TimePoint::of(&*self.clock);
            let concurrency = dispatcher.concurrency().get();
            while senders.len() < concurrency {
                let Some(ready) = dispatcher.take_ready() else { break };
                answered_by = Some(ready.window.not_before.max(now.moment).after(settings.attempt));
                let planned = requests.planned(ready.request.ordinal);
                senders.push(self.send(ready, planned, &gate));
            }
            while commits.is_empty()
                && let Some(ordinal) = dispatcher.next_recall()
            {
                match self.ledger.read_states(self.run, ordinal, 1).await {
                    Ok(states) => dispatcher.recall(ordinal, states, TimePoint::of(&*self.clock)),
                    Err(error) => dispatcher.stop(StopReason::Ledger(error), TimePoint::of(&*self.clock)),
                }
            }
            while commits.is_empty()
                && let Some(from) = dispatcher.next_stop_page()
            {
                match self.ledger.read_states(self.run, from, MAX_STATES_PAGE).await {
                    Ok(states) => {
                        let is_last = states.len() < MAX_STATES_PAGE;
                        dispatcher.take_stop_page(states, is_last);
                    }
                    Err(error) => dispatcher.stop(StopReason::Ledger(error), TimePoint::of(&*self.clock)),
                }
            }
            if stopping.is_empty()
                && let Some(batch) = dispatcher.next_stop(now)
            {
                let (reader, server, clock) = (&reader, self.server, &*self.clock);
                stopping.push(async move {
                    let result = batch.carry_out(server, reader, clock).await;
                    (batch, result)
                });
            }
            dispatcher.take_stop_report(senders.is_empty()).into_iter().for_each(&mut *observe);
            let count = SenderCounts { free: concurrency.saturating_sub(senders.len()), busy: senders.len() };
            if commits.is_empty() {
                if let Some(commit) = dispatcher.next_commit(count, now) {
                    commits.push(self.commit(commit));
                } else if senders.is_empty() && dispatcher.is_over(now) && !dispatcher.begin_count(now) {
                    dispatcher.take_notices().into_iter().for_each(&mut *observe);
                    dispatcher.told_waiting().for_each(&mut *observe);
                    break;
                }
            }
            if senders.is_empty() && dispatcher.is_launched(now) {
                // Beside waiting, which may take days.
                dispatcher.begin_count(now);
            }
            if lists.is_empty()
                && let Some(request) = dispatcher.next_request(now)
            {
                let reader = &reader;
                lists.push(async move { reader.read(&request).await });
            }
            while look_ups.len() < MAX_LOOK_UPS
                && let Some(look_up) = dispatcher.next_look_up(now)
            {
                look_ups.push(async move {
                    let found = self.server.get_job(&look_up.folder, look_up.job).await;
                    (look_up, found)
                });
            }
            if questions.is_empty()
                && let Some((folder, job)) = dispatcher.next_question(now)
            {
                let asked = async move {
                    let reasons = self.server.validate_job(&folder, job).await;
                    // Who is not told why looks for himself.
                    (folder, Standstill::Pending(reasons.ok().flatten()))
                };
                questions.push(asked.boxed_local());
            }
            if questions.is_empty()
                && let Some((folder, job)) = dispatcher.next_suspended(now)
            {
                let asked = async move {
                    let events = self.server.wait_events(&folder, job).await;
                    (folder, Standstill::Suspended(events.ok().flatten()))
                };
                questions.push(asked.boxed_local());
            }
            if logs.is_empty()
                && let Some(asked) = dispatcher.next_log(now)
            {
                logs.push(async move { (asked, self.read_log(asked).await) });
            }
            if releases.is_empty()
                && let Some(asked) = dispatcher.next_release(now)
            {
                releases.push(async move {
                    let found = self.server.release_details(&asked.folder, asked.release).await;
                    (asked, found)
                });
            }
            dispatcher.on_time(now);
            if commits.is_empty() {
                dispatcher.take_notices().into_iter().for_each(&mut *observe);
            }
            let outlook = dispatcher.outlook(senders.len(), drained_by.or(answered_by), now);
            if outlook != shown {
                shown = outlook;
                observe(Notice::Outlook(outlook));
            }
            let free = FreeSlots {
                lists: lists.is_empty(),
                look_ups: look_ups.len() < MAX_LOOK_UPS,
                questions: questions.is_empty(),
                logs: logs.is_empty(),
                releases: releases.is_empty(),
            };
            let wake = if commits.is_empty() { dispatcher.wake_at(count, free, now) } else { None };
            let wake = wake.into_iter().chain(drained_by.filter(|_| !senders.is_empty())).min();
            tokio::select! {
                biased;
                signal = next_signal(&mut interrupt), if drained_by.is_none() => {
                    let now = TimePoint::of(&*self.clock);
                    dispatcher.stop(StopReason::Interrupt(signal), now);
                    drained_by = Some(now.moment.after(MAX_DRAIN));
                    observe(Notice::Interrupted { signal, requests: senders.len(), patience: MAX_DRAIN });
                }
                holds = next_steered(&mut steered) => {
                    dispatcher.steer(holds, TimePoint::of(&*self.clock)).into_iter().for_each(&mut *observe);
                }
                Some((commit, written)) = commits.next() => match written {
                    Ok(()) => dispatcher.on_commit(commit).into_iter().for_each(&mut *observe),
                    Err(error) => {
                        let now = TimePoint::of(&*self.clock);
                        dispatcher.stop(StopReason::Ledger(error), now);
                        // Nothing that happens from here on can be recorded. Let the answers come, so that no
                        // connection is cut; the ledger holds their intents, and a resume will settle them.
                        drain(&mut senders, &*self.clock, now.moment.after(MAX_DRAIN)).await;
                        break;
                    }
                },
                Some(result) = senders.next() => {
                    let now = TimePoint::of(&*self.clock);
                    dispatcher.on_answer(result, now);
                    // Those that came meanwhile, in the same turn: a turn costs as much as an answer.
                    while let Some(Some(result)) = senders.next().now_or_never() {
                        dispatcher.on_answer(result, now);
                    }
                }
                Some(listed) = lists.next() => match listed {
                    Ok(answer) => dispatcher.on_page(answer, TimePoint::of(&*self.clock)),
                    Err(error) => dispatcher.stop(StopReason::Ledger(error), TimePoint::of(&*self.clock)),
                },
                Some((look_up, found)) = look_ups.next() => {
                    dispatcher.on_look_up(look_up, found, TimePoint::of(&*self.clock));
                }
                Some((folder, found)) = questions.next() => match found {
                    Standstill::Pending(reasons) => dispatcher.on_reasons(&folder, reasons),
                    Standstill::Suspended(events) => {
                        dispatcher.on_wait_events(&folder, events, TimePoint::of(&*self.clock));
                    }
                },
                Some((asked, found)) = logs.next() => dispatcher.on_log(asked, found, TimePoint::of(&*self.clock)),
                Some((asked, found)) = releases.next() => {
                    dispatcher.on_release(&asked, found, TimePoint::of(&*self.clock));
                }
                Some((batch, result)) = stopping.next() => match result {
                    Ok(result) => dispatcher.take_stop(batch, result, TimePoint::of(&*self.clock)),
                    Err(error) => dispatcher.stop(StopReason::Ledger(error), TimePoint::of(&*self.clock)),
                },
                () = wait_until(&*self.clock, wake) => {
                    if drained_by.is_some_and(|limit| self.clock.now() >= limit) && !senders.is_empty() {
                        senders.clear();
                    }
                }
            }
        }
        drop(senders);
        dispatcher.end()
    }

    async fn send(&self, ready: CommittedIntent, planned: Ordinal, gate: &Gate) -> SendResult {
        let whose = (&ready.request.folder, &ready.request.launch, planned);
        let answer = match gate.pass(ready.window, whose, &*self.clock).await {
            Admission::Granted => {
                let left = self.clock.now();
                let (launch, attempt) = (&ready.request.launch, ready.attempt.0);
                tracing::debug!("{launch}: attempt {attempt} is sent");
                let answer = self.server.start_jobs(&ready.request, ready.history).await;
                let took = self.clock.now().since(left);
                tracing::debug!("{launch}: attempt {attempt} is over after {} ms", took.as_millis());
                Some((answer, took))
            }
            Admission::Refused => None,
        };
        SendResult { ready, answer }
    }

    /// The last errors that the robot logged; none where the ledger does not know the robot job's key. A ledger that cannot be
    /// read says so when it is written.
    async fn read_log(&self, asked: LogQuestion) -> Result<Option<Vec<LogLine>>, CallError> {
        let states = self.ledger.read_states(self.run, asked.ordinal, 1).await.unwrap_or_default();
        let state = states.iter().find(|(ordinal, _)| *ordinal == asked.ordinal).map(|(_, state)| state);
        let Some(LaunchState::Started { attempts, jobs, .. }) = state else { return Ok(Some(Vec::new())) };
        let key = jobs.iter().find(|job| job.id == asked.job).and_then(|job| job.key.as_deref());
        match key.and_then(|key| uuid::Uuid::try_parse(key.trim()).ok()) {
            Some(key) => self.server.robot_log(&attempts.intent.folder, key).await,
            None => Ok(Some(Vec::new())),
        }
    }

    async fn commit(&self, mut commit: Commit) -> (Commit, Result<(), LedgerError>) {
        let records = std::mem::take(&mut commit.records);
        let holds = std::mem::take(&mut commit.holds);
        let holds = holds.into_iter().map(|(endpoint, pause)| self.ledger.hold(self.run, endpoint, pause));
        let learnt = commit.clock_difference.map(|learnt| self.ledger.keep_clock_difference(self.run, learnt));
        // At once, so that they can share a transaction.
        let appended = self.ledger.append(self.run, records);
        let written = futures::future::try_join3(appended, try_join_all(holds), try_join_all(learnt)).await;
        (commit, written.map(drop))
    }
}

/// Why a robot job does not go on, as the server said it; `None` where it said nothing.
enum Standstill {
    Pending(Option<PendingReasons>),
    Suspended(Option<Vec<WaitEvent>>),
}

async fn wait_until(clock: &dyn Clock, moment: Option<Moment>) {
    match moment {
        Some(moment) => clock.sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

async fn drain<F: Future>(senders: &mut FuturesUnordered<F>, clock: &dyn Clock, limit: Moment) {
    let mut patience = clock.sleep_until(limit);
    loop {
        tokio::select! {
            () = &mut patience => return,
            landed = senders.next() => if landed.is_none() { return },
        }
    }
}
