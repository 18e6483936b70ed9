//! What a run tells whoever listens: a terminal, a board, a program that uses the library.
//!
//! In: what the service does. Out: notices, in the order of events. Never: a sentence; words are the listener's.

mod event;

use crate::clock::Timestamp;
use crate::diagnostic::Diagnostic;
use crate::exit::ExitStatus;
use crate::ids::RunId;
use crate::launch::{Notice, SendMode};
use crate::ledger::Steered;
use crate::ledger::state::Verdict;
use crate::plan::Plan;
use crate::source::Sources;

use super::execution::LaunchedRun;
use super::identity::RunIdentity;
use super::rerun_chain::LeftBehind;
use super::service::pending_launches::PendingLaunches;
use super::service::steer::cancellation::Cancellation;
use super::stored_run::PlanUnavailable;

pub use event::{DiagnosedText, EVENTS_SCHEMA, EventLine, LaunchWords, OverWord, RunEvent, SignalWord};

/// Listens to a service at work.
pub trait Observer {
    /// Something happened, or is about to. It is called on the service's own task, which goes on when it returns.
    fn on_notice(&self, notice: &RunNotice<'_>);

    /// A second has passed while launches are sent or settled.
    fn on_tick(&self) {}
}

/// Nobody listens.
impl Observer for () {
    fn on_notice(&self, _: &RunNotice<'_>) {}
}

/// Something worth showing. Kinds are added.
#[non_exhaustive]
#[derive(Debug)]
pub enum RunNotice<'a> {
    /// What is wrong, or may be, with what the manifest's author wrote; errors come back from the service as well.
    Diagnosed {
        /// The texts.
        sources: &'a Sources,
        /// What is said of them.
        diagnostics: &'a [Diagnostic],
    },
    /// Another run of the manifest is going on, and its end is waited for.
    Waiting {
        /// The manifest's name.
        manifest: &'a str,
        /// That run, where it is known.
        live: Option<RunId>,
    },
    /// A slot is passed over, since a run of another one is going on.
    Skipped {
        /// What the run stands for.
        identity: &'a RunIdentity,
        /// The run that is going on, where it is known.
        live: Option<RunId>,
    },
    /// A run is not finished, and one of another slot is going on: nothing is done.
    InTheWay {
        /// What the run stands for.
        identity: &'a RunIdentity,
        /// The run.
        run: RunId,
        /// The run that is going on, where it is known.
        live: Option<RunId>,
    },
    /// A run needs nothing more.
    Over {
        /// What it stands for.
        identity: &'a RunIdentity,
        /// Why.
        why: OverReason,
    },
    /// Another process is at a run, and its end is waited for.
    Follows {
        /// What it stands for.
        identity: &'a RunIdentity,
        /// The run.
        run: RunId,
    },
    /// A run is not finished: this call goes on with it.
    GoesOn {
        /// What it stands for.
        identity: &'a RunIdentity,
        /// The run.
        run: RunId,
    },
    /// Launches are not run again, since what they need is neither there nor run again.
    LeftBehind {
        /// At least one.
        launches: &'a [LeftBehind],
    },
    /// A run repeats launches of another one.
    Repeats {
        /// The new run.
        run: RunId,
        /// How many launches.
        launches: usize,
        /// The first run of the chain.
        first: RunId,
    },
    /// A run is cancelled, or a part of it: its robot jobs are stopped.
    Cancelling {
        /// The run.
        run: RunId,
        /// What of it.
        what: &'a Cancellation,
        /// Whether a process is at it, which does it.
        is_live: bool,
    },
    /// A run is held, and only somebody who names it may let it go on: nothing is done.
    HeldBack {
        /// What it stands for.
        identity: &'a RunIdentity,
        /// The run.
        run: RunId,
        /// What holds of it.
        holds: &'a Steered,
    },
    /// A run that was held goes on, since somebody names it.
    Lifted {
        /// The run.
        run: RunId,
        /// What held until now.
        holds: &'a Steered,
    },
    /// A rerun is not finished: this call goes on with it.
    RerunGoesOn {
        /// The rerun.
        run: RunId,
    },
    /// The plan of a run is lost: what is in doubt is settled, and nothing is sent.
    PlanLost {
        /// Why.
        lost: &'a PlanUnavailable,
        /// Whether a server is asked about what is in doubt.
        is_settled: bool,
    },
    /// A run was taken over: nothing more of it is sent.
    TakenOver {
        /// The run.
        run: RunId,
        /// Its successor.
        by: RunId,
    },
    /// A run sends and asks nothing more by itself; what is left of it.
    Left {
        /// The run.
        run: RunId,
        /// The launches that wait for somebody.
        pending: PendingLaunches,
    },
    /// Nothing is in doubt in a run: no server is asked.
    NothingInDoubt {
        /// The run.
        run: RunId,
    },
    /// Answers of somebody were recorded.
    Declared {
        /// For how many launches.
        recorded: usize,
        /// How many were meant.
        named: usize,
        /// What was said of them.
        verdict: Verdict,
    },
    /// Slots were missed.
    Missed(MissedNotice<'a>),
    /// Something that nothing can begin without, before launches are sent.
    Preflight(&'a Notice),
    /// Launches are sent or settled from now on.
    Launching {
        /// The run.
        run: RunId,
        /// How many launches are left to see to.
        launches: u32,
        /// Whether they are sent, or only settled.
        sending: SendMode,
        /// Whether a later process can go on with it: not with a run in a sandbox of this process.
        is_resumable: bool,
        /// Its plan, with the values of secrets; `None` where it is only settled.
        plan: Option<&'a Plan>,
    },
    /// How often job lists were read in this minute, where that has changed.
    Lists(ListBudget),
    /// Something happened to a launch; for outcomes only once they are durable.
    Launch(&'a Notice),
    /// No more is sent or settled.
    LaunchingEnded,
    /// How it ended, once that is recorded.
    Launched(&'a LaunchedRun),
}

/// How often a run read job lists in this minute, and how often all runs on its tenant may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListBudget {
    /// How often it did.
    pub read: u32,
    /// How often all may.
    pub most: u32,
}

/// Why a run needs nothing more.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverReason {
    /// A rerun took it over.
    TakenOver {
        /// The last run of the chain.
        by: RunId,
    },
    /// Its slot was passed over.
    Skipped,
    /// The process that was at it, and that this call waited for, has ended it.
    Followed {
        /// The run.
        run: RunId,
    },
    /// Nothing is left to do.
    Done {
        /// The run.
        run: RunId,
        /// Whether its slot is that of a time which clocks that were set back show for the second time.
        comes_twice: bool,
    },
}

/// Of slots that nobody ran.
#[non_exhaustive]
#[derive(Debug)]
pub enum MissedNotice<'a> {
    /// Periods of a time that came twice by the clock of the schedule's zone, and is one slot.
    Repeated {
        /// The time's beginning.
        begin: Timestamp,
        /// How many.
        periods: i64,
    },
    /// Slots that are too late to be run.
    TooLate(MissedSpan<'a>),
    /// Slots that this call does not run.
    Left(MissedSpan<'a>),
    /// A slot that was missed and has nothing to launch.
    Nothing(Timestamp),
    /// A slot that is run now.
    Begins {
        /// The slot.
        slot: Timestamp,
        /// Its run.
        run: RunId,
    },
    /// A slot that was missed, and has been run.
    Ended {
        /// The slot.
        slot: Timestamp,
        /// Its run.
        run: RunId,
        /// How it ended.
        exit: ExitStatus,
    },
}

/// Missed slots, in order; at least one.
#[derive(Clone, Copy, Debug)]
pub struct MissedSpan<'a> {
    /// The slots: the latest of them.
    pub slots: &'a [Timestamp],
    /// The slot that was run before all of them, where there are more than are listed.
    pub more_since: Option<Timestamp>,
}
