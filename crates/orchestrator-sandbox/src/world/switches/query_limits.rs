//! How long query options may be, and the pages that they ask for.

use serde::Deserialize;

/// The limits of query options: what the API states, unless said otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct QueryLimits {
    /// Comparisons and functions in one `$filter`; each item of an `in` list counts.
    pub expressions: usize,
    /// Comparisons with the navigation property `Robot/Id`; the 17th was answered with 400.
    pub robot_terms: usize,
    /// Keys of one `$orderby`.
    pub order_keys: usize,
    /// Rows that `$top` may ask for.
    pub top: usize,
    /// Rows of a list that names no `$top`. Ours: the API states no figure.
    pub page: usize,
    /// Rows of a list of robot jobs at most, whatever its `$top`, without a word; as many as asked for where absent.
    pub rows: Option<usize>,
    /// Rows that `$skip` may pass over; any 32-bit number where absent.
    pub skip: Option<usize>,
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self { expressions: 100, robot_terms: 16, order_keys: 5, top: 1000, page: 1000, rows: None, skip: None }
    }
}
