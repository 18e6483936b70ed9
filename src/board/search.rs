//! What belongs to a text that somebody has in hand: a robot job's Reference or id, a launch, a run.
//!
//! In: the text. Out: runs and launches, the newest first. Never: reads without end: after so many launches it says how far it came,
//! and from where to go on.

use std::collections::BTreeSet;

use serde::Serialize;

use super::error::BoardError;
use super::markup::at;
use super::request::encoded;
use crate::ids::{LaunchId, Ordinal, ReferenceMark, RunId};
use crate::ledger::event::{LaunchEvent, Record};
use crate::ledger::state::LaunchState;
use crate::ledger::{RecordMark, RunSummary, Store};
use crate::report::forms::html::words::{line, number};
use crate::robot_job::RobotJob;

/// Maximum launches that are read for one page.
const MAX_READ: usize = 300_000;
/// Before the first record of a run, and not the default: from there a run's rows are held against their index in one pass over every
/// row of the ledger, which proves that nothing is missing, and which no search of a thousand runs can wait for.
const BEFORE_ALL: RecordMark = RecordMark(-1);
/// Maximum launches, and maximum runs, that are shown.
const MAX_FOUND: usize = 50;
/// Minimum digits of a run's id.
const MIN_ID: usize = 4;

/// What was found.
#[derive(Debug, Serialize)]
pub(super) struct SearchResult {
    text: String,
    runs: Vec<FoundRun>,
    launches: Vec<FoundLaunch>,
    /// Whether there may be more launches than are shown.
    is_full: bool,
    /// How many launches were read.
    read: String,
    /// What stands behind `?` in the address that goes on; `None` where everything was read.
    older: Option<String>,
    /// The run before which it goes on, as it was started.
    older_than: String,
}

/// A run that the text names.
#[derive(Debug, Serialize)]
struct FoundRun {
    id: String,
    name: String,
    started: String,
}

/// A launch to which the text belongs.
#[derive(Debug, Serialize)]
struct FoundLaunch {
    run: String,
    name: String,
    started: String,
    launch: String,
    /// The first launch of the page of its run on which it stands.
    from: u32,
    verdict: &'static str,
    robot_jobs: String,
}

