//! How long a page of robot jobs is asked for: as long as every server once took it, and shorter where this one refuses that.
//!
//! In: what is kept of the tenant, and refusals. Out: a length, and whether it is another one now. Never: asks; no I/O. A
//! page that is shorter than asked for says nothing here: servers cut them, and [`super::scan`] never takes one for the end.

use crate::orchestrator::call_error::CallError;

/// Maximum robot jobs that a page is asked for.
const MAX_LENGTH: usize = 1_000;
/// How many robot jobs a page is asked for where a server refuses longer ones.
///
/// Source: `docs/orchestrator-api.md`, section 9.
const SHORT_LENGTH: usize = 100;

/// How many robot jobs a page is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PageLength(usize);

impl PageLength {
    /// As it is `kept` of the tenant; `None` if longer ones were never refused.
    pub(super) fn of(kept: Option<usize>) -> Self {
        Self(kept.unwrap_or(MAX_LENGTH))
    }

    /// In robot jobs.
    pub(super) fn get(self) -> usize {
        self.0
    }

    /// What to ask for after a window was refused with `error`: it may be for the length alone, and a shorter page tells.
    /// `None` if it is not for that.
    pub(super) fn after(self, error: &CallError) -> Option<Self> {
        let may_be_for_it = matches!(error, CallError::Refused { error, .. } if error.status == 400);
        (may_be_for_it && self.0 > SHORT_LENGTH).then_some(Self(SHORT_LENGTH))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::robot_job::ServerError;

    #[test]
    fn a_length_is_shortened_once_by_a_refusal_and_by_nothing_else() {
        let refused = |status| CallError::Refused {
            what: "listing jobs",
            error: ServerError { status, ..ServerError::default() },
        };
        let failing = CallError::Failing { what: "listing jobs", error: ServerError::default() };
        let length = PageLength::of(None);
        assert_eq!((length.get(), length.after(&refused(404)), length.after(&failing)), (1000, None, None));
        let short = length.after(&refused(400)).expect("shorter");
        assert_eq!((short.get(), short.after(&refused(400))), (100, None));
        assert_eq!(PageLength::of(Some(100)), short);
    }
}
