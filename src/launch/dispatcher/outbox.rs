//! What the ledger will hold once the next commit is durable: states, and the events on their way there.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use crate::clock::{Moment, TimePoint};
use crate::ids::{AttemptNo, LaunchId, Ordinal};
use crate::launch::notice::Notice;
use crate::launch::send::commit::Commit;
use crate::launch::send::sender::CommittedIntent;
use crate::ledger::event::{LaunchEvent, Record};
use crate::ledger::pause::Pause;
use crate::ledger::state::{LaunchState, Verdict, fold};
use crate::ledger::{ClockDifference, Endpoint};

/// Maximum wait of an event for others, or for intents, to share its commit.
const MAX_WAIT: Duration = Duration::from_millis(100);
/// Maximum events in one commit before it is made at once.
const MAX_BATCH: usize = 256;

/// The run's launches that are not over, counts of those that are, and what is not yet durable.
pub(super) struct Outbox {
    states_by_launch: HashMap<Ordinal, LaunchState>,
    /// The verdicts of launches that were over, and are counted once more.
    reopened: HashMap<Ordinal, Verdict>,
    ended: BTreeMap<Verdict, u32>,
    /// The same of retries, which are no launches of the plan.
    ended_retries: BTreeMap<Verdict, u32>,
    records: Vec<Record>,
    notices: Vec<Notice>,
    /// Until when which endpoint is to be left alone.
    holds: Vec<(Endpoint, Pause)>,
    since: Moment,
}

impl Outbox {
    /// An outbox in which `ended` launches of the plan and `ended_retries` are over, and those of `states_by_launch` are not.
    pub(super) fn new(
        (ended, ended_retries): (BTreeMap<Verdict, u32>, BTreeMap<Verdict, u32>),
        states_by_launch: HashMap<Ordinal, LaunchState>,
    ) -> Self {
        Self {
            states_by_launch,
            reopened: HashMap::new(),
            ended,
            ended_retries,
            records: Vec::new(),
            notices: Vec::new(),
            holds: Vec::new(),
            since: Moment::default(),
        }
    }

    /// The number of the launch's next attempt.
    pub(super) fn next_attempt(&self, ordinal: Ordinal) -> AttemptNo {
        self.states_by_launch.get(&ordinal).map_or(AttemptNo::FIRST, LaunchState::next_attempt)
    }

    /// The state of a launch that is not over.
    pub(super) fn state(&self, ordinal: Ordinal) -> Option<&LaunchState> {
        self.states_by_launch.get(&ordinal)
    }

    /// Puts the event into the next commit and folds it; returns the state that it leaves.
    pub(super) fn append(&mut self, ordinal: Ordinal, event: LaunchEvent, now: TimePoint) -> &LaunchState {
        if self.records.is_empty() {
            self.since = now.moment;
        }
        let state = self.states_by_launch.entry(ordinal).or_default();
        *state = fold(std::mem::take(state), event.clone()).expect("the launcher appends only what may follow");
        self.records.push(Record { ordinal, at: now.utc, event });
        state
    }

    /// Puts the event into the next commit. Of a launch that is over the ledger alone folds it.
    pub(super) fn append_to_any(&mut self, ordinal: Ordinal, event: LaunchEvent, now: TimePoint) {
        if self.states_by_launch.contains_key(&ordinal) {
            self.append(ordinal, event, now);
            return;
        }
        if self.records.is_empty() {
            self.since = now.moment;
        }
        self.records.push(Record { ordinal, at: now.utc, event });
    }

    /// The launch is over with the state that it has: it is counted and forgotten. How it ended.
    pub(super) fn close(&mut self, ordinal: Ordinal, launch: LaunchId) -> Verdict {
        let state = self.states_by_launch.remove(&ordinal).expect("a launch ends once");
        let verdict = state.verdict();
        if state.retry().is_some() {
            *self.ended_retries.entry(verdict).or_default() += 1;
            self.reopened.remove(&ordinal);
            self.notices.push(Notice::RetryEnded(launch, verdict));
            return verdict;
        }
        *self.ended.entry(verdict).or_default() += 1;
        self.notices.push(match self.reopened.remove(&ordinal) {
            None => Notice::Ended(launch, verdict),
            Some(before) => Notice::Recounted { launch, before, after: verdict },
        });
        verdict
    }

    /// The launch is not over after all: it is counted once more. `state` is what the ledger holds of it.
    pub(super) fn reopen(&mut self, ordinal: Ordinal, state: LaunchState) {
        let verdict = state.verdict();
        let ended = if state.retry().is_some() { &mut self.ended_retries } else { &mut self.ended };
        *ended.get_mut(&verdict).expect("a launch that ended was counted") -= 1;
        self.reopened.insert(ordinal, verdict);
        self.states_by_launch.insert(ordinal, state);
    }

    /// Something to show once the next commit is durable.
    pub(super) fn tell(&mut self, notice: Notice) {
        self.notices.push(notice);
    }

    /// What is to be shown and waits for no event to become durable.
    pub(super) fn take_notices(&mut self) -> Vec<Notice> {
        if self.records.is_empty() { std::mem::take(&mut self.notices) } else { Vec::new() }
    }

    /// The server asked to be left alone there: no commit is made without it.
    pub(super) fn hold(&mut self, endpoint: Endpoint, pause: Pause) {
        self.holds.push((endpoint, pause));
    }

    /// Whether so many launches are over, and no other has begun.
    pub(super) fn has_ended(&self, launches: u32) -> bool {
        self.states_by_launch.is_empty() && self.ended.values().sum::<u32>() >= launches
    }

    /// Whether no event waits to become durable.
    pub(super) fn is_clean(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether nothing at all does.
    pub(super) fn is_empty(&self) -> bool {
        self.is_clean() && self.holds.is_empty()
    }

    /// Whether the outbox must not wait any longer.
    pub(super) fn is_overdue(&self, now: Moment) -> bool {
        let is_late = now.since(self.since) >= MAX_WAIT || self.records.len() >= MAX_BATCH;
        !self.holds.is_empty() || (!self.records.is_empty() && is_late)
    }

    /// When the outbox must not wait any longer; `None` if it is empty.
    pub(super) fn due(&self) -> Option<Moment> {
        (!self.records.is_empty()).then(|| self.since.after(MAX_WAIT))
    }

    /// Everything that waits, as a commit that lets `intents` go and keeps `clock_difference`.
    pub(super) fn take(&mut self, intents: Vec<CommittedIntent>, clock_difference: Option<ClockDifference>) -> Commit {
        Commit {
            records: std::mem::take(&mut self.records),
            notices: std::mem::take(&mut self.notices),
            holds: std::mem::take(&mut self.holds),
            clock_difference,
            intents,
        }
    }

    /// All retries by verdict.
    pub(super) fn retries(&self) -> BTreeMap<Verdict, u32> {
        let mut retries = self.ended_retries.clone();
        for state in self.states_by_launch.values().filter(|state| state.retry().is_some()) {
            *retries.entry(state.verdict()).or_default() += 1;
        }
        retries
    }

    /// All `launches` of the run by verdict. `skipped` of them have no event: the ledger does not know them.
    pub(super) fn into_totals(self, launches: u32, skipped: u32) -> BTreeMap<Verdict, u32> {
        let mut ended = self.ended;
        for state in self.states_by_launch.values().filter(|state| state.retry().is_none()) {
            *ended.entry(state.verdict()).or_default() += 1;
        }
        let touched: u32 = ended.values().sum();
        *ended.entry(Verdict::Skipped).or_default() += skipped;
        *ended.entry(Verdict::NotSent).or_default() += launches - touched - skipped;
        ended
    }
}
