//! A run's notices on the terminal, each as a sentence; and what a second signal would cut off.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::{Pin, pin};

use crate::cli::connect::connector::RunConnector;
use crate::cli::context::CommandContext;
use crate::cli::failure::Failure;
use crate::cli::output::diagnostics;
use crate::cli::output::event_file::EventFile;
use crate::cli::output::finish::FinishNotices;
use crate::cli::output::progress::{self, Progress, snapshot};
use crate::cli::run_activity::ActivityPhase;
use crate::cli::runtime::signals::SnapshotSignal;
use crate::clock::{SharedClock, Timestamp};
use crate::exit::ExitStatus;
use crate::ids::RunId;
use crate::launch::{Notice, SendMode, StopReason};
use crate::ledger::{AnyStore, LedgerError, Steered};
use crate::plan::Plan;
use crate::run::{
    Cancellation, EventLine, FinishedRun, LaunchedRun, LeftBehind, MissedNotice, MissedSpan, Observer, OverReason,
    RunIdentity, RunNotice, another, reporting, skipped_because_of,
};

/// Maximum launches that are named where a rerun leaves them behind.
const MAX_LEFT_BEHIND: usize = 10;

/// Shows on the terminal how a run is getting on.
pub(crate) struct TerminalObserver<'a> {
    context: &'a CommandContext,
    connector: &'a RunConnector<'a>,
    clock: SharedClock,
    progress: RefCell<Option<Progress>>,
    /// Whom the run that is launched is to tell of its end.
    finish: RefCell<Option<FinishNotices>>,
    /// Where programs are told.
    events: RefCell<Option<EventFile>>,
    /// The run that was told of last.
    run: Cell<Option<RunId>>,
    /// Whether the command is one that cancels.
    cancels: Cell<bool>,
}

impl<'a> TerminalObserver<'a> {
    /// Of a run that `connector` leads to.
    pub(crate) fn new(context: &'a CommandContext, connector: &'a RunConnector<'a>, clock: &SharedClock) -> Self {
        Self {
            context,
            connector,
            clock: clock.clone(),
            progress: RefCell::new(None),
            finish: RefCell::new(None),
            events: RefCell::new(None),
            run: Cell::new(None),
            cancels: Cell::new(false),
        }
    }

    /// The same, which tells programs by `events` too.
    pub(crate) fn with_events(self, events: Option<EventFile>) -> Self {
        self.events.replace(events);
        self
    }

    fn tell_programs(&self, notice: &RunNotice<'_>) {
        if let Some(events) = &mut *self.events.borrow_mut()
            && let Some(line) = EventLine::of(notice, &self.run, &*self.clock)
        {
            events.write(&line);
        }
    }

    fn begin(&self, run: RunId, launches: u32, sending: SendMode, is_resumable: bool) {
        let CommandContext { console, verbosity, repeated, at_work, .. } = self.context;
        self.progress.replace(Some(Progress::begin(console, *verbosity, self.clock.clone(), launches)));
        let verb = if sending == SendMode::On { "resume" } else { "reconcile" };
        let again = format!("sortie {verb} {run}{}{}", repeated.ledger, repeated.connection);
        at_work.set(ActivityPhase::Launching { run, resume_command: is_resumable.then_some(again), requests: 0 });
    }

    /// Tells whoever `plan` names that the run began, and keeps whom to tell of its end.
    fn begin_finish(&self, run: RunId, plan: &Plan) {
        let Some(wanted) = plan.on_finish(run) else { return };
        let (wanted, complaints) = wanted.into_parts();
        for complaint in complaints {
            self.context.warn(&format!("on-finish: {}", complaint.what));
        }
        match (wanted, self.connector.notice_route()) {
            (Some(wanted), Ok(route)) => {
                self.finish.replace(Some(FinishNotices::begin(wanted, route, self.clock.clone())));
            }
            (Some(_), Err(failure)) => {
                self.context.warn(&format!("on-finish: nobody is told: {}", failure.message.unwrap_or_default()));
            }
            (None, _) => {}
        }
    }

