//! Adopts, before the first send, robot jobs that the server already has for this run.
//!
//! A ledger may have been lost, restored from a backup, or be another host's: then launches look unsent that were
//! sent. In: the run's folders and References. Out: robot jobs to adopt. Never: sends; where it cannot look, the run
//! must not either, and where nothing vouches for what the list does not show, that is said or the run refused.
//! A new run has nothing to look for: [`check_list_access`] only asks whether it could. Source: `docs/exactly-once.md`, step 1.

use std::collections::BTreeMap;

use self::earlier_jobs::{EarlierJobs, adopted_intent};
use self::earlier_retries::EarlierRetries;
use self::evidence::{FolderSearch, WindowEvidence, check_evidence};
use self::own_launches::OwnLaunches;
use self::pages::AdoptionPages;
use self::part_filter::{NOBODYS, is_filtered};
use super::history::RunHistory;
use super::notice::Notice;
use super::request_source::RequestSource;
use super::settings::LaunchSettings;
use crate::clock::{Clock, TimePoint};
use crate::ids::{JobId, ReferenceMark, RunId};
use crate::job_list::filter::Filter;
use crate::job_list::patient_reader::PatientReader;
use crate::job_list::reader::JobListReader;
use crate::job_list::request::ListRequest;
use crate::job_list::scan::{Scan, ScanStep};
use crate::job_list::schedule::ReadSchedule;
use crate::ledger::event::{LaunchEvent, Record};
use crate::ledger::{EventLog, ListReader, Rations};
use crate::orchestrator::{JobPage, JobWindow, Server};

mod earlier_jobs;
mod earlier_retries;
mod error;
mod evidence;
mod list_access;
mod own_launches;
mod pages;
mod part_filter;
mod search;

pub use error::AdoptionError;
pub use list_access::{Preflight, check_list_access};
pub use search::{Proof, RunOrigin, Search};