/// Of what a launch is looked for.
enum SearchedFor<'a> {
    /// The launch with this fingerprint.
    Mark(u64),
    /// The robot job with this id, or a launch whose id contains the digits.
    Digits(i64, &'a str),
    /// A launch whose id contains this.
    Text(&'a str),
}

/// What belongs to `text`, in runs before `before`.
pub(super) async fn read<S: Store>(store: &S, text: &str, before: Option<RunId>) -> Result<SearchResult, BoardError> {
    let mut result = SearchResult {
        text: text.to_owned(),
        runs: Vec::new(),
        launches: Vec::new(),
        is_full: false,
        read: number(0),
        older: None,
        older_than: String::new(),
    };
    if text.is_empty() {
        return Ok(result);
    }
    let all = store.find_runs("", usize::MAX).await?;
    if let Some(mark) = ReferenceMark::find(text) {
        let of_mark: Vec<RunSummary> = all.into_iter().filter(|run| run.id == mark.run).collect();
        result.runs = of_mark.iter().map(FoundRun::of).collect();
        result.look(store, &of_mark, &SearchedFor::Mark(mark.fingerprint)).await?;
        return Ok(result);
    }
    let digits: String = text.chars().filter(|c| *c != '-').collect::<String>().to_ascii_lowercase();
    let lower = text.to_lowercase();
    let is_id = (MIN_ID..=32).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if before.is_none() {
        let named = all
            .iter()
            .filter(|run| is_id && run.id.to_string().starts_with(&digits) || run.name.to_lowercase() == lower);
        result.runs = named.take(MAX_FOUND).map(FoundRun::of).collect();
    }
    let wanted = match text.parse() {
        Ok(job) => SearchedFor::Digits(job, text),
        Err(_) => SearchedFor::Text(text),
    };
    let rest = match before {
        None => all.as_slice(),
        Some(before) => {
            let place = all.iter().position(|run| run.id == before).ok_or(BoardError::NoRun)?;
            &all[place + 1..]
        }
    };
    result.look(store, rest, &wanted).await?;
    Ok(result)
}

impl SearchResult {
    /// Looks for launches in `runs`, in this order.
    async fn look<S: Store>(
        &mut self,
        store: &S,
        runs: &[RunSummary],
        wanted: &SearchedFor<'_>,
    ) -> Result<(), BoardError> {
        let mut read = 0;
        for (place, run) in runs.iter().enumerate() {
            read += self.look_into(store, run, wanted).await?;
            let is_enough = read >= MAX_READ || self.launches.len() >= MAX_FOUND;
            if is_enough && place + 1 < runs.len() {
                self.older = Some(format!("q={}&before={}", encoded(&self.text), run.id));
                self.older_than = at(run.started);
                break;
            }
        }
        self.is_full = self.launches.len() >= MAX_FOUND;
        self.read = number(read);
        Ok(())
    }

    async fn look_into<S: Store>(
        &mut self,
        store: &S,
        run: &RunSummary,
        wanted: &SearchedFor<'_>,
    ) -> Result<usize, BoardError> {
        let (mut mark, mut read, mut found) = (BEFORE_ALL, BTreeSet::new(), BTreeSet::new());
        while let Some((last, records)) = store.read_records(run.id, mark).await? {
            mark = last;
            for Record { ordinal, event, .. } in &records {
                read.insert(*ordinal);
                if wanted.is(event) {
                    found.insert(*ordinal);
                }
            }
        }
        for ordinal in found {
            if self.launches.len() < MAX_FOUND
                && let Some((_, state)) = store.read_states(run.id, ordinal, 1).await?.first()
            {
                self.launches.push(FoundLaunch::of(run, ordinal, state));
            }
        }
        Ok(read.len())
    }
}

impl SearchedFor<'_> {
    fn is(&self, event: &LaunchEvent) -> bool {
        let launch = match event {
            LaunchEvent::Intended(intent) | LaunchEvent::Adopted { intent, .. } => Some(&intent.launch),
            LaunchEvent::RetryDecided(origin) => Some(&origin.launch),
            LaunchEvent::Ended { .. }
            | LaunchEvent::Orphaned { .. }
            | LaunchEvent::Settled { .. }
            | LaunchEvent::Declared { .. }
            | LaunchEvent::Recounted { .. }
            | LaunchEvent::JobsEnded { .. }
            | LaunchEvent::JobsBegan { .. }
            | LaunchEvent::RobotLog { .. }
            | LaunchEvent::JobNotes { .. }
            | LaunchEvent::StartedElsewhere { .. }
            | LaunchEvent::LeftOut { .. } => None,
        };
        let contains = |text: &str| launch.is_some_and(|launch| launch.as_str().contains(text));
        match self {
            Self::Mark(fingerprint) => launch.is_some_and(|launch| launch.fingerprint() == *fingerprint),
            Self::Digits(id, digits) => event.robot_jobs().iter().any(|job| job.id.0 == *id) || contains(digits),
            Self::Text(text) => contains(text),
        }
    }
}

impl FoundRun {
    fn of(run: &RunSummary) -> Self {
        Self { id: run.id.to_string(), name: line(&run.name, 200), started: at(run.started) }
    }
}

impl FoundLaunch {
    fn of(run: &RunSummary, ordinal: Ordinal, state: &LaunchState) -> Self {
        // A retry stands in the list beside the launch that it is of.
        let place = state.retry().map_or(ordinal, |retry| retry.of).0;
        let jobs = jobs_of(state);
        let mut words: Vec<String> = jobs.iter().take(4).map(|job| job.id.0.to_string()).collect();
        if jobs.len() > words.len() {
            words.push(format!("{} more", jobs.len() - words.len()));
        }
        Self {
            run: run.id.to_string(),
            name: line(&run.name, 200),
            started: at(run.started),
            launch: launch_of(state).map(|launch| line(launch.as_str(), 200)).unwrap_or_default(),
            from: place - place % 100,
            verdict: state.verdict().as_str(),
            robot_jobs: words.join(", "),
        }
    }
}

/// The launch that `state` is of, where an event names it.
fn launch_of(state: &LaunchState) -> Option<&LaunchId> {
    state.attempts().map(|attempts| &attempts.intent.launch).or_else(|| state.retry().map(|retry| &retry.launch))
}

/// The robot jobs that the server named.
fn jobs_of(state: &LaunchState) -> &[RobotJob] {
    match state {
        LaunchState::Started { jobs, .. } | LaunchState::Declared { jobs, .. } => jobs,
        LaunchState::Planned
        | LaunchState::Due(_)
        | LaunchState::Open(_)
        | LaunchState::Unsent { .. }
        | LaunchState::Rejected { .. }
        | LaunchState::InDoubt { .. }
        | LaunchState::StartedElsewhere { .. }
        | LaunchState::LeftOut { .. } => &[],
    }
}
