//! Drives requests to a verdict: reserve, record, send once, record what came.
//!
//! In: requests by index, a server, a ledger, a pace. Out: every launch in the ledger with a verdict, or surely not
//! sent. One task owns it all: at most one commit is under way, and at most `concurrency` requests.
//! Never: sends a byte before its intent is durable, sends again what may have been started, or shows an outcome
//! before it is durable. Source: `docs/how-a-launch-works.md`.

use std::num::NonZeroUsize;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::try_join_all;
use futures::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::watch;

use crate::clock::{Clock, Moment, SharedClock, Timestamp};
use crate::ids::{FolderRef, LaunchId, Ordinal, ReleaseKey, RunId};
use crate::ledger::state::Verdict;
use crate::ledger::{EventLog, LedgerError, ListPermit, ListReader, Rations};
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::{JobPage, Server};
use crate::pace::Pace;
use crate::resolve::{Request, Requests};
use crate::robot_job::ServerError;

mod adoption;
mod budget;
mod claim;
mod clocks;
mod decide;
mod dispatcher;
mod forbidden;
mod gate;
mod history;
mod known_jobs;
mod lookahead;
pub mod once;
mod outbox;
mod outlook;
mod pauses;
mod queue;
mod settle;
mod summary;
mod warm_up;

pub use adoption::{Adoption, AdoptionError, Preflight, Proof, RunOrigin, Search, check_list_access};
use decide::MAX_HOLD;
use dispatcher::{Commit, CommittedIntent, Dispatcher, SendResult, SenderCounts};
use gate::{Admission, Gate};
pub use history::RunHistory;
pub use outlook::{AwaitedLaunches, Outlook};
use settle::ListRequest;
pub use summary::{LaunchSummary, StopReason};

/// Maximum time that requests under way may still take once the run was interrupted.
const MAX_DRAIN: Duration = Duration::from_secs(8);

/// What came of reading a part of the job list, and when it was asked for.
type ListAnswer = (Result<JobPage, CallError>, Moment);

/// The present, by both clocks.
#[derive(Clone, Copy, Debug)]
struct TimePoint {
    moment: Moment,
    utc: Timestamp,
}

impl TimePoint {
    /// How far ahead of it `time` is.
    fn ahead(&self, time: Timestamp) -> Duration {
        Duration::try_from(time.duration_since(self.utc)).unwrap_or_default()
    }

    /// The moment that was or will be at `time`.
    fn moment_at(&self, time: Timestamp) -> Moment {
        let ago = Duration::try_from(self.utc.duration_since(time)).unwrap_or_default();
        Moment(self.moment.0.saturating_sub(ago)).after(self.ahead(time))
    }

    fn of(clock: &dyn Clock) -> Self {
        Self { moment: clock.now(), utc: clock.utc() }
    }
}

/// `time`, `span` later.
fn later(time: Timestamp, span: Duration) -> Timestamp {
    time.saturating_add(span).expect("a span of std time saturates")
}

/// The requests of a run, made by index when they are needed.
pub trait RequestSource {
    /// How many there are.
    fn count(&self) -> u32;

    /// The request of the launch at `ordinal`, the same each time. Never asked for a launch that is skipped.
    fn request(&self, ordinal: Ordinal) -> Request;

    /// Whether the plan itself leaves the launch at `ordinal` out, because its `if` does not hold.
    fn skips(&self, _: Ordinal) -> bool {
        false
    }

    /// Whether the launch at `ordinal` is to be started once: by no run where another run may have started it.
    fn is_once(&self, _: Ordinal) -> bool {
        false
    }

    /// The name of the release with this key, in this folder, where it is known.
    fn release_name(&self, _: &FolderRef, _: ReleaseKey) -> Option<String> {
        None
    }

    /// How many launches the plan leaves out.
    fn skipped(&self) -> u32 {
        0
    }
}

impl RequestSource for Requests {
    fn count(&self) -> u32 {
        u32::try_from(self.len()).expect("a plan holds fewer than 2^32 launches")
    }

    fn request(&self, ordinal: Ordinal) -> Request {
        self.get(ordinal)
    }

    fn skips(&self, ordinal: Ordinal) -> bool {
        self.plan().skips(ordinal)
    }

    fn is_once(&self, ordinal: Ordinal) -> bool {
        self.plan().is_once(ordinal)
    }

