//! The one line that says how a run is getting on, and what it waits for.

use std::fmt;
use std::time::Duration;

use crate::clock::{Moment, Timestamp};
use crate::launch::{AwaitedLaunches, Outlook};
use crate::ledger::state::Verdict;
use crate::report::Totals;

/// Time without a launch that was over after which open requests are shown as what is waited for.
const STALLED: Duration = Duration::from_secs(5);

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
    /// Since the beginning.
    pub(super) elapsed: Duration,
    /// Since the last launch was over.
    pub(super) stalled: Duration,
    /// The present.
    pub(super) now: Moment,
    /// The same, as people tell it.
    pub(super) utc: Timestamp,
}

impl fmt::Display for ProgressLine<'_> {
    /// `120/1000 launched, 10.0/s, 2 rejected, 1 unknown, 88 s left`; or `1000/1000 launched, 900 robot jobs not over, 3 faulted`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { totals, launches, in_doubt, outlook, elapsed, .. } = self;
        write!(f, "{}/{launches} launched", totals.launches)?;
        let rate = f64::from(totals.launches) / elapsed.as_secs_f64();
        // Answers that do not come are waited for, whatever else is left to send.
        let waits = outlook.requests > 0 && (!outlook.sends || self.stalled >= STALLED);
        let has_rate = *elapsed >= Duration::from_secs(1) && totals.launches > 0;
        // Waits take their own time, and no rate tells it.
        let is_done = totals.launches == *launches && outlook.unfinished_jobs == 0;
        if has_rate && !waits && (outlook.sends || is_done) {
            write!(f, ", {rate:.1}/s")?;
        }
        for verdict in [Verdict::Rejected, Verdict::Unknown, Verdict::Partial, Verdict::Duplicate] {
            if totals.of(verdict) > 0 {
                write!(f, ", {} {}", totals.of(verdict), verdict.as_str())?;
            }
        }
        match outlook.unfinished_jobs {
            0 => {}
            1 => f.write_str(", 1 robot job not over")?,
            jobs => write!(f, ", {jobs} robot jobs not over")?,
        }
        if let Some(outcomes) = totals.outcomes {
            write!(f, ", {outcomes}")?;
        }
        if outlook.paused {
            f.write_str(", paused")?;
        }
        if *in_doubt > 0 {
            write!(f, ", {in_doubt} in doubt")?;
            if let Some(waiting) = outlook.doubts {
                self.looks(f, waiting)?;
            }
        }
        if let Some(waiting) = outlook.recounts {
            let told_by = if waiting.told_by > self.now { waiting.told_by } else { waiting.given_up_by };
            let until = self.time(told_by);
            write!(f, ", counting once more ({}), until {until}", waiting.launches)?;
        }
        if waits {
            let answers =
                if outlook.requests == 1 { "1 answer".to_owned() } else { format!("{} answers", outlook.requests) };
            write!(f, ", waiting for {answers}")?;
            if let Some(by) = outlook.answered_by {
                write!(f, ", until {} at most", self.time(by))?;
            }
        }
        let left = launches.saturating_sub(totals.launches);
        if outlook.sends && !waits && *in_doubt == 0 && outlook.recounts.is_none() && has_rate && left > 0 {
            let seconds = (f64::from(left) / rate).ceil();
            if seconds < 120.0 {
                write!(f, ", {seconds:.0} s left")?;
            } else {
                write!(f, ", {:.0} min left", (seconds / 60.0).ceil())?;
            }
        }
        Ok(())
    }
}

impl ProgressLine<'_> {
    /// When doubts are looked for next, and when they are told.
    fn looks(&self, f: &mut fmt::Formatter<'_>, waiting: AwaitedLaunches) -> fmt::Result {
        match waiting.next_look.filter(|next| *next > self.now) {
            Some(next) => write!(f, ", next look {}", self.time(next))?,
            None => f.write_str(", looking now")?,
        }
        if waiting.told_by > self.now {
            write!(f, ", decided by {}", self.time(waiting.told_by))
        } else if waiting.given_up_by > self.now {
            write!(f, ", unknown after {}", self.time(waiting.given_up_by))
        } else {
            Ok(())
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
}
