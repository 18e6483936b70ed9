//! How much a manifest may hold: a reviewed text stays far below, a hostile one ends here.

use super::decode::MAX_BYTES;

/// Maximum depth of values, aliases followed.
pub const MAX_DEPTH: usize = 64;

/// Maximum values that a text stands for, each alias counted as a copy.
pub const MAX_NODES: u64 = 4_000_000;

/// Maximum values that one argument, variable or other value of a manifest holds, each alias counted as a copy.
pub const MAX_VALUE_NODES: u64 = 1_000_000;

/// Maximum bytes of texts and keys that such a value holds, in the same way.
pub const MAX_VALUE_BYTES: u64 = 32 * 1024 * 1024;

/// Maximum bytes of texts and keys that a manifest stands for, aliases counted each time.
pub const MAX_EXPANDED_BYTES: u64 = 2 * MAX_BYTES as u64;
