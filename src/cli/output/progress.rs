//! How a run is getting on: one calm line on a terminal, a line every 30 seconds elsewhere, nothing with `-q`.
//!
//! In: the launcher's notices, and the clock. Out: talk on stderr. Never: outcomes before they are durable.

mod line;
pub(crate) mod snapshot;

use std::collections::BTreeSet;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::output::console::Console;
use crate::cli::output::console::colour::stderr_styles;
use crate::cli::output::logs::Verbosity;
use crate::clock::{Clock, Moment, SharedClock, time_of_day};
use crate::diagnostic::escape::escape;
use crate::ids::LaunchId;
use crate::launch::{Interrupt, Notice, Outlook};
use crate::report::Totals;
use crate::run::ListBudget;
use crate::words::Words as _;

use line::ProgressLine;

/// Time between two lines, without a terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(30);

/// Time between two states of the line, on a terminal: it is read, not watched.
const DRAW_INTERVAL: Duration = Duration::from_millis(250);

/// Without a terminal, a doubt of this age is told of at once.
const DOUBT_NOTICE_AFTER: Duration = Duration::from_secs(2);

/// Without a terminal, a look-up that lasts longer is told of at once.
const LOOK_UP_NOTICE_AFTER: Duration = Duration::from_secs(10);

/// The live state of one run's sending.
pub(crate) struct Progress {
    console: Console,
    clock: SharedClock,
    display: ProgressDisplay,
    launches: u32,
    totals: Totals,
    in_doubt: BTreeSet<LaunchId>,
    outlook: Outlook,
    lists: Option<ListBudget>,
    doubts: DoubtNotice,
    /// The page in which an earlier start is looked for, and whether that was said.
    looking: Option<(u32, bool)>,
    began: Moment,
    /// When a launch was over last.
    moved: Moment,
    said: Moment,
}

/// In which form it is shown.
enum ProgressDisplay {
    Nothing,
    Line(ProgressBar),
    Lines,
}

/// What was said of the doubts that are open now.
enum DoubtNotice {
    None,
    Since(Moment),
    Told,
}

impl Progress {
    /// Begins to show a run of `launches` launches.
    pub(crate) fn begin(console: &Console, verbosity: Verbosity, clock: SharedClock, launches: u32) -> Self {
        let shown = match verbosity {
            Verbosity::Quiet => ProgressDisplay::Nothing,
            Verbosity::Normal | Verbosity::Verbose(_) if Console::is_terminal() => {
                let bar =
                    ProgressBar::with_draw_target(Some(u64::from(launches)), ProgressDrawTarget::stderr_with_hz(5));
                bar.set_style(ProgressStyle::with_template("{wide_msg}").expect("a template of ours"));
                bar.set_message(format!("0/{launches} launched"));
                console.set_live_line(Some(bar.clone()));
                ProgressDisplay::Line(bar)
            }
            Verbosity::Normal | Verbosity::Verbose(_) => ProgressDisplay::Lines,
        };
        let now = clock.now();
        Self {
            console: console.clone(),
            clock,
            display: shown,
            launches,
            totals: Totals::default(),
            in_doubt: BTreeSet::new(),
            outlook: Outlook::default(),
            lists: None,
            doubts: DoubtNotice::None,
            looking: None,
            began: now,
            moved: now,
            said: now,
        }
    }

