//! A launch on its way to a sender.

use std::rc::Rc;

use crate::resolve::Request;

/// A launch on its way to a sender.
pub(in crate::launch) struct PendingLaunch {
    pub(in crate::launch) request: Rc<Request>,
    /// How many sendings of it failed before.
    pub(in crate::launch) failures: u32,
}

#[cfg(test)]
impl PendingLaunch {
    /// A launch of one robot job, for tests of rules.
    pub(super) fn of_test(ordinal: u32, folder: i64) -> Self {
        use crate::ids::{FolderId, FolderRef, LaunchId, Ordinal, Reference, ReleaseKey};
        use crate::launch_terms::{AmbiguityPolicy, ExpectedJobs};
        let request = Request {
            ordinal: Ordinal(ordinal),
            launch: LaunchId::from("a"),
            folder: FolderRef::Id(FolderId(folder)),
            release: ReleaseKey(uuid::Uuid::nil()),
            reference: Reference::from_server("r"),
            expected: ExpectedJobs::Exactly(1),
            on_ambiguous: AmbiguityPolicy::Resend,
            body: "{}".into(),
        };
        Self { request: Rc::new(request), failures: 0 }
    }
}
