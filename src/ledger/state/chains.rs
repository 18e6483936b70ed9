//! A launch with its retries: how it ended, counting what came in the place of robot jobs that faulted.
//!
//! In: the state of a launch of the plan, and those of its retries. Out: the worst outcome of its chains, whether it is flaky, and
//! the ends that those behind it hear. A chain is a robot job, the retry in its place where there is one, and so on; it ends as
//! its last robot job did. Never: decides whether there is to be another retry.

use std::collections::BTreeMap;

use super::{DoubtOutcome, LaunchState};
use crate::exit::ExitStatus;
use crate::ids::{JobId, Ordinal, RunId};
use crate::ledger::error::LedgerError;
use crate::ledger::event::RetryOrigin;
use crate::ledger::store::EventLog;
use crate::ledger::totals::Totals;
use crate::ledger::verdict::Verdict;
use crate::outcome::{JobEnd, JobOutcome};
use crate::robot_job::RobotJob;

/// Maximum launches read from the ledger at once.
const MAX_PAGE: usize = 1000;

/// The retries of a run, by the launch that they are of, in the order of their places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunRetries(BTreeMap<Ordinal, Vec<LaunchState>>);

impl RunRetries {
    /// Reads those of `run`, whose plan has so many launches. Kept are all of them: there are as many as robot jobs that faulted.
    ///
    /// Errors: the ledger cannot be read.
    pub async fn read<L: EventLog>(ledger: &L, run: RunId, launches: u32) -> Result<Self, LedgerError> {
        let mut retries = Self::default();
        let mut from = Ordinal(launches);
        loop {
            let page = ledger.read_states(run, from, MAX_PAGE).await?;
            let last = page.last().map(|(ordinal, _)| *ordinal).filter(|_| page.len() >= MAX_PAGE);
            for (_, state) in page {
                retries.add(state);
            }
            match last {
                Some(last) => from = Ordinal(last.0 + 1),
                None => return Ok(retries),
            }
        }
    }

    /// Takes in the state of a retry; what is none is passed over.
    pub fn add(&mut self, state: LaunchState) {
        if let Some(of) = state.retry().map(|origin| origin.of) {
            self.0.entry(of).or_default().push(state);
        }
    }

    /// Those of the launch at `ordinal`.
    #[must_use]
    pub fn of(&self, ordinal: Ordinal) -> &[LaunchState] {
        self.0.get(&ordinal).map_or(&[], Vec::as_slice)
    }

    /// The same, which are no longer kept here.
    pub fn take(&mut self, ordinal: Ordinal) -> Vec<LaunchState> {
        self.0.remove(&ordinal).unwrap_or_default()
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(self.0.values().map(Vec::len).sum::<usize>()).unwrap_or(u32::MAX)
    }

    /// The exit status that they give their run by themselves.
    #[must_use]
    pub fn exit(&self) -> ExitStatus {
        self.0.values().flatten().map(|retry| retry_exit(retry.verdict())).fold(ExitStatus::Success, ExitStatus::worse)
    }
}

/// The exit status that a retry with this verdict gives its run. One that was refused, or was not sent, leaves its launch as it
/// was: the robot job faulted.
#[must_use]
pub fn retry_exit(verdict: Verdict) -> ExitStatus {
    match verdict {
        Verdict::Unknown | Verdict::Partial | Verdict::Duplicate => verdict.exit(),
        Verdict::Started | Verdict::Rejected | Verdict::Skipped | Verdict::NotSent => ExitStatus::Success,
    }
}

/// A launch of the plan, and its retries in the order of their places.
#[derive(Clone, Copy, Debug)]
pub struct Chains<'a> {
    /// The launch.
    pub state: &'a LaunchState,
    /// Its retries.
    pub retries: &'a [LaunchState],
}