    /// Takes note of `notice` and shows what has changed.
    pub(crate) fn on_notice(&mut self, notice: &Notice) {
        match notice {
            Notice::Ended(launch, verdict) => {
                tracing::info!("{launch}: {}", verdict.as_str());
                self.totals.count(*verdict);
                self.moved = self.clock.now();
                self.in_doubt.remove(launch);
            }
            Notice::Retried { retry, class, wait } => {
                tracing::info!("{retry} in {} s: a robot job faulted ({})", wait.as_secs(), class.word());
            }
            Notice::RetryEnded(launch, verdict) => {
                self.in_doubt.remove(launch);
                tracing::info!("{launch}: {}", verdict.as_str());
            }
            Notice::JobEnded(job, outcome) => {
                tracing::info!("robot job {}: {}", job.0, outcome.word());
                self.totals.count_outcome(*outcome);
                self.moved = self.clock.now();
            }
            Notice::Unsent(launch, why) => tracing::info!("{launch} goes again: {}", escape(why)),
            Notice::Doubted(launch, why) => {
                tracing::info!("{launch} is in doubt, and is being looked for: {}", escape(why));
                self.in_doubt.insert(launch.clone());
            }
            Notice::Absent(launch) => {
                tracing::info!("{launch} was surely not started");
                self.in_doubt.remove(launch);
            }
            Notice::Recounted { launch, before, after } => {
                tracing::info!("{launch} was {}, and is {} by the job list", before.as_str(), after.as_str());
                self.totals.recount(*before, *after);
            }
            Notice::ClocksApart(ms) => self.print_notice(&clocks_apart(*ms)),
            Notice::Waiting(words) | Notice::Looked(words) | Notice::Watched(words) | Notice::Steered(words) => {
                self.print_notice(words);
            }
            Notice::Looking(page) => self.looking = page.map(|page| (page, self.looking.is_some_and(|(_, told)| told))),
            Notice::Held(span) => {
                if span.as_secs() > 0 {
                    self.print_notice(&paused(&*self.clock, *span));
                }
            }
            Notice::JobHalted { job, why } => {
                self.print_notice(&format!("{why}: nothing more of job `{}` is sent", escape(job)));
            }
            // Why nothing more is sent is told beside it.
            Notice::Halted(_) => {}
            Notice::FolderClosed(folder, words) => self.print_notice(&format!("folder {folder} is refused: {words}")),
            Notice::RobotJobsStopped { tally, .. } => self.print_notice(&tally.to_string()),
            Notice::Stopping(why) => self.print_notice(&format!("no more is sent: {why}")),
            Notice::Interrupted { signal, requests, patience } => {
                let recounts = self.outlook.recounts.map_or(0, |waiting| waiting.launches);
                let busy = self.totals.launches as usize + self.in_doubt.len() + recounts + requests;
                let left = (self.launches as usize).saturating_sub(busy);
                self.print_notice(&interrupted(*signal, *requests, *patience));
                if left > 0 {
                    let launches = if left == 1 { "1 launch is".to_owned() } else { format!("{left} launches are") };
                    self.print_notice(&format!("{launches} left to send"));
                }
            }
            Notice::Outlook(outlook) => self.outlook = *outlook,
        }
        self.refresh();
    }

    /// Shows what has changed by time alone, too: a run may wait without a notice.
    pub(crate) fn refresh(&mut self) {
        let now = self.clock.now();
        let is_told = matches!(self.doubts, DoubtNotice::Told);
        self.doubts = match self.doubts {
            DoubtNotice::None | DoubtNotice::Since(_) | DoubtNotice::Told if self.in_doubt.is_empty() => {
                DoubtNotice::None
            }
            DoubtNotice::None => DoubtNotice::Since(now),
            DoubtNotice::Since(then) if now.since(then) < DOUBT_NOTICE_AFTER => DoubtNotice::Since(then),
            DoubtNotice::Since(_) | DoubtNotice::Told => DoubtNotice::Told,
        };
        let between = match self.display {
            ProgressDisplay::Nothing => return,
            ProgressDisplay::Line(_) => DRAW_INTERVAL,
            ProgressDisplay::Lines if !is_told && matches!(self.doubts, DoubtNotice::Told) => Duration::ZERO,
            ProgressDisplay::Lines if matches!(self.looking, Some((_, false))) => LOOK_UP_NOTICE_AFTER,
            ProgressDisplay::Lines => LINE_INTERVAL,
        };
        if now.since(self.said) >= between {
            self.said = now;
            if let Some((_, told)) = &mut self.looking {
                *told = true;
            }
            match &self.display {
                ProgressDisplay::Nothing => {}
                ProgressDisplay::Line(bar) => bar.set_message(match self.looking {
                    Some((page, _)) => looking(page),
                    None => self.line(now).fitted(columns(), &stderr_styles()),
                }),
                ProgressDisplay::Lines => self.console.say(&self.describe()),
            }
        }
    }