    /// Tells whoever the manifest names how `finished` ended, with exit status `exit`; `finished` was launched by this command.
    pub(crate) async fn tell_end<L>(&self, store: &AnyStore, finished: &FinishedRun<L>, exit: ExitStatus) {
        let (notices, ended) = (self.finish.take(), finished.ended.as_ref());
        let (Some(notices), Some(ended)) = (notices, ended) else { return };
        let flags = &self.context.repeated;
        let head =
            reporting::head_of(store, &finished.record, Some(ended.end), ended.totals, &finished.launches, flags).await;
        let stop = ended.summary.as_ref().and_then(|summary| summary.stop.as_ref());
        let is_interrupted = matches!(stop, Some(StopReason::Interrupt(_)));
        notices.end(self.context, exit, &head, is_interrupted).await;
    }

    /// Carries `work` out, and shows on each SIGUSR1 meanwhile what the run is at and what its launches wait for.
    pub(crate) async fn with_snapshots<T>(&self, ledger: &AnyStore, work: impl Future<Output = T>) -> T {
        let mut asked = SnapshotSignal::listen();
        let mut work = pin!(work);
        let mut shown = None;
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = asked.came() => {
                    let progress = self.progress.borrow();
                    let line = progress.as_ref().map(Progress::describe);
                    let waits = progress.as_ref().is_some_and(Progress::waits_for_jobs);
                    let run = self.context.at_work.run();
                    shown = Some(Box::pin(snapshot::describe(ledger, run, line, waits, self.clock.utc())));
                }
                words = next(&mut shown) => {
                    shown = None;
                    self.context.console.say(&words);
                }
            }
        }
    }

    /// Names launches that are not run again.
    fn tell_left_behind(&self, launches: &[LeftBehind]) {
        for left in launches.iter().take(MAX_LEFT_BEHIND) {
            self.context.tell(&format!("`{}` is not run again: {}", left.launch, left.why));
        }
        if launches.len() > MAX_LEFT_BEHIND {
            let more = launches.len() - MAX_LEFT_BEHIND;
            self.context.tell(&format!("and {more} more launches are not run again, by what they need"));
        }
    }

    fn end(&self) {
        if let Some(progress) = self.progress.take() {
            progress.end();
        }
        self.context.at_work.set(ActivityPhase::Before);
    }

    /// Says what ended the sending early, and what the ledger could not keep.
    fn complain(&self, launched: &LaunchedRun) {
        let console = &self.context.console;
        match &launched.launched.stop {
            Some(stop @ (StopReason::Interrupt(_) | StopReason::Cancelled)) => {
                console.say(&format!("{stop}: {}", launched.end.totals));
            }
            Some(stop) => {
                let ended =
                    matches!(stop, StopReason::Refused { exit: ExitStatus::Login, error } if error.status == 401);
                let help = self.connector.login_ended().filter(|_| ended);
                let help = help.map_or_else(String::new, |help| format!("\n  help: {help}"));
                console.say(&format!("error: no more was sent: {stop}{help}"));
            }
            None => {}
        }
        for (folder, error) in &launched.launched.closed_folders {
            console.say(&format!("error: folder {folder} is refused: {}", error.message));
        }
        for (folder, why) in &launched.launched.uncounted_folders {
            console.say(&format!(
                "error: folder {folder}: the robot jobs of this run could not be counted: {why}\n  help: `sortie \
                 reconcile {}` counts them again, and starts nothing",
                launched.record.id
            ));
        }
        // That a ledger which failed takes nothing more is no news.
        let is_told = matches!(
            (&launched.unclosed, &launched.launched.stop),
            (Some(LedgerError::Closed), Some(StopReason::Ledger(_)))
        );
        if let Some(error) = launched.unclosed.as_ref().filter(|_| !is_told) {
            console.say(&format!("error: {}", Failure::new(ExitStatus::Fault, error).message.unwrap_or_default()));
        }
    }
}

