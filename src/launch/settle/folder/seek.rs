//! The search for a control in older windows than the doubts' own.

use super::FolderSettler;
use super::control::{MAX_OLDER_PAGES, PositiveControl};
use super::tracked::TrackedDoubt;
use crate::job_list::scan::ScanStep;

impl FolderSettler {
    /// Goes on with looking for a control in older windows.
    pub(super) fn seek(&mut self, step: ScanStep) {
        let PositiveControl::Searching { window, pages } = self.control else { return };
        let next_window = PositiveControl::after(window);
        match step {
            ScanStep::Complete(complete) => {
                self.shape.add(complete.shape);
                self.control = next_window;
            }
            ScanStep::Unfinished(scan) => {
                self.shape.add(scan.seen().shape);
                self.control = if pages + 1 < MAX_OLDER_PAGES {
                    self.scan = Some(scan);
                    PositiveControl::Searching { window, pages: pages + 1 }
                } else {
                    next_window
                };
            }
            ScanStep::Contradicted(_) | ScanStep::Incomplete(..) => self.control = next_window,
        }
        let is_covered = |tracked: &TrackedDoubt| self.shape.covers(&tracked.doubt.reference);
        if self.doubts.values().all(is_covered) {
            self.scan = None;
            self.control = PositiveControl::Searched;
        }
    }
}
