//! How long runs took.

use std::time::Duration;

use crate::clock::Timestamp;

/// From `began` to `ended`; nothing where a clock was set back meanwhile.
pub(super) fn took(began: Timestamp, ended: Timestamp) -> Duration {
    Duration::try_from(ended.duration_since(began)).unwrap_or_default()
}
