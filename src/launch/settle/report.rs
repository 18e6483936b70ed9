//! What a page of the list tells of a folder's doubts.

use std::collections::BTreeSet;

use super::doubt::{OpenDoubt, Settlement};
use crate::ids::{FolderRef, Ordinal};

/// What a page, or the scan that it ends, tells.
#[derive(Default)]
pub(in crate::launch) struct ScanReport {
    /// Of doubts that can be told now.
    pub(in crate::launch) found: Vec<(OpenDoubt, Settlement)>,
    /// Launches that are over by what is recorded, and of which the list shows something else: other robot jobs, or theirs
    /// as another launch's.
    pub(in crate::launch) contradicted: BTreeSet<Ordinal>,
    /// Of a folder whose robot jobs were to be counted, and could not be: why.
    pub(in crate::launch) uncounted: Option<(FolderRef, String)>,
}

impl ScanReport {
    pub(super) fn of(found: Vec<(OpenDoubt, Settlement)>) -> Self {
        Self { found, ..Self::default() }
    }
}