    /// What is shown at this moment, in one line without colour.
    pub(crate) fn describe(&self) -> String {
        match self.looking {
            Some((page, _)) => looking(page),
            None => self.line(self.clock.now()).to_string(),
        }
    }

    /// Whether robot jobs are waited for.
    pub(crate) fn waits_for_jobs(&self) -> bool {
        self.outlook.unfinished_jobs > 0
    }

    /// Takes note of how often lists were read.
    pub(crate) fn on_lists(&mut self, lists: ListBudget) {
        self.lists = Some(lists);
    }

    fn line(&self, now: Moment) -> ProgressLine<'_> {
        ProgressLine {
            totals: &self.totals,
            launches: self.launches,
            in_doubt: self.in_doubt.len(),
            outlook: self.outlook,
            lists: self.lists,
            elapsed: now.since(self.began),
            stalled: now.since(self.moved),
            now,
            utc: self.clock.utc(),
        }
    }

    /// Takes the line away.
    pub(crate) fn end(self) {
        if let ProgressDisplay::Line(bar) = self.display {
            self.console.set_live_line(None);
            bar.finish_and_clear();
        }
    }

    fn print_notice(&self, words: &str) {
        match self.display {
            ProgressDisplay::Nothing => {}
            ProgressDisplay::Line(_) | ProgressDisplay::Lines => self.console.say(words),
        }
    }
}

/// How wide the terminal is, in columns; 80 where it does not say.
fn columns() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stderr());
    size.ok().map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0).unwrap_or(80)
}

/// Until when the server asked for a pause of `span`.
fn paused(clock: &dyn Clock, span: Duration) -> String {
    let until = clock.utc().saturating_add(span).expect("a span of std time saturates");
    format!("paused until {} as the server asked", time_of_day(until))
}

/// Says what nothing can begin without, while there is no [`Progress`] yet.
pub(crate) fn tell(console: &Console, verbosity: Verbosity, clock: &dyn Clock, notice: &Notice) {
    if verbosity == Verbosity::Quiet {
        return;
    }
    match notice {
        Notice::Waiting(words) => console.say(words),
        Notice::Held(span) => console.say(&paused(clock, *span)),
        Notice::Ended(..)
        | Notice::JobEnded(..)
        | Notice::Retried { .. }
        | Notice::RetryEnded(..)
        | Notice::Watched(_)
        | Notice::Unsent(..)
        | Notice::Doubted(..)
        | Notice::Absent(_)
        | Notice::Recounted { .. }
        | Notice::ClocksApart(_)
        | Notice::Looking(_)
        | Notice::Looked(_)
        | Notice::Interrupted { .. }
        | Notice::Outlook(_)
        | Notice::FolderClosed(..)
        | Notice::Steered(_)
        | Notice::RobotJobsStopped { .. }
        | Notice::Halted(_)
        | Notice::JobHalted { .. }
        | Notice::Stopping(_) => {}
    }
}

/// What is said of a server whose clocks are apart, in milliseconds.
fn clocks_apart(created_less_date_ms: i64) -> String {
    let minutes = created_less_date_ms.unsigned_abs().div_ceil(60_000);
    let side = if created_less_date_ms < 0 { "behind" } else { "ahead of" };
    format!(
        "the server stamps robot jobs by a clock that is {minutes} minutes {side} the one in its answers; job lists are \
         read from that much earlier"
    )
}

fn looking(page: u32) -> String {
    format!("looking for an earlier start: page {page}")
}

