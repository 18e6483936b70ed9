//! Folders in which one start after the other is refused for want of a permission (403), or by somebody on the way.
//!
//! In: how attempts ended. Out: the word to send no more to a folder, once. A single 403 is its launch's own; a row of
//! them is the login's, and each further one would only be another launch to repeat. No I/O and no clock.

use std::collections::BTreeMap;

use crate::ids::FolderRef;
use crate::ledger::event::{AttemptEnd, Doubt};
use crate::robot_job::ServerError;

/// Maximum refusals in a row, without anything else between them: the last of them ends the sending to their folder.
const MAX_FORBIDDEN: u32 = 5;

/// The rows of 403 that are under way.
#[derive(Default)]
pub(in crate::launch) struct ForbiddenStreaks {
    in_a_row: BTreeMap<FolderRef, u32>,
}

impl ForbiddenStreaks {
    /// Takes in how an attempt in `folder` ended. What to close the folder with, where this one makes the row full.
    pub(in crate::launch) fn note(&mut self, folder: &FolderRef, end: &AttemptEnd) -> Option<ServerError> {
        let permission =
            "the login needs the permission Jobs.Create in this folder, and the scope OR.Jobs or OR.Jobs.Write";
        let (error, help) = match end {
            AttemptEnd::Rejected(error) if error.status == 403 => (error, permission),
            AttemptEnd::Doubted(Doubt { refusal: Some(error), .. }) => {
                (&**error, "not in Orchestrator's words: ask whoever keeps the gateway on the way")
            }
            AttemptEnd::Rejected(_) | AttemptEnd::Started(_) => {
                self.in_a_row.remove(folder);
                return None;
            }
            AttemptEnd::Expired | AttemptEnd::Unsent(_) | AttemptEnd::Doubted(_) => return None,
        };
        let count = self.in_a_row.entry(folder.clone()).or_insert(0);
        *count += 1;
        (*count == MAX_FORBIDDEN).then(|| {
            let message = format!("{MAX_FORBIDDEN} starts in a row were refused: {error}; {help}");
            ServerError { message, ..error.clone() }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::FolderId;

    fn refused(status: u16) -> AttemptEnd {
        AttemptEnd::Rejected(ServerError { status, ..ServerError::default() })
    }

    #[test]
    fn a_folder_is_closed_once_by_a_row_that_nothing_interrupts() {
        let (one, other) = (FolderRef::Id(FolderId(1)), FolderRef::Id(FolderId(2)));
        let mut forbidden = ForbiddenStreaks::default();
        let mut closes = |folder, end| forbidden.note(folder, &end).is_some();
        for end in [refused(403), refused(403), AttemptEnd::Unsent("x".to_owned()), refused(403), refused(403)] {
            assert!(!closes(&one, end));
        }
        assert!(!closes(&other, refused(403)), "each folder has its own row");
        assert!(closes(&one, refused(403)));
        assert!(!closes(&one, refused(403)), "it is said once");
        for end in [refused(403), AttemptEnd::Started(Vec::new()), refused(403), refused(404), refused(403)] {
            assert!(!closes(&other, end), "something else came between");
        }
        let page = |status| {
            let refusal = Some(Box::new(ServerError { status, ..ServerError::default() }));
            let (why, last, named) = (String::new(), crate::clock::Timestamp::UNIX_EPOCH, Vec::new());
            AttemptEnd::Doubted(Doubt { why, last, server_ahead_ms: None, orphaned: false, named, refusal })
        };
        let third = FolderRef::Id(FolderId(3));
        let closed = [404, 403, 404, 405, 404].map(|status| closes(&third, page(status)));
        assert!(
            closed[4] && !closed[..4].contains(&true),
            "a page is nobody's permission, whatever its status: {closed:?}"
        );
    }
}
