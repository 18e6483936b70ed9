//! How a run is getting on: one calm line on a terminal, a line every 30 seconds elsewhere, nothing with `-q`.
//!
//! In: the launcher's notices, and the clock. Out: talk on stderr. Never: outcomes before they are durable.

use std::collections::BTreeSet;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::console::Console;
use crate::cli::logs::Talk;
use crate::clock::{Clock, Moment, SharedClock, time_of_day};
use crate::diagnostic::escape::escape;
use crate::ids::LaunchId;
use crate::launch::Notice;
use crate::ledger::state::Verdict;
use crate::report::Totals;

/// Without a terminal, so much time lies between two lines.
const BETWEEN_LINES: Duration = Duration::from_secs(30);

/// On a terminal, so much time lies between two states of the line: it is read, not watched.
const BETWEEN_DRAWINGS: Duration = Duration::from_millis(250);

/// Between two looks at what has been waited for.
pub(crate) const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// Without a terminal, a doubt of this age is told of at once.
const DOUBT_TOLD: Duration = Duration::from_secs(2);

/// Without a terminal, a look that lasts so long is told of at once.
const LOOK_TOLD: Duration = Duration::from_secs(10);

/// The live state of one run's sending.
pub(crate) struct Progress {
    console: Console,
    clock: SharedClock,
    shown: Shown,
    launches: u32,
    totals: Totals,
    in_doubt: BTreeSet<LaunchId>,
    doubts: Doubts,
    /// The page in which an earlier start is looked for, and whether that was said.
    looking: Option<(u32, bool)>,
    began: Moment,
    said: Moment,
}

/// In which form it is shown.
enum Shown {
    Nothing,
    Line(ProgressBar),
    Lines,
}

/// What was said of the doubts that are open now.
enum Doubts {
    None,
    Since(Moment),
    Told,
}

impl Progress {
    /// Begins to show a run of so many launches.
    pub(crate) fn begin(console: &Console, talk: Talk, clock: SharedClock, launches: u32) -> Self {
        let shown = match talk {
            Talk::Quiet => Shown::Nothing,
            Talk::Usual | Talk::Verbose(_) if Console::is_watched() => {
                let bar =
                    ProgressBar::with_draw_target(Some(u64::from(launches)), ProgressDrawTarget::stderr_with_hz(5));
                bar.set_style(ProgressStyle::with_template("{wide_msg}").expect("a template of ours"));
                bar.set_message(line(&Totals::default(), launches, 0, Duration::ZERO));
                console.set_live_line(Some(bar.clone()));
                Shown::Line(bar)
            }
            Talk::Usual | Talk::Verbose(_) => Shown::Lines,
        };
        let now = clock.now();
        Self {
            console: console.clone(),
            clock,
            shown,
            launches,
            totals: Totals::default(),
            in_doubt: BTreeSet::new(),
            doubts: Doubts::None,
            looking: None,
            began: now,
            said: now,
        }
    }

