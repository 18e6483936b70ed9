//! Adopts, before the first send, robot jobs that the server already has for this run.
//!
//! A ledger may have been lost, restored from a backup, or be another host's: then launches look unsent that were
//! sent. In: the run's folders and References. Out: robot jobs to adopt. Never: sends; where it cannot look, the run
//! must not either, and where nothing vouches for what the list does not show, that is said or the run refused.
//! A new run has nothing to look for: [`check_list_access`] only asks whether it could. Source: `docs/exactly-once.md`, step 1.

use std::collections::{BTreeMap, BTreeSet};

use super::history::RunHistory;
use super::settle::{CompleteScan, Scan, ScanStep};
use super::{LaunchSettings, Notice, RequestSource, TimePoint};
use crate::clock::{Clock, Timestamp, time_of_day};
use crate::ids::{Digest, FolderRef, JobId, Ordinal, ReferenceMark, RunId};
use crate::ledger::event::{Intent, LaunchEvent, Record};
use crate::ledger::pause::Pause;
use crate::ledger::{Endpoint, EventLog, LedgerError, ListReader, Rations};
use crate::orchestrator::call_error::CallError;
use crate::orchestrator::{JobPage, JobWindow, Server};
use crate::pace::Stream;
use crate::resolve::Request;
use crate::robot_job::RobotJob;

mod list_poller;
mod own_launches;
mod part_filter;
mod search;

use list_poller::{AnnouncedWaits, ListPoller};
use own_launches::{FolderLaunches, OwnLaunches};
use part_filter::{NOBODYS, PartFilterSupport, RunSample, is_filtered};
pub use search::{Proof, RunOrigin, Search};

/// Maximum tries for a page before the adoption fails.
const MAX_TRIES: u32 = 8;
/// Maximum tries for a page by a part of the Reference before the whole window is read instead.
const MAX_FILTERED_TRIES: u32 = 2;
/// Maximum robot jobs in a page: there may be more behind one as long as this.
const MAX_PAGE: usize = 1000;

/// Maximum folders of a new run whose lists are checked, in their order: each costs a request of the tenant's ration.
const MAX_CHECKED_FOLDERS: usize = 10;