impl Observer for TerminalObserver<'_> {
    fn on_notice(&self, notice: &RunNotice<'_>) {
        self.tell_programs(notice);
        let CommandContext { console, verbosity, at_work, repeated, .. } = self.context;
        let flags = format!("{}{}", repeated.ledger, repeated.connection);
        match notice {
            RunNotice::Diagnosed { sources, diagnostics } => {
                diagnostics::print(console, *verbosity, sources, diagnostics.to_vec());
            }
            RunNotice::Preflight(notice) => progress::tell(console, *verbosity, &*self.clock, notice),
            RunNotice::Launching { run, launches, sending, is_resumable, plan } => {
                if *sending == SendMode::On
                    && let Some(plan) = plan
                {
                    self.begin_finish(*run, plan);
                }
                self.begin(*run, *launches, *sending, *is_resumable);
            }
            RunNotice::Launch(notice) => {
                if let Notice::Outlook(outlook) = notice {
                    at_work.set_requests(outlook.requests);
                }
                // The answer of `cancel` on stdout says it.
                let is_the_answer = self.cancels.get() && matches!(notice, Notice::RobotJobsStopped { .. });
                if let Some(progress) = &mut *self.progress.borrow_mut()
                    && !is_the_answer
                {
                    progress.on_notice(notice);
                }
            }
            RunNotice::Lists(lists) => {
                if let Some(progress) = &mut *self.progress.borrow_mut() {
                    progress.on_lists(*lists);
                }
            }
            RunNotice::LaunchingEnded => self.end(),
            RunNotice::Launched(launched) => self.complain(launched),
            RunNotice::Waiting { manifest, live } => {
                self.context.tell(&format!("waiting: {} is going on", another(manifest, *live)));
            }
            RunNotice::Skipped { identity, live } => {
                // Also with -q: nothing was done, night after night.
                console.say(&format!("{} is skipped: {}", identity.describe(), skipped_because_of(*live)));
            }
            RunNotice::InTheWay { identity, run, live } => self.context.tell(&format!(
                "{} is not finished, and {}: nothing was done\n  help: `sortie resume {run}{flags}` goes on with it",
                identity.describe(),
                skipped_because_of(*live),
            )),
            RunNotice::Over { identity, why } => self.context.tell(&over(identity, *why)),
            RunNotice::Follows { identity, run } => {
                self.context.tell(&format!("{} is going on (run {run}): waits for its end", identity.describe()));
            }
            RunNotice::GoesOn { identity, run } => {
                self.context.tell(&format!("{} is not finished: goes on with run {run}", identity.describe()));
            }
            RunNotice::Repeats { run, launches, first } => {
                self.context.tell(&format!("run {run} repeats {launches} of the launches of run {first}"));
            }
            RunNotice::Cancelling { run, what, is_live } => {
                self.cancels.set(true);
                self.context.tell(&cancelling(*run, what, *is_live));
            }
            RunNotice::HeldBack { identity, run, holds } => {
                let hold = holds.hold.as_ref().map_or_else(|| "held".to_owned(), ToString::to_string);
                self.context.tell(&format!(
                    "{} is {hold}, and goes on only when somebody lets it: nothing was done\n  help: `sortie resume {run}{flags}` \
                     goes on with it",
                    identity.describe()
                ));
            }
            RunNotice::Lifted { run, holds } => self.context.tell(&lifted(*run, holds)),
            RunNotice::LeftBehind { launches } => self.tell_left_behind(launches),
            RunNotice::RerunGoesOn { run } => {
                self.context.tell(&format!("rerun {run} is not finished: goes on with it"));
            }
            RunNotice::PlanLost { lost, is_settled: true } => {
                self.context.tell(&format!("{lost}; nothing of it is sent, and what is in doubt is settled"));
            }
            RunNotice::PlanLost { lost, is_settled: false } => self.context.tell(&lost.to_string()),
            RunNotice::TakenOver { run, by } => {
                self.context.tell(&format!("run {run} was taken over by run {by}: nothing more of it is sent"));
            }
            RunNotice::Left { run, pending } => self.context.tell(&pending.describe(*run)),
            RunNotice::NothingInDoubt { run } => {
                self.context.tell(&format!("nothing is in doubt in run {run}: no server was asked"));
            }
            RunNotice::Declared { recorded, named, verdict } => {
                let noun = if *named == 1 { "launch" } else { "launches" };
                self.context.tell(&format!("recorded for {recorded} of {named} {noun}: {}", verdict.as_str()));
            }
            RunNotice::Missed(
                missed @ (MissedNotice::Begins { .. } | MissedNotice::Ended { .. } | MissedNotice::Nothing(_)),
            ) => {
                self.context.tell(&of_missed(missed));
            }
            RunNotice::Missed(missed) => console.say(&of_missed(missed)),
        }
    }

    fn on_tick(&self) {
        if let Some(progress) = &mut *self.progress.borrow_mut() {
            progress.refresh();
        }
    }
}