/// How far one chain is.
enum ChainEnd<'a> {
    /// Its last robot job ended so.
    Ended(&'a JobEnd),
    /// It has a robot job that is not over, or nobody knows whether there is one.
    Open,
    /// Its last robot job faulted, and a retry in its place is not sent yet.
    Waiting(&'a JobEnd),
}

impl<'a> Chains<'a> {
    /// How it ended: the worst of its chains. `None` while one of them is not over, or nobody waits; one whose retry was not
    /// sent stands as it is.
    #[must_use]
    pub fn outcome(&self) -> Option<JobOutcome> {
        if self.retries.is_empty() {
            return self.state.outcome();
        }
        let (jobs, ends) = started(self.state)?;
        let roots = jobs.iter().map(|job| self.chain(job.id, ends, 1));
        // Nobody knows in whose place those are.
        let unplaced =
            self.retries.iter().filter(|retry| retry.retry().is_some_and(|origin| origin.replaces.is_none()));
        let others = unplaced
            .filter_map(|retry| Some((started(retry)?, number(retry))))
            .flat_map(|((jobs, ends), number)| jobs.iter().map(move |job| self.chain(job.id, ends, number)));
        let mut worst = None;
        for end in roots.chain(others) {
            match end {
                ChainEnd::Ended(end) | ChainEnd::Waiting(end) => worst = worst.max(Some(end.outcome)),
                ChainEnd::Open => return None,
            }
        }
        // A fault may have been made up for, and nobody knows: it is not taken for the end, or its work would be done again.
        worst.filter(|worst| *worst != JobOutcome::Faulted || !self.has_unplaced())
    }

    /// Whether nobody knows in whose place a retry was made.
    fn has_unplaced(&self) -> bool {
        self.retries.iter().any(|retry| retry.retry().is_some_and(|origin| origin.replaces.is_none()))
    }

    /// Whether nobody will know how it ended: somebody answered for a retry, or one was made in nobody's place.
    #[must_use]
    pub fn is_unclear(&self) -> bool {
        self.is_declared() || self.has_unplaced()
    }

    /// Whether it ended well, and did so on a retry alone.
    #[must_use]
    pub fn is_flaky(&self) -> bool {
        let has_retried = || {
            let placed = |retry: &&LaunchState| retry.retry().is_some_and(|origin| origin.replaces.is_some());
            self.retries.iter().filter(placed).any(|retry| started(retry).is_some_and(|(jobs, _)| !jobs.is_empty()))
        };
        match self.outcome() {
            Some(JobOutcome::Successful | JobOutcome::Suspended) => has_retried(),
            Some(JobOutcome::Faulted | JobOutcome::Stopped | JobOutcome::Late | JobOutcome::Gone) | None => false,
        }
    }

    /// Whether somebody answered for a retry: then nobody waits for how the launch ends.
    #[must_use]
    pub fn is_declared(&self) -> bool {
        self.retries.iter().any(|retry| matches!(retry, LaunchState::Declared { .. }))
    }

    /// Counts how it ended.
    pub fn count(&self, totals: &mut Totals) {
        self.outcome().into_iter().for_each(|outcome| totals.count_outcome(outcome));
        totals.flaky += u32::from(self.is_flaky());
    }

    /// The ends that those hear who stand behind it: of each chain that is over its last, for one robot job each. Left out are
    /// faults that nothing replaces and that `is_open` says may still be retried.
    #[must_use]
    pub fn heard_ends(&self, is_open: impl Fn(&JobEnd) -> bool) -> Vec<JobEnd> {
        let Some((jobs, ends)) = started(self.state) else { return Vec::new() };
        let heard = jobs.iter().filter_map(|job| match self.chain(job.id, ends, 1) {
            ChainEnd::Ended(end) => Some(end).filter(|end| self.retry_of(end.job, 1).is_some() || !is_open(end)),
            ChainEnd::Open | ChainEnd::Waiting(_) => None,
        });
        heard.cloned().collect()
    }

    /// The retry that was made in the place of `job`, with a number beyond `after`.
    fn retry_of(&self, job: JobId, after: u32) -> Option<&'a LaunchState> {
        let is_its = |origin: &RetryOrigin| origin.replaces == Some(job) && origin.number > after;
        self.retries.iter().find(|retry| retry.retry().is_some_and(is_its))
    }

    /// The end of the chain that begins with `job`, whose launch has these `ends` and is retry number `number`, or 1.
    fn chain(&self, job: JobId, ends: &'a [JobEnd], number: u32) -> ChainEnd<'a> {
        let Some(end) = ends.iter().find(|end| end.job == job) else { return ChainEnd::Open };
        let Some(retry) = self.retry_of(job, number) else { return ChainEnd::Ended(end) };
        match retry {
            LaunchState::Open(_) | LaunchState::InDoubt { outcome: None | Some(DoubtOutcome::Undecided(_)), .. } => {
                ChainEnd::Open
            }
            LaunchState::Due(_)
            | LaunchState::Unsent { .. }
            | LaunchState::InDoubt { outcome: Some(DoubtOutcome::Held(_)), .. } => ChainEnd::Waiting(end),
            LaunchState::Started { jobs, ends, .. } if !jobs.is_empty() => {
                let own = number_of(retry, number);
                jobs.iter().map(|job| self.chain(job.id, ends, own)).reduce(worse).unwrap_or(ChainEnd::Open)
            }
            // Somebody answered for it: how its robot job ended, nobody will know.
            LaunchState::Declared { .. } => ChainEnd::Open,
            // It was refused, or turned out to be nobody's: what is known is that the robot job faulted.
            LaunchState::Started { .. }
            | LaunchState::Planned
            | LaunchState::Rejected { .. }
            | LaunchState::StartedElsewhere { .. }
            | LaunchState::LeftOut { .. } => ChainEnd::Ended(end),
        }
    }
}

fn worse<'a>(one: ChainEnd<'a>, other: ChainEnd<'a>) -> ChainEnd<'a> {
    match (one, other) {
        (ChainEnd::Open, _) | (_, ChainEnd::Open) => ChainEnd::Open,
        (waiting @ ChainEnd::Waiting(_), _) | (_, waiting @ ChainEnd::Waiting(_)) => waiting,
        (ChainEnd::Ended(one), ChainEnd::Ended(other)) => {
            ChainEnd::Ended(if one.outcome >= other.outcome { one } else { other })
        }
    }
}

fn started(state: &LaunchState) -> Option<(&[RobotJob], &[JobEnd])> {
    let LaunchState::Started { jobs, ends, .. } = state else { return None };
    Some((jobs, ends))
}

fn number(retry: &LaunchState) -> u32 {
    number_of(retry, 1)
}

fn number_of(retry: &LaunchState, otherwise: u32) -> u32 {
    retry.retry().map_or(otherwise, |origin| origin.number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::ids::{AttemptNo, Digest, FolderId, FolderRef, LaunchId, Reference, ReleaseKey};
    use crate::launch_terms::{AmbiguityPolicy, ExpectedJobs};
    use crate::ledger::event::{AttemptEnd, Declaration, Doubt, Intent, LaunchEvent};
    use crate::ledger::state::fold;

    fn intent(launch: &LaunchId, jobs: u32) -> LaunchEvent {
        LaunchEvent::Intended(Intent {
            attempt: AttemptNo::FIRST,
            launch: launch.clone(),
            reference: Reference::from_server("r"),
            folder: FolderRef::Id(FolderId(7)),
            release: ReleaseKey(uuid::Uuid::nil()),
            expected: ExpectedJobs::Exactly(jobs),
            on_ambiguous: AmbiguityPolicy::Resend,
            body_digest: Digest::of(b"{}"),
            not_before: Timestamp::UNIX_EPOCH,
            not_after: Timestamp::UNIX_EPOCH,
            server_ahead_ms: None,
            clock_era: None,
        })
    }

    fn folded(events: Vec<LaunchEvent>) -> LaunchState {
        events.into_iter().fold(LaunchState::Planned, |state, event| fold(state, event).expect("it may follow"))
    }

    fn ended(end: AttemptEnd) -> LaunchEvent {
        LaunchEvent::Ended { attempt: AttemptNo::FIRST, end }
    }

    fn jobs(ends: &[(i64, Option<JobOutcome>)]) -> Vec<LaunchEvent> {
        let jobs = ends.iter().map(|(id, _)| RobotJob { id: JobId(*id), ..RobotJob::default() }).collect();
        let ends = ends.iter().filter_map(|(id, end)| Some(JobEnd::new(JobId(*id), (*end)?))).collect();
        let ends = LaunchEvent::JobsEnded { attempt: AttemptNo::FIRST, ends };
        vec![ended(AttemptEnd::Started(jobs)), ends]
    }

    fn launch(ends: &[(i64, Option<JobOutcome>)]) -> LaunchState {
        let count = u32::try_from(ends.len()).expect("few");
        folded([vec![intent(&LaunchId::from("a"), count)], jobs(ends)].concat())
    }

    /// Retry number `number` in the place of `replaces`, to which `then` happened.
    fn retry(number: u32, replaces: Option<i64>, then: Vec<LaunchEvent>) -> LaunchState {
        let launch = LaunchId::from("a").retry(number);
        let decided = LaunchEvent::RetryDecided(RetryOrigin {
            of: Ordinal(0),
            replaces: replaces.map(JobId),
            number,
            depth: number - 1,
            reference: Reference::from_server("r"),
            launch: launch.clone(),
            due: Timestamp::UNIX_EPOCH,
        });
        let sent = if then.is_empty() { Vec::new() } else { vec![intent(&launch, 1)] };
        folded([vec![decided], sent, then].concat())
    }

    fn doubted() -> LaunchEvent {
        let why = "reset".to_owned();
        let last = Timestamp::UNIX_EPOCH;
        let (named, refusal) = (Vec::new(), None);
        ended(AttemptEnd::Doubted(Doubt { why, last, server_ahead_ms: None, orphaned: false, named, refusal }))
    }

    const WELL: Option<JobOutcome> = Some(JobOutcome::Successful);
    const FAULT: Option<JobOutcome> = Some(JobOutcome::Faulted);

    #[test]
    fn a_launch_ends_as_the_last_robot_jobs_of_its_chains() {
        let declared = LaunchEvent::Declared { attempt: AttemptNo::FIRST, answer: Declaration::Started };
        let one = launch(&[(1, FAULT)]);
        let two = launch(&[(1, WELL), (2, FAULT)]);
        let well = || retry(2, Some(1), jobs(&[(5, WELL)]));
        for (what, state, retries, outcome, is_flaky) in [
            ("none", &one, vec![], FAULT, false),
            ("well", &one, vec![well()], WELL, true),
            ("not over", &one, vec![retry(2, Some(1), jobs(&[(5, None)]))], None, false),
            ("due", &one, vec![retry(2, Some(1), vec![])], FAULT, false),
            ("in doubt", &one, vec![retry(2, Some(1), vec![doubted()])], None, false),
            ("declared", &one, vec![retry(2, Some(1), vec![doubted(), declared])], None, false),
            ("too many", &one, vec![retry(2, Some(1), jobs(&[(5, WELL), (6, FAULT)]))], FAULT, false),
            (
                "again",
                &one,
                vec![retry(2, Some(1), jobs(&[(5, FAULT)])), retry(3, Some(5), jobs(&[(6, WELL)]))],
                WELL,
                true,
            ),
            ("one of two", &two, vec![retry(2, Some(2), jobs(&[(5, WELL)]))], WELL, true),
            ("nobody's place", &two, vec![retry(2, None, jobs(&[(5, WELL)]))], None, false),
        ] {
            let chains = Chains { state, retries: &retries };
            assert_eq!((chains.outcome(), chains.is_flaky()), (outcome, is_flaky), "{what}");
        }
    }

    #[test]
    fn those_behind_hear_of_a_fault_only_where_nothing_comes_in_its_place() {
        let one = launch(&[(1, FAULT)]);
        let refused = ended(AttemptEnd::Rejected(crate::robot_job::ServerError::of_network("no")));
        let heard = |retries: &[LaunchState], is_open: bool| {
            let ends = Chains { state: &one, retries }.heard_ends(|_| is_open);
            ends.into_iter().map(|end| (end.job.0, end.outcome)).collect::<Vec<_>>()
        };
        assert_eq!(heard(&[], true), []);
        assert_eq!(heard(&[], false), [(1, JobOutcome::Faulted)]);
        assert_eq!(heard(&[retry(2, Some(1), vec![])], false), []);
        assert_eq!(heard(&[retry(2, Some(1), vec![doubted()])], false), []);
        assert_eq!(heard(&[retry(2, Some(1), vec![refused])], false), [(1, JobOutcome::Faulted)]);
        assert_eq!(heard(&[retry(2, Some(1), jobs(&[(5, WELL)]))], false), [(5, JobOutcome::Successful)]);
    }

    #[test]
    fn only_a_retry_that_nobody_knows_or_that_is_too_many_gives_its_run_an_exit_code() {
        let exit = |retry: LaunchState| {
            let mut retries = RunRetries::default();
            retries.add(retry);
            (retries.count(), retries.exit())
        };
        assert_eq!(exit(retry(2, Some(1), vec![])), (1, ExitStatus::Success));
        assert_eq!(exit(retry(2, Some(1), vec![doubted()])), (1, ExitStatus::Unknown));
        assert_eq!(exit(retry(2, Some(1), jobs(&[(5, WELL), (6, WELL)]))), (1, ExitStatus::Unknown));
        assert_eq!(exit(launch(&[(1, FAULT)])), (0, ExitStatus::Success), "that is none");
    }
}
