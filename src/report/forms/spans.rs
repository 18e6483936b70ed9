//! How long launches and runs took, from the moments in their reports.
//!
//! In: the server's texts and ours. Out: spans, and words for them. Never: asks for the time.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::report::{LaunchReport, RunHead};

/// From the first start of a robot job of `launch`, its retries among them, to the last end; `None` where one has not ended,
/// none has started, or the server's texts are no moments.
pub(in crate::report) fn of_launch(launch: &LaunchReport) -> Option<Duration> {
    let moment = |text: &str| text.parse::<Timestamp>().ok();
    let first = launch.every_robot_job().filter_map(|job| moment(job.start_time.as_deref()?)).min()?;
    let ends = launch.every_robot_job().map(|job| moment(job.end_time.as_deref()?)).collect::<Option<Vec<_>>>()?;
    Duration::try_from(ends.into_iter().max()?.duration_since(first)).ok()
}

/// From a run's beginning to its end; `None` while it has not ended.
pub(in crate::report) fn of_run(run: &RunHead) -> Option<Duration> {
    let (started, ended): (Timestamp, Timestamp) = (run.started.parse().ok()?, run.ended.as_deref()?.parse().ok()?);
    Duration::try_from(ended.duration_since(started)).ok()
}

/// `850 ms`, `12.3 s`, `4 min 5 s`, `3 h 20 min` or `2 d 4 h`.
#[must_use]
pub(crate) fn in_words(span: Duration) -> String {
    let (seconds, ms) = (span.as_secs(), span.subsec_millis());
    let two = |large: u64, of: &str, small: u64, rest: &str| {
        if small == 0 { format!("{large} {of}") } else { format!("{large} {of} {small} {rest}") }
    };
    match seconds {
        0 => format!("{ms} ms"),
        1..60 => format!("{seconds}.{} s", ms / 100),
        60..3_600 => two(seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => two(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        86_400.. => two(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_said_in_its_two_largest_units() {
        for (ms, words) in [
            (0, "0 ms"),
            (850, "850 ms"),
            (12_345, "12.3 s"),
            (60_000, "1 min"),
            (245_000, "4 min 5 s"),
            (12_000_000, "3 h 20 min"),
            (187_200_000, "2 d 4 h"),
        ] {
            assert_eq!(in_words(Duration::from_millis(ms)), words);
        }
    }
}
