//! How long doubts are looked into, and when.

use std::time::Duration;

use super::doubt::OpenDoubt;
use crate::clock::Moment;

/// Maximum time after the settle time until a doubt that cannot be told is given up; four settle times if that is less.
const MAX_PATIENCE: Duration = Duration::from_secs(300);

/// When the settle time of `doubt` is over for certain: the server tells its time in whole seconds.
pub(super) fn over(doubt: &OpenDoubt, settle: Duration) -> Moment {
    doubt.last.after(settle + Duration::from_secs(2))
}

/// How long a doubt that cannot be told is looked into.
pub(in crate::launch) fn longest_doubt(settle: Duration) -> Duration {
    settle + patience(settle)
}

/// How long a doubt that cannot be told is looked into after its settle time.
pub(super) fn patience(settle: Duration) -> Duration {
    MAX_PATIENCE.min(settle * 4)
}

/// How long after the first absence the second must be shown.
pub(super) fn confirmation(settle: Duration) -> Duration {
    (settle / 4).min(Duration::from_secs(10))
}
