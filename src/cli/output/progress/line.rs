//! The one line that says how a run is getting on, and what it waits for.

use std::fmt;
use std::time::Duration;

use anstyle::Style;

use crate::clock::{Moment, Timestamp};
use crate::diagnostic::styles::{Styles, paint};
use crate::launch::{AwaitedLaunches, Outlook};
use crate::ledger::state::Verdict;
use crate::outcome::JobOutcome;
use crate::report::Totals;
use crate::run::ListBudget;
use crate::words::Words as _;

/// Time without a launch that was over after which open requests are shown as what is waited for.
const STALLED: Duration = Duration::from_secs(5);

/// The rank of what is only told where there is room.
const BESIDE: u8 = 6;

/// How a run is getting on, at one moment.
pub(super) struct ProgressLine<'a> {
    /// Launches that are over.
    pub(super) totals: &'a Totals,
    /// All launches that there are to see to.
    pub(super) launches: u32,
    /// How many are in doubt.
    pub(super) in_doubt: usize,
    /// What is waited for.
    pub(super) outlook: Outlook,
    /// How often job lists were read; `None` while none was.
    pub(super) lists: Option<ListBudget>,
    /// Since the beginning.
    pub(super) elapsed: Duration,
    /// Since the last launch was over.
    pub(super) stalled: Duration,
    /// The present.
    pub(super) now: Moment,
    /// The same, as people tell it.
    pub(super) utc: Timestamp,
}

/// One thing that the line says.
struct LinePart {
    text: String,
    /// The same for a terminal that is narrow.
    short: String,
    look: PartLook,
    /// What is left out first where even that is too long: the greatest; 0 always stays.
    rank: u8,
}

/// What a part means to whoever looks for failures.
#[derive(Clone, Copy)]
enum PartLook {
    Usual,
    Good,
    Warning,
    Error,
}

impl LinePart {
    fn new(rank: u8, look: PartLook, text: String) -> Self {
        Self { short: text.clone(), text, look, rank }
    }

    fn short(self, short: String) -> Self {
        Self { short, ..self }
    }

    fn style(&self, styles: &Styles) -> Style {
        match self.look {
            PartLook::Usual => Style::new(),
            PartLook::Good => styles.good,
            PartLook::Warning => styles.warning,
            PartLook::Error => styles.error,
        }
    }
}

impl fmt::Display for ProgressLine<'_> {
    /// `120/1000 launched, 10.0/s, 2 rejected, 1 unknown, 88 s left`; or `1000/1000 launched, 900 robot jobs not over, 3 faulted`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.parts().into_iter().map(|part| part.text).collect();
        f.write_str(&texts.join(", "))
    }
}