/// What is said at once to whoever ended the run.
fn interrupted(signal: Interrupt, requests: usize, patience: Duration) -> String {
    let (mut words, again) = match signal {
        Interrupt::Interrupted => ("interrupted".to_owned(), "Ctrl-C again"),
        Interrupt::Terminated => ("terminated".to_owned(), "a second signal"),
    };
    if requests > 0 {
        let requests = if requests == 1 { "1 request".to_owned() } else { format!("{requests} requests") };
        words.push_str(&format!(": waiting up to {} s for {requests}; {again} leaves now", patience.as_secs()));
    }
    words
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::HandClock;
    use crate::ids::LaunchId;
    use crate::ledger::state::Verdict;

    /// Between two ticks of a run.
    const REFRESH_INTERVAL: Duration = Duration::from_secs(1);

    #[test]
    fn whoever_interrupts_is_told_what_is_waited_for() {
        let patience = Duration::from_secs(8);
        for (signal, requests, expected) in [
            (Interrupt::Interrupted, 2, "interrupted: waiting up to 8 s for 2 requests; Ctrl-C again leaves now"),
            (Interrupt::Interrupted, 0, "interrupted"),
            (Interrupt::Terminated, 1, "terminated: waiting up to 8 s for 1 request; a second signal leaves now"),
        ] {
            assert_eq!(interrupted(signal, requests, patience), expected);
        }
    }

    #[test]
    fn without_a_terminal_a_doubt_is_told_of_after_two_seconds_and_once() {
        let clock = HandClock::at("2026-01-31T12:00:00Z".parse().expect("a timestamp"));
        let mut progress = Progress::begin(&Console::default().muted(), Verbosity::Normal, Arc::new(clock.clone()), 1);
        progress.display = ProgressDisplay::Lines;
        progress.on_notice(&Notice::Doubted(LaunchId::from("a"), "reset".to_owned()));
        let mut said = Vec::new();
        for second in 1..=LINE_INTERVAL.as_secs() {
            clock.advance(REFRESH_INTERVAL);
            progress.refresh();
            if progress.said == clock.now() {
                said.push(second);
            }
        }
        assert_eq!(said, [2]);
        progress.on_notice(&Notice::Absent(LaunchId::from("a")));
        assert!(matches!(progress.doubts, DoubtNotice::None));
    }

    #[test]
    fn without_a_terminal_a_long_look_is_told_of_with_its_page_and_no_longer_once_it_is_over() {
        assert_eq!(looking(7), "looking for an earlier start: page 7");
        let clock = HandClock::at("2026-01-31T12:00:00Z".parse().expect("a timestamp"));
        let mut progress = Progress::begin(&Console::default().muted(), Verbosity::Normal, Arc::new(clock.clone()), 1);
        progress.display = ProgressDisplay::Lines;
        let mut said = Vec::new();
        for page in 2..=60 {
            clock.advance(REFRESH_INTERVAL);
            progress.on_notice(&Notice::Looking(Some(page)));
            if progress.said == clock.now() {
                said.push((page, progress.looking));
            }
        }
        assert_eq!(said, [(11, Some((11, true))), (41, Some((41, true)))]);
        progress.on_notice(&Notice::Looking(None));
        assert_eq!(progress.looking, None);
    }

    #[test]
    fn a_quiet_run_shows_nothing_and_still_counts() {
        let clock = HandClock::at("2026-01-31T12:00:00Z".parse().expect("a timestamp"));
        let mut progress = Progress::begin(&Console::default(), Verbosity::Quiet, Arc::new(clock.clone()), 2);
        progress.on_notice(&Notice::Ended(LaunchId::from("a"), Verdict::Started));
        clock.advance(LINE_INTERVAL);
        progress.on_notice(&Notice::Ended(LaunchId::from("b"), Verdict::Rejected));
        assert_eq!((progress.totals.launches, progress.totals.rejected), (2, 1));
        assert_eq!(clock.now().since(progress.began), LINE_INTERVAL);
        progress.end();
    }
}
