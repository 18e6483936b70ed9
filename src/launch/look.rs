//! The look before the first send: robot jobs that the server already has for this run.
//!
//! A ledger may have been lost, restored from a backup, or be another host's: then launches look unsent that were
//! sent. In: the run's folders and References. Out: robot jobs to adopt. Never: sends; where it cannot look, the run
//! must not either. A new run has nothing to look for: [`can_look`] only asks whether it could. Source: launch
//! protocol, step 1.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::pin::pin;
use std::time::Duration;

use super::decide::LONGEST_HOLD;
use super::past::Past;
use super::settle::{Progress, Round};
use super::{Notice, Now, RequestSource, Terms, later};
use crate::clock::{Clock, Timestamp};
use crate::diagnostic::escape::escape;
use crate::ids::{Digest, FolderRef, Ordinal, ReferenceMark, RunId};
use crate::ledger::event::{Intent, LaunchEvent, Record};
use crate::ledger::{Endpoint, Ledger, LedgerError, ListReader, Turn};
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::verdict::StartedJob;
use crate::orchestrator::{JobPage, JobWindow, Server};
use crate::pace::{Pace, Stream};
use crate::resolve::Request;

/// The window begins so long before the run: clocks differ.
const MARGIN: Duration = Duration::from_secs(600);
/// A page is asked for so often before the look is given up.
const TRIES: u32 = 8;
/// The pause after the first failure; it doubles with each one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// A wait is told of from this length on.
const PATIENCE: Duration = Duration::from_secs(2);

/// A new run's folders are tried up to so many, in their order: each costs a request of the tenant's ration.
const MOST_TRIED: usize = 10;

/// Why a run cannot be taken up.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// The job list cannot be read, so that nobody knows what was started before.
    #[error("what this run started before cannot be looked up")]
    Unlisted(#[source] Box<CallError>),
    /// The server asked to be left alone for longer than anybody waits.
    #[error("what this run started before cannot be looked up: the server asks for a pause of {} s, longer than a run waits", .0.as_secs())]
    HeldTooLong(Duration),
    /// Its pages contradict each other, again and again.
    #[error("what this run started before cannot be looked up: the pages of the job list contradict each other")]
    Contradicted,
    /// It is not the list that was asked for.
    #[error("what this run started before cannot be looked up: the job list cannot be relied on: {0}")]
    Incomplete(&'static str),
    /// What was found cannot be recorded.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// What lists told that were read before a new run.
#[derive(Clone, Debug, Default)]
pub struct Preflight {
    /// When they were read: they count.
    pub lists: Vec<Timestamp>,
    /// How far the server's `Date` is ahead of our clock, in milliseconds; `None` if none told it.
    pub server_ahead_ms: Option<i64>,
}

/// When lists may be read, and when they were.
struct Polls<'a, L> {
    ledger: &'a L,
    clock: &'a dyn Clock,
    reader: ListReader,
    stream: Stream,
    ration: Pace,
    read: Vec<Timestamp>,
    /// How far the server's `Date` is ahead of our clock, in milliseconds; `None` if no list told it.
    server_ahead_ms: Option<i64>,
    /// What the lists are read for.
    purpose: &'static str,
    told: Told,
    observe: &'a mut (dyn FnMut(Notice) + 'a),
}

/// What is awaited was told of: once is enough.
#[derive(Default)]
struct Told {
    ration: bool,
    list: bool,
}

impl<L: Ledger> Polls<'_, L> {
    /// Waits until a list may be read, by the run's own share and by its tenant's ration; the moment counts.
    async fn turn(&mut self) -> Result<(), LookError> {
        self.clock.sleep_until(self.stream.next(self.clock.now())).await;
        loop {
            let now = Now::of(self.clock);
            match self.ledger.take_turn(self.reader.clone(), self.ration, now.utc).await? {
                Turn::Now => {
                    self.stream.take(self.clock.now());
                    self.read.push(now.utc);
                    return Ok(());
                }
                Turn::NotBefore(then) => {
                    let span = now.ahead(then);
                    if (PATIENCE..=LONGEST_HOLD).contains(&span) && !std::mem::replace(&mut self.told.ration, true) {
                        let seconds = span.as_secs_f64().ceil();
                        self.tell(format!("waiting {seconds} s for the tenant's list ration"));
                    }
                    self.wait(span).await?;
                }
            }
        }
    }

    /// What `asked` answers; says so where it lets itself be awaited.
    async fn heard<T>(&mut self, asked: impl Future<Output = T>) -> T {
        let mut asked = pin!(asked);
        tokio::select! {
            biased;
            answer = &mut asked => return answer,
            () = self.clock.sleep(PATIENCE) => {}
        }
        self.list_awaited("no answer yet");
        asked.await
    }

    /// Says why a list is not there yet.
    fn list_awaited(&mut self, why: &str) {
        if !std::mem::replace(&mut self.told.list, true) {
            self.tell(format!("waiting for the server's job list ({}): {}", escape(why), self.purpose));
        }
    }

    /// Takes in the server's time. It is needed before the first send: a crash may leave nothing else to date it by.
    fn note_date(&mut self, page: &JobPage) {
        if let Some(date) = page.server_time {
            self.server_ahead_ms = i64::try_from(date.duration_since(self.clock.utc()).as_millis()).ok();
        }
    }

    fn tell(&mut self, words: String) {
        (self.observe)(Notice::Waiting(words));
    }

    /// Waits, where that is not too long.
    async fn wait(&self, span: Duration) -> Result<(), LookError> {
        if span > LONGEST_HOLD {
            return Err(LookError::HeldTooLong(span));
        }
        self.clock.sleep(span).await;
        Ok(())
    }
}

