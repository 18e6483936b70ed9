//! The verbs of the first day: a first manifest, and what the program says about itself.

pub(in crate::cli) mod completions;
pub(in crate::cli) mod explain;
pub(in crate::cli) mod help;
pub(in crate::cli) mod import;
pub(in crate::cli) mod init;
pub(in crate::cli) mod man;
pub(in crate::cli) mod schema;
pub(in crate::cli) mod version;
pub(in crate::cli) mod welcome;