    fn release_name(&self, folder: &FolderRef, key: ReleaseKey) -> Option<String> {
        self.name_of(folder, key).map(str::to_owned)
    }

    fn skipped(&self) -> u32 {
        self.plan().skipped()
    }
}

/// How a run is launched: its pace, its limits and its switches.
#[derive(Clone, Copy, Debug)]
pub struct LaunchSettings {
    /// How fast.
    pub pace: Pace,
    /// How many requests may be under way at once.
    pub concurrency: NonZeroUsize,
    /// How fast this run may read job lists.
    pub poll: Pace,
    /// How fast all runs of its tenant may, together.
    pub list_ration: Pace,
    /// How long after a connection was closed the server may still act on its request or show it in its list.
    pub settle: Duration,
    /// How long one request may take.
    pub attempt: Duration,
    /// Whether anything is sent at all.
    pub sending: Sending,
    /// Whether launches may be sent again after a doubt.
    pub resends: Resends,
    /// Which launches' robot jobs are counted once more before the run ends.
    pub counting: Counting,
    /// Where the random shares of back-offs come from.
    pub seed: u64,
}

/// Whether a run sends, or only settles what is in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// It sends what is left.
    On,
    /// It starts nothing: `reconcile`, or a run that another one took over.
    Off,
}

/// Whether a launch of which nothing exists may be sent again after a doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resends {
    /// As the manifest says for its job.
    AsAsked,
    /// Never: `--at-most-once`.
    Never,
}

/// Which launches' robot jobs are counted once more, by the job list, before a run ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Counting {
    /// Those that were sent again after a doubt, and those of which some list showed something else than is known.
    #[default]
    Resent,
    /// All of them: `--verify`.
    All,
}

/// A signal from outside that ends a run early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupt {
    /// SIGINT.
    Interrupted,
    /// SIGTERM or SIGHUP.
    Terminated,
}