/// What a look works with.
pub struct Look<'a, S, L, R> {
    /// Where the run's robot jobs would be.
    pub server: &'a S,
    /// Where they are recorded.
    pub ledger: &'a L,
    /// The run's launches.
    pub requests: &'a R,
    /// The run; open in the ledger.
    pub run: RunId,
    /// Where time comes from.
    pub clock: &'a dyn Clock,
}

impl<S: Server, L: Ledger, R: RequestSource> Look<'_, S, L, R> {
    /// Looks for robot jobs since `since`, and records those of launches that `past` takes for unsent.
    ///
    /// Shape: `past` as it then is; `observe` hears of waits. Errors: [`LookError`]; nothing may be sent.
    pub async fn first(
        &self,
        mut past: Past,
        since: Timestamp,
        terms: Terms,
        observe: &mut dyn FnMut(Notice),
    ) -> Result<Past, LookError> {
        let mut folders = BTreeSet::new();
        let mut ordinal_by_fingerprint = HashMap::new();
        for ordinal in (0..self.requests.count()).map(Ordinal).filter(|ordinal| !self.requests.skips(*ordinal)) {
            let request = self.requests.request(ordinal);
            folders.insert(request.folder);
            ordinal_by_fingerprint.insert(request.launch.fingerprint(), ordinal);
        }
        let now = Now::of(self.clock);
        let mut polls = Polls {
            ledger: self.ledger,
            clock: self.clock,
            reader: ListReader::Run(self.run),
            stream: past.polls(terms.poll, now),
            ration: terms.list_ration,
            read: Vec::new(),
            server_ahead_ms: None,
            purpose: "it tells what this run started before",
            told: Told::default(),
            observe,
        };
        if let Some(until) = past.rations.lists_held_until {
            let span = now.ahead(until);
            (polls.observe)(Notice::Held(span));
            polls.wait(span).await?;
        }
        let mut found = BTreeMap::new();
        for folder in folders {
            self.read(folder, since, &mut polls, &ordinal_by_fingerprint, &mut found).await?;
        }
        past.rations.lists.append(&mut polls.read);
        past.server_ahead_ms = polls.server_ahead_ms;
        self.adopt(past, found).await
    }

    async fn read(
        &self,
        folder: FolderRef,
        since: Timestamp,
        polls: &mut Polls<'_, L>,
        ordinal_by_fingerprint: &HashMap<u64, Ordinal>,
        found: &mut BTreeMap<Ordinal, Vec<StartedJob>>,
    ) -> Result<(), LookError> {
        let from = since.saturating_sub(MARGIN).expect("a span of std time saturates");
        let mut round = Round::begin(from, self.clock.now());
        let mut contradictions = 0;
        let whole = loop {
            let page = self.page(round.window(folder.clone()), polls).await?;
            let interest =
                |mark: ReferenceMark, _| mark.run == self.run && ordinal_by_fingerprint.contains_key(&mark.fingerprint);
            match round.take(page, self.clock.now(), &interest) {
                Progress::Whole(whole) => break whole,
                Progress::Unfinished(more) => {
                    contradictions = 0;
                    round = more;
                }
                Progress::Incomplete(_, why) => return Err(LookError::Incomplete(why)),
                Progress::Contradicted(_) if contradictions == TRIES => return Err(LookError::Contradicted),
                Progress::Contradicted(more) => {
                    contradictions += 1;
                    round = more.unwrap_or_else(|| Round::begin(from, self.clock.now()));
                }
            }
        };
        for (mark, listed) in whole.into_jobs() {
            if let Some(ordinal) = ordinal_by_fingerprint.get(&mark.fingerprint) {
                found.entry(*ordinal).or_default().extend(listed.into_iter().map(|listed| listed.job));
            }
        }
        Ok(())
    }

    async fn page(&self, window: JobWindow, polls: &mut Polls<'_, L>) -> Result<JobPage, LookError> {
        let mut tries = 1;
        loop {
            polls.turn().await?;
            match polls.heard(self.server.list_jobs(&window)).await {
                Ok(page) => {
                    polls.note_date(&page);
                    return Ok(page);
                }
                Err(error) if tries == TRIES || !error.may_pass() => {
                    return Err(LookError::Unlisted(Box::new(error)));
                }
                Err(error) => {
                    let pause = error.hold();
                    if let Some(hold) = pause {
                        let until = later(self.clock.utc(), hold);
                        self.ledger.hold(self.run, Endpoint::Lists, until).await?;
                    }
                    polls.list_awaited(&error.to_string());
                    polls.wait(pause.unwrap_or(pause_after(tries))).await?;
                    tries += 1;
                }
            }
        }
    }

    /// Records what was found of launches that may be sent by what the ledger knows: they may not.
    async fn adopt(&self, mut past: Past, found: BTreeMap<Ordinal, Vec<StartedJob>>) -> Result<Past, LookError> {
        let now = Now::of(self.clock);
        let mut records = Vec::new();
        for (ordinal, jobs) in found {
            let request = self.requests.request(ordinal);
            if let Some(attempt) = past.next_attempt(ordinal) {
                let intent = adopted(&request, attempt, now.utc);
                let event = LaunchEvent::Adopted { intent, jobs };
                past.apply(ordinal, event.clone());
                records.push(Record { ordinal, at: now.utc, event });
            }
        }
        if !records.is_empty() {
            self.ledger.append(self.run, records).await?;
        }
        Ok(past)
    }
}

