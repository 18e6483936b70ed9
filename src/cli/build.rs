//! What this program was built from, and for: what a report of a bug needs.
//!
//! In: what `build.rs` of the package found. Out: texts. Never: asks anything while it runs.

use serde::Serialize;

/// The version line, without the program's name: `0.1.0 (0123456789ab, x86_64-unknown-linux-musl)`.
pub(crate) const LINE: &str = env!("SORTIE_VERSION_LINE");

/// The same for machines. Keys are added, never changed.
#[derive(Debug, Serialize)]
pub(crate) struct BuildInfo {
    /// The program's name.
    name: &'static str,
    /// Its version.
    version: &'static str,
    /// The commit of its sources, with `-modified` where they were changed; null where it was built without git.
    commit: Option<&'static str>,
    /// The target triple.
    target: &'static str,
    /// Whether the stand-in is in it.
    sandbox: bool,
}

impl BuildInfo {
    /// Of this program.
    pub(crate) fn of_this() -> Self {
        Self {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            commit: option_env!("SORTIE_COMMIT").filter(|commit| !commit.is_empty()),
            target: env!("SORTIE_TARGET"),
            sandbox: cfg!(feature = "sandbox"),
        }
    }
}