impl ProgressLine<'_> {
    /// The same in at most `width` columns: in fewer words, then without what matters least.
    pub(super) fn fitted(&self, width: usize, styles: &Styles) -> String {
        let mut parts = self.parts();
        let length = |parts: &[LinePart]| parts.iter().map(|part| part.text.chars().count() + 2).sum::<usize>();
        // One column stays free: a terminal that is written full breaks the line.
        while length(&parts) > width {
            // Talk beside the point goes first, then words, then what matters least.
            let longer = |part: &LinePart| part.short.chars().count() < part.text.chars().count();
            let greatest = |ranks: &mut dyn Iterator<Item = u8>| ranks.max();
            let least = greatest(&mut parts.iter().map(|part| part.rank)).unwrap_or(0);
            let wordy = greatest(&mut parts.iter().filter(|part| longer(part)).map(|part| part.rank));
            if let Some(rank) = wordy.filter(|_| least < BESIDE) {
                for part in parts.iter_mut().filter(|part| part.rank == rank) {
                    part.text = part.short.clone();
                }
            } else if least > 0 {
                let at = parts.iter().rposition(|part| part.rank == least).expect("one has the greatest rank");
                parts.remove(at);
            } else {
                break;
            }
        }
        let painted: Vec<String> = parts.iter().map(|part| paint(part.style(styles), &part.text)).collect();
        painted.join(", ")
    }

    fn parts(&self) -> Vec<LinePart> {
        let Self { totals, launches, in_doubt, outlook, elapsed, .. } = self;
        let launched = format!("{}/{launches} launched", totals.launches);
        let mut parts =
            vec![LinePart::new(0, PartLook::Usual, launched).short(format!("{}/{launches}", totals.launches))];
        let rate = f64::from(totals.launches) / elapsed.as_secs_f64();
        // Answers that do not come are waited for, whatever else is left to send.
        let waits = outlook.requests > 0 && (!outlook.sends || self.stalled >= STALLED);
        let has_rate = *elapsed >= Duration::from_secs(1) && totals.launches > 0;
        // Waits take their own time, and no rate tells it.
        let is_done = totals.launches == *launches && outlook.unfinished_jobs == 0 && outlook.logs == 0;
        if has_rate && !waits && (outlook.sends || is_done) {
            parts.push(LinePart::new(5, PartLook::Usual, format!("{rate:.1}/s")));
        }
        for verdict in [Verdict::Rejected, Verdict::Unknown, Verdict::Partial, Verdict::Duplicate] {
            if totals.of(verdict) > 0 {
                let look = if verdict == Verdict::Rejected { PartLook::Error } else { PartLook::Warning };
                parts.push(LinePart::new(1, look, format!("{} {}", totals.of(verdict), verdict.as_str())));
            }
        }
        match outlook.unfinished_jobs {
            0 => {}
            1 => parts
                .push(LinePart::new(2, PartLook::Usual, "1 robot job not over".to_owned()).short("1 open".to_owned())),
            jobs => {
                let part = LinePart::new(2, PartLook::Usual, format!("{jobs} robot jobs not over"));
                parts.push(part.short(format!("{jobs} open")));
            }
        }
        if let Some(outcomes) = totals.outcomes {
            for outcome in JobOutcome::ALL.iter().filter(|outcome| outcomes.of(**outcome) > 0) {
                let (rank, look) = match outcome {
                    JobOutcome::Successful => (3, PartLook::Good),
                    JobOutcome::Faulted | JobOutcome::Gone => (1, PartLook::Error),
                    JobOutcome::Suspended | JobOutcome::Stopped | JobOutcome::Late => (1, PartLook::Warning),
                };
                parts.push(LinePart::new(rank, look, format!("{} {}", outcomes.of(*outcome), outcome.word())));
            }
        }
        if outlook.unfinished_jobs == 0 && outlook.logs > 0 {
            let logs = if outlook.logs == 1 { "1 log".to_owned() } else { format!("{} logs", outlook.logs) };
            let part =
                LinePart::new(2, PartLook::Usual, format!("reading what robots logged of faults: {logs} to come"));
            parts.push(part.short(format!("{logs} to read")));
        }
        if outlook.paused {
            parts.push(LinePart::new(1, PartLook::Warning, "paused".to_owned()));
        }
        if *in_doubt > 0 {
            let short = format!("{in_doubt} in doubt");
            let looks = outlook.doubts.map_or_else(String::new, |waiting| self.looks(waiting));
            parts.push(LinePart::new(1, PartLook::Warning, format!("{short}{looks}")).short(short));
        }
        if let Some(waiting) = outlook.recounts {
            let told_by = if waiting.told_by > self.now { waiting.told_by } else { waiting.given_up_by };
            let (until, count) = (self.time(told_by), waiting.launches);
            let part = LinePart::new(3, PartLook::Usual, format!("counting once more ({count}), until {until}"));
            parts.push(part.short(format!("counting until {until}")));
        }
        if waits {
            let answers =
                if outlook.requests == 1 { "1 answer".to_owned() } else { format!("{} answers", outlook.requests) };
            let until = outlook.answered_by.map_or_else(String::new, |by| format!(", until {} at most", self.time(by)));
            let part = LinePart::new(3, PartLook::Usual, format!("waiting for {answers}{until}"));
            parts.push(part.short(format!("waiting for {answers}")));
        }
        let left = launches.saturating_sub(totals.launches);
        if outlook.sends && !waits && *in_doubt == 0 && outlook.recounts.is_none() && has_rate && left > 0 {
            let seconds = (f64::from(left) / rate).ceil();
            let left = if seconds < 120.0 {
                format!("{seconds:.0} s left")
            } else {
                format!("{:.0} min left", (seconds / 60.0).ceil())
            };
            parts.push(LinePart::new(4, PartLook::Usual, left));
        }
        // What is far from its limit is nobody's concern.
        if let Some(ListBudget { read, most }) = self.lists.filter(|lists| lists.read * 10 >= lists.most) {
            let look = if read >= most { PartLook::Warning } else { PartLook::Usual };
            parts.push(LinePart::new(BESIDE, look, format!("lists {read} of {most} this minute")));
        }
        parts
    }

    /// When doubts are looked for next, and when they are told.
    fn looks(&self, waiting: AwaitedLaunches) -> String {
        let look = match waiting.next_look.filter(|next| *next > self.now) {
            Some(next) => format!(", next look {}", self.time(next)),
            None => ", looking now".to_owned(),
        };
        if waiting.told_by > self.now {
            format!("{look}, decided by {}", self.time(waiting.told_by))
        } else if waiting.given_up_by > self.now {
            format!("{look}, unknown after {}", self.time(waiting.given_up_by))
        } else {
            look
        }
    }

    /// `04:17:20Z`; rounded up, so that it is over by then.
    fn time(&self, moment: Moment) -> String {
        let ahead = moment.since(self.now) + Duration::from_millis(999);
        let at = self.utc.saturating_add(ahead).unwrap_or(self.utc);
        at.strftime("%H:%M:%SZ").to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::totals::OutcomeTotals;

    const NOW: Moment = Moment(Duration::from_secs(100));

    fn at(second: u64) -> Moment {
        Moment(Duration::from_secs(second))
    }

    #[track_caller]
    fn check(totals: Totals, launches: u32, in_doubt: usize, outlook: Outlook, seconds: u64, expected: &str) {
        let line = ProgressLine {
            totals: &totals,
            launches,
            in_doubt,
            outlook,
            lists: None,
            elapsed: Duration::from_secs(seconds),
            stalled: Duration::from_secs(seconds / 4),
            now: NOW,
            utc: "2026-01-31T04:17:00Z".parse().expect("a time"),
        };
        assert_eq!(line.to_string(), expected);
    }

    fn started(launches: u32) -> Totals {
        Totals { launches, started: launches, ..Totals::default() }
    }

    const SENDING: Outlook = Outlook {
        sends: true,
        paused: false,
        requests: 0,
        answered_by: None,
        doubts: None,
        recounts: None,
        unfinished_jobs: 0,
        logs: 0,
    };

    #[test]
    fn the_line_says_what_counts_and_no_more() {
        let totals = Totals { launches: 120, started: 117, rejected: 2, unknown: 1, ..Totals::default() };
        check(started(0), 1000, 0, SENDING, 0, "0/1000 launched");
        check(started(5), 1000, 0, SENDING, 0, "5/1000 launched");
        check(totals, 1000, 0, SENDING, 12, "120/1000 launched, 10.0/s, 2 rejected, 1 unknown, 88 s left");
        check(started(10), 1000, 0, SENDING, 10, "10/1000 launched, 1.0/s, 17 min left");
        check(started(1000), 1000, 0, Outlook::default(), 100, "1000/1000 launched, 10.0/s");
        let waiting = Outlook { unfinished_jobs: 900, ..Outlook::default() };
        check(started(1000), 1000, 0, waiting, 100, "1000/1000 launched, 900 robot jobs not over");
        let ended = Totals {
            outcomes: Some(OutcomeTotals { successful: 97, faulted: 3, ..OutcomeTotals::default() }),
            ..started(1000)
        };
        check(ended, 1000, 0, waiting, 100, "1000/1000 launched, 900 robot jobs not over, 97 successful, 3 faulted");
        let reading = Outlook { logs: 3, ..Outlook::default() };
        let expected =
            "1000/1000 launched, 97 successful, 3 faulted, reading what robots logged of faults: 3 logs to come";
        check(ended, 1000, 0, reading, 100, expected);
    }

    #[test]
    fn waits_have_words_and_times_and_nothing_is_promised_by_a_rate() {
        let waiting = |next: Option<u64>, told: u64, given_up: u64| {
            Some(AwaitedLaunches { launches: 2, next_look: next.map(at), told_by: at(told), given_up_by: at(given_up) })
        };
        let idle = Outlook::default();
        let doubts = |doubts| Outlook { doubts, ..idle };
        check(
            started(28),
            30,
            2,
            doubts(waiting(Some(120), 220, 520)),
            4,
            "28/30 launched, 2 in doubt, next look 04:17:20Z, decided by 04:19:00Z",
        );
        check(
            started(20),
            30,
            2,
            Outlook { sends: true, ..doubts(waiting(None, 220, 520)) },
            4,
            "20/30 launched, 5.0/s, 2 in doubt, looking now, decided by 04:19:00Z",
        );
        check(
            started(28),
            30,
            2,
            doubts(waiting(Some(110), 90, 520)),
            4,
            "28/30 launched, 2 in doubt, next look 04:17:10Z, unknown after 04:24:00Z",
        );
        // Nobody looks any more.
        check(started(28), 30, 2, idle, 4, "28/30 launched, 2 in doubt");
        check(
            started(3583),
            3598,
            0,
            Outlook { recounts: waiting(Some(298), 298, 520), ..idle },
            160,
            "3583/3598 launched, counting once more (2), until 04:20:18Z",
        );
        check(
            started(10),
            12,
            0,
            Outlook { requests: 2, answered_by: Some(at(160)), ..idle },
            3,
            "10/12 launched, waiting for 2 answers, until 04:18:00Z at most",
        );
        let hung = Outlook { sends: true, requests: 16, answered_by: Some(at(160)), ..idle };
        check(started(100), 1000, 0, hung, 10, "100/1000 launched, 10.0/s, 90 s left");
        check(started(100), 1000, 0, hung, 20, "100/1000 launched, waiting for 16 answers, until 04:18:00Z at most");
    }

    #[test]
    fn a_narrow_terminal_has_what_matters_most_and_never_a_second_line() {
        let totals = Totals { launches: 120, started: 117, rejected: 2, unknown: 1, ..Totals::default() };
        let line = ProgressLine {
            totals: &totals,
            launches: 1000,
            in_doubt: 0,
            outlook: Outlook { unfinished_jobs: 90, ..SENDING },
            lists: Some(ListBudget { read: 12, most: 60 }),
            elapsed: Duration::from_secs(12),
            stalled: Duration::ZERO,
            now: NOW,
            utc: "2026-01-31T04:17:00Z".parse().expect("a time"),
        };
        let whole = "120/1000 launched, 10.0/s, 2 rejected, 1 unknown, 90 robot jobs not over, 88 s left, lists 12 of 60 this minute";
        assert_eq!(line.to_string(), whole);
        for (width, expected) in [
            (200, whole),
            (100, "120/1000 launched, 10.0/s, 2 rejected, 1 unknown, 90 robot jobs not over, 88 s left"),
            (80, "120/1000 launched, 10.0/s, 2 rejected, 1 unknown, 90 open, 88 s left"),
            (66, "120/1000, 10.0/s, 2 rejected, 1 unknown, 90 open, 88 s left"),
            (60, "120/1000, 2 rejected, 1 unknown, 90 open, 88 s left"),
            (40, "120/1000, 2 rejected, 1 unknown"),
            (5, "120/1000"),
        ] {
            assert_eq!(line.fitted(width, &Styles::PLAIN), expected, "{width}");
            let coloured = line.fitted(width, &Styles::COLOURED);
            assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), expected);
        }
    }
}
