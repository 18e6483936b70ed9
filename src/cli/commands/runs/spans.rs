//! How long runs took, in as many words as are read.

use std::time::Duration;

use crate::clock::Timestamp;

/// From `began` to `ended`; nothing where a clock was set back meanwhile.
pub(super) fn took(began: Timestamp, ended: Timestamp) -> Duration {
    Duration::try_from(ended.duration_since(began)).unwrap_or_default()
}

/// `4.2 s`, `75 s`, `17 min`, `5 h 12 min`.
pub(super) fn span_words(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", span.as_secs_f64()),
        10..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_as_short_as_they_are_long() {
        for (seconds, expected) in
            [(0.42, "0.4 s"), (75.0, "75 s"), (1020.0, "17 min"), (7199.0, "119 min"), (18_720.0, "5 h 12 min")]
        {
            assert_eq!(span_words(Duration::from_secs_f64(seconds)), expected);
        }
    }
}