/// Maximum tries for a page before the adoption fails.
const MAX_TRIES: u32 = 8;
/// Maximum pages of a folder that contradict others before the adoption fails.
const MAX_CONTRADICTIONS: u32 = 40;
/// Maximum tries for a page by a part of the Reference before the whole window is read instead.
const MAX_FILTERED_TRIES: u32 = 2;
/// Maximum robot jobs in a page: there may be more behind one as long as this.
const MAX_PAGE: usize = 1000;

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
        let for_run = ListReader::Run(self.run);
        let reader = JobListReader::new(self.server, self.ledger, for_run, settings.list_ration, self.clock);
        let schedule = ReadSchedule::new(history.polls(settings.poll, now));
        let mut reader = PatientReader::new(reader, schedule, "it tells what this run started before");
        if let Some(left) = history.rations.lists_pause.map(|pause| pause.left(now.utc)).filter(|left| !left.is_zero())
        {
            reader.pause(left, &mut |notice| observe(notice.into()))?;
        }
        let mut pages = AdoptionPages::new(reader, observe);
        let mut found = EarlierJobs::default();
        let mut filter = Filter::default();
        for (name, folder) in &ours.folders {
            let reading = FolderSearch { name, folder, ours: &ours, search };
            self.read(reading, &mut filter, &mut pages, &mut found).await?;
        }
        let (mut lists, server_ahead_ms) = pages.into_reads();
        observe(Notice::Looking(None));
        history.rations.lists.append(&mut lists);
        history.server_ahead_ms = server_ahead_ms;
        self.record(history, found, observe).await
    }

    /// Reads one folder: its window, or by a part of the Reference where that is shown to work.
    async fn read(
        &self,
        reading: FolderSearch<'_>,
        filter: &mut Filter,
        pages: &mut AdoptionPages<'_, S, L>,
        found: &mut EarlierJobs,
    ) -> Result<(), AdoptionError> {
        let FolderSearch { name, ours, search, .. } = reading;
        let (mut shown, mut here) = (WindowEvidence::default(), EarlierJobs::default());
        let mut scan = Scan::begin(search.since, self.clock.now());
        let (mut in_turn, mut in_all, mut count) = (0, 0, 0);
        loop {
            let page = pages.page(ListRequest::Window(scan.window(name.clone())), MAX_TRIES).await?;
            count += 1;
            let is_full = page.jobs.len() >= MAX_PAGE;
            shown.take(&page, reading);
            here.take(&page, ours);
            match scan.take(page, self.clock.now(), &|mark: ReferenceMark, _: JobId| mark.run == self.run) {
                ScanStep::Complete(_) => break,
                ScanStep::Unfinished(more) => {
                    in_turn = 0;
                    scan = more;
                }
                ScanStep::Incomplete(_, why) => return Err(AdoptionError::Incomplete(why)),
                ScanStep::Contradicted(_) if in_turn == MAX_TRIES || in_all == MAX_CONTRADICTIONS => {
                    return Err(AdoptionError::Contradicted);
                }
                // What was found so far stays found.
                ScanStep::Contradicted(more) => {
                    (in_turn, in_all) = (in_turn + 1, in_all + 1);
                    scan = more.unwrap_or_else(|| Scan::begin(search.since, self.clock.now()));
                    continue;
                }
            }
            // A page that is not the last one is cut, whatever its length.
            if (is_full || count > 1) && self.ask_by_part(reading, &shown, filter, pages, &mut here).await? {
                break;
            }
        }
        check_evidence(reading, &shown, &here, &mut |notice| pages.tell(notice))?;
        found.add(here);
        Ok(())
    }

    /// Whether what the run started in the folder was found by its part of the Reference, so that no further window need
    /// be read.
    async fn ask_by_part(
        &self,
        reading: FolderSearch<'_>,
        shown: &WindowEvidence,
        filter: &mut Filter,
        pages: &mut AdoptionPages<'_, S, L>,
        found: &mut EarlierJobs,
    ) -> Result<bool, AdoptionError> {
        // Without a robot job of sortie's in this folder's list, its list may keep no References.
        let Some(part) = shown.sample.part() else { return Ok(false) };
        let window = |from: &Scan| from.window(reading.name.clone());
        let since = Scan::begin(reading.search.since, self.clock.now());
        if filter.may_work() && !filter.works() {
            let Some(known) = self.part_of(window(&since), part, filter, pages).await? else { return Ok(false) };
            let Some(nobodys) = self.part_of(window(&since), NOBODYS, filter, pages).await? else { return Ok(false) };
            filter.showed(shown.sample.is_answered_by(&known, &nobodys));
        }
        if !filter.works() {
            return Ok(false);
        }
        let mut by_part = EarlierJobs::default();
        let mut scan = since;
        loop {
            let Some(page) = self.part_of(window(&scan), reading.ours.run(), filter, pages).await? else {
                return Ok(false);
            };
            if !is_filtered(&page, reading.ours.run()) {
                filter.showed(false);
                return Ok(false);
            }
            match scan.take(page, self.clock.now(), &|mark: ReferenceMark, _: JobId| mark.run == self.run) {
                ScanStep::Complete(whole) => {
                    by_part.take_whole(whole, reading.ours);
                    break;
                }
                ScanStep::Unfinished(more) => scan = more,
                ScanStep::Contradicted(_) | ScanStep::Incomplete(..) => {
                    filter.showed(false);
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
        filter: &mut Filter,
        pages: &mut AdoptionPages<'_, S, L>,
    ) -> Result<Option<JobPage>, AdoptionError> {
        match pages.page(ListRequest::ByPart(window, part.to_owned()), MAX_FILTERED_TRIES).await {
            Ok(page) => Ok(Some(page)),
            Err(AdoptionError::Unlisted(_)) => {
                filter.failed(false);
                Ok(None)
            }
            Err(error) => Err(error),
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
        let EarlierJobs { of_launches, of_others } = found;
        let retries = EarlierRetries::of(self.requests, of_others)?;
        let unseen = retries.launches().filter(|of| !of_launches.contains_key(of)).map(|of| (of, BTreeMap::new()));
        // A launch that has a retry was started, whatever the list and the ledger have of it: it is not sent.
        let of_launches: BTreeMap<_, _> = unseen.collect::<Vec<_>>().into_iter().chain(of_launches).collect();
        for (ordinal, jobs) in of_launches {
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
        let of_retries = (self.ledger, self.run);
        let adopted = retries.adopt(of_retries, self.requests, &mut history, &records, now).await?;
        records.extend(adopted);
        if !records.is_empty() {
            let adopted = records.iter().filter(|record| matches!(record.event, LaunchEvent::Adopted { .. })).count();
            let (count, launches) = (adopted, if adopted == 1 { "launch was" } else { "launches were" });
            self.ledger.append(self.run, records).await?;
            observe(Notice::Looked(format!(
                "{count} {launches} started before by what the server lists, and this ledger did not know it; whether with \
                 these arguments its list does not tell"
            )));
        }
        Ok(history)
    }
}
