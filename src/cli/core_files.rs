//! No core file of this process, nor of a program that it starts: it would hold tokens and secrets.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Lowers the limit of core files to 0, for good.
pub(crate) fn disable_core_dumps() {
    // To lower a limit is always allowed; where a system knows no such limit, there is nothing to lower.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}