/// Why a run cannot be taken up.
#[derive(Debug, thiserror::Error)]
pub enum AdoptionError {
    /// The job list cannot be read, so that nobody knows what was started before.
    #[error("cannot check which robot jobs this run has already started")]
    Unlisted(#[source] Box<CallError>),
    /// The server asked to be left alone for longer than anybody waits; until then.
    #[error("the list of robot jobs cannot be read: paused until {} as the server asked, which is longer than a run waits\n  help: run the command again then, or with --ignore-pause", time_of_day(*.0))]
    HeldTooLong(Timestamp),
    /// Its pages contradict each other, again and again.
    #[error(
        "cannot check which robot jobs this run has already started: the pages of the job list contradict each other"
    )]
    Contradicted,
    /// It is not the list that was asked for.
    #[error("cannot check which robot jobs this run has already started: the job list cannot be relied on: {0}")]
    Incomplete(&'static str),
    /// Robot jobs stand in a folder that may be this run's, and nothing tells.
    #[error("whether this slot or key was started elsewhere cannot be told: the list of folder {folder} shows {jobs} robot job{} of its releases since {since} whose Reference is lacking or cut (such as {}), and none that a run of sortie's started and that still has its own\n  help: look what started them; if nothing of this slot or key was started by another ledger, add --first-run", plural(*jobs), example.0)]
    Unproven {
        /// The folder.
        folder: FolderRef,
        /// How many such robot jobs it shows.
        jobs: usize,
        /// One of them.
        example: JobId,
        /// Since when was looked.
        since: Timestamp,
    },
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

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

/// What an adoption works with.
pub struct Adoption<'a, S, L, R> {
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

/// What was found, by launch; each robot job once.
#[derive(Default)]
struct EarlierJobs(BTreeMap<Ordinal, BTreeMap<JobId, RobotJob>>);

/// What a folder's windows have shown so far.
#[derive(Default)]
struct WindowEvidence {
    sample: RunSample,
    /// Whether the list keeps References such as ours.
    has_positive_control: bool,
    /// Robot jobs that may be ours, and nothing tells.
    candidates: BTreeSet<JobId>,
}

/// What a page is asked for by, where not by its window alone.
type ReferencePart<'a> = Option<&'a str>;

impl<S: Server, L: EventLog + Rations, R: RequestSource> Adoption<'_, S, L, R> {
    /// Looks for robot jobs as `search` says, and records those of launches that `history` takes for unsent.
    ///
    /// Shape: `history` as it then is; `observe` hears of waits, and of what cannot be told. Errors: [`AdoptionError`]; nothing
    /// may be sent. Dropping the future leaves a run of which nothing was begun, to be looked up again.
    pub async fn adopt_earlier(
        &self,
        mut history: RunHistory,
        search: Search,
        settings: LaunchSettings,
        observe: &mut dyn FnMut(Notice),
    ) -> Result<RunHistory, AdoptionError> {
        let ours = OwnLaunches::of(self.requests, self.run);
        let now = TimePoint::of(self.clock);
        let mut polls = ListPoller {
            ledger: self.ledger,
            clock: self.clock,
            reader: ListReader::Run(self.run),
            stream: history.polls(settings.poll, now),
            ration: settings.list_ration,
            read: Vec::new(),
            server_ahead_ms: None,
            purpose: "it tells what this run started before",
            announced: AnnouncedWaits::default(),
            observe,
        };
        if let Some(left) = history.rations.lists_pause.map(|pause| pause.left(now.utc)).filter(|left| !left.is_zero())
        {
            polls.held(left)?;
            polls.wait(left).await?;
        }
        let mut found = EarlierJobs::default();
        let mut support = PartFilterSupport::default();
        for (name, folder) in &ours.folders {
            let reading = FolderSearch { name, folder, ours: &ours, search };
            self.read(reading, &mut support, &mut polls, &mut found).await?;
        }
        (polls.observe)(Notice::Looking(None));
        history.rations.lists.append(&mut polls.read);
        history.server_ahead_ms = polls.server_ahead_ms;
        self.record(history, found, polls.observe).await
    }

    /// Reads one folder: its window, or by a part of the Reference where that is shown to work.
    async fn read(
        &self,
        reading: FolderSearch<'_>,
        support: &mut PartFilterSupport,
        polls: &mut ListPoller<'_, L>,
        found: &mut EarlierJobs,
    ) -> Result<(), AdoptionError> {
        let FolderSearch { name, ours, search, .. } = reading;
        let (mut shown, mut here) = (WindowEvidence::default(), EarlierJobs::default());
        let mut scan = Scan::begin(search.since, self.clock.now());
        let (mut contradictions, mut pages) = (0, 0);
        loop {
            let page = self.page(scan.window(name.clone()), None, MAX_TRIES, polls).await?;
            pages += 1;
            let is_full = page.jobs.len() >= MAX_PAGE;
            shown.take(&page, reading);
            here.take(&page, ours);
            match scan.take(page, self.clock.now(), &|mark: ReferenceMark, _: JobId| mark.run == self.run) {
                ScanStep::Complete(_) => break,
                ScanStep::Unfinished(more) => {
                    contradictions = 0;
                    scan = more;
                }
                ScanStep::Incomplete(_, why) => return Err(AdoptionError::Incomplete(why)),
                ScanStep::Contradicted(_) if contradictions == MAX_TRIES => return Err(AdoptionError::Contradicted),
                ScanStep::Contradicted(more) => {
                    contradictions += 1;
                    scan = more.unwrap_or_else(|| Scan::begin(search.since, self.clock.now()));
                    continue;
                }
            }
            // A page that is not the last one is cut, whatever its length.
            if (is_full || pages > 1) && self.ask_by_part(reading, &shown, support, polls, &mut here).await? {
                break;
            }
        }
        check_evidence(reading, &shown, &here, polls)?;
        found.add(here);
        Ok(())
    }

    /// Whether what the run started in the folder was found by its part of the Reference, so that no further window need
    /// be read.
    async fn ask_by_part(
        &self,
        reading: FolderSearch<'_>,
        shown: &WindowEvidence,
        support: &mut PartFilterSupport,
        polls: &mut ListPoller<'_, L>,
        found: &mut EarlierJobs,
    ) -> Result<bool, AdoptionError> {
        // Without a robot job of sortie's in this folder's list, its list may keep no References.
        let Some(part) = shown.sample.part() else { return Ok(false) };
        let window = |from: &Scan| from.window(reading.name.clone());
        let since = Scan::begin(reading.search.since, self.clock.now());
        if *support == PartFilterSupport::Unprobed {
            let Some(known) = self.part_of(window(&since), part, support, polls).await? else { return Ok(false) };
            let Some(nobodys) = self.part_of(window(&since), NOBODYS, support, polls).await? else { return Ok(false) };
            let is_carried_out = shown.sample.is_answered_by(&known, &nobodys);
            *support = if is_carried_out { PartFilterSupport::Works } else { PartFilterSupport::Lacking };
        }
        if *support == PartFilterSupport::Lacking {
            return Ok(false);
        }
        let mut by_part = EarlierJobs::default();
        let mut scan = since;
        loop {
            let Some(page) = self.part_of(window(&scan), reading.ours.run(), support, polls).await? else {
                return Ok(false);
            };
            if !is_filtered(&page, reading.ours.run()) {
                *support = PartFilterSupport::Lacking;
                return Ok(false);
            }
            match scan.take(page, self.clock.now(), &|mark: ReferenceMark, _: JobId| mark.run == self.run) {
                ScanStep::Complete(whole) => {
                    by_part.take_whole(whole, reading.ours);
                    break;
                }
                ScanStep::Unfinished(more) => scan = more,
                ScanStep::Contradicted(_) | ScanStep::Incomplete(..) => {
                    *support = PartFilterSupport::Lacking;
                    return Ok(false);
                }
            }
        }
        found.add(by_part);
        Ok(true)
    }

    /// A page by a part of the Reference; `None` if it cannot be had, and the whole window is read instead.
    async fn part_of(
        &self,
        window: JobWindow,
        part: &str,
        support: &mut PartFilterSupport,
        polls: &mut ListPoller<'_, L>,
    ) -> Result<Option<JobPage>, AdoptionError> {
        match self.page(window, Some(part), MAX_FILTERED_TRIES, polls).await {
            Ok(page) => Ok(Some(page)),
            Err(AdoptionError::Unlisted(_)) => {
                *support = PartFilterSupport::Lacking;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn page(
        &self,
        window: JobWindow,
        part: ReferencePart<'_>,
        most: u32,
        polls: &mut ListPoller<'_, L>,
    ) -> Result<JobPage, AdoptionError> {
        let mut tries = 1;
        polls.turn_page();
        loop {
            polls.turn().await?;
            let listed = match part {
                None => polls.heard(self.server.list_jobs(&window)).await,
                Some(part) => polls.heard(self.server.find_jobs(&window, part)).await,
            };
            match listed {
                Ok(page) => {
                    polls.note_date(&page);
                    return Ok(page);
                }
                Err(error) => {
                    if let Some(span) = error.hold() {
                        let pause = Pause::new(self.clock.utc(), span);
                        self.ledger.hold(self.run, Endpoint::Lists, pause).await?;
                    }
                    polls.after(error, tries, most).await?;
                    tries += 1;
                }
            }
        }
    }

    /// Records what was found of launches that may be sent by what the ledger knows: they may not.
    async fn record(
        &self,
        mut history: RunHistory,
        found: EarlierJobs,
        observe: &mut dyn FnMut(Notice),
    ) -> Result<RunHistory, AdoptionError> {
        let now = TimePoint::of(self.clock);
        let mut records = Vec::new();
        for (ordinal, jobs) in found.0 {
            let request = self.requests.request(ordinal);
            if let Some(attempt) = history.next_attempt(ordinal) {
                let intent = adopted_intent(&request, attempt, now.utc);
                let event = LaunchEvent::Adopted { intent, jobs: jobs.into_values().collect() };
                history.apply(ordinal, event.clone());
                records.push(Record { ordinal, at: now.utc, event });
            } else if jobs.keys().any(|job| history.known.owner(*job) != Some(ordinal)) {
                // The list shows more of it than is recorded.
                history.disputed.insert(ordinal);
            }
        }
        if !records.is_empty() {
            let (count, launches) = (records.len(), if records.len() == 1 { "launch was" } else { "launches were" });
            self.ledger.append(self.run, records).await?;
            observe(Notice::Looked(format!(
                "{count} {launches} started before by what the server lists, and this ledger did not know it; whether with \
                 these arguments its list does not tell"
            )));
        }
        Ok(history)
    }
}

/// Says, or refuses, what the folder's list cannot prove.
fn check_evidence<L: Rations>(
    reading: FolderSearch<'_>,
    shown: &WindowEvidence,
    found: &EarlierJobs,
    polls: &mut ListPoller<'_, L>,
) -> Result<(), AdoptionError> {
    let FolderSearch { name, search, .. } = reading;
    if search.proof == Proof::Unneeded || shown.has_positive_control || !found.0.is_empty() {
        return Ok(());
    }
    if let Some(example) = shown.candidates.first() {
        let (folder, jobs) = (name.clone(), shown.candidates.len());
        return Err(AdoptionError::Unproven { folder, jobs, example: *example, since: search.since });
    }
    (polls.observe)(Notice::Looked(format!(
        "nothing of sortie's is in folder {name} since {}, and this ledger knows nothing of the tenant: if this was \
         started elsewhere, it is started again",
        search.since.strftime("%Y-%m-%dT%H:%M:%SZ")
    )));
    Ok(())
}

/// One folder that is read.
#[derive(Clone, Copy)]
struct FolderSearch<'a> {
    name: &'a FolderRef,
    folder: &'a FolderLaunches,
    ours: &'a OwnLaunches,
    search: Search,
}

impl EarlierJobs {
    fn take(&mut self, page: &JobPage, ours: &OwnLaunches) {
        for listed in &page.jobs {
            if let Some(ordinal) = listed.reference.as_deref().and_then(|text| ours.ordinal(text)) {
                self.0.entry(ordinal).or_default().insert(listed.job.id, listed.job.clone());
            }
        }
    }

    fn take_whole(&mut self, whole: CompleteScan, ours: &OwnLaunches) {
        for (mark, listed) in whole.into_jobs() {
            if let Some(ordinal) = ours.ordinal_of(mark) {
                self.0.entry(ordinal).or_default().extend(listed.into_iter().map(|listed| (listed.job.id, listed.job)));
            }
        }
    }

    fn add(&mut self, other: Self) {
        for (ordinal, jobs) in other.0 {
            self.0.entry(ordinal).or_default().extend(jobs);
        }
    }
}

impl WindowEvidence {
    fn take(&mut self, page: &JobPage, reading: FolderSearch<'_>) {
        self.sample.take(page);
        for listed in &page.jobs {
            self.has_positive_control |=
                listed.reference.as_deref().is_some_and(|text| reading.folder.is_positive_control(text));
            if reading.search.proof == Proof::Needed && reading.folder.may_have_started(listed) {
                self.candidates.insert(listed.job.id);
            }
        }
    }
}

/// Asks whether the job lists of `folders` can be read: where they cannot, no lost answer could ever be settled.
///
/// Shape: what they told; `observe` hears of waits. Errors: [`AdoptionError::Unlisted`] of the first one that cannot be,
/// and others.
pub async fn check_list_access<S: Server, L: Rations>(
    server: &S,
    ledger: &L,
    tenant: &str,
    clock: &dyn Clock,
    folders: impl IntoIterator<Item = FolderRef>,
    settings: LaunchSettings,
    observe: &mut dyn FnMut(Notice),
) -> Result<Preflight, AdoptionError> {
    let mut polls = ListPoller {
        ledger,
        clock,
        reader: ListReader::Tenant(tenant.to_owned()),
        stream: Stream::idle(settings.poll),
        ration: settings.list_ration,
        read: Vec::new(),
        server_ahead_ms: None,
        purpose: "it must be readable, or no lost answer could be settled",
        announced: AnnouncedWaits::default(),
        observe,
    };
    for folder in folders.into_iter().take(MAX_CHECKED_FOLDERS) {
        let window = Scan::begin(clock.utc(), clock.now()).window(folder);
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
            polls.after(error, tries, MAX_TRIES).await?;
            tries += 1;
        }
    }
    Ok(Preflight { lists: polls.read, server_ahead_ms: polls.server_ahead_ms })
}

/// The intent that must once have stood for `request`.
fn adopted_intent(request: &Request, attempt: crate::ids::AttemptNo, utc: Timestamp) -> Intent {
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
