//! What a run tells programs: each notice as a value with a type, for a line of JSON.
//!
//! In: notices. Out: events, as `schema/sortie-events.schema.json` publishes them. Never: a sentence where a value will do.
//! Types and keys are added, and never change their meaning.

mod of_notice;

use schemars::JsonSchema;
use serde::Serialize;

use crate::ledger::state::Verdict;
use crate::ledger::totals::Totals;
use crate::outcome::{FaultClass, JobOutcome};

/// The published schema of an event's line.
pub const EVENTS_SCHEMA: &str = include_str!("../../../schema/sortie-events.schema.json");

/// One line: an event, when it was told, and of which run.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EventLine {
    /// The version of this form.
    pub version: u32,
    /// When it was told, UTC of this machine.
    pub time: String,
    /// The run; null before it is known.
    pub run: Option<String>,
    /// What happened.
    #[serde(flatten)]
    pub event: RunEvent,
}

/// What happened. Readers pass over types that they do not know.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum RunEvent {
    /// Something is wrong, or may be, with what the manifest's author wrote.
    Diagnosed {
        /// Each with its place.
        diagnostics: Vec<DiagnosedText>,
    },
    /// Another run of the manifest is going on, and its end is waited for.
    WaitingForRun {
        /// The manifest's name.
        manifest: String,
        /// That run, where it is known.
        live: Option<String>,
    },
    /// A slot is passed over, since a run of another one is going on.
    SlotSkipped {
        /// What the run would stand for.
        identity: String,
        /// The run that is going on, where it is known.
        live: Option<String>,
    },
    /// The run is not finished, and one of another slot is going on: nothing is done.
    InTheWay {
        /// What the run stands for.
        identity: String,
        /// The run that is going on, where it is known.
        live: Option<String>,
    },
    /// The run needs nothing more.
    Over {
        /// What it stands for.
        identity: String,
        /// Why.
        why: OverWord,
    },
    /// Another process is at the run, and its end is waited for.
    Followed {
        /// What the run stands for.
        identity: String,
    },
    /// The run was not finished: this call goes on with it.
    GoesOn {
        /// What it stands for; null of a rerun.
        identity: Option<String>,
    },
    /// Launches are not run again, since what they need is neither there nor run again.
    LeftBehind {
        /// The launches.
        launches: Vec<LaunchWords>,
    },
    /// The run repeats launches of another one.
    Repeats {
        /// How many.
        launches: usize,
        /// The first run of the chain.
        first: String,
    },
    /// The run is cancelled, or a part of it.
    Cancelling {
        /// The job; null if all of them are meant.
        job: Option<String>,
        /// The filter that chose the launches; null if there is none.
        filter: Option<String>,
        /// How many launches it took; null if there is none.
        launches: Option<u32>,
    },
    /// The run is held, and goes on only when somebody lets it: nothing is done.
    HeldBack {
        /// What holds it.
        hold: String,
    },
    /// The run was held, and goes on.
    Lifted,
    /// The plan of the run is lost: nothing of it is sent.
    PlanLost {
        /// Why.
        why: String,
        /// Whether a server is asked about what is in doubt.
        is_settled: bool,
    },
    /// The run was taken over: nothing more of it is sent.
    TakenOver {
        /// Its successor.
        by: String,
    },
    /// Launches are left that wait for somebody.
    Left {
        /// Which.
        words: String,
    },
    /// Nothing is in doubt: no server is asked.
    NothingInDoubt,
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
    SlotsMissed {
        /// The latest of them, in order.
        slots: Vec<String>,
        /// Whether they are too late to be run.
        is_too_late: bool,
    },
    /// Periods of a time that came twice, and is one slot, were missed.
    SlotRepeated {
        /// The time's beginning.
        begin: String,
        /// How many.
        periods: i64,
    },
    /// A slot that was missed has nothing to launch.
    SlotEmpty {
        /// The slot.
        slot: String,
    },
    /// A slot that was missed is run now.
    SlotBegun {
        /// The slot.
        slot: String,
    },
    /// A slot that was missed has been run.
    SlotEnded {
        /// The slot.
        slot: String,
        /// How it ended.
        exit_code: u8,
    },
    /// Launches are sent or settled from now on.
    Launching {
        /// How many are left to see to.
        launches: u32,
        /// Whether they are sent, or only settled.
        is_sent: bool,
    },
    /// A launch is over; it is durable.
    LaunchEnded {
        /// The launch.
        launch: String,
        /// How.
        verdict: Verdict,
    },
    /// A robot job is over, or is not waited for any longer.
    RobotJobEnded {
        /// The robot job's id.
        robot_job: i64,
        /// How.
        outcome: JobOutcome,
    },
    /// A robot job faulted, and a retry is made in its place.
    RetryPlanned {
        /// The retry.
        launch: String,
        /// Why the robot job faulted.
        class: FaultClass,
        /// How long the retry waits before it is sent.
        wait_seconds: f64,
    },
    /// A retry is over.
    RetryEnded {
        /// The retry.
        launch: String,
        /// How.
        verdict: Verdict,
    },
    /// A launch surely started nothing, and may go again.
    LaunchUnsent {
        /// The launch.
        launch: String,
        /// Why.
        why: String,
    },
    /// It cannot be told yet whether a launch was started.
    LaunchDoubted {
        /// The launch.
        launch: String,
        /// Why.
        why: String,
    },
    /// A launch in doubt was surely not started.
    LaunchAbsent {
        /// The launch.
        launch: String,
    },
    /// A launch that was over is another one by the job list.
    LaunchRecounted {
        /// The launch.
        launch: String,
        /// Its verdict until now.
        before: Verdict,
        /// Its verdict from now on.
        after: Verdict,
    },
    /// The server's own clocks are apart: `CreationTime` less `Date`.
    ClocksApart {
        /// By so much.
        milliseconds: i64,
    },
    /// An earlier start is looked for.
    Looking {
        /// In this page; null once that is over.
        page: Option<u32>,
    },
    /// How often job lists were read in this minute.
    Lists {
        /// How often the run did.
        read: u32,
        /// How often all runs on its tenant may.
        most: u32,
    },
    /// The server asked for a pause: nothing is sent meanwhile.
    Paused {
        /// Until then, UTC of this machine.
        until: String,
    },
    /// A folder was refused: nothing more goes there.
    FolderClosed {
        /// The folder.
        folder: String,
        /// Why.
        why: String,
    },
    /// All sending ends.
    Stopping {
        /// Why.
        why: String,
    },
    /// A rule of the manifest stopped the sending.
    Halted {
        /// The job whose launches are stopped; null if all are.
        job: Option<String>,
        /// The rule, and why.
        why: String,
    },
    /// A signal ended the sending; the answers of open requests are waited for.
    Interrupted {
        /// The signal.
        signal: SignalWord,
        /// How many requests are open.
        requests: usize,
    },
    /// Robot jobs of what was cancelled were stopped.
    RobotJobsStopped {
        /// Robot jobs that the server was asked to stop.
        asked: u32,
        /// Those that were over already.
        over: u32,
        /// Those that the server did not stop.
        refused: u32,
    },
    /// Something worth a sentence, for which there is no type.
    Said {
        /// The sentence.
        words: String,
    },
    /// How the run ended; it is recorded.
    RunEnded {
        /// The run's exit code. The command's may be worse, by its reports.
        exit_code: u8,
        /// What came of its launches.
        totals: Totals,
        /// What ended the sending early; null if nothing did.
        stop: Option<String>,
    },
}

/// A launch, and something about it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LaunchWords {
    /// The launch.
    pub launch: String,
    /// Why.
    pub why: String,
}

/// One complaint about a text.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct DiagnosedText {
    /// Whether it is an error; else it is a warning or a note.
    pub is_error: bool,
    /// Its stable code.
    pub code: String,
    /// The file.
    pub file: String,
    /// The line, from 1 on.
    pub line: u32,
    /// What is wrong.
    pub what: String,
}

/// Why a run needs nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OverWord {
    /// A rerun took it over.
    TakenOver,
    /// Its slot was passed over.
    Skipped,
    /// The process that was at it has ended it.
    Followed,
    /// Nothing is left to do.
    Done,
}

/// A signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SignalWord {
    /// SIGINT.
    Interrupt,
    /// SIGTERM or SIGHUP.
    Terminate,
}