/// Something worth showing; for outcomes only once they are durable.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// A launch is over.
    Ended(LaunchId, Verdict),
    /// A launch surely started nothing and may go again; why.
    Unsent(LaunchId, String),
    /// It cannot be told yet whether a launch was started; why.
    Doubted(LaunchId, String),
    /// A launch in doubt was surely not started.
    Absent(LaunchId),
    /// A launch that was over was counted once more, since a list showed something else of it than was known.
    Recounted {
        /// The launch.
        launch: LaunchId,
        /// Its verdict until now.
        before: Verdict,
        /// Its verdict from now on.
        after: Verdict,
    },
    /// The server's own clocks are this far apart, in milliseconds: `CreationTime` less `Date`.
    ClocksApart(i64),
    /// Nothing is sent before something is there; what.
    Waiting(String),
    /// An earlier start is looked for, in the page with this number; `None` once that is over.
    Looking(Option<u32>),
    /// What the look for an earlier start cannot tell.
    Looked(String),
    /// The server asked for a pause of this length; nothing is sent meanwhile.
    Held(Duration),
    /// A folder was refused with these words; nothing more goes there.
    FolderClosed(FolderRef, String),
    /// All sending ends; why.
    Stopping(String),
    /// A signal ended the sending; the answers of those requests that are open are waited for.
    Interrupted {
        /// The signal.
        signal: Interrupt,
        /// How many requests are open.
        requests: usize,
        /// How long they are waited for.
        patience: Duration,
    },
    /// What the run waits for has changed.
    Outlook(Outlook),
}

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
    /// `interrupt` ends it early: no new sends, and a drain of at most eight seconds for those under way; what has no
    /// answer by then stays open in the ledger. `observe` sees each [`Notice`] when it may be shown.
    pub async fn launch(
        &self,
        settings: LaunchSettings,
        history: RunHistory,
        mut interrupt: watch::Receiver<Option<Interrupt>>,
        observe: &mut dyn FnMut(Notice),
    ) -> LaunchSummary {
        let gate = Gate::new(settings.pace);
        let mut dispatcher =
            Dispatcher::new(self.requests, &gate, settings, (self.run, history), TimePoint::of(&*self.clock));
        let mut senders = FuturesUnordered::new();
        let mut commits = FuturesUnordered::new();
        let mut lists = FuturesUnordered::new();
        let (mut drained_by, mut answered_by, mut shown) = (None, None, Outlook::default());
        let earlier = *interrupt.borrow();
        if let Some(signal) = earlier {
            // It came before there was anything to wait for.
            let now = TimePoint::of(&*self.clock);
            dispatcher.stop(StopReason::Interrupt(signal), now);
            drained_by = Some(now.moment.after(MAX_DRAIN));
        }
        loop {
            let now = TimePoint::of(&*self.clock);
            while senders.len() < settings.concurrency.get() {
                let Some(ready) = dispatcher.take_ready() else { break };
                answered_by = Some(ready.window.not_before.max(now.moment).after(settings.attempt));
                senders.push(self.send(ready, &gate));
            }
            while commits.is_empty()
                && let Some(ordinal) = dispatcher.next_recall()
            {
                match self.ledger.read_states(self.run, ordinal, 1).await {
                    Ok(states) => dispatcher.recall(ordinal, states, TimePoint::of(&*self.clock)),
                    Err(error) => dispatcher.stop(StopReason::Ledger(error), TimePoint::of(&*self.clock)),
                }
            }
            let count = SenderCounts { free: settings.concurrency.get() - senders.len(), busy: senders.len() };
            if commits.is_empty() {
                if let Some(commit) = dispatcher.next_commit(count, now) {
                    commits.push(self.commit(commit));
                } else if senders.is_empty() && dispatcher.is_over(now) && !dispatcher.begin_count(now) {
                    break;
                }
            }
            if lists.is_empty()
                && let Some(request) = dispatcher.next_request(now)
            {
                lists.push(self.list(request, settings.list_ration, now));
            }
            let outlook = dispatcher.outlook(senders.len(), drained_by.or(answered_by), now);
            if outlook != shown {
                shown = outlook;
                observe(Notice::Outlook(outlook));
            }
            let wake = if commits.is_empty() { dispatcher.wake_at(count, now) } else { None };
            let wake = wake.into_iter().chain(drained_by.filter(|_| !senders.is_empty())).min();
            tokio::select! {
                biased;
                signal = next_signal(&mut interrupt), if drained_by.is_none() => {
                    let now = TimePoint::of(&*self.clock);
                    dispatcher.stop(StopReason::Interrupt(signal), now);
                    drained_by = Some(now.moment.after(MAX_DRAIN));
                    observe(Notice::Interrupted { signal, requests: senders.len(), patience: MAX_DRAIN });
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
                    Ok((listed, read)) => dispatcher.on_page(listed, read, TimePoint::of(&*self.clock)),
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

    async fn send(&self, ready: CommittedIntent, gate: &Gate) -> SendResult {
        let answer = match gate.pass(ready.window, &ready.request.folder, &*self.clock).await {
            Admission::Granted => {
                let left = self.clock.now();
                let answer = self.server.start_jobs(&ready.request, ready.history).await;
                Some((answer, self.clock.now().since(left)))
            }
            Admission::Refused => None,
        };
        SendResult { ready, answer }
    }

    /// Reads a part of the job list once the tenant's ration allows it, which counts from before it is asked for; and
    /// tells when that was.
    async fn list(&self, request: ListRequest, ration: Pace, now: TimePoint) -> Result<ListAnswer, LedgerError> {
        let mut now = now;
        while let ListPermit::NotBefore(then) =
            self.ledger.take_list_permit(ListReader::Run(self.run), ration, now.utc).await?
        {
            if now.ahead(then) > MAX_HOLD {
                // Another run of the tenant heard of it.
                let error = ServerError::of_network("the server asked for a pause".to_owned());
                let held = CallError::Throttled { what: "listing jobs", error, hold: Some(now.ahead(then)) };
                return Ok((Err(held), now.moment));
            }
            self.clock.sleep_until(now.moment_at(then)).await;
            now = TimePoint::of(&*self.clock);
        }
        let read = self.clock.now();
        let listed = match request {
            ListRequest::Window(window) => self.server.list_jobs(&window).await,
            ListRequest::ByReference(query) => self.server.list_jobs_by_reference(&query).await,
        };
        Ok((listed, read))
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

async fn next_signal(interrupt: &mut watch::Receiver<Option<Interrupt>>) -> Interrupt {
    loop {
        if let Some(signal) = *interrupt.borrow_and_update() {
            return signal;
        }
        if interrupt.changed().await.is_err() {
            // Nobody can interrupt any more.
            std::future::pending::<()>().await;
        }
    }
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
