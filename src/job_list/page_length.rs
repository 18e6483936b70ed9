//! How long a page of robot jobs is asked for: as long as servers once took it, and shorter where this one refuses that.
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

    /// Takes in that a window was refused with `error`. Where that may be for the length alone, a shorter page tells: the
    /// length is another one from now on, and the error is [`CallError::PageRefused`].
    pub(super) fn refused(&mut self, error: CallError) -> CallError {
        let may_be_for_it = matches!(&error, CallError::Refused { error, .. } if error.status == 400);
        if !may_be_for_it || self.0 <= SHORT_LENGTH {
            return error;
        }
        let CallError::Refused { what, error } = error else { return error };
        self.0 = SHORT_LENGTH;
        CallError::PageRefused { what, error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::robot_job::ServerError;

    #[test]
    fn a_length_is_shortened_once_by_a_refusal_and_by_nothing_else() {
        let (what, mut length) = ("listing jobs", PageLength::of(None));
        let said = |status| ServerError { status, ..ServerError::default() };
        let refused = |status| CallError::Refused { what, error: said(status) };
        let failing = CallError::Failing { what, error: said(400) };
        assert_eq!((length.refused(failing.clone()), length.get()), (failing, 1000));
        assert_eq!((length.refused(refused(404)), length.get()), (refused(404), 1000));
        assert_eq!(
            (length.refused(refused(400)), length.get()),
            (CallError::PageRefused { what, error: said(400) }, 100)
        );
        assert_eq!((length.refused(refused(400)), length.get()), (refused(400), 100));
        assert_eq!(PageLength::of(Some(100)), length);
    }
}
