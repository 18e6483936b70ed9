//! Whose log is read after a fault, and when: the robots' own words, within a ration of their own.
//!
//! In: robot jobs that faulted, and what came of reading. Out: the next one, and sentences for people. Never: changes how
//! anything ended, or holds the end of a run for longer than a bound. No I/O and no clock.

use std::collections::VecDeque;
use std::time::Duration;

use crate::clock::Moment;
use crate::ids::{AttemptNo, JobId, Ordinal};
use crate::orchestrator::call_error::CallError;
use crate::outcome::LogLine;

/// Maximum logs that one process reads of a run.
const MAX_LOGS: u32 = 100;
/// Logs are read at least so far apart.
const INTERVAL: Duration = Duration::from_secs(1);
/// Robots send their logs in batches: so long after an end they are read.
const LAG: Duration = Duration::from_secs(2);
/// Maximum time after the last fault for which the end of a run waits for logs.
const MAX_HELD: Duration = Duration::from_secs(15);
/// Failures in a row after which no log is read any more.
const MAX_FAILURES: u32 = 3;

/// A robot job whose log is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogQuestion {
    pub(crate) ordinal: Ordinal,
    pub(crate) attempt: AttemptNo,
    pub(crate) job: JobId,
}

/// Those whose turn comes.
#[derive(Debug, Default)]
pub(crate) struct RobotLogs {
    queue: VecDeque<(Moment, LogQuestion)>,
    is_under_way: bool,
    taken: u32,
    failures: u32,
    is_off: bool,
    not_before: Moment,
    last_fault: Moment,
}

impl RobotLogs {
    /// A robot job faulted at `now`, after it had begun.
    pub(crate) fn add(&mut self, question: LogQuestion, now: Moment) {
        if self.is_off || self.taken >= MAX_LOGS {
            return;
        }
        self.taken += 1;
        self.last_fault = now;
        self.queue.push_back((now.after(LAG), question));
    }

    /// Whether a log is still to come that the end of a run waits for.
    pub(crate) fn is_open(&self, now: Moment) -> bool {
        (self.is_under_way || !self.queue.is_empty()) && now < self.last_fault.after(MAX_HELD)
    }

    /// How many logs are still to come that the end of a run waits for.
    pub(crate) fn count_open(&self, now: Moment) -> usize {
        if self.is_open(now) { self.queue.len() + usize::from(self.is_under_way) } else { 0 }
    }

    /// When there is something to do; `None` if there is not. `is_free`: none is being read.
    pub(crate) fn due(&self, is_free: bool, now: Moment) -> Option<Moment> {
        let next = self.queue.front().filter(|_| is_free).map(|(due, _)| (*due).max(self.not_before));
        let closes = self.is_open(now).then(|| self.last_fault.after(MAX_HELD));
        [next, closes].into_iter().flatten().min()
    }

    /// The one whose log is to be read now.
    pub(crate) fn next(&mut self, now: Moment) -> Option<LogQuestion> {
        if self.is_under_way || self.due(true, now).is_none_or(|due| due > now) {
            return None;
        }
        let (_, question) = self.queue.pop_front().filter(|(due, _)| *due <= now)?;
        self.is_under_way = true;
        self.not_before = now.after(INTERVAL);
        Some(question)
    }

    /// What came of it: the lines, and what is to be said.
    pub(crate) fn take(
        &mut self,
        found: Result<Option<Vec<LogLine>>, CallError>,
        now: Moment,
    ) -> (Vec<LogLine>, Option<String>) {
        self.is_under_way = false;
        let off = match found {
            Ok(Some(lines)) => {
                self.failures = 0;
                return (lines, None);
            }
            Ok(None) => "the server does not offer them".to_owned(),
            Err(error @ (CallError::Permission { .. } | CallError::FolderRefused { .. })) => {
                format!("{error}; the login needs the scope OR.Monitoring.Read and the permission to view logs")
            }
            Err(error) => {
                self.not_before = self.not_before.max(now.after(error.hold().unwrap_or(INTERVAL)));
                self.failures += 1;
                if self.failures < MAX_FAILURES {
                    return (Vec::new(), None);
                }
                error.to_string()
            }
        };
        self.is_off = true;
        self.queue.clear();
        (Vec::new(), Some(format!("robots' logs are not read, and reports go without them: {off}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::robot_job::ServerError;

    fn at(seconds: u64) -> Moment {
        Moment(Duration::from_secs(seconds))
    }

    fn question(job: i64) -> LogQuestion {
        LogQuestion { ordinal: Ordinal(0), attempt: AttemptNo::FIRST, job: JobId(job) }
    }

    fn failing() -> CallError {
        CallError::Permission { what: "reading a robot's log", error: ServerError::of_network("no scope") }
    }

    #[test]
    fn one_log_is_read_at_a_time_and_at_most_one_a_second() {
        let mut logs = RobotLogs::default();
        assert_eq!((logs.is_open(at(0)), logs.due(true, at(0))), (false, None));
        [1, 2].map(question).into_iter().for_each(|asked| logs.add(asked, at(10)));
        assert_eq!((logs.next(at(11)), logs.due(true, at(11))), (None, Some(at(12))), "robots send them late");
        assert_eq!(logs.next(at(12)), Some(question(1)));
        assert_eq!((logs.next(at(20)), logs.due(false, at(12))), (None, Some(at(25))), "one is being read");
        let line = LogLine { text: "no such window".to_owned(), ..LogLine::default() };
        assert_eq!(logs.take(Ok(Some(vec![line.clone()])), at(12)), (vec![line], None));
        assert_eq!(logs.due(true, at(12)), Some(at(13)));
        assert_eq!(logs.next(at(13)), Some(question(2)));
    }

    #[test]
    fn the_end_of_a_run_waits_for_them_for_a_while_and_no_longer() {
        let mut logs = RobotLogs::default();
        logs.add(question(1), at(10));
        assert!(logs.is_open(at(10)) && logs.is_open(at(24)) && !logs.is_open(at(25)));
        assert!(logs.next(at(12)).is_some());
        assert!(logs.is_open(at(12)) && !logs.is_open(at(25)), "nor for one that hangs");
    }

    #[test]
    fn a_login_that_may_not_read_them_is_told_of_once_and_no_other_is_read() {
        let mut logs = RobotLogs::default();
        [1, 2].map(question).into_iter().for_each(|asked| logs.add(asked, at(10)));
        assert!(logs.next(at(12)).is_some());
        let (lines, told) = logs.take(Err(failing()), at(12));
        assert!(lines.is_empty() && told.is_some_and(|told| told.contains("OR.Monitoring.Read")));
        logs.add(question(3), at(13));
        assert_eq!((logs.is_open(at(13)), logs.next(at(20))), (false, None));
    }

    #[test]
    fn no_more_are_read_than_a_run_may() {
        let mut logs = RobotLogs::default();
        (0..500).for_each(|job| logs.add(question(job), at(10)));
        assert_eq!(logs.queue.len(), MAX_LOGS as usize);
    }
}