    /// Takes note of `notice` and shows what has changed.
    pub(crate) fn note(&mut self, notice: &Notice) {
        match notice {
            Notice::Ended(launch, verdict) => {
                self.totals.count(*verdict);
                self.in_doubt.remove(launch);
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
            Notice::ClocksApart(ms) => self.tell(&clocks_apart(*ms)),
            Notice::Waiting(words) | Notice::Looked(words) => self.tell(words),
            Notice::Looking(page) => self.looking = page.map(|page| (page, self.looking.is_some_and(|(_, told)| told))),
            Notice::Held(span) if span.as_secs() == 0 => {}
            Notice::Held(span) => self.tell(&paused(&*self.clock, *span)),
            Notice::FolderClosed(folder, words) => self.tell(&format!("folder {folder} is refused: {words}")),
            Notice::Stopping(why) => self.tell(&format!("no more is sent: {why}")),
        }
        self.look();
    }

    /// Shows what has changed by time alone, too: a run may wait without a notice.
    pub(crate) fn look(&mut self) {
        let now = self.clock.now();
        let is_told = matches!(self.doubts, Doubts::Told);
        self.doubts = match self.doubts {
            Doubts::None | Doubts::Since(_) | Doubts::Told if self.in_doubt.is_empty() => Doubts::None,
            Doubts::None => Doubts::Since(now),
            Doubts::Since(then) if now.since(then) < DOUBT_TOLD => Doubts::Since(then),
            Doubts::Since(_) | Doubts::Told => Doubts::Told,
        };
        let between = match self.shown {
            Shown::Nothing => return,
            Shown::Line(_) => BETWEEN_DRAWINGS,
            Shown::Lines if !is_told && matches!(self.doubts, Doubts::Told) => Duration::ZERO,
            Shown::Lines if matches!(self.looking, Some((_, false))) => LOOK_TOLD,
            Shown::Lines => BETWEEN_LINES,
        };
        if now.since(self.said) >= between {
            self.said = now;
            let line = match &mut self.looking {
                Some((page, told)) => {
                    *told = true;
                    looking(*page)
                }
                None => line(&self.totals, self.launches, self.in_doubt.len(), now.since(self.began)),
            };
            match &self.shown {
                Shown::Nothing => {}
                Shown::Line(bar) => bar.set_message(line),
                Shown::Lines => self.console.say(&line),
            }
        }
    }

    /// Takes the line away.
    pub(crate) fn end(self) {
        if let Shown::Line(bar) = self.shown {
            self.console.set_live_line(None);
            bar.finish_and_clear();
        }
    }

    fn tell(&self, words: &str) {
        match self.shown {
            Shown::Nothing => {}
            Shown::Line(_) | Shown::Lines => self.console.say(words),
        }
    }
}

/// Until when the server asked for a pause of `span`.
fn paused(clock: &dyn Clock, span: Duration) -> String {
    let until = clock.utc().saturating_add(span).expect("a span of std time saturates");
    format!("paused until {} as the server asked", time_of_day(until))
}

/// Says what nothing can begin without, while there is no [`Progress`] yet.
pub(crate) fn tell(console: &Console, talk: Talk, clock: &dyn Clock, notice: &Notice) {
    if talk == Talk::Quiet {
        return;
    }
    match notice {
        Notice::Waiting(words) => console.say(words),
        Notice::Held(span) => console.say(&paused(clock, *span)),
        Notice::Ended(..)
        | Notice::Unsent(..)
        | Notice::Doubted(..)
        | Notice::Absent(_)
        | Notice::Recounted { .. }
        | Notice::ClocksApart(_)
        | Notice::Looking(_)
        | Notice::Looked(_)
        | Notice::FolderClosed(..)
        | Notice::Stopping(_) => {}
    }
}

/// What is said of a server whose clocks are so many milliseconds apart.
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

/// `120/1000 launched, 10.0/s, 2 rejected, 1 unknown, 88 s left`.
fn line(totals: &Totals, launches: u32, in_doubt: usize, elapsed: Duration) -> String {
    let mut text = format!("{}/{launches} launched", totals.launches);
    let left = launches.saturating_sub(totals.launches);
    let is_sending = usize::try_from(left).is_ok_and(|left| left > in_doubt);
    let rate = f64::from(totals.launches) / elapsed.as_secs_f64();
    if elapsed >= Duration::from_secs(1) && totals.launches > 0 && (is_sending || in_doubt == 0) {
        text.push_str(&format!(", {rate:.1}/s"));
    }
    for verdict in [Verdict::Rejected, Verdict::Unknown, Verdict::Partial, Verdict::Duplicate] {
        if totals.of(verdict) > 0 {
            text.push_str(&format!(", {} {}", totals.of(verdict), verdict.as_str()));
        }
    }
    if in_doubt > 0 {
        let them = if in_doubt == 1 { "it" } else { "them" };
        text.push_str(&format!(", {in_doubt} in doubt: looking for {them} among the robot jobs"));
    } else if left > 0 && elapsed >= Duration::from_secs(1) && rate > 0.0 {
        let seconds = (f64::from(left) / rate).ceil();
        text.push_str(&if seconds < 120.0 {
            format!(", {seconds:.0} s left")
        } else {
            format!(", {:.0} min left", (seconds / 60.0).ceil())
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::HandClock;
    use crate::ids::LaunchId;

    #[test]
    fn the_line_says_what_counts_and_no_more() {
        let totals = |started, rejected, unknown| Totals {
            launches: started + rejected + unknown,
            started,
            rejected,
            unknown,
            ..Totals::default()
        };
        let check = |totals: Totals, seconds: u64, expected: &str| {
            assert_eq!(line(&totals, 1000, 0, Duration::from_secs(seconds)), expected);
        };
        check(totals(0, 0, 0), 0, "0/1000 launched");
        check(totals(5, 0, 0), 0, "5/1000 launched");
        check(totals(117, 2, 1), 12, "120/1000 launched, 10.0/s, 2 rejected, 1 unknown, 88 s left");
        check(totals(10, 0, 0), 10, "10/1000 launched, 1.0/s, 17 min left");
        check(totals(1000, 0, 0), 100, "1000/1000 launched, 10.0/s");
    }

    #[test]
    fn doubts_take_their_own_time_and_no_rate_tells_it() {
        let check = |launches: u32, in_doubt: usize, expected: &str| {
            let totals = Totals { launches, started: launches, ..Totals::default() };
            assert_eq!(line(&totals, 30, in_doubt, Duration::from_secs(4)), expected);
        };
        check(20, 0, "20/30 launched, 5.0/s, 2 s left");
        check(20, 1, "20/30 launched, 5.0/s, 1 in doubt: looking for it among the robot jobs");
        check(28, 2, "28/30 launched, 2 in doubt: looking for them among the robot jobs");
    }

    #[test]
    fn without_a_terminal_a_doubt_is_told_of_after_two_seconds_and_once() {
        let clock = HandClock::at("2026-01-31T12:00:00Z".parse().expect("a timestamp"));
        let mut progress = Progress::begin(&Console::default().muted(), Talk::Usual, Arc::new(clock.clone()), 1);
        progress.shown = Shown::Lines;
        progress.note(&Notice::Doubted(LaunchId::from("a"), "reset".to_owned()));
        let mut said = Vec::new();
        for second in 1..=BETWEEN_LINES.as_secs() {
            clock.advance(BETWEEN_LOOKS);
            progress.look();
            if progress.said == clock.now() {
                said.push(second);
            }
        }
        assert_eq!(said, [2]);
        progress.note(&Notice::Absent(LaunchId::from("a")));
        assert!(matches!(progress.doubts, Doubts::None));
    }

    #[test]
    fn without_a_terminal_a_long_look_is_told_of_with_its_page_and_no_longer_once_it_is_over() {
        assert_eq!(looking(7), "looking for an earlier start: page 7");
        let clock = HandClock::at("2026-01-31T12:00:00Z".parse().expect("a timestamp"));
        let mut progress = Progress::begin(&Console::default().muted(), Talk::Usual, Arc::new(clock.clone()), 1);
        progress.shown = Shown::Lines;
        let mut said = Vec::new();
        for page in 2..=60 {
            clock.advance(BETWEEN_LOOKS);
            progress.note(&Notice::Looking(Some(page)));
            if progress.said == clock.now() {
                said.push((page, progress.looking));
            }
        }
        assert_eq!(said, [(11, Some((11, true))), (41, Some((41, true)))]);
        progress.note(&Notice::Looking(None));
        assert_eq!(progress.looking, None);
    }

    #[test]
    fn a_quiet_run_shows_nothing_and_still_counts() {
        let clock = HandClock::at("2026-01-31T12:00:00Z".parse().expect("a timestamp"));
        let mut progress = Progress::begin(&Console::default(), Talk::Quiet, Arc::new(clock.clone()), 2);
        progress.note(&Notice::Ended(LaunchId::from("a"), Verdict::Started));
        clock.advance(BETWEEN_LINES);
        progress.note(&Notice::Ended(LaunchId::from("b"), Verdict::Rejected));
        assert_eq!((progress.totals.launches, progress.totals.rejected), (2, 1));
        assert_eq!(clock.now().since(progress.began), BETWEEN_LINES);
        progress.end();
    }
}
