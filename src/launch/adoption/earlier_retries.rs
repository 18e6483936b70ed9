//! Retries that an adoption found: which launch each is of, and in whose place it was made.
//!
//! In: robot jobs whose fingerprints are no launch's of the plan. Out: retries to adopt. A retry follows a fault of a known robot
//! job alone, so its launch was started. Never: takes a place for known that nobody knows: then its launch gets no other retry.

use std::collections::{BTreeMap, BTreeSet};

use super::earlier_jobs::adopted_intent;
use super::error::AdoptionError;
use crate::clock::TimePoint;
use crate::ids::{JobId, Ordinal, RunId};
use crate::launch::history::RunHistory;
use crate::launch::request_source::RequestSource;
use crate::launch_terms::ExpectedJobs;
use crate::ledger::event::{LaunchEvent, Record, RetryOrigin};
use crate::ledger::state::LaunchState;
use crate::ledger::{EventLog, LedgerError};
use crate::resolve::Request;
use crate::robot_job::RobotJob;

/// Maximum numbers of retries that are compared with what was found, over all launches.
const MAX_COMPARED: u64 = 10_000_000;

/// The retries that were found, by their launch and number.
#[derive(Default)]
pub(super) struct EarlierRetries(BTreeMap<(Ordinal, u32), BTreeMap<JobId, RobotJob>>);

impl EarlierRetries {
    /// Those among `others`, which are by fingerprint.
    ///
    /// Errors: there are more numbers than can be compared; nothing may be sent.
    pub(super) fn of<R: RequestSource>(
        requests: &R,
        mut others: BTreeMap<u64, BTreeMap<JobId, RobotJob>>,
    ) -> Result<Self, AdoptionError> {
        let mut found = Self::default();
        let mut left = MAX_COMPARED;
        for of in (0..requests.count()).map(Ordinal).filter(|of| !requests.skips(*of)) {
            if others.is_empty() {
                break;
            }
            let Some(terms) = requests.retry_terms(of) else { continue };
            let request = requests.request(of);
            let chains = match request.expected {
                ExpectedJobs::Exactly(count) => count,
                ExpectedJobs::AtLeastOne => 1,
            };
            let most = terms.faulted.saturating_mul(chains).saturating_add(1);
            for number in 2..=most {
                left = left.saturating_sub(1);
                if others.is_empty() {
                    break;
                }
                if left == 0 {
                    return Err(AdoptionError::Incomplete("there are more retries than can be compared with it"));
                }
                if let Some(jobs) = others.remove(&request.launch.retry(number).fingerprint()) {
                    found.0.insert((of, number), jobs);
                }
            }
        }
        Ok(found)
    }

    /// The launches of the plan that they are of.
    pub(super) fn launches(&self) -> impl Iterator<Item = Ordinal> {
        self.0.keys().map(|(of, _)| *of)
    }

    /// The events by which they are adopted, each applied to `history`; `adopted`: what was just adopted of launches of the plan.
    ///
    /// Errors: the ledger cannot be read.
    pub(super) async fn adopt<L: EventLog, R: RequestSource>(
        self,
        (ledger, run): (&L, RunId),
        requests: &R,
        history: &mut RunHistory,
        adopted: &[Record],
        now: TimePoint,
    ) -> Result<Vec<Record>, LedgerError> {
        let mut records: Vec<Record> = Vec::new();
        let mut place_by_number: BTreeMap<(Ordinal, u32), Ordinal> =
            history.retry_origins.iter().map(|(at, origin)| ((origin.of, origin.number), *at)).collect();
        let behind = history.retry_origins.keys().next_back().map_or(0, |last| last.0 + 1);
        let mut next = behind.max(requests.count());
        let found: BTreeSet<(Ordinal, u32)> = self.0.keys().copied().collect();
        for ((of, number), jobs) in self.0 {
            let planned = requests.request(of);
            // The ledger was restored from a time before this one was decided, or sent: intents are durable before anything is
            // sent. Those with lower numbers may have been started since then, too, and be purged: none of them is sent by what this
            // ledger says.
            let known = place_by_number.get(&(of, number)).copied();
            if known.is_none_or(|at| history.next_attempt(at).is_some()) {
                for lower in (2..number).map(|lower| (of, lower)).filter(|lower| !found.contains(lower)) {
                    if let Some(at) = place_by_number.get(&lower) {
                        adopt_one(*at, &planned, Vec::new(), history, &mut records, now);
                    }
                }
            }
            let at = if let Some(at) = known {
                at
            } else {
                let before = if number == 2 { Some(of) } else { place_by_number.get(&(of, number - 1)).copied() };
                let is_one = planned.expected == ExpectedJobs::Exactly(1);
                let replaces = match before.filter(|_| is_one) {
                    Some(before) => only_job(ledger, run, before, &[adopted, &records]).await?,
                    None => None,
                };
                let launch = planned.launch.retry(number);
                let origin = RetryOrigin {
                    of,
                    replaces,
                    number,
                    depth: number - 1,
                    reference: planned.reference.of_retry(&launch),
                    launch,
                    due: now.utc,
                };
                let at = Ordinal(next);
                next += 1;
                place_by_number.insert((of, number), at);
                take(LaunchEvent::RetryDecided(origin), at, history, &mut records, now);
                at
            };
            let ids: Vec<JobId> = jobs.keys().copied().collect();
            let is_adopted = adopt_one(at, &planned, jobs.into_values().collect(), history, &mut records, now);
            if !is_adopted && ids.iter().any(|job| history.known.owner(*job) != Some(at)) {
                // The list shows more of it than is recorded.
                history.disputed.insert(at);
            }
        }
        Ok(records)
    }
}

/// Adopts `jobs` for the retry at `at`, of the launch that `planned` starts, where it may still be sent by what the ledger says;
/// whether that is so.
fn adopt_one(
    at: Ordinal,
    planned: &Request,
    jobs: Vec<RobotJob>,
    history: &mut RunHistory,
    records: &mut Vec<Record>,
    now: TimePoint,
) -> bool {
    let origin = history.retry_origins.get(&at).cloned();
    let (Some(attempt), Some(origin)) = (history.next_attempt(at), origin) else { return false };
    let request = Request {
        ordinal: at,
        launch: origin.launch.clone(),
        reference: origin.reference.clone(),
        expected: ExpectedJobs::Exactly(1),
        ..planned.clone()
    };
    let intent = adopted_intent(&request, attempt, now.utc);
    take(LaunchEvent::Adopted { intent, jobs }, at, history, records, now);
    true
}

fn take(event: LaunchEvent, ordinal: Ordinal, history: &mut RunHistory, records: &mut Vec<Record>, now: TimePoint) {
    history.apply(ordinal, event.clone());
    records.push(Record { ordinal, at: now.utc, event });
}

/// The one robot job of the launch at `at`: by what was just `adopted`, or by the ledger.
async fn only_job<L: EventLog>(
    ledger: &L,
    run: RunId,
    at: Ordinal,
    adopted: &[&[Record]],
) -> Result<Option<JobId>, LedgerError> {
    let one = |jobs: &[RobotJob]| if let [job] = jobs { Some(job.id) } else { None };
    for record in adopted.iter().copied().flatten().filter(|record| record.ordinal == at) {
        if let LaunchEvent::Adopted { jobs, .. } = &record.event {
            return Ok(one(jobs));
        }
    }
    let states = ledger.read_states(run, at, 1).await?;
    let state = states.into_iter().find(|(ordinal, _)| *ordinal == at).map(|(_, state)| state);
    Ok(if let Some(LaunchState::Started { jobs, .. }) = state { one(&jobs) } else { None })
}
