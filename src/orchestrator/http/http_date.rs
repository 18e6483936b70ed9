//! Dates of HTTP headers, and `Retry-After` in both of its forms.
//!
//! In: header texts. Out: moments and spans. Source: RFC 9110, sections 5.6.7 and 10.2.3.

use std::time::Duration;

use jiff::fmt::{rfc2822, strtime};
use jiff::tz::TimeZone;

use crate::clock::Timestamp;

/// The moment that `value` names, in any of the three forms that a reader must take; `None` for anything else.
pub(in crate::orchestrator) fn http_date(value: &str) -> Option<Timestamp> {
    let value = value.trim();
    if let Ok(moment) = rfc2822::parse(value) {
        return Some(moment.timestamp());
    }
    // RFC 850, and C's asctime.
    ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"].into_iter().find_map(|form| {
        let moment = strtime::parse(form, value).ok()?.to_datetime().ok()?;
        TimeZone::UTC.to_timestamp(moment).ok()
    })
}

/// `Retry-After` in either form, as a span from `now`; `None` if it is neither. Some gateways send a fraction of
/// seconds, against the RFC: it is rounded up.
///
/// `now` is best the server's own time, so that a skew between the clocks makes nobody come too early. A date in
/// the past is a span of zero; more seconds than fit are as many as fit.
#[must_use]
pub fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Some(seconds) = seconds(value) {
        return Some(Duration::from_secs(seconds));
    }
    let moment = http_date(value)?;
    Some(Duration::try_from(moment.duration_since(now)).unwrap_or_default())
}

/// A count of seconds, rounded up to a whole one.
fn seconds(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = text.bytes().any(|byte| byte.is_ascii_digit())
        && whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    let count = || if whole.is_empty() { 0 } else { whole.parse().unwrap_or(u32::MAX) };
    is_number.then(|| u64::from(count()) + u64::from(fraction.bytes().any(|byte| byte != b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let now = "1994-11-06T08:49:30Z".parse().expect("a timestamp");
        let seconds = |value| retry_after(value, now).map(|span| span.as_secs());
        for (value, expected) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("99999999999", Some(u64::from(u32::MAX))),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(7)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(7)),
            ("Sun Nov  6 08:49:37 1994", Some(7)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("-5", None),
            ("1.5", Some(2)),
            ("2.000", Some(2)),
            ("0.001", Some(1)),
            (".5", Some(1)),
            ("1000000000000", Some(u64::from(u32::MAX))),
            ("1.5.2", None),
            ("1,5", None),
            ("1e3", None),
            (".", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(seconds(value), expected, "{value:?}");
        }
    }
}