/// Asks whether the job lists of `folders` can be read: where they cannot, no lost answer could ever be settled.
///
/// Shape: what they told; `observe` hears of waits. Errors: [`LookError::Unlisted`] of the first one that cannot be,
/// and others.
pub async fn can_look<S: Server, L: Ledger>(
    server: &S,
    ledger: &L,
    tenant: &str,
    clock: &dyn Clock,
    folders: impl IntoIterator<Item = FolderRef>,
    terms: Terms,
    observe: &mut dyn FnMut(Notice),
) -> Result<Preflight, LookError> {
    let mut polls = Polls {
        ledger,
        clock,
        reader: ListReader::Tenant(tenant.to_owned()),
        stream: Stream::idle(terms.poll),
        ration: terms.list_ration,
        read: Vec::new(),
        server_ahead_ms: None,
        purpose: "it must be readable, or no lost answer could be settled",
        told: Told::default(),
        observe,
    };
    for folder in folders.into_iter().take(MOST_TRIED) {
        let window = Round::begin(clock.utc(), clock.now()).window(folder);
        let mut tries = 1;
        loop {
            polls.turn().await?;
            let error = match polls.heard(server.list_jobs(&window)).await {
                Ok(page) => {
                    polls.note_date(&page);
                    break;
                }
                Err(error) => error,
            };
            let pause = error.hold().unwrap_or(pause_after(tries));
            if tries == TRIES || !error.may_pass() || pause > LONGEST_HOLD {
                return Err(LookError::Unlisted(Box::new(error)));
            }
            polls.list_awaited(&error.to_string());
            clock.sleep(pause).await;
            tries += 1;
        }
    }
    Ok(Preflight { lists: polls.read, server_ahead_ms: polls.server_ahead_ms })
}

/// How long to wait after so many failures, where the server does not say it.
fn pause_after(tries: u32) -> Duration {
    (FIRST_PAUSE * (1 << (tries - 1))).min(LONGEST_PAUSE)
}

/// The intent that must once have stood for `request`.
fn adopted(request: &Request, attempt: crate::ids::AttemptNo, utc: Timestamp) -> Intent {
    Intent {
        attempt,
        launch: request.launch.clone(),
        reference: request.reference.clone(),
        folder: request.folder.clone(),
        release: request.release,
        expected: request.expected,
        on_ambiguous: request.on_ambiguous,
        body_digest: Digest::of(request.body.as_bytes()),
        not_before: utc,
        not_after: utc,
        server_ahead_ms: None,
        clock_era: None,
    }
}
