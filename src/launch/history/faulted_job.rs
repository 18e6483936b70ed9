//! A robot job that faulted, as far as a retry in its place is concerned. Pure.
//!
//! In: how a robot job ended. Out: whether its author wants another one in its place. Never: starts one.

use crate::format::Retry;
use crate::ids::{JobId, Ordinal};
use crate::ledger::event::RetryOrigin;
use crate::outcome::{FaultClass, JobEnd, JobNote, JobOutcome};

/// A robot job that faulted. Small: there may be as many as launches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::launch) struct FaultedJob {
    /// The robot job.
    pub(in crate::launch) job: JobId,
    /// The place of its launch: of the plan, or a retry.
    pub(in crate::launch) ordinal: Ordinal,
    /// The place in the plan: its own, or that of the launch that it is a retry of.
    pub(in crate::launch) of: Ordinal,
    /// How many robot jobs faulted before it, one in the place of the other.
    pub(in crate::launch) depth: u32,
    class: FaultClass,
    /// Whether everything was read that tells its class.
    is_read: bool,
    /// Whether it began, as far as it shows, or was seen to have run before.
    has_begun: bool,
}

impl FaultedJob {
    /// The robot job of the launch at `ordinal` that ended so, where it faulted; `origin`: of what the launch is a retry.
    #[must_use]
    pub(in crate::launch) fn of(ordinal: Ordinal, origin: Option<&RetryOrigin>, end: &JobEnd) -> Option<Self> {
        (end.outcome == JobOutcome::Faulted).then(|| Self {
            job: end.job,
            ordinal,
            of: origin.map_or(ordinal, |origin| origin.of),
            depth: origin.map_or(0, |origin| origin.depth),
            class: end.class.unwrap_or(FaultClass::Unclassified),
            is_read: end.info.as_deref() != Some(JobEnd::DETAILS_UNREAD),
            has_begun: end.notes.contains(&JobNote::RanAgain)
                || end.start_time.as_deref().is_some_and(|time| !time.trim().is_empty()),
        })
    }

    /// Whether `terms` want another robot job in its place.
    ///
    /// Not where what tells its class could not be read; and not for `session` where it shows a `StartTime`, or was seen to have run
    /// before: then work may be done, whatever the last try came to.
    #[must_use]
    pub(in crate::launch) fn is_retried(&self, terms: &Retry) -> bool {
        let is_known = self.is_read && !(self.class == FaultClass::Session && self.has_begun);
        is_known && self.depth < terms.faulted && terms.on().contains(&self.class)
    }

    /// Why it faulted.
    #[must_use]
    pub(in crate::launch) fn class(&self) -> FaultClass {
        self.class
    }

    /// Its end, as those hear of it who wait for its launch.
    #[must_use]
    pub(in crate::launch) fn end(&self) -> JobEnd {
        JobEnd { class: Some(self.class), ..JobEnd::new(self.job, JobOutcome::Faulted) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::format::FromValue as _;
    use crate::words::Words as _;

    fn terms(value: serde_json::Value) -> Retry {
        Retry::from_value("retry", &value).expect("a retry")
    }

    fn fault(class: FaultClass) -> JobEnd {
        JobEnd { class: Some(class), ..JobEnd::new(JobId(7), JobOutcome::Faulted) }
    }

    fn is_retried(end: &JobEnd, terms: &Retry) -> bool {
        FaultedJob::of(Ordinal(0), None, end).is_some_and(|fault| fault.is_retried(terms))
    }

    #[test]
    fn what_may_have_done_work_is_not_started_again_unless_it_is_named() {
        let alone = terms(json!({ "faulted": 1 }));
        for class in FaultClass::ALL {
            let named = terms(json!({ "faulted": 1, "on": [class.word()] }));
            let is_default = *class == FaultClass::Session;
            assert_eq!(is_retried(&fault(*class), &alone), is_default, "{class:?}");
            assert!(is_retried(&fault(*class), &named), "{class:?}");
        }
        assert!(!is_retried(&JobEnd { class: None, ..fault(FaultClass::Session) }, &alone));
    }

    #[test]
    fn only_a_fault_that_was_read_whole_and_never_ran_counts_as_one_of_the_session() {
        let terms = terms(json!({ "faulted": 3, "on": ["session", "platform", "unclassified"] }));
        let unread = |class| JobEnd { info: Some(JobEnd::DETAILS_UNREAD.to_owned()), ..fault(class) };
        let begun = |class| JobEnd { start_time: Some("2026-01-31T12:00:01Z".to_owned()), ..fault(class) };
        assert!(!is_retried(&begun(FaultClass::Session), &terms) && is_retried(&begun(FaultClass::Platform), &terms));
        let again = |class| JobEnd { notes: vec![JobNote::RanAgain], ..fault(class) };
        assert!(!is_retried(&unread(FaultClass::Unclassified), &terms));
        assert!(!is_retried(&again(FaultClass::Session), &terms));
        assert!(is_retried(&again(FaultClass::Platform), &terms), "its author said so");
        for outcome in JobOutcome::ALL.iter().filter(|outcome| **outcome != JobOutcome::Faulted) {
            let end = JobEnd { outcome: *outcome, ..fault(FaultClass::Session) };
            assert_eq!(FaultedJob::of(Ordinal(0), None, &end), None, "{outcome:?}");
        }
    }

    #[test]
    fn a_chain_has_so_many_retries_and_no_more() {
        let terms = terms(json!({ "faulted": 2 }));
        let at = |depth| FaultedJob { depth, ..FaultedJob::of(Ordinal(0), None, &fault(FaultClass::Session)).unwrap() };
        assert_eq!([0, 1, 2, 3].map(|depth| at(depth).is_retried(&terms)), [true, true, false, false]);
        assert!(!at(0).is_retried(&self::terms(json!({ "faulted": 0 }))));
    }
}
