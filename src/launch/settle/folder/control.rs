//! How far the search is for a robot job of sortie's whose Reference came back as it was sent.

use std::time::Duration;

/// How long before the window older ones begin, which are read if it shows no robot job of sortie's.
const OLDER: [Duration; 2] = [Duration::from_secs(24 * 3600), Duration::from_secs(7 * 24 * 3600)];
/// Maximum pages read of each older window.
pub(super) const MAX_OLDER_PAGES: u32 = 3;

/// Whether robot jobs of sortie's were seen with their References intact, of each form that is in doubt.
///
/// A scan that shows them itself needs no older window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum PositiveControl {
    /// Nothing depended on it yet.
    #[default]
    Unasked,
    /// The doubts' window shows none, so older ones are read: the number of the window, and how many of its pages were read.
    Searching { window: usize, pages: u32 },
    /// All that can be read was read.
    Searched,
}

impl PositiveControl {
    /// Whether older windows are being read.
    pub(super) fn is_searching(self) -> bool {
        matches!(self, Self::Searching { .. })
    }

    /// How long before the doubts' own window the one begins that is read.
    pub(super) fn look_back(self) -> Duration {
        match self {
            Self::Searching { window, .. } => OLDER[window],
            Self::Unasked | Self::Searched => Duration::ZERO,
        }
    }

    /// Where the search goes on after `window`.
    pub(super) fn after(window: usize) -> Self {
        if window + 1 < OLDER.len() { Self::Searching { window: window + 1, pages: 0 } } else { Self::Searched }
    }
}
