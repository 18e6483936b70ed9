//! Spans of time and rates as a profile writes them, and what holds where it writes none.
//!
//! In: a text such as `90s`, `7d` or `100/min`. Out: the span or the pace; or what to write instead.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::format::Rate;
use crate::pace::Pace;

/// The default of `settle`. Source: `docs/exactly-once.md`, step 7.
pub(super) const DEFAULT_SETTLE: Duration = Duration::from_secs(120);

/// The ration that `text` says, such as `100/min`.
pub(super) fn ration(text: &str) -> Result<Pace, String> {
    let rate = Rate::parse(text).ok_or("no rate: write `100/min`, or another count that this server allows")?;
    Ok(Pace::at_most(NonZeroU32::new(rate.amount).expect("a rate is never 0"), rate.per))
}

/// The one limit of Orchestrator that is documented. Source: `docs/orchestrator-api.md`, section 8.
pub(super) fn default_ration() -> Pace {
    const COUNT: NonZeroU32 = NonZeroU32::new(100).expect("not zero");
    Pace::at_most(COUNT, Duration::from_secs(60))
}

/// A span of time with its unit, such as `90s`, `30m` or `1h 30m`.
pub fn span(text: &str) -> Result<Duration, String> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty() {
        return Err(format!("a span of time carries its unit: `{text}s` or `{text}m`"));
    }
    text.parse::<jiff::SignedDuration>()
        .ok()
        .and_then(|span| Duration::try_from(span).ok())
        .ok_or_else(|| "not a span of time, such as `500ms`, `30s`, `5m` or `2h`".to_owned())
}

/// How far back a key is looked for, where nobody says it.
pub(super) const DEFAULT_KEY_HORIZON: Duration = Duration::from_secs(7 * DAY);

const DAY: u64 = 24 * 3600;

/// A span that may be told in days, such as `7d`.
pub(super) fn days(text: &str) -> Result<Duration, String> {
    match text.strip_suffix('d').map(str::parse::<u32>) {
        Some(Ok(days)) => Ok(Duration::from_secs(u64::from(days) * DAY)),
        Some(Err(_)) | None => span(text).map_err(|_| "not a span of time, such as `7d` or `36h`".to_owned()),
    }
}
