//! What this process is at, for whoever ends it at once: which run, and how many of its requests are open.

use std::cell::RefCell;
use std::rc::Rc;

use crate::ids::RunId;

/// What a process is at; clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunActivity(Rc<RefCell<ActivityPhase>>);

/// How far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum ActivityPhase {
    /// Nothing is begun that could be gone on with.
    #[default]
    Before,
    /// Launches are sent or settled.
    Launching {
        /// The run.
        run: RunId,
        /// The command that goes on with it; `None` if none does.
        resume_command: Option<String>,
        /// How many of its requests are open.
        requests: usize,
    },
    /// All is over but the report: it is not cut off.
    Reporting,
}

impl RunActivity {
    /// It is at this stage from now on.
    pub(crate) fn set(&self, stage: ActivityPhase) {
        self.0.replace(stage);
    }

    /// Sets how many requests are open.
    pub(crate) fn set_requests(&self, open: usize) {
        if let ActivityPhase::Launching { requests, .. } = &mut *self.0.borrow_mut() {
            *requests = open;
        }
    }

    /// The run whose launches are sent or settled; `None` if none are.
    pub(crate) fn run(&self) -> Option<RunId> {
        match &*self.0.borrow() {
            ActivityPhase::Launching { run, .. } => Some(*run),
            ActivityPhase::Before | ActivityPhase::Reporting => None,
        }
    }

    /// Whether a report is being written.
    pub(crate) fn is_reporting(&self) -> bool {
        *self.0.borrow() == ActivityPhase::Reporting
    }

    /// What is said where it is left at once.
    pub(crate) fn abort_message(&self) -> String {
        match &*self.0.borrow() {
            ActivityPhase::Before | ActivityPhase::Reporting => "stopped at once; nothing was being sent".to_owned(),
            ActivityPhase::Launching { run, resume_command: again, requests } => {
                let (open, checks) = match requests {
                    0 => (String::new(), "goes on"),
                    1 => (" with 1 request open".to_owned(), "checks it"),
                    several => (format!(" with {several} requests open"), "checks them"),
                };
                match again {
                    Some(again) => format!("stopped at once{open}; `{again}` {checks}"),
                    None => format!("stopped at once{open} (run {run})"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_leaves_at_once_is_told_what_goes_on() {
        let at_work = RunActivity::default();
        assert_eq!(at_work.abort_message(), "stopped at once; nothing was being sent");
        let launching = |again: Option<&str>| ActivityPhase::Launching {
            run: RunId::from_bytes([1; 16]),
            resume_command: again.map(str::to_owned),
            requests: 0,
        };
        at_work.set(launching(Some("sortie resume 01")));
        assert_eq!(at_work.abort_message(), "stopped at once; `sortie resume 01` goes on");
        for (requests, expected) in [
            (1, "stopped at once with 1 request open; `sortie resume 01` checks it"),
            (2, "stopped at once with 2 requests open; `sortie resume 01` checks them"),
        ] {
            at_work.set_requests(requests);
            assert_eq!(at_work.abort_message(), expected);
        }
        at_work.set(launching(None));
        assert!(!at_work.is_reporting() && at_work.abort_message().starts_with("stopped at once (run 0101"));
        at_work.set(ActivityPhase::Reporting);
        assert!(at_work.is_reporting());
    }
}