impl Drop for TerminalObserver<'_> {
    /// However the command ends, what was told is written first.
    fn drop(&mut self) {
        if let Some(events) = self.events.take() {
            events.end(self.context);
        }
    }
}

/// What `work` comes to, once it is there; never, if there is none.
async fn next<F: Future>(work: &mut Option<Pin<Box<F>>>) -> F::Output {
    match work {
        Some(work) => work.await,
        None => std::future::pending().await,
    }
}

/// A run, or a part of it, is cancelled, and who sees to it.
fn cancelling(run: RunId, what: &Cancellation, is_live: bool) -> String {
    let who = match (is_live, &what.job, &what.launches) {
        (true, None, None) => "its process ends its sending, and stops its robot jobs",
        (true, Some(_), None) => "its process sends nothing more of it, and stops its robot jobs",
        (true, _, Some(_)) => "its process sends nothing more of them, and stops their robot jobs",
        (false, _, Some(_)) => "no process is at it, and this one stops their robot jobs",
        (false, _, None) => "no process is at it, and this one stops its robot jobs",
    };
    format!("{} cancelled: {who}", what.describe(run))
}

/// A run that was held goes on.
fn lifted(run: RunId, holds: &Steered) -> String {
    let jobs: Vec<&str> = holds.cancelled_jobs.keys().chain(holds.held_jobs.keys()).map(String::as_str).collect();
    match &holds.hold {
        Some(hold) => format!("run {run} was {}: it goes on now", hold.in_the_past()),
        None if jobs.is_empty() => {
            format!("of run {run} {} launches were cancelled, and go on now", holds.cancelled_launches.len())
        }
        None => format!("of run {run} these jobs were cancelled or held, and go on now: {}", jobs.join(", ")),
    }
}

/// Why a run needs nothing more.
fn over(identity: &RunIdentity, why: OverReason) -> String {
    let what = identity.describe();
    match why {
        OverReason::TakenOver { by } => format!("{what} was taken over by rerun {by}: nothing was started"),
        OverReason::Followed { run } => format!("{what} is over (run {run}): this is its report, and its exit code"),
        OverReason::Skipped => format!("{what} was skipped, and nothing was started\n  help: only `--slot` runs it"),
        OverReason::Done { run, comes_twice } => {
            let twice = if comes_twice {
                "\n  help: clocks were set back, and this time came before: by the clock in the schedule's zone it is one \
                 slot; `zone: UTC` has a slot for every period"
            } else {
                ""
            };
            format!("{what} is done already (run {run}): nothing was started{twice}")
        }
    }
}

fn of_missed(missed: &MissedNotice<'_>) -> String {
    match missed {
        MissedNotice::Repeated { begin, periods } => {
            let count = if *periods == 1 { "1 slot was".to_owned() } else { format!("{periods} slots were") };
            format!(
                "{count} missed, of the time from {begin}: clocks were set back, it came twice in the schedule's zone, and is \
                 one slot\n  help: `zone: UTC` has a slot for every period; `--run-key TEXT` with `--logical-time {begin}` \
                 runs this one"
            )
        }
        MissedNotice::TooLate(span) => slots(*span, " and too late to be run"),
        MissedNotice::Left(span) => {
            let help = "`--slot` with the name of one runs it; a start with `--catch-up N` runs the latest N first";
            format!("{}\n  help: {help}", slots(*span, ""))
        }
        MissedNotice::Nothing(slot) => format!("slot {slot} was missed: there is nothing to launch"),
        MissedNotice::Begins { slot, run } => format!("slot {slot} was missed: it is run now (run {run})"),
        MissedNotice::Ended { slot, run, exit } => {
            format!("slot {slot}: exit {}; `sortie report {run}` has its report", exit.code())
        }
    }
}

/// In words: how many slots there are, and from which to which.
fn slots(MissedSpan { slots, more_since }: MissedSpan<'_>, how: &str) -> String {
    let span =
        |first: &Timestamp, last: &Timestamp| format!("{} slots were missed{how}: {first} to {last}", slots.len());
    match (slots, more_since) {
        ([.., last], Some(since)) => {
            format!("more than {} slots were missed{how}: after {since} to {last}", slots.len())
        }
        ([one], None) => format!("1 slot was missed{how}: {one}"),
        ([first, .., last], None) => span(first, last),
        ([], _) => String::new(),
    }
}
